"""The spectrum of a picture against NumPy, Parseval and SciPy's windows."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.companions import luminance
from cnnviz.convolution.frequency import axis
from cnnviz.convolution.frequency.spectrum import WINDOWS, transform, window_weights
from cnnviz.errors import ParameterError

SHAPES = [(1, 1), (1, 7), (8, 1), (16, 16), (15, 16), (16, 15), (17, 19), (12, 10, 3), (9, 11, 1), (7, 8, 5)]


def picture(*shape: int) -> np.ndarray:
    """Pixels from 0 to 1."""
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def centred(x: np.ndarray) -> np.ndarray:
    """NumPy's transform in float64, zero in the middle."""
    return np.fft.fftshift(np.fft.fft2(x.astype(np.float64), axes=(0, 1)), axes=(0, 1))


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_numpys_transform(shape: tuple[int, ...]) -> None:
    """The kept half is rfft2, the centred whole fft2; magnitudes likewise; float32 to 1e-6 of the sum of pixels."""
    x = picture(*shape)
    found, expected, tolerance = transform(x), centred(x), 1e-6 * x.size
    np.testing.assert_allclose(found.values, np.fft.rfft2(x, axes=(0, 1)), atol=tolerance)
    np.testing.assert_allclose(found.centred(), expected, atol=tolerance)
    np.testing.assert_allclose(found.magnitude, np.abs(expected), atol=tolerance)
    np.testing.assert_allclose(found.log_magnitude, np.log(1 + np.abs(expected)), atol=tolerance)
    assert found.values.dtype == np.complex64
    assert found.magnitude.dtype == found.log_magnitude.dtype == np.float32
    assert found.magnitude.shape == shape
    np.testing.assert_array_equal(found.rows, axis(shape[0]))
    np.testing.assert_array_equal(found.columns, axis(shape[1]))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.sampled_from([(), (1,), (3,)]), st.sampled_from(WINDOWS))
def test_parseval(rows: int, columns: int, channels: tuple[int, ...], window: str) -> None:
    """Both counts of the energy are that of the faded picture in float64."""
    found = transform(picture(rows, columns, *channels), window=window).parseval
    fading = np.outer(window_weights(window, rows), window_weights(window, columns))
    faded = picture(rows, columns, *channels) * fading.reshape(rows, columns, *[1] * len(channels))
    assert found.pixels == pytest.approx((faded.astype(np.float64) ** 2).sum(), rel=1e-5, abs=1e-9)
    assert found.spectrum == pytest.approx(found.pixels, rel=1e-5, abs=1e-9)


def test_a_wave_is_two_points() -> None:
    """A wave of 5 cycles down and 3 to the left: half of its energy at (5, -3) and at (-5, 3), nothing elsewhere."""
    i, j = np.mgrid[:32, :40]
    found = transform(np.cos(2 * np.pi * (5 * i / 32 - 3 * j / 40)))
    peaks = np.argwhere(found.magnitude > 1e-3 * 32 * 40)
    places = {(round(found.rows[r] * 32), round(found.columns[c] * 40)) for r, c in peaks}
    assert places == {(5, -3), (-5, 3)}
    assert found.magnitude.max() == pytest.approx(32 * 40 / 2, rel=1e-5)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman"])
@pytest.mark.parametrize("size", [2, 3, 8, 33])
def test_windows_are_scipys(window: str, size: int) -> None:
    """get_window, which is periodic by default."""
    np.testing.assert_allclose(window_weights(window, size), scipy.signal.get_window(window, size), atol=1e-12)
    assert window_weights(window, 1).tolist() == [1]


def test_a_window_removes_the_cross() -> None:
    """A ramp from left to right jumps at the edge: energy at high frequencies, which Hann takes away."""
    ramp = np.tile(np.linspace(0, 1, 64), (64, 1))
    plain, faded = transform(ramp), transform(ramp, window="hann")
    np.testing.assert_allclose(faded.pixels, ramp * np.outer(*[scipy.signal.get_window("hann", 64)] * 2), atol=1e-6)
    high = np.abs(plain.columns) > 0.25
    assert faded.magnitude[32, high].max() < 0.01 * plain.magnitude[32, high].max()
    assert (plain.window, faded.window) == ("none", "hann")


def test_luminance() -> None:
    """One transform of the brightness instead of three."""
    x = picture(12, 15, 3)
    found = transform(x, "luminance")
    np.testing.assert_allclose(found.centred(), centred(luminance(x)), atol=1e-4)
    np.testing.assert_array_equal(transform(x[..., 0], "luminance").values, transform(x[..., 0]).values)
    with pytest.raises(ParameterError):
        transform(picture(4, 4, 5), "luminance")


def test_the_picture_is_read_only_here_and_untouched_there() -> None:
    """The record cannot be written to; the caller's array still can."""
    x = picture(8, 8)
    found = transform(x)
    for array in (found.values, found.pixels):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
    x[0, 0] = 0.5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite(bad: float) -> None:
    """One bad pixel would spoil every frequency, so it is refused."""
    x = picture(6, 7, 3)
    x[3, 2, 1] = bad
    with pytest.raises(ParameterError, match="finite"):
        transform(x)


def test_arguments_that_are_none() -> None:
    """Unknown names, arrays that are no pictures."""
    for call in (
        lambda: transform(picture(4, 4), "red"),
        lambda: transform(picture(4, 4), window="flat top"),
        lambda: transform(np.zeros((0, 3))),
        lambda: transform(np.zeros(5)),
        lambda: window_weights("kaiser", 4),
    ):
        with pytest.raises(ParameterError):
            call()
