"""Taking the player's drawing away: animations with every step, stills, SVG, and the link to a step."""

from __future__ import annotations

import base64
import io
import itertools
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from PIL import ImageSequence
from playwright.sync_api import expect
from torch.nn import functional as F  # noqa: N812 - the name it has everywhere

from cnnviz.convolution import contents, layer_text
from tests.browser.arithmetic import Arithmetic, address, number, texts

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

LAYER = "Conv2d(1, 2, 3, stride=2, padding=1)"
SIZE = (5, 6)
STEPS = 2 * 3 * 3
PALETTE_ERROR = 16  # levels that a colour may be off in a GIF of 256 colours
LOSSY_ERROR = 40  # at the edges of text, in a WebP of quality 0.9

# The drawing of a step as an animation draws it, before it is encoded.
STILL = """player.eachFrame([a], (canvas) => (window.still = canvas.toDataURL("image/png"))).then(() => window.still)"""


def still(page: Arithmetic, step: int) -> np.ndarray:
    """The pixels of a step, (H, W, 3)."""
    data = base64.b64decode(page.evaluate(STILL, step).split(",")[1])
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB")).astype(int)


def outputs() -> np.ndarray:
    """What PyTorch computes, (filters, rows, columns)."""
    layer = layer_text.read(LAYER)
    cells, weights = contents.cells("integers", 1, SIZE, 0), contents.weights("integers", layer, 0)
    bias = contents.bias("integers", layer, 0)
    assert bias is not None
    found: np.ndarray = F.conv2d(*(torch.from_numpy(each) for each in (cells[None], weights, bias)), 2, 1)[0].numpy()
    return found


def check_numbers(svg: ElementTree.Element) -> None:
    """All outputs of PyTorch stand in the drawing of the last step, filter by filter."""
    for filter_, values in enumerate(outputs()):
        written = [text for text in texts(svg, "output", filter=filter_) if not text.startswith("filter")]
        assert [number(text) for text in written] == list(values.ravel())


@pytest.mark.parametrize(("kind", "error", "share"), [("gif", PALETTE_ERROR, 0.999), ("webp", LOSSY_ERROR, 0.99)])
def test_animation_has_every_step(open_page: OpenPage, kind: str, error: int, share: float) -> None:
    """As many frames as steps, each for its time; first and last are the drawings of the first and the last step."""
    page = Arithmetic(open_page(address(LAYER, "5x6")))
    page.player.locator(".speed select").select_option("4")
    page.press("ArrowRight")
    picture = Pillow.open(io.BytesIO(page.download(kind)))
    frames = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)]
    assert len(frames) == page.steps == STEPS
    assert {duration for _, duration in frames} == {250}
    for step in (0, STEPS - 1):
        expected = still(page, step)
        shown = np.asarray(frames[step][0]).astype(int)
        assert shown.shape == expected.shape
        assert (np.abs(shown - expected).max(axis=2) <= error).mean() >= share
    for one, other in itertools.pairwise(frames):
        assert np.abs(np.asarray(one[0]).astype(int) - np.asarray(other[0])).max() > error  # no step twice
    assert page.step == 1  # the player stands where it stood
    page.press("End")
    check_numbers(page.svg())


def test_png_is_twice_as_large_as_the_svg(open_page: OpenPage) -> None:
    """The PNG has two pixels for one of the SVG, and shows the same step."""
    page = Arithmetic(open_page(address(LAYER, "5x6")))
    page.press("End")
    picture = Pillow.open(io.BytesIO(page.download("png")))
    svg = page.svg()
    assert picture.size == (2 * int(svg.attrib["width"]), 2 * int(svg.attrib["height"]))
    halved = np.asarray(picture.convert("RGB").resize((picture.width // 2, picture.height // 2), Pillow.Resampling.BOX))
    assert np.abs(halved.astype(int) - still(page, STEPS - 1)).mean() < 4


def test_svg_contains_all_numbers(open_page: OpenPage) -> None:
    """The saved SVG is well-formed XML; its parts carry the numbers of input, kernels and outputs."""
    page = Arithmetic(open_page(address(LAYER, "5x6")))
    page.press("End")
    svg = ElementTree.fromstring(page.download("svg"))  # noqa: S314 - our own
    check_numbers(svg)
    layer = layer_text.read(LAYER)
    cells = np.pad(contents.cells("integers", 1, SIZE, 0)[0], 1)
    assert [number(text) for text in texts(svg, "input", channel=0)] == list(cells.ravel())
    kernel = [text for text in texts(svg, "kernel", filter=1) if not text.startswith("filter")]
    assert [number(text) for text in kernel] == list(contents.weights("integers", layer, 0)[1].ravel())


def test_files_of_a_spreading_convolution(open_page: OpenPage) -> None:
    """Saving does not disturb the sums on the screen, nor does the screen those of the file."""
    page = Arithmetic(open_page(address("ConvTranspose2d(1, 1, 3, stride=2)", "3x3", view="spread")))
    for _ in range(4):
        page.press("ArrowRight")
    before = page.drawn().values("outputs")
    picture = Pillow.open(io.BytesIO(page.download("gif")))
    assert picture.n_frames == 9
    np.testing.assert_array_equal(page.drawn().values("outputs"), before)


def test_long_walks_are_saved_from_the_present_step(open_page: OpenPage) -> None:
    """Of more steps than a file should hold, those from the present one on, or the last ones."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "30x30")))
    for step, first in ((0, 0), (300, 300), (899, 500)):
        page.evaluate("player.goByHand(a)", step)
        assert page.evaluate("player.exportedSteps()") == list(range(first, first + 400))


def test_settings_may_change_while_a_file_is_made(open_page: OpenPage) -> None:
    """The file keeps the layer it was begun with."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "12x12")))
    page.player.locator(".export summary").click()
    with page.page.expect_download(timeout=60_000) as found:
        page.button("gif").click()
        field = page.page.get_by_role("textbox", name="Type the input's size")
        field.fill("4x4")
        field.press("Enter")
        expect(page.counter).to_have_text("step 1 of 16", timeout=30_000)
    assert Pillow.open(io.BytesIO(found.value.path().read_bytes())).n_frames == 144


def test_link_leads_back_to_the_step(open_page: OpenPage) -> None:
    """The copied address holds layer and step; opened, the player stands there, and another layer starts anew."""
    permissions = ["clipboard-read", "clipboard-write"]
    page = Arithmetic(open_page(address(LAYER, "5x6"), permissions=permissions))
    for _ in range(6):
        page.press("ArrowRight")
    page.player.locator(".export summary").click()
    page.button("link").click()
    expect(page.player.locator(".export summary")).to_have_text("Copied")
    copied = urlsplit(page.page.evaluate("() => navigator.clipboard.readText()"))
    assert parse_qs(copied.query) == {"layer": [LAYER], "size": ["5x6"], "step": ["7"]}
    again = Arithmetic(open_page(f"{copied.path}?{copied.query}"))
    expect(again.counter).to_have_text(f"step 7 of {STEPS}")
    expect(page.player.locator(".export summary")).to_have_text(re.compile("Save"))
    field = again.page.get_by_role("textbox", name="Type the input's size")
    field.fill("7x7")
    field.press("Enter")
    expect(again.counter).to_have_text("step 1 of 32")
