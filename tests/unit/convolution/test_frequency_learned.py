"""Whole layers against a loop over kernels with NumPy's full transform, and against kernels that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import kernels
from cnnviz.convolution.frequency import learned
from cnnviz.convolution.frequency.learned import (
    DIRECTIONS,
    analyse,
    by_direction,
    by_frequency,
    direction_shares,
    grid_for,
)
from cnnviz.errors import ParameterError, WorkError

torch.set_num_threads(1)


def layer(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Normal weights, as a layer has before training."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def expected(energy: np.ndarray) -> dict[str, object]:
    """The numbers of one energy |H|^2 of shape (R, C) in the order of `fft2`, one frequency after the other."""
    rows, columns = (np.fft.fftfreq(side) for side in energy.shape)
    bands, sectors = np.zeros(3), np.zeros(8)
    for r, c in np.ndindex(energy.shape):
        distance = math.hypot(rows[r], columns[c])
        bands[0 if distance < 0.125 - 1e-9 else 1 if distance < 0.25 - 1e-9 else 2] += energy[r, c]
        if distance > 0:
            # Written twice for the edges, where f and -f are both the same row (or column) and belong to two sectors.
            for turn in (1, -1):
                down = turn * rows[r] if abs(rows[r]) < 0.5 else -0.5
                right = turn * columns[c] if abs(columns[c]) < 0.5 else -0.5
                angle = math.degrees(math.atan2(down, right)) % 180
                sectors[int((angle + 11.25 + 1e-9) // 22.5) % 8] += energy[r, c] / 2
    return {
        "peak_gain": math.sqrt(energy.max()),
        "zero_gain": math.sqrt(energy[0, 0]),
        "bands": bands / energy.sum(),
        "directions": sectors / sectors.sum(),
    }


@pytest.mark.parametrize("size", [(16, 16), (9, 12), (12, 9), (7, 7)])
@pytest.mark.parametrize("shape", [(3, 2, 3, 3), (2, 3, 5, 2), (1, 1, 7, 7), (4, 1, 1, 4)])
def test_every_kernel_is_analysed_as_if_it_were_alone(shape: tuple[int, ...], size: tuple[int, int]) -> None:
    """Gains, shares of bands and directions: a loop with `fft2` and the definitions."""
    weights = layer(shape)
    found = analyse(weights, size)
    for place in np.ndindex(shape[:2]):
        energy = np.abs(np.fft.fft2(weights[place].astype(float), size)) ** 2
        for name, want in expected(energy).items():
            np.testing.assert_allclose(getattr(found.kernels, name)[place], want, atol=1e-9, err_msg=name)
        row, column = found.kernels.peak_frequency[place]
        at = round(row * size[0]) % size[0], round(column * size[1]) % size[1]
        assert energy[at] == pytest.approx(energy.max())
        assert 0 <= column <= 0.5
        assert -0.5 <= row <= 0.5
        assert found.kernels.radial_frequency[place] == pytest.approx(math.hypot(row, column))
    for output in range(shape[0]):
        energy = (np.abs(np.fft.fft2(weights[output].astype(float), size)) ** 2).sum(axis=0)
        for name, want in expected(energy).items():
            np.testing.assert_allclose(getattr(found.filters, name)[output], want, atol=1e-9, err_msg=name)


def test_a_layer_of_gabors_comes_back_with_its_wavelengths_and_angles() -> None:
    """Within the step of the grid, 1 / 64 cycles per pixel."""
    wavelengths, angles = (3.0, 5.5, 9.0), np.arange(0, 180, 22.5)
    build = [
        [kernels.get("gabor", size=15, wavelength=w, angle=a, sigma=0.5 * w, aspect=1).weights for a in angles]
        for w in wavelengths
    ]
    found = analyse(build).kernels
    for i, wavelength in enumerate(wavelengths):
        for j, angle in enumerate(angles):
            want = np.array([math.sin(math.radians(angle)), math.cos(math.radians(angle))]) / wavelength
            got = found.peak_frequency[i, j]
            assert min(np.abs(got - want).max(), np.abs(got + want).max()) <= 1 / 64
            assert found.directions[i, j].argmax() == j
            turned = abs(found.direction[i, j] - angle) % 180
            assert min(turned, 180 - turned) <= math.degrees(wavelength / 64)
    assert found.bands[:, 0].argmax(axis=1).tolist() == [2, 1, 0]
    np.testing.assert_allclose(direction_shares(found), 1 / 8)
    assert [int(place[0]) for place in by_frequency(found)] == [2] * 8 + [1] * 8 + [0] * 8
    assert [int(place[1]) for place in by_direction(found)] == np.repeat(np.arange(8), 3).tolist()


@pytest.mark.parametrize(
    ("key", "direction", "frequency"),
    [("sobel_x", 0.0, 0.25), ("sobel_y", 90.0, 0.25), ("laplacian", 45.0, math.sqrt(0.5)), ("box", None, 0.0)],
)
def test_known_kernels(key: str, direction: float | None, frequency: float) -> None:
    """Sobel X peaks at a quarter along the columns; the Laplacian at the fastest checkerboard; a blur at zero."""
    found = analyse(kernels.get(key).weights[None, None]).kernels
    assert found.radial_frequency[0, 0] == pytest.approx(frequency)
    if direction is None:
        assert np.isnan(found.direction[0, 0])
    else:
        assert found.direction[0, 0] == pytest.approx(direction)
    assert found.zero_gain[0, 0] == pytest.approx(abs(kernels.get(key).weights.sum()), abs=1e-12)


def test_a_flat_response_peaks_at_zero_and_zeros_have_nothing() -> None:
    """One weight passes everything alike, wherever it stands; a kernel of zeros passes nothing, without a warning."""
    weights = np.zeros((3, 1, 5, 5))
    weights[0, 0, 2, 2] = -2
    weights[1, 0, 4, 1] = 3
    found = analyse(weights)
    np.testing.assert_allclose(found.kernels.peak_gain.ravel(), [2, 3, 0])
    np.testing.assert_array_equal(found.kernels.peak_frequency, 0)
    assert np.isnan(found.kernels.direction).all()
    assert not direction_shares(found.kernels).any()
    np.testing.assert_allclose(found.kernels.bands.sum(axis=-1).ravel(), [1, 1, 0])
    np.testing.assert_allclose(found.kernels.directions.sum(axis=-1).ravel(), [1, 1, 0])


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)),
    size=st.tuples(st.integers(6, 20), st.integers(6, 20)),
    scale=st.floats(1e-3, 1e3),
)
def test_laws(shape: tuple[int, int, int, int], size: tuple[int, int], scale: float) -> None:
    """Shares add up to 1; flipping changes nothing, scaling only gains; transposing swaps rows and columns."""
    weights = layer(shape).astype(np.float64)
    found, scaled = analyse(weights, size).kernels, analyse(-scale * weights, size).kernels
    flipped, turned = (
        analyse(weights[..., ::-1, ::-1], size).kernels,
        analyse(weights.swapaxes(2, 3), size[::-1]).kernels,
    )
    np.testing.assert_allclose(found.bands.sum(axis=-1), 1)
    np.testing.assert_allclose(scaled.peak_gain, scale * found.peak_gain)
    np.testing.assert_allclose(scaled.bands, found.bands, atol=1e-12)
    np.testing.assert_allclose(flipped.directions, found.directions, atol=1e-12)
    np.testing.assert_allclose(flipped.peak_gain, found.peak_gain)
    np.testing.assert_allclose(turned.bands, found.bands, atol=1e-12)
    np.testing.assert_allclose(turned.peak_gain, found.peak_gain)
    np.testing.assert_allclose(turned.radial_frequency, found.radial_frequency)


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernel by kernel, or all at once: the same numbers, for many inputs and for many outputs."""
    weights = layer((7, 5, 3, 3))
    whole = analyse(weights, 16)
    monkeypatch.setattr(learned, "_CHUNK", 300)  # two kernels at a time
    parts = analyse(weights, 16)
    for name in vars(whole.kernels):
        np.testing.assert_allclose(getattr(parts.kernels, name), getattr(whole.kernels, name), atol=1e-12)
        np.testing.assert_allclose(getattr(parts.filters, name), getattr(whole.filters, name), atol=1e-12)


def test_a_torch_layer_and_half_precision_are_read() -> None:
    """Weights of torch as arrays; float16 gives the numbers of its values in float64."""
    weights = torch.nn.Conv2d(3, 8, 7).weight.detach().half().numpy()
    assert weights.dtype == np.float16
    found, want = analyse(weights), analyse(weights.astype(np.float64))
    np.testing.assert_array_equal(found.kernels.bands, want.kernels.bands)
    assert found.shape == (8, 3, 7, 7)
    assert found.kernels.peak_gain.shape == (8, 3)
    assert found.filters.directions.shape == (8, 8)


def test_sorting_reaches_every_kernel_once_and_puts_the_undirected_last() -> None:
    """Frequencies rise, directions rise, kernels that peak at zero have no direction."""
    weights = np.concatenate((layer((20, 3, 3, 3)), np.ones((2, 3, 3, 3), np.float32)))
    found = analyse(weights).kernels
    places = by_frequency(found)
    assert len({tuple(place) for place in places}) == 66
    frequencies = found.radial_frequency[tuple(places.T)]
    assert np.all(np.diff(frequencies) >= 0)
    directions = found.direction[tuple(by_direction(found).T)]
    assert np.isnan(directions[-6:]).all()
    known = directions[~np.isnan(directions)]
    assert np.all(np.diff(known) >= 0)
    assert np.isnan(directions[len(known) :]).all()
    assert by_frequency(analyse(weights).filters).shape == (22, 1)


def test_shares_of_directions_are_counts() -> None:
    """Each direction goes to the nearest middle of a sector, over 180 degrees back to the first."""
    found = analyse(layer((40, 2, 5, 5))).kernels
    known = found.direction[~np.isnan(found.direction)]
    away = np.abs(known[:, None] - np.array([*DIRECTIONS, 180.0]))
    want = np.bincount(away.argmin(axis=1) % 8, minlength=8) / len(known)
    np.testing.assert_allclose(direction_shares(found), want)


@pytest.mark.parametrize(
    ("shape", "side"),
    [
        ((64, 3, 7, 7), 64),
        ((512, 512, 3, 3), 32),
        ((2048, 512, 1, 1), 16),
        ((4000, 1, 31, 31), 64),
        ((1024, 1024, 2, 2), 16),
    ],
)
def test_large_layers_get_a_coarser_grid(shape: tuple[int, int, int, int], side: int) -> None:
    """The finest on which responses times kernels stay below 2^28, and never smaller than the kernel."""
    assert grid_for(shape) == (side, side)
    assert side >= max(shape[2:])
    assert shape[0] * shape[1] * side**2 <= 2**28


@pytest.mark.parametrize(
    "weights",
    [
        None,
        "weights",
        np.zeros((3, 3)),
        np.zeros((0, 3, 3, 3)),
        np.zeros((2, 3, 0, 3)),
        np.zeros((1, 1, 32, 3)),
        np.zeros((2, 2, 3, 3), complex),
        np.full((2, 2, 3, 3), "1"),
        np.full((1, 1, 1, 1), np.nan),
        np.full((1, 1, 1, 1), -np.inf),
        np.full((1, 1, 1, 1), 2e6),
        np.broadcast_to(np.float32(0), (1024, 1025, 1, 1)),
        np.broadcast_to(np.float32(0), (10**6, 10**6, 3, 3)),
        [[[[1.0]], [[1.0, 2.0]]]],
    ],
    ids=lambda weights: str(np.shape(weights)) if isinstance(weights, np.ndarray) else "list",
)
def test_hostile_weights_are_refused(weights: object) -> None:
    """Wrong shapes and types, too many, not finite, in one short sentence, before any work is done."""
    with pytest.raises(ParameterError, match="weights") as caught:
        analyse(weights)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("size", [0, (4, 300), 4, (5, 4), 1.5, "64"])
def test_grids_are_checked(size: object) -> None:
    """From the kernel's size, 5 x 5, to 256."""
    with pytest.raises(ParameterError, match="size"):
        analyse(layer((2, 2, 5, 5)), size)


def test_too_much_work_is_refused() -> None:
    """A grid far finer than the layer allows has a remedy in its sentence."""
    with pytest.raises(WorkError, match="coarser"):
        analyse(np.broadcast_to(np.float32(1), (512, 512, 3, 3)), 256)
