"""Spectra as levels: energy is averaged where it belongs, and levels say what they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.figures.spectra import GRID, log_levels, reduced


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every test."""
    return np.random.default_rng(7)


def centred_power(picture: np.ndarray) -> np.ndarray:
    """|X|^2 with zero frequency in the middle."""
    return np.abs(np.fft.fftshift(np.fft.fft2(picture))) ** 2


@pytest.mark.parametrize("size", [(256, 256), (512, 384), (301, 700), (64, 100), (1, 5)])
def test_a_flat_spectrum_stays_flat(size: tuple[int, int]) -> None:
    """White noise has the same energy everywhere: averaging equal numbers changes nothing."""
    np.testing.assert_allclose(reduced(np.full(size, 3.0)), 3.0)


def test_a_transform_of_the_grids_size_is_left_alone(rng: np.random.Generator) -> None:
    """256 x 256 frequencies are those of the grid."""
    power = centred_power(rng.random((GRID, GRID)))
    np.testing.assert_allclose(reduced(power), power, rtol=1e-12)


@pytest.mark.parametrize("size", [(512, 512), (300, 257), (90, 1000)])
def test_a_wave_lies_at_its_frequency(size: tuple[int, int]) -> None:
    """A grating's two peaks are found at the grid points nearest to f and -f."""
    row, column = 0.1875, -0.0625  # multiples of 1/16: on the grid, and near a frequency of every size
    r, c = np.mgrid[: size[0], : size[1]]
    wave = np.cos(2 * np.pi * (row * r + column * c)) * np.hanning(size[0])[:, None] * np.hanning(size[1])
    found = reduced(centred_power(wave))
    peak = np.unravel_index(int(found.argmax()), found.shape)
    frequency = (np.array(peak) - GRID // 2) / GRID
    tolerance = 0.5 / np.array(size) + 1 / GRID
    assert (np.abs(np.abs(frequency) - np.abs([row, column])) <= tolerance).all()
    assert np.sign(frequency[0]) != np.sign(frequency[1])


def test_f_and_minus_f_stay_equal(rng: np.random.Generator) -> None:
    """A real picture's energy is the same at f and -f, and so is what is shown; -0.5 is its own mirror image."""
    found = reduced(centred_power(rng.random((300, 411))))
    inner = found[1:, 1:]
    np.testing.assert_allclose(inner, inner[::-1, ::-1], rtol=1e-9)


def test_levels_can_be_read_back(rng: np.random.Generator) -> None:
    """Level n stands for 10 ** (low + n / 255 (high - low)): half a level is 3 % of the amplitude."""
    power = 10.0 ** rng.uniform(-4, 6, (GRID, GRID))
    found = log_levels(power)
    decades = found.low + found.levels / 255 * (found.high - found.low)
    shown = np.log10(power) / 2 >= found.low
    np.testing.assert_allclose(decades[shown], np.log10(power[shown]) / 2, atol=0.5 * 6 / 255 + 1e-9)
    assert (found.levels[~shown] == 0).all()
    assert found.high == pytest.approx(np.log10(power.max()) / 2)


def test_a_given_top_is_kept_and_darkness_is_black() -> None:
    """Two spectra on one scale; of nothing at all every level is 0."""
    found = log_levels(np.full((GRID, GRID), 100.0), high=3.0)
    assert (found.low, found.high) == (-3.0, 3.0)
    assert (found.levels == round((1 + 3) / 6 * 255)).all()
    assert (log_levels(np.zeros((GRID, GRID))).levels == 0).all()
