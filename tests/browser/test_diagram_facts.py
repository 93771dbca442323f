"""What stands beside the diagram about the box that is chosen: numbers, the pixels that a unit sees, the code."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from playwright.sync_api import expect

from cnnviz.networks import zoo
from pages.common import diagram as page_side
from pages.common.diagram import View
from pages.common.language import begin_run
from tests.browser.diagram import draw, mounting, network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture
def mount(browser: Browser) -> Iterator[Any]:
    """Return a function that mounts the first of some messages; in the page, `mount(i)` gives the others."""
    with mounting(browser) as mount:
        yield mount


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


def test_long_lines_of_code_are_whole(mount: Any) -> None:
    """They go on below: nothing is cut at the right; the code of a class begins with what it does."""
    diagram = draw(mount, "resnet18", view=View(("conv2_x",), "conv2_x.1"), viewport={"width": 1280, "height": 600})
    diagram.page.get_by_role("tab", name="Code").click()
    assert diagram.page.locator(".code").evaluate("code => code.scrollWidth <= code.clientWidth")
    expect(diagram.page.locator(".code .forward")).to_be_in_viewport()
