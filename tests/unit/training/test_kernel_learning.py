"""A convolution that learns a kernel: against least squares, the hand formula of the gradient, and laws of descent."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from cnnviz.convolution import kernels
from cnnviz.errors import ParameterError
from cnnviz.training import kernel_lessons as lessons
from cnnviz.training.kernel_learning import first_weights, learn
from cnnviz.training.kernel_options import BETA, EPSILON, MOMENTUM, Options

torch.set_num_threads(1)


def easy(size: int = 3, key: str = "sobel_x", **more: float) -> lessons.Lesson:
    """Noise without its mean: all directions are learned about equally fast."""
    return lessons.lesson(lessons.hidden(key), "noise", size, centred=True, **more)


@pytest.mark.parametrize("key", lessons.LINEAR)
def test_the_target_is_what_scipy_makes_of_the_picture(key: str) -> None:
    """The answer of a hidden convolution is the correlation with its kernel, where the kernel fits."""
    made = lessons.lesson(lessons.hidden(key), "coffee", 5)
    assert made.kernel is not None
    expected = signal.correlate2d(made.picture.astype(np.float64), made.kernel, mode="valid")
    np.testing.assert_allclose(made.target, expected, atol=1e-4)


def test_the_other_operations_are_those_of_scipy() -> None:
    """Median and length of the gradient, which no kernel can do."""
    made = lessons.lesson(lessons.hidden("median"), "camera", 3)
    np.testing.assert_allclose(made.target, ndimage.median_filter(made.picture, 3)[1:-1, 1:-1], atol=1e-6)
    made = lessons.lesson(lessons.hidden("gradient_sobel"), "camera", 3)
    length = np.hypot(ndimage.sobel(made.picture, axis=0), ndimage.sobel(made.picture, axis=1))
    np.testing.assert_allclose(made.target, length[1:-1, 1:-1], atol=1e-4)
    assert made.kernel is None


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("key", ["sobel_x", "median"])
def test_learning_ends_at_the_least_squares_solution(size: int, key: str) -> None:
    """NumPy's lstsq finds in one go what the steps arrive at, with zeros around a smaller hidden kernel."""
    made = easy(size, key, noise=0.05)
    learned = learn(made, size, Options("momentum", 1.0, 300))
    rows = lessons.patches(made.picture, size)
    expected = np.linalg.lstsq(rows, made.target.ravel().astype(np.float64), rcond=None)[0].reshape(size, size)
    np.testing.assert_allclose(learned.weights[-1], expected, atol=2e-4)
    np.testing.assert_allclose(lessons.answer(made.picture, made.target, learned.weights[0]), expected, atol=1e-8)


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
def test_without_noise_the_hidden_kernel_is_found(optimiser: str) -> None:
    """Each optimiser learns Sobel, and five rows and columns learn zeros around it."""
    made = easy(5)
    learned = learn(made, 5, Options(optimiser, {"sgd": 3.0, "momentum": 1.0, "adam": 0.05}[optimiser], 300))
    np.testing.assert_allclose(learned.weights[-1], made.kernel, atol=2e-3)


def test_gradients_are_twice_the_mean_of_error_times_pixel() -> None:
    """The gradient of the mean squared error by hand: 2/N · Pᵀ(Pw − y)."""
    made = lessons.lesson(lessons.hidden("emboss"), "brick", 3, noise=0.1)
    learned = learn(made, 3, Options("adam", 0.05, 30))
    rows = lessons.patches(made.picture, 3)
    for weights, gradient, loss in zip(learned.weights, learned.gradients, learned.losses, strict=True):
        error = rows @ weights.ravel() - made.target.ravel()
        np.testing.assert_allclose(gradient.ravel(), 2 * rows.T @ error / len(rows), atol=1e-4)
        assert loss == pytest.approx((error**2).mean(), rel=1e-4)


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
def test_the_next_kernel_follows_from_what_is_kept(optimiser: str) -> None:
    """What the page writes as arithmetic is what the optimiser did, and the moments follow their recursions."""
    options = Options(optimiser, 0.02, 20)
    learned = learn(easy(), 3, options)
    change = learned.first
    if optimiser == "adam":
        change = learned.first / (np.sqrt(learned.second) + EPSILON)
    np.testing.assert_allclose(
        learned.weights[1:], learned.weights[:-1] - options.learning_rate * change[:-1], atol=1e-6
    )
    velocity, square = np.zeros((2, 3, 3))
    for step, gradient in enumerate(learned.gradients):
        if optimiser == "momentum":
            velocity = MOMENTUM * velocity + gradient
            np.testing.assert_allclose(learned.first[step], velocity, atol=1e-5)
        elif optimiser == "adam":
            velocity = MOMENTUM * velocity + (1 - MOMENTUM) * gradient
            square = BETA * square + (1 - BETA) * gradient**2
            np.testing.assert_allclose(learned.first[step], velocity / (1 - MOMENTUM ** (step + 1)), atol=1e-5)
            np.testing.assert_allclose(learned.second[step], square / (1 - BETA ** (step + 1)), rtol=1e-3)
        else:
            np.testing.assert_array_equal(learned.first[step], gradient)


@pytest.mark.parametrize(("optimiser", "momentum"), [("sgd", 0.0), ("momentum", MOMENTUM)])
def test_the_largest_learning_rate_is_where_descent_runs_away(optimiser: str, momentum: float) -> None:
    """A little below 2(1 + momentum)/λ the loss falls to the end, a little above it runs away."""
    made = lessons.lesson(lessons.hidden("gaussian"), "coffee", 3)
    limit = lessons.teaching(made.picture, 3).largest_rate(momentum)
    below = learn(made, 3, Options(optimiser, 0.97 * limit, 500))
    above = learn(made, 3, Options(optimiser, 1.03 * limit, 1000))
    assert below.diverged is None
    assert below.losses[-1] < 0.1 * below.losses[0]
    assert above.diverged is not None
    assert np.isfinite(above.weights).all()
    assert np.isfinite(above.losses).all()
    assert above.steps[-1] < above.diverged


def test_the_eigenvalues_are_those_of_half_the_hessian() -> None:
    """PyTorch's own Hessian of the loss has twice the eigenvalues that the page shows."""
    made = lessons.lesson(lessons.hidden("sobel_x"), "coffee", 3)
    x, y = (torch.tensor(each, dtype=torch.float64)[None, None] for each in (made.picture, made.target))

    def loss(weights: torch.Tensor) -> torch.Tensor:
        return (torch.nn.functional.conv2d(x, weights.view(1, 1, 3, 3)) - y).square().mean()

    hessian = torch.autograd.functional.hessian(loss, torch.zeros(9, dtype=torch.float64))
    expected = torch.linalg.eigvalsh(hessian).flip(0) / 2
    found = lessons.teaching(made.picture, 3)
    np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-6, atol=1e-12)
    assert found.condition == pytest.approx(float(expected[0] / expected[-1]), rel=1e-4)


@pytest.mark.parametrize(("picture", "rank"), [("constant", 1), ("stripes", 3), ("step_edge", 3), ("coffee", 9)])
def test_a_picture_teaches_as_much_as_its_patches_differ(picture: str, rank: int) -> None:
    """Equal rows teach column sums only, one grey the sum of all weights, and a photo everything."""
    made = lessons.lesson(lessons.hidden("sobel_x"), picture, 3)
    found = lessons.teaching(made.picture, 3)
    assert found.rank == rank == np.linalg.matrix_rank(lessons.patches(made.picture, 3), tol=1e-3)
    assert found.identifiable == (rank == 9)


def test_what_a_picture_does_not_teach_stays_as_it_began() -> None:
    """On one grey, all weights move alike: the output becomes right, and the kernel is none of the hidden one."""
    made = lessons.lesson(lessons.hidden("gaussian"), "constant", 3)
    learned = learn(made, 3, Options("sgd", 0.2, 100))
    expected = learned.weights[0] + (1 - learned.weights[0].sum()) / 9
    np.testing.assert_allclose(learned.weights[-1], expected, atol=1e-5)
    np.testing.assert_allclose(lessons.answer(made.picture, made.target, learned.weights[0]), expected, atol=1e-5)
    assert learned.losses[-1] < 1e-10
    black = lessons.lesson(lessons.hidden("gaussian"), "constant", 3, centred=True)
    assert lessons.teaching(black.picture, 3).rank == 0
    assert np.ptp(learn(black, 3, Options("sgd", 0.2, 20)).weights, axis=0).max() == 0


def test_a_kernel_of_ones_own_keeps_its_anchor() -> None:
    """Even and rectangular kernels lie in the learner as `filtering.correlate` lays them on the picture."""
    own = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 1.0], [2.0, 2.0]])
    made = lessons.lesson(lessons.hidden(kernels.CUSTOM, own), "coffee", 5)
    assert made.kernel is not None
    np.testing.assert_allclose(
        made.target, signal.correlate2d(made.picture.astype(np.float64), made.kernel, mode="valid"), atol=1e-4
    )
    assert lessons.lesson(lessons.hidden(kernels.CUSTOM, own), "coffee", 3).kernel is None


def test_many_steps_are_thinned_and_seeds_repeat() -> None:
    """At most about 500 states are kept, the first and the last among them; the same seed gives the same numbers."""
    one, two = (learn(easy(), 3, Options("sgd", 1.0, 1200, seed=seed)) for seed in (4, 4))
    assert one.steps[0] == 0
    assert one.steps[-1] == 1200
    assert len(one.steps) <= 501
    assert {after - before for before, after in pairwise(one.steps)} == {3}
    assert len(one.losses) == 1201
    np.testing.assert_array_equal(one.weights, two.weights)
    assert not torch.equal(first_weights(3, Options(seed=4)), first_weights(3, Options(seed=5)))
    assert not first_weights(3, Options(start="zero")).any()


def test_three_hundred_steps_take_less_than_a_second() -> None:
    """A class does not wait: the best of three, with the largest kernel."""
    made, times = lessons.lesson(lessons.hidden("sobel_x"), "coffee", 7), []
    for _ in range(3):
        start = time.process_time()
        learn(made, 7, Options("adam", 0.02, 300))
        times.append(time.process_time() - start)
    assert min(times) < 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: lessons.hidden("canny"),
        lambda: lessons.hidden(kernels.CUSTOM, np.ones((9, 9))),
        lambda: lessons.lesson(lessons.hidden("sobel_x"), "elsewhere", 3),
        lambda: lessons.lesson(lessons.hidden("sobel_x"), "coffee", 4),
        lambda: lessons.lesson(lessons.hidden("sobel_x"), "coffee", 3, noise=-1),
        lambda: Options("lion"),
        lambda: Options(learning_rate=0),
        lambda: Options(start="ones"),
    ],
)
def test_what_cannot_be_learned_is_refused(wrong: object) -> None:
    """Unknown names and numbers out of range say so."""
    with pytest.raises(ParameterError):
        wrong()
