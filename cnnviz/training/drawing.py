"""Drawings on a pad, and how they are brought to what a network has been trained on.

A drawing is a list of strokes, lines of a round brush through points. Ink on it is computed, not read back from a
canvas, so that every browser and this module agree. The browser computes the same as `ink`, `as_drawn` and `centred`
(pages/common/components/pad); tests compare the two.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError

__all__ = [
    "EXAMPLES",
    "MNIST",
    "PAD",
    "START",
    "Frame",
    "Stroke",
    "as_drawn",
    "centred",
    "frame_of",
    "ink",
    "read_strokes",
]

PAD = 280
"""Rows and columns of the pad: ten for each pixel of MNIST."""

MOST_STROKES = 200
MOST_POINTS = 20_000  # of all strokes together
_FARTHEST = 4 * PAD  # a drawing may be moved off the pad, but not out of the world


@dataclass(frozen=True)
class Stroke:
    """One line: `points` (x, y) in pixels of the pad from its upper left corner, `width` of the brush in the same."""

    points: tuple[tuple[float, float], ...]
    width: float


@dataclass(frozen=True)
class Frame:
    """How the pictures of a training set were framed.

    Attributes:
        side: rows and columns of the small picture that a drawing becomes.
        box: a digit's larger side fills so many pixels of it.
        enlarge: the small picture is enlarged by this factor afterwards, by linear interpolation.
    """

    side: int
    box: int
    enlarge: int = 1


MNIST = Frame(28, 20)
DIGITS = Frame(8, 8, 4)  # optical recognition of handwritten digits: 8×8 filled by the digit, enlarged to 32×32


def frame_of(data: str, side: int) -> Frame:
    """The frame for a network trained on the data set `data` with pictures of `side` × `side`.

    Other data sets are taken to leave the same margin as MNIST.
    """
    if data == "digits" and side == DIGITS.side * DIGITS.enlarge:
        return DIGITS
    return MNIST if side == MNIST.side else Frame(side, round(side * MNIST.box / MNIST.side))


def read_strokes(value: object) -> tuple[Stroke, ...]:
    """Check strokes that came from a browser: a list of {"points": [x, y, x, y, …], "width": …}.

    Raises:
        ParameterError: when it is anything else, or has too many strokes or points.
    """
    if not isinstance(value, list) or len(value) > MOST_STROKES:
        raise ParameterError("strokes", type(value).__name__, f"[…], ≤ {MOST_STROKES}")
    strokes = tuple(_read_stroke(each) for each in value)
    if sum(len(each.points) for each in strokes) > MOST_POINTS:
        raise ParameterError("points", "…", f"≤ {MOST_POINTS}")
    return strokes


def _read_stroke(value: Any) -> Stroke:
    numbers = value.get("points") if isinstance(value, Mapping) else None
    if not isinstance(numbers, list) or not numbers or len(numbers) % 2 or len(numbers) > 2 * MOST_POINTS:
        raise ParameterError("points", str(numbers)[:40], "[x, y, …]")
    x_and_y = [_number("point", each, -_FARTHEST, _FARTHEST) for each in numbers]
    return Stroke(tuple(zip(x_and_y[::2], x_and_y[1::2], strict=True)), _number("width", value.get("width"), 0.0, PAD))


def _number(name: str, value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ParameterError(name, str(value)[:40], f"{least:g} … {most:g}")
    return float(value)


# ---- ink


def ink(strokes: Sequence[Stroke], side: int = PAD) -> NDArray[np.float32]:
    """Share of each pixel of the pad that is covered: float32 (side, side), 0-1.

    A pixel's share is r − d + ½, cut to 0-1: d is from its centre to the nearest line, r half of the brush.
    """
    covered = np.zeros((side, side), np.float32)
    for stroke in strokes:
        ends = stroke.points if len(stroke.points) > 1 else stroke.points * 2
        for start, end in itertools.pairwise(ends):
            _cover(covered, start, end, stroke.width / 2)
    return covered


def _cover(covered: NDArray[np.float32], start: tuple[float, float], end: tuple[float, float], radius: float) -> None:
    """Cover what a round brush covers on a straight way."""
    side = len(covered)
    columns, rows = (_reach(start[axis], end[axis], radius, side) for axis in (0, 1))
    x, y = np.arange(*columns)[None, :] + 0.5 - start[0], np.arange(*rows)[:, None] + 0.5 - start[1]
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length = along_x**2 + along_y**2
    part = np.clip((x * along_x + y * along_y) / length, 0, 1) if length > 0 else 0.0
    distance = np.hypot(x - part * along_x, y - part * along_y)
    window = covered[slice(*rows), slice(*columns)]
    np.maximum(window, np.clip(radius - distance + 0.5, 0, 1), out=window)


def _reach(start: float, end: float, radius: float, side: int) -> tuple[int, int]:
    first, last = math.floor(min(start, end) - radius - 1), math.ceil(max(start, end) + radius + 1)
    return min(max(first, 0), side), min(max(last, 0), side)


# ---- what the network sees


def as_drawn(covered: NDArray[np.float32], frame: Frame = MNIST) -> NDArray[np.float32]:
    """The whole pad made as small as the network's pictures, every pixel the mean of its part of the pad.

    Returns:
        float32 (side × enlarge, side × enlarge), 0-1.
    """
    shares = _shares(len(covered), frame.side, len(covered) / frame.side, 0.0)
    return _enlarged(shares @ covered.astype(np.float64) @ shares.T, frame.enlarge)


def centred(covered: NDArray[np.float32], frame: Frame = MNIST) -> NDArray[np.float32]:
    """The digit as MNIST was made: fitted into a box with its proportions kept, then put where its mass is central.

    LeCun, Bottou, Bengio and Haffner 1998, section III.A: normalised to fit into 20×20, grey by anti-aliasing, and
    moved so that the centre of mass is at the centre of 28×28. MNIST moves by whole pixels, and its centres of mass
    lie from 14 to below 15, measured from the upper left corner: so do these. The digit never leaves the picture.

    Returns:
        float32 (side × enlarge, side × enlarge), 0-1; all zero without ink.
    """
    picture = np.zeros((frame.side, frame.side))
    if covered.any():
        small = _fitted(covered.astype(np.float64), frame.box)
        top, left = (_place(small.sum(axis=1 - axis), frame.side) for axis in (0, 1))
        picture[top : top + small.shape[0], left : left + small.shape[1]] = small
    return _enlarged(picture, frame.enlarge)


def _fitted(covered: NDArray[np.float64], box: int) -> NDArray[np.float64]:
    """The rectangle that holds the ink, its larger side `box` pixels."""
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    inked = covered[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pitch = max(inked.shape) / box
    down, across = (_shares(length, math.ceil(length / pitch - 1e-9), pitch, None) for length in inked.shape)
    fitted: NDArray[np.float64] = down @ inked @ across.T
    return fitted


def _shares(length: int, count: int, pitch: float, start: float | None) -> NDArray[np.float64]:
    """Share of each of `length` pixels in the mean over each of `count` larger ones: (count, length).

    They begin at `start`; with None, what is left over is divided between both ends.
    """
    first = (length - count * pitch) / 2 if start is None else start
    low = first + pitch * np.arange(count)[:, None]
    pixels = np.arange(length)[None, :]
    overlap = np.minimum(low + pitch, pixels + 1) - np.maximum(low, pixels)
    shares: NDArray[np.float64] = np.clip(overlap, 0, None) / pitch
    return shares


def _place(masses: NDArray[np.float64], side: int) -> int:
    """Where to put a picture, whose rows or columns have these masses, so that their centre is in the middle."""
    centre = float((np.arange(len(masses)) + 0.5) @ masses / masses.sum())
    return min(max(math.ceil(side / 2 - centre - 1e-9), 0), side - len(masses))


def _enlarged(picture: NDArray[np.float64], factor: int) -> NDArray[np.float32]:
    """Linear interpolation between the centres of pixels, as PyTorch's `interpolate` without aligned corners."""
    if factor == 1:
        return picture.astype(np.float32)
    side = len(picture)
    at = np.clip((np.arange(side * factor) + 0.5) / factor - 0.5, 0, side - 1)
    weights = np.clip(1 - np.abs(at[:, None] - np.arange(side)[None, :]), 0, None)
    large: NDArray[np.float32] = (weights @ picture @ weights.T).astype(np.float32)
    return large


# ---- examples


def _line(width: float, *points: tuple[float, float]) -> Stroke:
    return Stroke(tuple((float(x), float(y)) for x, y in points), width)


def _arc(
    centre: tuple[float, float], radii: tuple[float, float], start: float, end: float
) -> tuple[tuple[float, float], ...]:
    """Points on an ellipse; degrees run clockwise from the right, as y runs down."""
    angles = np.radians(np.linspace(start, end, 25))
    return tuple((centre[0] + radii[0] * math.cos(a), centre[1] + radii[1] * math.sin(a)) for a in angles)


_WIDE = 24.0

EXAMPLES: Mapping[str, tuple[Stroke, ...]] = {
    "0": (_line(_WIDE, *_arc((140, 140), (58, 84), -80, 285)),),
    "1": (_line(_WIDE, (118, 88), (146, 58), (142, 222)),),
    "2": (_line(_WIDE, *_arc((136, 104), (54, 48), -170, 35), (92, 218), (200, 214)),),
    "3": (_line(_WIDE, *_arc((132, 98), (50, 42), -150, 85), *_arc((132, 180), (58, 42), -85, 150)),),
    "4": (_line(_WIDE, (128, 60), (84, 154), (202, 150)), _line(_WIDE, (170, 96), (160, 226))),
    "5": (_line(_WIDE, (188, 64), (104, 66), (98, 128), *_arc((134, 172), (56, 50), -110, 145)),),
    "6": (_line(_WIDE, (172, 56), (116, 104), *_arc((138, 174), (50, 48), 180, -175)),),
    "7": (_line(_WIDE, (82, 72), (200, 68), (150, 140), (122, 224)),),
    "8": (_line(_WIDE, *_arc((142, 98), (44, 40), 90, 440), *_arc((138, 182), (54, 44), -90, 270)),),
    "9": (_line(_WIDE, *_arc((134, 104), (48, 46), 10, -350), (176, 110), (164, 224)),),
}
"""The ten digits, drawn for this project."""

START = tuple(Stroke(tuple((0.5 * x - 20, 0.5 * y - 15) for x, y in each.points), 12.0) for each in EXAMPLES["7"])
"""What a visitor finds on the pad: the seven, half as large and in a corner, where no training picture has it."""
