"""Chains written out for the pixel lens: the same sizes, sums and places as the engine's, by other routes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution import catalogue, chain, companions, kernels, plan
from cnnviz.convolution.borders import BORDERS
from cnnviz.convolution.plan import Axis, Pass
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Median, Step
from cnnviz.errors import ParameterError

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
SIDES = st.integers(1, 5)


def picture(shape: tuple[int, ...]) -> np.ndarray:
    """Random values from 0 to 1."""
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def typed(rows: int, columns: int, seed: int = 0) -> kernels.Kernel:
    """A kernel of random signed weights whose absolute values sum to 1, so that sums stay below 1."""
    weights = np.random.default_rng([seed, rows, columns]).uniform(-1, 1, (rows, columns))
    return kernels.custom(weights / np.abs(weights).sum())


@st.composite
def linear_steps(draw: st.DrawFn) -> Linear:
    """Odd, even and rectangular kernels with strides, dilations and repeats."""
    kernel = typed(draw(SIDES), draw(SIDES), draw(st.integers(0, 99)))
    stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    return Linear(kernel, stride, dilation, draw(st.integers(1, 2)))


COMPANIONS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Median, st.sampled_from([3, 5]), st.integers(1, 2)),
    st.builds(GradientMagnitude, st.sampled_from(["sobel", "scharr", "prewitt"])),
    st.builds(Bilateral, st.sampled_from([3, 5, 9]), repeat=st.integers(1, 2)),
    st.builds(Canny, sigma=st.sampled_from([0.0, 0.2, 0.3, 1.0])),
)
CHAINS = st.lists(linear_steps() | COMPANIONS, min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    steps=CHAINS,
    size=st.tuples(st.integers(1, 45), st.integers(1, 45)),
    border=st.sampled_from(BORDERS),
    flip=st.booleans(),
    colour=st.booleans(),
)
def test_sizes_are_those_of_the_engine(
    steps: list[Step], size: tuple[int, int], border: str, flip: bool, colour: bool
) -> None:
    """The last output is as large as what `chain.apply` returns; where it refuses, some output is empty."""
    written = plan.passes(steps, size, border, flip)
    assert len(written) == sum(getattr(step, "repeat", 1) for step in steps)
    sizes = [(each.rows.size, each.columns.size) for each in written]
    outputs = [(each.rows.output, each.columns.output) for each in written]
    assert sizes == [size, *outputs[:-1]]
    try:
        got = chain.apply(picture((*size, 3) if colour else size), steps, border, flip).values.shape[:2]
    except ParameterError:
        assert border == "valid"
        assert min(itertools.chain(*outputs)) == 0
    else:
        assert outputs[-1] == got


def sources(axis: Axis, border: str) -> np.ndarray:
    """Which input each weight of each output reads, (output, length); -1 is the zero beyond the edge.

    The formula is the one in the description of `Axis`; what lies beyond the edge comes from numpy.pad.
    """
    reach = axis.size + axis.stride + axis.length * axis.dilation
    inside = np.arange(axis.size)
    if border in NUMPY_MODES:
        extended = np.pad(inside, reach, mode=NUMPY_MODES[border])
    else:
        extended = np.pad(inside, reach, constant_values=-1)
    table = [
        [extended[reach + i * axis.stride - axis.before + k * axis.dilation] for k in range(axis.length)]
        for i in range(axis.output)
    ]
    return np.array(table)


def summed(values: np.ndarray, one: Pass, weights: np.ndarray, border: str) -> np.ndarray:
    """One pass in plain loops: each output is the sum of the weights times what they read."""
    rows, columns = sources(one.rows, border), sources(one.columns, border)
    if border == "valid":
        assert min(rows.min(), columns.min()) >= 0
    result = np.zeros((len(rows), len(columns)))
    for i, j in np.ndindex(result.shape):
        for (u, row), (v, column) in itertools.product(enumerate(rows[i]), enumerate(columns[j])):
            if row >= 0 and column >= 0:
                result[i, j] += weights[u, v] * values[row, column]
    return result


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(linear_steps(), min_size=1, max_size=3),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    border=st.sampled_from(BORDERS),
    flip=st.booleans(),
)
def test_the_records_alone_give_the_sums(steps: list[Linear], size: tuple[int, int], border: str, flip: bool) -> None:
    """Nothing but the records and loops of plain Python gives every pixel that the engine gives."""
    written = plan.passes(steps, size, border, flip)
    assume(min(written[-1].rows.output, written[-1].columns.output) > 0)
    values = picture(size).astype(np.float64)
    for each in written:
        assert each.kind == "linear"
        assert each.weights is not None
        assert each.weights.shape == (each.rows.length, each.columns.length)
        values = summed(values, each, each.weights, border)
    got = chain.apply(picture(size), steps, border, flip).values
    np.testing.assert_allclose(got, values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("pair", ["sobel", "scharr", "prewitt"])
def test_a_gradient_joins_two_sums(pair: str, flip: bool, border: str) -> None:
    """Both kernels are in the record, and the root of their squared sums is the engine's; no flip here."""
    size = (7, 10)
    (each,) = plan.passes([GradientMagnitude(pair)], size, border, flip)
    assert each.kind == "gradient"
    assert each.weights is not None
    assert each.weights_y is not None
    x, y = (summed(picture(size), each, weights, border) for weights in (each.weights, each.weights_y))
    step = GradientMagnitude(pair)
    np.testing.assert_allclose(chain.apply(picture(size), [step], border, flip).values, np.hypot(x, y), atol=1e-4)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("size", [3, 5])
def test_a_median_reads_what_its_record_says(size: int, border: str) -> None:
    """The middle of the values that the axes name, in plain loops."""
    pixels = picture((8, 6))
    (each,) = plan.passes([Median(size)], pixels.shape, border)
    assert (each.kind, each.weights, each.weights_y, each.sigma_range) == ("median", None, None, None)
    rows, columns = sources(each.rows, border), sources(each.columns, border)
    want = np.zeros((len(rows), len(columns)))
    for i, j in np.ndindex(want.shape):
        read = [pixels[row, column] if min(row, column) >= 0 else 0.0 for row in rows[i] for column in columns[j]]
        want[i, j] = sorted(read)[len(read) // 2]
    np.testing.assert_array_equal(chain.apply(pixels, [Median(size)], border).values, want)


@pytest.mark.parametrize("size", [3, 5, 9, 15])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0, 15.0])
def test_nearness_is_a_gaussian_in_a_circle(size: int, sigma: float) -> None:
    """exp(-(u^2 + v^2) / 2 sigma^2) where the distance is at most size // 2, else 0; not normalised."""
    step = Bilateral(size, 0.2, sigma)
    (each,) = plan.passes([step], (20, 30), "reflect")
    assert (each.kind, each.sigma_range) == ("bilateral", 0.2)
    assert each.weights is not None
    radius = size // 2
    for u, v in itertools.product(range(-radius, radius + 1), repeat=2):
        inside = math.hypot(u, v) <= radius
        want = math.exp(-(u * u + v * v) / (2 * sigma**2)) if inside else 0.0
        assert each.weights[u + radius, v + radius] == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize(("size", "sigma_range", "sigma_space"), [(5, 0.2, 1.3), (9, 0.5, 3.0)])
def test_the_record_of_a_bilateral_filter_gives_its_values(
    size: int, sigma_range: float, sigma_space: float, colour: bool, border: str
) -> None:
    """Tomasi and Manduchi's mean with the record's weights, in loops; OpenCV's table is off by < 1e-3."""
    step = Bilateral(size, sigma_range, sigma_space)
    pixels = picture((10, 11, 3) if colour else (10, 11, 1))
    (each,) = plan.passes([step], pixels.shape[:2], border)
    assert each.weights is not None
    assert each.sigma_range is not None
    rows, columns = sources(each.rows, border), sources(each.columns, border)
    middle = size // 2
    want = np.zeros((len(rows), len(columns), pixels.shape[2]))
    for i, j in np.ndindex(want.shape[:2]):
        centre = pixels[rows[i, middle], columns[j, middle]].astype(np.float64)
        total = 0.0
        for (u, row), (v, column) in itertools.product(enumerate(rows[i]), enumerate(columns[j])):
            value = pixels[row, column].astype(np.float64) if min(row, column) >= 0 else 0 * centre
            difference = np.abs(value - centre).sum()
            weight = each.weights[u, v] * math.exp(-(difference**2) / (2 * each.sigma_range**2))
            want[i, j] += weight * value
            total += weight
        want[i, j] /= total
    np.testing.assert_allclose(chain.apply(pixels, [step], border).values, want, rtol=0, atol=1e-3)


@pytest.mark.parametrize("sigma", [0.0, 0.2, 0.3, 0.4, 1.0, 1.4, 2.0, 5.0])
def test_cannys_window_is_what_valid_takes_away(sigma: float) -> None:
    """A picture loses one pixel less than the window with "valid", and nothing with other borders."""
    pixels = picture((61, 55))
    (each,) = plan.passes([Canny(sigma=sigma)], (61, 55), "valid")
    got = companions.canny(pixels, sigma=sigma, border="valid").shape
    assert each.kind == "canny"
    assert (61 - got[0] + 1, 55 - got[1] + 1) == (each.rows.length, each.columns.length)
    (same,) = plan.passes([Canny(sigma=sigma)], (61, 55), "reflect")
    assert (same.rows.output, same.columns.output) == (61, 55)


SMALL = st.tuples(st.integers(1, 2), st.integers(1, 2))
STACKS = st.lists(st.tuples(st.tuples(SIDES, SIDES), SMALL, SMALL), min_size=1, max_size=3)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch copies: only slower
@settings(max_examples=50, deadline=None)
@given(stack=STACKS, border=st.sampled_from(["zeros", "valid"]), part=st.floats(0.35, 0.65))
def test_outputs_lie_at_the_middle_of_what_they_see(
    stack: list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]], border: str, part: float
) -> None:
    """Where autograd finds a gradient through conv2d of weights 1: its middle is start + jump * index."""
    size = (130, 120)
    x = torch.zeros((1, 1, *size), dtype=torch.float64, requires_grad=True)
    y = x
    for shape, stride, dilation in stack:
        weights = torch.ones((1, 1, *shape), dtype=torch.float64)
        # torch's "same" knows no stride: all positions, then each stride-th of them.
        y = functional.conv2d(y, weights, padding="same" if border == "zeros" else 0, dilation=dilation)
        y = y[..., :: stride[0], :: stride[1]]
    row, column = int(part * y.shape[2]), int(part * y.shape[3])
    (seen,) = torch.autograd.grad(y[0, 0, row, column], x)
    support = seen[0, 0].nonzero().numpy()
    low, high = support.min(axis=0), support.max(axis=0)
    assert (low > 0).all()
    assert (high < np.array(size) - 1).all()
    steps = [Linear(typed(*shape), stride, dilation) for shape, stride, dilation in stack]
    placed = plan.placement(plan.passes(steps, size, border))
    centre = np.array(placed.start) + np.array(placed.jump) * (row, column)
    np.testing.assert_array_equal(centre, (low + high) / 2)


@pytest.mark.parametrize("border", BORDERS)
def test_the_jump_multiplies_strides(border: str) -> None:
    """Dumoulin and Visin's effective stride: 2 * 3 * 1 along rows, 1 * 2 * 5 along columns."""
    steps = [Linear(typed(3, 3), (2, 1)), Median(), Linear(typed(2, 3), (3, 2)), Linear(typed(1, 1), (1, 5))]
    placed = plan.placement(plan.passes(steps, (90, 100), border))
    assert placed.jump == (6, 10)


@pytest.mark.parametrize("step", [Median(5), Bilateral(9), Canny(), GradientMagnitude(), catalogue.make("gaussian")])
def test_centred_windows_move_nothing(step: Step) -> None:
    """Odd windows keep every pixel at its place; with "valid" the first output lies half a window inside."""
    (same,) = plan.passes([step], (40, 50), "reflect")
    assert plan.placement([same]) == plan.Placement((1, 1), (0.0, 0.0))
    (valid,) = plan.passes([step], (40, 50), "valid")
    half = ((valid.rows.length - 1) / 2, (valid.columns.length - 1) / 2)
    assert plan.placement([valid]).start == half


@pytest.mark.parametrize(("shift", "border"), [(0, "valid"), (1, "reflect")])
def test_even_kernels_lie_between_pixels(shift: int, border: str) -> None:
    """Two weights are centred half a pixel off: at 0.5, since `same_padding` puts the extra pixel after."""
    (each,) = plan.passes([Linear(typed(2, 4))], (9, 9), border)
    assert plan.placement([each]).start == (0.5, 0.5 if shift else 1.5)


def test_an_empty_chain_is_the_picture() -> None:
    """No pass, every pixel at its place."""
    assert plan.passes([], (5, 6), "reflect") == ()
    assert plan.placement([]) == plan.Placement((1, 1), (0.0, 0.0))


def test_flip_turns_only_linear_kernels() -> None:
    """The weights in a record are those that correlate: turned by 180 degrees for a convolution."""
    steps = [Linear(kernels.custom([[1, 2, 3], [4, 5, 6]])), GradientMagnitude(), Bilateral()]
    plain, flipped = (plan.passes(steps, (20, 20), "reflect", flip) for flip in (False, True))
    np.testing.assert_array_equal(flipped[0].weights, [[6, 5, 4], [3, 2, 1]])
    np.testing.assert_array_equal(plain[0].weights, [[1, 2, 3], [4, 5, 6]])
    for before, after in zip(plain[1:], flipped[1:], strict=True):
        np.testing.assert_array_equal(before.weights, after.weights)


@pytest.mark.parametrize("key", [key for key in catalogue.names() if key != kernels.CUSTOM])
def test_every_entry_can_be_written_out(key: str) -> None:
    """Kind, title and weights of every step that there is."""
    step = catalogue.make(key)
    (each,) = plan.passes([step], (50, 60), "reflect")
    assert each.title == catalogue.entry(key).title
    assert each.kind == ("linear" if isinstance(step, Linear) else key.split("_")[0])
    if isinstance(step, Linear):
        np.testing.assert_array_equal(each.weights, step.kernel.weights)
