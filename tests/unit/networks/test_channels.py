"""Numbers about channels against torch and scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from cnnviz.errors import ParameterError
from cnnviz.networks.channels import principal_colours, statistics


def noise(*shape: int) -> np.ndarray:
    """Maps of unlike channels."""
    generator = np.random.default_rng(0)
    return (generator.normal(size=shape) * generator.uniform(1, 9, (shape[0], 1, 1))).astype(np.float32)


def test_statistics_by_hand() -> None:
    """One channel after a ReLU, one that is dead, one that is negative."""
    maps = np.array([[[0, 1, 0], [0, 7, 7]], [[0, 0, 0], [0, 0, 0]], [[-1, -2, -3], [-1, -2, -3]]], dtype=np.float32)
    found = statistics(maps)
    assert found.minimum.tolist() == [0, 0, -3]
    assert found.maximum.tolist() == [7, 0, -1]
    assert found.mean.tolist() == [2.5, 0, -2]
    assert found.zeros.tolist() == [0.5, 1, 0]
    assert found.dead.tolist() == [False, True, True]
    assert found.top.tolist() == [[1, 1], [0, 0], [0, 0]]


def test_variances_are_those_of_torch() -> None:
    """Population variance."""
    maps = noise(5, 7, 4)
    expected = torch.from_numpy(maps).double().flatten(1).var(dim=1, correction=0)
    np.testing.assert_allclose(statistics(maps).variance, expected.numpy(), rtol=1e-9)


@pytest.mark.parametrize("shape", [(6, 9, 8), (90, 6, 7)])
def test_colours_are_principal_components(shape: tuple[int, int, int]) -> None:
    """Up to the stretching each colour is scikit-learn's component; between its percentiles a straight line."""
    maps = noise(*shape)
    colours = principal_colours(maps).reshape(-1, 3)
    expected = PCA(3).fit_transform(maps.reshape(len(maps), -1).T.astype(np.float64))
    for colour, component in zip(colours.T, expected.T, strict=True):
        inside = (colour > 0) & (colour < 1)
        assert inside.sum() > 0.8 * len(colours)
        assert abs(np.corrcoef(colour[inside], component[inside])[0, 1]) == pytest.approx(1, abs=1e-6)
    assert (colours.min(), colours.max()) == (0, 1)


def test_what_is_no_number_counts_as_zero() -> None:
    """A network whose sums have overflowed still has colours."""
    maps = noise(4, 5, 5)
    maps[:, 2, 3] = 0
    broken = maps.copy()
    broken[:, 2, 3] = [np.inf, -np.inf, np.nan, 0]
    np.testing.assert_array_equal(principal_colours(broken), principal_colours(maps))


@pytest.mark.parametrize("channels", [3, 40])
def test_signs_are_settled_by_the_heaviest_channel(channels: int) -> None:
    """A red place is one where the channel that varies most is high, also in the turned picture."""
    maps = noise(channels, 6, 5)
    maps[1] *= 50
    colours = principal_colours(maps)
    assert np.corrcoef(colours[..., 0].ravel(), maps[1].ravel())[0, 1] > 0.9
    np.testing.assert_allclose(principal_colours(maps[:, ::-1])[::-1], colours, atol=1e-5)


def test_components_without_variance_are_grey() -> None:
    """Of one channel there is one; of a constant one none."""
    assert (principal_colours(noise(1, 4, 4))[..., 1:] == 0.5).all()
    assert (principal_colours(np.ones((4, 3, 3), np.float32)) == 0.5).all()


@pytest.mark.parametrize("function", [statistics, principal_colours])
@pytest.mark.parametrize("shape", [(3, 4), (0, 2, 2)])
def test_maps_of_another_kind(function: object, shape: tuple[int, ...]) -> None:
    """Neither a vector nor nothing."""
    assert callable(function)
    with pytest.raises(ParameterError, match="maps"):
        function(np.zeros(shape, np.float32))
