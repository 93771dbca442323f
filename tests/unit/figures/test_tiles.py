"""Feature maps as levels: what they stand for is what was in the maps, to half a level."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import block_reduce

from cnnviz.errors import ParameterError
from cnnviz.figures.tiles import Tiles, block_mean, tiles

RANDOM = np.random.default_rng(3)


def numbers(found: Tiles) -> np.ndarray:
    """What the levels stand for, float64 (C, h, w)."""
    low, high = (each.astype(np.float64)[:, None, None] for each in (found.minimum, found.maximum))
    return low + found.levels / 255 * (high - low)


@pytest.mark.parametrize(
    ("scale", "shift"), [(1.0, 0.0), (1e-30, 0.0), (1e30, -3e30), (1.0, 5000.0)], ids=["usual", "tiny", "huge", "far"]
)
def test_levels_stand_for_the_numbers_to_half_a_level(scale: float, shift: float) -> None:
    """Each channel on its own scale, whatever the others' are."""
    maps = (RANDOM.normal(size=(5, 9, 14)) * scale * np.array([1, 2, 5, 100, 0.01]).reshape(-1, 1, 1) + shift).astype(
        np.float32
    )
    found = tiles(maps, 14)
    level = (maps.max(axis=(1, 2)).astype(np.float64) - maps.min(axis=(1, 2))) / 255
    assert found.factor == 1
    assert found.finite.all()
    assert (found.levels.max(axis=(1, 2)) == 255).all()
    assert (np.abs(numbers(found) - maps).max(axis=(1, 2)) <= 0.5001 * level).all()


@pytest.mark.parametrize(("size", "factor"), [((8, 12), 2), ((9, 13), 2), ((7, 20), 5), ((3, 11), 4), ((10, 10), 10)])
def test_reduction_is_the_mean_of_each_block(size: tuple[int, int], factor: int) -> None:
    """As scikit-image has it where blocks are whole; at the edges of what is there, which padding with NaN checks."""
    maps = RANDOM.normal(size=(3, *size)).astype(np.float32)
    padded = np.pad(maps, [(0, 0), *((0, -side % factor) for side in size)], constant_values=np.nan)
    expected = block_reduce(padded, (1, factor, factor), np.nanmean)
    reduced = block_mean(maps, factor)
    np.testing.assert_allclose(reduced, expected, rtol=1e-5, atol=1e-6)
    found = tiles(maps, -(-max(size) // factor))
    assert found.factor == factor
    np.testing.assert_allclose(found.minimum, expected.min(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(numbers(found), reduced, atol=0.51 / 255 * np.ptp(reduced))


def test_constant_channels_keep_their_number() -> None:
    """No division by a range of zero; a range too small for a scale counts as none."""
    maps = np.stack([np.full((4, 4), value, np.float32) for value in (0.0, -2.5, 1e-40)])
    maps[2, 0, 0] = 0
    found = tiles(maps, 4)
    assert not found.levels.any()
    assert found.minimum.tolist()[:2] == found.maximum.tolist()[:2] == [0.0, -2.5]


@pytest.mark.parametrize("factor", [1, 2])
def test_numbers_that_are_none_leave_the_others_readable(factor: int) -> None:
    """NaN and −∞ look like the smallest, ∞ like the largest; the channel is marked, its neighbour untouched."""
    maps = np.tile(np.arange(16, dtype=np.float32).reshape(4, 4), (3, 1, 1)).repeat(factor, 1).repeat(factor, 2)
    maps[0, 0, 0], maps[0, -1, -1], maps[0, 0, -1] = np.nan, np.inf, -np.inf
    maps[1] = np.nan
    found = tiles(maps, 4)
    assert found.finite.tolist() == [False, False, True]
    assert (found.minimum.tolist(), found.maximum.tolist()) == ([1.0, 0.0, 0.0], [14.0, 0.0, 15.0])
    assert (found.levels[0, 0, 0], found.levels[0, 0, 3], found.levels[0, 3, 3]) == (0, 0, 255)
    assert not found.levels[1].any()
    assert found.levels[2].ravel().tolist() == list(range(0, 256, 17))


def test_the_argument_stays_as_it_is_and_nonsense_is_refused() -> None:
    """Also for a factor of 1, where nothing is reduced."""
    maps = RANDOM.normal(size=(2, 5, 5)).astype(np.float32)
    before = maps.copy()
    maps.setflags(write=False)
    assert (tiles(maps, 5).levels.shape, tiles(maps, 2).levels.shape) == ((2, 5, 5), (2, 2, 2))
    assert (maps == before).all()
    for wrong, largest in ((maps, 0), (maps[0], 5), (maps[:0], 5)):
        with pytest.raises(ParameterError):
            tiles(wrong, largest)
