"""The engine against PyTorch and SciPy, value by value."""

from __future__ import annotations

import itertools
import zlib

import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage, signal
from torch.nn import functional

from cnnviz.convolution import filtering, kernels
from cnnviz.convolution.arithmetic import output_size, same_padding
from cnnviz.errors import KernelError, ParameterError

TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "zeros": "constant"}
SCIPY_MODES = {"reflect": "mirror", "replicate": "nearest", "circular": "grid-wrap", "zeros": "constant"}
SHAPES = [(23, 31), (38, 27, 1), (29, 40, 3), (21, 26, 7)]
KERNEL_SHAPES = [(1, 1), (3, 3), (5, 5), (2, 2), (4, 3), (1, 6), (7, 1), (12, 12), (15, 11), (16, 17)]


def picture(shape: tuple[int, ...]) -> np.ndarray:
    """Random values from 0 to 1, the same on every run."""
    return np.random.default_rng(zlib.crc32(repr(shape).encode())).random(shape, dtype=np.float32)


def random_kernel(shape: tuple[int, int], separable: bool) -> np.ndarray:
    """Signed weights of full rank, or the product of a column and a row."""
    rng = np.random.default_rng(shape[0] * 100 + shape[1])
    if separable:
        return np.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1]))
    return rng.standard_normal(shape)


def torch_correlate(x: np.ndarray, weights: np.ndarray, border: str, stride: tuple, dilation: tuple) -> np.ndarray:
    """conv2d in float64 after explicit padding, channel by channel."""
    planes = torch.tensor(x if x.ndim == 3 else x[..., None], dtype=torch.float64).permute(2, 0, 1)[:, None]
    if border != "valid":
        top, bottom = same_padding(weights.shape[0], dilation[0])
        left, right = same_padding(weights.shape[1], dilation[1])
        planes = functional.pad(planes, (left, right, top, bottom), mode=TORCH_MODES[border])
    out = functional.conv2d(planes, torch.tensor(weights)[None, None], stride=stride, dilation=dilation)
    return out[:, 0].permute(1, 2, 0).numpy().reshape(*out.shape[2:], *x.shape[2:])


def assert_same(got: np.ndarray, want: np.ndarray, weights: np.ndarray, tolerance: float = 1e-6) -> None:
    """Equal shapes, float32, and values within `tolerance` of the sum of absolute weights."""
    assert got.shape == want.shape
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * np.abs(weights).sum())


@pytest.mark.parametrize("separable", [False, True])
@pytest.mark.parametrize("border", filtering.BORDERS)
@pytest.mark.parametrize("kernel_shape", KERNEL_SHAPES)
def test_correlate_is_conv2d(kernel_shape: tuple[int, int], border: str, separable: bool) -> None:
    """Odd, even and rectangular kernels on odd, even, grey and colour pictures, with strides and dilation."""
    weights = random_kernel(kernel_shape, separable)
    small = max(kernel_shape) <= 7
    settings = [((1, 1), (1, 1)), ((2, 3), (1, 1)), *([((1, 2), (2, 1)), ((2, 1), (1, 3))] if small else [])]
    for shape, (stride, dilation) in itertools.product(SHAPES, settings):
        want = torch_correlate(picture(shape), weights, border, stride, dilation)
        got = filtering.correlate(picture(shape), weights, border, stride, dilation)
        assert_same(got, want, weights)
        if border != "valid":
            sizes = [
                output_size(n, k, s, d * (k - 1), d)
                for n, k, s, d in zip(shape, kernel_shape, stride, dilation, strict=False)
            ]
            assert list(got.shape[:2]) == sizes


@pytest.mark.parametrize("border", SCIPY_MODES)
@pytest.mark.parametrize("kernel_shape", [(3, 3), (5, 9), (1, 7), (15, 15), (31, 31)])
def test_correlate_and_convolve_are_scipys(kernel_shape: tuple[int, int], border: str) -> None:
    """ndimage.correlate and ndimage.convolve, for odd kernels, whose centre SciPy places as we do."""
    weights = random_kernel(kernel_shape, separable=False)
    x = picture((37, 45))
    mode = SCIPY_MODES[border]
    want = ndimage.correlate(x.astype(np.float64), weights, mode=mode)
    assert_same(filtering.correlate(x, weights, border), want, weights)
    want = ndimage.convolve(x.astype(np.float64), weights, mode=mode)
    assert_same(filtering.convolve(x, weights, border), want, weights)


@pytest.mark.parametrize("kernel_shape", [(2, 2), (3, 4), (6, 1), (31, 14)])
def test_valid_is_scipys_valid(kernel_shape: tuple[int, int]) -> None:
    """signal.correlate2d and convolve2d, for even kernels too."""
    weights = random_kernel(kernel_shape, separable=False)
    x = picture((33, 36))
    want = signal.correlate2d(x.astype(np.float64), weights, mode="valid")
    assert_same(filtering.correlate(x, weights, "valid"), want, weights)
    want = signal.convolve2d(x.astype(np.float64), weights, mode="valid")
    assert_same(filtering.convolve(x, weights, "valid"), want, weights)


@pytest.mark.parametrize("border", NUMPY_MODES)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 2), (5, 3, 3), (16, 40)])
@pytest.mark.parametrize("kernel_shape", [(3, 3), (8, 3), (31, 31), (2, 31)])
def test_kernels_larger_than_the_picture_see_the_border_again_and_again(
    kernel_shape: tuple[int, int], shape: tuple[int, ...], border: str
) -> None:
    """np.pad reflects and wraps as often as needed; filtering its result without padding is the same."""
    weights = random_kernel(kernel_shape, separable=False)
    margins = [same_padding(kernel_shape[0]), same_padding(kernel_shape[1]), (0, 0)]
    padded = np.pad(picture(shape).astype(np.float64), margins[: len(shape)], mode=NUMPY_MODES[border])
    planes = padded if padded.ndim == 3 else padded[..., None]
    stack = [signal.correlate2d(planes[..., c], weights, mode="valid") for c in range(planes.shape[2])]
    assert_same(filtering.correlate(picture(shape), weights, border), np.stack(stack, -1).reshape(shape), weights)


@pytest.mark.parametrize("border", ["reflect", "zeros", "circular"])
def test_dilation_far_beyond_31_pixels_still_is_conv2d(border: str) -> None:
    """5 x 4 weights, 9 and 12 pixels apart, cover 37 x 37."""
    weights = random_kernel((5, 4), separable=False)
    x = picture((70, 61, 3))
    want = torch_correlate(x, weights, border, (1, 1), (9, 12))
    assert_same(filtering.correlate(x, weights, border, dilation=(9, 12)), want, weights)


@pytest.mark.parametrize("kernel_shape", [(3, 3), (4, 5), (13, 13), (16, 12)])
def test_an_impulse_tells_correlation_from_convolution(kernel_shape: tuple[int, int]) -> None:
    """Convolving a dot draws the kernel, correlating it draws the kernel upside down."""
    weights = random_kernel(kernel_shape, separable=False)
    dot = np.zeros((41, 43), np.float32)
    dot[20, 22] = 1
    # The output at i reads the input from i - before on: weight u is on the dot where i = dot + before - u.
    (top, _), (left, _) = same_padding(kernel_shape[0]), same_padding(kernel_shape[1])
    rows = slice(20 + top - kernel_shape[0] + 1, 20 + top + 1)
    columns = slice(22 + left - kernel_shape[1] + 1, 22 + left + 1)
    turned = filtering.correlate(dot, weights)[rows, columns]
    np.testing.assert_allclose(turned, weights[::-1, ::-1], atol=1e-6)
    np.testing.assert_allclose(filtering.convolve(dot, weights)[rows, columns], weights, atol=1e-6)


def test_whole_numbers_count_for_both_axes() -> None:
    """stride=2 is stride=(2, 2), and so is dilation."""
    x, weights = picture((20, 25, 3)), random_kernel((3, 3), separable=False)
    got = filtering.correlate(x, weights, stride=2, dilation=3)
    np.testing.assert_array_equal(got, filtering.correlate(x, weights, stride=(2, 2), dilation=(3, 3)))
    assert got.shape == (10, 13, 3)


@pytest.mark.parametrize("border", filtering.BORDERS)
@pytest.mark.parametrize("kernel_shape", [(3, 3), (16, 16)])
def test_the_input_is_only_read(border: str, kernel_shape: tuple[int, int]) -> None:
    """Read-only, reversed and transposed arrays are fine, and nobody's memory changes or is handed out."""
    weights = random_kernel(kernel_shape, separable=False)
    x = picture((24, 33, 3))
    x.setflags(write=False)
    weights.setflags(write=False)
    got = filtering.correlate(x, weights, border)
    assert not np.shares_memory(got, x)
    view = x.copy()[::-1, ::-1]
    np.testing.assert_array_equal(
        filtering.correlate(view, weights, border), filtering.correlate(view.copy(), weights, border)
    )
    np.testing.assert_array_equal(x, picture((24, 33, 3)))


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int32, np.float64, np.float16])
def test_every_real_type_is_filtered_in_float32(dtype: type) -> None:
    """An integer picture is not truncated and keeps negative results."""
    x = (picture((12, 15)) * 200).astype(np.uint8).astype(dtype)
    x[:, 7:10] = 0
    got = filtering.correlate(x, kernels.get("sobel_x").weights / 9)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, filtering.correlate(x.astype(np.float32), kernels.get("sobel_x").weights / 9))
    assert got.min() < 0


def test_a_single_weight_copies_exactly() -> None:
    """However large the kernel around it: no rounding by Fourier transforms."""
    x = picture((40, 50, 3))
    weights = np.zeros((31, 31))
    weights[15, 15] = 1
    np.testing.assert_array_equal(filtering.correlate(x, weights), x)


@pytest.mark.parametrize(
    ("shape", "separable", "method"),
    [
        ((11, 11), False, "direct"),
        ((13, 13), False, "fft"),
        ((13, 13), True, "separable"),
        ((2, 64), False, "direct"),
        ((2, 65), False, "fft"),
    ],
)
def test_method_tells_the_truth(shape: tuple[int, int], separable: bool, method: str) -> None:
    """Sums know only their window; a Fourier transform carries the rounding of a huge pixel everywhere."""
    x = np.zeros((100, 300), np.float32)
    x[50, 150] = 1e20
    weights = random_kernel(shape, separable)
    got = filtering.correlate(x, weights, "zeros")
    got[50 - shape[0] : 51 + shape[0], 150 - shape[1] : 151 + shape[1]] = 0
    assert got.any() == (method == "fft")
    assert filtering.method(weights) == method


def test_method_knows_separable_kernels_and_dilation() -> None:
    """Large kernels of rank 1 take two passes; dilation makes a kernel large."""
    assert filtering.method(kernels.get("gaussian", size=15, sigma=3).weights) == "separable"
    assert filtering.method(kernels.get("gaussian", size=3, sigma=1).weights) == "direct"
    assert filtering.method(kernels.get("sharpen").weights) == "direct"
    assert filtering.method(kernels.get("sharpen").weights, dilation=6) == "fft"


@pytest.mark.parametrize(("threads", "method"), [(1, "fft"), (2, "separable")])
def test_one_thread_takes_long_kernels_through_spectra(threads: int, method: str) -> None:
    """The way changes with the number of OpenCV's threads, the values do not."""
    weights = kernels.get("gaussian", size=31, sigma=5).weights
    x = picture((40, 50, 3))
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(threads)
        assert filtering.method(weights) == method
        assert filtering.method(kernels.get("gaussian", size=21, sigma=5).weights) == "separable"
        got = filtering.correlate(x, weights)
    finally:
        cv2.setNumThreads(before)
    assert_same(got, torch_correlate(x, weights, "reflect", (1, 1), (1, 1)), weights)


@pytest.mark.parametrize("channels", [1, 3, 5, 64])
def test_channels_are_filtered_on_their_own(channels: int) -> None:
    """Each channel of the result is that channel filtered alone."""
    x, weights = picture((15, 19, channels)), random_kernel((4, 5), separable=False)
    got = filtering.correlate(x, weights, "zeros")
    for c in range(channels):
        np.testing.assert_allclose(got[..., c], filtering.correlate(x[..., c], weights, "zeros"), atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"border": "wrap"}, "border"),
        ({"stride": 0}, "stride"),
        ({"stride": (1, 2, 3)}, "stride"),
        ({"stride": 1.5}, "stride"),
        ({"stride": True}, "stride"),
        ({"stride": None}, "stride"),
        ({"dilation": (1, -1)}, "dilation"),
        ({"dilation": 1000}, "dilation"),
        ({"pixels": np.zeros(4)}, "pixels"),
        ({"pixels": np.zeros((0, 4))}, "pixels"),
        ({"pixels": np.zeros((4, 4), complex)}, "pixels"),
        ({"pixels": np.zeros((2, 8)), "border": "valid"}, "pixels"),
        ({"pixels": np.zeros((8, 4)), "border": "valid", "dilation": (1, 2)}, "pixels"),
    ],
)
def test_illegal_arguments_are_named(arguments: dict, name: str) -> None:
    """A ParameterError carries the argument's name."""
    with pytest.raises(ParameterError) as caught:
        filtering.correlate(**{"pixels": np.zeros((8, 8)), "weights": np.ones((3, 3)), **arguments})
    assert caught.value.name == name


@pytest.mark.parametrize("weights", [np.ones(3), np.ones((256, 1)), [[np.nan]], [["x"]], np.zeros((0, 3))])
def test_what_is_no_kernel_is_refused(weights: object) -> None:
    """A KernelError, in both directions."""
    for function in (filtering.correlate, filtering.convolve):
        with pytest.raises(KernelError):
            function(np.zeros((8, 8)), weights)
