"""Splitting kernels into a column and a row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import kernels
from cnnviz.convolution.separability import factors

READABLE = {
    "sobel_x": ([1, 2, 1], [-1, 0, 1]),
    "sobel_y": ([-1, 0, 1], [1, 2, 1]),
    "scharr_x": ([3, 10, 3], [-1, 0, 1]),
    "prewitt_y": ([-1, 0, 1], [1, 1, 1]),
    "identity": ([1], [1]),
}


@pytest.mark.parametrize("key", READABLE)
def test_factors_are_the_whole_numbers_of_the_textbook(key: str) -> None:
    """Sobel X reads [1, 2, 1] times [-1, 0, 1]."""
    column, row = factors(kernels.get(key).weights)
    assert (column.tolist(), row.tolist()) == READABLE[key]


def test_the_scale_goes_into_the_column() -> None:
    """Sobel X / 8 keeps its row; a box is ninths times ones."""
    column, row = factors(kernels.get("sobel_x").weights / 8)
    assert row.tolist() == [-1, 0, 1]
    np.testing.assert_allclose(column, [1 / 8, 2 / 8, 1 / 8], rtol=1e-15)
    column, row = factors(kernels.get("box", size=3).weights)
    assert row.tolist() == [1, 1, 1]
    np.testing.assert_allclose(column, [1 / 9] * 3, rtol=1e-15)


def test_a_gaussian_is_two_profiles_of_sum_1() -> None:
    """Where there are no small whole numbers, both factors sum to 1."""
    column, row = factors(kernels.get("gaussian", size=7, sigma=1.3).weights)
    assert row.sum() == pytest.approx(1)
    np.testing.assert_allclose(column, row, rtol=1e-12)


@pytest.mark.parametrize("key", ["sharpen", "edge", "laplacian", "laplacian_8", "emboss", "roberts_pos_diag"])
def test_kernels_of_higher_rank_have_no_factors(key: str) -> None:
    """Two or more significant singular values (NumPy's matrix_rank agrees)."""
    weights = kernels.get(key).weights
    assert np.linalg.matrix_rank(weights) > 1
    assert factors(weights) is None


@settings(deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    scale=st.sampled_from([1e-12, 1e-3, 1.0, 1e5]),
    seed=st.integers(0, 999),
    whole=st.booleans(),
)
def test_every_product_is_found_and_multiplies_back(
    rows: int, columns: int, scale: float, seed: int, whole: bool
) -> None:
    """np.outer(column, row) is the kernel again, whatever was multiplied."""
    rng = np.random.default_rng(seed)
    draw = (lambda n: rng.integers(-4, 5, n).astype(float)) if whole else rng.standard_normal
    weights = np.outer(draw(rows), draw(columns)) * scale
    column, row = factors(weights)
    np.testing.assert_allclose(np.outer(column, row), weights, rtol=1e-9, atol=1e-12 * np.abs(weights).max())


@pytest.mark.parametrize(("change", "splits"), [(1e-12, True), (1e-6, False)])
def test_the_tolerance_lies_between_rounding_and_meaning(change: float, splits: bool) -> None:
    """1e-12 of disturbance is rounding, 1e-6 is another kernel."""
    weights = np.ones((3, 3))
    weights[1, 1] += change
    assert (factors(weights) is not None) is splits
