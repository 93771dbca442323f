"""Driving the diagram of a network, mounted on an empty page: nothing of it needs the server."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from cnnviz.networks import zoo
from cnnviz.networks.sources import sources
from cnnviz.networks.structure import tree
from cnnviz.networks.summary import summarize
from pages.common import diagram as page_side
from pages.common.components import __file__ as components
from pages.common.cropped import cropped
from pages.common.diagram import Network, Picture, View
from pages.common.language import begin_run
from tests.browser.conftest import DESKTOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

__all__ = ["FOLDED", "Diagram", "draw", "mounting", "network"]

torch.set_num_threads(1)

FOLDER = Path(components).parent / "diagram"
FOLDED = View()
THEME = (
    "width: 950px; --st-text-color: #31333f; --st-background-color: #fff; --st-secondary-background-color: #f0f2f6;"
    "--st-border-color: #ccc; --st-primary-color: #0b5fa5; --st-font: sans-serif; --st-code-font: monospace"
)
MOUNT = """(texts) => {
  const bytes = texts.map((text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  window.told = [];
  const root = document.getElementById("root");
  const setStateValue = (_, view) => told.push(view);
  window.mount = (i) => (window.unmount = component({ data: bytes[i], parentElement: root, setStateValue }));
  mount(0);
}"""


@cache
def network(name: str) -> Network:
    """A network of the zoo at the size that it was published for."""
    record = zoo.get(name)
    model = zoo.blueprint(name)
    summary = summarize(model, (1, *record.input_shape), words=len(record.input_shape) == 1)
    return Network(record.title, summary, tree(summary), sources(model))


@dataclass
class Diagram:
    """A page of the browser with nothing but the component."""

    page: Page

    @property
    def host(self) -> Locator:
        """Its outermost element."""
        return self.page.locator(".diagram")

    def box(self, name: str, number: int = 0) -> Locator:
        """The box of a group or layer; of the second network with number 1."""
        return self.page.locator(f'.box[data-key="{number}:{name}"]')

    def toggle(self, name: str) -> None:
        """Click on its plus or minus."""
        self.box(name).locator(".sign").click()

    def choose(self, name: str, number: int = 0) -> None:
        """Open what is around a box, and choose it."""
        self.host.evaluate("({ diagram }, key) => diagram.reveal(diagram.boxes.get(key))", f"{number}:{name}")

    def open(self) -> list[str]:
        """Names of the open groups."""
        found: list[str] = self.host.evaluate("({ diagram }) => [...diagram.open].sort()")
        return found

    def shown(self) -> list[str]:
        """Names of the boxes that are drawn, from top to bottom."""
        return [
            key.partition(":")[2]
            for key in self.page.locator(".box").evaluate_all("all => all.map((box) => box.dataset.key)")
        ]

    def told(self) -> list[Any]:
        """Views that Python has heard of."""
        found: list[Any] = self.page.evaluate("told")
        return found

    def facts(self) -> dict[str, str]:
        """The table beside the diagram."""
        rows = self.page.locator(".facts tr").evaluate_all(
            "rows => rows.map((row) => [...row.children].map((cell) => cell.innerText))"
        )
        return {row[0]: " ".join(row[1].split()) for row in rows}


@contextmanager
def mounting(browser: Browser) -> Iterator[Any]:
    """Return a function that mounts the first of some messages; in the page, `mount(i)` gives the others."""
    contexts, complaints = [], []

    def mounted(*messages: bytes, **options: Any) -> Diagram:
        context = browser.new_context(**{"viewport": DESKTOP, "accept_downloads": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        style = (FOLDER / "style.css").read_text()
        page.set_content(f'<!doctype html><style>{style}</style><body style="{THEME}"><div id="root">')
        script = "\n".join((FOLDER / name).read_text() for name in page_side._SCRIPTS)
        page.add_script_tag(
            content=f"(() => {{{script.replace('export default function', 'window.component = function')}}})()"
        )
        page.evaluate(MOUNT, [base64.b64encode(message).decode() for message in messages])
        return Diagram(page)

    yield mounted
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def draw(mount: Any, *names: str, view: View = FOLDED, picture: bool = False, **options: Any) -> Diagram:
    """Mount networks of the zoo; `options` are those of the browser's context."""
    begin_run()
    size = zoo.get(names[0]).input_shape[1:]
    shown = Picture(cropped("cat", (size[0], size[1])), size[0], size[1]) if picture else None
    drawn: Diagram = mount(page_side.message([network(name) for name in names], shown, view), **options)
    return drawn
