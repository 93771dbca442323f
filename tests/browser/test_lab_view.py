"""The lab in a real browser, mounted on an empty page: it follows a run, and its numbers are those of NumPy."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from pages.common import lab_view as page_side
from pages.common.components import __file__ as components
from pages.common.lab_view import Progress, Seen, feed_message, lab_message
from pages.common.language import begin_run
from tests.browser.conftest import DESKTOP, PHONE
from tests.pages import lab_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

FOLDER = Path(components).parent / "lab"
DIGITS = [str(digit) for digit in range(10)]
THEME = (
    "--st-text-color: #31333f; --st-background-color: #fff; --st-border-color: #ccc; --st-primary-color: #0b5fa5;"
    "--st-font: sans-serif; margin: 8px"
)
MOUNT = """(text) => {
  window.fetched = [];
  const real = window.fetch;
  window.fetch = (address) => (fetched.push(address), real(address));
  const data = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  component({ data, parentElement: document.getElementById("root") });
  window.feed = (message) => feeding({ data: message });
}"""


def offer(_name: str, data: bytes) -> str:
    """An address that holds the file itself."""
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


class Lab:
    """A page of the browser with nothing but the lab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.host = page.locator(".lab")
        self.note, self.said = page.locator(".note"), page.locator(".said")

    def feed(self, run: Progress, observed: Seen) -> None:
        """What Python sends, and the lab's answer to it."""
        message = feed_message("lab", run, observed, offer)
        self.page.evaluate("feed", message)

    def choose(self, panel: str) -> None:
        """Open a tab."""
        self.page.locator(f"[data-panel={panel}]").click()
        expect(self.host).to_have_attribute("data-shown", panel)

    def at(self, epoch: int) -> None:
        """Wait until an epoch is shown."""
        expect(self.host).to_have_attribute("data-epoch", str(epoch))

    def point(self, canvas: Locator, x: float, y: float) -> str:
        """What is said about a point of a canvas."""
        canvas.hover(position={"x": x, "y": y})
        return self.said.inner_text()


@pytest.fixture
def mount(browser: Browser) -> Iterator[Callable[..., Lab]]:
    """Return a function that mounts an empty lab."""
    contexts, complaints = [], []

    def mounted(classes: list[str] = DIGITS, **options: Any) -> Lab:
        begin_run()
        context = browser.new_context(**{"viewport": {**DESKTOP, "width": 916}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        style = (FOLDER / "style.css").read_text()
        page.set_content(f'<!doctype html><style>{style}</style><body style="{THEME}"><div id="root">')
        lab = "\n".join((FOLDER / name).read_text() for name in page_side._SCRIPTS)
        feed = (FOLDER.parent / "lab_feed" / "main.js").read_text()
        for script, name in ((lab, "component"), (feed, "feeding")):
            page.add_script_tag(
                content=f"(() => {{{script.replace('export default function', f'window.{name} = function')}}})()"
            )
        page.evaluate(MOUNT, base64.b64encode(lab_message("lab", classes)).decode())
        return Lab(page)

    yield mounted
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def test_it_follows_a_run_until_one_goes_back(mount: Callable[..., Lab]) -> None:
    """The newest epoch is shown; an earlier one stays while others come; another run starts anew."""
    lab = mount()
    lab.feed(lab_runs.progress(0), lab_runs.seen(-1))
    expect(lab.note).to_contain_text("Nothing has been kept")
    moving = "panel => getComputedStyle(panel, '::after').animationName"
    assert lab.page.locator(".panel").evaluate(moving) == "lab-awaits"
    lab.feed(lab_runs.progress(1), lab_runs.seen(1))
    lab.at(1)
    lab.page.wait_for_function(f"({moving})(document.querySelector('.panel')) === 'none'")  # the epoch is fetched
    expect(lab.page.locator(".counter")).to_have_text("epoch 1 of 20")
    lab.host.focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.at(0)
    expect(lab.page.locator(".counter")).to_have_text("before training")
    lab.feed(lab_runs.progress(5), lab_runs.seen(5))
    expect(lab.host).to_have_attribute("data-last", "5")
    lab.at(0)
    lab.page.keyboard.press("End")
    lab.at(5)
    lab.feed(lab_runs.progress(6), lab_runs.seen(6))
    lab.at(6)
    lab.host.evaluate(  # a loaded browser may paint every other one only
        """(host) => {
            const { lab } = host;
            const { go } = lab;
            window.gone = [];
            lab.go = (epoch) => (gone.push(epoch), go.call(lab, epoch));
        }"""
    )
    lab.page.keyboard.press(" ")  # from the start to the newest
    lab.page.wait_for_function("gone.at(-1) === 6")
    lab.at(6)
    assert lab.page.evaluate("gone") == [0, 1, 2, 3, 4, 5, 6]
    lab.feed(lab_runs.progress(2, name="other"), lab_runs.seen(2, "other"))
    lab.at(2)


def test_every_epoch_is_fetched_once(mount: Callable[..., Lab]) -> None:
    """One by one as they come, and not again in a bundle; one that was written anew is."""
    lab = mount()
    for last in (*range(15), 15, 16, 16):
        lab.feed(lab_runs.progress(last, 60), lab_runs.seen(last))
        expect(lab.host).to_have_attribute("data-last", str(last))
        lab.page.wait_for_function("last => document.querySelector('.lab').lab.store.kept.has(last)", arg=last)
    files = lab.page.evaluate("fetched.length")
    message = feed_message("lab", lab_runs.progress(16, 60), lab_runs.seen(16), offer)
    assert (
        lab.page.evaluate("address => fetched.filter((each) => each === address).length", message["files"][0][0]) == 1
    )
    assert lab.page.evaluate("new Set(fetched).size") == files
    again = lab_runs.seen(16)
    lab.feed(lab_runs.progress(16, 60), Seen("run", {**again.stamps, 16: 5}, again.read))
    lab.page.wait_for_function("count => fetched.length === count", arg=files + 1)


def test_the_curves_tell_the_metrics(mount: Callable[..., Lab], tmp_path: Path) -> None:
    """Beside the names the values of the epoch, and of the one that the mouse is at; as CSV all of them."""
    lab, run = mount(), lab_runs.progress(9)
    lab.feed(run, lab_runs.seen(9))
    lab.at(9)
    loss, accuracy = lab.page.locator(".curve.loss"), lab.page.locator(".curve.accuracy")
    expect(loss.locator(".training output")).to_have_text(f"{run.metrics[8]['train_loss']:.3g}")
    expect(accuracy.locator(".test output")).to_have_text(f"{100 * run.metrics[8]['test_accuracy']:.1f}%")
    x = lab.host.evaluate("({ lab }) => lab.curves[0].x(4)")
    loss.locator("canvas").hover(position={"x": x + 1, "y": 60})
    expect(loss.locator(".test output")).to_have_text(f"{run.metrics[3]['test_loss']:.3g}")
    lab.at(9)
    loss.locator("canvas").click(position={"x": x + 1, "y": 60})
    lab.at(4)
    table = lab.host.evaluate("({ lab }) => lab.csv()").splitlines()
    assert table[0].split(",") == list(page_side.COLUMNS)
    found = np.array([[float(each) for each in line.split(",")] for line in table[1:]])
    assert np.allclose(found, [[row[name] for name in page_side.COLUMNS] for row in run.metrics], rtol=1e-5)
    lab.page.locator("summary").click()
    with lab.page.expect_download() as saved:
        lab.page.get_by_role("button", name="PNG").click()
    saved.value.save_as(tmp_path / "lab.png")
    assert (tmp_path / "lab.png").read_bytes().startswith(b"\x89PNG")


def test_weights_and_their_scale_are_those_of_the_network(mount: Callable[..., Lab]) -> None:
    """The printed scale is the largest weight of all epochs, or of one; a hovered cell is that weight."""
    lab = mount()
    lab.feed(lab_runs.progress(3), lab_runs.seen(3))
    lab.at(3)
    shown = [lab_runs.observation(epoch).filters for epoch in range(4)]
    expect(lab.note).to_contain_text(f"up to +{float(f'{max(np.abs(each).max() for each in shown):.3g}'):g},")
    lab.page.locator(".scale select").select_option("one")
    lab.page.keyboard.press("Escape")
    lab.host.evaluate("({ lab }) => lab.goByHand(1)")
    expect(lab.note).to_contain_text(f"up to +{float(f'{np.abs(shown[1]).max():.3g}'):g},")
    x, y, cell = lab.host.evaluate("({ lab: { panels: { filters } } }) => [...filters.place(4), filters.cell]")
    text = lab.point(lab.page.locator(".filters canvas"), x + 2.5 * cell, y + 1.5 * cell)
    assert text.startswith("filter 5, row 2, column 3: ")
    assert float(text.split(": ")[1].replace("\u2212", "-")) == pytest.approx(shown[1][4, 0, 1, 2], rel=6e-3)


def test_maps_are_those_of_the_layer(mount: Callable[..., Lab]) -> None:
    """Sizes and scale of the chosen layer; a hovered pixel to a level of 255."""
    lab = mount()
    lab.feed(lab_runs.progress(1), lab_runs.seen(1))
    lab.at(1)
    lab.choose("maps")
    lab.page.locator(".layer select").select_option("linear")
    maps = lab_runs.observation(1).maps["linear"]
    extent = float(np.abs(maps).max())
    expect(lab.note).to_contain_text("6 maps of 14 × 14.")
    expect(lab.note).to_contain_text(f"up to +{float(f'{extent:.3g}'):g},")
    x, y, cell = lab.host.evaluate("({ lab: { panels: { maps } } }) => [...maps.place(5), maps.cell]")
    text = lab.point(lab.page.locator(".maps canvas"), x + 7.5 * cell, y + 3.5 * cell)
    assert text.startswith("map 6, row 4, column 8: about ")
    value = float(text.split("about ")[1].replace("\u2212", "-"))
    assert value == pytest.approx(maps[5, 3, 7], abs=extent / 127 / 2 + 6e-3 * abs(value))


def test_answers_are_counted(mount: Callable[..., Lab]) -> None:
    """Marks of the strip, counts of the confusion matrix, the worst mistakes in words."""
    lab = mount()
    lab.feed(lab_runs.progress(4), lab_runs.seen(4))
    lab.at(4)
    shown = lab_runs.observation(4)
    lab.choose("predictions")
    right = int((shown.strip.labels == shown.strip.answers).sum())
    expect(lab.page.locator(".card.right")).to_have_count(right)
    expect(lab.page.locator(".card.wrong")).to_have_count(24 - right)
    expect(lab.note).to_have_text(f"{right} of 24 right. The bar is the probability of the right class.")
    wide = lab.page.locator(".track").first.evaluate("({ firstChild }) => firstChild.style.width")
    assert float(wide.rstrip("%")) == pytest.approx(100 * shown.strip.probabilities[0], rel=1e-4)
    lab.choose("mistakes")
    first = shown.mistakes
    share = f"{100 * float(first.probabilities[0]):.0f}%"
    words = f"is {first.labels[0]}, says {first.answers[0]}, {share}"
    expect(lab.page.locator(".mistakes .answer").first).to_have_text(words)
    lab.choose("confusion")
    total = f"{np.trace(shown.confusion)} of {shown.confusion.sum()} test pictures right"
    expect(lab.page.locator(".total")).to_contain_text(total)
    left, cell = lab.host.evaluate("({ lab: { panels: { confusion } } }) => [confusion.left, confusion.cell]")
    for row, column in ((7, 1), (3, 3), (9, 0)):
        x, y = left + (column + 0.5) * cell["width"], (row + 0.5) * cell["height"]
        text = lab.point(lab.page.locator(".confusion canvas"), x, y)
        count = shown.confusion[row, column]
        part = 100 * count / shown.confusion[row].sum()
        assert text == f"is {row}, says {column}: {count} ({part:.1f}% of the row)"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_deep_and_wide_networks_have_room(mount: Callable[..., Lab], size: Any) -> None:
    """110 layers, 100 classes, 64 filters in colour: bars at their decades, nothing beyond the edge of the screen."""
    options = {"filters": (64, 3, 11, 11), "classes": 100, "layers": 110}
    lab = mount([f"a class with a long name, {i}" for i in range(100)], viewport=size)
    lab.feed(lab_runs.progress(18, 200), lab_runs.seen(18, "deep", **options))
    lab.page.wait_for_function("document.querySelector('.lab').lab.store.kept.size === 19")
    lab.at(18)
    expect(lab.note).to_contain_text("The first 48 of 64+.")
    for panel in ("filters", "maps", "predictions", "confusion", "mistakes", "norms"):
        lab.choose(panel)
        expect(lab.page.locator(".stage > *")).to_have_class(panel.replace("predictions", "strip"))
        assert lab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if size == DESKTOP:
        assert lab.host.evaluate("host => host.offsetHeight") <= 580
    weights = lab_runs.observation(18, **options).weight_norms
    chart = lab.host.evaluate(
        "({ lab: { panels: { norms } } }) => { const { box, layers, low, high } = norms.charts[2];"
        " return { ...box, low, high, layers, tops: layers.map(([, value]) => norms.charts[2].y(value)) }; }"
    )
    assert [name for name, _ in chart["layers"]] == list(weights)
    shares = (np.log10(list(weights.values())) - chart["low"]) / (chart["high"] - chart["low"])
    assert np.allclose(chart["tops"], chart["bottom"] - shares * (chart["bottom"] - chart["top"]), atol=0.01)
    pitch = (chart["right"] - chart["left"]) / 110
    text = lab.point(lab.page.locator(".norms .weight canvas"), chart["left"] + 49.5 * pitch, chart["bottom"] - 5)
    assert text == f"layer50: {json.dumps(weights['layer50']).removesuffix('.0')}"
