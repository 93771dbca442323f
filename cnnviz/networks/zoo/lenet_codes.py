"""What each class of LeNet-5 looks like to its output layer: pictures of 7×12, as the fixed codes of its units.

LeCun et al. 1998, section II.B: the parameters of the output "were designed to represent a stylized image of the
corresponding character class drawn on a 7×12 bitmap", with +1 and −1 for ink and paper, because similar characters
then get similar codes. The digits below are drawn for this project; they are not those of the paper's figure 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CODE_LENGTH", "DIGITS", "codes"]

DIGITS: tuple[tuple[str, ...], ...] = (
    (".......", "..###..", ".#...#.", "#.....#", "#.....#", "#.....#",
     "#.....#", "#.....#", "#.....#", ".#...#.", "..###..", "......."),
    (".......", "...#...", "..##...", ".#.#...", "...#...", "...#...",
     "...#...", "...#...", "...#...", "...#...", ".#####.", "......."),
    (".......", ".#####.", "#.....#", "......#", "......#", ".....#.",
     "...##..", "..#....", ".#.....", "#......", "#######", "......."),
    (".......", "#######", ".....#.", "....#..", "...#...", "..####.",
     "......#", "......#", "......#", "#.....#", ".#####.", "......."),
    (".......", "....##.", "...#.#.", "..#..#.", ".#...#.", "#....#.",
     "#######", ".....#.", ".....#.", ".....#.", ".....#.", "......."),
    (".......", "#######", "#......", "#......", "######.", "......#",
     "......#", "......#", "......#", "#.....#", ".#####.", "......."),
    (".......", "..####.", ".#.....", "#......", "#......", "#.###..",
     "##...#.", "#.....#", "#.....#", ".#...#.", "..###..", "......."),
    (".......", "#######", "......#", "......#", ".....#.", ".....#.",
     "....#..", "....#..", "...#...", "...#...", "...#...", "......."),
    (".......", ".#####.", "#.....#", "#.....#", "#.....#", ".#####.",
     "#.....#", "#.....#", "#.....#", "#.....#", ".#####.", "......."),
    (".......", "..###..", ".#...#.", "#.....#", "#.....#", ".#...##",
     "..###.#", "......#", "......#", ".....#.", ".####..", "......."),
)  # fmt: skip
CODE_LENGTH = 84  # 7 × 12


def codes(classes: int) -> NDArray[np.float32]:
    """Codes of the first `classes` classes, (classes, 84), +1 for ink and −1 for paper.

    Beyond the ten digits they are drawn with equal probabilities, the other choice that section II.B names, the
    same ones every time.
    """
    ink = np.array([[cell == "#" for row in digit for cell in row] for digit in DIGITS])
    others = np.random.default_rng(CODE_LENGTH).random((max(0, classes - len(ink)), CODE_LENGTH)) < 0.5
    return np.where(np.concatenate([ink[:classes], others]), 1, -1).astype(np.float32)
