"""Feature maps of a step as one picture with its scale printed, to be saved and shown elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz.errors import ParameterError
from cnnviz.figures.colours import MIDDLE, diverging, sequential
from cnnviz.figures.tiles import block_mean

__all__ = ["Scale", "scale_of", "sheet", "with_scale"]

_SMALLEST = 128  # pixels of a tile's longer side: smaller maps are enlarged by a whole factor
_LARGEST = 4096  # pixels of a sheet's side, about: larger maps are reduced
_GAP = 2
_ROOM = 34  # rows of the scale below
_FONT = 16


@dataclass(frozen=True)
class Scale:
    """Which numbers the ends of the colours stand for.

    Attributes:
        low: −high where there are negative numbers (blue to orange, zero white), else 0 (Viridis).
        high: the largest absolute number; 0 when all are.
    """

    low: float
    high: float

    @property
    def palette(self) -> NDArray[np.uint8]:
        """Its colours, uint8 (255 or 256, 3)."""
        return diverging() if self.low < 0 else sequential()

    def colours(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Numbers of any shape as colours, uint8 (…, 3); what is no number looks like zero."""
        share = np.nan_to_num(values, posinf=self.high, neginf=self.low) / np.float32(self.high or 1)
        zero, most = (MIDDLE, MIDDLE) if self.low < 0 else (0, 255)
        found: NDArray[np.uint8] = self.palette[np.rint(np.clip(share * most + zero, 0, zero + most)).astype(np.uint8)]
        return found


def scale_of(maps: NDArray[np.float32]) -> Scale:
    """The scale that all channels of a step share: the sign of the numbers decides."""
    finite = maps[np.isfinite(maps)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    most = max(-low, high)
    return Scale(-most if low < 0 else 0.0, most)


def sheet(maps: NDArray[np.float32], scale: Scale, across: int = 0) -> NDArray[np.uint8]:
    """Lay channels side by side in reading order.

    Args:
        maps: float32 (C, H, W).
        scale: of the colours.
        across: channels in a row; 0 for about as wide as high.

    Returns:
        uint8 (rows, columns, 3). Small maps are enlarged by a whole factor, pixels staying squares; where the sheet
        would be larger than 4096 pixels, each pixel is the mean of a square of activations.

    Raises:
        ParameterError: when the maps are not (C, H, W) with a pixel at least.
    """
    if maps.ndim != 3 or not maps.size:
        raise ParameterError("maps", maps.shape, "(C, H, W)")
    count, height, width = maps.shape
    across = min(count, across or math.ceil(math.sqrt(count * height / width)))
    down = -(-count // across)
    most = max(1, _LARGEST // max(across, down) - _GAP)
    reduced = block_mean(maps, -(-max(height, width) // most))
    factor = max(1, min(_SMALLEST, most) // max(reduced.shape[1:]))
    tiles = scale.colours(reduced).repeat(factor, axis=1).repeat(factor, axis=2)
    rows, columns = tiles.shape[1:3]
    laid = np.full((down * (rows + _GAP) - _GAP, across * (columns + _GAP) - _GAP, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // across * (rows + _GAP), number % across * (columns + _GAP)
        laid[top : top + rows, left : left + columns] = tile
    return laid


def with_scale(laid: NDArray[np.uint8], scale: Scale, title: str) -> NDArray[np.uint8]:
    """Print the title, the colours and their numbers below a sheet.

    Args:
        laid: from `sheet`.
        scale: of its colours.
        title: ASCII, because Pillow's own font has little else; other letters become "?".
    """
    font = ImageFont.load_default(_FONT)
    title = title.encode("ascii", "replace").decode()
    ends = f"{scale.low:.4g}", f"{scale.high:.4g}"
    bar = 96
    length = [int(font.getlength(each)) for each in (*ends, title)]
    width = max(laid.shape[1], sum(length) + bar + 48)
    page = Image.new("RGB", (width, laid.shape[0] + _ROOM), "white")
    page.paste(Image.fromarray(laid))
    draw, top = ImageDraw.Draw(page), laid.shape[0] + 8
    draw.text((4, top), ends[0], "black", font)
    ramp = np.linspace(0, len(scale.palette) - 1, bar).round().astype(int)
    page.paste(Image.fromarray(np.repeat(scale.palette[ramp][None], 14, axis=0)), (10 + length[0], top + 3))
    draw.text((16 + length[0] + bar, top), ends[1], "black", font)
    draw.text((40 + length[0] + bar + length[1], top), title, "black", font)
    return np.asarray(page)
