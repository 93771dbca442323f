"""How fast the player of convolution arithmetic plays, and that it plays without the server.

Frames per second at 240 steps a second, the milliseconds of one drawing, and every request and message meanwhile.
`pytest -s` prints the numbers; as a plain test it proves that nothing is sent and that a drawing fits into a frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.app import serve
from tests.browser.arithmetic import Arithmetic, address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, WebSocket
    from pytest_benchmark.fixture import BenchmarkFixture

FRAME = 1000 / 60  # milliseconds
SECONDS = 3
LAYERS = {
    "5 x 5": ("Conv2d(1, 1, 3, padding=1)", "5x5"),
    "64 x 64": ("Conv2d(1, 1, 3, padding=1)", "64x64"),
    "3 x 32 x 32": ("Conv2d(3, 3, 3, padding=1)", "32x32"),
    "256 x 256": ("Conv2d(1, 1, 3, padding=1)", "256x256"),
    "spread 32 x 32": ("ConvTranspose2d(1, 1, 4, stride=2, padding=1)", "32x32"),
}

# Plays from the first step, over and over in one row, so that small layers do not come to their end.
PLAY = """new Promise((done) => {
    Object.assign(player, { speed: 240, repeat: player.scene.steps < 240 * a });
    player.act("first");
    player.toggle(true);
    const frames = player.frames;
    let start;
    const look = (now) => {
        start ??= now;
        if (now - start < 1000 * a) return requestAnimationFrame(look);
        const found = { fps: (1000 * (player.frames - frames)) / (now - start), playing: player.playing };
        player.toggle(false);
        done(found);
    };
    requestAnimationFrame(look);
})"""

# The median and the longest of 60 drawings of different steps, the canvas read back so that nothing is put off.
DRAW = """(() => {
    const times = [];
    for (let i = 0; i < 60; i++) {
        player.step = Math.floor((i * (player.scene.steps - 1)) / 59);
        const start = performance.now();
        player.draw();
        player.context.getImageData(0, 0, 1, 1);
        times.push(performance.now() - start);
    }
    times.sort((one, other) => one - other);
    return { median: times[30], longest: times[59] };
})()"""


class Traffic:
    """Everything between a page and its server, from the start of the page on."""

    def __init__(self, page: Page) -> None:
        self.seen: list[str] = []
        page.on("request", lambda request: self.seen.append(f"request {request.url}"))
        page.on("websocket", self._socket)

    def _socket(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda _: self.seen.append("sent"))
        socket.on("framereceived", lambda _: self.seen.append("received"))


@pytest.fixture(scope="module")
def server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running app."""
    with serve(root, tmp_path_factory.mktemp("server") / "log.txt") as url:
        yield url


@pytest.mark.benchmark
@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("name", LAYERS)
def test_playing(browser: Browser, server: str, name: str, benchmark: BenchmarkFixture) -> None:
    """While it plays nothing passes between browser and server, and a drawing takes less than a frame."""
    page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-GB")
    traffic = Traffic(page)
    layer, size = LAYERS[name]
    page.goto(server + address(layer, size, view="spread" if name.startswith("spread") else "windows"))
    arithmetic = Arithmetic(page)
    page.wait_for_timeout(500)  # fonts
    assert "received" in traffic.seen
    traffic.seen.clear()
    played: dict[str, Any] = arithmetic.evaluate(PLAY, 1 if benchmark.disabled else SECONDS)
    assert traffic.seen == []
    assert played["playing"]
    drawn: dict[str, Any] = arithmetic.evaluate(DRAW)
    page.close()
    benchmark.extra_info["frames per second"] = round(played["fps"], 1)
    benchmark.extra_info.update({f"ms of a drawing, {key}": round(value, 2) for key, value in drawn.items()})
    print(f"\n{name}: {dict(benchmark.extra_info)}")
    benchmark.pedantic(lambda: None, rounds=1)
    assert drawn["median"] > 0
