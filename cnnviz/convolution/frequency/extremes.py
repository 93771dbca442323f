"""Where a frequency response is largest, and where it has fallen by 3 dB: on the exact response, not on a grid."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.checks import Weights, checked_weights
from cnnviz.convolution.frequency.response import Real, at, on_grid
from cnnviz.convolution.frequency.sections import DIRECTIONS, section, unit, zone_edge
from cnnviz.errors import ParameterError

__all__ = ["HALF_POWER", "Band", "Peak", "band", "peak"]

HALF_POWER = math.sqrt(0.5)  # of the amplitude: half of the power, -3.01 dB
_BLOCKED = 1e-12  # of the sum of absolute weights: a line on which |H| stays below carries rounding only
_SAME = 1e-12  # two gains closer than this are one: the frequency nearer to zero is named
_NEAR = math.cos(math.pi / 8)  # of the largest |H|: as much a point of the grid near it has
_MOST_HILLS = 8  # climbed; noise has two or three that come near the highest
_LONGEST_MOVE = 0.01  # cycles per pixel; further away the slopes here say nothing
_LEVEL = 1e-9  # of the strongest bend: along such a way |H| does not change, but for rounding
_FLAT = 1e-7  # cycles per pixel; |H| does not tell frequencies apart that are closer than this to a peak
_LAST_STEP = 1e-10  # cycles per pixel; the gain at a peak is flat to rounding long before


@dataclass(frozen=True)
class Peak:
    """The largest gain.

    Attributes:
        gain: |H| there.
        f_row: row frequency in cycles per pixel, 0 to 0.5. H at (-f_row, -f_column) is the conjugate, so half of
            the plane says all; among equal gains the frequency nearest to zero is named.
        f_column: column frequency, above -0.5 to 0.5.
    """

    gain: float
    f_row: float
    f_column: float

    @property
    def radius(self) -> float:
        """Distance from zero in cycles per pixel, 0 to 0.707."""
        return math.hypot(self.f_row, self.f_column)


@dataclass(frozen=True)
class Band:
    """The frequencies around the largest gain on a line from zero outwards, down to -3 dB of it.

    Attributes:
        peak: where on the line |H| is largest, in cycles per pixel from zero.
        gain: |H| there.
        low: below `peak`, where |H| is `gain` / sqrt(2); None when it stays above down to zero.
        high: above `peak`, likewise; None when it stays above to the end of the line.
        end: of the line, 0.5 along the axes and 0.707 along the diagonals.
    """

    peak: float
    gain: float
    low: float | None
    high: float | None
    end: float

    @property
    def cutoff(self) -> float | None:
        """The only -3 dB frequency: of a low-pass `high`, of a high-pass `low`; None where there are two or none."""
        return None if self.low is not None and self.high is not None else self.high or self.low


def peak(weights: ArrayLike) -> Peak:
    """Find the largest |H|: on a grid four times as fine as the kernel's own detail, then ever closer around its hills.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    kernel, scale = _scaled(checked_weights(weights))
    steps = 4 * max(16, max(kernel.shape))
    rows, columns = np.arange(steps + 1) / (2 * steps), np.arange(-steps, steps + 1) / (2 * steps)
    magnitude = np.abs(on_grid(kernel, rows, columns))
    distance = _distance(*np.meshgrid(rows, columns, indexing="ij"))
    climbed = [
        _climb(kernel, np.array([rows[i], columns[j]]), np.eye(2), 0.25 / steps) for i, j in _hills(magnitude, distance)
    ]
    tops, gains = np.array([_half_plane(place) for place, _gain in climbed]), np.array([gain for _, gain in climbed])
    (best,) = _nearest_to_zero(gains, _distance(*tops.T))
    return Peak(float(gains[best]) * scale, float(tops[best][0]), float(tops[best][1]))


def _distance(rows: Real, columns: Real) -> Real:
    """From zero; of two that are mirrored the one to the right is nearer."""
    return np.hypot(rows, columns) - 1e-6 * columns


def _hills(magnitude: Real, distance: Real) -> list[tuple[int, ...]]:
    """Points that no neighbour exceeds and whose hill may be the highest; of equal ones the nearest to zero.

    The highest place is at most 1/16 of a period of the kernel's finest waves from a point of the grid, both ways, and
    there |H| is at least cos(π/8) of it (Bernstein's inequality for trigonometric polynomials).
    """
    around = np.pad(magnitude, 1, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(around, (3, 3)).max(axis=(2, 3))
    rest = np.where(magnitude >= np.maximum(highest * (1 - _SAME), _NEAR * magnitude.max()), magnitude, -np.inf)
    found: list[tuple[int, ...]] = []
    while len(found) < _MOST_HILLS and np.isfinite(rest.max()):
        found.append(_nearest_to_zero(rest, distance))
        rest[rest >= rest.max() * (1 - _SAME)] = -np.inf
    return found


def band(weights: ArrayLike, direction: str) -> Band | None:
    """Find the -3 dB band along one of `DIRECTIONS`; None where |H| is 0 all along.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when there is no such direction.
    """
    if direction not in DIRECTIONS:
        raise ParameterError("direction", direction, ", ".join(DIRECTIONS))
    kernel, scale = _scaled(checked_weights(weights))
    samples = section(kernel, direction, 2 * max(256, 4 * max(kernel.shape)) + 1)
    half = slice(len(samples.values) // 2, None)
    distance, magnitude = samples.frequency[half], samples.magnitude[half]
    if magnitude.max() <= _BLOCKED * np.abs(kernel).sum():
        return None
    return _around_peak(kernel, samples.angle, distance, magnitude, scale)


def _around_peak(kernel: Weights, angle: float, distance: Real, magnitude: Real, scale: float) -> Band:
    along, end = np.array(unit(angle)), zone_edge(angle)
    (top,) = _nearest_to_zero(magnitude, distance)
    place, gain = _climb(kernel, along * distance[top], along[np.newaxis], float(distance[1]) / 2)
    at_peak = min(abs(float(place @ along)), end)
    level = HALF_POWER * gain
    below = np.flatnonzero(magnitude < level)
    before, after = below[below < top], below[below > top]
    low = _crossing(kernel, along, level, distance[before[-1]], distance[before[-1] + 1]) if before.size else None
    high = _crossing(kernel, along, level, distance[after[0]], distance[after[0] - 1]) if after.size else None
    return Band(at_peak, gain * scale, low, high, end)


def _crossing(kernel: Weights, along: Real, level: float, outside: float, inside: float) -> float:
    """Bisect: |H| is below `level` at `outside` and not below at `inside`."""
    while True:
        middle = (outside + inside) / 2
        if middle in (outside, inside):
            return float(middle)
        if abs(at(kernel, *(middle * along))) < level:
            outside = middle
        else:
            inside = middle


def _climb(kernel: Weights, start: Real, axes: Real, step: float) -> tuple[Real, float]:
    """Move along `axes` (D, 2) to higher ground, then in smaller steps; return place and |H| there."""
    moves = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=len(axes)))) @ axes
    place, gain = start, float(abs(at(kernel, *start)))
    while step > _LAST_STEP:
        tried = np.concatenate([step * moves, _by_slopes(kernel, place, axes, step)])
        around = place + tried
        magnitude = np.abs(at(kernel, around[:, 0], around[:, 1]))
        (best,) = _nearest_to_zero(magnitude, np.hypot(*tried.T))  # no drift along a ridge
        if magnitude[best] > gain * (1 + _SAME):
            place, gain = around[best], float(magnitude[best])
        else:
            step /= 3
    return place, gain


def _by_slopes(kernel: Weights, place: Real, axes: Real, step: float) -> Real:
    """Moves that a pattern of steps may miss: both ways along the way that bends up most, and Newton's.

    The corners of the square are flat by symmetry, and such a saddle may rise in a narrow sector only; a narrow ridge
    may lie between the pattern's directions.
    """
    slope, bend = _slopes(kernel, place)
    values, vectors = np.linalg.eigh(axes @ bend @ axes.T)
    ways = vectors.T @ axes
    newton = np.zeros(2)
    curved = np.abs(values) > _LEVEL * np.abs(values).max()
    if curved.any() and (values[curved] < 0).all():
        newton = ((ways @ slope)[curved] / -values[curved]) @ ways[curved]
        newton /= max(1.0, float(np.hypot(*newton)) / _LONGEST_MOVE)
    return np.stack([step * ways[-1], -step * ways[-1], newton])


def _slopes(kernel: Weights, place: Real) -> tuple[Real, Real]:
    """First (2,) and second (2, 2) derivatives of |H|² at a frequency, from those of H: d/df is a factor -2πi n."""
    n = [-2j * np.pi * np.arange(size) for size in kernel.shape]
    terms = np.exp(n[0] * place[0])[:, np.newaxis] * kernel * np.exp(n[1] * place[1])
    down, right = n[0][:, np.newaxis], n[1]
    h, first = terms.sum(), np.array([(down * terms).sum(), (right * terms).sum()])
    mixed = (down * right * terms).sum()
    second = np.array([[(down**2 * terms).sum(), mixed], [mixed, (right**2 * terms).sum()]])
    slope = 2 * (first * h.conj()).real
    return slope, 2 * (second * h.conj() + np.outer(first, first.conj())).real


def _nearest_to_zero(magnitude: Real, distance: Real) -> tuple[int, ...]:
    """Index of the largest value; among equal ones that with the smallest distance."""
    top = magnitude >= magnitude.max() * (1 - _SAME)
    return tuple(int(i) for i in np.unravel_index(np.where(top, distance, np.inf).argmin(), magnitude.shape))


def _half_plane(place: Real) -> tuple[float, float]:
    """Bring a frequency back into the square by whole cycles, and into its lower half by the symmetry of |H|."""
    f_row, f_column = (_snapped(float(f - round(f))) for f in place)
    if f_row < 0:
        f_row, f_column = -f_row, -f_column
    if f_row in (0.0, 0.5) or f_column == -0.5:  # the mirrored frequency has the same row, or is the same column
        f_column = abs(f_column)
    return f_row + 0.0, f_column + 0.0


def _snapped(f: float) -> float:
    """Zero and half a cycle are met exactly: a peak there is flat to rounding for longer than that."""
    near = round(2 * f) / 2
    return near if abs(f - near) < _FLAT else f


def _scaled(weights: Weights) -> tuple[Weights, float]:
    """The kernel with a largest weight of 1, and the factor taken out: tiny weights must not vanish in products."""
    largest = float(np.abs(weights).max())
    return (weights / largest, largest) if largest else (weights, 1.0)
