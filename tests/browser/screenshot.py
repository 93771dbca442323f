"""A picture in the README: `python -m tests.browser.screenshot docs/screenshot.png [path of the page]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.app import serve, wait_until_idle
from tests.browser.chromium import FLAGS, find

ROOT = Path(__file__).parents[2]
DRAWN = (  # what the components have when they are done
    ".viewer[data-painted]",
    ".player[data-step]",
    ".spectra[data-painted]",
    ".diagram .box",
    ".pad-lab .stays:not(:empty)",
    ".overview[data-painted]",
)


def take(target: Path, path: str) -> None:
    """Write a picture of the page at `path` to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(ROOT, Path(folder) / "log.txt") as url,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
        page.goto(url + path)
        wait_until_idle(page)
        page.locator(", ".join(DRAWN)).first.wait_for()
        page.wait_for_timeout(300)  # fonts
        page.screenshot(path=target)
        chromium.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "/")
