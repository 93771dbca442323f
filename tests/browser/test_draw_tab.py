"""The drawing pad in a real browser: its numbers are PyTorch's, and it answers while one draws."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

from cnnviz.networks import plain, shipped, zoo
from cnnviz.training.drawing import EXAMPLES, MNIST, START, Frame, Stroke, as_drawn, centred, ink, read_strokes
from pages.common.draw_tab import network_blob
from pages.common.drawing_pad import strokes_record
from tests.browser.app import wait_until_idle
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

SCRIPTS = ("../unpack.js", "../colours.js", "ink.js", "centring.js", "network.js")
HARNESS = """
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);
function build(blob, input) {
  const { header, blobs } = unpack(bytes(blob));
  return new PlainNetwork({ ...header, input }, new Float32Array(blobs[0].slice().buffer));
}
globalThis.scores = ({ blob, input, pictures }) => {
  const network = build(blob, input);
  return pictures.map((picture) => [...network.scores(floats(picture))]);
};
globalThis.milliseconds = ({ blob, input, picture }) => {
  const network = build(blob, input);
  const times = [];
  for (let turn = 0; turn < 40; turn++) {
    const start = performance.now();
    network.scores(floats(picture));
    times.push(performance.now() - start);
  }
  return Math.min(...times);
};
const coded = (floats) => {
  let text = "";
  for (const byte of new Uint8Array(floats.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
};
globalThis.pictures = ({ drawings, frame }) => drawings.map((strokes) => {
  const ink = inkOf(strokes);
  return [ink, asDrawn(ink, frame), centred(ink, frame)].map(coded);
});
"""


@pytest.fixture(scope="module")
def module(root: Path, browser: Browser) -> Page:
    """An empty page with the pad's own scripts."""
    folder = root / "pages" / "common" / "components" / "pad"
    page = browser.new_page()
    source = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    page.add_script_tag(content=f"{{{source}\n{HARNESS}}}")
    return page


def coded(data: bytes) -> str:
    """Bytes on their way into a page."""
    return base64.b64encode(data).decode()


def pictures_of_all_kinds(side: int) -> np.ndarray:
    """30 pictures: noise, blank, white, examples centred and as drawn."""
    generator = np.random.default_rng(0)
    noise = generator.random((8, side, side))
    frame = MNIST if side == 28 else Frame(side, round(side * 20 / 28))
    drawn = [make(ink(strokes), frame) for strokes in EXAMPLES.values() for make in (as_drawn, centred)]
    return np.stack([*noise, np.zeros((side, side)), np.ones((side, side)), *drawn]).astype(np.float32)


def same_scores(module: Page, network: torch.nn.Module, side: int, mean: float, std: float) -> float:
    """The largest difference between the page's scores and PyTorch's."""
    pictures = pictures_of_all_kinds(side)
    assert len(pictures) == 30
    found = module.evaluate(
        "(given) => scores(given)",
        {
            "blob": coded(network_blob(plain.steps(network)).data),
            "input": {"rows": side, "columns": side, "mean": mean, "std": std},
            "pictures": [coded(picture.tobytes()) for picture in pictures],
        },
    )
    with torch.no_grad():
        expected = network((torch.from_numpy(pictures)[:, None] - mean) / std).numpy()
    return float(abs(np.array(found) - expected).max())


def test_lenet_scores_are_pytorchs(module: Page) -> None:
    """30 pictures, noise among them, to 1e-4."""
    trained = shipped.load("lenet5-mnist")
    mean, std = (trained.card["input"][name][0] for name in ("mean", "std"))
    assert same_scores(module, trained.network, 28, mean, std) < 1e-4


@pytest.mark.parametrize(
    ("name", "options", "side"),
    [
        ("lenet5", {"activation": "tanh", "norm": "batch"}, 32),
        ("simple_cnn", {"activation": "leaky_relu", "width": 0.25}, 30),
        ("simple_cnn", {"activation": "silu", "width": 0.25, "norm": "batch"}, 28),
    ],
)
def test_other_layers_are_pytorchs(module: Page, name: str, options: dict[str, zoo.Value], side: int) -> None:
    """Other activations, folded normalisation, and average pooling of maps that it does not divide."""
    torch.manual_seed(0)
    network = zoo.build(name, in_channels=1, num_classes=10, **options).eval()
    assert same_scores(module, network, side, 0.1, 0.3) < 1e-4


def test_strides_groups_and_padding_are_pytorchs(module: Page) -> None:
    """Layers that no digit network here has, and that a visitor's own may have."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, (3, 5), stride=(2, 1), padding=(1, 3)),
        torch.nn.ELU(),
        torch.nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2),
        torch.nn.Sigmoid(),
        torch.nn.MaxPool2d(3, stride=2, padding=1),
        torch.nn.AvgPool2d(2, stride=1),
        torch.nn.Flatten(),
        torch.nn.LazyLinear(10),
    )
    with torch.no_grad():
        network(torch.zeros(1, 1, 28, 28))
    assert same_scores(module, network.eval(), 28, 0.0, 1.0) < 1e-4


@pytest.mark.parametrize("frame", [MNIST, Frame(8, 8, 4), Frame(32, 23)], ids=str)
def test_ink_and_centring_are_the_backends(module: Page, frame: Frame) -> None:
    """Every example, a point, a line off the pad and an empty pad: ink, as drawn and centred, to 1e-5."""
    odd = [(), (Stroke(((20.0, 250.0),), 17.0),), (Stroke(((-40.0, 30.0), (200.5, 310.0)), 9.5),), START]
    records = [strokes_record(strokes) for strokes in [*EXAMPLES.values(), *odd]]
    given = {"drawings": records, "frame": asdict(frame)}
    for record, found in zip(records, module.evaluate("(given) => pictures(given)", given), strict=True):
        covered = ink(read_strokes(record))
        for text, expected in zip(found, (covered, as_drawn(covered, frame), centred(covered, frame)), strict=True):
            picture = np.frombuffer(base64.b64decode(text), np.float32).reshape(expected.shape)
            np.testing.assert_allclose(picture, expected, atol=1e-5)


def test_an_answer_takes_less_than_ten_milliseconds(module: Page) -> None:
    """The forward pass of LeNet-5, the best of 40: other work on the machine is not its own."""
    trained = shipped.load("lenet5-mnist")
    given = {
        "blob": coded(network_blob(plain.steps(trained.network)).data),
        "input": {"rows": 28, "columns": 28, "mean": 0.13, "std": 0.31},
        "picture": coded(centred(ink(EXAMPLES["8"])).tobytes()),
    }
    assert module.evaluate("(given) => milliseconds(given)", given) < 10


# ---- the tab


class Lab:
    """The open tab."""

    def __init__(self, open_page: OpenPage, **options: Any) -> None:
        self.page = open_page("/training?tab=draw", **options)
        self.host = self.page.locator(".pad-lab")
        self.wait()

    def wait(self) -> None:
        """Until the map of shifts is there."""
        expect(self.host).to_have_attribute("data-shifted", "yes", timeout=20_000)

    def said(self, way: str) -> str:
        """The answer of one way, "7, 98.6%"."""
        return self.host.locator(f"[data-way={way}] .said").inner_text()

    def shares(self, way: str) -> np.ndarray:
        """The ten probabilities."""
        return np.array(self.host.evaluate("(host, way) => host.lab.probabilities[way]", way))

    def strokes(self) -> tuple[Stroke, ...]:
        """What is on the pad."""
        return read_strokes(self.host.evaluate("host => host.lab.pad.strokes"))


def by_pytorch(covered: np.ndarray, way: str) -> np.ndarray:
    """Probabilities of the shipped network."""
    trained = shipped.load("lenet5-mnist")
    mean, std = (trained.card["input"][name][0] for name in ("mean", "std"))
    picture = (centred if way == "centred" else as_drawn)(covered)
    with torch.no_grad():
        scores = trained.network(((torch.from_numpy(picture) - mean) / std)[None, None])
    return torch.softmax(scores, 1)[0].numpy()


def test_a_visitor_sees_an_answer_draws_and_comes_back(open_page: OpenPage) -> None:
    """Example, mouse, switch, undo, another tab: the numbers are PyTorch's, and the drawing stays."""
    lab = Lab(open_page)
    for way in ("centred", "drawn"):
        np.testing.assert_allclose(lab.shares(way), by_pytorch(ink(lab.strokes()), way), atol=1e-4)
    assert lab.said("centred")[0] == "7" != lab.said("drawn")[0]
    lab.host.get_by_role("button", name="Clear").click()
    expect(lab.host.locator("output")).to_have_text("?")
    box = lab.host.locator(".plate").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"]
    lab.page.mouse.move(x, y + 0.2 * box["height"])
    lab.page.mouse.down()
    lab.page.mouse.move(x - 3, y + 0.8 * box["height"], steps=12)
    lab.page.mouse.up()
    expect(lab.host.locator("output")).to_have_text("1")
    assert float(lab.host.get_attribute("data-took") or "inf") < 50
    np.testing.assert_allclose(lab.shares("centred"), by_pytorch(ink(lab.strokes()), "centred"), atol=1e-4)
    lab.host.locator("[data-way=drawn]").click()
    lab.page.wait_for_function("location.search.includes('draw_way=drawn')")
    drawn = lab.strokes()
    lab.page.reload()
    wait_until_idle(lab.page)
    lab.wait()
    assert lab.strokes() == drawn
    expect(lab.host).to_have_attribute("data-way", "drawn")


def test_the_map_of_shifts_tells_how_far_it_is(open_page: OpenPage) -> None:
    """From a change of the drawing on, with shares that only grow; nothing of it stays."""
    lab = Lab(open_page)
    working = lab.host.locator(".working")
    expect(working).to_be_hidden()
    shares = lab.host.evaluate("""host => new Promise((resolve) => {
      const found = [];
      const progress = host.querySelector(".working progress");
      const look = new MutationObserver(() => {
        if (!host.querySelector(".working").hidden) found.push(progress.value);
        else if (found.length) resolve(found);
      });
      look.observe(host.querySelector(".working"), { attributes: true, subtree: true });
      host.querySelector("[data-move=smaller]").click();
    })""")
    assert shares[0] == 0
    assert len(set(shares)) > 2
    assert shares == sorted(shares)
    expect(working).to_be_hidden()


def test_the_map_of_shifts_is_pytorchs(open_page: OpenPage) -> None:
    """Some of the 289 answers of each way, the cut corners among them; the counts on the page are those of the map."""
    lab = Lab(open_page)
    covered = ink(lab.strokes())
    maps = lab.host.evaluate("host => host.lab.shifts")
    for way in ("centred", "drawn"):
        assert len(maps[way]) == 289
        for down, right in ((0, 0), (-8, -8), (8, 8), (-3, 5), (6, -7)):
            moved = np.zeros_like(covered)
            rows, columns = np.nonzero(covered)
            inside = (rows + 10 * down >= 0) & (columns + 10 * right >= 0)
            inside &= (rows + 10 * down < 280) & (columns + 10 * right < 280)
            moved[rows[inside] + 10 * down, columns[inside] + 10 * right] = covered[rows[inside], columns[inside]]
            found = maps[way][(down + 8) * 17 + right + 8]
            np.testing.assert_allclose(found, by_pytorch(moved, way), atol=1e-4)
    answers = np.argmax(maps["drawn"], axis=1)
    same = int((answers == answers[144]).sum())
    assert f"as drawn: still {answers[144]} for {same} of 289 shifts" in lab.host.locator(".stays").inner_text()


def test_keys_draw_and_buttons_move(open_page: OpenPage) -> None:
    """Without a mouse: the space bar sets the pen down, arrows draw; on a phone nothing is wider than the screen."""
    lab = Lab(open_page, viewport=PHONE)
    lab.host.get_by_role("button", name="Clear").click()
    lab.host.locator(".plate").focus()
    for key in ["ArrowUp"] * 14 + ["Space"] + ["ArrowDown"] * 28 + ["Space"]:
        lab.page.keyboard.press(key)
    (stroke,) = lab.strokes()
    assert (stroke.points[0], stroke.points[-1]) == ((140, 70), (140, 210))
    expect(lab.host.locator("output")).to_have_text("1")
    lab.host.get_by_role("button", name="2 pixels to the right").click()
    assert lab.strokes()[0].points[0] == (160, 70)
    lab.host.get_by_role("button", name="Undo").click()
    assert lab.strokes()[0].points[0] == (140, 70)
    assert lab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_drawing_png_is_what_was_drawn(open_page: OpenPage) -> None:
    """Saved from the pad: 280×280, and the ink within what two ways of smoothing edges differ."""
    lab = Lab(open_page)
    button = lab.host.get_by_role("button", name="Save the drawing as PNG")
    expect(button).to_have_text("⤓ PNG")
    expect(button).to_have_attribute("title", "Save the drawing as PNG")
    with lab.page.expect_download() as download:
        button.click()
    levels = np.asarray(Image.open(io.BytesIO(download.value.path().read_bytes())).convert("L")) / 255
    covered = ink(lab.strokes())
    assert levels.shape == covered.shape
    assert abs(levels - covered).mean() < 0.005
