"""Start the app: `python -m pages.common.server`, which is what `make run` does.

`streamlit run app.py` shows the same pages. What this entry adds is for a class:

- PyTorch is imported in the background a little after the start, so that no visitor waits for it.
- Garbage is collected on a timer. Streamlit does it after every run of a page, and everybody waits for it.
- Small answers leave at once. On the socket that Streamlit binds, asyncio leaves Nagle's algorithm on, and
  an answer in two parts waits 40 ms for an acknowledgement. uvicorn binds one where it is off.
- Security headers on every answer, and no connection for pages of other sites.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib
import ipaddress
import os
import pkgutil
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager

import pages.common
from pages.common.maps_looked import prepare_maps
from pages.common.network_facts import prepare
from pages.common.text_tab import prepare_training

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OwnSiteOnly", "SecurityHeaders", "create_app", "main"]

# One core stays free for the page: beside a busy process, threads that wait for each other take twenty times as long.
# PyTorch reads this when it is imported, which is later.
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) - 1)))
# What a pass keeps is fresh memory, a page of 4 kB at a time: on Linux, PyTorch asks for pages of 2 MB then. Keeping
# every step of ResNet-18 costs a fifth of its forward pass so, and a half without.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

SCRIPT = Path(__file__).parents[2] / "app.py"
COLLECT_EVERY = 5.0  # seconds
PREPARE_AFTER = 8.0  # seconds; a page is drawn two seconds after the start
MEGABYTE = 1024 * 1024
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on

# Streamlit's page inlines scripts and styles of its own and loads components from blobs, so those have to be
# allowed; what matters is that nothing is fetched from, or sent to, another host.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class SecurityHeaders:
    """ASGI middleware that adds `SECURITY_HEADERS` to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on and complete the headers of the answer."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class OwnSiteOnly:
    """ASGI middleware that refuses a websocket to pages of other sites.

    Streamlit refuses them too, but asks a host on the internet for this machine's public address first, and
    everybody waits for the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or close it before it is accepted."""
        if scope["type"] == "websocket" and not self._is_own(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self.app(scope, receive, send)

    @staticmethod
    def _is_own(headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:  # no browser
            return True
        allowed: list[str] = config.get_option("server.corsAllowedOrigins")
        return urlsplit(origin).netloc == headers.get("host") or origin in allowed


@contextlib.asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    """Import what the pages share, then collect garbage now and then for as long as the server lives."""
    for module in pkgutil.iter_modules(pages.common.__path__, "pages.common."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # modules stay for ever; without them a collection takes a tenth of the time
    tasks = [asyncio.create_task(_collect_now_and_then()), asyncio.create_task(_prepare_networks())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _prepare_networks() -> None:
    """Import PyTorch before a page of networks needs it, but after the first page of the first visitor is drawn."""
    await asyncio.sleep(PREPARE_AFTER)
    await asyncio.to_thread(prepare)
    await asyncio.to_thread(prepare_maps)
    await asyncio.to_thread(prepare_training)
    gc.collect()
    gc.freeze()


async def _collect_now_and_then() -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        gc.collect()


def create_app(script: Path = SCRIPT) -> st.App:
    """Return the ASGI application; it expects a server that runs its lifespan (uvicorn does)."""
    app = st.App(script, lifespan=_lifespan, middleware=[Middleware(SecurityHeaders), Middleware(OwnSiteOnly)])
    config.set_option("runner.postScriptGC", False)  # the lifespan does it
    # The folder is called pages/, but st.navigation decides. Streamlit learns that in the first visit, and
    # would tell a first visitor who comes by a link to a page that it does not exist.
    PagesManager.uses_pages_directory = False
    return app


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return address == "localhost"


class _Server(uvicorn.Server):
    """uvicorn, telling where the app is once it answers."""

    def __init__(self, settings: uvicorn.Config, url: str, *, open_browser: bool) -> None:
        super().__init__(settings)
        self.url = url
        self.open_browser = open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"\n  cnnviz: {self.url}    (stop it with Ctrl+C)\n", flush=True)
            if self.open_browser:
                webbrowser.open(self.url)


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start cnnviz.")
    parser.add_argument("--address", default="127.0.0.1", help="where to listen; 0.0.0.0 lets a class in")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--script", type=Path, default=SCRIPT, help="another app to serve, for comparison")
    parser.add_argument("--open", action="store_true", help="open a browser window, if there is a screen")
    return parser.parse_args(arguments)


def _refuse_if_taken(address: str, port: int) -> None:
    """Exit with a sentence that helps when the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            sys.exit(
                f"Cannot listen on {address}, port {port}: {error.strerror}. "
                f"If cnnviz does not run there already, try: make run PORT={port + 100}"
            )


def _settings(app: st.App, address: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=address,
        port=port,
        ws="websockets-sansio",
        ws_max_size=config.get_option("server.maxWidgetStateSize") * MEGABYTE,
        ws_per_message_deflate=False,  # pictures are compressed already
        ws_ping_interval=30,
        ws_ping_timeout=30,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def main(arguments: list[str] | None = None) -> None:
    """Serve the app until Ctrl+C.

    Args:
        arguments: the command line, `sys.argv[1:]` when left out.
    """
    chosen = _arguments(arguments)
    _refuse_if_taken(chosen.address, chosen.port)
    app = create_app(chosen.script)
    if not _is_loopback(chosen.address):
        # A class comes by an address or a name that only its own network knows.
        config.set_option("server.allowedHosts", [])
    shown = "localhost" if chosen.address in EVERYWHERE else chosen.address
    server = _Server(
        _settings(app, chosen.address, chosen.port),
        f"http://{shown}:{chosen.port}",
        open_browser=chosen.open and _has_display(),
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.run()


if __name__ == "__main__":
    main()
