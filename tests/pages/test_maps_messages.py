"""What the overview and the grid of maps get to paint, and what they make of a browser's reports."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.networks.facts import Layer, Summary
from pages.common.maps_grid import View, chosen_channel, chosen_view, extent, pack_grid
from pages.common.maps_overview import SHOWN, Look, chosen_look, chosen_step, pack_overview
from tests.messages import unpacked

RANDOM = np.random.default_rng(5)


def summary(*names: str) -> Summary:
    """A chain of steps."""
    layers = tuple(
        Layer(i, name, "Conv2d", "convolution", "", (i - 1,), (), (1, 12, 4, 4), 0, "", 0, "", 0, None, False)
        for i, name in enumerate(names)
    )
    return Summary((1, 3, 8, 8), layers, (len(names) - 1,), 0, 0, 0, ())


def test_the_overview_shows_the_strongest_channels_of_each_step() -> None:
    """By their mean absolute activation, whatever its sign; vectors whole, long ones by the range of their parts."""
    maps = RANDOM.normal(size=(12, 60, 80)).astype(np.float32)
    maps *= np.roll(np.arange(1, 13), 5).reshape(-1, 1, 1)
    scores = RANDOM.normal(size=1000).astype(np.float32)
    steps = summary("conv1.conv", "conv1.activation", "fc", "left out")
    known = {"conv1.conv": maps, "conv1.activation": np.maximum(maps, 0), "fc": scores}
    header, blobs = unpacked(pack_overview(steps, known, np.full((5, 7, 3), 0.5)))
    assert (header["seen"], set(blobs[0])) == ([5, 7, 3], {128})
    first, second, last = header["strips"]
    assert [each["end"] for each in header["strips"]] == [False, True, True]
    assert first["channels"] == np.argsort(-np.abs(maps).mean(axis=(1, 2)))[:SHOWN].tolist()
    assert (first["size"], second["size"]) == ([20, 27], [30, 40])  # folded away, and shown at once
    levels = np.frombuffer(blobs[second["blob"]], np.uint8).reshape(SHOWN, 30, 40)
    low, high = second["low"][3], second["high"][3]
    reduced = np.maximum(maps, 0)[second["channels"][3]].reshape(30, 2, 40, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(low + levels[3] / 255 * (high - low), reduced, atol=0.51 * (high - low) / 255)
    bars = np.frombuffer(blobs[last["blob"]], "<f4").reshape(-1, 2)
    assert len(bars) == 512
    assert (bars[:, 0].min(), bars[:, 1].max(), last["largest"]) == (scores.min(), scores.max(), scores.argmax())


def test_numbers_that_are_none_reach_no_browser() -> None:
    """JSON has no NaN: a broken network is shown as far as it goes."""
    maps = np.full((3, 4, 4), np.nan, np.float32)
    maps[1] = np.arange(16).reshape(4, 4)
    maps[1, 0, 0] = np.inf
    steps = summary("conv", "fc")
    unpacked(pack_overview(steps, {"conv": maps, "fc": maps[1, 0]}, np.zeros((2, 2, 1))))
    numbers = np.frombuffer(unpacked(pack_grid(maps))[1][2], "<f4")
    assert np.isfinite(numbers).all()
    assert extent({"conv": maps}) == 0


def test_the_grid_has_every_channel_and_its_numbers() -> None:
    """Statistics of the whole maps, in the order that the header names; dead channels marked; small enough to send."""
    maps = np.maximum(RANDOM.normal(size=(256, 56, 56)), 0).astype(np.float32)
    maps[7] = 0
    header, blobs = unpacked(pack_grid(maps, maps / 2))
    assert header["shape"] == [256, 56, 56]
    assert len(blobs[0]) == 256 * np.prod(header["size"]) <= 2**20
    numbers = dict(zip(header["numbers"], np.frombuffer(blobs[2], "<f4").reshape(-1, 256), strict=True))
    for name, expected in (
        ("mean", maps.mean(axis=(1, 2))),
        ("variance", maps.var(axis=(1, 2))),
        ("maximum", maps.max(axis=(1, 2))),
        ("zeros", (maps == 0).mean(axis=(1, 2))),
        ("difference", maps.mean(axis=(1, 2)) / 2),
    ):
        np.testing.assert_allclose(numbers[name], expected, rtol=1e-4)
    flags = np.frombuffer(blobs[3], np.uint8).reshape(2, 256)
    assert (np.flatnonzero(flags[0]).tolist(), flags[1].any()) == ([7], False)
    assert extent({"a": maps, "b": -3 * maps, "c": maps[0, 0] * 100}) == 3 * float(maps.max())


@pytest.mark.parametrize(
    "value",
    [None, 7, "conv", {}, *({"step": step, "channel": number} for step, number in ((3, 1), ("a", -1), ("a", True)))],
)
def test_reports_that_are_none_open_nothing(value: object) -> None:
    """They come from a browser."""
    assert chosen_step(value) is None


def test_reports_are_read() -> None:
    """A step alone, or with a channel; what the visitor looks at only when all of it is known."""
    assert chosen_step({"step": "fc", "channel": None}) == ("fc", None)
    assert chosen_step({"step": "conv1.conv", "channel": 3}) == ("conv1.conv", 3)
    assert chosen_channel({"channel": 3}) == 3
    assert {chosen_channel(each) for each in ({"channel": -1}, {"channel": True}, {}, [], None)} == {None}
    view = {"channel": 3, "sort": "mean", "scale": "network", "dead": True}
    assert chosen_view(view) == View(3, "mean", "network", True)
    assert chosen_view(view | {"sort": "colour"}) is chosen_view(view | {"scale": []}) is chosen_view("x") is None
    assert chosen_look({"fold": "all", "scale": "network"}) == Look("all", "network")
    wrong = ({"fold": "none", "scale": "layer"}, {"fold": "all", "scale": 7}, {"fold": []}, [], None)
    assert {chosen_look(each) for each in wrong} == {None}
