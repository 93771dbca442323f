"""Layers as matrix products: every window becomes a column, every filter a row (im2col).

Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing" (2006),
section 3; `torch.nn.Unfold` and `torch.nn.Fold` make and undo the same columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.reference.checks import (
    checked_bias,
    checked_cells,
    checked_weights,
    checked_without_weights,
)
from cnnviz.convolution.reference.loops import targets
from cnnviz.convolution.reference.trace import Cells, Stage, Traced, stage
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["columns", "fold", "run"]


def run(layer: Layer, cells: ArrayLike, weights: ArrayLike | None = None, bias: ArrayLike | None = None) -> Traced:
    """Compute the output of `layer` by one matrix product per group; pooling takes a number from each column.

    Args:
        layer: of any kind.
        cells: one input, (in_channels, H, W).
        weights: in torch's layout, `layer.weight_shape`; None for pooling.
        bias: (out_channels,), or None to add nothing.

    Raises:
        ParameterError: when an array has the wrong shape, or the layer cannot be laid over the input.
    """
    match layer:
        case Convolution():
            return _convolve(layer, checked_cells(layer, cells), checked_weights(layer, weights), bias)
        case TransposedConvolution():
            return _transpose(layer, checked_cells(layer, cells), checked_weights(layer, weights), bias)
        case MaxPooling() | AveragePooling():
            checked_without_weights(weights, bias)
            return _pool(layer, checked_cells(layer, cells))
    raise TypeError(type(layer))


def columns(layer: Layer, cells: ArrayLike) -> Cells:
    """Return the matrix whose column `i * W' + j` holds what the window of output (i, j) reads.

    Its rows are ordered by channel, kernel row, kernel column. What is read from the padding is 0, or minus
    infinity for maximum pooling.

    Args:
        layer: a convolution or pooling.
        cells: one input, (in_channels, H, W).

    Returns:
        (groups, in_channels / groups * kh * kw, H' * W'); in pooling every channel is a group.

    Raises:
        ParameterError: for a transposed convolution, which has no such matrix, and as for `run`.
    """
    if isinstance(layer, TransposedConvolution):
        raise ParameterError("layer", layer.kind, "Convolution, MaxPooling, AveragePooling")
    cells = checked_cells(layer, cells)
    rows, cols = layer.taps(cells.shape[1:])
    padding = -np.inf if isinstance(layer, MaxPooling) else 0.0
    # PADDING is -1: the one row and column added at the end are what it reads.
    framed = np.pad(cells, ((0, 0), (0, 1), (0, 1)), constant_values=padding)
    gathered = framed[:, rows.T[:, None, :, None], cols.T[None, :, None, :]]  # (channels, kh, kw, H', W')
    groups = layer.groups if isinstance(layer, Convolution) else layer.in_channels
    return gathered.reshape(groups, -1, len(rows) * len(cols))


def _convolve(layer: Convolution, cells: Cells, weights: Cells, bias: ArrayLike | None) -> Traced:
    windows = columns(layer, cells)
    filters = weights.reshape(layer.groups, layer.out_channels // layer.groups, -1)
    products = filters @ windows
    maps = products.reshape(layer.out_channels, *layer.output_size(cells.shape[1:]))
    shown = (
        stage(N_("Input"), "(cin, H, W)", cells),
        stage(N_("One column per window"), "(groups, cin/groups * kh * kw, H' * W')", windows),
        stage(N_("One row per filter"), "(groups, cout/groups, cin/groups * kh * kw)", filters),
        stage(N_("Rows times columns"), "(groups, cout/groups, H' * W')", products),
        stage(N_("Columns folded into feature maps"), "(cout, H', W')", maps),
    )
    return _with_bias(layer, shown, bias)


def _transpose(layer: TransposedConvolution, cells: Cells, weights: Cells, bias: ArrayLike | None) -> Traced:
    """The convolution's steps backwards: first the product with the transposed matrix, then the windows add up."""
    inputs = cells.reshape(layer.groups, layer.in_channels // layer.groups, -1)
    filters = weights.reshape(layer.groups, layer.in_channels // layer.groups, -1).transpose(0, 2, 1)
    products = filters @ inputs
    shown = (
        stage(N_("Input"), "(cin, H, W)", cells),
        stage(N_("One column per input cell"), "(groups, cin/groups, H * W)", inputs),
        stage(N_("Weights, transposed"), "(groups, cout/groups * kh * kw, cin/groups)", filters),
        stage(N_("One scaled kernel per input cell"), "(groups, cout/groups * kh * kw, H * W)", products),
        stage(N_("Kernels added where they belong"), "(cout, H', W')", fold(layer, products, cells.shape[1:])),
    )
    return _with_bias(layer, shown, bias)


def fold(layer: TransposedConvolution, products: Cells, size: tuple[int, ...]) -> Cells:
    """Add up columns of scaled kernels where they overlap (col2im).

    Args:
        layer: says where each kernel lies.
        products: (groups, out_channels / groups * kh * kw, H * W).
        size: (H, W) of the input.

    Returns:
        (out_channels, H', W').
    """
    height, width = size
    row_taps, column_taps = layer.taps((height, width))
    rows, cols = targets(row_taps, height), targets(column_taps, width)
    # PADDING is -1: what is cropped gathers in one row and column more, which are cut off at the end.
    output = np.zeros((layer.out_channels, len(row_taps) + 1, len(column_taps) + 1))
    kernels = products.reshape(layer.out_channels, *layer.kernel_size, height, width)
    places: Any = (slice(None), rows.T[:, None, :, None], cols.T[None, :, None, :])
    np.add.at(output, places, kernels)
    return output[:, :-1, :-1].copy()


def _pool(layer: MaxPooling | AveragePooling, cells: Cells) -> Traced:
    windows = columns(layer, cells)
    if isinstance(layer, MaxPooling):
        title, pooled = N_("Largest of each column"), windows.max(axis=1)
    else:
        title, pooled = N_("Average of each column"), windows.sum(axis=1) / _divisors(layer, cells.shape[1:])
    maps = pooled.reshape(layer.out_channels, *layer.output_size(cells.shape[1:]))
    shown = (
        stage(N_("Input"), "(cin, H, W)", cells),
        stage(N_("One column per window"), "(cin, kh * kw, H' * W')", windows),
        stage(title, "(cin, H' * W')", pooled),
        stage(N_("Columns folded into feature maps"), "(cout, H', W')", maps),
    )
    return Traced(maps, shown)


def _divisors(layer: AveragePooling, size: tuple[int, ...]) -> Cells:
    rows, cols = layer.divisors(size)  # type: ignore[arg-type]  # cells have three axes
    return np.outer(rows, cols).ravel().astype(np.float64)


def _with_bias(layer: Layer, shown: tuple[Stage, ...], bias: ArrayLike | None) -> Traced:
    if bias is None:
        return Traced(shown[-1].values, shown)
    values = shown[-1].values + checked_bias(layer, bias)[:, None, None]
    return Traced(values, (*shown, stage(N_("Bias added"), "(cout, H', W')", values)))
