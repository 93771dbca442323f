"""Sections and radial means: freqz, the definition point by point, and rings counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import frequency, kernels
from cnnviz.errors import ParameterError


@settings(max_examples=60, deadline=None)
@given(st.floats(-2 * math.pi, 2 * math.pi), st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_a_section_is_the_sum_at_its_points_and_reaches_the_edge(angle: float, kh: int, kw: int, seed: int) -> None:
    """Every point on the line at this angle, ends on the square's edge, values by the definition."""
    weights = np.random.default_rng(seed).standard_normal((kh, kw))
    found = frequency.section(weights, angle, 9, "corner")
    np.testing.assert_allclose(found.columns, found.frequency * math.cos(angle), atol=1e-15)
    np.testing.assert_allclose(found.rows, found.frequency * math.sin(angle), atol=1e-15)
    ends = np.abs([found.rows[[0, -1]], found.columns[[0, -1]]])
    np.testing.assert_allclose(ends.max(axis=0), 0.5, atol=1e-12)
    u, v = np.mgrid[:kh, :kw]
    waves = np.exp(-2j * np.pi * (found.rows[:, None, None] * u + found.columns[:, None, None] * v))
    np.testing.assert_allclose(found.values, (weights * waves).sum(axis=(1, 2)), atol=1e-12)
    assert found.frequency[4] == 0


def test_named_directions() -> None:
    """Along the columns freqz of the column sums, along the rows of the row sums; the diagonals reach sqrt(1/2)."""
    weights = np.random.default_rng(1).standard_normal((4, 7))
    for direction, sums in (("columns", weights.sum(axis=0)), ("rows", weights.sum(axis=1))):
        found = frequency.section(weights, direction, 101, "corner")
        np.testing.assert_allclose(found.frequency, np.linspace(-0.5, 0.5, 101), atol=1e-15)
        expected = scipy.signal.freqz(sums, worN=2 * np.pi * found.frequency)[1]
        np.testing.assert_allclose(found.values, expected, atol=1e-12)
    diagonal, other = (frequency.section(weights, each) for each in ("diagonal", "antidiagonal"))
    np.testing.assert_allclose(diagonal.rows, diagonal.columns, atol=1e-15)
    np.testing.assert_allclose(other.rows, -other.columns, atol=1e-15)
    assert diagonal.frequency[-1] == pytest.approx(math.sqrt(0.5))


def test_views_of_a_section() -> None:
    """Magnitude, decibels and phase are those of its values; operations are conjugate for odd kernels."""
    weights = kernels.get("emboss").weights
    found = frequency.section(weights, 0.3)
    np.testing.assert_array_equal(found.magnitude, np.abs(found.values))
    np.testing.assert_array_equal(found.decibels(-50, 2.0), frequency.decibels(found.values, -50, 2.0))
    np.testing.assert_array_equal(found.phase(), frequency.phase(found.values))
    correlated = frequency.section(weights, 0.3, operation="correlation")
    np.testing.assert_allclose(correlated.values, found.values.conj(), atol=1e-13)


def test_rings_of_a_small_grid_by_hand() -> None:
    """4 x 4: 1 point at zero, 8 with |f| of 0.25 and 0.354, then 0.5 and 0.559, then the corner 0.707."""
    response = frequency.response(np.random.default_rng(2).standard_normal((3, 3)), 4)
    found = frequency.radial_mean(response)
    np.testing.assert_allclose(found.frequency, [0, 0.25, 0.5, 0.75])
    assert found.count.tolist() == [1, 8, 6, 1]
    assert found.width == 0.25
    inner = response.magnitude[1:4, 1:4]
    assert found.mean[0] == pytest.approx(inner[1, 1])
    assert found.mean[1] == pytest.approx((inner.sum() - inner[1, 1]) / 8)
    assert (found.smallest[3], found.largest[3]) == (response.magnitude[0, 0], response.magnitude[0, 0])
    around = np.delete(inner.ravel(), 4)
    assert (found.smallest[1], found.largest[1]) == (around.min(), around.max())


@pytest.mark.parametrize("size", [(64, 64), (31, 31), (20, 57), (1, 1), (1, 8)])
def test_rings_cover_the_grid_once(size: tuple[int, int]) -> None:
    """All points are counted, so the weighted mean of the rings is the mean of the grid; no ring is empty."""
    response = frequency.response(kernels.get("sharpen").weights, size)
    found = frequency.radial_mean(response)
    assert found.count.sum() == size[0] * size[1]
    assert found.count.min() >= 1
    assert (found.mean * found.count).sum() == pytest.approx(response.magnitude.sum())
    assert (found.smallest <= found.mean * (1 + 1e-12)).all()
    assert (found.mean <= found.largest * (1 + 1e-12)).all()


def test_an_isotropic_kernel_has_its_formula_on_the_rings() -> None:
    """Gaussian of sigma 2: exp(-2 pi^2 sigma^2 f^2), but for the width of the rings."""
    found = frequency.radial_mean(frequency.response(kernels.get("gaussian", size=29, sigma=2.0).weights, 512))
    np.testing.assert_allclose(found.mean, np.exp(-8 * (np.pi * found.frequency) ** 2), atol=2e-3)


@pytest.mark.parametrize("direction", ["up", "", math.nan, math.inf, 100.0, None, "rows "])
def test_directions_that_are_none(direction: object) -> None:
    """Unknown names and angles that are no angles."""
    with pytest.raises(ParameterError):
        frequency.section([[1.0]], direction)  # type: ignore[arg-type]  # what the test is about


@pytest.mark.parametrize("points", [2, 0, -5, 8194, 10.0, True, "9"])
def test_numbers_of_points_that_are_none(points: object) -> None:
    """3 to 8193."""
    with pytest.raises(ParameterError):
        frequency.section([[1.0]], "rows", points)  # type: ignore[arg-type]  # what the test is about
