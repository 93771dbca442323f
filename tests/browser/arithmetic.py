"""Driving the page Convolution arithmetic: what a visitor does to the player, and what is then drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
from playwright.sync_api import expect

from tests.browser.app import wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["Arithmetic", "Cell", "Drawn", "address", "number", "texts"]

SVG = "{http://www.w3.org/2000/svg}"
SAME_PLACE = 0.6  # pixels

# Draws once more and writes down what is drawn on the canvas: [text, x, y], [fill, x, y, width, height], strokes alike.
WATCH = """(host) => {
    const { player } = host;
    const { context } = player;
    const seen = { texts: [], fills: [], strokes: [] };
    const spy = (name, note) => {
        const own = context[name].bind(context);
        context[name] = (...given) => {
            note(...given);
            own(...given);
        };
    };
    spy("fillText", (text, x, y) => seen.texts.push([text, x, y]));
    spy("fillRect", (...box) => seen.fills.push([context.fillStyle, ...box]));
    spy("strokeRect", (...box) => seen.strokes.push([context.strokeStyle, ...box]));
    player.draw();
    for (const name of ["fillText", "fillRect", "strokeRect"]) delete context[name];
    const panel = ({ name, index, x, y, cell, rows, columns, firstRow, firstColumn }) =>
        ({ name, index, x, y, cell, rows, columns, firstRow, firstColumn });
    const { inputs, kernels, outputs, left, top, product } = player.scene;
    const lists = product ? { left: [left], top: [top], product: [product] } : { inputs, kernels, outputs };
    const panels = Object.fromEntries(Object.entries(lists).map(([kind, list]) => [kind, list.map(panel)]));
    return { ...seen, ...panels };
}"""


def address(layer: str, size: str, **settings: object) -> str:
    """The address of the page with a layer, the size of its input and other settings."""
    return "/arithmetic?" + urlencode({"layer": layer, "size": size, **settings})


def number(text: str) -> float:
    """Read a number as the player writes it."""
    above, _, below = text.replace("\u2212", "-").replace("∞", "inf").partition("/")
    return float(above) / float(below or 1)


@dataclass(frozen=True)
class Cell:
    """A cell as it is drawn: its text, its colour, and whether it is framed as the one that is looked at."""

    text: str
    colour: str
    current: bool


class Drawn:
    """One drawing of the canvas, cell by cell.

    The grids are "inputs", "kernels" and "outputs"; those of a matrix product "left", "top" and "product".
    """

    def __init__(self, seen: dict[str, Any]) -> None:
        self._seen = seen

    def panels(self, kind: str) -> int:
        """How many grids there are."""
        return len(self._seen[kind])

    def cells(self, kind: str, index: int = 0) -> dict[tuple[int, int], Cell]:
        """(row, column) -> cell; rows and columns of padding are negative, or begin at the size of the input."""
        panel = self._seen[kind][index]
        size = panel["cell"]
        texts = self._at(panel, [(text, x - size / 2, y - size / 2) for text, x, y in self._seen["texts"]])
        fills = self._at(panel, [box[:3] for box in self._seen["fills"] if _is_square(box, size)])
        frames = self._at(
            panel, [(box[0], box[1] - 1, box[2] - 1) for box in self._seen["strokes"] if _is_square(box, size - 2)]
        )
        first = int(panel["firstRow"]), int(panel["firstColumn"])  # JavaScript has a minus zero
        rows = range(first[0], first[0] + panel["rows"])
        columns = range(first[1], first[1] + panel["columns"])
        places = [(row, column) for row in rows for column in columns]
        return {at: Cell(texts.get(at, ""), fills.get(at, ""), at in frames) for at in places}

    def values(self, kind: str, index: int = 0) -> np.ndarray:
        """The numbers of a grid without padding, NaN where nothing is written."""
        cells = {at: cell for at, cell in self.cells(kind, index).items() if min(at) >= 0}
        shape = tuple(1 + max(at[axis] for at in cells) for axis in (0, 1))
        return np.array([number(cells[at].text or "nan") for at in np.ndindex(*shape)]).reshape(shape)

    def _at(self, panel: dict[str, Any], things: list[Any]) -> dict[tuple[int, int], Any]:
        """What stands at the top left corner of which cell; of several things the last."""
        found = {}
        for thing, x, y in things:
            row, column = ((at - panel[axis]) / panel["cell"] for at, axis in ((y, "y"), (x, "x")))
            off = max(abs(row - round(row)), abs(column - round(column))) * panel["cell"]
            if off < SAME_PLACE and 0 <= round(row) < panel["rows"] and 0 <= round(column) < panel["columns"]:
                found[round(row) + int(panel["firstRow"]), round(column) + int(panel["firstColumn"])] = thing
        return found


def _is_square(box: list[Any], side: float) -> bool:
    return abs(box[3] - side) < SAME_PLACE and abs(box[4] - side) < SAME_PLACE


class Arithmetic:
    """A page of the browser that shows the player of a layer; `number` counts the players from above."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.player = page.locator(".player").nth(number)
        self.canvas = self.player.locator("canvas")
        self.counter = self.player.locator(".counter")
        self.verdict = self.player.locator(".verdict")
        self.wait()

    def wait(self) -> None:
        """Until the page is idle and the player drawn."""
        wait_until_idle(self.page)
        expect(self.player).to_have_attribute("data-step", re.compile(r"\d+"))

    @property
    def step(self) -> int:
        """The step, from 0, that is drawn, once what was asked for has been."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return int(self.player.get_attribute("data-step") or -1)

    @property
    def steps(self) -> int:
        """How many there are."""
        return int(self.evaluate("player.scene.steps"))

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self.player.get_attribute("data-playing") == "true"

    @property
    def focus(self) -> dict[str, Any]:
        """What is looked at."""
        focus: dict[str, Any] = self.evaluate("player.focus")
        return focus

    def evaluate(self, expression: str, argument: Any = None) -> Any:
        """Evaluate JavaScript that may use `player` and `a`."""
        return self.player.evaluate(f"(host, a) => {{ const {{ player }} = host; return {expression}; }}", argument)

    def press(self, key: str) -> None:
        """Press a key on the player, and wait until the next frame is painted."""
        self.player.press(key)
        self.frame()

    def frame(self) -> None:
        """Wait until whatever was asked for is painted."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def button(self, name: str) -> Locator:
        """A button of the bar ("first", "toggle", "row") or of the menu ("gif", "png", "link")."""
        return self.player.locator(f'[data-act="{name}"], [data-export="{name}"]')

    def drawn(self) -> Drawn:
        """What stands on the canvas."""
        return Drawn(self.player.evaluate(WATCH))

    def svg(self) -> ElementTree.Element:
        """The drawing as SVG."""
        return ElementTree.fromstring(self.evaluate("player.export_svg().then((blob) => blob.text())"))  # noqa: S314 - our own

    def arithmetic(self) -> list[str]:
        """The words and numbers of the arithmetic that is written out."""
        return texts(self.svg(), "arithmetic")

    def place(self, kind: str, index: int, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell on the screen."""
        self.canvas.scroll_into_view_if_needed()
        x, y = self.evaluate(
            """(() => {
                const panel = player.scene[a[0]][a[1]];
                const box = player.canvas.getBoundingClientRect();
                return [box.left + panel.left(a[3] + 0.5), box.top + panel.top(a[2] + 0.5)];
            })()""",
            [kind, index, row, column],
        )
        return x, y

    def point(self, kind: str, index: int, row: int, column: int) -> Drawn:
        """Move the mouse over a cell, and return what is then drawn."""
        x, y = self.place(kind, index, row, column)
        self.page.mouse.move(x + 2, y)
        self.page.mouse.move(x, y)
        self.frame()
        return self.drawn()

    def answer(self, *values: str) -> None:
        """Type an answer and hand it in."""
        fields = self.player.locator(".fields input")
        expect(fields).to_have_count(len(values))
        for field, value in zip(fields.all(), values, strict=True):
            field.fill(value)
        fields.last.press("Enter")
        self.frame()

    def download(self, kind: str) -> bytes:
        """Save as "gif", "webp", "png" or "svg"; return the file."""
        self.player.locator(".export summary").click()
        with self.page.expect_download(timeout=60_000) as found:
            self.button(kind).click()
        assert found.value.suggested_filename.endswith(f".{kind}")
        return found.value.path().read_bytes()


def texts(svg: ElementTree.Element, part: str, **data: int) -> list[str]:
    """All texts of one part of a drawing."""
    groups = [group for group in svg.iter(f"{SVG}g") if group.get("data-part") == part]
    chosen = [group for group in groups if all(group.get(f"data-{name}") == str(value) for name, value in data.items())]
    return [text.text or "" for group in chosen for text in group.iter(f"{SVG}text")]
