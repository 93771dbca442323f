"""Layers by the Fourier transform: correlation becomes multiplication with the conjugate spectrum.

The correlation theorem (Bracewell, "The Fourier Transform and Its Applications"); for networks Mathieu, Henaff and
LeCun, "Fast training of convolutional networks through FFTs" (arXiv 1312.5851).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.arithmetic import PADDING, Axis, Convolution, Layer, TransposedConvolution
from cnnviz.convolution.reference.checks import checked_bias, checked_cells, checked_weights
from cnnviz.convolution.reference.trace import Cells, Stage, Traced, stage
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["run"]

Axes = tuple[Axis, Axis]

_KERNELS = "(cout, cin/groups, dh * (kh - 1) + 1, dw * (kw - 1) + 1)"


def run(layer: Layer, cells: ArrayLike, weights: ArrayLike | None = None, bias: ArrayLike | None = None) -> Traced:
    """Compute the output of a layer with weights through spectra.

    Args:
        layer: a convolution or transposed convolution.
        cells: one input, (in_channels, H, W).
        weights: in torch's layout, `layer.weight_shape`.
        bias: (out_channels,), or None to add nothing.

    Raises:
        ParameterError: for pooling; when an array has the wrong shape; when the layer cannot be laid over the input.
    """
    match layer:
        case Convolution():
            shown = _convolve(layer, checked_cells(layer, cells), checked_weights(layer, weights))
        case TransposedConvolution():
            shown = _transpose(layer, checked_cells(layer, cells), checked_weights(layer, weights))
        case _:
            raise ParameterError("layer", layer.kind, "Convolution, TransposedConvolution")
    if bias is not None:
        values = shown[-1].values + checked_bias(layer, bias)[:, None, None]
        shown = (*shown, stage(N_("Bias added"), "(cout, H', W')", values))
    return Traced(shown[-1].values, shown)


def _convolve(layer: Convolution, cells: Cells, weights: Cells) -> tuple[Stage, ...]:
    axes = layer.axes(cells.shape[1:])
    padded, kernels = _padded(cells, axes), _spread(weights, axes)
    return (
        stage(N_("Input"), "(cin, H, W)", cells),
        stage(N_("Input with its padding"), "(cin, H + top + bottom, W + left + right)", padded),
        stage(N_("Kernels, spread by the dilation"), _KERNELS, kernels),
        *_correlate(padded, kernels, layer.groups, axes),
    )


def _transpose(layer: TransposedConvolution, cells: Cells, weights: Cells) -> tuple[Stage, ...]:
    """As the convolution with stride 1 that it equals: zeros between the cells, the kernels turned around."""
    rows, columns = layer.axes(cells.shape[1:])
    axes = rows.stretched(), columns.stretched()
    stretched = np.zeros((len(cells), axes[0].size, axes[1].size))
    stretched[:, :: rows.stride, :: columns.stride] = cells
    padded, kernels = _padded(stretched, axes), _spread(_turned(weights, layer.groups), axes)
    return (
        stage(N_("Input"), "(cin, H, W)", cells),
        stage(N_("Input with zeros between and around"), "(cin, H' + dh * (kh - 1), W' + dw * (kw - 1))", padded),
        stage(N_("Kernels, turned around and spread"), _KERNELS, kernels),
        *_correlate(padded, kernels, layer.groups, axes),
    )


def _padded(cells: Cells, axes: Axes) -> Cells:
    """The input with its padding, (channels, rows, columns); negative padding cuts cells off."""
    rows, columns = (axis.source(np.arange(-axis.before, axis.size + axis.after)) for axis in axes)
    outside = (rows == PADDING)[:, None] | (columns == PADDING)
    return np.where(outside, 0.0, cells[:, rows[:, None], columns])


def _spread(weights: Cells, axes: Axes) -> Cells:
    """The kernels with `dilation - 1` zeros between neighbouring weights."""
    rows, columns = axes
    kernels = np.zeros((*weights.shape[:2], rows.extent, columns.extent))
    kernels[:, :, :: rows.dilation, :: columns.dilation] = weights
    return kernels


def _turned(weights: Cells, groups: int) -> Cells:
    """Weights (cin, cout/groups, kh, kw) of a transposed convolution as those of the convolution it equals."""
    in_channels, part, kh, kw = weights.shape
    grouped = weights.reshape(groups, in_channels // groups, part, kh, kw).swapaxes(1, 2)
    return grouped.reshape(groups * part, in_channels // groups, kh, kw)[:, :, ::-1, ::-1]


def _correlate(padded: Cells, kernels: Cells, groups: int, axes: Axes) -> tuple[Stage, ...]:
    from scipy import fft

    # Sides at least as long as the padded input: what wraps around stays outside of the valid part.
    sides = [fft.next_fast_len(side, real=True) for side in padded.shape[1:]]
    inputs, filters = fft.rfft2(padded, sides), fft.rfft2(kernels, sides)
    by_group = filters.reshape(groups, -1, *filters.shape[1:])
    multiplied = np.einsum("gcuv,gocuv->gouv", inputs.reshape(groups, -1, *inputs.shape[1:]), by_group.conj())
    spectrum = multiplied.reshape(-1, *inputs.shape[1:])
    correlated = fft.irfft2(spectrum, sides)
    return (
        stage(N_("Spectrum of the input"), "(cin, U, V // 2 + 1)", inputs),
        stage(N_("Spectra of the kernels"), "(cout, cin/groups, U, V // 2 + 1)", filters),
        stage(N_("Products with the conjugate, added over the channels"), "(cout, U, V // 2 + 1)", spectrum),
        stage(N_("Transformed back"), "(cout, U, V)", correlated),
        stage(N_("Valid part, one value per stride"), "(cout, H', W')", _valid(correlated, axes)),
    )


def _valid(correlated: Cells, axes: Axes) -> Cells:
    """The outputs among all positions: every stride-th from the first on."""
    rows, columns = (slice(0, (axis.output - 1) * axis.stride + 1, axis.stride) for axis in axes)
    return correlated[:, rows, columns].copy()
