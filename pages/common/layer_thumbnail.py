"""A small real picture of a layer for the home page: the input with its padding and one window, and the output."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from cnnviz.convolution import contents
from cnnviz.convolution.arithmetic import PADDING, Layer
from cnnviz.convolution.reference import im2col
from cnnviz.figures import colours, encode

__all__ = ["layer_thumbnail"]

_HEIGHT = 320  # pixels: twice what is shown, for sharp numbers
_MARGIN = 12
_INK, _PALE, _LINE, _RING = "#16202b", "#8a96a3", "#c3ccd6", "#eef1f5"
_WINDOW = "#ffe08a"
_SLATE = np.array([44, 62, 80])
_STRENGTH = 0.45  # of the colours: numbers are written on them

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


def layer_thumbnail(layer: Layer, size: tuple[int, int]) -> bytes:
    """Draw `layer` (one channel in and out) on an input of small whole numbers, at its middle output, as JPEG."""
    cells = contents.cells("integers", 1, size)
    weights = contents.weights("integers", layer)
    output = im2col.run(layer, cells, weights).values[0]
    rows, columns = layer.axes(size)
    sources = [axis.source(np.arange(-axis.before, axis.size + axis.after)) for axis in (rows, columns)]
    middle = rows.output // 2, columns.output // 2
    starts = middle[0] * rows.stride, middle[1] * columns.stride
    read = [start + np.arange(a.kernel_size) * a.dilation for start, a in zip(starts, (rows, columns), strict=True)]
    side = (_HEIGHT - 2 * _MARGIN) // max(len(sources[0]), rows.output)
    width = (len(sources[1]) + columns.output) * side + 5 * _MARGIN
    canvas = Pillow.new("RGB", (width, _HEIGHT), "white")
    _draw_input(ImageDraw.Draw(canvas), cells[0], sources, read, side)
    _draw_output(ImageDraw.Draw(canvas), output, middle, side, len(sources[1]) * side + 4 * _MARGIN)
    return encode.jpeg(np.asarray(canvas), full_colour=True)


def _draw_input(
    draw: ImageDraw.ImageDraw, cells: Numbers, sources: list[Places], read: list[Places], side: int
) -> None:
    for (i, row), (j, column) in product(enumerate(sources[0]), enumerate(sources[1])):
        empty = PADDING in (row, column)
        value = 0.0 if empty else cells[row, column]
        fill = _RING if empty else _css(255 + value / cells.max() * _STRENGTH * (_SLATE - 255))
        marked = i in read[0] and j in read[1]
        _cell(draw, (_MARGIN + j * side, _MARGIN + i * side), side, value, _WINDOW if marked else fill, empty)
    top, left = (_MARGIN + each[0] * side for each in read)
    bottom, right = (_MARGIN + (each[-1] + 1) * side for each in read)
    draw.rectangle((left, top, right, bottom), outline=_INK, width=4)


def _draw_output(draw: ImageDraw.ImageDraw, output: Numbers, current: tuple[int, int], side: int, left: int) -> None:
    palette, largest = colours.diverging(), np.abs(output).max() or 1.0
    top = (_HEIGHT - output.shape[0] * side) // 2
    for i, j in np.ndindex(output.shape):
        value = float(output[i, j])
        level = palette[round(float((value / largest + 1) / 2 * (len(palette) - 1)))].astype(np.float64)
        place = left + j * side, top + i * side
        _cell(draw, place, side, value, _css(255 + _STRENGTH * (level - 255)))
        if (i, j) == current:
            draw.rectangle((*place, place[0] + side, place[1] + side), outline=_INK, width=4)


def _cell(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], side: int, value: float, fill: str, pale: bool = False
) -> None:
    x, y = place
    draw.rectangle((x, y, x + side, y + side), fill=fill, outline=_LINE)
    font = ImageFont.load_default(side * 0.45)
    text = f"{value:g}".replace("-", "\u2212")
    draw.text((x + side / 2, y + side / 2), text, _PALE if pale else _INK, font, "mm")


def _css(levels: Numbers) -> str:
    red, green, blue = (round(float(level)) for level in levels)
    return f"rgb({red}, {green}, {blue})"
