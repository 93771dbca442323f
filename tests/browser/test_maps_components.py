"""Overview and grid of maps in a real browser, without a server: what is painted, what keys do, what is reported."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from cnnviz.figures import colours
from cnnviz.figures.display import display_signed
from cnnviz.networks.facts import Layer, Summary
from pages.common import maps_grid, maps_overview
from pages.common.components import pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

MAPS = np.random.default_rng(8).normal(size=(20, 12, 12)).astype(np.float32) * np.arange(1, 21).reshape(-1, 1, 1)
MAPS = MAPS.astype(np.float32)
MAPS[4] = -np.abs(MAPS[4])  # dead
STEPS = ("conv1.conv", "conv1.activation", "block.0.conv", "block.0.activation", "fc")
HARNESS = """
globalThis.sent = [];
globalThis.host ??= document.body.appendChild(document.createElement("div"));
globalThis.show = (text) => mounted({
  data: Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), parentElement: host,
  setTriggerValue: (name, value) => sent.push([name, value]),
});
"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, 1000 pixels wide."""
    page = browser.new_page(viewport={"width": 1000, "height": 720})
    page.set_content("<style>body { margin: 0; --st-primary-color: #f00 }</style><body></body>")
    yield page
    page.close()


def mount(page: Page, root: Path, folder: str, scripts: tuple[str, ...], message: bytes) -> None:
    """Give the component a message, as Streamlit does."""
    place = root / "pages" / "common" / "components" / folder
    source = "\n".join((place / name).read_text(encoding="utf-8") for name in scripts)
    source = source.replace("export default function", "function mounted")
    page.add_style_tag(content=(place / "style.css").read_text(encoding="utf-8"))
    harness = HARNESS + ("globalThis.tools = { arrange };" if folder == "maps_grid" else "")
    page.add_script_tag(content=f"{{{source}\n{harness}}}")
    give(page, message)
    page.wait_for_selector("[data-painted]")


def give(page: Page, message: bytes) -> None:
    """Give the component that is there another message."""
    page.evaluate("(text) => show(text)", base64.b64encode(message).decode())


def palettes() -> tuple[bytes, bytes]:
    """As the mounting functions send them."""
    return colours.diverging().tobytes(), colours.sequential().tobytes()


def grid_message(language: str = "en", maps: NDArray[np.float32] = MAPS, **view: Any) -> bytes:
    """What the grid gets to show `maps`."""
    header = {"step": "conv", "kind": "Conv2d", "network": 90.0, "tells": True}
    header["labels"] = maps_grid.labels() | {"language": language}
    header["leads"] = {"before": True, "after": True}
    header["view"] = asdict(maps_grid.View(**view))
    return pack(header, maps_grid.pack_grid(maps, maps * 0.5), *palettes())


def mount_grid(page: Page, root: Path, language: str = "en", **view: Any) -> None:
    """The grid of `MAPS`."""
    mount(page, root, "maps_grid", maps_grid.SCRIPTS, grid_message(language, **view))


def reports(page: Page) -> list[Any]:
    """What Python would have got since the last call."""
    found: list[Any] = page.evaluate("sent.splice(0)")
    return found


def test_the_grid_is_walked_and_opened_by_keys(page: Page, root: Path) -> None:
    """In the order in which it is sorted; the layer changes with its channel; Escape goes up."""
    mount_grid(page, root, sort="mean")
    order = np.argsort(-MAPS.mean(axis=(1, 2)), kind="stable").tolist()
    canvas = page.locator(".pane canvas")
    canvas.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "Enter", ".", ",", "Escape"):
        canvas.press(key)
    channel = order[2]
    turns = [["layer", {"by": by, "channel": channel}] for by in (1, -1)]
    assert reports(page) == [["open", {"channel": channel}], *turns, ["up", channel + 1]]
    page.locator("[data-act=dead]").click()
    page.locator(".scaled select").select_option("network")
    view = {"sort": "mean", "dead": True, "channel": 4}
    assert reports(page) == [["view", view | {"scale": "layer"}], ["view", view | {"scale": "network"}]]
    assert page.locator(".ticks").inner_text().split() == ["−90", "0", "90"]


def test_the_wish_for_dead_channels_outlives_a_layer_without_any(page: Page, root: Path) -> None:
    """There all are shown; the layer after it shows its dead ones again, as its address says."""
    mount_grid(page, root, dead=True)
    shown = "document.querySelector('.maps-grid').grid.sheet.order"
    assert page.evaluate(shown) == [4]
    give(page, grid_message(maps=np.abs(MAPS), dead=True))
    assert page.evaluate(shown) == list(range(len(MAPS)))
    expect(page.locator("[data-act=dead]")).to_be_disabled()
    page.locator(".sort select").select_option("mean")
    give(page, grid_message(sort="mean", dead=True))
    assert page.evaluate(shown) == [4]
    assert [view["dead"] for _name, view in reports(page)] == [True]


@pytest.mark.parametrize(("language", "sign"), [("en", "%"), ("es", "\u00a0%")])
def test_percentages_are_those_of_the_language(page: Page, root: Path, language: str, sign: str) -> None:
    """With a space that does not break, or without one."""
    mount_grid(page, root, language)
    share = np.mean(MAPS[0] == 0)
    assert page.locator(".said").inner_text().endswith(f"{100 * share:.1f}{sign}")


def test_a_tile_has_the_colours_of_its_numbers(page: Page, root: Path) -> None:
    """As Python paints them on the layer's scale, but for the half level that quantising costs: one colour apart."""
    mount_grid(page, root)
    pixels = page.locator(".maps-grid").evaluate(
        """(host) => { const { tiles, perRow } = host.grid.sheet;
        return [perRow, [...tiles.getContext("2d").getImageData(0, 0, tiles.width, 12).data]] }"""
    )
    across, painted = pixels[0], np.array(pixels[1]).reshape(12, -1, 4)[..., :3]
    assert across == len(MAPS)
    expected = np.hstack([display_signed(each, float(np.abs(MAPS).max())).rgb for each in MAPS])
    palette = {tuple(colour): level for level, colour in enumerate(colours.diverging().tolist())}
    levels = [[palette[tuple(pixel)] for pixel in picture.reshape(-1, 3).tolist()] for picture in (painted, expected)]
    assert np.abs(np.subtract(*levels)).max() <= 1
    assert len(set(levels[0])) > 50


def test_all_channels_fit_the_box(page: Page, root: Path) -> None:
    """Whatever their number, until tiles would be too small to be seen; then the box scrolls."""
    mount_grid(page, root)
    counts = [1, 2, 3, 16, 63, 64, 65, 512, 1000, 2048]
    found = page.evaluate("(counts) => counts.map((count) => tools.arrange(count, 1000, 450, 12))", counts)
    for count, places in zip(counts, found, strict=True):
        assert places["across"] * places["pitch"] <= 1003
        assert places["height"] <= 453
        assert places["across"] * places["height"] // places["pitch"] >= count
        assert places["side"] >= min(160, 0.75 * (1000 * 450 / count) ** 0.5)
    assert page.evaluate("tools.arrange(2048, 350, 450, 26).side") == 26


# None of the buttons at the edges covers the focused strip; they come and go with the scrolling.
UNCOVERED = """() => {
    const strip = document.activeElement.getBoundingClientRect();
    const covers = (button) => {
        const box = button.getBoundingClientRect();
        return !button.hidden && box.left < strip.right && box.right > strip.left;
    };
    return ![...document.querySelectorAll(".more")].some(covers);
}"""


def overview_message(steps: tuple[str, ...] = STEPS, **header: Any) -> bytes:
    """Steps with `MAPS`, the last with numbers of the classes, and their answer."""
    layers = tuple(
        Layer(i, name, "Conv2d", "convolution", "", (i - 1,), (), (1, 20, 12, 12), 0, "", 0, "", 0, None, False)
        for i, name in enumerate(steps)
    )
    maps = dict.fromkeys(steps[:-1], MAPS) | {steps[-1]: MAPS[:, 0, 0]}
    packed = maps_overview.pack_overview(
        Summary((1, 3, 8, 8), layers, (len(steps) - 1,), 0, 0, 0, ()), maps, np.full((8, 8, 3), 0.5)
    )
    answers = [{"name": "cat", "share": 0.75, "text": "75.0%"}, {"name": "dog", "share": 0.25, "text": "25.0%"}]
    header = {"look": asdict(maps_overview.Look()), **header}
    return pack({"answers": answers, "labels": maps_overview.labels(), **header}, packed, *palettes())


def mount_overview(page: Page, root: Path, steps: tuple[str, ...] = STEPS, **header: Any) -> None:
    """The overview with such a message."""
    mount(page, root, "maps_overview", maps_overview.SCRIPTS, overview_message(steps, **header))


def test_the_overview_is_walked_and_opened_by_keys_and_clicks(page: Page, root: Path) -> None:
    """Folded to the ends of blocks; the place in the strip is kept from strip to strip."""
    mount_overview(page, root)
    strips = page.locator(".strip")
    assert [each.get_attribute("data-step") for each in strips.all()] == [STEPS[1], STEPS[3], STEPS[4]]
    assert page.locator(".prediction li").first.inner_text().split() == ["cat", "75.0%"]
    page.get_by_role("button", name="All 5 steps").click()
    strips.first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    strips.nth(1).locator("canvas").click(position={"x": 5, "y": 5})
    strips.nth(0).locator(".name").click()
    strongest = np.argsort(-np.abs(MAPS).mean(axis=(1, 2))).tolist()
    assert reports(page) == [
        ["look", {"fold": "all", "scale": "layer"}],
        ["open", {"step": STEPS[2], "channel": strongest[1]}],
        ["open", {"step": STEPS[1], "channel": strongest[0]}],
        ["open", {"step": STEPS[0], "channel": None}],
    ]
    largest = float(np.abs(MAPS[strongest[:8]]).max())
    assert strips.first.locator(".range").inner_text() == f"±{largest:.2g}"


def test_the_overview_is_looked_at_as_a_link_says_until_the_visitor_chooses(page: Page, root: Path) -> None:
    """All steps and one scale for all strips; what is chosen then stays when the same message comes once more."""
    mount_overview(page, root, look={"fold": "all", "scale": "network"})
    strips, scale = page.locator(".strip"), page.get_by_role("combobox")
    expect(strips).to_have_count(len(STEPS))
    expect(scale).to_have_value("network")
    ends = {strips.nth(i).locator(".range").inner_text() for i in range(len(STEPS) - 1)}
    assert ends == {f"±{float(np.abs(MAPS).max()):.2g}"}
    scale.select_option("channel")
    page.get_by_role("button", name="Ends of blocks").click()
    assert reports(page) == [
        ["look", {"fold": "all", "scale": "channel"}],
        ["look", {"fold": "ends", "scale": "channel"}],
    ]
    give(page, overview_message(look={"fold": "all", "scale": "channel"}))  # the answer to the first choice comes late
    expect(strips).to_have_count(3)
    give(page, overview_message(look={"fold": "ends", "scale": "channel"}))
    expect(strips).to_have_count(3)
    give(page, overview_message(look={"fold": "all", "scale": "layer"}))
    expect(strips).to_have_count(len(STEPS))
    expect(scale).to_have_value("layer")
    assert reports(page) == []


@pytest.mark.parametrize("left", [{"step": "stage7.0.b", "channel": 17}, {"step": "stage7.0.a", "channel": 17}])
def test_whoever_comes_back_to_the_overview_finds_the_place(page: Page, root: Path, left: dict[str, Any]) -> None:
    """The strip that was left, or the end of its block, is in sight and has the focus; edges say what hides."""
    steps = (*(f"stage{i}.0.{part}" for i in range(12) for part in "ab"), "fc")
    mount_overview(page, root, steps, left=left)
    strip = page.locator('[data-step="stage7.0.b"]')
    assert strip.get_attribute("tabindex") == "0"
    expect(strip).to_be_in_viewport(ratio=1)
    strongest = np.argsort(-np.abs(MAPS).mean(axis=(1, 2))).tolist()[:8]
    marked = page.locator(".overview").evaluate("(host) => host.overview.current().row")
    assert marked == (strongest.index(17) if left["step"] == "stage7.0.b" else None)
    strip.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
        page.wait_for_function(UNCOVERED, timeout=3000)
    for button, first in ((".more.on", "fc"), (".more.back", steps[1])):
        while page.locator(button).is_visible():
            page.locator(button).click()
            page.wait_for_timeout(400)
        expect(page.locator(f'[data-step="{first}"]')).to_be_in_viewport(ratio=0.9)


def test_the_largest_number_of_the_answers_is_a_class(page: Page, root: Path) -> None:
    """Of any other vector, it is a channel, counted from 0."""
    mount_overview(page, root, scores="fc")
    said = page.locator('[data-step="fc"]').get_attribute("aria-label") or ""
    assert said.endswith("the largest: “cat”")
    page.evaluate("host.overview.scores = ''; host.overview.build()")
    said = page.locator('[data-step="fc"]').get_attribute("aria-label") or ""
    assert said.endswith(f"the largest: channel {int(MAPS[:, 0, 0].argmax())}")
