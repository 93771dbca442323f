"""The diagram saved as a file: the menu, what stands in an SVG and a PNG, and a browser that can do less."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from cnnviz.networks.structure import Group
from tests.browser.diagram import draw, mounting, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture
def mount(browser: Browser) -> Iterator[Any]:
    """Return a function that mounts the first of some messages; in the page, `mount(i)` gives the others."""
    with mounting(browser) as mount:
        yield mount


def test_the_menu_closes(mount: Any) -> None:
    """By Escape, which gives the focus back, and by a click elsewhere."""
    diagram = draw(mount, "lenet5_1998")
    menu, button = diagram.page.locator(".export"), diagram.page.locator(".export summary")
    button.click()
    expect(menu).to_have_attribute("open", "")
    diagram.page.keyboard.press("Tab")
    diagram.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(button).to_be_focused()
    button.click()
    diagram.page.locator(".legend").click()
    expect(menu).not_to_have_attribute("open", "")


def test_what_the_browser_cannot_do(mount: Any) -> None:
    """A PNG that is too large becomes smaller, or the page says so; without a whole screen there is no button."""
    diagram = draw(mount, "lenet5_1998")
    page = diagram.page
    expect(page.get_by_role("button", name="Whole screen")).to_be_visible()
    page.evaluate(
        """() => {
          const draw = HTMLCanvasElement.prototype.toBlob;
          window.most = 700;
          HTMLCanvasElement.prototype.toBlob = function (done, kind) {
            return Math.max(this.width, this.height) > most ? done(null) : draw.call(this, done, kind);
          };
          Object.defineProperty(document, "fullscreenEnabled", { value: false });
          document.getElementById("root").diagram.destroy();
          delete document.getElementById("root").diagram;
          document.getElementById("root").replaceChildren();
          mount(0);
        }"""
    )
    expect(page.get_by_role("button", name="Fit")).to_be_visible()
    expect(page.get_by_role("button", name="Whole screen")).to_be_hidden()
    page.locator(".export summary").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="PNG").click()
    assert 350 <= max(Pillow.open(io.BytesIO(Path(started.value.path()).read_bytes())).size) <= 700
    page.evaluate("most = 0")
    page.locator(".export summary").click()
    page.get_by_role("button", name="PNG").click()
    expect(page.get_by_role("status").filter(has_text="SVG")).to_be_visible()


def test_what_is_saved_stands_alone(mount: Any) -> None:
    """SVG without the page's variables and with every visible name; PNG of twice the size."""
    diagram = draw(mount, "resnet18")
    files = {}
    for kind in ("SVG", "PNG"):
        diagram.page.locator(".export summary").click()
        with diagram.page.expect_download() as started:
            diagram.page.get_by_role("button", name=kind).click()
        assert started.value.suggested_filename == f"ResNet-18.{kind.lower()}"
        files[kind] = Path(started.value.path()).read_bytes()
    root = ElementTree.fromstring(files["SVG"])  # noqa: S314 - our own file
    assert b"var(" not in files["SVG"]
    written = " ".join(root.itertext())
    assert all(child.name in written for child in network("resnet18").root.children if isinstance(child, Group))
    assert "one small arc each" in written
    size = Pillow.open(io.BytesIO(files["PNG"])).size
    assert size == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))
