"""The non-linear filters against SciPy, scikit-image, brute force and their definitions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import feature, filters

from cnnviz.convolution import companions, filtering, kernels
from cnnviz.errors import KernelError, ParameterError

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "zeros": "constant"}
SCIPY_MODES = {"reflect": "mirror", "replicate": "nearest", "circular": "grid-wrap", "zeros": "constant"}
SHAPES = [(21, 34), (30, 17, 1), (19, 26, 3)]


def picture(shape: tuple[int, ...]) -> np.ndarray:
    """Random values from 0 to 1, the same on every run, read-only."""
    x = np.random.default_rng(len(shape)).random(shape, dtype=np.float32)
    x.setflags(write=False)
    return x


def test_luminance_is_rec_601() -> None:
    """0.299 R + 0.587 G + 0.114 B; grey pictures stay as they are."""
    x = picture((11, 14, 3))
    np.testing.assert_allclose(companions.luminance(x), x @ np.array([0.299, 0.587, 0.114]), atol=1e-6)
    np.testing.assert_array_equal(companions.luminance(x[..., 0]), x[..., 0])
    np.testing.assert_array_equal(companions.luminance(x[..., :1]), x[..., 0])
    with pytest.raises(ParameterError):
        companions.luminance(np.zeros((4, 4, 2)))


@pytest.mark.parametrize(
    ("pair", "oracle", "scale"),
    [("sobel", filters.sobel, 4), ("scharr", filters.scharr, 16), ("prewitt", filters.prewitt, 3)],
)
def test_gradient_magnitude_is_scikit_images(pair: str, oracle: object, scale: float) -> None:
    """scikit-image divides each kernel by its positive weights and the length by sqrt(2)."""
    x = picture((21, 34))
    weights = [kernels.get(f"{pair}_{axis}").weights for axis in "xy"]
    got = companions.gradient(x, *weights, border="reflect").magnitude
    want = oracle(x.astype(np.float64), mode="mirror") * scale * np.sqrt(2)
    np.testing.assert_allclose(got, want, atol=1e-5)
    assert got.dtype == np.float32


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 135.0, -45.0, -160.0])
def test_gradient_direction_points_to_the_light(angle: float) -> None:
    """A ramp that gets brighter towards `angle` (clockwise from the right) has that direction everywhere."""
    y, x = np.mgrid[:9, :12]
    ramp = 0.01 * (x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle)))
    weights = [kernels.get(key).weights for key in ("sobel_x", "sobel_y")]
    found = companions.gradient(ramp, *weights, border="valid")
    np.testing.assert_allclose(np.degrees(found.direction), angle, atol=1e-2)
    np.testing.assert_allclose(found.magnitude, 0.08, rtol=1e-4)


@pytest.mark.parametrize("shape", [(31, 44), (31, 44, 3)])
def test_the_same_input_gives_the_same_bits(shape: tuple[int, ...]) -> None:
    """Caches rely on it, wherever in memory the arrays happen to lie."""
    x = picture(shape)
    sobel = [kernels.get(key).weights for key in ("sobel_x", "sobel_y")]
    calls = {
        "magnitude": lambda: companions.gradient(x, *sobel).magnitude,
        "direction": lambda: companions.gradient(x, *sobel).direction,
        "direct": lambda: filtering.correlate(x, sobel[0]),
        "circular": lambda: filtering.correlate(x, sobel[0], "circular"),
        "fft": lambda: filtering.correlate(x, np.eye(13)),
        "separable": lambda: filtering.correlate(x, kernels.get("gaussian", size=15, sigma=3).weights),
        "median": lambda: companions.median(x),
        "bilateral": lambda: companions.bilateral(x),
        "canny": lambda: companions.canny(x),
    }
    held = []
    for name, call in calls.items():
        first = call()
        for turn in range(40):
            held += [np.empty(16 * turn + 1, np.uint8), call()]
            np.testing.assert_array_equal(held[-1], first, err_msg=name)


def test_gradient_works_on_the_luminance() -> None:
    """A colour picture and its luminance give the same; kernels must be of one size."""
    x = picture((19, 26, 3))
    weights = [kernels.get(key).weights for key in ("prewitt_x", "prewitt_y")]
    colour, grey = companions.gradient(x, *weights), companions.gradient(companions.luminance(x), *weights)
    np.testing.assert_array_equal(colour.magnitude, grey.magnitude)
    np.testing.assert_array_equal(colour.direction, grey.direction)
    with pytest.raises(ParameterError):
        companions.gradient(x, np.ones((3, 3)), np.ones((3, 5)))
    with pytest.raises(KernelError):
        companions.gradient(x, [[np.nan]], [[1]])


@pytest.mark.parametrize("border", SCIPY_MODES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [3, 5])
def test_median_is_scipys(size: int, shape: tuple[int, ...], border: str) -> None:
    """Exactly, channel by channel, with every border."""
    x = picture(shape)
    footprint = (size, size, 1)[: len(shape)]
    want = ndimage.median_filter(x, footprint, mode=SCIPY_MODES[border])
    np.testing.assert_array_equal(companions.median(x, size, border), want)
    inner = (slice(size // 2, -(size // 2)),) * 2
    np.testing.assert_array_equal(companions.median(x, size, "valid"), want[inner])


def test_median_removes_salt_and_keeps_an_edge() -> None:
    """What no blur can do."""
    x = np.zeros((12, 12))
    x[:, 6:] = 1
    salted = x.copy()
    salted[3, 2] = 1
    salted[8, 9] = 0
    np.testing.assert_array_equal(companions.median(salted), x)


def brute_bilateral(padded: np.ndarray, size: int, sigma_range: float, sigma_space: float) -> np.ndarray:
    """Tomasi and Manduchi's sum, in float64, over a disc of diameter `size`."""
    reach = size // 2
    height, width = padded.shape[0] - 2 * reach, padded.shape[1] - 2 * reach
    centre = padded[reach : reach + height, reach : reach + width]
    total, norm = np.zeros_like(centre), np.zeros((*centre.shape[:2], 1))
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dy * dy + dx * dx > reach * reach:
                continue
            other = padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
            distance = np.abs(other - centre).sum(axis=2, keepdims=True)
            weight = np.exp(-(dy * dy + dx * dx) / (2 * sigma_space**2) - distance**2 / (2 * sigma_range**2))
            total += weight * other
            norm += weight
    return total / norm


@pytest.mark.parametrize("border", NUMPY_MODES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("size", "sigma_range", "sigma_space"), [(3, 0.1, 1.0), (9, 0.3, 3.0), (7, 0.01, 15.0)])
def test_bilateral_is_its_definition(
    size: int, sigma_range: float, sigma_space: float, shape: tuple[int, ...], border: str
) -> None:
    """Brute force over the disc; OpenCV's table costs less than 1e-3."""
    x = picture(shape)
    reach = size // 2
    margins = [(reach, reach), (reach, reach), (0, 0)][: len(shape)]
    padded = np.pad(x.astype(np.float64), margins, mode=NUMPY_MODES[border])
    padded = padded if padded.ndim == 3 else padded[..., None]
    want = brute_bilateral(padded, size, sigma_range, sigma_space).reshape(shape)
    got = companions.bilateral(x, size, sigma_range, sigma_space, border)
    np.testing.assert_allclose(got, want, atol=1e-3)
    assert got.dtype == np.float32
    valid = companions.bilateral(x, size, sigma_range, sigma_space, "valid")
    np.testing.assert_allclose(valid, want[reach:-reach, reach:-reach], atol=1e-3)


@pytest.mark.parametrize("axis", [0, 1])
def test_canny_finds_a_step_as_one_thin_line(axis: int) -> None:
    """A step between columns (or rows) 9 and 10 gives one line there, nothing elsewhere."""
    x = np.zeros((20, 20, 3))
    x[:, 10:] = 1
    edges = companions.canny(x if axis else x.swapaxes(0, 1), sigma=0)
    edges = edges if axis else edges.T
    assert edges.dtype == np.float32
    assert edges[1:-1].sum(axis=1).tolist() == [1] * 18
    assert set(np.flatnonzero(edges.any(axis=0))) in ({9}, {10})


def test_canny_thresholds_are_fractions_of_the_largest_gradient() -> None:
    """A step of height h has a Sobel gradient of 4 h: it shows up to high = 4 h / sqrt(20), not above."""
    step = np.zeros((16, 16))
    step[:, 8:] = 0.5
    limit = 4 * 0.5 / np.sqrt(20)
    assert companions.canny(step, low=0.01, high=limit - 0.002, sigma=0).any()
    assert not companions.canny(step, low=0.01, high=limit + 0.002, sigma=0).any()


def test_the_largest_sobel_gradient_is_reached() -> None:
    """None of all 512 patches of 0 and 1 has a longer gradient, hence (by convexity) none between."""
    bits = (np.arange(512)[:, None] >> np.arange(9)) & 1
    gx, gy = (bits @ kernels.get(key).weights.ravel() for key in ("sobel_x", "sobel_y"))
    assert np.hypot(gx, gy).max() == pytest.approx(companions.LARGEST_SOBEL_GRADIENT)


def test_canny_follows_weak_edges_from_strong_ones_only() -> None:
    """Hysteresis: an edge that fades is kept along its length, a weak one alone is dropped."""
    x = np.zeros((40, 40))
    x[:, 10:] = np.linspace(1, 0.3, 40)[:, None]
    x[:, 30:] += 0.3
    x = np.clip(x, 0, 1.3)
    low, high = 0.15, 0.7
    fading = companions.canny(x, low, high, sigma=0)
    assert fading[1:-1, 8:12].any(axis=1).all()
    assert not fading[1:-1, 28:32].any()
    assert companions.canny(x, low, 0.2, sigma=0)[1:-1, 28:32].any(axis=1).all()


def test_canny_agrees_with_opencvs_own_gradient() -> None:
    """cv2.Canny on 8-bit data; ours rounds the gradient, so that nearly equal neighbours may differ."""
    rng = np.random.default_rng(0)
    image = ndimage.gaussian_filter(rng.random((60, 75)), 2)
    image = ((image - image.min()) / np.ptp(image) * 255).astype(np.uint8)
    largest = 255 * np.sqrt(20)
    want = cv2.Canny(image, 0.04 * largest, 0.1 * largest, L2gradient=True) > 0
    got = companions.canny(image / 255, 0.04, 0.1, sigma=0, border="replicate") > 0
    assert 0.02 < want.mean() < 0.4
    assert (got == want).mean() > 0.995


def test_canny_agrees_with_scikit_image_to_a_pixel() -> None:
    """Another implementation: every edge of ours lies within a pixel of one of theirs, and back."""
    x = np.zeros((64, 80))
    y, columns = np.mgrid[:64, :80]
    x[(y - 30) ** 2 + (columns - 38) ** 2 < 400] = 0.8
    ours = companions.canny(x, 0.05, 0.15, sigma=1.5) > 0
    theirs = feature.canny(x, 1.5, 0.1, 0.2)
    near = np.ones((3, 3))
    assert ours.sum() > 80
    assert not (ours & ~ndimage.binary_dilation(theirs, near)).any()
    assert not (theirs & ~ndimage.binary_dilation(ours, near)).any()


@pytest.mark.parametrize("border", filtering.BORDERS)
def test_sizes_stay_except_with_valid(border: str) -> None:
    """Median 5, bilateral 9, gradient 3, Canny 1 + 2 * (ceil(3 sigma) + 1) cut what they cannot see."""
    x = picture((26, 31, 3))
    results = {
        4: companions.median(x, 5, border),
        8: companions.bilateral(x, 9, border=border),
        10: companions.canny(x, sigma=1.3, border=border),
        2: companions.gradient(x, np.ones((3, 3)), np.eye(3), border).magnitude,
    }
    for cut, result in results.items():
        lost = cut if border == "valid" else 0
        assert result.shape[:2] == (26 - lost, 31 - lost)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: companions.median(x, 4), "size"),
        (lambda x: companions.median(x, 3, "mirror"), "border"),
        (lambda x: companions.median(x[:2], 3, "valid"), "pixels"),
        (lambda x: companions.bilateral(x, 9, 0), "sigma_range"),
        (lambda x: companions.bilateral(np.stack([x, x], 2)), "pixels"),
        (lambda x: companions.canny(x, 0.5, 0.4), "high"),
        (lambda x: companions.canny(x, sigma=9), "sigma"),
        (lambda x: companions.canny(x[:2], border="valid"), "pixels"),
    ],
)
def test_illegal_arguments_are_named(call: object, name: str) -> None:
    """A ParameterError carries the argument's name."""
    with pytest.raises(ParameterError) as caught:
        call(np.zeros((8, 8)))
    assert caught.value.name == name
