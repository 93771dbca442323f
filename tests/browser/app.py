"""The real app in a process of its own, and helpers for a page that shows it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

START_WITHIN = 60  # seconds; a first start also compiles Python files


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(root: Path, log: Path, *arguments: str) -> Iterator[str]:
    """Start the app as `make run` does, yield its address, end it.

    Args:
        root: the repository.
        log: the file that gets what the server prints.
        arguments: more of the server's command line.

    Raises:
        RuntimeError: when it does not answer in time; carries the log.
    """
    port = free_port()
    command = [sys.executable, "-m", "pages.common.server", "--port", str(port), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=root, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, process, log)
        yield url
    finally:
        _end(process)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()  # noqa: S310 - our own server
            return
        time.sleep(0.1)
    raise RuntimeError(f"The app did not start.\n{log.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started: it leads a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_idle(page: Page, timeout: float = 20_000) -> None:
    """Wait until Streamlit has no run under way and nothing on the page is stale.

    Args:
        page: a page that shows the app.
        timeout: milliseconds.
    """
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=timeout)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=timeout)
    expect(page.locator('[data-testid="stSkeleton"], [data-stale="true"]')).to_have_count(0, timeout=timeout)
