"""The frequency response: NumPy's transform, SciPy's freqz, closed forms, and what filtering really does."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import filtering, frequency, kernels
from cnnviz.convolution.frequency.response import on_grid_single
from cnnviz.errors import KernelError, ParameterError

FILTERS = {"convolution": filtering.convolve, "correlation": filtering.correlate}
SHAPES = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (1, 6), (9, 2), (3, 7), (16, 17)]
SIZES = [(16, 17), (17, 20), (32, 32), (31, 64)]


def random(seed: int, *shape: int) -> np.ndarray:
    """Numbers from -1 to 1."""
    return np.random.default_rng(seed).uniform(-1, 1, shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZES)
def test_at_the_corner_it_is_numpys_transform(shape: tuple[int, int], size: tuple[int, int]) -> None:
    """fftshift(fft2(weights, size)) for a convolution, its conjugate for a correlation."""
    weights = random(0, *shape)
    expected = np.fft.fftshift(np.fft.fft2(weights, size))
    found = frequency.response(weights, size, "corner")
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    assert (found.values.dtype, found.size, found.values.shape) == (np.complex128, size, size)
    correlated = frequency.response(weights, size, "corner", "correlation")
    np.testing.assert_allclose(correlated.values, expected.conj(), atol=1e-12)
    np.testing.assert_array_equal(found.rows, np.fft.fftshift(np.fft.fftfreq(size[0])))
    np.testing.assert_array_equal(found.columns, np.fft.fftshift(np.fft.fftfreq(size[1])))


@pytest.mark.parametrize("operation", FILTERS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZES)
def test_at_the_centre_it_is_what_filtering_does(shape: tuple[int, int], size: tuple[int, int], operation: str) -> None:
    """Spectrum of the circular result = spectrum of the picture x H, for odd, even and rectangular kernels."""
    weights, x = random(1, *shape), random(2, *size)
    spectrum = np.fft.fftshift(np.fft.fft2(FILTERS[operation](x, weights, "circular")))
    expected = np.fft.fftshift(np.fft.fft2(x)) * frequency.response(weights, size, operation=operation).values
    np.testing.assert_allclose(spectrum, expected, atol=1e-6 * np.abs(weights).sum() * x.size**0.5)


@pytest.mark.parametrize("shape", SHAPES)
def test_convolve2d_agrees_in_float64(shape: tuple[int, int]) -> None:
    """SciPy's convolution with wrap-around, whose centre is (k - 1) // 2, is ours rolled by one for even sides."""
    weights, x = random(3, *shape), random(4, 20, 23)
    wrapped = scipy.signal.convolve2d(x, weights, "same", "wrap")
    moved = np.roll(wrapped, [-1 if side % 2 == 0 else 0 for side in shape], (0, 1))
    found = np.fft.ifft2(np.fft.fft2(x) * np.fft.ifftshift(frequency.response(weights, x.shape).values))
    np.testing.assert_allclose(found, moved, atol=1e-12)


def test_kernels_larger_than_the_grid_are_wrapped_around() -> None:
    """A kernel of 7 x 9 on a grid of 4 x 5 equals the kernel folded to 4 x 5, as circular filtering sees it."""
    weights, x = random(5, 7, 9), random(6, 4, 5)
    folded = np.zeros((4, 5))
    for (row, column), value in np.ndenumerate(weights):
        folded[row % 4, column % 5] += value
    found = frequency.response(weights, (4, 5), "corner").values
    np.testing.assert_allclose(found, np.fft.fftshift(np.fft.fft2(folded)), atol=1e-12)
    spectrum = np.fft.fftshift(np.fft.fft2(filtering.convolve(x, weights, "circular")))
    by_response = np.fft.fftshift(np.fft.fft2(x)) * frequency.response(weights, (4, 5)).values
    np.testing.assert_allclose(spectrum, by_response, atol=1e-3)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (512, 300), (4096, 31)])
def test_any_size(size: tuple[int, int]) -> None:
    """Grids of one point to 4096, not square, against NumPy on the folded kernel's central gain."""
    weights = kernels.get("gaussian", size=3).weights
    found = frequency.response(weights, size)
    assert found.values.shape == size
    assert found.values[size[0] // 2, size[1] // 2] == pytest.approx(weights.sum())
    if min(size) >= 3:
        np.testing.assert_allclose(found.magnitude, np.abs(np.fft.fftshift(np.fft.fft2(weights, size))), atol=1e-13)


@pytest.mark.parametrize("key", kernels.names())
def test_conjugate_symmetry(key: str) -> None:
    """Real weights: H(-f) is the conjugate of H(f), for every kernel of the registry."""
    found = frequency.response(kernels.get(key).weights, (33, 45)).values
    np.testing.assert_allclose(found[::-1, ::-1], found.conj(), atol=1e-11)


@pytest.mark.parametrize("key", kernels.names())
@pytest.mark.parametrize("size", [(32, 32), (33, 40)])
def test_parseval(key: str, size: tuple[int, int]) -> None:
    """The mean of |H|^2 over the grid is the sum of squared weights."""
    weights = kernels.get(key).weights
    found = frequency.response(weights, size).magnitude
    assert (found**2).mean() == pytest.approx((weights**2).sum(), rel=1e-12)


@pytest.mark.parametrize("key", ["gaussian", "box", "sobel_x", "scharr_y", "motion_blur"])
def test_separable_kernels_are_products_of_freqz(key: str) -> None:
    """SciPy's freqz of column and row, multiplied; measured from the first weight."""
    weights = kernels.get(key).weights
    i, j = np.unravel_index(np.abs(weights).argmax(), weights.shape)
    column, row = weights[:, j], weights[i] / weights[i, j]
    f_rows, f_columns = np.linspace(-0.5, 0.5, 41), np.linspace(-0.5, 0.5, 38)
    down = scipy.signal.freqz(column, worN=2 * np.pi * f_rows)[1]
    right = scipy.signal.freqz(row, worN=2 * np.pi * f_columns)[1]
    found = frequency.on_grid(weights, f_rows, f_columns, "corner")
    np.testing.assert_allclose(found, np.outer(down, right), atol=1e-12)


@pytest.mark.parametrize("n", [3, 4, 9])
def test_a_box_is_a_dirichlet_kernel(n: int) -> None:
    """sin(pi n f) / (n sin(pi f)) along each axis, times the half pixel that an even box is off centre."""
    f = np.linspace(-0.49, 0.5, 100)
    dirichlet = np.ones_like(f)
    np.divide(np.sin(np.pi * n * f), n * np.sin(np.pi * f), out=dirichlet, where=f != 0)
    found = frequency.on_grid(np.full((n, n), 1 / n**2), f, f)
    half = np.exp(1j * np.pi * f) if n % 2 == 0 else np.ones_like(f)
    np.testing.assert_allclose(found, np.outer(dirichlet * half, dirichlet * half), atol=1e-13)


def test_a_gaussian_is_a_gaussian() -> None:
    """exp(-2 pi^2 sigma^2 |f|^2) for sigma 2 sampled to 7 sigma, as far as sampling allows (aliases below 1e-4)."""
    weights = kernels.get("gaussian", size=29, sigma=2.0).weights
    found = frequency.response(weights, 64)
    radius = np.hypot(found.rows[:, None], found.columns)
    np.testing.assert_allclose(found.values, np.exp(-2 * (np.pi * 2 * radius) ** 2), atol=1e-6)


def test_the_laplacian_by_its_formula() -> None:
    """|2 cos w1 + 2 cos w2 - 4| everywhere, 8 at (pi, pi)."""
    found = frequency.response(kernels.get("laplacian").weights, (64, 50))
    w1, w2 = 2 * np.pi * found.rows[:, None], 2 * np.pi * found.columns
    np.testing.assert_allclose(found.values, 2 * np.cos(w1) + 2 * np.cos(w2) - 4, atol=1e-13)
    assert found.magnitude[0, 0] == pytest.approx(8)
    assert found.peak == pytest.approx(8)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.sampled_from(frequency.OPERATIONS),
    st.integers(0, 999),
)
def test_at_one_frequency_it_is_the_gain_of_a_wave(
    kh: int, kw: int, f_row: float, f_column: float, operation: str, seed: int
) -> None:
    """Filtering exp(2 pi i f x) by hand gives H times the wave, at any frequency, also far beyond 0.5."""
    weights = random(seed, kh, kw)
    turns_row, turns_column = f_row - round(f_row), f_column - round(f_column)
    u, v = np.mgrid[:kh, :kw]
    if operation == "correlation":
        u, v = u - (kh - 1) // 2, v - (kw - 1) // 2
    else:
        u, v = -(u - kh // 2), -(v - kw // 2)
    expected = (weights * np.exp(2j * np.pi * (turns_row * u + turns_column * v))).sum()
    assert frequency.at(weights, f_row, f_column, operation=operation) == pytest.approx(expected, abs=1e-10)


def test_single_frequencies_broadcast() -> None:
    """A column of row frequencies and a row of column frequencies make the grid; one number makes one number."""
    weights = random(7, 4, 3)
    rows, columns = np.array([0.0, 0.25, -0.5]), np.array([0.1, 0.2])
    grid = frequency.on_grid(weights, rows, columns)
    np.testing.assert_allclose(frequency.at(weights, rows[:, None], columns), grid, atol=1e-14)
    assert frequency.at(weights, 0, 0).shape == ()
    assert frequency.at(weights, 0, 0) == pytest.approx(weights.sum())
    assert frequency.at(weights, [], []).shape == (0,)


@pytest.mark.parametrize("shape", [(3, 3), (4, 7), (31, 31)])
def test_single_precision(shape: tuple[int, int]) -> None:
    """The quick grid is the exact one to 2e-7 of the sum of absolute weights, 1e6 being as good as 1."""
    for scale in (1, 1e6):
        weights = scale * random(9, *shape)
        rows, columns = np.fft.fftfreq(100), np.fft.rfftfreq(81)
        found = on_grid_single(weights, rows, columns, operation="correlation")
        expected = frequency.on_grid(weights, rows, columns, operation="correlation")
        assert found.dtype == np.complex64
        np.testing.assert_allclose(found, expected, atol=2e-7 * np.abs(weights).sum())


def test_decibels_end_at_the_floor() -> None:
    """0 dB is a gain of 1, a tenth is -20 dB, and 0 is the floor, never minus infinity."""
    found = frequency.decibels([1, 0.1, 10, 1e-3, 1e-9, 0, -1j])
    np.testing.assert_allclose(found, [0, -20, 20, -60, -60, -60, 0], atol=1e-12)
    np.testing.assert_allclose(frequency.decibels([8, 4, 0], -40, 8), [0, -6.0206, -40], atol=1e-4)
    sobel = frequency.response(kernels.get("sobel_x").weights, 64)
    assert np.isfinite(sobel.decibels()).all()
    assert (sobel.decibels().min(), sobel.decibels(reference=sobel.peak).max()) == (-60, pytest.approx(0))
    np.testing.assert_allclose(sobel.log_magnitude, np.log(1 + np.abs(sobel.values)), atol=1e-12)


def test_phase_is_hidden_where_there_is_none() -> None:
    """Sobel X: a quarter turn or minus one, NaN on the lines where H is 0; the other sign for correlation."""
    found = frequency.response(kernels.get("sobel_x").weights, (8, 8))
    expected = np.full((8, 8), np.nan)
    expected[1:, 1:4], expected[1:, 5:] = np.pi / 2, -np.pi / 2
    np.testing.assert_allclose(found.phase(), expected, atol=1e-12)
    turned = frequency.response(kernels.get("sobel_x").weights, (8, 8), operation="correlation")
    np.testing.assert_allclose(turned.phase(), -expected, atol=1e-12)


def test_negative_gains_have_the_phase_pi_everywhere() -> None:
    """Laplacian: pi, never -pi by rounding, and NaN at zero only."""
    found = frequency.response(kernels.get("laplacian_8").weights, (51, 64)).phase()
    assert np.argwhere(np.isnan(found)).tolist() == [[25, 32]]
    assert np.nanmin(found) == np.nanmax(found) == np.pi
    assert np.isnan(frequency.response(np.zeros((3, 3)), 8).phase()).all()


def test_a_shift_turns_the_phase_with_the_frequency() -> None:
    """Moved right by 2: the phase is -2 pi 2 f for the correlation that moves the picture, H has length 1."""
    weights = kernels.get("shift", rows=0, columns=2).weights
    found = frequency.response(weights, (1, 31), operation="correlation")
    expected = np.angle(np.exp(-4j * np.pi * found.columns))
    np.testing.assert_allclose(found.phase()[0], expected, atol=1e-12)
    np.testing.assert_allclose(found.magnitude, 1)


def test_results_are_read_only_and_arguments_untouched() -> None:
    """What is cached for everybody cannot be changed by anybody."""
    weights = random(8, 3, 3)
    copy = weights.copy()
    found = frequency.response(weights, 16)
    np.testing.assert_array_equal(weights, copy)
    for array in (found.values, found.rows, found.columns):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    weights[0, 0] = 2


@pytest.mark.parametrize("size", [0, -1, 4097, (16,), (16, 16, 16), 2.5, "16", (16, 0), None, (True, 4)])
def test_sizes_that_are_none(size: object) -> None:
    """One sentence for a grid that cannot be."""
    with pytest.raises(ParameterError):
        frequency.response([[1.0]], size)  # type: ignore[arg-type]  # what the test is about


def test_other_arguments_that_are_none() -> None:
    """Names, frequencies, shapes, floors; kernels have their own error."""
    one = [[1.0]]
    wrong = [
        lambda: frequency.response(one, origin="middle"),
        lambda: frequency.response(one, operation="both"),
        lambda: frequency.at(one, np.nan, 0),
        lambda: frequency.at(one, 0, np.inf),
        lambda: frequency.at(one, "a", 0),
        lambda: frequency.at(one, [[0], [1, 2]], 0),
        lambda: frequency.at(one, [0, 1, 2], [0, 1]),
        lambda: frequency.on_grid(one, [[0]], [0]),
        lambda: frequency.decibels(one, 3),
        lambda: frequency.decibels(one, -np.inf),
        lambda: frequency.decibels(one, reference=0),
        lambda: frequency.phase(one, 2),
    ]
    for call in wrong:
        with pytest.raises(ParameterError):
            call()
    for kernel in ([[np.nan]], [], [["a"]], np.ones((256, 1))):
        with pytest.raises(KernelError):
            frequency.response(kernel)
