"""The grid of frequencies that spectra and transfer functions live on, zero frequency in the middle.

Frequencies are in cycles per pixel, rows before columns. A grid of (rows, columns) has zero at
(rows // 2, columns // 2); of an even side it holds -0.5 and not 0.5, which is the same wave.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Pair, Picture, checked_pair, checked_pixels
from cnnviz.convolution.frequency.response import axis
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = [
    "LARGEST_SIDE",
    "ROUNDING",
    "Array",
    "Spectrum",
    "checked_grid",
    "checked_picture",
    "contrast_energy",
    "frequencies",
    "is_even",
    "mirrored",
    "picture_from",
    "radius",
    "spectrum",
    "wrapped_distance",
]

Array = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

LARGEST_SIDE = 2048
ROUNDING = 1e-12  # of frequencies: 3 / 10 and 3 * (1 / 10) are the same one
_AXES = (0, 1)
_NOISE = 1e-7  # of the largest amplitude: what a transform in single precision leaves behind


def checked_grid(size: int | Pair) -> Pair:
    """Return `size` as (rows, columns).

    Raises:
        ParameterError: when it is not one or two whole numbers from 1 to 2048.
    """
    return checked_pair("size", size, LARGEST_SIDE)


def frequencies(size: Pair) -> tuple[Array, Array]:
    """Frequencies (along rows, along columns) of a grid, of shapes (rows, 1) and (1, columns)."""
    return axis(size[0])[:, np.newaxis], axis(size[1])[np.newaxis, :]


def radius(size: Pair) -> Array:
    """Distance of every frequency from zero: float64 (rows, columns), at most 0.7071."""
    return np.hypot(*frequencies(size))


def wrapped_distance(rows: Array, columns: Array, centre: tuple[float, float]) -> Array:
    """Distance of frequencies from `centre`, the short way around: spectra repeat after 1 cycle per pixel."""
    down, right = rows - centre[0], columns - centre[1]
    return np.hypot(down - np.rint(down), right - np.rint(right))


def mirrored(values: NDArray[Any]) -> NDArray[Any]:
    """The value at -f for every f of a centred grid (..., rows, columns)."""
    turned = values[..., ::-1, ::-1]
    # An even side begins with -0.5, which is its own mirror image: the turned axis is one place off.
    shifts = tuple(1 - side % 2 for side in values.shape[-2:])
    return np.roll(turned, shifts, (-2, -1))


def is_even(values: NDArray[Any], tolerance: float = 1e-12) -> bool:
    """True when f and -f have the same value everywhere, so that a real picture stays real."""
    return bool(np.abs(values - mirrored(values)).max() <= tolerance * max(float(np.abs(values).max()), 1.0))


def spectrum(values: NDArray[np.floating]) -> Spectrum:
    """Discrete Fourier transform of (H, W) or (H, W, C) over rows and columns, zero frequency in the middle."""
    wide = values.astype(np.float64, copy=False)
    return np.asarray(np.fft.fftshift(np.fft.fft2(wide, axes=_AXES), _AXES), np.complex128)


def picture_from(centred: Spectrum) -> Spectrum:
    """Go back from `spectrum`; complex, because only an even change of a spectrum keeps the picture real."""
    return np.asarray(np.fft.ifft2(np.fft.ifftshift(centred, _AXES), axes=_AXES), np.complex128)


def contrast_energy(magnitude: NDArray[np.floating]) -> Array:
    """Energy |X|^2 of every frequency, added over the channels, without that of zero frequency (the mean).

    The mean holds most of a photo's energy, and no filter here is about it. What is only rounding beside the
    strongest frequency counts as 0, so that a flat picture has no energy left. Shape (H, W).
    """
    energy = magnitude.astype(np.float64) ** 2
    energy = energy.sum(axis=2) if energy.ndim == 3 else energy
    energy[energy <= _NOISE**2 * energy.max()] = 0.0
    energy[energy.shape[0] // 2, energy.shape[1] // 2] = 0.0
    return np.asarray(energy, np.float64)


def checked_picture(pixels: ArrayLike) -> Picture:
    """Return `pixels` as float32 (H, W) or (H, W, C), finite and at most 2048 in a side.

    Raises:
        ParameterError: when it is something else. One pixel that is not finite would spoil every frequency.
    """
    picture = checked_pixels(pixels)
    if max(picture.shape[:2]) > LARGEST_SIDE:
        raise ParameterError("pixels", f"{picture.shape[0]} x {picture.shape[1]}", f"≤ {LARGEST_SIDE} x {LARGEST_SIDE}")
    if not np.isfinite(picture).all():
        raise ParameterError("pixels", "not finite", "finite", N_("every frequency depends on every pixel"))
    return picture
