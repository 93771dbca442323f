"""A change of the kernel until the new picture is painted, as a multiple of an empty rerun in the same run.

Two floors: a page with one line of text, and this page's own rerun when nothing changes in the picture (a pixel is
pinned). The three take turns. `make bench` prints the table; as a plain test it only proves that it can be measured.
"""

from __future__ import annotations

import io
import statistics
from typing import TYPE_CHECKING

import cv2
import pytest
from PIL import Image as Pillow

from cnnviz.images import samples
from tests.browser.app import serve, wait_until_idle
from tests.browser.playground import Playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, ViewportSize
    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 21

# Each answers with milliseconds from the event to the change on screen.
CHANGE_A_WEIGHT = """(host, value) => new Promise((done) => {
    const before = host.dataset.painted;
    const editor = [...document.querySelectorAll("*")].map((e) => e.shadowRoot?.querySelector(".cells")).find(Boolean);
    const start = performance.now();
    editor.children[4].value = value;
    editor.children[4].dispatchEvent(new Event("change", { bubbles: true }));
    const look = () => host.dataset.painted !== before ? done(performance.now() - start) : setTimeout(look, 1);
    look();
})"""
PIN_A_PIXEL = """(host) => new Promise((done) => {
    const before = location.search;
    const start = performance.now();
    const viewer = host.getRootNode().viewer;
    viewer.pin(!viewer.pinned);
    const look = () => location.search !== before ? done(performance.now() - start) : setTimeout(look, 1);
    look();
})"""
CLICK = """() => new Promise((done) => {
    const text = document.querySelector('[data-testid="stText"]');
    const before = text.textContent;
    const start = performance.now();
    document.querySelector('[data-testid="stButton"] button').click();
    const look = () => document.querySelector('[data-testid="stText"]').textContent !== before
        ? done(performance.now() - start) : setTimeout(look, 1);
    look();
})"""


def megapixel() -> bytes:
    """A photo of 1024 by 1024 pixels as JPEG."""
    pixels = cv2.resize(samples.load("astronaut").levels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, "JPEG", quality=92)
    return stream.getvalue()


@pytest.fixture(scope="module")
def pages(browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, Page]]:
    """The playground with the photo, and the empty app, each on a server of its own."""
    folder = tmp_path_factory.mktemp("servers")
    empty = root / "tests" / "benchmarks" / "empty_app.py"
    with serve(root, folder / "app.txt") as app, serve(root, folder / "empty.txt", "--script", str(empty)) as floor:
        size: ViewportSize = {"width": 1280, "height": 720}
        playground, bare = (browser.new_page(viewport=size, locale="en-GB") for _ in range(2))
        playground.goto(f"{app}/filters?chain=sharpen")
        driver = Playground(playground)
        driver.open_picture()
        before = driver.painted
        playground.get_by_text("Upload", exact=True).click()
        driver.upload("photo.jpg", megapixel())
        driver.wait_for_change(before)
        bare.goto(floor)
        wait_until_idle(bare)
        yield playground, bare
        playground.close()
        bare.close()


@pytest.mark.benchmark
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("view", ["clip", "signed"])
def test_kernel_to_paint(pages: tuple[Page, Page], view: str, benchmark: BenchmarkFixture) -> None:
    """Kernel change, empty rerun of the page and bare rerun take turns; medians and ratios are reported."""
    playground, bare = pages
    viewer = playground.locator(".viewer")
    driver = Playground(playground)
    if view == "signed":
        before = driver.painted
        driver.choose("Show the result as", "Signed: blue below zero, orange above")
        driver.wait_for_change(before)
    rounds = 3 if benchmark.disabled else ROUNDS
    times: dict[str, list[float]] = {"kernel": [], "pin": [], "bare": []}
    for i in range(rounds):
        for name, measure in (
            ("kernel", lambda i=i: viewer.evaluate(CHANGE_A_WEIGHT, f"{5 + (i + 1) / 100:.2f}")),
            ("pin", lambda: viewer.evaluate(PIN_A_PIXEL)),
            ("bare", lambda: bare.evaluate(CLICK)),
        ):
            times[name].append(measure())
            (bare if name == "bare" else playground).wait_for_timeout(120)
    medians = {name: statistics.median(values) for name, values in times.items()}
    benchmark.extra_info.update({f"{name} ms": round(value, 1) for name, value in medians.items()})
    benchmark.extra_info["ratio to the page's empty rerun"] = round(medians["kernel"] / medians["pin"], 2)
    benchmark.extra_info["ratio to one line of text"] = round(medians["kernel"] / medians["bare"], 2)
    print(f"\n{view}: {dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert min(medians.values()) > 0
