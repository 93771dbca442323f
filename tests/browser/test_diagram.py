"""The diagram of a network in a real browser, mounted on an empty page: nothing of it needs the server."""

from __future__ import annotations

import base64
import io
import itertools
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PIL import Image as Pillow
from playwright.sync_api import expect

from cnnviz.figures import colours
from cnnviz.networks import zoo
from cnnviz.networks.sources import sources
from cnnviz.networks.structure import Group, tree
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

torch.set_num_threads(1)

FOLDER = Path(components).parent / "diagram"
FOLDED = View()
REPORTED = 1000  # milliseconds after which a view has been told
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
LAID = """({ diagram }) => ({
  boxes: diagram.laid.boxes.filter((spot) => !spot.pill).map(({ box, x, y, width, height }) => [box.id, x, y, width, height]),
  lines: diagram.laid.lines.map(({ within, from, to, points }) => [within.id, from.id, to.id, points[0], points.at(-1)]),
})"""  # noqa: E501 - JavaScript


@cache
def network(name: str) -> Network:
    """A network of the zoo at the size that it was published for."""
    record = zoo.get(name)
    model = zoo.blueprint(name)
    summary = summarize(model, (1, *record.input_shape), words=len(record.input_shape) == 1)
    return Network(record.title, summary, tree(summary), sources(model))


def groups(group: Group) -> Iterator[Group]:
    """A group and those inside of it."""
    yield group
    for child in group.children:
        if isinstance(child, Group):
            yield from groups(child)


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


@pytest.fixture
def mount(browser: Browser) -> Iterator[Any]:
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


# ---- layout


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


# ---- folding, choosing, telling


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


# ---- facts


def test_the_arithmetic_is_right(mount: Any) -> None:
    """For every layer and group: what stands before "=" gives the number behind it, and that is PyTorch's."""
    diagram = draw(mount, "resnet18")
    model = zoo.blueprint("resnet18")
    for name, module in model.named_modules():
        if not name or not sum(1 for _ in module.parameters()):
            continue
        diagram.choose(name)
        facts = diagram.facts()
        words, _, number = facts["parameters"].rpartition(" = ")
        count = int(number.split()[0].replace(",", ""))
        assert count == sum(each.numel() for each in module.parameters())
        for line in (facts["parameters"], facts["multiply-accumulates"]):
            words, equals, number = line.rpartition(" = ")
            if equals:
                value = eval(words.replace(",", "").replace("·", "*"))  # noqa: S307 - sums and products
                assert value == int(number.split()[0].replace(",", "")), line


def test_a_single_layer_lends_its_arithmetic(mount: Any) -> None:
    """A group whose numbers are those of one layer inside says how they come about."""
    diagram = draw(mount, "vgg16", view=View((), "stage1.conv1_1"))
    group = diagram.facts()["parameters"]
    layer = next(each for each in network("vgg16").summary.layers if each.name.startswith("stage1.conv1_1."))
    assert group.startswith(f"{layer.parameters_words} = {layer.parameters:,}")


def test_joined_channels_are_summed(mount: Any) -> None:
    """A concatenation says which maps it joins; an addition has nothing to sum."""
    diagram = draw(mount, "googlenet")
    layers = [each for each in network("googlenet").summary.layers if each.family == "merge"]
    diagram.choose(layers[0].name)
    joined = " + ".join(str(shape[1]) for shape in layers[0].input_shapes)
    assert diagram.facts()["output"].startswith(f"{joined} = {layers[0].output_shape[1]},")


def test_long_lines_of_code_are_whole(mount: Any) -> None:
    """They go on below: nothing is cut at the right; the code of a class begins with what it does."""
    diagram = draw(mount, "resnet18", view=View(("conv2_x",), "conv2_x.1"), viewport={"width": 1280, "height": 600})
    diagram.page.get_by_role("tab", name="Code").click()
    assert diagram.page.locator(".code").evaluate("code => code.scrollWidth <= code.clientWidth")
    expect(diagram.page.locator(".code .forward")).to_be_in_viewport()


def test_the_receptive_field_is_where_gradients_are(mount: Any) -> None:
    """The pixels drawn for a unit in the middle and in the corner are those with a gradient."""
    name = "plain20"
    diagram = draw(mount, name, picture=True)
    model = zoo.build(name).eval()
    for each in model.parameters():
        torch.nn.init.constant_(each, 0.01)
    layer = [each for each in network(name).summary.layers if each.family == "convolution"][6]
    x = torch.ones(network(name).summary.input_shape, requires_grad=True)
    outputs = {}
    model.get_submodule(layer.name).register_forward_hook(lambda _, __, output: outputs.update(found=output))
    model(x)
    diagram.choose(layer.name)
    canvas = diagram.page.locator(".unit canvas")
    units = layer.output_shape[2] // 2, layer.output_shape[3] // 2
    for row, column in (units, (0, 0)):
        (gradient,) = torch.autograd.grad(outputs["found"][0, 0, row, column], x, retain_graph=True)
        rows, columns = (gradient[0, 0].any(dim=1 - axis).nonzero().flatten() for axis in (0, 1))
        seen = [int(each) for each in diagram.page.locator(".unit").get_attribute("data-seen").split(",")]
        last = [side - 1 for side in x.shape[2:]]
        inside = [max(seen[0], 0), min(seen[1], last[0]), max(seen[2], 0), min(seen[3], last[1])]
        assert inside == [int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])]
        canvas.focus()
        for key, times in (("ArrowUp", row), ("ArrowLeft", column)):
            for _ in range(times):
                diagram.page.keyboard.press(key)
        diagram.page.wait_for_timeout(50)


def test_the_code_stands_beside_the_block(mount: Any) -> None:
    """The class of the chosen block; of a layer the class around it, with the lines that name it."""
    diagram = draw(mount, "resnet18", view=View(("conv2_x",), "conv2_x.1"))
    diagram.page.get_by_role("tab", name="Code").click()
    shown = diagram.page.locator(".code pre")
    expected = network("resnet18").code["BasicBlock"]
    assert shown.inner_text().replace("\u200b", "").split() == expected.split()
    diagram.choose("conv2_x.1.conv2")
    lines = diagram.page.locator(".code .mention").all_inner_texts()
    assert [line.strip() for line in lines] == [
        line.strip() for line in expected.splitlines() if re.search(r"\bconv2\b", line.partition("#")[0])
    ]


# ---- paint


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


# ---- two networks, files


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


def test_the_code_is_that_of_the_box_on_that_side(mount: Any) -> None:
    """Classes of one name in two networks are not mixed up."""
    begin_run()
    pair = [
        replace(network("resnet18"), code={"BasicBlock": f"class BasicBlock: {side}"}) for side in ("left", "right")
    ]
    diagram = mount(page_side.message(pair))
    diagram.page.get_by_role("tab", name="Code").click()
    for number, side in enumerate(("left", "right")):
        diagram.choose("conv2_x.1.conv2", number)
        expect(diagram.page.locator(".code pre")).to_have_text(f"class BasicBlock: {side}")


def test_the_menu_closes(mount: Any) -> None:
    """By Escape, which gives the focus back, and by a click elsewhere."""
    diagram = draw(mount, "lenet5_1998")
    menu, button = diagram.page.locator(".export"), diagram.page.locator(".export summary")
    button.click()
    expect(menu).to_have_attribute("open", "")
    diagram.page.keyboard.press("Tab")
    diagram.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(button).to_be_focused()
    button.click()
    diagram.page.locator(".legend").click()
    expect(menu).not_to_have_attribute("open", "")


def test_what_the_browser_cannot_do(mount: Any) -> None:
    """A PNG that is too large becomes smaller, or the page says so; without a whole screen there is no button."""
    diagram = draw(mount, "lenet5_1998")
    page = diagram.page
    expect(page.get_by_role("button", name="Whole screen")).to_be_visible()
    page.evaluate(
        """() => {
          const draw = HTMLCanvasElement.prototype.toBlob;
          window.most = 700;
          HTMLCanvasElement.prototype.toBlob = function (done, kind) {
            return Math.max(this.width, this.height) > most ? done(null) : draw.call(this, done, kind);
          };
          Object.defineProperty(document, "fullscreenEnabled", { value: false });
          document.getElementById("root").diagram.destroy();
          delete document.getElementById("root").diagram;
          document.getElementById("root").replaceChildren();
          mount(0);
        }"""
    )
    expect(page.get_by_role("button", name="Fit")).to_be_visible()
    expect(page.get_by_role("button", name="Whole screen")).to_be_hidden()
    page.locator(".export summary").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="PNG").click()
    assert 350 <= max(Pillow.open(io.BytesIO(Path(started.value.path()).read_bytes())).size) <= 700
    page.evaluate("most = 0")
    page.locator(".export summary").click()
    page.get_by_role("button", name="PNG").click()
    expect(page.get_by_role("status").filter(has_text="SVG")).to_be_visible()


def test_what_is_saved_stands_alone(mount: Any) -> None:
    """SVG without the page's variables and with every visible name; PNG of twice the size."""
    diagram = draw(mount, "resnet18")
    files = {}
    for kind in ("SVG", "PNG"):
        diagram.page.locator(".export summary").click()
        with diagram.page.expect_download() as started:
            diagram.page.get_by_role("button", name=kind).click()
        assert started.value.suggested_filename == f"ResNet-18.{kind.lower()}"
        files[kind] = Path(started.value.path()).read_bytes()
    root = ElementTree.fromstring(files["SVG"])  # noqa: S314 - our own file
    assert b"var(" not in files["SVG"]
    written = " ".join(root.itertext())
    assert all(child.name in written for child in network("resnet18").root.children if isinstance(child, Group))
    assert "one small arc each" in written
    size = Pillow.open(io.BytesIO(files["PNG"])).size
    assert size == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))
