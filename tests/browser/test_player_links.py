"""The player's three grids are linked: with a real mouse, what a cell of one lights up in the others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnviz.convolution import contents, layer_text
from tests.browser.arithmetic import Arithmetic, Drawn, address, number
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from cnnviz.convolution.arithmetic import Layer
    from tests.browser.conftest import OpenPage

SIZE = (9, 8)
STRIDED = "Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(2, 3))"
LAYERS = {
    "strided": STRIDED,
    "mirrored": 'Conv2d(2, 2, (5, 3), stride=2, padding=(2, 1), padding_mode="reflect")',
}
PRODUCT = re.compile(r"(−?\d+)·\(?(−?\d+)\)?")

Colours = dict[tuple[int, int], str]


class Linked:
    """A page with a layer, and what its axes say."""

    def __init__(self, open_page: OpenPage, text: str, size: tuple[int, int] = SIZE, view: str = "windows") -> None:
        self.layer: Layer = layer_text.read(text)
        self.size = size
        self.rows, self.columns = self.layer.taps(size)
        self.page = Arithmetic(open_page(address(text, f"{size[0]}x{size[1]}", view=view)))
        self.cells = contents.cells("integers", self.layer.in_channels, size, 0)

    def lit(self, drawn: Drawn, kind: str, index: int) -> Colours:
        """The cells of a grid that have the colour of a weight."""
        palette = set(weight_colours(drawn).values())
        return {at: cell.colour for at, cell in drawn.cells(kind, index).items() if cell.colour in palette}

    def through(self, row: int, column: int) -> list[tuple[int, int, int, int]]:
        """What an input cell reaches: (output row, output column, weight row, weight column)."""
        return [
            (int(r), int(c), int(k), int(m))
            for r, k in np.argwhere(self.rows == row)
            for c, m in np.argwhere(self.columns == column)
        ]


def weight_colours(drawn: Drawn) -> Colours:
    """The colour of each weight: the same in all kernels."""
    first, *others = (drawn.cells("kernels", index) for index in range(drawn.panels("kernels")))
    colours = {at: cell.colour for at, cell in first.items()}
    assert len(set(colours.values())) == len(colours)
    assert all({at: cell.colour for at, cell in other.items()} == colours for other in others)
    return colours


def current(drawn: Drawn, kind: str, index: int) -> list[tuple[int, int]]:
    """The framed cells of a grid."""
    return [at for at, cell in drawn.cells(kind, index).items() if cell.current]


def channels_of(layer: Layer, filter_: int) -> range:
    """The input channels that a filter reads."""
    read = layer.in_channels // getattr(layer, "groups", 1)
    group = filter_ // (layer.out_channels // getattr(layer, "groups", 1))
    return range(group * read, (group + 1) * read)


@pytest.mark.parametrize("name", LAYERS)
def test_an_output_lights_its_patch_and_writes_its_sum(open_page: OpenPage, name: str) -> None:
    """Exactly the patch, each cell in its weight's colour, padding too; the products written are the patch's."""
    linked = Linked(open_page, LAYERS[name])
    layer, page = linked.layer, linked.page
    axes = layer.axes(linked.size)
    weights = contents.weights("integers", layer, 0)
    bias = contents.bias("integers", layer, 0)
    assert bias is not None
    last = layer.out_channels - 1
    rows, columns = linked.rows.shape[0], linked.columns.shape[0]
    for filter_, row, column in ((0, 0, 0), (last, 1, 2), (last, rows - 1, columns - 1)):
        drawn = page.point("outputs", filter_, row, column)
        colours = weight_colours(drawn)
        starts = [at * axis.stride - axis.before for at, axis in zip((row, column), axes, strict=True)]
        patch = {
            (starts[0] + k * axes[0].dilation, starts[1] + m * axes[1].dilation): colour
            for (k, m), colour in colours.items()
        }
        read = channels_of(layer, filter_)
        for channel in range(layer.in_channels):
            assert linked.lit(drawn, "inputs", channel) == (patch if channel in read else {}), channel
        assert current(drawn, "outputs", filter_) == [(row, column)]

        sums = []
        written = page.arithmetic()
        products = [PRODUCT.fullmatch(text) for text in written]
        given = [(number(each[1]), number(each[2])) for each in products if each]
        for local, channel in enumerate(read):
            taps = [(r, c) for r in linked.rows[row] for c in linked.columns[column]]
            cells = [0.0 if min(tap) < 0 else linked.cells[channel][tap] for tap in taps]
            expected = list(zip(cells, weights[filter_, local].ravel(), strict=True))
            assert given[local * len(taps) : (local + 1) * len(taps)] == expected
            sums.append(sum(x * w for x, w in expected))
        assert len(given) == len(read) * weights[0, 0].size
        assert [number(text[2:]) for text in written if re.fullmatch(r"= −?\d+", text)] == sums
        assert number(written[-1]) == sum(sums) + bias[filter_]


@pytest.mark.parametrize("name", LAYERS)
def test_an_input_cell_lights_the_outputs_it_reaches(open_page: OpenPage, name: str) -> None:
    """Exactly the outputs whose taps name the cell, in the colours of the weights on the way, and those weights."""
    linked = Linked(open_page, LAYERS[name])
    layer, page = linked.layer, linked.page
    for channel, row, column in ((0, 0, 0), (layer.in_channels - 1, 4, 3), (0, 8, 7), (0, 1, 1)):
        drawn = page.point("inputs", channel, row, column)
        if not drawn.panels("kernels"):
            continue
        colours = weight_colours(drawn)
        through = linked.through(row, column)
        for filter_ in range(layer.out_channels):
            expected: Colours = {}
            if channel in channels_of(layer, filter_):
                expected = {(r, c): colours[k, m] for r, c, k, m in through}
            assert linked.lit(drawn, "outputs", filter_) == expected
        assert (row, column) in current(drawn, "inputs", channel)
        assert {mirrored(linked, at) for at in current(drawn, "inputs", channel)} == {(row, column)}
        if through:
            outputs = {(r, c) for r, c, *_ in through}
            readers = sum(channel in channels_of(layer, each) for each in range(layer.out_channels))
            assert f"({len(outputs) * readers})" in " ".join(page.arithmetic())


def mirrored(linked: Linked, at: tuple[int, int]) -> tuple[int, ...]:
    """The input cell that stands at a position."""
    axes = linked.layer.axes(linked.size)
    return tuple(int(axis.source(np.array(each))) for axis, each in zip(axes, at, strict=True))


@pytest.mark.parametrize("name", LAYERS)
def test_a_weight_lights_what_it_multiplies(open_page: OpenPage, name: str) -> None:
    """Exactly the input cells that some output reads through it, mirrored ones included, and all of its outputs."""
    linked = Linked(open_page, LAYERS[name])
    page = linked.page
    shape = linked.layer.kernel_size
    for row, column in ((0, 0), (shape[0] - 1, 1), (1, shape[1] - 1)):
        drawn = page.point("kernels", 0, row, column)
        colours = weight_colours(drawn)
        lit = linked.lit(drawn, "inputs", 0)
        touched = {(r, c) for r in linked.rows[:, row] for c in linked.columns[:, column] if min(r, c) >= 0}
        assert {mirrored(linked, at) for at in lit} == touched
        assert set(lit.values()) == {colours[row, column]}
        everything = set(np.ndindex(linked.rows.shape[0], linked.columns.shape[0]))
        assert set(linked.lit(drawn, "outputs", 0)) == everything
        assert set(linked.lit(drawn, "outputs", 0).values()) == {colours[row, column]}
        for other in range(1, linked.layer.out_channels):
            assert not linked.lit(drawn, "outputs", other)
        assert re.findall(r"\d+", page.arithmetic()[-1]) == [str(len(everything)), str(len(touched))]


@pytest.mark.parametrize("view", ["spread", "windows"])
def test_a_transposed_convolution_is_linked_the_other_way(open_page: OpenPage, view: str) -> None:
    """In both views an input cell and an output light each other through the weights that the taps name."""
    linked = Linked(open_page, "ConvTranspose2d(1, 2, (3, 2), stride=2, padding=(1, 0), bias=False)", (3, 4), view)
    page = linked.page
    apart = 1 if view == "spread" else 2  # how far the cells of the input are drawn from each other
    for row, column in ((0, 0), (2, 3), (1, 2)):
        drawn = page.point("inputs", 0, row * apart, column * apart)
        colours = colours_by_weight(drawn, view)
        for filter_ in (0, 1):
            expected = {(r, c): colours[k, m] for r, c, k, m in linked.through(row, column)}
            assert linked.lit(drawn, "outputs", filter_) == expected
    for row, column in ((0, 0), (2, 3), (4, 6)):
        drawn = page.point("outputs", 1, row, column)
        colours = colours_by_weight(drawn, view)
        taps = {
            (int(r) * apart, int(c) * apart): colours[k, m]
            for k, r in enumerate(linked.rows[row])
            for m, c in enumerate(linked.columns[column])
            if min(r, c) >= 0
        }
        lit = linked.lit(drawn, "inputs", 0)
        assert {at: colour for at, colour in lit.items() if at in taps} == taps
        others = set(lit) - set(taps)  # inserted zeros
        assert not any(
            r % apart == 0 and c % apart == 0 and 0 <= r < 3 * apart and 0 <= c < 4 * apart for r, c in others
        )
        assert len(lit) == (6 if view == "windows" else len(taps))


def colours_by_weight(drawn: Drawn, view: str) -> Colours:
    """The colour of each weight; where zeros are inserted, the kernel is drawn turned by 180°."""
    colours = weight_colours(drawn)
    rows, columns = max(colours)
    return {(rows - k, columns - m) if view == "windows" else (k, m): colour for (k, m), colour in colours.items()}


def test_a_tap_on_a_touch_screen_pins(open_page: OpenPage) -> None:
    """On a phone a tap looks at a cell until it is tapped again, or until the next step."""
    text = address("Conv2d(1, 1, 3)", "5x5")
    page = Arithmetic(open_page(text, viewport=PHONE, has_touch=True, is_mobile=True))
    cell = {"panel": "input", "channel": 0, "row": 1, "column": 2}
    at = page.place("inputs", 0, 1, 2)
    page.page.touchscreen.tap(*at)
    page.frame()
    assert page.focus == cell
    assert current(page.drawn(), "inputs", 0) == [(1, 2)]
    page.page.touchscreen.tap(*at)
    page.frame()
    assert page.focus["panel"] == "output"
    page.page.touchscreen.tap(*at)
    page.frame()
    assert page.focus == cell
    page.button("next").tap()
    page.frame()
    assert page.focus == {"panel": "output", "filter": 0, "row": 0, "column": 1}


def test_a_click_pins_what_the_mouse_leaves(open_page: OpenPage) -> None:
    """A clicked cell stays lit when the mouse has gone, and playing lets it go."""
    page = Arithmetic(open_page(address("Conv2d(1, 1, 3)", "5x5")))
    x, y = page.place("inputs", 0, 1, 2)
    page.page.mouse.click(x, y)
    page.page.mouse.move(2, 2)
    page.frame()
    assert page.focus == {"panel": "input", "channel": 0, "row": 1, "column": 2}
    page.press("Space")
    assert page.focus["panel"] == "output"
