"""Strips of maps: what is drawn, in which order, on which scale."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from cnnviz.figures.colours import diverging
from pages.common.language import begin_run
from pages.common.map_strips import Block, Group, strips
from pages.common.maps_blocks import changed_block
from pages.common.maps_order import Order

RANDOM = np.random.default_rng(8)
FIRST = RANDOM.normal(size=(20, 5, 7)).astype(np.float32)
SECOND = (FIRST + RANDOM.normal(size=(20, 1, 1)) * np.arange(20).reshape(20, 1, 1) / 10).astype(np.float32)
LABELS = ("one", "two")


@pytest.fixture(autouse=True)
def _english() -> None:
    begin_run()


def tiles(text: str) -> dict[str, np.ndarray]:
    """The pictures of an HTML text by their names, as a browser decodes them."""
    found = re.findall(r'<img alt="([^"]*)".*?base64,([^"]*)"', text)
    return {name: np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")) for name, data in found}


def test_the_colour_is_the_number() -> None:
    """Zero is the middle, the largest number the end; every pixel is the colour that its number has on the scale."""
    values = np.array([[[-2, -1, 0, 1, 2, 4]]], np.float32)
    text = strips([Block("a", [Group([0], [("row", values)])])])
    (picture,) = tiles(text).values()
    np.testing.assert_array_equal(picture[0], diverging()[np.rint(127 + values[0, 0] / 4 * 127).astype(int)])
    assert ">−4<" in text
    assert ">4<" in text


def test_scales_are_shared_by_a_step_by_all_or_by_a_row() -> None:
    """The same map in another company."""
    small, large = np.full((1, 2, 2), 1, np.float32), np.full((1, 2, 2), 4, np.float32)
    blocks = [Block("a", [Group([0], [("s", small), ("t", small * 2)])]), Block("b", [Group([0], [("l", large)])])]
    for scale, ends in (("step", [2, 4]), ("all", [4]), ("row", [])):
        text = strips(blocks, scale)
        assert re.findall(r"<span>−([0-9.]+)</span>", text) == [str(each) for each in ends]
        shown = tiles(text)["s, channel 0: 1 … 1"][0, 0]
        place = {"step": 127 + 127 / 2, "all": 127 + 127 / 4, "row": 254}[scale]
        np.testing.assert_array_equal(shown, diverging()[round(place)])


def test_channels_come_by_their_difference() -> None:
    """The root mean square of it, eight at a time; the third row is the difference of the two above."""
    changes = np.sqrt(np.square(SECOND - FIRST).mean(axis=(1, 2)))
    expected = np.argsort(-changes)
    block = changed_block("step", LABELS, FIRST, SECOND, Order("difference", 1))
    (group,) = block.groups
    assert list(group.channels) == expected[8:16].tolist()
    assert group.notes[0] == f"Δ {changes[expected[8]]:.3g}"
    np.testing.assert_array_equal(group.rows[2][1], SECOND - FIRST)
    norm = np.linalg.norm(SECOND - FIRST) / np.linalg.norm(FIRST)
    assert f"{100 * norm:.1f}%" in block.title
    assert list(changed_block("step", LABELS, FIRST, SECOND, Order("index", 9)).groups[0].channels) == [16, 17, 18, 19]


def test_other_shapes_have_no_difference() -> None:
    """Nor have channels that do not belong together: the strongest of either are shown."""
    for second, paired in ((SECOND[:, :2], True), (SECOND, False)):
        block = changed_block("step", LABELS, FIRST, second, Order("strength"), paired=paired)
        assert [len(group.rows) for group in block.groups] == [1, 1]
        for group, maps in zip(block.groups, (FIRST, second), strict=True):
            assert list(group.channels) == np.argsort(-np.abs(maps).mean(axis=(1, 2)))[:8].tolist()


def test_names_cannot_draw() -> None:
    """Texts from outside stay texts; numbers that are none are shown as the ends."""
    values = np.array([[[np.nan, np.inf, 1]]], np.float32)
    text = strips([Block("<script>", [Group([0], [('"><b>', values)])])])
    assert "<script>" not in text
    assert len(tiles(text)) == 1
