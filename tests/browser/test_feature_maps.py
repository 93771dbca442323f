"""Feature maps in Chromium: from the network to one number, and what others at the same network see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
from playwright.sync_api import expect

from cnnviz.images import samples
from cnnviz.networks import catalogue
from pages.common.maps_settings import PICTURE
from tests.browser.app import wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

STEP = "conv2_x.0.conv1"
ROUNDED = 6e-5  # four decimals are shown
READ = """(view) => [
    view.dataset.place.split(",").map(Number),
    view.querySelectorAll(".lines td.number")[1].textContent,
]"""
FIRST = 60_000  # milliseconds; the first network of a server waits for the import of PyTorch


def hooked(key: str, step: str) -> torch.Tensor:
    """What a module returns for the page's picture, by a hook of the test's own: (C, H, W)."""
    loaded = catalogue.load(key)
    seen: list[torch.Tensor] = []
    handle = loaded.network.get_submodule(step).register_forward_hook(lambda _m, _i, out: seen.append(out.clone()))
    with torch.inference_mode():
        loaded.network(loaded.prepare(samples.load(PICTURE))[None])
    handle.remove()
    return seen[0][0]


def setting(page: Page, name: str) -> str:
    """A setting as the address has it."""
    return parse_qs(urlsplit(page.url).query).get(name, [""])[0]


@pytest.mark.parametrize("key", ["resnet20-cifar10", "random:resnet18"])
def test_from_the_network_to_one_number(open_page: OpenPage, key: str) -> None:
    """Overview, layer, channel, number: what stands there is what a hook of one's own finds; then back, level by level.

    Nothing goes to the server while places are walked through.
    """
    page = open_page(f"/maps?model={key}", settle=False)
    page.locator("[data-fold=all]").click(timeout=FIRST)
    page.locator(f'[data-step="{STEP}"]').focus()
    page.keyboard.press("Enter")
    grid = page.locator("[data-channel] .pane canvas")
    expect(grid).to_be_focused()
    assert setting(page, "step") == STEP
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    stage = page.locator(".channelview canvas.map").first
    expect(stage).to_be_focused()
    wait_until_idle(page)
    channel = int(setting(page, "channel"))

    maps = hooked(key, STEP)
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: frames.append(len(data))))
    for move in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(move)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        (row, column), said = page.locator(".channelview").evaluate(READ)
        assert float(said.replace("\u2212", "-")) == pytest.approx(float(maps[channel, row, column]), abs=ROUNDED)
    assert not frames

    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    expect(page).not_to_have_url(re.compile("channel="))
    page.keyboard.press("Escape")
    expect(page.locator("[data-fold=all]")).to_be_visible()
    expect(page).not_to_have_url(re.compile("step="))
