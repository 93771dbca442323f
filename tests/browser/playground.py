"""Driving the Filter playground: what a visitor does, and what the lens then says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import expect

from tests.browser.app import wait_until_idle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["Lens", "Playground"]

_ANYTHING = re.compile(r".+")


@dataclass(frozen=True)
class Lens:
    """What the lens shows: the numbers it draws, and the sum as a reader sees it."""

    row: int
    column: int
    channel: int
    patch: np.ndarray
    weights: np.ndarray | None
    outside: np.ndarray
    result: float
    text: str


class Playground:
    """A page of the browser that shows the Filter playground."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.viewer = page.locator(".viewer")
        self.wait()

    def wait(self) -> None:
        """Until the page is idle and the picture painted."""
        wait_until_idle(self.page)
        expect(self.viewer).to_have_attribute("data-painted", _ANYTHING, timeout=20_000)

    @property
    def painted(self) -> str:
        """Digest of the result on screen."""
        return self.viewer.get_attribute("data-painted") or ""

    def wait_for_change(self, before: str) -> None:
        """Until another result than `before` is painted."""
        expect(self.viewer).not_to_have_attribute("data-painted", before, timeout=20_000)
        self.wait()

    def cell(self, row: int, column: int) -> Locator:
        """A cell of the kernel's grid, counted from 1."""
        return self.page.get_by_label(f"Row {row}, column {column}", exact=True)

    def type_cell(self, row: int, column: int, text: str) -> None:
        """Type into a cell and leave it."""
        cell = self.cell(row, column)
        cell.fill(text)
        cell.press("Tab")

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a select box."""
        box = self.page.get_by_role("combobox", name=label)
        box.scroll_into_view_if_needed()  # scrolling closes an open list
        wait_until_idle(self.page)
        box.press("ArrowDown")
        box.press_sequentially(option)  # leaves one entry: a long list is drawn in parts and moves under the mouse
        self.page.get_by_role("option", name=option, exact=True).click()
        expect(box).to_have_value(option)

    def point(self, row: int, column: int, pane: str = "before") -> Lens:
        """Move the mouse over an output pixel, and read the lens."""
        x, y = self.viewer.evaluate(
            """(host, [row, column]) => {
                const stage = host.getRootNode().viewer.stage;
                const cell = stage.outputCell(row, column);
                const at = stage.screen(cell.x + cell.columns / 2, cell.y + cell.rows / 2);
                return [at.x, at.y];
            }""",
            [row, column],
        )
        box = self.viewer.locator(f".pane.{pane}").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + x + 3, box["y"] + y)
        self.page.mouse.move(box["x"] + x, box["y"] + y)
        expect(self.viewer).to_have_attribute("data-lens", f"{row},{column}")
        return self.lens()

    def look(self, row: int, column: int, channel: int = 0) -> Lens:
        """Put the lens on an output pixel and a channel directly, as the arrow keys and buttons do."""
        self.viewer.evaluate(
            """(host, [row, column, channel]) => {
                const viewer = host.getRootNode().viewer;
                viewer.channel = channel;
                viewer.pixel = { row, column };
                viewer.write();
            }""",
            [row, column, channel],
        )
        return self.lens()

    def lens(self) -> Lens:
        """What the lens shows now."""
        shown: dict[str, Any] = self.viewer.evaluate(
            """host => ({
                ...host.lens,
                patch: Array.from(host.lens.patch),
                weights: host.lens.weights && Array.from(host.lens.weights),
                outside: Array.from(host.lens.outside),
            })"""
        )
        return Lens(
            shown["row"],
            shown["column"],
            shown["channel"],
            np.array(shown["patch"]),
            None if shown["weights"] is None else np.array(shown["weights"]),
            np.array(shown["outside"]),
            shown["result"],
            self.viewer.locator(".lens .number").inner_text().replace("\u2212", "-"),
        )

    def open_picture(self) -> None:
        """Open the drawer with picture, upload and noise."""
        self.page.get_by_text("Picture, upload, noise").click()

    def upload(self, name: str, data: bytes) -> None:
        """Hand a file to the upload control (which must be on screen)."""
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        self.page.locator('input[type="file"]').set_input_files(files=[file])
