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
    """Find the largest |H|: on a grid four times as fine as the kernel's own detail, then ever closer around it.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    kernel, scale = _scaled(checked_weights(weights))
    steps = 4 * max(16, max(kernel.shape))
    rows, columns = np.arange(steps + 1) / (2 * steps), np.arange(-steps, steps + 1) / (2 * steps)
    magnitude = np.abs(on_grid(kernel, rows, columns))
    i, j = _nearest_to_zero(magnitude, np.hypot(rows[:, np.newaxis], columns) - 1e-6 * columns)
    start = np.array([rows[i], columns[j]])
    place, gain = _climb(kernel, start, np.eye(2), 0.25 / steps)
    f_row, f_column = _half_plane(place)
    return Peak(gain * scale, f_row, f_column)


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
        around = place + step * moves
        magnitude = np.abs(at(kernel, around[:, 0], around[:, 1]))
        best = int(magnitude.argmax())
        if magnitude[best] > gain * (1 + _SAME):
            place, gain = around[best], float(magnitude[best])
        else:
            step /= 3
    return place, gain


def _nearest_to_zero(magnitude: Real, distance: Real) -> tuple[int, ...]:
    """Index of the largest value; among equal ones that with the smallest distance."""
    top = magnitude >= magnitude.max() * (1 - _SAME)
    return tuple(int(i) for i in np.unravel_index(np.where(top, distance, np.inf).argmin(), magnitude.shape))


def _half_plane(place: Real) -> tuple[float, float]:
    """Bring a frequency back into the square by whole cycles, and into its lower half by the symmetry of |H|."""
    f_row, f_column = (float(f - round(f)) for f in place)
    if f_row < 0 or (f_row == 0 and f_column < 0):
        f_row, f_column = -f_row, -f_column
    return abs(f_row), 0.5 if f_column == -0.5 else f_column + 0.0


def _scaled(weights: Weights) -> tuple[Weights, float]:
    """The kernel with a largest weight of 1, and the factor taken out: tiny weights must not vanish in products."""
    largest = float(np.abs(weights).max())
    return (weights / largest, largest) if largest else (weights, 1.0)
