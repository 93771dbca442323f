"""The page Architectures in a real browser: five networks opened, chosen and counted, without asking the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import torch
from playwright.sync_api import expect

from cnnviz.networks import zoo

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

QUIET = 800  # milliseconds without changes, after which the browser tells what it shows

# A loaded machine may rest longer than that between two keys: what is due after it waits until it is let go.
COUNT_SENT = """quiet => {
  const { send } = WebSocket.prototype;
  window.sentFrames = 0;
  WebSocket.prototype.send = function (data) { window.sentFrames++; return send.call(this, data); };
  const { setTimeout, clearTimeout } = window;
  const held = new Map();
  window.setTimeout = (act, wait, ...rest) => {
    const id = setTimeout(wait === quiet ? () => {} : act, wait, ...rest);
    if (wait === quiet) held.set(id, act);
    return id;
  };
  window.clearTimeout = id => (held.delete(id), clearTimeout(id));
  window.letGo = () => { for (const act of held.values()) act(); held.clear(); };
}"""
NETWORKS = ("lenet5_1998", "googlenet", "resnet50", "densenet121", "efficientnet_b0")


def digits(text: str) -> list[str]:
    """The whole numbers in a text, without the marks between thousands."""
    return re.findall(r"\d+", re.sub(r"(?<=\d)[,\u202f\u2009\u00a0 ](?=\d{3})", "", text))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_opened_searched_and_counted_in_the_browser(open_page: OpenPage, name: str) -> None:
    """Its totals and those of a layer are PyTorch's; opening, finding and painting send nothing."""
    page = open_page(f"/architectures?net={name}")
    network = zoo.blueprint(name)
    diagram = page.locator(".diagram")
    expect(diagram).to_be_visible()
    total = sum(each.numel() for each in network.parameters())
    expect(page.get_by_text(f"{total:,}").first).to_be_visible()
    folded = diagram.locator(".box").count()
    page.evaluate(COUNT_SENT, QUIET)
    diagram.get_by_text("Open all").click()
    assert diagram.locator(".box").count() > 2 * folded
    diagram.locator("select").select_option("macs")
    layer, module = [(each, module) for each, module in network.named_modules() if isinstance(module, torch.nn.Conv2d)][
        -1
    ]
    diagram.get_by_role("searchbox").fill(layer)
    diagram.get_by_role("searchbox").press("Enter")
    facts = diagram.locator(".facts")
    expect(facts).to_contain_text(layer.rpartition(".")[2])
    assert page.evaluate("window.sentFrames") == 0
    assert str(sum(each.numel() for each in module.parameters())) in digits(facts.inner_text())
    page.evaluate("window.letGo()")
    page.wait_for_url(re.compile("view=.*macs"))
