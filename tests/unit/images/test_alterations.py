"""Changes of a picture against NumPy, OpenCV's inverse and laws; hostile amounts are refused."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.errors import ParameterError
from cnnviz.images.alterations import KINDS, Alteration, names

SEEN = np.random.default_rng(2).random((9, 12, 3)).astype(np.float32)


@pytest.mark.parametrize("kind", names())
def test_changes_are_the_same_each_time_and_leave_the_picture(kind: str) -> None:
    """Same shape and type, 0-1, another picture; the argument is not touched."""
    before = SEEN.copy()
    parameter = KINDS[kind].parameter
    change = Alteration(kind, parameter.default if parameter else 0)
    first, second = change.applied(SEEN), change.applied(SEEN)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(SEEN, before)
    assert (first.shape, first.dtype) == (SEEN.shape, np.float32)
    assert 0 <= first.min() <= first.max() <= 1 + 1e-6
    assert np.abs(first - SEEN).mean() > 0.01


def test_each_does_what_it_says() -> None:
    """Mirrored, moved with its edge repeated, turned by a right angle, multiplied, disturbed by sigma."""
    np.testing.assert_array_equal(Alteration("flip").applied(SEEN), np.flip(SEEN, 1))
    right, left = (Alteration("shift", each).applied(SEEN) for each in (3, -3))
    np.testing.assert_array_equal(right[:, 3:], SEEN[:, :-3])
    np.testing.assert_array_equal(right[:, :3], np.repeat(SEEN[:, :1], 3, 1))
    np.testing.assert_array_equal(left[:, :-3], SEEN[:, 3:])
    square = SEEN[:, :9]
    np.testing.assert_allclose(Alteration("rotation", 90).applied(square), np.rot90(square), atol=1e-4)
    np.testing.assert_allclose(Alteration("brightness", 0.5).applied(SEEN), SEEN / 2, rtol=1e-6)
    grey = np.full((200, 200, 1), 0.5, np.float32)
    assert Alteration("noise", 0.1).applied(grey).std() == pytest.approx(0.1, rel=0.02)


def test_maps_follow() -> None:
    """Many channels at once are moved as one picture is; a shift by whole places of the map."""
    maps = np.random.default_rng(4).normal(size=(7, 9, 9)).astype(np.float32)
    np.testing.assert_allclose(
        Alteration("rotation", 90).followed(maps), np.stack([np.rot90(each) for each in maps]), atol=1e-4
    )
    np.testing.assert_array_equal(Alteration("flip").followed(maps), maps[..., ::-1])
    np.testing.assert_array_equal(Alteration("shift", 8).followed(maps, 4)[..., 2:], maps[..., :-2])
    with pytest.raises(ParameterError):
        Alteration("noise", 0.1).followed(maps)


@pytest.mark.parametrize(("kind", "amount"), [("melt", 1), ("shift", 1.5), ("shift", 65), ("noise", float("nan"))])
def test_what_cannot_be_done_is_refused(kind: str, amount: float) -> None:
    """By kind and by range."""
    with pytest.raises(ParameterError):
        Alteration(kind, amount)
