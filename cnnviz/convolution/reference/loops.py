"""Every layer as nested loops, one multiplication after another, as on a blackboard."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.arithmetic import (
    PADDING,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.convolution.reference.checks import (
    checked_bias,
    checked_cells,
    checked_weights,
    checked_without_weights,
)
from cnnviz.convolution.reference.trace import Cells, Traced, stage
from cnnviz.text import N_

__all__ = ["average_pool", "convolve", "max_pool", "run", "targets", "transpose"]

Index = NDArray[np.intp]


def run(layer: Layer, cells: ArrayLike, weights: ArrayLike | None = None, bias: ArrayLike | None = None) -> Traced:
    """Compute the output of `layer`.

    Args:
        layer: of any kind.
        cells: one input, (in_channels, H, W).
        weights: in torch's layout, `layer.weight_shape`; None for pooling.
        bias: (out_channels,), or None to add nothing.

    Raises:
        ParameterError: when an array has the wrong shape, or the layer cannot be laid over the input.
    """
    shown = [stage(N_("Input"), "(cin, H, W)", checked_cells(layer, cells))]
    match layer:
        case Convolution():
            values = convolve(layer, cells, weights, bias)
            shown.append(stage(N_("Weights"), "(cout, cin/groups, kh, kw)", checked_weights(layer, weights)))
        case TransposedConvolution():
            values = transpose(layer, cells, weights, bias)
            shown.append(stage(N_("Weights"), "(cin, cout/groups, kh, kw)", checked_weights(layer, weights)))
        case MaxPooling():
            checked_without_weights(weights, bias)
            values = max_pool(layer, cells)
        case AveragePooling():
            checked_without_weights(weights, bias)
            values = average_pool(layer, cells)
        case _:
            raise TypeError(type(layer))
    return Traced(values, (*shown, stage(N_("Output"), "(cout, H', W')", values)))


def convolve(layer: Convolution, cells: ArrayLike, weights: ArrayLike | None, bias: ArrayLike | None = None) -> Cells:
    """Convolution as networks compute it (cross-correlation): each output adds up the products of one window.

    Shapes and errors as for `run`; (out_channels, H', W') comes back.
    """
    cells, weights, bias = checked_cells(layer, cells), checked_weights(layer, weights), checked_bias(layer, bias)
    rows, columns = layer.taps(cells.shape[1:])
    output = np.zeros((layer.out_channels, len(rows), len(columns)))
    for channel in range(layer.out_channels):
        read = cells[_channels_read(layer, channel)]
        for i in range(len(rows)):
            for j in range(len(columns)):
                output[channel, i, j] = bias[channel] + _products(read, weights[channel], rows[i], columns[j])
    return output


def _channels_read(layer: Convolution, out_channel: int) -> slice:
    """The input channels of the group that an output channel belongs to."""
    group = out_channel // (layer.out_channels // layer.groups)
    part = layer.in_channels // layer.groups
    return slice(group * part, (group + 1) * part)


def _products(cells: Cells, weights: Cells, rows: Index, columns: Index) -> float:
    """The sum over one window; `rows` (kh,) and `columns` (kw,) say which cells it reads."""
    total = 0.0
    for channel in range(len(weights)):
        for k, row in enumerate(rows):
            for l, column in enumerate(columns):  # noqa: E741 - (k, l) is the place in the kernel
                total += weights[channel, k, l] * _cell(cells[channel], row, column)
    return total


def _cell(plane: Cells, row: int, column: int, padding: float = 0.0) -> float:
    """The cell at (row, column) of one channel, or what stands in the padding."""
    if row == PADDING or column == PADDING:
        return padding
    return float(plane[row, column])


def transpose(
    layer: TransposedConvolution, cells: ArrayLike, weights: ArrayLike | None, bias: ArrayLike | None = None
) -> Cells:
    """Transposed convolution: each input cell adds its kernel, scaled by the cell, to the output.

    Dumoulin and Visin (arXiv 1603.07285), section 4. Shapes and errors as for `run`.
    """
    cells, weights, bias = checked_cells(layer, cells), checked_weights(layer, weights), checked_bias(layer, bias)
    height, width = cells.shape[1:]
    row_taps, column_taps = layer.taps((height, width))
    rows, columns = targets(row_taps, height), targets(column_taps, width)
    output = np.zeros((layer.out_channels, len(row_taps), len(column_taps))) + bias[:, None, None]
    for channel in range(layer.in_channels):
        written = output[_channels_written(layer, channel)]
        for i in range(len(rows)):
            for j in range(len(columns)):
                _add_kernel(written, cells[channel, i, j], weights[channel], rows[i], columns[j])
    return output


def targets(taps: Index, size: int) -> Index:
    """Read the taps of a transposed convolution backwards: where each input cell adds to along one axis.

    Args:
        taps: (output, kernel_size), which input cell each output takes.
        size: cells of the input.

    Returns:
        (size, kernel_size) indices into the output, `PADDING` where it is cropped.
    """
    found = np.full((size, taps.shape[1]), PADDING)
    outputs, weights = np.nonzero(taps != PADDING)
    found[taps[outputs, weights], weights] = outputs
    return found


def _channels_written(layer: TransposedConvolution, in_channel: int) -> slice:
    """The output channels of the group that an input channel belongs to."""
    group = in_channel // (layer.in_channels // layer.groups)
    part = layer.out_channels // layer.groups
    return slice(group * part, (group + 1) * part)


def _add_kernel(output: Cells, cell: float, weights: Cells, rows: Index, columns: Index) -> None:
    """Add `cell` times the kernels (channels, kh, kw) to `output` in its place; what is cropped is left out."""
    for channel in range(len(weights)):
        for k, row in enumerate(rows):
            for l, column in enumerate(columns):  # noqa: E741 - (k, l) is the place in the kernel
                if row != PADDING and column != PADDING:
                    output[channel, row, column] += cell * weights[channel, k, l]


def max_pool(layer: MaxPooling, cells: ArrayLike) -> Cells:
    """The largest cell of each window; the padding counts as minus infinity, so it never wins.

    Shapes and errors as for `run`.
    """
    cells = checked_cells(layer, cells)
    rows, columns = layer.taps(cells.shape[1:])
    output = np.zeros((layer.out_channels, len(rows), len(columns)))
    for channel in range(layer.out_channels):
        for i in range(len(rows)):
            for j in range(len(columns)):
                output[channel, i, j] = _largest(cells[channel], rows[i], columns[j])
    return output


def _largest(plane: Cells, rows: Index, columns: Index) -> float:
    largest = -np.inf
    for row in rows:
        for column in columns:
            largest = max(largest, _cell(plane, row, column, padding=-np.inf))
    return largest


def average_pool(layer: AveragePooling, cells: ArrayLike) -> Cells:
    """The sum of each window, divided by the number of cells that count.

    Shapes and errors as for `run`.
    """
    cells = checked_cells(layer, cells)
    rows, columns = layer.taps(cells.shape[1:])
    counted_rows, counted_columns = layer.divisors(cells.shape[1:])
    output = np.zeros((layer.out_channels, len(rows), len(columns)))
    for channel in range(layer.out_channels):
        for i in range(len(rows)):
            for j in range(len(columns)):
                total = _sum(cells[channel], rows[i], columns[j])
                output[channel, i, j] = total / (counted_rows[i] * counted_columns[j])
    return output


def _sum(plane: Cells, rows: Index, columns: Index) -> float:
    total = 0.0
    for row in rows:
        for column in columns:
            total += _cell(plane, row, column)
    return total
