"""The player of convolution arithmetic, in a real browser: its keys, its clock, and room for all that it draws."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.arithmetic import Arithmetic, address

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage


def test_keys_step_play_and_walk(open_page: OpenPage) -> None:
    """Arrows, page keys, Home, End and space; I, K, O and Shift with arrows look at cells."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "4x5")))
    for key, step in (
        ("ArrowRight", 1),
        ("ArrowDown", 6),
        ("PageDown", 7),
        ("PageUp", 6),
        ("ArrowUp", 1),
        ("ArrowLeft", 0),
        ("ArrowLeft", 0),
        ("End", 19),
        ("Home", 0),
    ):
        page.press(key)
        assert page.step == step, key
    page.press("Space")
    assert page.is_playing
    page.press("Space")
    assert not page.is_playing
    for key, panel in (("i", "input"), ("K", "kernel"), ("o", "output")):
        page.press(key)
        page.press("Shift+ArrowDown")
        page.press("Shift+ArrowRight")
        page.press("Shift+ArrowRight")
        focus = page.focus
        assert (focus["panel"], focus["row"], focus["column"]) == (panel, 1, 2)
        assert page.drawn().cells(f"{panel}s")[1, 2].current
    page.press("Escape")
    assert page.focus == {"panel": "output", "filter": 0, "row": 0, "column": 0}


def test_a_turned_kernel_is_walked_as_it_is_drawn(open_page: OpenPage) -> None:
    """Where the kernel is drawn turned by 180°, Shift and the right arrow go right all the same."""
    page = Arithmetic(open_page(address("ConvTranspose2d(1, 1, (2, 3))", "3x3", view="windows")))
    for key, column in (("k", 0), ("Shift+ArrowRight", 1), ("Shift+ArrowRight", 2)):
        page.press(key)
        cells = page.drawn().cells("kernels")
        assert [at for at, cell in cells.items() if cell.current] == [(0, column)]


def test_presenters_keys_reach_the_player_from_the_page(open_page: OpenPage) -> None:
    """With the focus on nothing, page keys step; typing into the page's fields does not."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3)", "5x5")))
    page.page.evaluate("() => document.activeElement.blur()")
    page.page.keyboard.press("PageDown")
    page.page.keyboard.press("PageDown")
    page.page.keyboard.press("PageUp")
    expect(page.player).to_have_attribute("data-step", "1")
    field = page.page.get_by_role("textbox", name="Type the input's size")
    field.press("End")
    field.press("ArrowLeft")
    page.frame()
    assert page.step == 1


def test_stepping_by_hand_wins_over_a_resting_mouse(open_page: OpenPage) -> None:
    """A presenter's key shows its step although the mouse still lies on a cell; a moving mouse points again."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3)", "5x5")))
    page.point("inputs", 0, 4, 4)
    assert page.focus["panel"] == "input"
    page.page.keyboard.press("PageDown")
    page.frame()
    assert page.focus == {"panel": "output", "filter": 0, "row": 0, "column": 1}
    page.point("inputs", 0, 4, 4)
    assert page.focus["panel"] == "input"


def test_pointing_holds_the_clock(open_page: OpenPage) -> None:
    """While the mouse is on a cell nothing moves; off the grids it plays on."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "9x9")))
    page.player.locator(".speed select").select_option("30")
    page.button("toggle").click()
    page.point("inputs", 0, 4, 4)
    held = page.step
    page.page.wait_for_timeout(400)
    assert page.step == held
    assert page.is_playing
    page.page.mouse.move(2, 2)
    expect(page.player).not_to_have_attribute("data-step", str(held))


WATCHED = """(() => {
    const seen = [];
    return new Promise((done) => {
        const look = (now) => {
            seen.push([now, player.step]);
            if (now - seen[0][0] < a) requestAnimationFrame(look);
            else done(seen);
        };
        requestAnimationFrame(look);
    });
})()"""


def test_row_repeats_and_speed_is_kept(open_page: OpenPage) -> None:
    """With "row" the steps stay in one row, begin it again, and come as often as the select says."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "6x7")))
    page.player.locator(".steps").fill("16")
    assert page.step == 16
    page.button("row").click()
    expect(page.button("row")).to_have_attribute("aria-pressed", "true")
    page.player.locator(".speed select").select_option("16")
    page.button("toggle").click()
    seen = np.array(page.evaluate(WATCHED, 2000))
    steps = seen[:, 1]
    assert set(steps) == set(range(14, 21))  # the third row
    assert (np.diff(steps) < 0).any()
    rate = (np.diff(steps) != 0).sum() / (seen[-1, 0] - seen[0, 0]) * 1000
    assert 10 < rate < 17
    assert page.is_playing


def test_playing_ends_at_the_end_and_begins_again(open_page: OpenPage) -> None:
    """Without "row" it stops after the last output; played again it starts with the first."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, padding=1)", "5x5")))
    page.player.locator(".speed select").select_option("240")
    page.button("toggle").click()
    expect(page.player).to_have_attribute("data-playing", "false")
    assert page.step == page.steps - 1
    assert not np.isnan(page.drawn().values("outputs")).any()
    page.player.locator(".speed select").select_option("0.5")
    page.button("toggle").click()
    expect(page.player).to_have_attribute("data-step", re.compile("^[01]$"))


@pytest.mark.parametrize(
    ("layer", "size", "view", "tab"),
    [
        ("Conv2d(1, 2, 3, padding=1)", "40x50", "windows", "why"),
        ("ConvTranspose2d(2, 2, 3, stride=2, padding=1)", "18x20", "spread", "why"),
        ("Conv2d(2, 6, 3, groups=2)", "9x10", "windows", "matrix"),
    ],
)
def test_small_cells_do_not_depend_on_the_way_to_a_step(
    open_page: OpenPage, layer: str, size: str, view: str, tab: str
) -> None:
    """Pictures that are mended where cells changed are those that a new scene paints at once."""
    page = Arithmetic(open_page(address(layer, size, view=view, tab=tab)), 1 if tab == "matrix" else 0)
    steps = page.steps
    ways = np.random.default_rng(5).integers(0, steps, 8)
    different = page.evaluate(
        """a.filter((step) => {
            const paint = () => {
                player.layout();
                player.step = step;
                player.draw();
                return player.canvas.toDataURL();
            };
            for (const near of [step - 3, step - 2, step - 1]) {
                player.step = Math.max(near, 0);
                player.draw();
            }
            const mended = paint();
            player.scene = player.freshScene();
            return mended !== paint();
        })""",
        [0, *ways.tolist(), *sorted(ways.tolist()), steps - 1, steps // 2],
    )
    assert different == []


@pytest.mark.parametrize(
    ("layer", "size", "cells", "width"),
    [
        ("Conv2d(1, 1, 7, padding=3)", "12x12", "photo", 1280),
        ("Conv2d(1, 1, 7, padding=3)", "12x12", "integers", 390),
        ("Conv2d(6, 6, 3, padding=1)", "8x8", "photo", 1280),
        ("Conv2d(6, 6, 3, padding=1)", "8x8", "integers", 390),
        ("ConvTranspose2d(1, 1, 6, stride=2)", "4x5", "photo", 390),
        ("AvgPool2d(7, stride=1, padding=3)", "9x9", "photo", 390),
        ("Conv2d(3, 2, 9, padding=4)", "12x12", "photo", 1280),
    ],
)
def test_the_longest_arithmetic_has_room(open_page: OpenPage, layer: str, size: str, cells: str, width: int) -> None:
    """No word or number lies below or right of the canvas at any step, and none is left out."""
    options = {"cells": cells, "view": "spread" if "Transpose" in layer else "windows"}
    page = Arithmetic(open_page(address(layer, size, **options), viewport={"width": width, "height": 800}))
    beyond = page.evaluate(
        """(() => {
            const { context, scene, size } = player;
            const found = [];
            context.fillText = (text, x, y) => {
                const right = context.textAlign === "left" ? x + context.measureText(text).width : x;
                if (y + 8 > size.height || right > size.width + 1 || text === "…") found.push(text);
            };
            for (let step = 0; step < scene.steps; step += 3) {
                player.goByHand(step);
                player.draw();
            }
            delete context.fillText;
            return found;
        })()"""
    )
    assert beyond == []
