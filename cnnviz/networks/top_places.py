"""Where a channel is most active, and what it saw there; and how its numbers are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.receptive_field import Field, Region
from cnnviz.errors import ParameterError

__all__ = ["MOST_OVERLAP", "MOST_PLACES", "Histogram", "Place", "histogram", "region_of", "top_places"]

MOST_PLACES = 50
MOST_OVERLAP = 0.25
"""What two top places may share of the pixels that they see together: neighbours all show the same."""


@dataclass(frozen=True)
class Place:
    """A place of a map.

    Attributes:
        row, column: from 0.
        value: there.
        region: what it sees, in pixels of the picture as the network got it; parts may lie outside of it.
    """

    row: int
    column: int
    value: float
    region: Region | None


def region_of(field: Field, row: int, column: int) -> Region:
    """What one unit sees, in pixels of the picture; parts may lie outside of it."""
    return Region(*field.rows.span(row), *field.columns.span(column))


def top_places(values: NDArray[np.float32], field: Field | None, count: int = 9) -> tuple[Place, ...]:
    """The most active places of a channel, the strongest first.

    Args:
        values: (H, W).
        field: receptive field of the places; None where they have none of their own: the one strongest is returned.
        count: 1 … 50 places at most.

    Returns:
        Places of which no two see the same: they share at most `MOST_OVERLAP` of the pixels that they see together.
        Places at 0 and below are not active; without any other, there are none.

    Raises:
        ParameterError: for another count.
    """
    if not 1 <= count <= MOST_PLACES:
        raise ParameterError("count", count, f"1 … {MOST_PLACES}")
    left = np.where(values > 0, values, -np.inf).astype(np.float64)
    found: list[Place] = []
    while len(found) < count and (largest := float(left.max())) > 0:
        row, column = divmod(int(left.argmax()), left.shape[1])
        found.append(Place(row, column, largest, None if field is None else region_of(field, row, column)))
        if field is None:
            break
        left[_overlap(field, values.shape, row, column) > MOST_OVERLAP] = -np.inf
    return tuple(found)


def _overlap(field: Field, shape: tuple[int, ...], row: int, column: int) -> NDArray[np.float64]:
    """For every place, shared pixels over all pixels of its field and that of (row, column)."""
    shared = []
    for along, size, unit in zip((field.rows, field.columns), shape, (row, column), strict=True):
        apart = np.abs(np.arange(size) - unit) * along.jump
        shared.append(np.maximum(along.size - apart, 0))
    both = np.multiply.outer(*shared).astype(np.float64)
    overlap: NDArray[np.float64] = both / (2 * field.rows.size * field.columns.size - both)
    return overlap


@dataclass(frozen=True, eq=False)
class Histogram:
    """How the numbers of a channel are spread.

    Attributes:
        edges: (bins + 1,) borders of the bins; 0 is one of them where the numbers have both signs.
        counts: (bins,) numbers in each, without those that are exactly 0, infinite or NaN.
        zeros: numbers that are exactly 0: after a ReLU often most of them.
        low, high: the smallest and the largest finite number, or 0 where all lie on one side of it; the outermost bins
            may reach beyond.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    zeros: int
    low: float
    high: float


def histogram(values: NDArray[np.float32], bins: int = 40) -> Histogram:
    """Count the numbers of a channel.

    Args:
        values: of any shape.
        bins: about how many, 2 … 400: one more, so that 0 is a border.

    Raises:
        ParameterError: for another number of bins.
    """
    if not 2 <= bins <= 400:
        raise ParameterError("bins", bins, "2 … 400")
    zeros = int(values.size - np.count_nonzero(values))
    other = values[(values != 0) & np.isfinite(values)].astype(np.float64)
    low, high = min(0.0, float(other.min(initial=0.0))), max(0.0, float(other.max(initial=0.0)))
    if low == high:
        return Histogram(np.array([0.0, 1.0]), np.zeros(1, np.int64), zeros, 0.0, 0.0)
    width = (high - low) / bins
    below, above = (int(np.ceil(round(side / width, 9))) for side in (-low, high))
    edges = np.arange(-below, above + 1).astype(np.float64) * width
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return Histogram(edges, np.histogram(other, edges)[0], zeros, low, high)
