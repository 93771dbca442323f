"""Every record of the registry, and the weights against independent formulas and libraries."""

from __future__ import annotations

import math
import pickle

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import edges

from cnnviz.convolution import kernel_builders, kernels
from cnnviz.errors import KernelError, ParameterError

EXACT = {
    "identity": [[1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "edge": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "laplacian_8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
    "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "scharr_x": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
    "scharr_y": [[-3, -10, -3], [0, 0, 0], [3, 10, 3]],
    "prewitt_x": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "prewitt_y": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "roberts_pos_diag": [[1, 0], [0, -1]],
    "roberts_neg_diag": [[0, 1], [-1, 0]],
}
SUM_ONE = ("identity", "shift", "box", "gaussian", "sharpen", "unsharp", "emboss", "motion_blur")
SUM_ZERO = (
    *("edge", "laplacian", "laplacian_8", "sobel_x", "sobel_y", "scharr_x", "scharr_y", "prewitt_x"),
    *(
        "prewitt_y",
        "roberts_pos_diag",
        "roberts_neg_diag",
        "laplacian_of_gaussian",
        "difference_of_gaussians",
    ),
)


@pytest.mark.parametrize("key", kernels.names())
def test_every_family_is_described_and_builds_at_the_ends_of_its_ranges(key: str) -> None:
    """Each record has a title, a sentence, a formula and a source, and legal weights for legal parameters."""
    family = kernels.family(key)
    assert family.key == key
    assert all((family.title, family.responds_to, family.formula, family.source))
    built = [kernels.get(key)]
    for parameter in family.parameters:
        assert parameter.minimum <= parameter.default <= parameter.maximum
        built += [kernels.get(key, **{parameter.name: end}) for end in (parameter.minimum, parameter.maximum)]
    built.append(kernels.get(key, **{parameter.name: parameter.maximum for parameter in family.parameters}))
    for kernel in built:
        assert kernel.weights.dtype == np.float64
        assert np.isfinite(kernel.weights).all()
        assert 1 <= min(kernel.weights.shape) <= max(kernel.weights.shape) <= 31
        assert not kernel.weights.flags.writeable


def test_the_registry_lists_exactly_the_families_that_are_checked_here() -> None:
    """No family goes without a test of its weights."""
    assert set(kernels.names()) == {*EXACT, *SUM_ONE, *SUM_ZERO, "gabor"}


@pytest.mark.parametrize("key", EXACT)
def test_fixed_kernels_are_the_tables_of_the_literature(key: str) -> None:
    """Small integer kernels are exact, cell by cell."""
    np.testing.assert_array_equal(kernels.get(key).weights, EXACT[key])


@pytest.mark.parametrize("key", SUM_ONE)
def test_smoothing_and_sharpening_keep_brightness(key: str) -> None:
    """Their weights sum to 1."""
    assert kernels.get(key).weights.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("key", SUM_ZERO)
def test_derivatives_answer_nothing_to_a_flat_area(key: str) -> None:
    """Their weights sum to 0."""
    assert kernels.get(key).weights.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("sobel_x", edges.VSOBEL_WEIGHTS),
        ("sobel_y", edges.HSOBEL_WEIGHTS),
        ("scharr_x", edges.VSCHARR_WEIGHTS),
        ("scharr_y", edges.HSCHARR_WEIGHTS),
        ("prewitt_x", edges.VPREWITT_WEIGHTS),
        ("prewitt_y", edges.HPREWITT_WEIGHTS),
        ("roberts_pos_diag", edges.ROBERTS_PD_WEIGHTS),
        ("roberts_neg_diag", edges.ROBERTS_ND_WEIGHTS),
    ],
)
def test_derivatives_are_those_of_scikit_image_up_to_scale(ours: str, theirs: np.ndarray) -> None:
    """scikit-image divides to a gain of 1 and convolves; up to scale and sign the weights are the same."""
    weights = kernels.get(ours).weights
    scale = np.abs(weights).sum() / np.abs(theirs).sum()
    np.testing.assert_allclose(np.abs(weights), np.abs(theirs) * scale, atol=1e-12)
    assert abs((weights * theirs).sum()) == pytest.approx((weights**2).sum() / scale)


@pytest.mark.parametrize(("size", "sigma"), [(3, 1.0), (5, 0.7), (9, 3.0), (31, 4.5)])
def test_gaussian_is_that_of_opencv(size: int, sigma: float) -> None:
    """The outer product of cv2.getGaussianKernel with itself."""
    profile = cv2.getGaussianKernel(size, sigma)[:, 0]
    ours = kernels.get("gaussian", size=size, sigma=sigma).weights
    np.testing.assert_allclose(ours, np.outer(profile, profile), rtol=1e-12)


def test_box_is_the_mean() -> None:
    """Every weight is one part of the whole."""
    np.testing.assert_allclose(kernels.get("box", size=5).weights, np.full((5, 5), 1 / 25), rtol=1e-15)


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (2, 0), (0, -3), (-1, 4), (15, -15)])
def test_shift_moves_a_dot_down_and_right(rows: int, columns: int) -> None:
    """Correlation with the kernel moves the content by (rows, columns), as ndimage.shift does."""
    dot = np.zeros((41, 43))
    dot[20, 21] = 1
    moved = ndimage.correlate(dot, kernels.get("shift", rows=rows, columns=columns).weights, mode="constant")
    np.testing.assert_array_equal(moved, ndimage.shift(dot, (rows, columns), order=0))


def test_unsharp_adds_what_the_blur_takes_away() -> None:
    """On a random picture: x + amount * (x - blur(x))."""
    picture = np.random.default_rng(0).random((12, 17))
    blurred = ndimage.correlate(picture, kernels.get("gaussian", size=7, sigma=1.5).weights)
    sharp = ndimage.correlate(picture, kernels.get("unsharp", size=7, sigma=1.5, amount=2.5).weights)
    np.testing.assert_allclose(sharp, picture + 2.5 * (picture - blurred), atol=1e-12)


@pytest.mark.parametrize(("size", "sigma"), [(5, 0.5), (9, 1.4), (31, 6.0)])
def test_laplacian_of_gaussian_follows_the_formula_of_fspecial(size: int, sigma: float) -> None:
    """h_g (x^2 + y^2 - 2 s^2) / s^4 with h_g normalised, minus its mean, cell by cell."""
    half = size // 2
    want = np.empty((size, size))
    total = sum(
        math.exp(-(x * x + y * y) / (2 * sigma**2)) for x in range(-half, half + 1) for y in range(-half, half + 1)
    )
    for row in range(size):
        for column in range(size):
            squared = (row - half) ** 2 + (column - half) ** 2
            gauss = math.exp(-squared / (2 * sigma**2)) / total
            want[row, column] = gauss * (squared - 2 * sigma**2) / sigma**4
    ours = kernels.get("laplacian_of_gaussian", size=size, sigma=sigma).weights
    np.testing.assert_allclose(ours, want - want.sum() / size**2, atol=1e-12)


def test_laplacian_of_gaussian_is_the_derivative_of_the_gaussian_by_sigma() -> None:
    """The diffusion equation: dG/dsigma = sigma * Laplacian(G), so a DoG nearly is a scaled LoG."""
    sigma, change = 3.0, 1e-4
    slope = (kernel_builders.gaussian(31, sigma + change) - kernel_builders.gaussian(31, sigma - change)) / (2 * change)
    log = kernels.get("laplacian_of_gaussian", size=31, sigma=sigma).weights
    np.testing.assert_allclose(slope, sigma * log, atol=2e-5)


def test_difference_of_gaussians_subtracts_the_wide_one() -> None:
    """Against OpenCV's Gaussians; positive in the middle."""
    narrow, wide = (np.outer(p, p) for p in (cv2.getGaussianKernel(9, s)[:, 0] for s in (0.8, 2.0)))
    ours = kernels.get("difference_of_gaussians", size=9, sigma_narrow=0.8, sigma_wide=2.0).weights
    np.testing.assert_allclose(ours, narrow - wide, atol=1e-14)
    assert ours[4, 4] > 0


@pytest.mark.parametrize(("angle", "phase"), [(0.0, 0.0), (30.0, 0.0), (90.0, 45.0), (135.0, 90.0)])
def test_gabor_is_that_of_opencv_with_both_axes_reversed(angle: float, phase: float) -> None:
    """cv2.getGaborKernel fills its table from the last cell to the first."""
    ours = kernels.get("gabor", size=15, wavelength=5.0, angle=angle, sigma=2.5, aspect=0.6, phase=phase).weights
    theirs = cv2.getGaborKernel((15, 15), 2.5, math.radians(angle), 5.0, 0.6, math.radians(phase))
    np.testing.assert_allclose(ours, theirs[::-1, ::-1], atol=1e-12)


def test_gabor_kernels_answer_most_to_their_own_stripes() -> None:
    """A bank of four directions against four striped pictures: the diagonal wins in every row."""
    y, x = np.mgrid[:31, :31] - 15.0
    angles = [0.0, 45.0, 90.0, 135.0]
    stripes = [np.cos(2 * np.pi * (x * math.cos(a) + y * math.sin(a)) / 6) for a in np.radians(angles)]
    bank = [kernels.get("gabor", size=31, wavelength=6.0, angle=a, sigma=4.0).weights for a in angles]
    answers = np.array([[abs((kernel * stripe).sum()) for stripe in stripes] for kernel in bank])
    assert answers.argmax(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("length", [3, 9, 31])
def test_motion_blur_along_an_axis_is_one_exact_line(length: int) -> None:
    """0 degrees: one row of 1 / length; 90 degrees: one column."""
    line = np.full((1, length), 1 / length)
    np.testing.assert_array_equal(kernels.get("motion_blur", length=length, angle=0).weights, line)
    np.testing.assert_array_equal(kernels.get("motion_blur", length=length, angle=90).weights, line.T)


@pytest.mark.parametrize("angle", [17.0, 45.0, 120.0, 163.0])
def test_motion_blur_lies_along_its_angle(angle: float) -> None:
    """Sum 1, mean in the centre, and the covariance of the weights points clockwise by `angle`."""
    weights = kernels.get("motion_blur", length=21, angle=angle).weights
    y, x = np.indices(weights.shape) - (np.array(weights.shape)[:, None, None] - 1) / 2
    assert weights.sum() == pytest.approx(1)
    assert (weights * x).sum() == pytest.approx(0, abs=1e-9)
    assert (weights * y).sum() == pytest.approx(0, abs=1e-9)
    sxx, syy, sxy = ((weights * m).sum() for m in (x * x, y * y, x * y))
    assert math.degrees(0.5 * math.atan2(2 * sxy, sxx - syy)) % 180 == pytest.approx(angle, abs=0.5)


@pytest.mark.parametrize(
    ("key", "parameters", "name"),
    [
        ("nonsense", {}, "kernel"),
        ("gaussian", {"size": 4}, "size"),
        ("gaussian", {"size": 33}, "size"),
        ("gaussian", {"sigma": 0}, "sigma"),
        ("gaussian", {"sigma": math.nan}, "sigma"),
        ("sobel_x", {"size": 3}, "size"),
    ],
)
def test_unknown_names_and_illegal_parameters_are_refused(key: str, parameters: dict, name: str) -> None:
    """The error names the parameter at fault."""
    with pytest.raises(ParameterError) as caught:
        kernels.get(key, **parameters)
    assert caught.value.name == name


def test_kernels_are_values() -> None:
    """Equal by value, hashable, unchanged by pickling, and not to be changed."""
    first, second = kernels.get("gaussian", sigma=2), kernels.get("gaussian", sigma=2.0)
    assert first == second
    assert len({first, second, kernels.get("gaussian", sigma=2.1)}) == 2
    assert first != kernels.custom(first.weights)
    copy = pickle.loads(pickle.dumps(first))  # noqa: S301 - our own bytes
    assert copy == first
    assert not copy.weights.flags.writeable
    with pytest.raises(TypeError):
        first.parameters["sigma"] = 3


def test_custom_kernels_do_not_share_memory_with_their_source() -> None:
    """Changing the array afterwards changes no kernel; a negative zero becomes zero."""
    source = np.array([[1.0, -0.0]])
    kernel = kernels.custom(source)
    source[0, 0] = 5
    assert kernel.weights.tolist() == [[1.0, 0.0]]
    assert not np.signbit(kernel.weights).any()
    assert kernel.key == kernels.CUSTOM


@pytest.mark.parametrize(
    "weights",
    [[], [[]], [1, 2], [[[1]]], [[1, 2], [3]], np.ones((32, 1)), np.ones((1, 32)), [["a"]], [[1j]], None],
)
def test_what_is_no_table_is_no_kernel(weights: object) -> None:
    """Wrong shapes, sizes and types raise a KernelError, never anything else."""
    with pytest.raises(KernelError):
        kernels.custom(weights)


def test_bad_cells_are_named_from_1() -> None:
    """NaN, infinite and huge weights are all listed with their row and column."""
    with pytest.raises(KernelError) as caught:
        kernels.custom([[1, np.nan, 0], [np.inf, 1, -2e6]])
    assert [(cell.row, cell.column) for cell in caught.value.cells] == [(1, 2), (2, 1), (2, 3)]
    assert "(1, 2)" in str(caught.value)
