"""Predict first: what the player asks, what it keeps to itself until it is answered, and the reasons it gives."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from torch.nn import functional as F  # noqa: N812 - the name it has everywhere

from cnnviz.convolution import contents
from tests.browser.arithmetic import Arithmetic, address

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

torch.set_num_threads(1)

# Whatever a reader, a screen reader or a curious student finds in the page: text, attributes, form values. Not the
# attributes that name another element: React makes up names such as ":r19:".
EVERYTHING = """() => {
    const found = [];
    const visit = (node) => {
        if (["STYLE", "SCRIPT", "LINK", "svg"].includes(node.nodeName)) return;
        if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
        for (const { name, value } of node.attributes ?? []) {
            if (/^aria-(controls|owns|labelledby|describedby|details|activedescendant)$/.test(name)) continue;
            if (/^(aria-|data-step|title|placeholder|value|max)/.test(name)) found.push(value);
        }
        if ("value" in node && typeof node.value === "string") found.push(node.value);
        for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) visit(child);
    };
    visit(document.body);
    return found.join("\\n");
}"""


def mentions(page: Arithmetic, *numbers: int) -> list[str]:
    """Those of the numbers that stand anywhere in the page, or on the canvas."""
    drawn = page.evaluate(
        """(() => {
            const { context } = player;
            const found = [];
            context.fillText = (text) => found.push(text);
            player.draw();
            delete context.fillText;
            return found.join("\\n");
        })()"""
    )
    text = page.page.evaluate(EVERYTHING) + "\n" + drawn
    return [str(each) for each in numbers if re.search(rf"(?<![\d.]){each}(?![\d.])", text)]


HIDDEN = address("Conv2d(1, 1, 3, stride=2, padding=1)", "29x45", predict="size")
ROWS, COLUMNS = 15, 23


@pytest.mark.parametrize("way", ["answer", "reveal"])
def test_nothing_tells_the_size_before_it_is_answered(open_page: OpenPage, way: str) -> None:
    """Neither output size nor number of steps stand in the page; no key walks; then all of them appear."""
    page = Arithmetic(open_page(HIDDEN + "&step=17"))
    expect(page.player.locator(".question")).to_have_text("How large will the output be?")
    numbers = (ROWS, COLUMNS, ROWS * COLUMNS, ROWS * COLUMNS - 1)
    before = page.drawn()
    assert mentions(page, *numbers) == []
    for key in ("ArrowRight", "End", "Space", "PageDown", "o", "Shift+ArrowRight"):
        page.press(key)
        assert page.step == 0
        assert not page.is_playing
    page.point("inputs", 0, 2, 2)
    assert page.drawn().cells("inputs") == before.cells("inputs")
    assert mentions(page, *numbers) == []
    for name in ("next", "toggle", "last"):
        expect(page.button(name)).to_be_hidden()

    if way == "answer":
        page.answer(str(ROWS), str(COLUMNS))
        expect(page.verdict).to_have_text("Right!")
    else:
        page.button("reveal").click()
    page.wait()
    expect(page.counter).to_have_text(f"step 1 of {ROWS * COLUMNS}")
    expect(page.player.locator(".steps")).to_have_attribute("max", str(ROWS * COLUMNS - 1))
    expect(page.page.locator(".katex").first).to_be_visible()
    assert mentions(page, *numbers) == [str(each) for each in numbers]
    if way == "answer":
        expect(page.verdict).to_have_text("Right!")
    page.press("ArrowRight")
    assert page.step == 1


def test_wrong_sizes_get_their_reason(open_page: OpenPage) -> None:
    """The usual mistakes are named, for rows and for columns; other numbers and words get a hint."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, stride=2, padding=1)", "8x11", predict="size")))
    # 8 rows: floor((8 + 2 - 3) / 2) + 1 = 4; 11 columns: 6
    for rows, columns, said in (
        ("5", "6", "Rows: You rounded up."),
        ("4", "5", "Columns: You "),
        ("8", "6", "Rows: You left out the stride"),
        ("5", "5", "Rows: You rounded up."),
        ("40", "6", "Rows: Not yet."),
        ("four", "6", "Please type a number."),
        ("", "6", "Please type a number."),
    ):
        page.answer(rows, columns)
        expect(page.verdict).to_contain_text(said)
        expect(page.counter).to_have_text("")
    page.answer("4", "5")
    assert "Rows" not in page.verdict.inner_text()
    page.answer("4", " 6 ")
    expect(page.verdict).to_have_text("Right!")


def averages() -> list[Fraction]:
    """The averages of a 4x5 input of whole numbers, 3x3, stride 2, padding counted, as fractions."""
    cells = torch.from_numpy(contents.cells("integers", 1, (4, 5), 0))[None]
    sums = 9 * F.avg_pool2d(cells, 3, 2, 1)
    return [Fraction(round(float(each)), 9) for each in sums.ravel()]


def test_values_are_asked_one_by_one(open_page: OpenPage) -> None:
    """Fractions, decimals and decimal commas are understood; what is answered is shown, and nothing more."""
    page = Arithmetic(open_page(address("AvgPool2d(3, stride=2, padding=1)", "4x5", predict="values")))
    right = averages()
    written = [
        lambda value: f"{value.numerator * 9 // value.denominator}/9",
        lambda value: f"{float(value):.2f}",
        lambda value: f"{float(value):.3f}".replace(".", ","),
    ]
    for step, value in enumerate(right):
        assert page.step == step
        shown = page.drawn().cells("outputs")
        assert [cell.text for cell in shown.values()][step:] == ["?"] + [""] * (len(right) - step - 1)
        assert page.arithmetic()[-1] == "?"
        assert "?" in page.player.locator(".spoken").inner_text()
        page.answer(written[step % 3](value))
        expect(page.verdict).to_have_text("Right!")
    drawn = page.drawn().values("outputs").ravel()
    np.testing.assert_allclose(drawn, [float(value) for value in right], atol=0.0051)
    expect(page.player.locator(".question")).to_have_text("Shown. Change a setting for the next question.")


def test_wrong_values_get_their_reason(open_page: OpenPage) -> None:
    """A sum for an average is named as such; it stays hidden, and the step stays."""
    page = Arithmetic(open_page(address("AvgPool2d(3, stride=2, padding=1)", "4x5", predict="values")))
    right = averages()
    page.answer(str(int(9 * right[0])))
    expect(page.verdict).to_contain_text("You took the sum.")
    page.answer("77")
    expect(page.verdict).to_contain_text("Not yet.")
    page.answer("1/0")
    expect(page.verdict).to_contain_text("Not yet.")
    page.answer("1/2/3")
    expect(page.verdict).to_contain_text("Please type a number.")
    assert page.step == 0
    assert page.arithmetic()[-1] == "?"


def test_a_turned_kernel_is_recognized(open_page: OpenPage) -> None:
    """Who convolves as in mathematics is told that networks do not turn the kernel."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, bias=False)", "5x5", predict="values")))
    cells = page.drawn().values("inputs")
    kernel = page.drawn().values("kernels")
    page.answer(f"{(cells[:3, :3] * kernel[::-1, ::-1]).sum():g}")
    expect(page.verdict).to_contain_text("You turned the kernel by 180°.")
    page.answer(f"{(cells[:3, :3] * kernel).sum():g}")
    expect(page.verdict).to_have_text("Right!")


def test_what_is_not_answered_cannot_be_looked_up(open_page: OpenPage) -> None:
    """Neither pointing, walking, going back nor a saved file shows a value that was not answered."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3, bias=False)", "5x5", predict="values")))
    cells, kernel = page.drawn().values("inputs"), page.drawn().values("kernels")
    page.answer(f"{(cells[:3, :3] * kernel).sum():g}")
    assert page.step == 1
    page.press("ArrowLeft")
    assert page.arithmetic()[-1] != "?"  # this one was
    for key in ("o", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.press(key)
        assert page.focus == {"panel": "output", "filter": 0, "row": 0, "column": 0}
    page.point("outputs", 0, 2, 2)
    assert page.focus == {"panel": "output", "filter": 0, "row": 0, "column": 0}
    later = page.evaluate("player.view(5, player.scene.focusAt(5), 1)")
    assert (later["step"], later["hidden"]) == (0, "values")
    page.press("End")
    assert page.arithmetic()[-1] == "?"
    assert {cell.text for cell in list(page.drawn().cells("outputs").values())[1:]} == {"", "?"}


def test_playing_reveals_the_values(open_page: OpenPage) -> None:
    """Who presses play wants to see: the question is over."""
    page = Arithmetic(open_page(address("MaxPool2d(2)", "4x4", predict="values")))
    page.button("toggle").click()
    expect(page.player.locator(".question")).to_have_text("Shown. Change a setting for the next question.")
    page.press("End")
    assert not np.isnan(page.drawn().values("outputs")).any()


def test_a_new_setting_asks_again(open_page: OpenPage) -> None:
    """After an answer another layer is another question, silent as the first."""
    page = Arithmetic(open_page(HIDDEN))
    page.answer(str(ROWS), str(COLUMNS))
    expect(page.counter).not_to_have_text("")
    field = page.page.get_by_role("textbox", name="Type the input's size")
    field.fill("37x45")
    field.press("Enter")
    expect(page.player.locator(".question")).to_have_text("How large will the output be?")
    page.wait()
    expect(page.verdict).to_have_text("")
    assert mentions(page, 19, COLUMNS, 19 * COLUMNS) == []


def test_a_spreading_convolution_asks_in_its_windows(open_page: OpenPage) -> None:
    """A spreading step adds to many outputs at once: values are asked for in the other view, where a step makes one."""
    layer, size = "ConvTranspose2d(1, 1, 3, stride=2)", "4x3"
    page = Arithmetic(open_page(address(layer, size, view="spread", predict="values")))
    expect(page.player.locator(".ask")).to_be_visible()
    assert page.evaluate("player.scene.spread") is False
    page = Arithmetic(open_page(address(layer, size, view="spread", predict="size")))
    page.answer("9", "7")
    expect(page.verdict).to_have_text("Right!")
