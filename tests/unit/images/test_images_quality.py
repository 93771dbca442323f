"""PSNR by its formula, SSIM against scikit-image."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from cnnviz.errors import ParameterError
from cnnviz.images import Image, noise, quality, samples


@pytest.fixture(scope="module", params=["coffee", "camera"])
def pair(request: pytest.FixtureRequest) -> tuple[Image, Image]:
    """A cut of a sample, odd-sized, and the same with noise; in colour and in grey."""
    image = samples.load(request.param)
    clean = Image.from_levels(image.levels[50:151, 40:173], "clean")
    return clean, noise.add(clean, "gaussian", 0.08)


def test_psnr_and_ssim_are_scikit_images(pair: tuple[Image, Image]) -> None:
    """All channels for the one, the luminance for the other."""
    clean, noisy = pair
    measured = quality.compare(clean, noisy)
    one, other = (image.pixels.astype(np.float64) for image in pair)
    assert measured.psnr == pytest.approx(peak_signal_noise_ratio(one, other, data_range=1.0), abs=1e-9)
    assert measured.psnr == pytest.approx(-10 * math.log10(np.mean((one - other) ** 2)), abs=1e-9)
    expected = structural_similarity(
        one @ [0.299, 0.587, 0.114],
        other @ [0.299, 0.587, 0.114],
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
    )
    assert measured.ssim == pytest.approx(expected, abs=1e-5)
    assert quality.compare(noisy, clean).psnr == measured.psnr


def test_ssim_by_its_definition() -> None:
    """On one window of 11 x 11 it is equation 13 of Wang et al. (2004), with C1 = 0.01^2 and C2 = 0.03^2."""
    rng = np.random.default_rng(0)
    clean = Image.from_array(rng.random((11, 11)), "clean", depth=16)
    other = Image.from_array(rng.random((11, 11)), "other", depth=16)
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    x, y = clean.pixels[..., 0].astype(np.float64), other.pixels[..., 0].astype(np.float64)
    mx, my = (weights * x).sum(), (weights * y).sum()
    vx, vy = (weights * x * x).sum() - mx**2, (weights * y * y).sum() - my**2
    covariance = (weights * x * y).sum() - mx * my
    expected = (2 * mx * my + 1e-4) * (2 * covariance + 9e-4)
    expected /= (mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4)
    assert quality.compare(clean, other).ssim == pytest.approx(expected, abs=1e-6)


def test_equal_pictures_have_no_distance(pair: tuple[Image, Image]) -> None:
    """Infinite PSNR and an SSIM of 1."""
    assert quality.compare(pair[0], pair[0]) == quality.Quality(math.inf, 1.0)


def test_a_shift_of_grey_has_the_psnr_of_the_formula() -> None:
    """Every pixel off by 51 of 255: 10 log10(1 / 0.2^2) = 13.979 dB."""
    one = Image.from_levels(np.full((20, 13), 100, np.uint8), "one")
    other = Image.from_levels(np.full((20, 13), 151, np.uint8), "other")
    assert quality.compare(one, other).psnr == pytest.approx(13.9794, abs=1e-4)


@pytest.mark.parametrize(("size", "known"), [((10, 30), False), ((30, 10), False), ((11, 11), True)])
def test_ssim_needs_its_window(size: tuple[int, int], known: bool) -> None:
    """Pictures smaller than 11 x 11 have a PSNR only."""
    one = Image.from_levels(np.zeros(size, np.uint8), "one")
    other = Image.from_levels(np.full(size, 9, np.uint8), "other")
    measured = quality.compare(one, other)
    assert (measured.ssim is not None) is known
    assert math.isfinite(measured.psnr)


def test_different_sizes_are_refused() -> None:
    """A crop cannot be compared; the error gives both sizes."""
    one = Image.from_levels(np.zeros((20, 30), np.uint8), "one")
    other = Image.from_levels(np.zeros((30, 20), np.uint8), "other")
    with pytest.raises(ParameterError, match="size is 30 × 20, but must be 20 × 30"):
        quality.compare(one, other)
