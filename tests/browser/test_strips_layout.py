"""Strips of maps in a real browser, without a server: on a phone and beside a side bar nothing is cut off or hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pages.common.language import begin_run
from pages.common.map_strips import Block, Group, Row, strips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SMALLEST = 36  # pixels of a tile

# Rectangles of what is drawn; of a name, of its text.
MEASURE = """() => {
  const range = document.createRange();
  const box = ({ left, right, top, bottom }) => ({ left, right, top, bottom });
  const text = (node) => (range.selectNodeContents(node), box(range.getBoundingClientRect()));
  const all = (selector, measure) => [...document.querySelectorAll(selector)].map(measure);
  return {
    scrolls: document.documentElement.scrollWidth - innerWidth,
    names: all(".maps > span", text), heads: all(".maps > b", text), scales: all(".scales", text),
    tiles: all("img", (node) => box(node.getBoundingClientRect())),
  };
}"""


def drawn(browser: Browser, width: int, scale: str) -> dict[str, Any]:
    """Two rows with long names, a difference and notes, as wide as there is room."""
    begin_run()
    maps = np.abs(np.random.default_rng(8).normal(size=(8, 6, 6))).astype(np.float32)
    rows = [
        Row("conv4_x.2.activation", maps),
        Row("a-name-without-any-place-to-break-it", maps),
        Row("difference", maps - 1, difference=True),
    ]
    group = Group(range(8), rows, ["Δ 0.0377", "Δ 1.23e−05"] * 4)
    block = Block("inception4a.branch_of_a_long_name.activation · 512 × 14 × 14", [group], "It changed by 12.3%.")
    page = browser.new_page(viewport={"width": width, "height": 844})
    text = strips([block], scale)
    page.set_content(f"<style>body {{ margin: 16px; font: 16px/1.6 sans-serif }}</style><body>{text}</body>")
    found: dict[str, Any] = page.evaluate(MEASURE)
    page.close()
    return found


def apart(one: dict[str, float], two: dict[str, float]) -> bool:
    """Whether two rectangles have no point in common, but for a rounding."""
    least = 0.5
    beside = one["right"] <= two["left"] + least or two["right"] <= one["left"] + least
    return beside or one["bottom"] <= two["top"] + least or two["bottom"] <= one["top"] + least


@pytest.mark.parametrize("scale", ["step", "row"])
@pytest.mark.parametrize("width", [390, 560, 700, 948])
def test_nothing_is_cut_off_or_covered(browser: Browser, width: int, scale: str) -> None:
    """A phone, and what a side bar leaves: eight maps across, names beside them or above."""
    found = drawn(browser, width, scale)
    tiles, names = found["tiles"], found["names"]
    assert found["scrolls"] <= 0
    assert len(tiles) == 24
    assert len({round(each["top"]) for each in tiles}) == 3
    assert min(each["right"] - each["left"] for each in tiles) >= SMALLEST
    for each in (*tiles, *names, *found["heads"], *found["scales"]):
        assert 0 <= each["left"] < each["right"] <= width
    assert all(apart(name, tile) for name in (*names, *found["scales"]) for tile in tiles)
    heads = found["heads"]
    assert all(apart(one, two) for place, one in enumerate(heads) for two in [*heads[:place], *tiles, *names])
    beside = names[1]["right"] <= tiles[0]["left"]
    assert beside == (width > 600)


def test_what_is_the_largest_has_the_brightest_colour_of_the_printed_scale(browser: Browser) -> None:
    """The browser takes the strip's style as it is meant: the bar has room, and the colours of its numbers."""
    begin_run()
    text = strips([Block("a", [Group([0], [Row("row", np.array([[[0, 4]]], np.float32))])])])
    page = browser.new_page()
    page.set_content(text)
    bar = page.locator(".scales i")
    box = bar.bounding_box()
    assert box is not None
    assert box["width"] > SMALLEST
    colour = bar.evaluate("node => getComputedStyle(node).backgroundImage")
    assert colour.startswith("linear-gradient(90deg, rgb(68, 1, 84)")
    assert colour.endswith("rgb(253, 231, 37))")
    page.close()
