"""Facts about kernels, each against NumPy or known from the kernel's definition."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.convolution import filtering, kernels
from cnnviz.convolution.facts import facts
from cnnviz.errors import KernelError

SYMMETRIC = {"identity", "box", "gaussian", "sharpen", "unsharp", "edge", "laplacian", "laplacian_8"} | {
    "laplacian_of_gaussian",
    "difference_of_gaussians",
    "gabor",
    "motion_blur",
}
ANTISYMMETRIC = {"sobel_x", "sobel_y", "scharr_x", "scharr_y", "prewitt_x", "prewitt_y"} | {
    "roberts_pos_diag",
    "roberts_neg_diag",
}


@pytest.mark.parametrize("key", kernels.names())
def test_totals_and_counts_are_those_of_the_table(key: str) -> None:
    """Size, sum, absolute sum, multiplications, rank."""
    weights = kernels.get(key).weights
    found = facts(weights)
    assert found.size == weights.shape
    assert found.total == pytest.approx(weights.sum(), abs=1e-12)
    assert found.total_absolute == pytest.approx(np.abs(weights).sum())
    assert found.multiplications_direct == weights.shape[0] * weights.shape[1]
    assert found.separable == (np.linalg.matrix_rank(weights) == 1)
    if found.factors is None:
        assert found.multiplications_separable is None
    else:
        np.testing.assert_allclose(np.outer(*found.factors), weights, atol=1e-12)
        assert found.multiplications_separable == sum(weights.shape)


@pytest.mark.parametrize("key", kernels.names())
def test_symmetry_says_whether_correlation_is_convolution(key: str) -> None:
    """Symmetric: the same result; antisymmetric: the opposite; the lists are the kernels' definitions."""
    weights = kernels.get(key).weights
    found = facts(weights)
    assert found.symmetric == (key in SYMMETRIC)
    assert found.antisymmetric == (key in ANTISYMMETRIC)
    x = np.random.default_rng(0).random((20, 24))
    correlated, convolved = (f(x, weights, "valid") for f in (filtering.correlate, filtering.convolve))
    assert np.allclose(correlated, convolved, atol=1e-5) == found.symmetric
    assert np.allclose(correlated, -convolved, atol=1e-5) == found.antisymmetric


@pytest.mark.parametrize("key", kernels.names())
def test_every_kernel_of_the_registry_recognises_itself(key: str) -> None:
    """The nearest kernel is the kernel, exactly, once."""
    nearest = facts(kernels.get(key).weights).nearest
    assert nearest is not None
    assert nearest.kernel == kernels.get(key)
    assert nearest.exact
    assert nearest.similarity == pytest.approx(1)
    assert nearest.scale == pytest.approx(1)


@pytest.mark.parametrize(
    ("weights", "key", "scale"),
    [
        (2 * kernels.get("sobel_x").weights, "sobel_x", 2),
        (-kernels.get("laplacian").weights, "laplacian", -1),
        (-kernels.get("laplacian_8").weights / 3, "edge", 1 / 3),
        (np.full((7, 7), 5.0), "box", 5 * 49),
        ([[4.0]], "identity", 4),
        (np.pad(kernels.get("scharr_y").weights, 3), "scharr_y", 1),
        (1e-200 * kernels.get("emboss").weights, "emboss", 1e-200),
        (kernels.get("gaussian", size=9).weights, "gaussian", 1),
    ],
)
def test_multiples_are_recognised(weights: np.ndarray, key: str, scale: float) -> None:
    """2 x Sobel X, minus the Laplacian, a larger box, a padded Scharr: exact, with the right factor."""
    nearest = facts(weights).nearest
    assert nearest is not None
    assert (nearest.kernel.key, nearest.exact) == (key, True)
    assert nearest.scale == pytest.approx(scale, rel=1e-12)


def test_a_likeness_is_not_an_identity() -> None:
    """A disturbed Sobel is near Sobel with the cosine that NumPy gives, and not exact."""
    weights = kernels.get("sobel_x").weights + np.array([[0, 0.3, 0], [0, 0, 0], [0.1, 0, 0]])
    nearest = facts(weights).nearest
    assert nearest is not None
    assert nearest.kernel.key == "sobel_x"
    assert not nearest.exact
    a, b = weights.ravel(), kernels.get("sobel_x").weights.ravel()
    assert nearest.similarity == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)))
    assert nearest.scale == pytest.approx(np.linalg.lstsq(b[:, None], a, rcond=None)[0][0])


def test_nothing_but_zeros_resembles_nothing() -> None:
    """No nearest kernel, gain 0, and trivially the product of zeros."""
    found = facts(np.zeros((3, 4)))
    assert found.nearest is None
    assert (found.total, found.total_absolute, found.separable) == (0, 0, True)


def test_facts_hold_for_large_kernels_and_refuse_what_is_none() -> None:
    """A chain's kernel may have 255 rows; NaN has no facts."""
    assert facts(np.ones((255, 2))).multiplications_separable == 257
    with pytest.raises(KernelError):
        facts([[np.nan]])
