"""Laws that hold for every picture and kernel: linearity, shift, identity, flip, constants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import filtering

SIDES = st.integers(1, 7)
SIZES = st.integers(8, 19)
SEEDS = st.integers(0, 2**16)
SAME = [border for border in filtering.BORDERS if border != "valid"]
BORDERS = st.sampled_from(filtering.BORDERS)


def draw(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Random arrays from -1 to 1."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape) for shape in shapes]


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES, SIDES, SIDES, BORDERS)
def test_linear_in_the_picture_and_in_the_kernel(seed: int, h: int, w: int, kh: int, kw: int, border: str) -> None:
    """A sum of pictures gives the sum of results; a sum of kernels too."""
    x, y, k, m = draw(seed, (h, w), (h, w), (kh, kw), (kh, kw))
    together = filtering.correlate(2 * x - 3 * y, k, border)
    apart = 2 * filtering.correlate(x, k, border) - 3 * filtering.correlate(y, k, border)
    np.testing.assert_allclose(together, apart, atol=1e-4)
    joined = filtering.correlate(x, k + m, border)
    np.testing.assert_allclose(joined, filtering.correlate(x, k, border) + filtering.correlate(x, m, border), atol=1e-4)


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES, SIDES, SIDES, st.integers(-9, 9), st.integers(-9, 9))
def test_rolling_the_picture_rolls_the_result(
    seed: int, h: int, w: int, kh: int, kw: int, down: int, right: int
) -> None:
    """With the circular border, exactly and everywhere."""
    x, k = draw(seed, (h, w, 3), (kh, kw))
    moved = filtering.correlate(np.roll(x, (down, right), (0, 1)), k, "circular")
    np.testing.assert_allclose(moved, np.roll(filtering.correlate(x, k, "circular"), (down, right), (0, 1)), atol=1e-5)


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES, BORDERS)
def test_the_identity_changes_nothing(seed: int, h: int, w: int, border: str) -> None:
    """A single weight of 1, exactly."""
    (x,) = draw(seed, (h, w, 3))
    np.testing.assert_array_equal(filtering.correlate(x, [[1.0]], border), x.astype(np.float32))


@settings(deadline=None)
@given(SEEDS, SIZES, SIZES, st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 7]), BORDERS)
def test_flipping_everything_flips_the_result(seed: int, h: int, w: int, kh: int, kw: int, border: str) -> None:
    """Turned picture and turned kernel give the turned result (odd kernels: the centre stays)."""
    x, k = draw(seed, (h, w), (kh, kw))
    turned = filtering.correlate(x[::-1, ::-1], k[::-1, ::-1], border)
    np.testing.assert_allclose(turned, filtering.correlate(x, k, border)[::-1, ::-1], atol=1e-5)
    np.testing.assert_allclose(
        filtering.convolve(x, k, border), filtering.correlate(x[::-1, ::-1], k, border)[::-1, ::-1], atol=1e-5
    )


@pytest.mark.parametrize("border", ["reflect", "replicate", "circular", "valid"])
@pytest.mark.parametrize("side", [2, 5, 17])
def test_a_flat_picture_is_multiplied_by_the_sum(border: str, side: int) -> None:
    """Borders made of the picture's own values do not show on a flat picture; zeros do."""
    (k,) = draw(3, (side, side))
    flat = np.full((20, 23), 0.5)
    np.testing.assert_allclose(filtering.correlate(flat, k, border), 0.5 * k.sum(), atol=1e-4)
    with_zeros = filtering.correlate(flat, np.abs(k), "zeros")
    assert with_zeros[-1, -1] < 0.9 * with_zeros[10, 11]


@pytest.mark.parametrize("border", SAME)
def test_stride_picks_from_the_result_at_stride_1(border: str) -> None:
    """Every s-th output, starting with the first."""
    x, k = draw(5, (17, 22, 3), (4, 5))
    full = filtering.correlate(x, k, border)
    np.testing.assert_array_equal(filtering.correlate(x, k, border, (3, 4)), full[::3, ::4])


@pytest.mark.parametrize("border", SAME)
def test_the_middle_does_not_know_the_border(border: str) -> None:
    """Where the whole window lies inside, all borders agree with "valid"."""
    x, k = draw(7, (25, 29), (6, 9))
    inner = filtering.correlate(x, k, border)[2 : 2 + 20, 4 : 4 + 21]
    np.testing.assert_allclose(inner, filtering.correlate(x, k, "valid"), atol=1e-5)
