"""The weights of every kernel family, built from one-dimensional parts wherever the kernel separates.

Coordinates are counted from the kernel's centre: x along the columns, y along the rows, downwards. Angles
come in degrees and turn clockwise on the screen, because rows count downwards.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DERIVATIVE",
    "EDGE",
    "EMBOSS",
    "LAPLACIAN",
    "LAPLACIAN_8",
    "PREWITT",
    "ROBERTS_NEG_DIAG",
    "ROBERTS_POS_DIAG",
    "SCHARR",
    "SHARPEN",
    "SOBEL",
    "box",
    "difference_of_gaussians",
    "gabor",
    "gaussian",
    "identity",
    "laplacian_of_gaussian",
    "motion_blur",
    "shift",
    "unsharp",
]

Array = NDArray[np.float64]

DERIVATIVE = (-1.0, 0.0, 1.0)
SOBEL = (1.0, 2.0, 1.0)
SCHARR = (3.0, 10.0, 3.0)
PREWITT = (1.0, 1.0, 1.0)
ROBERTS_POS_DIAG = ((1.0, 0.0), (0.0, -1.0))
ROBERTS_NEG_DIAG = ((0.0, 1.0), (-1.0, 0.0))
SHARPEN = ((0.0, -1.0, 0.0), (-1.0, 5.0, -1.0), (0.0, -1.0, 0.0))
EDGE = ((-1.0, -1.0, -1.0), (-1.0, 8.0, -1.0), (-1.0, -1.0, -1.0))
LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))
LAPLACIAN_8 = ((1.0, 1.0, 1.0), (1.0, -8.0, 1.0), (1.0, 1.0, 1.0))
EMBOSS = ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0))


def identity(size: int = 1) -> Array:
    """Return a 1 in the middle of (size, size) zeros, `size` odd."""
    weights = np.zeros((size, size))
    weights[size // 2, size // 2] = 1.0
    return weights


def shift(rows: int, columns: int) -> Array:
    """Return the kernel that moves the picture down by `rows` and right by `columns` (negative: up, left)."""
    weights = np.zeros((2 * abs(rows) + 1, 2 * abs(columns) + 1))
    weights[abs(rows) - rows, abs(columns) - columns] = 1.0
    return weights


def box(size: int) -> Array:
    """Return the mean over (size, size) pixels."""
    return np.full((size, size), 1.0 / size**2)


def gaussian(size: int, sigma: float) -> Array:
    """Return a sampled Gaussian of `sigma` pixels with sum 1."""
    profile = _gaussian_profile(size, sigma)
    return np.outer(profile, profile)


def unsharp(size: int, sigma: float, amount: float) -> Array:
    """Return the picture plus `amount` times what a Gaussian blur takes away."""
    return (1.0 + amount) * identity(size) - amount * gaussian(size, sigma)


def laplacian_of_gaussian(size: int, sigma: float) -> Array:
    """Return the Laplacian of a Gaussian, its mean subtracted so that the sum is 0 (as MATLAB's fspecial)."""
    y, x = _coordinates(size)
    weights = gaussian(size, sigma) * (x**2 + y**2 - 2 * sigma**2) / sigma**4
    return np.asarray(weights - weights.mean(), dtype=np.float64)


def difference_of_gaussians(size: int, sigma_narrow: float, sigma_wide: float) -> Array:
    """Return a narrow Gaussian minus a wide one, each of sum 1."""
    return gaussian(size, sigma_narrow) - gaussian(size, sigma_wide)


def gabor(size: int, wavelength: float, angle: float, sigma: float, aspect: float, phase: float) -> Array:
    """Return a cosine wave under a Gaussian.

    `exp(-(x'^2 + aspect^2 y'^2) / (2 sigma^2)) cos(2 pi x' / wavelength + phase)`, where the wave runs along
    x' = x cos(angle) + y sin(angle); `angle` and `phase` in degrees. `cv2.getGaborKernel` gives the same
    weights with both axes reversed.
    """
    y, x = _coordinates(size)
    theta = math.radians(angle)
    along = x * math.cos(theta) + y * math.sin(theta)
    across = y * math.cos(theta) - x * math.sin(theta)
    envelope = np.exp(-(along**2 + (aspect * across) ** 2) / (2 * sigma**2))
    wave = np.cos(2 * math.pi * along / wavelength + math.radians(phase))
    return np.asarray(envelope * wave, dtype=np.float64)


def motion_blur(length: int, angle: float) -> Array:
    """Return `length` equal points, one pixel apart on a line through the centre, with sum 1.

    A point between pixels is shared among the four around it (bilinear weights). Empty outer rows and columns
    are left out, so that 0 degrees gives exactly one row of 1 / length.
    """
    reach = length // 2
    weights = np.zeros((length + 2, length + 2))
    theta = math.radians(angle)
    for step in range(-reach, reach + 1):
        _add_point(weights, reach + 1 + step * math.sin(theta), reach + 1 + step * math.cos(theta))
    return _without_empty_rim(weights / weights.sum())


def _gaussian_profile(size: int, sigma: float) -> Array:
    distance = np.arange(size) - size // 2
    profile = np.exp(-(distance**2) / (2 * sigma**2))
    return np.asarray(profile / profile.sum(), dtype=np.float64)


def _coordinates(size: int) -> tuple[Array, Array]:
    y, x = np.mgrid[:size, :size].astype(np.float64) - size // 2
    return y, x


def _add_point(weights: Array, row: float, column: float) -> None:
    # cos(90 degrees) is 6e-17: rounding keeps such a point on its pixel.
    row, column = round(row, 9), round(column, 9)
    top, left = math.floor(row), math.floor(column)
    down, right = row - top, column - left
    weights[top, left] += (1 - down) * (1 - right)
    weights[top, left + 1] += (1 - down) * right
    weights[top + 1, left] += down * (1 - right)
    weights[top + 1, left + 1] += down * right


def _without_empty_rim(weights: Array) -> Array:
    """Cut the same number of empty lines from opposite sides, so that the centre stays the centre."""
    used = weights != 0
    rows = min(_leading_empty(used.any(axis=1)), _leading_empty(used.any(axis=1)[::-1]))
    columns = min(_leading_empty(used.any(axis=0)), _leading_empty(used.any(axis=0)[::-1]))
    return weights[rows : len(weights) - rows, columns : len(weights) - columns]


def _leading_empty(used: NDArray[np.bool_]) -> int:
    return int(used.argmax())
