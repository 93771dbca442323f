"""Receptive fields: which pixels of the picture a unit of a deep layer can see, and where its window lies.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
doi 10.23915/distill.00021; their equations are named where they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cnnviz.convolution.arithmetic import (
    PADDING,
    AveragePooling,
    Axis,
    Convolution,
    Layer,
    MaxPooling,
    Sides,
)
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = [
    "LARGEST_NUMBER",
    "MOST_LAYERS",
    "Along",
    "Field",
    "Region",
    "checked_stack",
    "field",
    "inside",
    "padding_of",
    "reach",
    "region",
    "united",
    "widened",
]

MOST_LAYERS = 40
LARGEST_NUMBER = 99  # of a kernel, stride, padding or dilation in a stack


class Region(NamedTuple):
    """A rectangle of input pixels: first and last row, first and last column, both included, counted from 0."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Along:
    """The receptive field of a layer's units along one axis.

    Attributes:
        size: pixels of the input from the first to the last that one unit sees (r in the article).
        jump: pixels from one unit's centre to the next one's (the article's S, the effective stride).
        padding: pixels in front of the picture that the first unit's field covers (P, the effective padding);
            negative when it begins inside the picture.
        output: units along the axis; None when the size of the input was not given.
    """

    size: int
    jump: int
    padding: int
    output: int | None

    @property
    def start(self) -> float:
        """Centre of the first unit's field in pixels of the input; 0 is the centre of the first pixel."""
        return (self.size - 1) / 2 - self.padding

    def span(self, unit: int) -> Pair:
        """First and last pixel that `unit` (from 0) sees; both may lie outside of the picture."""
        first = unit * self.jump - self.padding  # equation 5 of the article
        return first, first + self.size - 1


@dataclass(frozen=True)
class Field:
    """The receptive field of a layer's units: along rows, and along columns."""

    rows: Along
    columns: Along


def checked_stack(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return `layers` when their receptive field is a rectangle of whole pixels.

    Raises:
        ParameterError: for more than 40 layers, for a transposed layer, and for padding that shows the picture
            again (reflect, replicate, circular).
    """
    stack = tuple(layers)
    if len(stack) > MOST_LAYERS:
        raise ParameterError("layers", len(stack), f"1 … {MOST_LAYERS}")
    for layer in stack:
        if not isinstance(layer, Convolution | MaxPooling | AveragePooling):
            legal = "Convolution, MaxPooling, AveragePooling"
            raise ParameterError(
                "layer", layer.kind, legal, N_("the step of a transposed layer is a fraction of a pixel")
            )
        if isinstance(layer, Convolution) and layer.padding_mode != "zeros":
            reason = N_("the other modes show pixels of the picture again, outside of it")
            raise ParameterError("padding_mode", layer.padding_mode, "zeros", reason)
    return stack


def field(layers: Sequence[Layer], size: int | Pair | None = None) -> tuple[Field, ...]:
    """Receptive fields of the units of each layer, the first layer's first.

    Args:
        layers: from the input on; at most 40.
        size: of the input, (rows, columns); decides the outputs, and padding that follows TensorFlow's rule.

    Raises:
        ParameterError: when a layer has no such field (`checked_stack`), cannot be used on what the layers before
            leave of the input, or needs the size.
    """
    now = Along(1, 1, 0, None)
    found = [Field(now, now)]
    for layer in checked_stack(layers):
        axes = None if size is None else layer.axes(size)
        padding = padding_of(layer) if axes is None else tuple((axis.before, axis.after) for axis in axes)
        rows, columns = (
            widened(each, layer.extent[i], layer.stride[i], padding[i][0], None if axes is None else axes[i].output)
            for i, each in enumerate((found[-1].rows, found[-1].columns))
        )
        found.append(Field(rows, columns))
        size = None if axes is None else (axes[0].output, axes[1].output)
    return tuple(found[1:])


def widened(before: Along, extent: int, stride: int, padding: int, output: int | None = None) -> Along:
    """The field after one layer more: one summand of equations 2 (size) and 5 (padding) of the article.

    Args:
        before: of the layer's input.
        extent: cells from the first to the last that its window covers, dilation included.
        stride: of its window.
        padding: cells in front of its input.
        output: its units.
    """
    return Along(
        before.size + (extent - 1) * before.jump, before.jump * stride, before.padding + padding * before.jump, output
    )


def united(fields: Sequence[Along]) -> Along:
    """The field of units that read several maps, as after an addition: from the first to the last pixel of all.

    Raises:
        ParameterError: when the maps' steps differ, so that their units do not stand side by side.
    """
    jumps = {each.jump for each in fields}
    if len(jumps) != 1:
        raise ParameterError("jump", ", ".join(map(str, sorted(jumps))), str(min(jumps)))
    padding = max(each.padding for each in fields)
    last = max(each.size - each.padding for each in fields)
    return Along(last + padding, fields[0].jump, padding, fields[0].output)


def padding_of(layer: Layer) -> Sides:
    """The padding of a layer whose input is not known."""
    if layer.padding == "same_tensorflow":
        reason = N_("TensorFlow's rule needs the size of the input")
        raise ParameterError("padding", layer.padding, f"0 … {LARGEST_NUMBER}", reason)
    return layer.padding_for((1, 1))  # no other rule looks at the size


def region(field: Field, row: int, column: int) -> Region:
    """What unit (row, column) of a layer sees, in pixels of the input; what lies outside of the picture is padding."""
    return Region(*field.rows.span(row), *field.columns.span(column))


def inside(region: Region, size: Pair) -> Region | None:
    """The part of a region inside a picture of `size` (rows, columns); None when there is none."""
    top, left = max(region.top, 0), max(region.left, 0)
    bottom, right = min(region.bottom, size[0] - 1), min(region.right, size[1] - 1)
    return Region(top, bottom, left, right) if top <= bottom and left <= right else None


def reach(layers: Sequence[Layer], size: int | Pair, unit: Pair) -> Region | None:
    """The smallest rectangle around the pixels that `unit` (row, column) of the last layer really reads.

    It is what lies `inside` the unit's region, or less: at the edge, padding may meet a pixel's place and the gap
    of a dilation the edge of the picture, and what the floor of a size leaves over is read by no window. None
    when the unit reads padding only.

    Raises:
        ParameterError: as `field`, and when there is no such unit.
    """
    written = []
    for layer in checked_stack(layers):
        written.append(layer.axes(size))
        size = (written[-1][0].output, written[-1][1].output)
    spans = [_span([axes[i] for axes in written], unit[i]) for i in (0, 1)]
    return Region(*spans[0], *spans[1]) if spans[0] and spans[1] else None


def _span(axes: Sequence[Axis], unit: int) -> Pair | None:
    """First and last cell of the first axis that a unit of the last one reads, going back layer by layer."""
    if axes and not 0 <= unit < axes[-1].output:
        raise ParameterError("unit", unit, f"0 … {axes[-1].output - 1}")
    cells = np.array([unit])
    for axis in reversed(axes):
        cells = np.setdiff1d(axis.taps()[cells], [PADDING])
    return (int(cells[0]), int(cells[-1])) if cells.size else None
