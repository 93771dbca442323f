"""How the diagram draws a network: its boxes, its lines, its colours, and two networks side by side."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cnnviz.figures import colours
from cnnviz.networks.structure import Group
from pages.common import diagram as page_side
from pages.common.diagram import View
from tests.browser.diagram import draw, mounting, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

LAID = """({ diagram }) => ({
  boxes: diagram.laid.boxes.filter((spot) => !spot.pill).map(({ box, x, y, width, height }) => [box.id, x, y, width, height]),
  lines: diagram.laid.lines.map(({ within, from, to, points }) => [within.id, from.id, to.id, points[0], points.at(-1)]),
})"""  # noqa: E501 - JavaScript


@pytest.fixture
def mount(browser: Browser) -> Iterator[Any]:
    """Return a function that mounts the first of some messages; in the page, `mount(i)` gives the others."""
    with mounting(browser) as mount:
        yield mount


def groups(group: Group) -> Iterator[Group]:
    """A group and those inside of it."""
    yield group
    for child in group.children:
        if isinstance(child, Group):
            yield from groups(child)


@pytest.mark.parametrize("name", ["lenet5_1998", "googlenet", "resnet50", "densenet121", "efficientnet_b0", "text_cnn"])
def test_a_network_is_drawn_whole(mount: Any, name: str) -> None:
    """All open: every layer once, nothing on top of anything else, every path of the tree from box to box."""
    diagram = draw(mount, name)
    diagram.page.get_by_role("button", name="Open all").click()
    laid = diagram.host.evaluate(LAID)
    layers = {layer.name for layer in network(name).summary.layers}
    names = [box[0] for box in laid["boxes"]]
    assert layers <= set(names)
    assert len(names) == len(set(names))
    assert not list(overlapping(laid["boxes"]))
    drawn = {(within, source, target) for within, source, target, *_ in laid["lines"]}
    for group in groups(network(name).root):
        if group.repeats:
            continue  # their links lead to the run as a whole
        inside = [child.name for child in group.children]
        assert {each[1:] for each in drawn if each[0] == group.name} == {
            (inside[source] if source >= 0 else group.name, inside[target] if target >= 0 else group.name)
            for source, target in group.links
        }


def overlapping(boxes: list[list[Any]]) -> Iterator[tuple[str, str]]:
    """Pairs of boxes that share pixels although neither is inside of the other."""
    for one, other in itertools.combinations(boxes, 2):
        (name, x, y, width, height), (second, left, top, wide, high) = one, other
        apart = x + width <= left or left + wide <= x or y + height <= top or top + high <= y
        within = x <= left and y <= top and left + wide <= x + width and top + high <= y + height
        if not apart and not within:
            yield name, second


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_lines_lead_from_box_to_box(mount: Any, name: str) -> None:
    """A line begins at the edge of its source and ends at the edge of its target."""
    diagram = draw(mount, name, view=View((page_side.ALL,)))
    laid = diagram.host.evaluate(LAID)
    places = {box[0]: box[1:] for box in laid["boxes"]}
    for within, source, target, start, end in laid["lines"]:
        if source != within:
            assert at_edge(places[source], start), (within, source)
        if target != within:
            assert at_edge(places[target], end), (within, target)


def at_edge(place: list[float], point: list[float]) -> bool:
    """Whether a point lies on the outline of a box."""
    x, y, width, height = place
    across, down = point[0] - x, point[1] - y
    inside = -0.1 <= across <= width + 0.1 and -0.1 <= down <= height + 0.1
    return inside and min(abs(across), abs(across - width), abs(down), abs(down - height)) < 0.1


@pytest.mark.parametrize(
    ("name", "arcs"),
    [
        ("resnet18", {"conv1": 0, "conv2_x": 2, "conv3_x": 2}),
        ("resnet50", {"conv2_x": 3, "conv4_x": 6, "conv5_x": 3}),
        ("densenet121", {"dense_block1": 6, "dense_block4": 5, "transition1": 0}),
    ],
)
def test_only_a_block_has_a_way_around_it(mount: Any, name: str, arcs: dict[str, int]) -> None:
    """Stages show the shortcuts of their blocks, one small arc each, at most six, right of the box and of its trunk."""
    diagram = draw(mount, name)
    for group, count in arcs.items():
        arc = diagram.box(group).locator("> .arc")
        drawn = [each.get_attribute("d") or "" for each in arc.all()]
        assert sum(path.count("M") for path in drawn) == count
        if count:
            places = [arc.bounding_box(), diagram.box(group).locator("> .body").bounding_box()]
            assert places[0] is not None
            assert places[1] is not None
            assert places[0]["x"] >= places[1]["x"] + places[1]["width"] - 1  # half a stroke of each
            assert places[0]["y"] + places[0]["height"] <= places[1]["y"] + places[1]["height"]
    expect(diagram.page.locator(".legend")).to_contain_text("one small arc each")


def test_a_folded_block_keeps_its_shortcut(mount: Any) -> None:
    """It leads around the block; open, its name stands along it where it leads straight from the input to the sum."""
    diagram = draw(mount, "resnet18", view=View(("conv3_x", "conv3_x.1"), "conv3_x.1"))
    expect(diagram.box("conv3_x.0").locator("> .arc:not(.small)")).to_have_count(1)
    expect(diagram.page.locator(".line-name")).to_have_text(["identity"])


def test_two_networks_stand_side_by_side(mount: Any) -> None:
    """Stages that belong together begin at one height, and differences bear a sign."""
    diagram = draw(mount, "resnet34", "resnet50", view=View(("conv2_x",)))
    for stage in ("conv2_x", "conv3_x", "conv5_x"):
        tops = [diagram.box(stage, number).bounding_box() for number in (0, 1)]
        assert tops[0] is not None
        assert tops[1] is not None
        assert tops[0]["y"] == pytest.approx(tops[1]["y"], abs=1)
        expect(diagram.box(stage, 1).locator("> .mark")).to_have_count(1)
    expect(diagram.box("conv1").locator("> .mark")).to_have_count(0)
    for mark in diagram.page.locator(".box > .mark").all():
        places = [mark.bounding_box(), mark.locator("xpath=..").locator("> .body").bounding_box()]
        assert places[0] is not None
        assert places[1] is not None
        assert places[0]["x"] + places[0]["width"] <= places[1]["x"] + places[1]["width"]  # lines are on that side
    diagram.choose("conv3_x")
    cells = diagram.page.locator(".facts tr").nth(3).locator("td").all_inner_texts()
    for text, name in zip(cells, ("resnet34", "resnet50"), strict=True):
        stage_ = next(child for child in network(name).root.children if child.name == "conv3_x")
        assert f"{stage_.parameters:,}" in text


def test_paint_is_a_scale_from_zero(mount: Any) -> None:
    """Each visible box has the colour of its share of the largest; its letters stand out; the legend says the most."""
    diagram = draw(mount, "vgg16")
    diagram.page.get_by_role("combobox").select_option("parameters")
    children = network("vgg16").root.children
    most = max(child.parameters for child in children)
    palette = colours.sequential()
    for child in children:
        fill = diagram.box(child.name).locator("> .body").get_attribute("fill") or ""
        red, green, blue = (int(level) for level in palette[round(255 * child.parameters / most)])
        assert fill == (f"rgb({red}, {green}, {blue})" if child.parameters else "var(--st-background-color)")
        ink = diagram.box(child.name).locator("text").first.get_attribute("fill")
        if child.parameters:
            assert contrast((red, green, blue), ink or "") >= 4.5
    expect(diagram.page.locator(".legend")).to_contain_text(f"{most:,}")


def contrast(paper: tuple[int, int, int], ink: str) -> float:
    """The ratio of WCAG 2.2."""
    levels = [level / 255 for level in paper]
    bright = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    light = 0.2126 * bright[0] + 0.7152 * bright[1] + 0.0722 * bright[2]
    return (light + 0.05) / 0.05 if ink == "#000" else 1.05 / (light + 0.05)
