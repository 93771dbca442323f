"""Numbers to levels: every mode by its formula in float64, reduction by block means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color, transform

from cnnviz.convolution.companions import luminance
from cnnviz.errors import ParameterError
from cnnviz.figures import display as shown
from cnnviz.figures.colours import MIDDLE, diverging
from cnnviz.figures.display import display, display_directions, display_signed, fit

SHAPES = [(7, 9), (11, 8, 1), (9, 13, 3), (1, 1), (4, 1), (1, 4, 3), (5, 3, 3)]


def result(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Signed numbers beyond 0 to 1 on both sides."""
    return np.random.default_rng(seed).normal(0.3, 0.8, shape).astype(np.float32)


def assert_levels(got: np.ndarray, share: np.ndarray) -> None:
    """`got` is 255 times `share`, clipped and rounded; a tie within float32 may go either way."""
    exact = 255 * np.clip(share, 0, 1)
    assert got.dtype == np.uint8
    assert got.shape == share.shape
    assert np.abs(got - exact).max() <= 0.5 + 1e-4


def grey_or_colour(values: np.ndarray) -> np.ndarray:
    """float64; a single channel has no axis of its own."""
    return values.astype(np.float64).reshape(values.shape[:2] if values.shape[2:] == (1,) else values.shape)


@pytest.mark.parametrize("shape", SHAPES)
def test_clip(shape: tuple[int, ...]) -> None:
    """0 is black, 1 is white, what is beyond is clipped."""
    values = result(shape)
    got = display(values, "clip")
    assert_levels(got.rgb, grey_or_colour(values))
    assert (got.mode, got.low, got.high) == ("clip", 0, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_absolute(shape: tuple[int, ...]) -> None:
    """The sign is dropped before clipping."""
    values = result(shape)
    got = display(values, "absolute")
    assert_levels(got.rgb, np.abs(grey_or_colour(values)))
    assert (got.mode, got.low, got.high) == ("absolute", 0, 1)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != (1, 1)])
def test_rescale(shape: tuple[int, ...]) -> None:
    """The smallest number of all channels is black, the largest white."""
    values = result(shape)
    exact = grey_or_colour(values)
    got = display(values, "rescale")
    assert_levels(got.rgb, (exact - exact.min()) / (exact.max() - exact.min()))
    assert (got.low, got.high) == (exact.min(), exact.max())
    assert (got.rgb.min(), got.rgb.max()) == (0, 255)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [0.25, 1.0, 3.7])
def test_signed_colours_by_formula(shape: tuple[int, ...], scale: float) -> None:
    """The entry of the map is 127 + 127 x / scale, clipped and rounded, for the luminance x."""
    values = luminance(result(shape))
    got = display_signed(values, scale)
    exact = MIDDLE + np.clip(values.astype(np.float64) * MIDDLE / scale, -MIDDLE, MIDDLE)
    palette = diverging()
    below, above = palette[np.ceil(exact - 0.501).astype(int)], palette[np.floor(exact + 0.501).astype(int)]
    assert ((got.rgb == below).all(axis=2) | (got.rgb == above).all(axis=2)).all()
    assert got.rgb.shape == (*values.shape, 3)
    assert (got.mode, got.low, got.high) == ("signed", -scale, scale)


def test_the_sign_decides_the_colour() -> None:
    """Zero is neutral, opposite numbers stand opposite in the map, and beyond its ends it stays."""
    values = np.array([[0.0, -0.0, 2.0, -2.0, 1.2, -1.2, 9.0, -9.0]], np.float32)
    palette = diverging()
    got = display_signed(values, 2.0).rgb[0]
    entries = [MIDDLE, MIDDLE, 254, 0, MIDDLE + 76, MIDDLE - 76, 254, 0]
    np.testing.assert_array_equal(got, palette[entries])


@pytest.mark.parametrize("mirror", [1, -1])
@pytest.mark.parametrize("outlier", [1.0, 3.0, 1e4])
def test_signed_scale_is_a_quantile_within_limits(mirror: int, outlier: float) -> None:
    """99 of 100 pixels below the strongest colour, but at least an eighth of the largest number."""
    values = (mirror * result((50, 61))).astype(np.float32)
    values[3, 4] = outlier * 3
    exact = np.abs(values.astype(np.float64))
    usual, largest = np.quantile(exact, 0.99), exact.max()
    want = largest if usual <= largest / 64 else min(largest, max(usual, largest / 8))
    got = display(values, "signed")
    assert got.high == pytest.approx(want, rel=1e-6)
    assert got.low == -got.high
    np.testing.assert_array_equal(got.rgb, display_signed(values, got.high).rgb)


def test_a_single_answer_keeps_the_whole_scale() -> None:
    """Where nearly everything is zero, as for an impulse, the largest number has the strongest colour."""
    values = np.zeros((31, 33), np.float32)
    values[4, 5], values[6, 7] = 0.5, -0.1
    got = display(values, "signed")
    assert (got.low, got.high) == (-0.5, 0.5)
    np.testing.assert_array_equal(got.rgb[4, 5], diverging()[254])
    np.testing.assert_array_equal(got.rgb[6, 7], diverging()[MIDDLE - 25])
    np.testing.assert_array_equal(got.rgb[0, 0], diverging()[MIDDLE])


def test_a_large_picture_is_scaled_by_a_fair_sample() -> None:
    """Beyond 65,536 pixels the quantile comes from some of them: within 5 % of the quantile of all."""
    values = result((601, 799))
    assert display(values, "signed").high == pytest.approx(np.quantile(np.abs(values), 0.99), rel=0.05)


@pytest.mark.parametrize("shape", [(9, 13, 3), (4, 3, 3), (1, 1, 3)])
def test_luminance_is_rec_601(shape: tuple[int, ...]) -> None:
    """0.299 R + 0.587 G + 0.114 B by hand; the Y of scikit-image's YIQ is the same (to its 4 digits)."""
    values = result(shape)
    exact = values.astype(np.float64)
    want = 0.299 * exact[..., 0] + 0.587 * exact[..., 1] + 0.114 * exact[..., 2]
    got = luminance(values)
    assert (got.shape, got.dtype) == (shape[:2], np.float32)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-6)
    np.testing.assert_allclose(got, color.rgb2yiq(exact)[..., 0], rtol=0, atol=1e-4)


def test_signed_colour_results_show_their_luminance() -> None:
    """One map shows one number per pixel: (H, W, 3) looks like its luminance, (H, W, 1) like (H, W)."""
    values = result((9, 13, 3))
    np.testing.assert_array_equal(display(values, "signed").rgb, display(luminance(values), "signed").rgb)
    single = result((9, 13, 1))
    np.testing.assert_array_equal(display(single, "signed").rgb, display(single[:, :, 0], "signed").rgb)


def test_a_reduced_copy_keeps_the_scale_of_the_whole() -> None:
    """With `low` and `high` of the whole, a pixel that survives the reduction keeps its levels."""
    values = result((8, 12, 3))
    part, low, high = values[:2, :3], float(values.min()), float(values.max())
    whole = display(values, "rescale")
    got = display(part, "rescale", low=low, high=high)
    np.testing.assert_array_equal(got.rgb, whole.rgb[:2, :3])
    assert (got.low, got.high) == (low, high)
    # All pixels alike: the quantile is the value itself, and the limits come from the whole.
    flat = np.full((4, 4), 0.01, np.float32)
    assert display(flat, "signed", low=-1.0, high=0.1).high == pytest.approx(1.0)
    assert display(flat, "signed", low=-0.01, high=0.05).high == pytest.approx(0.01)
    assert display(flat, "signed", low=-0.16, high=0.1).high == pytest.approx(0.02)


@pytest.mark.parametrize("level", [0.0, 0.5, -3.0])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_flat_pictures(shape: tuple[int, ...], level: float) -> None:
    """A flat picture has no range: grey when rescaled; signed, the strongest colour or neutral zero."""
    values = np.full(shape, level, np.float32)
    rescaled = display(values, "rescale")
    assert rescaled.rgb.shape == grey_or_colour(values).shape
    assert (np.unique(rescaled.rgb).tolist(), rescaled.low, rescaled.high) == ([128], level, level)
    signed = display(values, "signed")
    entry = MIDDLE + int(np.sign(level)) * MIDDLE
    np.testing.assert_array_equal(signed.rgb, np.broadcast_to(diverging()[entry], (5, 7, 3)))
    assert signed.high == pytest.approx(abs(level))


@pytest.mark.parametrize("mode", shown.MODES)
def test_extreme_numbers(mode: str) -> None:
    """Numbers beyond 32-bit integers clip, the smallest float32 keeps its sign; nothing overflows."""
    huge = np.array([[1e12, -1e12, 9e6, -9e6, 0.0, 1e12]] * 3, np.float32)
    exact = huge.astype(np.float64)
    if mode == "signed":
        np.testing.assert_array_equal(display(huge, mode).rgb[0, :2], diverging()[[254, 0]])
        np.testing.assert_array_equal(display_signed(huge, 1.0).rgb[0, :4], diverging()[[254, 0, 254, 0]])
        tiny = np.array([[1e-42, -1e-42, 0.0]], np.float32)
        np.testing.assert_array_equal(display(tiny, mode).rgb[0], diverging()[[254, 0, MIDDLE]])
        return
    share = {"clip": exact, "absolute": np.abs(exact), "rescale": (exact + 1e12) / 2e12}[mode]
    assert_levels(display(huge, mode).rgb, share)


def test_unknown_modes_are_refused() -> None:
    """The error names the modes there are."""
    with pytest.raises(ParameterError, match="signed, clip, absolute, rescale") as caught:
        display(result((3, 3)), "negative")
    assert caught.value.name == "mode"


@pytest.mark.parametrize("factor", [2, 3, 5])
@pytest.mark.parametrize("shape", [(6, 4), (5, 3, 1), (3, 7, 3), (1, 2)])
def test_fit_by_a_whole_factor_takes_block_means(shape: tuple[int, ...], factor: int) -> None:
    """Each pixel is the mean of the block that it stands for (scikit-image's downscale_local_mean)."""
    values = result((shape[0] * factor, shape[1] * factor, *shape[2:]))
    got = fit(values, max(shape[:2]))
    blocks = (factor, factor, 1)[: values.ndim]
    want = transform.downscale_local_mean(values.astype(np.float64), blocks)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 90),
    columns=st.integers(1, 90),
    longest=st.integers(1, 100),
    channels=st.sampled_from([0, 1, 3]),
)
def test_fit_keeps_proportions_and_never_enlarges(rows: int, columns: int, longest: int, channels: int) -> None:
    """The longer side becomes `longest`, the other follows to half a pixel; smaller pictures stay."""
    shape = (rows, columns, channels) if channels else (rows, columns)
    values = result(shape)
    before = values.copy()
    got = fit(values, longest)
    np.testing.assert_array_equal(values, before)
    assert got.shape[2:] == shape[2:]
    if longest >= max(rows, columns):
        np.testing.assert_array_equal(got, values)
        return
    assert max(got.shape[:2]) == longest
    ratio = longest / max(rows, columns)
    for side, old in zip(got.shape[:2], (rows, columns), strict=True):
        assert side == 1 or abs(side - old * ratio) <= 0.5 + 1e-9
    # A mean never leaves the range of what it averages; a flat picture stays flat, to sums in float32.
    assert got.min() >= values.min() - 1e-5
    assert got.max() <= values.max() + 1e-5
    np.testing.assert_allclose(fit(np.full_like(values, 0.3), longest), 0.3, rtol=2e-5)


@pytest.mark.parametrize("longest", [40, 23, 10])
def test_fit_keeps_the_mean(longest: int) -> None:
    """Area averaging weights every pixel by the area it covers: the mean of the picture stays."""
    values = result((40, 40))
    assert fit(values, longest).mean() == pytest.approx(values.mean(), abs=1e-5)


def test_directions_are_scaled_by_the_strongest_edge() -> None:
    """The brightest colour belongs to the largest magnitude; a picture without edges is black."""
    angle = np.zeros((3, 4), np.float32)
    magnitude = np.array([[0, 1, 2, 4]] * 3, np.float32)
    got = display_directions(angle, magnitude)
    assert (got.mode, got.low, got.high) == ("hue", 0, 4)
    np.testing.assert_allclose(got.rgb[..., 0], [[0, 64, 128, 255]] * 3, atol=1)
    assert not got.rgb[..., 1:].any()
    assert not display_directions(angle, np.zeros_like(magnitude)).rgb.any()


def test_reduced_directions_average_colours() -> None:
    """Half red and half cyan (0 and pi) average to grey, where the mean angle would be a third colour."""
    angle = np.array([[0, np.pi], [np.pi, 0]], np.float32)
    got = fit(display_directions(angle, np.ones_like(angle)).rgb, 1)
    np.testing.assert_allclose(got, [[[127.5] * 3]], atol=1)


@pytest.mark.parametrize("mode", shown.MODES)
@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 1), (8, 6, 3)])
def test_arguments_are_left_alone(mode: str, shape: tuple[int, ...]) -> None:
    """The result of a filter is shared by a cache: read-only arrays are welcome and stay as they are."""
    values = result(shape)
    before = values.copy()
    values.setflags(write=False)
    display(values, mode)
    fit(values, 3)
    np.testing.assert_array_equal(values, before)
