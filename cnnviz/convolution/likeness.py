"""Which hand-made kernel is a learned filter most like, and would a random filter be as like one?

Likeness is |cosine|, as neither size nor sign of a filter changes what it looks for: |⟨w, b⟩| / (‖w‖ ‖b‖). Its square
is the share of the filter's energy that the best multiple of the kernel explains (Cauchy and Schwarz). A colour filter
is first split into a direction of colour times a pattern, by its singular values (Eckart and Young, 1936).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution import kernels
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["OPPONENTS", "Bank", "Baseline", "Match", "bank", "baseline", "likeness", "opponents", "pattern"]

Array = NDArray[np.float64]

RANDOM_FILTERS = 1000
_FIXED = (
    *("sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x", "scharr_y", "roberts_pos_diag", "roberts_neg_diag"),
    *("laplacian", "laplacian_8", "sharpen", "emboss"),
)
_ANGLES = tuple(15.0 * step for step in range(12))
_PHASES = (0.0, 45.0, 90.0, 135.0)  # the other half has the opposite sign
_WAVELENGTHS = (2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0)
_SIGMAS = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
_OCTAVE = 0.56  # sigma by wavelength of a Gabor filter one octave wide: Daugman 1985
_LARGEST = 15

OPPONENTS: tuple[tuple[str, tuple[float, float, float]], ...] = (
    (N_("grey"), (1.0, 1.0, 1.0)),
    (N_("red–green"), (1.0, -1.0, 0.0)),
    (N_("blue–yellow"), (-1.0, -1.0, 2.0)),
)
"""Names and directions of colour, at right angles to each other, in red, green and blue."""


@dataclass(frozen=True, eq=False)
class Bank:
    """Hand-made kernels of one size.

    Attributes:
        kernels: n of them; those that are smaller lie in the middle.
        units: float64, shape (n, size²): their weights, each of norm 1.
        size: rows and columns.
    """

    kernels: tuple[Kernel, ...]
    units: Array
    size: int


@dataclass(frozen=True, eq=False)
class Match:
    """A filter and the kernel that is nearest to it.

    Attributes:
        kernel: the nearest one, with its parameters.
        weights: float64, shape (size, size): the multiple of it that is nearest to the pattern.
        likeness: |cosine| between the pattern and it, 0 to 1.
        pattern: float64, shape (size, size): the filter's spatial pattern; with one channel the filter itself.
        colour: float64, shape (C,), of norm 1: how much of the pattern each channel gets.
        rank_one: share of the filter's energy that colour times pattern explains; 1 with one channel.
        explained: share of the filter's energy that colour times the kernel explains.
    """

    kernel: Kernel
    weights: Array
    likeness: float
    pattern: Array
    colour: Array
    rank_one: float
    explained: float


@dataclass(frozen=True)
class Baseline:
    """Likeness of random filters: how near noise is to one kernel or another.

    Attributes:
        mean: of their likeness.
        quantile: what 95 of 100 of them stay below.
        filters: how many were drawn.
    """

    mean: float
    quantile: float
    filters: int


@cache
def bank(size: int) -> Bank:
    """All hand-made kernels of one size: the registry's fixed ones, blurs, bands, moves, and Gabor filters.

    Raises:
        ParameterError: when `size` is not odd or not from 3 to 15.
    """
    if not 3 <= size <= _LARGEST or size % 2 == 0:
        raise ParameterError("size", size, f"3, 5, … {_LARGEST}")
    found = [*_fixed(), *_round(size), *_moves(size), *_gabors(size)]
    rows = np.stack([_embedded(each.weights, size).ravel() for each in found])
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    units.setflags(write=False)
    return Bank(tuple(found), units, size)


def _fixed() -> list[Kernel]:
    return [kernels.get(key) for key in _FIXED]


def _round(size: int) -> list[Kernel]:
    """Kernels without direction."""
    widths = [sigma for sigma in _SIGMAS if sigma <= size / 3]
    found = [kernels.get("box", size=size)]
    for sigma in widths:
        found.append(kernels.get("gaussian", size=size, sigma=sigma))
        found.append(kernels.get("laplacian_of_gaussian", size=size, sigma=sigma))
        wide = round(1.6 * sigma, 2)
        found.append(kernels.get("difference_of_gaussians", size=size, sigma_narrow=sigma, sigma_wide=wide))
    return found


def _moves(size: int) -> list[Kernel]:
    reach = size // 2
    offsets = range(-reach, reach + 1)
    moved = [(row, column) for row in offsets for column in offsets if (row, column) != (0, 0)]
    return [kernels.get("identity"), *(kernels.get("shift", rows=row, columns=column) for row, column in moved)]


def _gabors(size: int) -> list[Kernel]:
    return [
        kernels.get(
            "gabor", size=size, wavelength=wavelength, angle=angle, sigma=round(max(0.3, _OCTAVE * wavelength), 2),
            aspect=1.0, phase=phase,
        )
        for wavelength in _WAVELENGTHS
        if wavelength <= 2 * size
        for angle in _ANGLES
        for phase in _PHASES
    ]  # fmt: skip


def _embedded(weights: Array, size: int) -> Array:
    """A kernel with its anchor in the middle of (size, size) zeros."""
    rows, columns = weights.shape
    table = np.zeros((size, size))
    top, left = (size // 2 - (side - 1) // 2 for side in (rows, columns))
    table[top : top + rows, left : left + columns] = weights
    return table


def pattern(weights: ArrayLike) -> tuple[Array, Array, float]:
    """Split a filter (C, h, w) into colour (C,), of norm 1, times pattern (h, w), and their share of its energy.

    The sign is chosen so that the channels of the colour sum to something positive; where they cancel, the last is.

    Raises:
        ParameterError: when a weight is infinite or no number, as after a training that ran away.
    """
    table = np.asarray(weights, np.float64)
    if not np.isfinite(table).all():
        raise ParameterError("filter", "∞, NaN", "−1e308 … 1e308")
    channels = len(table)
    left, singular, right = np.linalg.svd(table.reshape(channels, -1), full_matrices=False)
    colour = left[:, 0]
    lead = colour.sum() if abs(colour.sum()) > 0.1 else colour[-1]
    sign = -1.0 if lead < 0 else 1.0
    energy = float((singular**2).sum())
    share = float(singular[0] ** 2) / energy if energy else 1.0
    return sign * colour, (sign * singular[0] * right[0]).reshape(table.shape[1:]), share


def likeness(weights: ArrayLike) -> Match:
    """Find the hand-made kernel that a filter is most like.

    Args:
        weights: (C, size, size).

    Raises:
        ParameterError: when no bank has its size, it is zero everywhere, or a weight is infinite or no number.
    """
    table = np.asarray(weights, np.float64)
    if table.ndim != 3 or table.shape[1] != table.shape[2]:
        raise ParameterError("filter", " × ".join(map(str, table.shape)), "C × 3 × 3 …")
    if not table.any():
        raise ParameterError("filter", "0", "≠ 0")
    known = bank(table.shape[1])
    colour, spatial, share = pattern(table)
    products = known.units @ spatial.ravel()
    best = int(np.abs(products).argmax())
    cosine = abs(float(products[best])) / float(np.linalg.norm(spatial))
    nearest = (products[best] * known.units[best]).reshape(spatial.shape)
    return Match(known.kernels[best], nearest, min(cosine, 1.0), spatial, colour, share, share * min(cosine, 1.0) ** 2)


def opponents(colour: ArrayLike) -> tuple[float, ...]:
    """Shares of a direction in red, green and blue that are grey, red–green and blue–yellow; they sum to 1."""
    direction = np.asarray(colour, np.float64)
    axes = np.array([axis for _name, axis in OPPONENTS])
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    shares = (axes @ direction) ** 2 / (direction @ direction)
    return tuple(map(float, shares))


@cache
def baseline(channels: int, size: int, filters: int = RANDOM_FILTERS) -> Baseline:
    """Likeness of filters of normal random numbers, by the very rule of `likeness`.

    Args:
        channels: of every filter.
        size: rows and columns.
        filters: how many to draw.

    Raises:
        ParameterError: as `bank`.
    """
    known = bank(size)
    drawn = np.random.default_rng(0).standard_normal((filters, channels, size * size))
    spatial = drawn[:, 0] if channels == 1 else np.linalg.svd(drawn, full_matrices=False)[2][:, 0]
    spatial = spatial / np.linalg.norm(spatial, axis=1, keepdims=True)
    found = np.abs(spatial @ known.units.T).max(axis=1)
    return Baseline(float(found.mean()), float(np.quantile(found, 0.95)), filters)
