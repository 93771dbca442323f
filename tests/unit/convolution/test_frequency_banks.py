"""Gabor banks, parallel kernels and 1 x 1 convolutions against closed forms, PyTorch and NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, optimize

from cnnviz.convolution import kernels
from cnnviz.convolution.frequency.banks import BANK_PARAMETERS, contour, gabor_bank, mix, parallel
from cnnviz.errors import KernelError, ParameterError

torch.set_num_threads(1)


def gain(weights: np.ndarray, row: float, column: float) -> float:
    """|H| by its definition, a sum over the weights."""
    y, x = np.mgrid[: weights.shape[0], : weights.shape[1]]
    return abs((weights * np.exp(-2j * np.pi * (row * y + column * x))).sum())


@pytest.mark.parametrize("octaves", [0.8, 1.0, 1.3])
def test_a_bank_has_the_wavelengths_directions_and_bandwidth_asked_for(octaves: float) -> None:
    """Where the kernel holds the whole envelope: Daugman's formula, measured at the half-peak points."""
    for each in gabor_bank(5, (3.5, 6.0), octaves):
        assert each.contour.frequency == pytest.approx(1 / each.wavelength, rel=0.01)
        assert each.contour.direction == pytest.approx(each.angle, abs=0.5)
        assert each.contour.octaves == pytest.approx(octaves, rel=0.05)
        assert each.contour.gain == pytest.approx(gain(each.kernel.weights, *each.contour.peak))


def test_the_bank_is_complete_and_in_order() -> None:
    """Every wavelength with every direction, on the grid asked for; gains are the transform's."""
    bank = gabor_bank(4, (3, 6, 12), size=(32, 45))
    assert [(each.wavelength, each.angle) for each in bank] == [(w, 45.0 * k) for w in (3, 6, 12) for k in range(4)]
    for each in bank:
        want = np.abs(fft.fftshift(fft.fft2(each.kernel.weights, (32, 45))))
        np.testing.assert_allclose(each.gains, want, atol=1e-9)
        assert each.kernel == kernels.get("gabor", **each.kernel.parameters)


def test_an_odd_gabor_passes_nothing_at_zero() -> None:
    """Phase 90 degrees is a sine: no mean, a peak all the same."""
    for each in gabor_bank(3, (5,), phase=90):
        assert each.gains[64, 64] == pytest.approx(0, abs=1e-9)
        assert each.contour.direction == pytest.approx(each.angle, abs=0.5)


@pytest.mark.parametrize("weights", [kernels.get(key).weights for key in kernels.names()], ids=kernels.names())
def test_the_peak_is_the_maximum(weights: np.ndarray) -> None:
    """No frequency that SciPy's brute force and polishing find has a larger gain."""
    found = contour(weights)
    best = optimize.brute(lambda f: -gain(weights, *f), ((-0.5, 0.5), (0, 0.5)), Ns=40, full_output=True)
    assert found.gain >= -best[1] * (1 - 1e-9)
    assert found.gain == pytest.approx(gain(weights, *found.peak))
    assert found.peak[1] >= 0
    assert found.frequency == pytest.approx(math.hypot(*found.peak))


@pytest.mark.parametrize("key", ["gabor", "laplacian_of_gaussian", "gaussian", "difference_of_gaussians"])
def test_the_half_points_are_at_half_of_the_peak(key: str) -> None:
    """On the ray through the peak the gain there is one half, and above between them."""
    weights = kernels.get(key).weights
    found = contour(weights)
    row, column = found.peak if found.frequency > 0 else (0.0, 1.0)
    length = math.hypot(row, column)
    for point in (found.low, found.high):
        if point is not None:
            assert gain(weights, point * row / length, point * column / length) == pytest.approx(
                found.gain / 2, rel=0.01
            )
    middle = np.linspace(found.low or 0.0, found.high or found.frequency, 50)[1:-1]
    assert min(gain(weights, f * row / length, f * column / length) for f in middle) > found.gain / 2


def test_contours_of_kernels_without_a_band() -> None:
    """A blur has no lower end and no octaves; the identity neither end; zeros have nothing."""
    blur = contour(kernels.get("gaussian", size=9, sigma=1.5).weights)
    assert (blur.peak, blur.direction, blur.low, blur.octaves) == ((0, 0), None, None, None)
    assert blur.high == pytest.approx(math.sqrt(2 * math.log(2)) / (2 * math.pi * 1.5), rel=0.01)
    same = contour([[1.0]])
    assert (same.gain, same.peak, same.low, same.high) == (1, (0, 0), None, None)
    assert contour(np.zeros((3, 4))).gain == 0
    upright = contour([[1.0], [-1.0]])
    assert upright.peak == (0.5, 0)
    assert upright.direction == 90


def test_parallel_branches_share_one_grid_and_one_scale() -> None:
    """1 x 1, 3 x 3 and 5 x 5: all pass zero alike, the larger the kernel the less of the rest."""
    found = parallel(size=(31, 40))
    assert found.sizes == ((1, 1), (3, 3), (5, 5))
    assert found.gains.shape == (3, 31, 40)
    assert found.largest == pytest.approx(1)
    np.testing.assert_allclose(found.gains[:, 15, 20], 1)
    assert found.half[0] is None
    assert found.half[2] < found.half[1] < 0.5
    assert np.all(found.gains[2] <= found.gains[1] + 1e-12)
    for place, half in enumerate(found.half[1:], 1):
        weights = kernels.get("gaussian", size=2 * place + 1, sigma=(0.8, 1.1)[place - 1]).weights
        assert gain(weights, 0, half) == pytest.approx(0.5, abs=1e-3)


def test_parallel_takes_any_kernels() -> None:
    """Every gain is the transform's; a kernel without a mean has no half."""
    given_kernels = [kernels.get("sobel_x").weights, np.ones((2, 5)), [[3.0]]]
    found = parallel(given_kernels, 24)
    for weights, gains in zip(given_kernels, found.gains, strict=True):
        np.testing.assert_allclose(gains, np.abs(fft.fftshift(fft.fft2(weights, (24, 24)))), atol=1e-12)
    assert found.largest == found.gains.max() == pytest.approx(10)
    assert found.sizes == ((3, 3), (2, 5), (1, 1))
    assert found.half[0] is None


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 12), columns=st.integers(1, 12), channels=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_spectrum_of_a_mix_is_the_mix_of_the_spectra(rows: int, columns: int, channels: int, seed: int) -> None:
    """Linearity, to rounding; the picture is what torch's 1 x 1 convolution makes."""
    rng = np.random.default_rng(seed)
    x, weights = rng.random((rows, columns, channels), dtype=np.float32), rng.standard_normal(channels)
    found = mix(x, weights)
    assert found.largest_difference < 1e-12
    np.testing.assert_allclose(found.spectrum, found.summed, atol=1e-10)
    np.testing.assert_allclose(found.spectrum, fft.fftshift(fft.fft2(found.picture)), atol=1e-10)
    planes = torch.tensor(x, dtype=torch.float64).permute(2, 0, 1)[None]
    want = torch.nn.functional.conv2d(planes, torch.tensor(weights)[None, :, None, None])[0, 0].numpy()
    np.testing.assert_allclose(found.picture, want, atol=1e-12)


def test_channels_that_cancel_leave_nothing() -> None:
    """Equal channels with opposite weights: a spectrum of zeros, and no division by it."""
    found = mix(np.ones((4, 5, 2)), [1, -1])
    assert not found.picture.any()
    assert found.largest_difference == 0


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("orientations", lambda: gabor_bank(0)),
        ("orientations", lambda: gabor_bank(17)),
        ("wavelengths", lambda: gabor_bank(2, ())),
        ("wavelengths", lambda: gabor_bank(2, [4.0] * 9)),
        ("wavelength", lambda: gabor_bank(2, (1.0,))),
        ("wavelength", lambda: gabor_bank(2, ("4",))),
        ("sigma", lambda: gabor_bank(2, (31.0,), 0.5)),
        ("octaves", lambda: gabor_bank(2, (4.0,), 0.0)),
        ("aspect", lambda: gabor_bank(2, (4.0,), aspect=math.nan)),
        ("size", lambda: gabor_bank(2, (4.0,), size=0)),
        ("weights", lambda: parallel([])),
        ("weights", lambda: parallel([[[1.0]]] * 65)),
        ("size", lambda: parallel(size=(4, 5000))),
        ("pixels", lambda: mix(np.zeros((4, 4)), [1])),
        ("weights", lambda: mix(np.zeros((4, 4, 3)), [1, 2])),
        ("weights", lambda: mix(np.zeros((4, 4, 2)), [1, math.nan])),
        ("weights", lambda: mix(np.zeros((4, 4, 2)), ["a", "b"])),
    ],
)
def test_what_is_not_legal_is_named(name: str, call: object) -> None:
    """Each error names its parameter."""
    with pytest.raises(ParameterError) as caught:
        call()
    assert caught.value.name == name


def test_hostile_kernels_are_refused() -> None:
    """Too large, not finite, not a table."""
    for weights in (np.ones((32, 1)), [[np.nan]], [1.0, 2.0]):
        with pytest.raises(KernelError):
            contour(weights)
        with pytest.raises(KernelError):
            parallel([weights])


def test_parameters_have_legal_defaults() -> None:
    """What a page shows first is legal."""
    for parameter in BANK_PARAMETERS:
        assert parameter.check(parameter.default) == parameter.default
