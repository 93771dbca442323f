"""Filtering by spectra: equal to filtering pixel by pixel, to SciPy, and to Parseval's count."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution import filtering, frequency, kernels
from cnnviz.convolution.frequency import spectrum, theorem
from cnnviz.errors import KernelError, ParameterError

FILTERS = {"convolution": filtering.convolve, "correlation": filtering.correlate}
SIDES = st.integers(1, 9)
SIZES = st.integers(1, 24)


def draw(seed: int, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Random arrays from -1 to 1."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, shape) for shape in shapes]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 999),
    SIZES,
    SIZES,
    SIDES,
    SIDES,
    st.sampled_from([(), (1,), (3,)]),
    st.sampled_from(["circular", "zeros"]),
    st.sampled_from(frequency.OPERATIONS),
    st.booleans(),
)
def test_equal_to_the_engine(
    seed: int, h: int, w: int, kh: int, kw: int, channels: tuple[int, ...], border: str, operation: str, ready: bool
) -> None:
    """All sizes, kernels larger than the picture included, from pixels and from a spectrum."""
    x, weights = draw(seed, (h, w, *channels), (kh, kw))
    given_ = spectrum.transform(x) if ready else x
    found = theorem.apply(given_, weights, operation, border)
    assert (found.dtype, found.shape) == (np.float32, x.shape)
    expected = FILTERS[operation](x, weights, border)
    np.testing.assert_allclose(found, expected, atol=1e-6 * max(1, np.abs(weights).sum()))


@pytest.mark.parametrize("key", kernels.names())
@pytest.mark.parametrize("border", ["circular", "zeros"])
def test_every_kernel_of_the_registry(key: str, border: str) -> None:
    """To 1e-5 on pixels from 0 to 1, odd and even sides; to 1e-6 of the gain for the two kernels beyond 10."""
    weights = kernels.get(key).weights
    x = np.random.default_rng(1).random((61, 48, 3), dtype=np.float32)
    difference = theorem.apply(x, weights, "correlation", border) - filtering.correlate(x, weights, border)
    assert np.abs(difference).max() < max(1e-5, 1e-6 * np.abs(weights).sum())


@pytest.mark.parametrize("shape", [(3, 3), (4, 4), (2, 5)])
def test_equal_to_scipy(shape: tuple[int, int]) -> None:
    """convolve2d with wrap and with fill, whose centre is (k - 1) // 2: ours rolled by one for even sides."""
    x, weights = draw(2, (21, 26), shape)
    for border, boundary in (("circular", "wrap"), ("zeros", "fill")):
        full = scipy.signal.convolve2d(
            np.pad(x, 1, "wrap" if border == "circular" else "constant"), weights, "same", boundary
        )
        moved = full[tuple(slice(1 + (k % 2 == 0), 1 + (k % 2 == 0) + n) for k, n in zip(shape, x.shape, strict=True))]
        if border == "circular":
            moved = np.roll(
                scipy.signal.convolve2d(x, weights, "same", boundary), [-(1 - k % 2) for k in shape], (0, 1)
            )
        np.testing.assert_allclose(theorem.apply(x, weights, "convolution", border), moved, atol=1e-5)


def test_energy_of_the_result() -> None:
    """Parseval: the result's squared pixels are the mean of |X H|^2, with X and H from NumPy."""
    x, weights = draw(3, (40, 33), (5, 4))
    found = theorem.apply(x, weights, "convolution")
    product = np.fft.fft2(x) * np.fft.fft2(weights, x.shape)
    assert (found.astype(np.float64) ** 2).sum() == pytest.approx((np.abs(product) ** 2).mean(), rel=1e-5)


@pytest.mark.parametrize("border", ["reflect", "replicate", "zeros"])
@pytest.mark.parametrize("shape", [(3, 3), (5, 4), (2, 7), (1, 6)])
@pytest.mark.parametrize("operation", FILTERS)
def test_other_borders_differ_at_the_edges_only(border: str, shape: tuple[int, int], operation: str) -> None:
    """Inside the rim rounding, on each side of the rim a visible difference, where it has one."""
    x = np.random.default_rng(4).random((30, 37, 3), dtype=np.float32)
    weights = 0.1 + np.random.default_rng(5).random(shape)
    found = theorem.compare(x, weights, border, "circular", operation)
    assert found.largest_inside < 1e-5
    assert found.largest > 0.1
    (top, bottom), (left, right) = found.rim
    assert (top + bottom, left + right) == (shape[0] - 1, shape[1] - 1)
    size = np.abs(found.difference).max(axis=2)
    for strip in (size[:top], size[30 - bottom :], size[:, :left], size[:, 37 - right :]):
        assert strip.size == 0 or strip.max() > 0.01
    # The rim is no wider than it must be: its innermost lines differ too.
    for line in [size[top - 1]] * bool(top) + [size[-bottom]] * bool(bottom):
        assert line[left : 37 - right].max() > 1e-3
    assert size[top : 30 - bottom, left : 37 - right].max() == found.largest_inside
    np.testing.assert_array_equal(found.spatial, FILTERS[operation](x, weights, border))
    np.testing.assert_array_equal(found.difference, found.by_spectra - found.spatial)


@pytest.mark.parametrize(
    ("border", "spectral"), [("circular", "circular"), ("zeros", "zeros"), ("reflect", "circular")]
)
def test_borders_by_default(border: str, spectral: str) -> None:
    """Equal borders are compared where spectra can have them."""
    x, weights = draw(6, (20, 20), (3, 3))
    found = theorem.compare(spectrum.transform(x), weights, border)
    assert (found.border, found.spectral_border) == (border, spectral)
    if border == spectral:
        assert found.largest < 1e-5
    else:
        assert found.largest > 1e-2


def test_a_kernel_as_large_as_the_picture_leaves_no_inside() -> None:
    """No pixel is out of the border's reach: nothing inside, 0."""
    x, weights = draw(7, (6, 6), (9, 9))
    found = theorem.compare(x, weights, "reflect")
    assert found.largest_inside == 0
    assert found.largest > 0


def test_what_cannot_be_done() -> None:
    """Borders that spectra do not know, names, kernels."""
    x = np.zeros((5, 5))
    for call in (
        lambda: theorem.apply(x, [[1.0]], "correlation", "reflect"),
        lambda: theorem.apply(x, [[1.0]], "both"),
        lambda: theorem.apply(np.zeros(3), [[1.0]]),
        lambda: theorem.compare(x, [[1.0]], "valid"),
        lambda: theorem.compare(x, [[1.0]], "reflect", "reflect"),
    ):
        with pytest.raises(ParameterError):
            call()
    with pytest.raises(KernelError):
        theorem.apply(x, [[np.inf]])
