"""The diagram of a network in a visitor's hands: folding, choosing, searching, and what Python hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from playwright.sync_api import expect

from cnnviz.networks.structure import tree
from cnnviz.networks.summary import summarize
from pages.common import diagram as page_side
from pages.common.cropped import cropped
from pages.common.diagram import Network, Picture, View
from pages.common.language import begin_run
from tests.browser.diagram import FOLDED, draw, mounting, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

REPORTED = 1000  # milliseconds after which a view has been told


@pytest.fixture
def mount(browser: Browser) -> Iterator[Any]:
    """Return a function that mounts the first of some messages; in the page, `mount(i)` gives the others."""
    with mounting(browser) as mount:
        yield mount


@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, {"width": 1280, "height": 480}])
def test_a_view_begins_with_what_is_chosen(mount: Any, size: dict[str, int]) -> None:
    """What the address or a button chooses is on the screen at once, also when the size changes then."""
    begin_run()
    asked = [View(("classifier",), "classifier.fc6", "parameters"), View((), "stage1"), View((), "classifier")]
    messages = [page_side.message([network("vgg16")], None, view, turn) for turn, view in enumerate(asked)]
    diagram = mount(*messages, viewport=size)
    for turn, view in enumerate(asked):
        diagram.page.evaluate(f"mount({turn})")
        for width in (950, 800):
            diagram.page.evaluate(f"document.body.style.width = '{width}px'")
            diagram.page.wait_for_timeout(100)
            expect(diagram.box(view.selected).locator("> .body")).to_be_in_viewport(ratio=0.95)


def test_on_a_phone_a_line_leads_to_the_facts(mount: Any) -> None:
    """The chosen box is told at the lower edge of the diagram; before anything is chosen, nothing is."""
    diagram = draw(mount, "resnet18")
    diagram.page.evaluate("document.body.style.width = '370px'")
    diagram.page.set_viewport_size({"width": 390, "height": 700})
    line = diagram.page.locator(".below")
    expect(line).to_be_hidden()
    diagram.box("conv3_x").click()
    expect(line).to_be_in_viewport(ratio=1)
    expect(line).to_contain_text("128 × 28 × 28")
    line.get_by_role("button").click()
    expect(diagram.page.locator(".facts h4")).to_be_in_viewport()
    diagram.page.evaluate("document.body.style.width = '950px'")
    expect(line).to_be_hidden()


def test_the_chosen_tab_can_be_read_under_the_mouse(mount: Any) -> None:
    """Its words have another colour than its ground."""
    diagram = draw(mount, "resnet18")
    tab = diagram.page.get_by_role("tab", name="Facts")
    tab.hover()
    ink, paper = tab.evaluate("tab => [getComputedStyle(tab).color, getComputedStyle(tab).backgroundColor]")
    assert ink == "rgb(255, 255, 255)" != paper


def test_what_is_opened_is_told_once_and_stays(mount: Any) -> None:
    """Mouse and keys fold and open without a word to Python; a moment later it hears the view, and changes nothing."""
    begin_run()
    pictures = [Picture(cropped(sample, (224, 224)), 224, 224) for sample in ("cat", "astronaut")]
    asked = View(("conv3_x",), "conv3_x", "macs")
    messages = [
        page_side.message([network("resnet18")], picture, view, turn)
        for picture, view, turn in ((None, FOLDED, 0), (pictures[0], FOLDED, 0), (pictures[1], asked, 1))
    ]
    diagram = mount(*messages)
    folded = diagram.shown()
    assert folded == [child.name for child in network("resnet18").root.children]
    diagram.toggle("conv4_x")
    diagram.box("conv4_x.1").focus()
    for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowUp"):
        diagram.page.keyboard.press(key)
    assert diagram.told() == []
    inside = diagram.shown()
    assert inside[inside.index("conv4_x.1") + 1].startswith("conv4_x.1.")
    expect(diagram.page.locator(".box:focus")).to_have_attribute(
        "data-key", f"0:{inside[inside.index('conv4_x.1') + 1]}"
    )
    diagram.page.wait_for_timeout(REPORTED)
    view = {"open": ["conv4_x", "conv4_x.1"], "selected": inside[inside.index("conv4_x.1") + 1], "paint": "kind"}
    assert diagram.told() == [view]
    diagram.page.evaluate("mount(1)")  # as it was, but for the picture
    assert diagram.shown() == inside
    expect(diagram.page.locator(".unit canvas")).to_be_visible()
    diagram.page.evaluate("mount(2)")
    assert diagram.open() == ["conv3_x"]
    diagram.page.wait_for_timeout(REPORTED)
    assert diagram.told() == [view]


def test_who_leaves_at_once_is_told_of_too(mount: Any) -> None:
    """The last view is told when the diagram goes before its moment is over; told once, it is not told again."""
    diagram = draw(mount, "resnet18")
    diagram.toggle("conv4_x")
    assert diagram.told() == []
    diagram.page.evaluate("() => { document.getElementById('root').remove(); unmount(); }")
    assert [view["open"] for view in diagram.told()] == [["conv4_x"]]
    diagram.page.wait_for_timeout(REPORTED)
    assert len(diagram.told()) == 1


def test_a_double_click_opens(mount: Any) -> None:
    """On the box, not on its sign; on an open group it folds again."""
    diagram = draw(mount, "resnet18")
    corner = {"x": 120, "y": 20}
    diagram.box("conv4_x").dblclick(position=corner)
    assert diagram.open() == ["conv4_x"]
    diagram.box("conv4_x").dblclick(position=corner)
    assert diagram.open() == []


def test_fingers_find_the_sign_and_open_by_a_second_tap(mount: Any) -> None:
    """Signs can be hit within 44 pixels; the first tap chooses a group, the second opens it, a third does nothing."""
    diagram = draw(mount, "resnet18", has_touch=True, is_mobile=True)
    reach = diagram.box("conv3_x").locator("> .sign").bounding_box()
    assert reach is not None
    factor = diagram.host.evaluate("({ diagram }) => diagram.factor")
    assert min(reach["width"], reach["height"]) >= 43.5 * factor
    diagram.page.touchscreen.tap(reach["x"] + 4, reach["y"] + reach["height"] - 4)
    assert diagram.open() == ["conv3_x"]
    corner = {"x": 120, "y": 20}
    for opened in (["conv3_x"], ["conv3_x", "conv4_x"], ["conv3_x", "conv4_x"]):
        diagram.box("conv4_x").tap(position=corner)
        assert diagram.open() == opened
        expect(diagram.host).to_have_attribute("data-selected", "0:conv4_x")


def test_a_sign_is_no_small_target(mount: Any) -> None:
    """At least 24 pixels each way for a mouse, of folded and of open groups (WCAG 2.2, 2.5.8)."""
    diagram = draw(mount, "resnet18", view=View(("conv2_x",)))
    for name in ("conv2_x", "conv3_x"):
        reach = diagram.box(name).locator("> .sign").bounding_box()
        assert reach is not None
        assert min(reach["width"], reach["height"]) >= 24
        diagram.page.mouse.click(reach["x"] + 2, reach["y"] + 2)
    assert diagram.open() == ["conv3_x"]


def test_controls_are_called_what_they_show(mount: Any) -> None:
    """Names of buttons are their words (WCAG 2.2, 2.5.3); tabs lead to panels that bear their names."""
    diagram = draw(mount, "resnet18")
    for name in ("Fold all", "One level", "Open all", "Fit", "Facts", "Code"):
        role: Any = "tab" if name in ("Facts", "Code") else "button"
        expect(diagram.page.get_by_role(role, name=name, exact=True)).to_have_text(name)
    for name in ("Code", "Facts"):
        tab = diagram.page.get_by_role("tab", name=name)
        tab.click()
        panel = diagram.page.get_by_role("tabpanel", name=name, exact=True)
        expect(panel).to_be_visible()
        expect(panel).to_have_id(tab.get_attribute("aria-controls") or "")
    expect(diagram.page.get_by_role("tabpanel")).to_have_count(1)


def test_a_container_of_one_says_what_that_is(mount: Any) -> None:
    """Counts on boxes begin at two: no "1 layers"."""
    model = torch.nn.Sequential(
        torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Flatten())
    )
    summary = summarize(model, (1, 3, 8, 8))
    diagram = mount(page_side.message([Network("Net", summary, tree(summary), {})]))
    expect(diagram.box("0")).to_contain_text("Conv2d")
    expect(diagram.box("1")).to_contain_text("2 layers")


def test_left_folds_and_a_run_opens_into_its_blocks(mount: Any) -> None:
    """Equal blocks are one box that says how many; Enter opens it, the left arrow goes out and folds."""
    diagram = draw(mount, "resnet50", view=View(("conv2_x",)))
    run = next(name for name in diagram.shown() if "*" in name)
    expect(diagram.box(run)).to_contain_text(f"{run.partition('*')[2]} × ")
    expect(diagram.box(run).locator(".arc")).to_have_count(1)
    diagram.box(run).focus()
    diagram.page.keyboard.press("Enter")
    first = run.partition("*")[0]
    assert first in diagram.shown()
    diagram.box(first).focus()
    diagram.page.keyboard.press("ArrowLeft")
    diagram.page.keyboard.press("ArrowLeft")
    assert first not in diagram.shown()


def test_searching_opens_the_way(mount: Any) -> None:
    """Every hit can be stepped to; the path to it opens."""
    diagram = draw(mount, "googlenet_2014")
    expected = [layer.name for layer in network("googlenet_2014").summary.layers if "5×5" in layer.label]
    field = diagram.page.get_by_role("searchbox")
    field.fill("5×5 conv")
    for name in expected[:2]:
        field.press("Enter")
        expect(diagram.host).to_have_attribute("data-selected", f"0:{name}")
        expect(diagram.box(name)).to_be_visible()
    expect(diagram.page.locator(".find output")).to_have_text(f"2/{len(expected)}")
