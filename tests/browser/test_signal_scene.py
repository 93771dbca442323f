"""The one-dimensional scene of the player in a blank page: every number that it shows, and what lights up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest

from cnnviz.convolution.signals import kernel, signal
from cnnviz.figures import colours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

SCRIPTS = (
    "../colours.js",
    "painter.js",
    "model.js",
    "layout.js",
    "grids.js",
    "strip.js",
    "signal_model.js",
    "signal.js",
    "signal_words.js",
)
SVG = "{http://www.w3.org/2000/svg}"
ROUNDED = 0.006  # of what a number of three digits shows, relatively
PIXEL = 0.02  # coordinates in SVG have two decimals

# Numbers cross as lists; labels that nothing defines are their own names.
OPEN = """([samples, weights, palette, width]) => {
    const bytes = (values) => new Uint8Array(new Float64Array(values).buffer);
    const labels = new Proxy({}, { get: (_, name) => name });
    const model = new SignalModel([bytes(samples), bytes(weights)]);
    window.scene = new SignalScene(model, { labels }, Uint8Array.from(palette));
    window.measuring = new OffscreenCanvas(1, 1).getContext("2d");
    window.size = scene.layout(width, 430, new SvgPainter(1, 1, "#fff", measuring));
    window.drawn = ({ step, focus, glide }) => {
        const theme = { text: "#111", muted: "#777", background: "#fff", line: "#999", accent: "#05a", veil: "#fff" };
        const painter = new SvgPainter(size.width, size.height, theme.background, measuring);
        scene.draw(painter, theme, { step, focus: focus ?? scene.focusAt(step), glide: glide ?? 1, hidden: null });
        return painter.finish();
    };
    return scene.steps;
}"""


class Scene:
    """A scene that stands open in a page."""

    def __init__(self, page: Any, steps: int) -> None:
        self.page = page
        self.steps = steps

    def draw(self, step: int, focus: dict[str, Any] | None = None, glide: float = 1) -> ElementTree.Element:
        """One drawing as SVG."""
        return ElementTree.fromstring(self.draw_all([{"step": step, "focus": focus, "glide": glide}])[0])  # noqa: S314 - our own

    def draw_all(self, views: list[dict[str, Any]]) -> list[str]:
        """Several drawings in one go."""
        drawings: list[str] = self.page.evaluate("views => views.map(drawn)", views)
        return drawings

    def call(self, expression: str, *arguments: Any) -> Any:
        """Evaluate JavaScript that may use `scene` and `arguments`."""
        return self.page.evaluate(f"given => {{ const a = given; return {expression}; }}", list(arguments))


@pytest.fixture(scope="module")
def open_scene(browser: Browser, root: Path) -> Iterator[Callable[..., Scene]]:
    """Return a function that opens the scene of a signal and a kernel at a width in pixels."""
    folder = root / "pages/common/components/player"
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_script_tag(content="\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS))
    palette = np.asarray(colours.diverging()).ravel().tolist()

    def open_(samples: np.ndarray, weights: np.ndarray, width: int = 920) -> Scene:
        return Scene(page, page.evaluate(OPEN, [samples.tolist(), weights.tolist(), palette, width]))

    yield open_
    page.close()
    assert not complaints


def expected(samples: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Both outputs by NumPy, cut as `padding="same"` cuts them."""
    after = len(weights) // 2
    full = {"convolution": np.convolve(samples, weights), "correlation": np.correlate(samples, weights, "full")}
    return {side: values[after : after + len(samples)] for side, values in full.items()}


def part(drawing: ElementTree.Element, side: str, name: str) -> ElementTree.Element:
    """A named part of one side."""
    found = drawing.find(f".//{SVG}g[@data-side='{side}']/{SVG}g[@data-part='{name}']")
    assert found is not None
    return found


def bars(drawing: ElementTree.Element, side: str, name: str) -> list[tuple[int, float, float, list[str]]]:
    """The bars of a row from left to right: (index, centre, height up or down in pixels, what is written at it)."""
    found = []
    for group in part(drawing, side, name).findall(f"{SVG}g[@data-part='bar']"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, width, height = (float(rect.get(name, "")) for name in ("x", "width", "height"))
        value = float(group.get("data-value", ""))
        written = [text.text or "" for text in group.findall(f"{SVG}text")]
        found.append((int(group.get("data-index", "")), x + width / 2, np.sign(value) * height, written))
    return sorted(found, key=lambda bar: bar[1])


def number(text: str) -> float:
    """A number as it is shown."""
    return float(text.replace("\u2212", "-"))


def close(shown: str, value: float, digits: float = ROUNDED) -> bool:
    """Whether a shown number is the value, rounded."""
    return abs(number(shown) - value) <= max(digits * abs(value), 1e-9)


CASES = [
    ("impulses", 7, "decay", 4, 920),
    ("impulses", 2, "bell", 5, 380),
    ("noisy_step", 5, "decay", 9, 380),
    ("noisy_step", 5, "difference", 2, 920),
    ("ramp", 5, "box", 6, 920),
    ("alternating", 5, "difference", 3, 380),
    ("pulse", 5, "box", 7, 920),
]


@pytest.mark.parametrize(("kind", "spacing", "shape", "taps", "width"), CASES)
def test_every_output_is_numpys(
    open_scene: Callable[..., Scene], kind: str, spacing: int, shape: str, taps: int, width: int
) -> None:
    """At every step both sides show as many outputs as steps, in the strip, at the bar and by the bar's height."""
    samples, weights = signal(kind, 21, spacing), kernel(shape, taps)
    scene = open_scene(samples, weights, width)
    values = expected(samples, weights)
    assert scene.steps == len(samples)
    scales: dict[str, list[tuple[float, float]]] = {side: [] for side in values}
    for step, text in enumerate(scene.draw_all([{"step": step} for step in range(scene.steps)])):
        drawing = ElementTree.fromstring(text)  # noqa: S314 - our own drawing
        results = strip_results(drawing)
        for side, outputs in values.items():
            assert close(results[side][0], outputs[step])
            assert sum(results[side][1]) == pytest.approx(outputs[step], abs=0.006 * len(weights))
            drawn = bars(drawing, side, "output")
            assert [index for index, *_ in drawn] == list(range(step + 1))
            for index, _, height, written in drawn:
                assert all(close(each, outputs[index], 0.06 if index != step else ROUNDED) for each in written)
                assert written or index != step
                if abs(outputs[index]) > 1e-9:
                    scales[side].append((height, outputs[index]))
    heights, shown = np.array(scales["convolution"] + scales["correlation"]).T
    largest = np.abs(shown).argmax()
    np.testing.assert_allclose(heights, shown * heights[largest] / shown[largest], atol=2 * PIXEL)


def strip_results(drawing: ElementTree.Element) -> dict[str, tuple[str, list[float]]]:
    """From the arithmetic below: for each side the result as shown, and the products as far as they are shown."""
    strip = drawing.find(f"{SVG}g[@data-part='arithmetic']")
    assert strip is not None
    text = " ".join(each.text or "" for each in strip.findall(f"{SVG}text"))
    found = {}
    for side, terms, result in re.findall(r"(convolution|correlation)  y\[\d+\] = (.*?) = (\S+)", text):
        factors = (term.replace("(", "").replace(")", "").split("·") for term in terms.split(" + "))
        found[side] = result, [number(x) * number(h) for x, h in factors]
    return found


@pytest.mark.parametrize(("taps", "spacing"), [(4, 7), (5, 7)])
def test_kernel_lies_flipped_for_a_convolution(open_scene: Callable[..., Scene], taps: int, spacing: int) -> None:
    """From left to right: weights in falling order for the convolution, rising for the correlation, one window."""
    samples, weights = signal("impulses", 21, spacing), kernel("decay", taps)
    drawing = open_scene(samples, weights).draw(10)
    places = {}
    for side, order in (("convolution", range(taps - 1, -1, -1)), ("correlation", range(taps))):
        lying = bars(drawing, side, "kernel")
        assert [index for index, *_ in lying] == list(order)
        signal_bars = {index: centre for index, centre, *_ in bars(drawing, side, "signal")}
        window = range(10 - (taps - 1) // 2, 10 + taps // 2 + 1)
        np.testing.assert_allclose([centre for _, centre, *_ in lying], [signal_bars[i] for i in window], atol=PIXEL)
        places[side] = [height for *_, height, _ in lying]
    np.testing.assert_allclose(places["convolution"], places["correlation"][::-1], atol=PIXEL)


def test_the_kernel_glides(open_scene: Callable[..., Scene]) -> None:
    """Half-way to a step it lies half a sample before it; the products have half their height."""
    scene = open_scene(signal("step", 21), kernel("box", 3))
    whole, half = scene.draw(12), scene.draw(12, glide=0.5)
    for side in ("convolution", "correlation"):
        first, second = (bars(whole, side, "signal")[i][1] for i in (0, 1))
        moved = [a[1] - b[1] for a, b in zip(bars(whole, side, "kernel"), bars(half, side, "kernel"), strict=True)]
        np.testing.assert_allclose(moved, (second - first) / 2, atol=PIXEL)
        for full, grown in zip(bars(whole, side, "products"), bars(half, side, "products"), strict=True):
            assert grown[2] == pytest.approx(full[2] / 2, abs=PIXEL)


@pytest.mark.parametrize("side", ["convolution", "correlation"])
@pytest.mark.parametrize("taps", [4, 5])
def test_pointing_reaches_what_it_says(open_scene: Callable[..., Scene], side: str, taps: int) -> None:
    """A sample's copies of the kernel add up to the outputs; so do all weights' products: the same sums twice more."""
    samples, weights = signal("noisy_step", 21), kernel("decay", taps)
    scene = open_scene(samples, weights)
    spread, shared = np.zeros(21), np.zeros(21)
    for i in range(21):
        for term in scene.call("scene.model.spread(a[0], a[1]).filter(({ at }) => scene.model.isOutput(at))", side, i):
            spread[term["at"]] += term["product"]
    for k in range(taps):
        shared += [term["product"] for term in scene.call("scene.model.share(a[0], a[1])", side, k)]
    outputs = expected(samples, weights)[side]
    np.testing.assert_allclose(spread, outputs, atol=1e-12)
    np.testing.assert_allclose(shared, outputs, atol=1e-12)


def test_a_sample_lays_the_kernel_down(open_scene: Callable[..., Scene]) -> None:
    """Seen from a sample, it is the convolution that shows the kernel as it is; the products are scaled copies."""
    samples, weights = signal("noisy_step", 21), kernel("decay", 5)
    scene = open_scene(samples, weights)
    drawing = scene.draw(20, {"panel": "input", "side": "convolution", "index": 14})
    for side, order in (("convolution", range(5)), ("correlation", range(4, -1, -1))):
        assert [index for index, *_ in bars(drawing, side, "kernel")] == list(order)
        assert [index for index, *_ in bars(drawing, side, "products")] == list(order)
        heights = np.array([height for *_, height, _ in bars(drawing, side, "products")])
        np.testing.assert_allclose(heights / heights.max(), weights[list(order)], atol=1e-2)


def test_hit_finds_every_bar(open_scene: Callable[..., Scene]) -> None:
    """Pointing into the middle of a bar of signal, kernel or output finds it, on both sides, at both widths."""
    for width in (920, 380):
        scene = open_scene(signal("step", 21), kernel("decay", 4), width)
        drawing = scene.draw(20, {"panel": "output", "side": "convolution", "index": 9})
        for side in ("convolution", "correlation"):
            for row, panel in (("signal", "input"), ("kernel", "kernel"), ("output", "output")):
                for index, x, *_ in bars(drawing, side, row):
                    y = scene.call("scene.top(a[0], a[1]) + 5", side, row)
                    focus = {"panel": "output", "side": side, "index": 9}
                    found = scene.call("scene.hit(a[0], a[1], a[2])", x, y, focus)
                    assert found == {"panel": panel, "side": side, "index": index}
        assert scene.call("scene.hit(2, 2, scene.focusAt(0))") is None


def test_every_focus_can_be_drawn_and_told(open_scene: Callable[..., Scene]) -> None:
    """Whatever can be pointed at is drawn inside the size that the layout announced, and said in words."""
    for width in (920, 560, 380):
        scene = open_scene(signal("noisy_step", 21), kernel("decay", 9), width)
        counts = {"output": 21, "input": 21, "kernel": 9}
        foci = [
            {"panel": panel, "side": side, "index": index}
            for side in ("convolution", "correlation")
            for panel, count in counts.items()
            for index in (0, count // 2, count - 1)
        ]
        height, right = scene.page.evaluate("[size.height, size.width]")
        for focus, text in zip(foci, scene.draw_all([{"step": 20, "focus": each} for each in foci]), strict=True):
            places = [(float(x), float(y)) for x, y in re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"', text)]
            assert max(y for _, y in places) <= height - 8
            assert min(y for _, y in places) >= 0
            assert max(x for x, _ in places) <= right
            assert "undefined" not in text
            assert "NaN" not in text
            assert scene.call("scene.describe(a[0])", focus).count(focus["side"]) == 1


def test_keys_walk_along_the_rows(open_scene: Callable[..., Scene]) -> None:
    """Right goes right as drawn, also through a flipped kernel; it stops at the ends; down is the correlation."""
    scene = open_scene(signal("step", 21), kernel("decay", 4))
    first = scene.call("scene.firstOf('kernel', scene.focusAt(0))")
    assert first == {"panel": "kernel", "side": "convolution", "index": 3}
    assert scene.call("scene.neighbour(a[0], 0, 1)", first)["index"] == 2
    assert scene.call("scene.neighbour(a[0], 0, -1)", first)["index"] == 3
    below = scene.call("scene.neighbour(a[0], 1, 0)", first)
    assert below == {"panel": "kernel", "side": "correlation", "index": 3}
    assert scene.call("scene.neighbour(a[0], 0, -1)", below)["index"] == 2
    last = {"panel": "output", "side": "convolution", "index": 20}
    assert scene.call("scene.neighbour(a[0], 0, 1)", last) == last
