"""What stands beyond the edge of a picture.

- zeros: `0 0 | a b c d | 0 0`
- reflect: `c b | a b c d | c b`, the edge itself is not repeated
- replicate: `a a | a b c d | d d`
- circular: `c d | a b c d | a b`
- valid: `| a b c d |`, nothing: the output is smaller
"""

from __future__ import annotations

from typing import Literal, cast, get_args

import cv2

from cnnviz.convolution.checks import Pair, Picture
from cnnviz.errors import ParameterError

__all__ = ["BORDERS", "Border", "checked_border", "opencv_code", "pad"]

Border = Literal["reflect", "replicate", "zeros", "circular", "valid"]
BORDERS: tuple[Border, ...] = get_args(Border)

_CODES = {
    "reflect": cv2.BORDER_REFLECT_101,
    "replicate": cv2.BORDER_REPLICATE,
    "zeros": cv2.BORDER_CONSTANT,
    "circular": cv2.BORDER_WRAP,
}


def checked_border(border: str) -> Border:
    """Return `border` when it is one of `BORDERS`.

    Raises:
        ParameterError: when it is not.
    """
    if border not in BORDERS:
        raise ParameterError("border", border, ", ".join(BORDERS))
    return border


def opencv_code(border: Border) -> int:
    """Return OpenCV's number for a border; "valid" has none."""
    return _CODES[border]


def pad(pixels: Picture, rows: Pair, columns: Pair, border: Border) -> Picture:
    """Return `pixels` with (before, after) `rows` and `columns` added; unchanged for "valid".

    Reflection and wrapping go on as often as needed, so the padding may exceed the picture.
    """
    if border == "valid" or not any(rows + columns):
        return pixels
    padded = cv2.copyMakeBorder(pixels, *rows, *columns, opencv_code(border), value=0)
    shape = (pixels.shape[0] + sum(rows), pixels.shape[1] + sum(columns), *pixels.shape[2:])
    return cast("Picture", padded.reshape(shape))
