"""A small chart of curves, drawn into pixels: for pictures where an interactive chart would be too much."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["curves"]

_SHIFT = 4  # OpenCV takes sixteenths of a pixel
_MARGIN = 0.06  # of the height, around the curves
_PAPER, _AXIS = (255, 255, 255), (150, 150, 150)


def curves(
    values: Sequence[ArrayLike], colours: Sequence[tuple[int, int, int]], size: tuple[int, int], width: float = 0.02
) -> NDArray[np.uint8]:
    """Draw curves over the number of their points, between two axes without numbers; all share one scale.

    Args:
        values: one (N,) of at least two points for each curve, upwards.
        colours: (red, green, blue) of each, 0 … 255.
        size: rows and columns of the picture.
        width: of a line, as part of the height.

    Returns:
        (rows, columns, 3) uint8.
    """
    rows, columns = size
    canvas = np.full((rows, columns, 3), _PAPER, np.uint8)
    margin = round(_MARGIN * rows)
    corners = [(margin, margin), (margin, rows - margin), (columns - margin, rows - margin)]
    cv2.polylines(canvas, [np.array(corners)], False, _AXIS, 1, cv2.LINE_AA)
    numbers = [np.asarray(each, np.float64) for each in values]
    low, high = min(each.min() for each in numbers), max(each.max() for each in numbers)
    for points, colour in zip(numbers, colours, strict=True):
        across = np.linspace(2 * margin, columns - 2 * margin, len(points))
        down = rows - 2 * margin - (rows - 4 * margin) * (points - low) / ((high - low) or 1.0)
        line = np.rint(np.stack([across, down], axis=1) * 2**_SHIFT).astype(np.int32)
        cv2.polylines(canvas, [line], False, colour, max(1, round(width * rows)), cv2.LINE_AA, _SHIFT)
    return canvas
