"""What the kernels of a layer listen to: the frequency and direction that each of them passes most.

Gains do not depend on where a kernel's origin is, nor on whether it is flipped, so they are the same for convolution
and for the correlation that networks compute. Every response is sampled on one grid by a batched transform.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import MAX_KERNEL_SIZE, MAX_WEIGHT, Pair, checked_pair
from cnnviz.convolution.frequency.grid import ROUNDING, Array, frequencies, mirrored, radius
from cnnviz.errors import ParameterError, WorkError
from cnnviz.text import N_

__all__ = [
    "BANDS",
    "BAND_EDGES",
    "DIRECTIONS",
    "MOST_KERNELS",
    "MOST_WEIGHTS",
    "Analysis",
    "Listening",
    "analyse",
    "by_direction",
    "by_frequency",
    "direction_shares",
    "grid_for",
]

MOST_WEIGHTS = 4_194_304
MOST_KERNELS = 1_048_576  # a 1 x 1 convolution from 512 to 2048 channels
BANDS = (N_("low"), N_("middle"), N_("high"))
BAND_EDGES = (0.125, 0.25)  # cycles per pixel; 0.25 is the Nyquist limit after stride 2, 0.125 after stride 4
DIRECTIONS = (0.0, 22.5, 45.0, 67.5, 90.0, 112.5, 135.0, 157.5)  # degrees: the middles of the sectors

_SIDES = (64, 32, 16, 8)
_AIM = 2**28  # responses times kernels that take about two seconds
_MOST_WORK = 2**30
_CHUNK = 2**21  # responses at a time: 32 MiB of spectra
_EQUAL = 1e-9  # of a peak: gains this close are equally strong
_TOO_MUCH = N_(
    "{kernels} kernels on a grid of {rows} × {columns} frequencies are too many at once; choose a coarser grid."
)


@dataclass(frozen=True, eq=False)
class Listening:
    """What kernels pass most; the arrays have one value (or row of values) per kernel, of shape (...).

    Attributes:
        peak_gain: (...), the largest |H| of the grid.
        peak_frequency: (..., 2), the (row, column) frequency there in cycles per pixel, column not negative. Among
            equally strong ones the first in reading order of the transform, so a flat response has (0, 0).
        radial_frequency: (...), its distance from zero.
        direction: (...), of the wave there in degrees, 0 to below 180: 0 along the columns, 90 down the rows; NaN
            where the peak is at zero frequency.
        zero_gain: (...), |H| at zero frequency: what flat areas are multiplied by.
        bands: (..., 3), shares of the energy |H|^2 below 0.125, from there, and from 0.25 cycles per pixel; they add
            up to 1, or are all 0 for a kernel of zeros.
        directions: (..., 8), shares of the energy away from zero frequency, by sectors of 22.5 degrees around
            `DIRECTIONS`; they add up to 1, or are all 0 when there is no such energy.
    """

    peak_gain: Array
    peak_frequency: Array
    radial_frequency: Array
    direction: Array
    zero_gain: Array
    bands: Array
    directions: Array


@dataclass(frozen=True, eq=False)
class Analysis:
    """The kernels of a layer, analysed.

    Attributes:
        shape: (out, in, kh, kw) of the weights.
        size: (R, C), the grid on which the responses were sampled; frequencies are multiples of 1 / R and 1 / C.
        kernels: of shape (out, in): kernel by kernel.
        filters: of shape (out,): output by output. The gain is the root of the energies added over the inputs: what
            the filter makes of inputs that have nothing to do with each other.
    """

    shape: tuple[int, int, int, int]
    size: Pair
    kernels: Listening
    filters: Listening


def analyse(weights: ArrayLike, size: int | Pair | None = None) -> Analysis:
    """Analyse all kernels of a layer.

    Args:
        weights: real (out, in, kh, kw), half precision welcome: at most 4,194,304 numbers and 1,048,576 kernels,
            each side of a kernel at most 31.
        size: grid of frequencies, 2 to 256 and not smaller than the kernel; `grid_for` when None.

    Raises:
        ParameterError: when an argument is something else, or a weight is not finite or beyond ±1e6.
        WorkError: when a grid that was asked for is too fine for so many kernels.
    """
    array = _checked_weights(weights)
    shape = array.shape[0], array.shape[1], array.shape[2], array.shape[3]
    grid = grid_for(shape) if size is None else _checked_size(size, shape)
    masks = _Masks.of(grid)
    kernels, filters = _Collector(shape[:2]), _Collector(shape[:1])
    for outputs in _steps(shape[0], max(1, _CHUNK // masks.cells // shape[1])):
        total: Array = np.zeros((len(range(*outputs.indices(shape[0]))), masks.cells))
        for inputs in _steps(shape[1], max(1, _CHUNK // masks.cells)):
            energy = _energies(array[outputs, inputs], grid)
            kernels.put((outputs, inputs), energy, masks)
            total += energy.sum(axis=1)
        filters.put((outputs,), total, masks)
    return Analysis(shape, grid, kernels.found(), filters.found())


def grid_for(shape: tuple[int, int, int, int]) -> Pair:
    """The grid for a layer: 64 x 64, or the largest of 32, 16 and 8 that large layers can be analysed on in time."""
    kernels = shape[0] * shape[1]
    fitting = [side for side in _SIDES if side >= max(shape[2:])]
    side = next((side for side in fitting if kernels * side**2 <= _AIM), fitting[-1])
    return side, side


def by_frequency(found: Listening) -> NDArray[np.intp]:
    """Places of all kernels, the lowest peak frequency first: (n, number of axes) indices.

    Equal frequencies are sorted by direction, then as they stand.
    """
    return _sorted(found, found.radial_frequency, found.direction)


def by_direction(found: Listening) -> NDArray[np.intp]:
    """Places of all kernels, by direction from 0 to 180 degrees, those without one at the end: (n, axes) indices.

    Equal directions are sorted by frequency, then as they stand.
    """
    return _sorted(found, found.direction, found.radial_frequency)


def _sorted(found: Listening, first: Array, second: Array) -> NDArray[np.intp]:
    order = np.lexsort((second.ravel(), first.ravel()))  # NaN goes last
    return np.stack(np.unravel_index(order, found.peak_gain.shape), axis=1)


def direction_shares(found: Listening) -> Array:
    """Share of the kernels whose peak lies in each sector around `DIRECTIONS`: (8,); those without one left out.

    All 0 when no kernel has a direction.
    """
    directions = found.direction[~np.isnan(found.direction)]
    counts = np.bincount(_sectors(directions), minlength=len(DIRECTIONS))
    return np.asarray(counts / max(1, directions.size), np.float64)


# ---- the half of the spectrum that a real kernel needs


@dataclass(frozen=True, eq=False)
class _Masks:
    """The grid of `rfft2`, unrolled: frequencies, and by how much each counts in every band and sector.

    Attributes:
        frequencies: (cells, 2).
        counts: (cells, 11): three bands, then eight sectors; 2 where a frequency also stands for its mirror image.
    """

    frequencies: Array
    counts: Array

    @classmethod
    def of(cls, size: Pair) -> _Masks:
        rows, columns = frequencies(size)
        half = size[1] // 2 + 1
        pairs = np.stack(np.broadcast_arrays(rows, columns), axis=2)
        folded = [_folded(mask.astype(np.float64), half) for mask in (*_band_masks(size), *_sector_masks(size))]
        unrolled = np.fft.ifftshift(pairs, (0, 1))[:, :half].copy()
        unrolled[..., 1] = np.abs(unrolled[..., 1])  # of an even side the last column is 0.5 as well as -0.5
        return cls(unrolled.reshape(-1, 2), np.stack([mask.ravel() for mask in folded], axis=1))

    @property
    def cells(self) -> int:
        return len(self.frequencies)


def _folded(mask: Array, half: int) -> Array:
    """Lay the left half of a centred mask over the right one: f and -f have the same energy."""
    both = np.fft.ifftshift(mask + mirrored(mask))[:, :half]
    alone = np.zeros(half, bool)
    alone[0] = True  # the column of zero frequency holds both f and -f itself
    if mask.shape[1] % 2 == 0:
        alone[-1] = True
    return np.where(alone, both / 2, both)


def _band_masks(size: Pair) -> tuple[NDArray[np.bool_], ...]:
    distances = radius(size) + ROUNDING
    low, high = BAND_EDGES
    return distances < low, (distances >= low) & (distances < high), distances >= high


def _sector_masks(size: Pair) -> tuple[NDArray[np.bool_], ...]:
    rows, columns = frequencies(size)
    sectors = _sectors(np.rad2deg(np.arctan2(rows, columns)))
    return tuple((sectors == each) & (radius(size) > 0) for each in range(len(DIRECTIONS)))


def _sectors(degrees: Array) -> NDArray[np.intp]:
    """The sector of each direction, 0 to 7; right between two it is the later one."""
    width = 180.0 / len(DIRECTIONS)
    return np.floor(degrees / width + 0.5 + ROUNDING).astype(np.intp) % len(DIRECTIONS)


def _energies(weights: NDArray[np.floating], size: Pair) -> Array:
    """|H|^2 of kernels (o, i, kh, kw): (o, i, cells)."""
    spectra = np.fft.rfft2(weights.astype(np.float64), size)
    return np.asarray(spectra.real**2 + spectra.imag**2, np.float64).reshape(*weights.shape[:2], -1)


class _Collector:
    """Fills the arrays of a `Listening` chunk by chunk."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._peak, self._zero = np.zeros(shape), np.zeros(shape)
        self._frequency = np.zeros((*shape, 2))
        self._bands = np.zeros((*shape, len(BANDS)))
        self._directions = np.zeros((*shape, len(DIRECTIONS)))

    def put(self, place: tuple[slice, ...], energy: Array, masks: _Masks) -> None:
        """Read everything off the energies (..., cells) of the kernels at `place`."""
        top = energy.max(axis=-1)
        first = (energy >= top[..., np.newaxis] * (1 - _EQUAL)).argmax(axis=-1)
        self._peak[place], self._zero[place] = np.sqrt(top), np.sqrt(energy[..., 0])
        self._frequency[place] = masks.frequencies[first]
        sums = energy @ masks.counts
        self._bands[place] = _shares(sums[..., : len(BANDS)])
        self._directions[place] = _shares(sums[..., len(BANDS) :])

    def found(self) -> Listening:
        """Everything that was put in."""
        rows, columns = self._upright()
        distance = np.hypot(rows, columns)
        direction = np.where(distance > 0, np.rad2deg(np.arctan2(rows, columns)) % 180.0, np.nan)
        frequency = np.stack((rows, columns), axis=-1)
        return Listening(self._peak, frequency, distance, direction, self._zero, self._bands, self._directions)

    def _upright(self) -> tuple[Array, Array]:
        """Of f and -f both on the edge of the half plane, the one with a positive row frequency."""
        rows, columns = self._frequency[..., 0], self._frequency[..., 1]
        return np.where((columns == 0) | (columns == 0.5), np.abs(rows), rows), columns


def _shares(sums: Array) -> Array:
    total, shares = sums.sum(axis=-1, keepdims=True), np.zeros_like(sums)
    np.divide(sums, total, out=shares, where=total > 0)
    return shares


def _steps(count: int, step: int) -> Iterator[slice]:
    for start in range(0, count, step):
        yield slice(start, start + step)


# ---- what may come in


def _checked_weights(weights: ArrayLike) -> NDArray[np.floating]:
    try:
        array = np.asarray(weights)
    except ValueError as error:  # rows of unequal length
        raise ParameterError("weights", "ragged", "(out, in, kh, kw)") from error
    if array.ndim != 4 or array.dtype.kind not in "buif" or not array.size:
        raise ParameterError("weights", f"{array.dtype} {array.shape}"[:80], "float32 (out, in, kh, kw)")
    kernels = array.shape[0] * array.shape[1]
    if array.size > MOST_WEIGHTS or kernels > MOST_KERNELS or max(array.shape[2:]) > MAX_KERNEL_SIZE:
        legal = f"≤ {MOST_WEIGHTS}, out x in ≤ {MOST_KERNELS}, kh, kw ≤ {MAX_KERNEL_SIZE}"
        raise ParameterError("weights", f"{array.shape}", legal)
    if not all(np.abs(part, dtype=np.float64).max() <= MAX_WEIGHT for part in array):
        raise ParameterError("weights", "not finite", f"-{MAX_WEIGHT:g} … {MAX_WEIGHT:g}")
    return array


def _checked_size(size: int | Pair, shape: tuple[int, int, int, int]) -> Pair:
    grid = checked_pair("size", size, 256)
    if any(side < max(2, kernel) for side, kernel in zip(grid, shape[2:], strict=True)):
        raise ParameterError("size", f"{grid}", f"≥ {max(2, shape[2])} x {max(2, shape[3])}")
    if shape[0] * shape[1] * grid[0] * grid[1] > _MOST_WORK:
        raise WorkError(_TOO_MUCH, kernels=shape[0] * shape[1], rows=grid[0], columns=grid[1])
    return grid
