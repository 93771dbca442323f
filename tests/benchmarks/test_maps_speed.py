"""What Feature maps does beyond the forward pass, beside a notebook's way: hooks, then a figure of subplots.

`make bench` prints the numbers; as a plain test it only proves that they can be measured.
"""

from __future__ import annotations

import io
import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from cnnviz.images import samples, source
from cnnviz.networks import catalogue
from cnnviz.networks.passes import run_pass
from pages.common.maps_overview import pack_overview
from tests.benchmarks.test_repaint import CLICK
from tests.browser.app import serve, wait_until_idle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

NETWORK = "random:resnet18"
ACROSS = 8  # maps of a step that are drawn
SAMPLES = 'input[aria-label*="Sample"]'

# Clocks the next click until the overview has painted other maps than now: a click is the choice, the press before it
# is the tool's.
CLOCK = """(host) => {
    const before = host.dataset.painted;
    window.took = 0;
    addEventListener("click", () => {
        const start = performance.now();
        const look = () => host.dataset.painted === before
            ? setTimeout(look, 1) : (window.took = performance.now() - start);
        look();
    }, { capture: true, once: true });
}"""

# Milliseconds of a rerun of the page in which nothing changes: a step is opened that the network does not have.
NOTHING_NEW = """(host) => new Promise((done) => {
    const state = () => document.querySelector("[data-test-script-state]").dataset.testScriptState;
    const start = performance.now();
    let ran = false;
    host.overview.send("open", { step: "nothing", channel: null });
    const look = () => {
        ran ||= state() === "running";
        ran && state() !== "running" ? done(performance.now() - start) : setTimeout(look, 1);
    };
    look();
})"""


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


def choose_sample(page: Page, title: str) -> float:
    """Milliseconds from pressing on another sample until all strips of its maps are painted."""
    page.locator(SAMPLES).click()
    page.locator(SAMPLES).fill(title)
    option = page.get_by_role("option", name=title, exact=True)
    option.wait_for()
    page.locator(".overview").evaluate(CLOCK)
    option.click()
    page.wait_for_function("window.took", timeout=30_000)
    took: float = page.evaluate("window.took")
    wait_until_idle(page)
    return took


@pytest.mark.benchmark
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_another_picture(browser: Browser, root: Path, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    """Choosing another sample until its strips are painted, a bare forward pass and empty reruns, in turns.

    Two reruns: of a page with one line of text, and of this page when nothing changes.
    """
    empty = root / "tests" / "benchmarks" / "empty_app.py"
    others = [samples.get(name).title for name in samples.names() if name != "cat"]
    times: dict[str, list[float]] = {"picture": [], "forward": [], "line of text": [], "this page": []}
    with serve(root, tmp_path / "app.txt") as app, serve(root, tmp_path / "empty.txt", "--script", str(empty)) as floor:
        page, bare = (browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB") for _ in range(2))
        page.goto(f"{app}/maps?model={NETWORK}")
        page.wait_for_selector(".overview[data-painted]", timeout=90_000)
        wait_until_idle(page)
        bare.goto(floor)
        wait_until_idle(bare)
        for title in others[: 2 if benchmark.disabled else None]:
            times["picture"].append(choose_sample(page, title))
            times["line of text"].append(bare.evaluate(CLICK))
            times["this page"].append(page.locator(".overview").evaluate(NOTHING_NEW))
            wait_until_idle(page)
            times["forward"].append(forward(1))
        page.close()
        bare.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    benchmark.extra_info.update({f"{name}, ms": round(value, 1) for name, value in medians.items()})
    for rerun in ("this page", "line of text"):
        ratio = medians["picture"] / (medians["forward"] + medians[rerun])
        benchmark.extra_info[f"picture / (forward + rerun of {rerun})"] = round(ratio, 2)
    print(f"\n{dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert min(medians.values()) > 0
