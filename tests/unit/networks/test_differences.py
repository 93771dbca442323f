"""How far two passes are apart, what moves with the picture, and what a click adds to a what-if."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.images import samples
from cnnviz.images.alterations import Alteration
from cnnviz.networks import catalogue, passes, what_if
from cnnviz.networks.differences import bypasses, channel_changes, relative_change, relative_changes
from cnnviz.networks.equivariance import following, jump_of
from cnnviz.networks.switching import all_but, strongest, with_channels, with_off, without
from cnnviz.networks.what_if import Off

torch.set_num_threads(1)

RANDOM = np.random.default_rng(3)


def test_changes_are_norms() -> None:
    """Against torch's norms; nothing against nothing is no change."""
    first, second = (RANDOM.normal(size=(5, 4, 3)).astype(np.float32) for _ in range(2))
    one, two = torch.from_numpy(first), torch.from_numpy(second)
    assert relative_change(first, second) == pytest.approx(((two - one).norm() / one.norm()).item(), rel=1e-5)
    expected = (two - one).square().mean(dim=(1, 2)).sqrt()
    np.testing.assert_allclose(channel_changes(first, second), expected, rtol=1e-5)
    assert relative_change(first * 0, first * 0) == 0
    assert relative_change(first * 0, second) == float("inf")
    assert relative_changes({"a": first, "b": first, "c": first}, {"b": second[:2], "c": first}) == {"c": 0}


def test_a_shortcut_carries_past_what_is_off() -> None:
    """Without a residual branch, its end changes wholly and the addition less; nothing before changes."""
    loaded = catalogue.load("resnet20-cifar10")
    x = loaded.prepare(samples.load("cat"))
    before = passes.run_pass("", loaded.network, x)
    after = passes.run_pass("", loaded.network, x, what_if=what_if.read("conv3_x.1.norm2"))
    changes = relative_changes(before.maps, after.maps)
    names = list(changes)
    assert not any(changes[name] for name in names[: names.index("conv3_x.1.norm2")])
    first = bypasses(before.summary, changes)[0]
    assert (first.step, first.worst) == ("conv3_x.1.add", 1)
    branch, way = before.maps["conv3_x.1.norm2"], before.maps["conv3_x.0.activation2"]
    assert first.after == pytest.approx(np.linalg.norm(branch) / np.linalg.norm(branch + way), rel=1e-5)
    assert not bypasses(before.summary, dict.fromkeys(changes, 0.0))


def test_maps_follow_a_shift() -> None:
    """But for the edge, the first convolution's maps move by as many places, those after a stride of two by half."""
    loaded = catalogue.load("resnet20-cifar10")
    seen = loaded.seen(samples.load("cat"))
    shift = Alteration("shift", 4)
    before, after = (
        passes.run_pass("", loaded.network, loaded.preparation.normalised(each)) for each in (seen, shift.applied(seen))
    )
    found = following(before, after, shift)
    steps = {layer.name: layer for layer in before.summary.layers}
    for step, places in (("conv1.conv", 4), ("conv3_x.0.conv1", 2)):
        first, second = before.maps[step], after.maps[step]
        assert 4 / jump_of(steps[step], 32) == places
        moved = first[..., np.clip(np.arange(first.shape[2]) - places, 0, None)]
        error = np.linalg.norm(moved - second) / np.linalg.norm(moved)
        assert found[step].moved == pytest.approx(error, rel=1e-5)
        assert found[step].stayed == pytest.approx(np.linalg.norm(first - second) / np.linalg.norm(first), rel=1e-5)
    np.testing.assert_allclose(after.maps["conv1.conv"][..., 5:-1], before.maps["conv1.conv"][..., 1:-5], atol=1e-5)
    assert found["fc"].moved == found["fc"].stayed > 0


def test_clicks_add_up() -> None:
    """Channels of one step are one entry; a whole step takes their place; what is taken away is on again."""
    off = with_channels(with_channels(what_if.NOTHING, "a", (3,)), "a", (1, 2))
    off = with_off(with_channels(off, "b", (0,)), Off("c", summand=1))
    assert what_if.write(off) == "a:1-3;b:0;c@1"
    whole = with_off(off, Off("a"))
    assert what_if.write(whole) == "a;b:0;c@1"
    assert with_channels(whole, "a", (5,)) == whole
    assert with_channels(off, "a", ()) == off
    assert what_if.write(without(off, Off("b", (0,)))) == "a:1-3;c@1"
    assert all_but(4, 2) == (0, 1, 3)
    maps = np.array([1, -5, 3, 0], np.float32).reshape(4, 1, 1) * np.ones((4, 2, 2), np.float32)
    assert strongest(maps, 3) == (1, 2, 0)
