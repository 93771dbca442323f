"""Strips of maps: what is drawn, in which order, on which scale."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from cnnviz.figures.colours import diverging, sequential
from pages.common.language import begin_run
from pages.common.map_strips import Block, Group, Row, strips
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
    text = strips([Block("a", [Group([0], [Row("row", values)])])])
    (picture,) = tiles(text).values()
    np.testing.assert_array_equal(picture[0], diverging()[np.rint(127 + values[0, 0] / 4 * 127).astype(int)])
    assert ">−4<" in text
    assert ">4<" in text


def ends(text: str) -> list[tuple[str, str]]:
    """The numbers at the ends of all printed scales."""
    return re.findall(r"<span>([^<]*)</span><i [^>]*></i><span>([^<]*)</span>", text)


def test_numbers_without_a_sign_run_from_zero() -> None:
    """What a ReLU leaves takes all colours of the sequential map, and no other."""
    values = np.array([[[0, 1, 2, 3.2, 4]]], np.float32)
    text = strips([Block("a", [Group([0], [Row("row", values)])])])
    (picture,) = tiles(text).values()
    np.testing.assert_array_equal(picture[0], sequential()[np.rint(values[0, 0] / 4 * 255).astype(int)])
    assert ends(text) == [("0", "4")]
    first, last = ("#" + bytes(sequential()[place]).hex() for place in (0, 255))
    assert re.search(rf"linear-gradient\(90deg,{first}, .*, {last}\)", text)


def test_one_negative_number_makes_a_common_scale_signed() -> None:
    """Also one of a channel that is not shown, so that all pages of a step have the same colours."""
    plain, mixed = np.ones((2, 2, 2), np.float32), np.ones((2, 2, 2), np.float32)
    mixed[1, 0, 0] = -1
    blocks = [Block("a", [Group([0], [Row("plain", plain), Row("mixed", mixed)])]), Block("b", [])]
    for scale, found in (("step", [("−1", "1")]), ("all", [("−1", "1")]), ("row", [("0", "1"), ("−1", "1")])):
        text = strips(blocks, scale)
        assert ends(text)[:2] == found
        shown = {name.partition(",")[0]: picture[0, 0] for name, picture in tiles(text).items()}
        np.testing.assert_array_equal(shown["mixed"], diverging()[254])
        np.testing.assert_array_equal(shown["plain"], sequential()[255] if scale == "row" else diverging()[254])


@pytest.mark.parametrize("scale", ["step", "all", "row"])
def test_a_difference_is_signed_beside_maps_that_are_not(scale: str) -> None:
    """Both scales are printed, with one end where they are shared; no change has no colour."""
    first = np.array([[[0, 2, 4]], [[0, 0, 0]]], np.float32)
    second = np.array([[[2, 2, 2]], [[0, 0, 0]]], np.float32)
    block = changed_block("step", LABELS, first, second, Order("index"))
    text = strips([block], scale)
    own = scale == "row"
    assert ends(text) == ([("0", "4"), ("0", "2"), ("−2", "2")] if own else [("0", "4"), ("−4", "4")])
    shown = {name.partition(":")[0]: picture[0] for name, picture in tiles(text).items()}
    np.testing.assert_array_equal(shown["one, channel 0"], sequential()[[0, 128, 255]])
    np.testing.assert_array_equal(shown["two, channel 0"], sequential()[[255 if own else 128] * 3])
    np.testing.assert_array_equal(shown["difference, channel 0"], diverging()[[254, 127, 0] if own else [190, 127, 64]])
    same = strips([changed_block("step", LABELS, first, first, Order("index"))], scale)
    white = next(picture for name, picture in tiles(same).items() if name.startswith("difference, channel 0"))
    assert (white == diverging()[127]).all()


def test_scales_are_shared_by_a_step_by_all_or_by_a_row() -> None:
    """The same map in another company."""
    small, large = np.full((1, 2, 2), 1, np.float32), np.full((1, 2, 2), 4, np.float32)
    rows = [Row("s", small), Row("t", small * 2)]
    blocks = [Block("a", [Group([0], rows)]), Block("b", [Group([0], [Row("l", large)])])]
    for scale, printed, place in (("step", "24", 127.5), ("all", "4", 63.75), ("row", "124", 255)):
        text = strips(blocks, scale)
        assert ends(text) == [("0", end) for end in printed]
        shown = tiles(text)["s, channel 0: 1 … 1"][0, 0]
        np.testing.assert_array_equal(shown, sequential()[round(place)])


def test_channels_come_by_their_difference() -> None:
    """The root mean square of it, eight at a time; the third row is the difference of the two above."""
    changes = np.sqrt(np.square(SECOND - FIRST).mean(axis=(1, 2)))
    expected = np.argsort(-changes)
    block = changed_block("step", LABELS, FIRST, SECOND, Order("difference", 1))
    (group,) = block.groups
    assert list(group.channels) == expected[8:16].tolist()
    assert group.notes[0] == f"Δ {changes[expected[8]]:.3g}"
    np.testing.assert_array_equal(group.rows[2].maps, SECOND - FIRST)
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
    text = strips([Block("<script>", [Group([0], [Row('"><b>', values)])], "<script>")])
    assert "<script>" not in text
    assert len(tiles(text)) == 1
