"""A run that outlives everything: the page, a reload, and the server that started it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cnnviz.training import control
from tests.browser.app import _wait_until_healthy as wait_until_healthy
from tests.browser.app import free_port, wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WITHIN = 120_000  # milliseconds; the training process imports PyTorch


@pytest.fixture
def start_server(root: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """A function that starts a server, always at the same address and with the same folder of runs."""
    port = free_port()
    command = [sys.executable, "-m", "pages.common.server", "--port", str(port)]
    environment = {**os.environ, "CNNVIZ_RUNS": str(tmp_path / "runs")}
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Any:
        with (tmp_path / "log.txt").open("ab") as log:
            process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
        started.append(process)
        process.url = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]  # carried along
        wait_until_healthy(process.url, process, tmp_path / "log.txt")
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    for path in (tmp_path / "runs").glob("*/state.json"):  # a run that a failed test left behind
        with contextlib.suppress(ProcessLookupError, ValueError, KeyError):
            os.kill(json.loads(path.read_text())["pid"], signal.SIGKILL)


def bar(page: Page) -> Any:
    """The line that says how the run is."""
    return page.get_by_test_id("stProgress")


def press(page: Page, title: str) -> None:
    """Click a button."""
    page.get_by_role("button", name=title, exact=True).click()


def test_a_run_outlives_reload_and_server(start_server: Callable[[], Any], browser: Browser, tmp_path: Path) -> None:
    """LeNet on digits: paused, stepped, seen after a reload, going on after kill -9, stopped, resumed, 97% right."""
    server = start_server()
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{server.url}/training?train_epochs=24")
    wait_until_idle(page, WITHIN)
    press(page, "Train")
    expect(bar(page)).to_contain_text(re.compile("Epoch [1-9]"), timeout=WITHIN)
    press(page, "Pause")
    expect(bar(page)).to_contain_text("paused", timeout=WITHIN)
    press(page, "One step")
    expect(bar(page)).to_contain_text(re.compile(r"this batch: loss [\d.e-]+ → [\d.e-]+"), timeout=WITHIN)
    page.reload()
    expect(bar(page)).to_contain_text("this batch", timeout=WITHIN)
    press(page, "Resume")
    expect(bar(page)).not_to_contain_text("paused", timeout=WITHIN)
    folder = next((tmp_path / "runs").glob("lenet5-digits-*"))
    server.send_signal(signal.SIGKILL)
    server.wait()
    done = epochs(folder)
    _until(lambda: epochs(folder) > done)
    control.wish(folder, "pause")  # a new server may take longer to start than the rest of the run
    page.goto(f"{start_server().url}/training")
    wait_until_idle(page, WITHIN)  # until then Streamlit has a button "Stop" of its own
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    expect(bar(page)).to_contain_text("Stopped", timeout=WITHIN)
    assert done < epochs(folder) < 24
    press(page, "Resume")
    expect(bar(page)).to_contain_text("Finished: 24 epochs", timeout=WITHIN)
    assert epochs(folder) == 24
    assert json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])["test_accuracy"] >= 0.97
    page.context.close()


def test_a_suggestion_and_train_in_one_breath(
    start_server: Callable[[], Any], browser: Browser, tmp_path: Path
) -> None:
    """Train is pressed before the browser has heard what the suggestion set: the run gets the suggestion's settings."""
    server = start_server()
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{server.url}/training?train_epochs=2")
    wait_until_idle(page, WITHIN)
    page.evaluate("""async () => {
      const buttons = () => [...document.querySelectorAll("button")];
      const press = (text) => buttons().find((each) => each.innerText.trim().endsWith(text)).click();
      press("Too high a learning rate");
      await new Promise((resolve) => setTimeout(resolve, 100));
      press("Train");
    }""")
    runs = tmp_path / "runs"
    _until(lambda: any(runs.glob("*/asked.json")))
    (asked,) = runs.glob("*/asked.json")
    recipe = json.loads(asked.read_text())["recipe"]
    assert (recipe["learning_rate"], recipe["schedule"], recipe["epochs"]) == (5.0, "constant", 20)
    expect(page.get_by_label("Learning rate", exact=True)).to_have_value("5")
    page.context.close()


def epochs(folder: Path) -> int:
    """Epochs that a run has done."""
    return len((folder / "metrics.jsonl").read_text().splitlines())


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN / 1000
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
