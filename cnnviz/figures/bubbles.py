"""A small scatter of bubbles, drawn into pixels: for pictures where an interactive chart would be too much."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bubbles"]

_SHIFT = 4  # OpenCV takes sixteenths of a pixel
_MARGIN = 0.12  # of a side
_LARGEST = 0.11  # radius of the largest bubble, as part of the height
_PAPER, _AXIS, _RIM = (255, 255, 255), (150, 150, 150), (255, 255, 255)


def bubbles(
    x: ArrayLike, y: ArrayLike, areas: ArrayLike, colours: Sequence[tuple[int, int, int]], size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw one bubble for each point, the largest first, between two axes without numbers.

    Args:
        x: (N,), to the right; scaled to fill the picture.
        y: (N,), upwards; scaled likewise.
        areas: (N,), positive; a bubble's area is proportional.
        colours: N times (red, green, blue), 0 … 255.
        size: rows and columns of the picture.

    Returns:
        (rows, columns, 3) uint8.
    """
    rows, columns = size
    canvas = np.full((rows, columns, 3), _PAPER, np.uint8)
    left, bottom = round(_MARGIN * columns / 2), rows - round(_MARGIN * rows / 2)
    cv2.line(canvas, (left, 0), (left, bottom), _AXIS, 1, cv2.LINE_AA)
    cv2.line(canvas, (left, bottom), (columns, bottom), _AXIS, 1, cv2.LINE_AA)
    across = left + _spread(x, _MARGIN) * (columns - left)
    down = bottom - _spread(y, _MARGIN) * bottom
    weights = np.asarray(areas, np.float64)
    radii = _LARGEST * rows * np.sqrt(weights / weights.max())
    for i in np.argsort(-radii):
        centre = (round(across[i] * 2**_SHIFT), round(down[i] * 2**_SHIFT))
        for radius, colour in ((radii[i] + 1.5, _RIM), (radii[i] + 0.5, colours[i])):
            cv2.circle(canvas, centre, round(radius * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)
    return canvas


def _spread(values: ArrayLike, margin: float) -> NDArray[np.float64]:
    """Values from their least to their greatest, as parts from `margin` to 1 − `margin`."""
    numbers = np.asarray(values, np.float64)
    width = np.ptp(numbers) or 1.0
    return np.asarray(margin + (1 - 2 * margin) * (numbers - numbers.min()) / width)
