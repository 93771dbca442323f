"""Chains of filters, and the one kernel that stands for a linear chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from cnnviz.convolution import chain, companions, filtering, kernels
from cnnviz.convolution.chain import Bilateral, Canny, GradientMagnitude, Linear, Median
from cnnviz.errors import ParameterError

SOBEL_X, SOBEL_Y = kernels.get("sobel_x"), kernels.get("sobel_y")
GAUSSIAN = kernels.get("gaussian", size=3)


def picture(shape: tuple[int, ...] = (31, 44, 3)) -> np.ndarray:
    """Random values from 0 to 1, read-only."""
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    x.setflags(write=False)
    return x


def random_kernel(seed: int, shape: tuple[int, int]) -> kernels.Kernel:
    """Signed weights without any symmetry."""
    return kernels.custom(np.random.default_rng(seed).standard_normal(shape))


def assert_equivalent_inside(steps: list, flip: bool, size: tuple[int, int] = (90, 101)) -> None:
    """The chain and its single kernel agree wherever no window reaches an edge: 30 pixels from it."""
    x = np.random.default_rng(1).standard_normal(size)
    joined = chain.equivalent(steps, flip)
    assert joined is not None
    want = chain.apply(x, steps, "zeros", flip).values
    got = filtering.correlate(x, joined.weights, "zeros", joined.stride)
    assert got.shape == want.shape
    inside = tuple(slice(-(-30 // s), (n - 30) // s) for n, s in zip(size, joined.stride, strict=True))
    assert want[inside].size > 9
    scale = np.abs(want[inside]).max()
    np.testing.assert_allclose(got[inside], want[inside], atol=3e-5 * scale)


@pytest.mark.parametrize("border", filtering.BORDERS)
def test_steps_run_one_after_the_other(border: str) -> None:
    """A chain is the nesting of its filters, borders included."""
    steps = [Linear(GAUSSIAN, repeat=2), Median(5), Linear(SOBEL_X, (2, 1), (1, 2)), Bilateral(5)]
    x = filtering.correlate(picture(), GAUSSIAN.weights, border)
    x = companions.median(filtering.correlate(x, GAUSSIAN.weights, border), 5, border)
    x = companions.bilateral(filtering.correlate(x, SOBEL_X.weights, border, (2, 1), (1, 2)), 5, border=border)
    got = chain.apply(picture(), steps, border)
    np.testing.assert_array_equal(got.values, x)
    assert got.direction is None
    assert got.milliseconds > 0


def test_flip_turns_the_kernels_of_linear_steps() -> None:
    """Against SciPy's correlate and convolve."""
    x = picture((20, 27))
    kernel = kernels.get("emboss")
    flipped = chain.apply(x, [Linear(kernel)], flip=True).values
    np.testing.assert_allclose(flipped, ndimage.convolve(x, kernel.weights, mode="mirror"), atol=1e-5)
    plain = chain.apply(x, [Linear(kernel)]).values
    np.testing.assert_allclose(plain, ndimage.correlate(x, kernel.weights, mode="mirror"), atol=1e-5)
    assert np.abs(plain - flipped).max() > 0.1


def test_facts_describe_the_values() -> None:
    """Minimum, maximum and the share of negative values are those of the result."""
    got = chain.apply(picture(), [Linear(SOBEL_X)])
    assert (got.minimum, got.maximum) == (got.values.min(), got.values.max())
    assert got.negative_share == pytest.approx((got.values < -1e-5).mean(), abs=1e-3)
    assert 0.4 < got.negative_share < 0.6


def test_rounding_is_not_negative() -> None:
    """A blurred picture on black, through Fourier transforms or not, has no negative pixel."""
    x = np.zeros((80, 80))
    x[30:40, 30:40] = 1
    positive = kernels.custom(np.random.default_rng(0).random((15, 15)))
    assert chain.apply(x, [Linear(positive)]).negative_share == 0
    assert chain.apply(np.full((9, 9), 0.3), [Linear(kernels.get("edge"))]).negative_share in (0, 1)
    assert chain.apply(np.zeros((9, 9)), [Linear(SOBEL_X)]).negative_share == 0


@pytest.mark.parametrize("pair", ["sobel", "scharr", "prewitt"])
def test_a_last_gradient_gives_its_direction(pair: str) -> None:
    """Magnitude and direction are those of the companion; a step after it drops the direction."""
    x_weights, y_weights = (kernels.get(f"{pair}_{axis}").weights for axis in "xy")
    want = companions.gradient(picture(), x_weights, y_weights, "replicate")
    got = chain.apply(picture(), [GradientMagnitude(pair)], "replicate", flip=True)
    np.testing.assert_array_equal(got.values, want.magnitude)
    np.testing.assert_array_equal(got.direction, want.direction)
    assert chain.apply(picture(), [GradientMagnitude(pair), Median()]).direction is None


def test_canny_and_no_steps() -> None:
    """Canny's edges are the companion's; no step is a copy of the picture."""
    np.testing.assert_array_equal(
        chain.apply(picture(), [Canny(0.1, 0.2, 1.0)]).values, companions.canny(picture(), 0.1, 0.2, 1.0)
    )
    nothing = chain.apply(picture(), [])
    np.testing.assert_array_equal(nothing.values, picture())
    assert not np.shares_memory(nothing.values, picture())


def test_two_3x3_are_one_5x5() -> None:
    """Sobel X after a blur is SciPy's full convolution of the two kernels."""
    joined = chain.equivalent([Linear(GAUSSIAN), Linear(SOBEL_X)])
    assert joined is not None
    assert (joined.weights.shape, joined.stride) == ((5, 5), (1, 1))
    np.testing.assert_allclose(joined.weights, signal.convolve2d(GAUSSIAN.weights, SOBEL_X.weights), atol=1e-14)
    turned = chain.equivalent([Linear(GAUSSIAN), Linear(SOBEL_X)], flip=True)
    assert turned is not None
    np.testing.assert_allclose(turned.weights, joined.weights[::-1, ::-1], atol=1e-14)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    "steps",
    [
        [Linear(random_kernel(0, (3, 3))), Linear(random_kernel(1, (3, 3)))],
        [Linear(random_kernel(0, (3, 5)), repeat=3)],
        [Linear(random_kernel(0, (2, 2))), Linear(random_kernel(1, (2, 2)))],
        [Linear(random_kernel(0, (2, 4)), repeat=5)],
        [Linear(random_kernel(0, (4, 3)), (2, 1)), Linear(random_kernel(1, (2, 4)), (1, 2))],
        [Linear(random_kernel(0, (3, 3)), 2), Linear(random_kernel(1, (3, 2)), 2), Linear(GAUSSIAN)],
        [Linear(random_kernel(0, (3, 2)), (1, 2), (2, 3)), Linear(random_kernel(1, (2, 3)), (2, 1), (3, 2))],
        [Linear(random_kernel(0, (3, 3)), 2, repeat=2), Linear(random_kernel(1, (4, 4)), 1, 2)],
        [Linear(random_kernel(0, (1, 7)), (1, 3)), Linear(random_kernel(1, (6, 1)), (2, 1))],
    ],
)
def test_one_kernel_does_what_the_chain_does(steps: list, flip: bool) -> None:
    """Odd, even, rectangular kernels with repeats, strides, dilation and flip."""
    assert_equivalent_inside(steps, flip)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.builds(
            Linear,
            st.builds(random_kernel, st.integers(0, 99), st.tuples(st.integers(1, 4), st.integers(1, 4))),
            st.tuples(st.integers(1, 2), st.integers(1, 2)),
            st.tuples(st.integers(1, 3), st.integers(1, 3)),
        ),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_one_kernel_does_what_any_chain_does(steps: list, flip: bool) -> None:
    """The same for drawn chains of up to three steps."""
    assert_equivalent_inside(steps, flip, (150, 161))


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 4), (5, 2)])
def test_no_zeros_are_added_without_need(shape: tuple[int, int]) -> None:
    """One step is its own kernel; two even ones, both off centre, need one line more."""
    kernel = random_kernel(0, shape)
    alone, twice = chain.equivalent([Linear(kernel)]), chain.equivalent([Linear(kernel, repeat=2)])
    assert alone is not None
    assert twice is not None
    np.testing.assert_array_equal(alone.weights, kernel.weights)
    assert twice.weights.shape == tuple(2 * k - 1 + (k % 2 == 0) for k in shape)


def test_no_kernel_stands_for_what_is_not_linear_or_too_large() -> None:
    """Median, or more than 255 pixels in a side, or a stride beyond 255: None, and at once."""
    assert chain.equivalent([Linear(GAUSSIAN), Median()]) is None
    wide = Linear(kernels.get("box", size=31), repeat=8)
    joined = chain.equivalent([wide])
    assert joined is not None
    assert joined.weights.shape == (241, 241)
    assert chain.equivalent([wide, Linear(kernels.get("box", size=17))]) is None
    assert chain.equivalent([Linear(GAUSSIAN, stride=2, repeat=10)] * 8) is None
    assert chain.equivalent([Linear(kernels.custom([[1e6]]), repeat=2)]) is None
    nothing = chain.equivalent([])
    assert nothing is not None
    assert nothing.weights.tolist() == [[1]]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Linear(GAUSSIAN, repeat=11), "repeat"),
        (lambda: Linear(GAUSSIAN, repeat=0), "repeat"),
        (lambda: Linear(GAUSSIAN, stride=0), "stride"),
        (lambda: Linear(GAUSSIAN, dilation=(1, 99)), "dilation"),
        (lambda: Median(4), "size"),
        (lambda: Bilateral(sigma_space=-1), "sigma_space"),
        (lambda: Canny(0.3, 0.2), "high"),
        (lambda: GradientMagnitude("roberts"), "pair"),
        (lambda: chain.apply(picture(), [Median()] * 9), "steps"),
        (lambda: chain.equivalent([Linear(GAUSSIAN)] * 9), "steps"),
    ],
)
def test_illegal_steps_are_refused_when_they_are_made(make: object, name: str) -> None:
    """Ranges are checked by the records, so that a chain cannot hold an illegal one."""
    with pytest.raises(ParameterError) as caught:
        make()
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("steps", "border", "number"),
    [
        ([Linear(GAUSSIAN), Linear(kernels.get("box", size=31))], "valid", 2),
        ([Linear(GAUSSIAN, stride=16), Median(3)], "valid", 2),
        ([Linear(kernels.custom([[1e6]]), repeat=7)], "zeros", 1),
        ([Linear(GAUSSIAN)], "mirror", 1),
    ],
)
def test_an_impossible_chain_names_the_step(steps: list, border: str, number: int) -> None:
    """Counted from 1, with the reason."""
    with pytest.raises(ParameterError, match=rf"^step {number}: "):
        chain.apply(picture(), steps, border)


@pytest.mark.parametrize("border", [b for b in filtering.BORDERS if b != "valid"])
def test_strides_may_shrink_a_picture_to_one_pixel(border: str) -> None:
    """The filters go on with what is left."""
    steps = [Linear(GAUSSIAN, stride=4, repeat=4), Median(), Bilateral(), GradientMagnitude(), Canny()]
    assert chain.apply(picture(), steps, border).values.shape == (1, 1)


def test_steps_are_values() -> None:
    """Equal and hashable by value: a cache may use a chain as its key."""
    steps = (Linear(kernels.get("gaussian", size=5), 2), Median(3), Canny(), GradientMagnitude(), Bilateral())
    same = (
        Linear(kernels.get("gaussian", size=5), (2, 2)),
        Median(3),
        Canny(),
        GradientMagnitude(),
        Bilateral(),
    )
    assert steps == same
    assert hash(steps) == hash(same)
    assert Linear(GAUSSIAN) != Linear(SOBEL_Y)
