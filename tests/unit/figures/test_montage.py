"""Several maps as one picture."""

from __future__ import annotations

import numpy as np

from cnnviz.figures import colours
from cnnviz.figures.montage import montage


def test_every_map_stands_in_its_place_on_one_scale() -> None:
    """Five maps, three across: the values come back from the palette; free places are white."""
    maps = [np.full((4, 6), value) for value in (0.0, 0.5, 1.0, 2.0, 4.0)]
    palette = colours.sequential()
    sheet = montage(maps, 3, palette, high=2.0, gap=2)
    assert sheet.shape == (2 * 6 - 2, 3 * 8 - 2, 3)
    for number, level in enumerate((0, 64, 128, 255, 255)):  # clipped at the top
        top, left = number // 3 * 6, number % 3 * 8
        assert (sheet[top : top + 4, left : left + 6] == palette[level]).all()
    assert (sheet[6:, 16:] == 255).all()
    assert (sheet[4:6] == 255).all()


def test_nothing_but_zeros_is_the_first_colour() -> None:
    """A scale without height does not divide by zero."""
    assert (montage([np.zeros((2, 2))], 1, colours.sequential(), 0.0) == colours.sequential()[0]).all()
