"""A Chromium that shows the real app, and fails the test when the page complains or asks another host."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, expect

from tests.browser.app import serve, wait_until_idle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize

expect.set_options(timeout=15_000)  # milliseconds; Playwright's own 5 s are too few for a page on a loaded machine

DESKTOP: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}

# Opened at /page, Streamlit first looks for its server below /page, where there is none, then at /.
SEARCHING = re.compile(r"/\w+/_stcore/(health|host-config)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder and keep those of a file in one process: they share a server and a browser.

    One that fails is tried once more: the suite keeps every core busy, and then a page may be slower than a test's
    patience. What fails twice is broken; what needed its second try is listed at the end.
    """
    for item in items:
        if "browser" in item.path.relative_to(item.config.rootpath).parts:
            item.add_marker("browser")
            item.add_marker(pytest.mark.flaky(reruns=1))
            item.add_marker(pytest.mark.xdist_group(f"browser, {item.path.stem}"))


@pytest.fixture(scope="session")
def app_server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app."""
    with serve(root, tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


class Complaints:
    """What went wrong without stopping the page: errors in its console, requests to other hosts."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def watch(self, page: Page) -> None:
        """Listen to everything that `page` says from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"uncaught: {error}"))
        page.on("request", self._request)
        page.on("websocket", lambda socket: self._address(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        address = message.location["url"]
        if message.type == "error" and not SEARCHING.fullmatch(urlsplit(address).path):
            self.found.append(f"console: {message.text} ({address})")

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.found.append(f"asked another host: {url}")


class OpenPage(Protocol):
    """Open an address of the app in a new, empty profile."""

    def __call__(self, path: str = "/", *, settle: bool = True, **context: Any) -> Page:
        """Open `path`, wait until it is drawn.

        Args:
            path: what stands after the host, query included.
            settle: wait until Streamlit is idle.
            context: options of Playwright's `Browser.new_context`: locale, viewport, color_scheme, …
        """


class Profiles:
    """Empty profiles of one Chromium. One that was emptied serves again: it has the app's scripts in its cache."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}
        self._kinds: dict[BrowserContext, str] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """A profile with these options of `Browser.new_context` that nobody else uses."""
        kind = json.dumps(options, sort_keys=True, default=str)
        if free := self._free.get(kind):
            return free.pop()
        context = self._browser.new_context(**options)
        self._kinds[context] = kind
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Empty a profile; one that cannot be emptied is thrown away."""
        try:
            for page in context.pages:
                page.evaluate("localStorage.clear()")
                page.close()
            context.clear_cookies()
        except Error:  # a page that a test had closed, or that has crashed
            context.close()
        else:
            self._free.setdefault(self._kinds[context], []).append(context)


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    """The profiles of this process's Chromium."""
    return Profiles(browser)


@pytest.fixture
def open_page(app_server: str, profiles: Profiles) -> Iterator[OpenPage]:
    """Return a function that opens pages; at the end the test fails on any complaint of theirs."""
    complaints = Complaints()
    contexts = []

    def open_(path: str = "/", *, settle: bool = True, **options: Any) -> Page:
        context = profiles.take({"locale": "en-GB", "viewport": DESKTOP, **options})
        contexts.append(context)
        page = context.new_page()
        complaints.watch(page)
        page.goto(app_server + path)
        if settle:
            wait_until_idle(page)
        return page

    yield open_
    found = list(complaints.found)  # leaving a page is no complaint of the page's
    for context in contexts:
        profiles.give_back(context)
    assert not found, "\n".join(found)
