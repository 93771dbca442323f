"""Feature maps against its floors: another picture until all strips are painted, and drawing beside a notebook's way.

`make bench` prints the numbers; as plain tests they only prove that they can be measured.
"""

from __future__ import annotations

import io
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz.images import source
from cnnviz.networks import catalogue
from cnnviz.networks.passes import run_pass
from pages.common.maps_overview import pack_overview
from tests.browser.app import serve, wait_until_idle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

NETWORK = "random:resnet18"
SAMPLES = ("Astronaut", "Rocket", "Coins", "Clock", "Horse", "Text", "Brick", "Grass")
FIRST = 90_000  # milliseconds; the first network of a server waits for the import of PyTorch
ACROSS = 8  # maps of a step that are drawn

# Waits for the next key, then for other strips; `measured` becomes the milliseconds between the two.
WATCH = """(host) => {
    const before = host.dataset.painted;
    window.measured = new Promise((done) => addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        const start = performance.now();
        const look = () => host.dataset.painted !== before ? done(performance.now() - start) : setTimeout(look, 1);
        look();
    }, { capture: true }));
}"""
RERUN = """() => {
    const text = () => document.querySelector('[data-testid="stText"]').textContent;
    const before = text();
    const start = performance.now();
    document.querySelector('[data-testid="stButton"] button').click();
    return new Promise((done) => {
        const look = () => text() !== before ? done(performance.now() - start) : setTimeout(look, 1);
        look();
    });
}"""


def to_paint(page: Page, sample: str) -> float:
    """Choose another sample picture; milliseconds from the key to its strips."""
    page.locator(".overview").evaluate(WATCH)
    box = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Sample")
    box.click()
    box.fill(sample)
    page.keyboard.press("Enter")
    return float(page.evaluate("measured"))


def forward(rounds: int) -> float:
    """Milliseconds of a bare forward pass, on one thread as in the server."""
    network = catalogue.load(NETWORK).network
    x = torch.zeros(1, 3, 224, 224)
    times = []
    with torch.inference_mode():
        for _ in range(rounds + 1):
            start = time.perf_counter()
            network(x)
            times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


@pytest.mark.benchmark
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_another_picture_to_paint(
    browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory, benchmark: BenchmarkFixture
) -> None:
    """All strips of ResNet-18 at most twice as late as a forward pass and an empty rerun of a page."""
    rounds = 2 if benchmark.disabled else len(SAMPLES)
    with serve(root, tmp_path_factory.mktemp("server") / "app.txt") as app:
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        page.goto(f"{app}/maps?model={NETWORK}")
        page.locator("[data-painted]").first.wait_for(timeout=FIRST)
        wait_until_idle(page)
        painted = []
        for sample in SAMPLES[:rounds]:
            painted.append(to_paint(page, sample))
            wait_until_idle(page)
        page.close()
    empty = _empty_rerun(browser, root, tmp_path_factory, rounds)
    medians = {"painted": statistics.median(painted), "forward": forward(rounds), "empty rerun": empty}
    benchmark.extra_info.update({f"{name} ms": round(value, 1) for name, value in medians.items()})
    benchmark.extra_info["ratio"] = round(medians["painted"] / (medians["forward"] + empty), 2)
    print(f"\n{dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert min(medians.values()) > 0


def _empty_rerun(browser: Browser, root: Path, folders: pytest.TempPathFactory, rounds: int) -> float:
    """Milliseconds from a click to the answer on a page with a button and a line of text, on the same server."""
    script = str(root / "tests" / "benchmarks" / "empty_app.py")
    with serve(root, folders.mktemp("empty") / "app.txt", "--script", script) as app:
        page = browser.new_page()
        page.goto(app)
        wait_until_idle(page)
        times = []
        for _ in range(rounds):
            times.append(float(page.evaluate(RERUN)))
            wait_until_idle(page)
        page.close()
    return statistics.median(times)


def by_hooks_and_subplots(network: torch.nn.Module, x: torch.Tensor) -> bytes:
    """What notebooks do: a hook on every convolution, then a figure of subplots."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    seen: list[Any] = []
    hooks = [
        module.register_forward_hook(lambda _module, _inputs, output: seen.append(output[0].numpy()))
        for module in network.modules()
        if isinstance(module, torch.nn.Conv2d)
    ]
    with torch.inference_mode():
        network(x)
    for hook in hooks:
        hook.remove()
    figure, axes = pyplot.subplots(len(seen), ACROSS, figsize=(ACROSS, len(seen)))
    for row, maps in zip(axes, seen, strict=True):
        for axis, channel in zip(row, maps, strict=False):
            axis.imshow(channel)
            axis.axis("off")
    written = io.BytesIO()
    figure.savefig(written)
    pyplot.close(figure)
    return written.getvalue()


@pytest.mark.benchmark
def test_beside_a_notebook(benchmark: BenchmarkFixture) -> None:
    """What we do beyond the forward pass, against what hooks and subplots cost beyond it."""
    loaded = catalogue.load(NETWORK)
    image = source.read("cat").load()
    x, seen = loaded.prepare(image), loaded.seen(image)

    def ours() -> bytes:
        done = run_pass(NETWORK, loaded.network, x)
        return pack_overview(done.summary, done.maps, seen)

    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(1 if benchmark.disabled else 4):
        for name, call in (("ours", ours), ("theirs", lambda: by_hooks_and_subplots(loaded.network, x[None]))):
            start = time.perf_counter()
            assert call()
            times[name].append(1000 * (time.perf_counter() - start))
    bare = forward(3)
    beyond = {name: float(np.median(values[-3:])) - bare for name, values in times.items()}
    benchmark.extra_info.update({f"{name} beyond the pass, ms": round(value, 1) for name, value in beyond.items()})
    benchmark.extra_info["theirs / ours"] = round(beyond["theirs"] / max(beyond["ours"], 1e-3), 1)
    print(f"\nforward {bare:.1f} ms, {dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert beyond["theirs"] > 0
