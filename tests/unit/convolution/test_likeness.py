"""What a filter is most like: against SciPy's cosine and least squares, and for filters that are kernels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist, cosine

from cnnviz.convolution import kernels
from cnnviz.convolution.likeness import RANDOM_FILTERS, bank, baseline, likeness, opponents, pattern
from cnnviz.errors import ParameterError


def some(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("size", [3, 5, 7, 11])
def test_likeness_is_the_largest_cosine_of_scipy(size: int) -> None:
    """No kernel of the bank has a larger |cosine|, and the match has just that one."""
    known = bank(size)
    weights = some((1, size, size), size)
    found = likeness(weights)
    distances = cdist(weights.reshape(1, -1), known.units, "cosine")[0]
    assert found.likeness == pytest.approx(np.abs(1 - distances).max())
    assert found.likeness == pytest.approx(abs(1 - cosine(weights.ravel(), found.weights.ravel())))


@pytest.mark.parametrize("size", [3, 7])
def test_every_kernel_of_the_bank_is_most_like_itself(size: int) -> None:
    """Turned in sign and scaled, each is found with likeness 1; kernels alike up to that share it."""
    known = bank(size)
    for kernel, unit in zip(known.kernels, known.units, strict=True):
        found = likeness(-2.5 * unit.reshape(1, size, size))
        assert found.likeness == pytest.approx(1.0)
        assert found.explained == pytest.approx(1.0)
        same = known.units[known.kernels.index(found.kernel)]
        assert abs(same @ unit) == pytest.approx(1.0), kernel


def test_the_bank_is_made_of_the_registry() -> None:
    """A Gabor filter and a Sobel kernel are found by name and parameters, the small one in the middle of zeros."""
    gabor = kernels.get("gabor", size=7, wavelength=4.0, angle=45.0, sigma=2.24, aspect=1.0, phase=90.0)
    found = likeness(gabor.weights[None])
    assert found.kernel == gabor
    padded = np.pad(kernels.get("sobel_x").weights, 1)
    assert likeness(padded[None]).kernel.key == "sobel_x"


def test_the_share_explained_is_that_of_least_squares() -> None:
    """1 − residual/energy of the best multiple of the kernel, as NumPy's lstsq finds it."""
    weights = some((1, 5, 5))
    found = likeness(weights)
    residual = np.linalg.lstsq(found.weights.reshape(-1, 1), weights.ravel(), rcond=None)[1][0]
    assert found.explained == pytest.approx(1 - residual / (weights**2).sum())
    np.testing.assert_allclose(found.likeness**2, found.explained)


def test_a_colour_filter_is_split_as_the_eigenvectors_say() -> None:
    """Colour is the leading eigenvector of W·Wᵀ, and its eigenvalue's share the rank-one share."""
    weights = some((3, 5, 5))
    table = weights.reshape(3, -1)
    values, vectors = np.linalg.eigh(table @ table.T)
    colour, spatial, share = pattern(weights)
    assert abs(colour @ vectors[:, -1]) == pytest.approx(1.0)
    assert share == pytest.approx(values[-1] / values.sum())
    np.testing.assert_allclose(spatial.ravel(), colour @ table, atol=1e-12)
    found = likeness(weights)
    approximation = np.multiply.outer(colour, found.weights)
    assert found.explained == pytest.approx(1 - ((weights - approximation) ** 2).sum() / (weights**2).sum())


def test_colours_are_named_by_opponents() -> None:
    """White is grey, red minus green is red–green, and shares sum to 1."""
    assert opponents([1, 1, 1]) == pytest.approx((1, 0, 0))
    assert opponents([-2, 2, 0]) == pytest.approx((0, 1, 0))
    assert opponents([1, 1, -2]) == pytest.approx((0, 0, 1))
    assert sum(opponents(some((3,)))) == pytest.approx(1)


def test_one_filter_is_split_into_itself() -> None:
    """With one channel the pattern is the filter, up to its sign."""
    weights = some((1, 3, 3))
    colour, spatial, share = pattern(weights)
    np.testing.assert_allclose(colour[0] * spatial, weights[0])
    assert share == pytest.approx(1.0)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_baseline_is_the_likeness_of_random_filters(channels: int) -> None:
    """One by one, by the function that the page uses for learned filters."""
    drawn = np.random.default_rng(0).standard_normal((RANDOM_FILTERS, channels, 25)).reshape(-1, channels, 5, 5)
    values = [likeness(each).likeness for each in drawn]
    found = baseline(channels, 5)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.quantile == pytest.approx(np.quantile(values, 0.95))
    assert baseline(channels, 3).mean > found.mean > baseline(channels, 7).mean  # small filters are near everything


@pytest.mark.parametrize(
    ("shape", "value"),
    [((1, 3, 3), 0), ((1, 4, 4), 1), ((1, 1, 1), 1), ((1, 3, 5), 1), ((3, 3, 3), np.nan), ((1, 5, 5), -np.inf)],
)
def test_what_cannot_be_compared_is_refused(shape: tuple[int, ...], value: float) -> None:
    """Zeros, even sides, single weights, rectangles, and what a training that ran away leaves."""
    with pytest.raises(ParameterError):
        likeness(np.full(shape, value))
