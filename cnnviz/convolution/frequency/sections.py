"""Lines through a frequency response, and its mean on rings around zero.

A line is not read off a grid: H is evaluated at its very frequencies, so a section is exact for any angle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.frequency.response import (
    DECIBEL_FLOOR,
    NEGLIGIBLE,
    Complex,
    Real,
    Response,
    at,
    decibels,
    phase,
)
from cnnviz.errors import ParameterError

__all__ = ["DIRECTIONS", "MAX_POINTS", "RadialMean", "Section", "radial_mean", "section", "unit", "zone_edge"]

MAX_POINTS = 8193

# Angles in radians from the column axis (to the right) towards the row axis (down): clockwise on the screen.
DIRECTIONS = MappingProxyType(
    {"columns": 0.0, "rows": math.pi / 2, "diagonal": math.pi / 4, "antidiagonal": 3 * math.pi / 4}
)


@dataclass(frozen=True, eq=False)
class Section:
    """H along a line through frequency zero, from edge to edge of the square |f| <= 0.5.

    Attributes:
        angle: of the line in radians, 0 along the column frequencies, pi/2 along the row frequencies.
        frequency: (P,) position on the line in cycles per pixel, ascending; the middle one of an odd P is 0.
        rows: (P,) row frequencies of the points.
        columns: (P,) column frequencies.
        values: complex128 (P,).
    """

    angle: float
    frequency: Real
    rows: Real
    columns: Real
    values: Complex

    @property
    def magnitude(self) -> Real:
        """|H|."""
        return np.abs(self.values)

    def decibels(self, floor: float = DECIBEL_FLOOR, reference: float = 1.0) -> Real:
        """20 log10(|H| / reference), nothing below `floor`."""
        return decibels(self.values, floor, reference)

    def phase(self, negligible: float = NEGLIGIBLE) -> Real:
        """The angle of H in radians, NaN where |H| is at most `negligible` of the line's peak."""
        return phase(self.values, negligible)


def section(
    weights: ArrayLike,
    direction: str | float = "columns",
    points: int = 513,
    origin: str = "centre",
    operation: str = "convolution",
) -> Section:
    """H along a line through zero.

    Args:
        weights: (kh, kw), each side 1 to 255.
        direction: "columns" (the column frequency changes), "rows", "diagonal" (both grow alike),
            "antidiagonal" (one grows as the other falls), or an angle in
            radians from the column axis towards the row axis.
        points: 3 to 8193, evenly spaced, both ends included; with an odd number zero is one of them.
        origin: as in `response`.
        operation: as in `response`.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range.
    """
    angle, samples = _checked_angle(direction), _checked_points(points)
    row, column = unit(angle)
    frequency = np.linspace(-1.0, 1.0, samples) * zone_edge(angle)
    rows, columns = row * frequency, column * frequency
    return Section(angle, frequency, rows, columns, at(weights, rows, columns, origin, operation))


def unit(angle: float) -> tuple[float, float]:
    """The (row, column) step of length 1 in the direction of `angle`; along an axis, the other part is 0 exactly."""
    row, column = math.sin(angle), math.cos(angle)
    return (row if abs(row) > 1e-15 else 0.0), (column if abs(column) > 1e-15 else 0.0)


def zone_edge(angle: float) -> float:
    """Where a line from zero leaves the square |f| <= 0.5, in cycles per pixel: 0.5 to 0.707."""
    return 0.5 / max(abs(part) for part in unit(angle))


def _checked_points(points: object) -> int:
    if isinstance(points, int | np.integer) and not isinstance(points, bool) and 3 <= points <= MAX_POINTS:
        return int(points)
    raise ParameterError("points", points, f"3 … {MAX_POINTS}")


def _checked_angle(direction: str | float) -> float:
    if isinstance(direction, str) and direction in DIRECTIONS:
        return DIRECTIONS[direction]
    if isinstance(direction, int | float | np.number) and abs(direction) <= 4 * math.pi:
        return float(direction)
    raise ParameterError("direction", str(direction)[:40], f"{', '.join(DIRECTIONS)}, -4π … 4π")


@dataclass(frozen=True, eq=False)
class RadialMean:
    """|H| on rings around frequency zero.

    Attributes:
        frequency: (B,) radius in the middle of each ring, in cycles per pixel, 0 to 0.707.
        mean: (B,) mean of |H| over the grid points of the ring.
        smallest: (B,) the smallest |H| among them; where it is near `largest`, all directions are treated alike.
        largest: (B,) the largest |H| among them.
        count: (B,) how many points; at least 1.
        width: of a ring, in cycles per pixel.
    """

    frequency: Real
    mean: Real
    smallest: Real
    largest: Real
    count: NDArray[np.intp]
    width: float


def radial_mean(response: Response) -> RadialMean:
    """Average |H| over all directions.

    Ring b holds the points with `(b - 1/2) w <= |f| < (b + 1/2) w`, where w = 1 / min(R, C) is the coarser spacing
    of the grid: the first ring is frequency zero alone. Beyond |f| = 0.5 only the corners of the square are left.
    Rings without a point are left out.
    """
    width = 1 / min(response.size)
    ring = _rings(response, width).ravel()
    magnitude = response.magnitude.ravel()
    count = np.bincount(ring)
    used = np.flatnonzero(count)
    smallest, largest = np.full(len(count), np.inf), np.zeros(len(count))
    np.minimum.at(smallest, ring, magnitude)
    np.maximum.at(largest, ring, magnitude)
    mean = np.asarray(np.bincount(ring, magnitude)[used] / count[used], dtype=np.float64)
    radius = np.asarray(used * width, dtype=np.float64)
    return RadialMean(radius, mean, smallest[used], largest[used], count[used], width)


def _rings(response: Response, width: float) -> NDArray[np.intp]:
    radius = np.hypot(response.rows[:, np.newaxis], response.columns)
    return np.floor(radius / width + 0.5).astype(np.intp)
