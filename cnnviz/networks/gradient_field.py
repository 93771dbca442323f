"""The receptive field as autograd sees it: which pixels have a gradient when one unit is differentiated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnviz.convolution.arithmetic import Axis, Layer
from cnnviz.convolution.checks import Pair
from cnnviz.convolution.receptive_field import Region, checked_stack
from cnnviz.errors import ParameterError, WorkError
from cnnviz.text import N_

if TYPE_CHECKING:
    import torch

__all__ = ["MOST_PRODUCTS", "bounding_box", "support"]

MOST_PRODUCTS = 100_000_000  # of all layers; torch writes them out in float64: 8 bytes each for one layer at a time

_TOO_LONG = N_(
    "Differentiating these layers takes {products:,} products, and at most {most:,} are tried: "
    "take smaller kernels or larger strides."
)


def support(layers: Sequence[Layer], size: int | Pair, unit: Pair) -> Region | None:
    """Bounding box of the pixels with a gradient from `unit` (row, column) of the last layer.

    A network of one channel is run in float64: every weight is positive and constant, and maximum pooling becomes
    average pooling, since a maximum has a gradient at one pixel of its window only. So nothing cancels out, and
    exactly the pixels that the unit can see have one.

    Args:
        layers: from the input on.
        size: of the input, (rows, columns).
        unit: from 0.

    Returns:
        First and last row and column; None when the unit sees padding only.

    Raises:
        ParameterError: when the layers have no receptive field, do not fit, or have no such unit.
        WorkError: when it would take more than 100 million products.
    """
    stack = checked_stack(layers)
    axes = _written(stack, size)
    rows, columns = size if isinstance(size, tuple) else (size, size)
    outputs = (axes[-1][0].output, axes[-1][1].output) if axes else (rows, columns)
    for index, output in zip(unit, outputs, strict=True):
        if not 0 <= index < output:
            raise ParameterError("unit", index, f"0 … {output - 1}")
    import torch

    x = torch.ones((1, 1, rows, columns), dtype=torch.float64, requires_grad=True)
    y = x
    for layer, along in zip(stack, axes, strict=True):
        y = _averaged(y, layer, along)
    (gradient,) = torch.autograd.grad(y[0, 0, unit[0], unit[1]], x)
    return bounding_box(gradient[0, 0])


def _written(stack: Sequence[Layer], size: int | Pair) -> list[tuple[Axis, Axis]]:
    written: list[tuple[Axis, Axis]] = []
    products = 0
    for layer in stack:
        written.append(layer.axes(size))
        size = (written[-1][0].output, written[-1][1].output)
        padded = math.prod(axis.padded for axis in written[-1])
        products += max(padded, math.prod(size) * math.prod(layer.kernel_size))
        if products > MOST_PRODUCTS:
            raise WorkError(_TOO_LONG, products=products, most=MOST_PRODUCTS)
    return written


def _averaged(x: torch.Tensor, layer: Layer, axes: tuple[Axis, Axis]) -> torch.Tensor:
    """One layer with equal weights that sum to 1; torch's own pooling where it has one of this kind."""
    from torch.nn import functional

    symmetric = all(axis.before == axis.after for axis in axes)
    if layer.kind != "convolution" and symmetric and layer.dilation == (1, 1):
        padding = (axes[0].before, axes[1].before)
        ceil_mode: bool = getattr(layer, "ceil_mode", False)
        return functional.avg_pool2d(x, layer.kernel_size, layer.stride, padding, ceil_mode)
    rows, columns = axes
    weights = x.new_full((1, 1, *layer.kernel_size), 1 / math.prod(layer.kernel_size))
    x = functional.pad(x, (columns.before, columns.after + _beyond(columns), rows.before, rows.after + _beyond(rows)))
    return functional.conv2d(x, weights, None, layer.stride, 0, layer.dilation)


def _beyond(axis: Axis) -> int:
    """Cells that the last window of `ceil_mode` reaches beyond the padding."""
    return max(0, (axis.output - 1) * axis.stride + axis.extent - axis.padded)


def bounding_box(gradient: torch.Tensor) -> Region | None:
    """The smallest rectangle around all pixels of `gradient`, (H, W), that are not 0; None when all are."""
    rows, columns = (gradient.ne(0).any(dim=1 - axis).nonzero()[:, 0] for axis in (0, 1))
    if not len(rows):
        return None
    return Region(int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1]))
