"""A step of the sigma slider until the panels are painted, beside the Filter playground's repaint in the same run.

Both show a Gaussian over the same picture; the two take turns. `make bench` prints the medians and their ratio; as
a plain test it only proves that it can be measured.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pytest

from tests.browser.app import serve, wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, ViewportSize
    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 21
CHAIN = "chain=gaussian~size-15~sigma-2&picture=camera"

# Waits for the next key and then for another result; `measured` becomes the milliseconds between the two.
WATCH = """(host) => {
    const before = host.dataset.painted;
    window.measured = new Promise((done) => addEventListener("keydown", () => {
        const start = performance.now();
        const look = () => host.dataset.painted !== before ? done(performance.now() - start) : setTimeout(look, 1);
        look();
    }, { once: true, capture: true }));
}"""


def step(page: Page, selector: str, key: str) -> float:
    """Press a key on the slider of sigma; milliseconds until the new result is painted."""
    page.locator(selector).evaluate(WATCH)
    page.get_by_test_id("stSidebar").get_by_role("slider").nth(1).press(key)
    return float(page.evaluate("measured"))


@pytest.fixture(scope="module")
def pages(browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Page]]:
    """The two pages, on one server."""
    with serve(root, tmp_path_factory.mktemp("server") / "app.txt") as app:
        size: ViewportSize = {"width": 1280, "height": 720}
        opened = {}
        for name, path in (("playground", "filters"), ("frequency", "frequency")):
            opened[name] = browser.new_page(viewport=size, locale="en-GB")
            opened[name].goto(f"{app}/{path}?{CHAIN}")
            wait_until_idle(opened[name])
            opened[name].locator("[data-painted]").first.wait_for()
        yield opened
        for page in opened.values():
            page.close()


@pytest.mark.benchmark
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_sigma_to_paint(pages: dict[str, Page], benchmark: BenchmarkFixture) -> None:
    """Medians of both pages, and how much longer the frequency page takes."""
    rounds = 3 if benchmark.disabled else ROUNDS
    times: dict[str, list[float]] = {name: [] for name in pages}
    selectors = {"playground": ".viewer", "frequency": ".spectra"}
    for i in range(rounds):
        for name, page in pages.items():
            times[name].append(step(page, selectors[name], "ArrowRight" if i % 2 else "ArrowLeft"))
            page.wait_for_timeout(150)
    medians = {name: statistics.median(values) for name, values in times.items()}
    benchmark.extra_info.update({f"{name} ms": round(value, 1) for name, value in medians.items()})
    benchmark.extra_info["frequency / playground"] = round(medians["frequency"] / medians["playground"], 2)
    print(f"\n{dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert min(medians.values()) > 0
