"""The viewer and its pixel lens, in a real browser: the numbers, the pointer, the keys, the close-up."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from cnnviz import images
from cnnviz.convolution import chain, notation, plan
from cnnviz.figures.display import display
from cnnviz.images import samples
from pages.common.viewer import Recipe, plan_record
from tests.browser.playground import Playground

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

AGREEMENT = 1e-4  # between the lens (doubles in the browser) and the backend (float32)


RECIPES = [
    Recipe("sobel_x", "zeros"),
    Recipe("gaussian~size-5", "reflect"),
    Recipe("custom~2x4~1_2_3_4_-5_6_7_-8", "replicate"),
    Recipe("custom~2x4~1_2_3_4_-5_6_7_-8", "circular", flip=True),
    Recipe("emboss~stride-2x3~dilation-2x1", "valid"),
    Recipe("box~size-3~repeat-2~~sobel_y~stride-2x2~~laplacian", "circular"),
    Recipe("sharpen~~median~size-3", "replicate"),
    Recipe("gradient_scharr~~emboss", "zeros"),
    Recipe("custom~1x2~-1_1", "reflect", luminance=True),
    Recipe("bilateral~size-5~sigma_range-0.5~sigma_space-2", "reflect"),
    Recipe("median~size-5~~gradient_sobel~~bilateral~size-3", "circular", luminance=True),
]
COMPUTE = """(host, plan) => {
    const viewer = host.getRootNode().viewer;
    const chain = new viewer.chain.constructor(viewer.chain.picture, plan);
    const last = plan.steps.at(-1);
    const all = (n) => Int32Array.from({ length: n }, (_, i) => i);
    const channels = [...Array(chain.channels(plan.steps.length)).keys()];
    const [rows, columns] = [all(last.rows.output), all(last.columns.output)];
    return channels.map((c) => Array.from(chain.values(plan.steps.length, rows, columns, c)));
}"""


@pytest.mark.parametrize("size", [(15, 21), (3, 2)], ids=["15x21", "3x2"])
def test_every_pixel_of_the_lens_is_the_backends(open_page: OpenPage, size: tuple[int, int]) -> None:
    """Whole results, borders included: what the browser computes is what the backend computes."""
    stream = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (*size, 3)).astype(np.uint8)
    Pillow.fromarray(noise).save(stream, "PNG")
    image = images.read(stream.getvalue(), "noise.png")
    playground = Playground(open_page("/filters?chain=gaussian~size-9~sigma-2&border=reflect"))
    playground.open_picture()
    before = playground.painted
    playground.page.get_by_text("Upload", exact=True).click()
    playground.upload("noise.png", stream.getvalue())
    playground.wait_for_change(before)
    assert playground.look(0, 0).outside.sum() > 0
    expect(playground.page.get_by_text("cells lie outside")).to_be_visible()

    for recipe in RECIPES:
        if recipe.border == "valid" and min(size) < 5:
            continue
        expected = recipe.run(image).values
        written = plan.passes(recipe.steps, image.size, recipe.border, recipe.flip)
        shown = playground.viewer.evaluate(COMPUTE, plan_record(recipe, written))
        drawn = np.moveaxis(np.array(shown).reshape(len(shown), *expected.shape[:2]), 0, -1)
        # OpenCV interpolates the bilateral filter's weights from a table; see companions.bilateral.
        tolerance = 1e-3 if "bilateral" in recipe.filters else AGREEMENT
        np.testing.assert_allclose(drawn.reshape(expected.shape), expected, atol=tolerance, err_msg=str(recipe))


def test_lens_follows_the_pointer_without_the_server(open_page: OpenPage) -> None:
    """A hundred moves of the mouse send nothing to the server, and each frame of the lens is cheap."""
    playground = Playground(open_page("/filters?chain=gaussian~size-7"))
    sent: list[object] = []
    playground.page.on("request", lambda request: sent.append(request.url))
    frames = playground.viewer.evaluate(
        """async (host) => {
            const viewer = host.getRootNode().viewer;
            const send = WebSocket.prototype.send;
            let messages = 0;
            WebSocket.prototype.send = function (...args) { messages++; return send.apply(this, args); };
            const times = [];
            for (let i = 0; i < 100; i++) {
                const start = performance.now();
                viewer.look({ row: 50 + i, column: 80 + 2 * i });
                cancelAnimationFrame(viewer.frame);
                viewer.write();
                times.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
            }
            WebSocket.prototype.send = send;
            return { messages, median: times.sort((a, b) => a - b)[50] };
        }"""
    )
    assert frames["messages"] == 0
    assert sent == []
    assert frames["median"] < 1000 / 60


def test_keyboard(open_page: OpenPage) -> None:
    """Arrows move the lens by one or ten pixels, Enter pins it and puts it into the link, Escape releases it."""
    playground = Playground(open_page("/filters"))
    start = playground.lens()
    stage = playground.viewer.locator(".stage")
    stage.focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight"):
        stage.press(key)
    expect(playground.viewer).to_have_attribute("data-lens", f"{start.row + 1},{start.column + 11}")
    stage.press("Enter")
    expect(playground.page).to_have_url(re.compile(rf"pixel={start.row + 1}\.{start.column + 11}"))
    box = stage.bounding_box()
    assert box is not None
    playground.page.mouse.move(box["x"] + 20, box["y"] + 20)
    expect(playground.viewer).to_have_attribute("data-lens", f"{start.row + 1},{start.column + 11}")
    stage.press("Escape")
    expect(playground.page).not_to_have_url(re.compile("pixel="))


def test_zooming_in_shows_exact_pixels(open_page: OpenPage) -> None:
    """Close up, the JPEG of a photo's result is replaced by pixels computed in the browser, in the same colours."""
    playground = Playground(open_page("/filters?picture=coffee&chain=gaussian~size-5&view=clip"))
    for _ in range(8):
        playground.viewer.get_by_role("button", name="Zoom in").click()
    expect(playground.viewer).to_have_attribute("data-close-up", re.compile(r"\d+x\d+"))
    near = playground.viewer.evaluate(
        """host => {
            const { bitmap, box } = host.getRootNode().viewer.stage.panes[1].closeUp;
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
            const context = canvas.getContext("2d");
            context.drawImage(bitmap, 0, 0);
            const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
            return { box, width: bitmap.width, height: bitmap.height, pixels: Array.from(data) };
        }"""
    )
    pixels = np.array(near["pixels"]).reshape(near["height"], near["width"], 4)[:, :, :3]
    top, left = round(near["box"]["y"]), round(near["box"]["x"])
    filtered = chain.apply(samples.load("coffee").pixels, notation.read("gaussian~size-5"))
    whole = display(filtered.values, "clip").rgb[top : top + near["height"], left : left + near["width"]]
    assert np.abs(pixels - whole.astype(int)).max() <= 1
