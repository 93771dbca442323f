"""Filters drawn in frequency against closed forms, SciPy and their own laws."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft, integrate, special

from cnnviz.convolution.frequency import grid
from cnnviz.convolution.frequency.design import KINDS, PARAMETERS, SHAPES, Design, apply, half_power, ringing
from cnnviz.errors import ParameterError

SIZES = [(64, 64), (33, 47), (48, 31), (1, 20), (9, 1), (2, 3), (1, 1)]
ALL = [(shape, kind) for shape in SHAPES for kind in KINDS]


@pytest.mark.parametrize("size", SIZES)
def test_mirrored_is_conjugation_of_a_real_pictures_spectrum(size: tuple[int, int]) -> None:
    """X(-f) is the conjugate of X(f), and going back gives the picture."""
    x = np.random.default_rng(0).random((*size, 2))
    found = grid.spectrum(x)
    planes = np.moveaxis(found, 2, 0)
    np.testing.assert_allclose(grid.mirrored(planes), planes.conj(), atol=1e-10)
    np.testing.assert_allclose(found, fft.fftshift(fft.fft2(x, axes=(0, 1)), axes=(0, 1)), atol=1e-10)
    np.testing.assert_allclose(grid.picture_from(found), x, atol=1e-12)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("shape", "kind"), ALL)
def test_every_transfer_is_even_and_from_0_to_1(shape: str, kind: str, size: tuple[int, int]) -> None:
    """So that a real picture stays real, whatever the size; exactly, not to rounding."""
    found = Design(shape, kind, centre=(0.31, -0.5)).transfer(size)
    assert found.shape == size
    assert found.dtype == np.float64
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_allclose(found, grid.mirrored(found), rtol=0, atol=1e-14)
    kernel = fft.ifft2(fft.ifftshift(found))
    assert np.abs(kernel.imag).max() < 1e-16 * found.size


@pytest.mark.parametrize(("one", "other"), [("low", "high"), ("band", "band_reject"), ("notch_reject", "notch_pass")])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_opposites_add_up_to_everything(shape: str, one: str, other: str) -> None:
    """High-pass is 1 minus low-pass, and so on: together they give the picture back."""
    first, second = Design(shape, one), Design(shape, other)
    np.testing.assert_allclose(first.transfer((30, 41)) + second.transfer((30, 41)), 1, rtol=0, atol=1e-15)
    x = np.random.default_rng(1).random((30, 41, 3))
    both = apply(x, first.transfer((30, 41))) + apply(x, second.transfer((30, 41)))
    np.testing.assert_allclose(both, x, atol=1e-6)


@pytest.mark.parametrize("cutoff", [0.05, 0.125, 0.15, 0.3])
def test_levels_at_the_cutoff(cutoff: float) -> None:
    """Gaussian exp(-1/2), Butterworth 1/2 for every order, the ideal one jumps behind it."""
    at, behind = (20, 20 + 40 * cutoff), (20, 20 + 40 * cutoff + 1)
    column, next_column = round(at[1]), round(behind[1])
    levels = {shape: Design(shape, "low", cutoff).transfer((40, 40)) for shape in SHAPES}
    assert levels["gaussian"][20, column] == pytest.approx(math.exp(-0.5))
    assert levels["ideal"][20, column] == 1
    assert levels["ideal"][20, next_column] == 0
    for order in (1, 2, 7, 20):
        level = Design("butterworth", "low", cutoff, order=order).transfer((40, 40))
        assert level[20, column] == pytest.approx(0.5)
        assert level[20, next_column] == pytest.approx(1 / (1 + ((1 + 1 / (40 * cutoff)) ** (2 * order))))


def test_a_gaussian_is_a_gaussian_in_space() -> None:
    """Its kernel is a Gaussian of sigma 1 / (2 pi cutoff), as the Fourier transform of a Gaussian is."""
    kernel = Design("gaussian", "low", 0.08).spatial_kernel((61, 64))
    sigma = 1 / (2 * math.pi * 0.08)
    y, x = np.mgrid[:61, :64]
    squared = (y - 30) ** 2 + (x - 32) ** 2
    np.testing.assert_allclose(kernel, np.exp(-squared / (2 * sigma**2)) / (2 * math.pi * sigma**2), atol=1e-8)


@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("kind", ["band", "band_reject"])
def test_levels_at_the_edges_of_a_band(shape: str, kind: str) -> None:
    """Gaussian exp(-1), Butterworth 1/2, ideal 1; all pass in the middle and nothing at zero."""
    band = Design(shape, kind, low=0.1, high=0.4).transfer((100, 100))
    band = 1 - band if kind == "band_reject" else band
    want = {"ideal": 1.0, "gaussian": math.exp(-1), "butterworth": 0.5}[shape]
    assert band[50, 60] == pytest.approx(want)
    assert band[90, 50] == pytest.approx(want)
    assert band[50, 70] == pytest.approx(1)  # the geometric mean of the edges
    assert band[50, 50] == 0


@pytest.mark.parametrize("order", [1, 3])
@pytest.mark.parametrize("shape", list(SHAPES))
@pytest.mark.parametrize("kind", ["low", "high", "band", "band_reject"])
def test_half_of_the_energy_passes_at_half_power(shape: str, kind: str, order: int) -> None:
    """The transfer falls through 1 / sqrt(2) between the two frequencies around each half-power point."""
    design = Design(shape, kind, cutoff=0.13, low=0.11, high=0.23, order=order)
    line, f = design.transfer((1, 2000))[0], fft.fftshift(fft.fftfreq(2000))
    found = half_power(design)
    assert list(found) == sorted(found)
    crossings = f[:-1][(np.diff(np.signbit(line - math.sqrt(0.5)).astype(int)) != 0) & (f[:-1] >= 0)]
    assert len(crossings) == len(found)
    for crossing, frequency in zip(crossings, found, strict=True):
        assert crossing - 1e-9 <= frequency <= crossing + 1 / 2000 + 1e-9


def test_a_notch_has_no_half_power_radius() -> None:
    """Its distance is not counted from zero frequency."""
    assert half_power(Design("gaussian", "notch_reject")) == ()


@pytest.mark.parametrize("shape", list(SHAPES))
def test_a_notch_takes_a_wave_out_and_leaves_another(shape: str) -> None:
    """A grating at the centre of the notch disappears, one far away stays as it is."""
    y, x = np.mgrid[:60, :80]
    wave = np.cos(2 * np.pi * (12 / 60 * y - 8 / 80 * x))
    other = np.cos(2 * np.pi * (12 / 60 * y + 24 / 80 * x))
    design = Design(shape, "notch_reject", centre=(0.2, -0.1), radius=0.02, order=4)
    left = apply(wave + other, design.transfer((60, 80)))
    np.testing.assert_allclose(left, other, atol=1e-5)
    kept = apply(wave + other, replace(design, kind="notch_pass").transfer((60, 80)))
    np.testing.assert_allclose(kept, wave, atol=1e-5)


def test_a_notch_reaches_around_the_edge() -> None:
    """-0.5 and 0.5 are the same wave: a notch at the edge is a whole disc on the torus."""
    found = Design("ideal", "notch_pass", centre=(0.5, 0.0), radius=0.1).transfer((40, 40))
    inside = Design("ideal", "notch_pass", centre=(0.0, 0.0), radius=0.1).transfer((40, 40))
    np.testing.assert_array_equal(found, np.roll(inside, 20, axis=0))


def test_the_ideal_kernel_is_a_jinc() -> None:
    """The transform of a disc: f0 J1(2 pi f0 r) / r, pi f0^2 in the middle."""
    f0 = 0.1
    kernel = Design("ideal", "low", f0).spatial_kernel((1001, 1000))
    y, x = np.mgrid[-40:41, -40:41]
    r = np.hypot(y, x)
    r[40, 40] = 1
    want = f0 * special.j1(2 * np.pi * f0 * r) / r
    want[40, 40] = np.pi * f0**2
    np.testing.assert_allclose(kernel[460:541, 460:541], want, atol=2e-3 * want.max())


@pytest.mark.parametrize("side", [40, 41])
def test_the_ideal_kernel_of_a_line_is_a_dirichlet_kernel(side: int) -> None:
    """Sin(pi (2 K + 1) x / n) / (n sin(pi x / n)), exactly, for K passed frequencies on each side."""
    kernel = Design("ideal", "low", 0.2).spatial_kernel((1, side))[0]
    passed = math.floor(0.2 * side + 1e-9)
    x = np.arange(side) - side // 2
    want = special.diric(2 * np.pi * x / side, 2 * passed + 1) * (2 * passed + 1) / side
    np.testing.assert_allclose(kernel, want, atol=1e-15)


@pytest.mark.parametrize(("shape", "kind"), ALL)
def test_the_kernel_does_what_the_transfer_does(shape: str, kind: str) -> None:
    """Circular convolution, written as a sum of shifted pictures, equals the multiplication of spectra."""
    x = np.random.default_rng(3).random((8, 11))
    design = Design(shape, kind, low=0.1, high=0.3)
    kernel = design.spatial_kernel((8, 11))
    want = sum(kernel[r, c] * np.roll(x, (r - 4, c - 5), (0, 1)) for r, c in np.ndindex(8, 11))
    np.testing.assert_allclose(apply(x, design.transfer((8, 11))), want, atol=1e-6)
    assert kernel.sum() == pytest.approx(design.transfer((8, 11))[4, 5], abs=1e-12)


def test_only_sharp_ends_ring() -> None:
    """The ideal low-pass has the lobe of a jinc and Gibbs's overshoot; a Gaussian has neither, Butterworth between."""
    size = (500, 1000)
    ideal = ringing(Design("ideal", "low", 0.1), size)
    lowest = min(2 * special.j1(z) / z for z in np.linspace(3, 7, 4001))
    gibbs = integrate.quad(lambda t: np.sinc(t / np.pi), 0, np.pi)[0] / np.pi - 0.5
    assert ideal.negative_lobe == pytest.approx(-lowest, abs=0.01)
    fine = ringing(Design("ideal", "low", 0.02), (1, 2000))  # enough pixels to meet the top of the overshoot
    assert fine.overshoot == pytest.approx(gibbs, abs=0.001)
    gaussian = ringing(Design("gaussian", "low", 0.1), size)
    assert gaussian.negative_lobe == pytest.approx(0, abs=1e-6)
    assert gaussian.overshoot == pytest.approx(0, abs=1e-6)
    lobes = [ringing(Design("butterworth", "low", 0.1, order=n), size).negative_lobe for n in (1, 2, 4, 20)]
    assert lobes == sorted(lobes)
    assert lobes[-1] < ideal.negative_lobe + 0.01


def test_overshoot_is_that_of_a_filtered_picture() -> None:
    """The picture of an edge, filtered, leaves 0 to 1 by that much; filters that take flat areas away have none."""
    edge = np.zeros((20, 45))
    edge[:, 22:] = 1
    for kind in ("low", "band_reject", "notch_reject"):
        design = Design("butterworth", kind, order=5)
        answer = apply(edge, design.transfer((20, 45)))
        want = max(0, answer.max() - 1, -answer.min())
        assert ringing(design, (20, 45)).overshoot == pytest.approx(want, abs=1e-6)
    assert {ringing(Design("ideal", kind)).overshoot for kind in ("high", "band", "notch_pass")} == {None}


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 24),
    columns=st.integers(1, 24),
    shape=st.sampled_from(list(SHAPES)),
    kind=st.sampled_from(list(KINDS)),
    cutoff=st.floats(0.001, 0.71),
    low=st.floats(0.001, 0.7),
    order=st.integers(1, 20),
)
def test_all_legal_numbers_give_a_filter(
    rows: int, columns: int, shape: str, kind: str, cutoff: float, low: float, order: int
) -> None:
    """Finite, 0 to 1, even, for the smallest grids and the most extreme numbers."""
    found = Design(shape, kind, cutoff, low, min(low + 0.0011, 0.71), order=order).transfer((rows, columns))
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    assert grid.is_even(found)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("shape", {"shape": "box"}),
        ("shape", {"shape": ["ideal"]}),
        ("kind", {"kind": "x" * 100_000}),
        ("cutoff", {"cutoff": 0}),
        ("cutoff", {"cutoff": math.nan}),
        ("cutoff", {"cutoff": "0.1"}),
        ("high", {"low": 0.3, "high": 0.3}),
        ("order", {"order": 2.5}),
        ("order", {"order": True}),
        ("radius", {"radius": 0.6}),
        ("centre", {"centre": (0.1,)}),
        ("centre", {"centre": 0.1}),
        ("centre", {"centre": (0.1, 0.51)}),
        ("centre", {"centre": (math.inf, 0.1)}),
    ],
)
def test_illegal_numbers_are_named(name: str, changes: dict[str, object]) -> None:
    """The error names the parameter, in a short sentence."""
    with pytest.raises(ParameterError) as caught:
        Design(**{"shape": "ideal", "kind": "low", **changes})
    assert caught.value.name == name
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("size", [0, (0, 4), (4, 4096), (4, 4, 4), 4.0, "4"])
def test_grids_are_checked(size: object) -> None:
    """One or two whole numbers from 1 to 2048."""
    with pytest.raises(ParameterError, match="size"):
        Design("ideal", "low").transfer(size)


@pytest.mark.parametrize(
    ("name", "pixels", "transfer"),
    [
        ("transfer", np.zeros((4, 4)), np.zeros((4, 5))),
        ("transfer", np.zeros((4, 4)), np.zeros((4, 4), complex)),
        ("transfer", np.zeros((4, 4)), np.full((4, 4), np.nan)),
        ("transfer", np.zeros((4, 4)), np.arange(16).reshape(4, 4)),
        ("pixels", np.full((4, 4), np.inf), np.ones((4, 4))),
        ("pixels", np.zeros((1, 2049)), np.ones((1, 2049))),
        ("pixels", np.zeros(4), np.ones(4)),
    ],
)
def test_apply_checks_both(name: str, pixels: np.ndarray, transfer: np.ndarray) -> None:
    """Wrong shapes, numbers that are none, and a transfer that would make the picture complex."""
    with pytest.raises(ParameterError) as caught:
        apply(pixels, transfer)
    assert caught.value.name == name


def test_designs_are_values_and_parameters_have_legal_defaults() -> None:
    """Equal, hashable, picklable; what a page shows first is legal."""
    design = Design("butterworth", "notch_pass", centre=[0.1, -0.2])
    assert pickle.loads(pickle.dumps(design)) == design  # noqa: S301 - our own bytes
    assert len({design, Design("butterworth", "notch_pass", centre=(0.1, -0.2))}) == 1
    for parameter in PARAMETERS:
        assert parameter.check(parameter.default) == getattr(Design("ideal", "low"), parameter.name)


@pytest.mark.parametrize(
    "nothing",
    [
        Design("ideal", "band", low=0.001, high=0.002),
        Design("ideal", "notch_pass", radius=0.001, centre=(0.1003, 0.1003)),
        Design("ideal", "high", cutoff=0.71),
    ],
)
def test_a_filter_that_passes_nothing_of_a_grid_does_not_ring(nothing: Design) -> None:
    """A band between two frequencies of the grid: a kernel of zeros, no lobe, and no division by its peak."""
    assert nothing.transfer((64, 64)).max() == 0
    assert ringing(nothing, (64, 64)).negative_lobe == 0.0
