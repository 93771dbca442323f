"""Top places against the laws that they promise, and the histogram against a count of our own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.receptive_field import Along, Field, Region
from cnnviz.errors import ParameterError
from cnnviz.networks.top_places import MOST_OVERLAP, histogram, region_of, top_places


def shared(one: Region, other: Region) -> float:
    """Intersection over union, pixel by pixel."""
    pixels = [
        {(y, x) for y in range(each.top, each.bottom + 1) for x in range(each.left, each.right + 1)}
        for each in (one, other)
    ]
    return len(pixels[0] & pixels[1]) / len(pixels[0] | pixels[1])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000), size=st.tuples(st.integers(1, 9), st.integers(1, 9)), count=st.integers(1, 12),
    sides=st.tuples(st.integers(1, 12), st.integers(1, 12)), jump=st.integers(1, 4),
)  # fmt: skip
def test_places_are_strongest_and_apart(
    seed: int, size: tuple[int, int], count: int, sides: tuple[int, int], jump: int
) -> None:
    """They fall in strength, keep apart, and every place left out is weaker than, and near to, one chosen."""
    values = np.random.default_rng(seed).normal(size=size).astype(np.float32)
    field = Field(Along(sides[0], jump, 2, size[0]), Along(sides[1], jump, 1, size[1]))
    places = top_places(values, field, count)
    assert [each.value for each in places] == sorted((each.value for each in places), reverse=True)
    assert all(values[each.row, each.column] == each.value > 0 for each in places)
    for i, one in enumerate(places):
        assert one.region == region_of(field, one.row, one.column)
        assert all(shared(one.region, other.region) <= MOST_OVERLAP for other in places[:i])
    for row, column in zip(*np.nonzero(values > 0), strict=True):
        near = [each for each in places if shared(each.region, region_of(field, row, column)) > MOST_OVERLAP]
        full = len(places) == count and values[row, column] <= places[-1].value
        assert full or any(each.value >= values[row, column] for each in near)


def test_places_without_a_field_or_activity() -> None:
    """One place where all see the same; none where nothing is active."""
    values = np.array([[0, 2], [3, -5]], np.float32)
    assert [(each.row, each.column, each.region) for each in top_places(values, None)] == [(1, 0, None)]
    assert top_places(-np.abs(values), None) == ()
    with pytest.raises(ParameterError):
        top_places(values, None, 0)


@pytest.mark.parametrize("shift", [0.0, 3.0, -9.0])
def test_histogram_counts_every_number_once(shift: float) -> None:
    """Bins, zeros and borders, with numbers of one sign and of both."""
    values = np.random.default_rng(0).normal(shift, 1, 2000).astype(np.float32)
    values[::3] = 0
    found = histogram(values, 40)
    assert (found.low, found.high) == (min(0.0, float(values.min())), max(0.0, float(values.max())))
    assert found.zeros == 667
    assert found.counts.sum() + found.zeros == 2000
    assert 0 in found.edges
    for low, high, count in list(zip(found.edges, found.edges[1:], found.counts, strict=False))[:-1]:
        assert count == ((values >= low) & (values < high) & (values != 0)).sum()


def test_histogram_without_what_is_no_number() -> None:
    """The finite numbers are counted as if they were alone; what is infinite is no zero."""
    values = np.array([0, 1, 2, 3, -1], np.float32)
    found, alone = histogram(np.append(values, [np.inf, -np.inf, np.nan]).astype(np.float32)), histogram(values)
    assert found.edges.tolist() == alone.edges.tolist()
    assert (found.counts.tolist(), found.zeros) == (alone.counts.tolist(), 1)
    assert histogram(np.full(3, np.nan, np.float32)).zeros == 0


def test_histogram_of_a_dead_channel() -> None:
    """Nothing but zeros."""
    found = histogram(np.zeros((3, 4), np.float32))
    assert (found.zeros, list(found.counts)) == (12, [0])
    with pytest.raises(ParameterError):
        histogram(np.ones(3, np.float32), 1)
