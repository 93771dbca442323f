"""The convolution theorem: a kernel's result is the picture's spectrum times the kernel's response, transformed back.

Oppenheim and Schafer, Discrete-Time Signal Processing, sections 8.6 and 8.7: products of discrete spectra belong to
circular convolution; with enough zeros around the picture that is the linear one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import filtering
from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.borders import BORDERS, Border
from cnnviz.convolution.checks import Pair, Picture, Weights, checked_pixels, checked_weights
from cnnviz.convolution.frequency.response import Operation, checked_operation, on_grid_single
from cnnviz.convolution.frequency.spectrum import Half, Spectrum, backward, forward
from cnnviz.errors import ParameterError

__all__ = ["SPECTRAL_BORDERS", "Comparison", "SpectralBorder", "apply", "compare"]

SpectralBorder = Literal["circular", "zeros"]
SPECTRAL_BORDERS: tuple[SpectralBorder, ...] = get_args(SpectralBorder)
_SAME_SIZE = tuple(border for border in BORDERS if border != "valid")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The same kernel over the same picture, by spectra and pixel by pixel.

    Attributes:
        by_spectra: float32 (H, W) or (H, W, C).
        spatial: the same shape, from `filtering`.
        difference: `by_spectra` minus `spatial`.
        border: of the spatial result.
        spectral_border: of the result by spectra.
        rim: rows above and below, columns left and right ((top, bottom), (left, right)), in which windows reach
            beyond the picture. Only there can the borders differ.
        largest: the largest absolute difference.
        largest_inside: the same without the rim: rounding only. 0 when nothing is left.
    """

    by_spectra: Picture
    spatial: Picture
    difference: Picture
    border: Border
    spectral_border: SpectralBorder
    rim: tuple[Pair, Pair]
    largest: float
    largest_inside: float


def apply(
    picture: Spectrum | ArrayLike,
    weights: ArrayLike,
    operation: str = "correlation",
    border: str = "circular",
) -> Picture:
    """Filter a picture by multiplying spectra.

    Equal to `filtering.correlate` (or `convolve`) with the same border; rounding stays below 1e-6 of the sum of
    absolute weights for pixels from 0 to 1. The time does not depend on the kernel's size.

    Args:
        picture: (H, W) or (H, W, C), or its `Spectrum`, which saves a transform with the circular border.
        weights: (kh, kw), each side 1 to 255; it may be larger than the picture.
        operation: "correlation", what networks compute, or "convolution".
        border: "circular", what the transform brings along, or "zeros": the picture is padded with zeros, so that
            what wraps around is zero.

    Returns:
        float32 of the picture's shape.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range.
    """
    kernel, how = checked_weights(weights), checked_operation(operation)
    if border not in SPECTRAL_BORDERS:
        raise ParameterError("border", border, ", ".join(SPECTRAL_BORDERS))
    pixels = picture.pixels if isinstance(picture, Spectrum) else checked_pixels(picture)
    size = pixels.shape[0], pixels.shape[1]
    if border == "zeros":
        padded = _padded_size(size, kernel)
        return np.ascontiguousarray(_multiplied(forward(pixels, padded), kernel, how, padded)[: size[0], : size[1]])
    return _multiplied(picture.values if isinstance(picture, Spectrum) else forward(pixels, size), kernel, how, size)


def compare(
    picture: Spectrum | ArrayLike,
    weights: ArrayLike,
    border: str = "circular",
    spectral_border: str | None = None,
    operation: str = "correlation",
) -> Comparison:
    """Filter a picture both ways.

    Args:
        picture: (H, W) or (H, W, C), or its `Spectrum`.
        weights: (kh, kw), each side 1 to 255.
        border: of the spatial result, any but "valid".
        spectral_border: of the result by spectra; by default that of the spatial one if it can be had, which is
            "zeros" or "circular", and "circular" if it cannot.
        operation: "correlation" or "convolution".

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range.
    """
    if border not in _SAME_SIZE:
        raise ParameterError("border", border, ", ".join(_SAME_SIZE))
    kernel, how = checked_weights(weights), checked_operation(operation)
    chosen: str = spectral_border or ("zeros" if border == "zeros" else "circular")
    by_spectra = apply(picture, kernel, how, chosen)
    pixels = picture.pixels if isinstance(picture, Spectrum) else checked_pixels(picture)
    spatial = (filtering.correlate if how == "correlation" else filtering.convolve)(pixels, kernel, border)
    difference = by_spectra - spatial
    rim = same_padding(kernel.shape[0]), same_padding(kernel.shape[1])
    return Comparison(
        by_spectra,
        spatial,
        difference,
        border,
        "zeros" if chosen == "zeros" else "circular",
        rim,
        float(np.abs(difference).max()),
        float(np.abs(_inside(difference, rim)).max(initial=0.0)),
    )


def _multiplied(spectrum: Half, kernel: Weights, operation: Operation, size: Pair) -> Picture:
    rows, columns = np.fft.fftfreq(size[0]), np.fft.rfftfreq(size[1])
    factors = on_grid_single(kernel, rows, columns, "centre", operation)
    return backward(spectrum * factors.reshape(*factors.shape, *[1] * (spectrum.ndim - 2)), size)


def _padded_size(size: Pair, kernel: Weights) -> Pair:
    """At least H + kh - 1 rows, likewise columns: what comes round from the far edge meets only zeros."""
    from scipy import fft

    rows, columns = (fft.next_fast_len(n + k - 1, real=True) for n, k in zip(size, kernel.shape, strict=True))
    return rows, columns


def _inside(difference: Picture, rim: tuple[Pair, Pair]) -> Picture:
    (top, bottom), (left, right) = rim
    rows, columns = difference.shape[:2]
    return difference[top : max(rows - bottom, top), left : max(columns - right, left)]
