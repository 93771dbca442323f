"""What the page Architectures says and refuses, without a browser."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import signal, zoo
from cnnviz.networks.summary import summarize
from pages.common import site
from pages.common.architecture_settings import OWN_SETTINGS, TABS, architecture_suggestions
from pages.common.charts import short
from pages.common.compare_tab import PAIRS
from pages.common.language import begin_run
from tests.pages.test_every_page import open_app, texts

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

torch.set_num_threads(1)


def architectures(root: Path, language: str = "en", **query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    return open_app(root, site.ARCHITECTURES, language, **query)


@pytest.mark.parametrize("name", ["lenet5_1998", "vgg16", "googlenet", "efficientnet_b0", "text_cnn"])
def test_what_is_counted_stands_below_what_was_published(root: Path, name: str) -> None:
    """Parameters as PyTorch counts them, operations as the summary does; paper and link above."""
    app = architectures(root, net=name)
    assert not app.exception
    assert not app.error
    record = zoo.get(name)
    words = len(record.input_shape) == 1
    network = zoo.blueprint(name)
    found = summarize(network, (1, *record.input_shape), words=words)
    said = texts(app)
    assert f"**{sum(each.numel() for each in network.parameters()):,}** parameters" in said
    assert f"**{short(found.macs)}** multiply-accumulates" in said
    assert record.paper.link in said


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_runs(root: Path, tab: str, language: str) -> None:
    """No tab fails, in either language."""
    app = architectures(root, language, tab=tab, net="resnet20")
    assert not app.exception
    assert not app.error
    assert not app.warning


def test_an_option_changes_the_network(root: Path) -> None:
    """Shortcut A has no parameters: the count falls by those of the projections."""
    app = architectures(root, net="resnet18", options="shortcut-A~num_classes-10")
    network = zoo.blueprint("resnet18", shortcut="A", num_classes=10)
    assert f"**{sum(each.numel() for each in network.parameters()):,}** parameters" in texts(app)
    assert next(box for box in app.selectbox if box.label == "Shortcut").value == "A"


def test_choosing_another_network_forgets_the_options_of_the_last_one(root: Path) -> None:
    """Each starts as it was published."""
    app = architectures(root, net="resnet18", options="shortcut-A", size="64x64")
    next(box for box in app.selectbox if box.label == "Architecture").set_value("vgg11").run()
    assert not app.error
    assert "**132,863,336** parameters" in texts(app)
    assert app.query_params.get("options") is None


@pytest.mark.parametrize(
    "query",
    [
        {"options": "shortcut-Z"},
        {"options": "num_classes-999999999"},
        {"options": "num_classes-x"},
        {"options": "<script>"},
        {"options": "num_classes-1_0"},
        {"options": "unknown-1"},
        {"options": "width-nan"},
        {"size": "224"},
        {"size": "0x5"},
        {"size": "99999x99999"},
        {"view": "a~b"},
        {"view": "<b>~~kind"},
        {"net": "../../etc/passwd"},
        {"tab": "nothing"},
    ],
    ids=str,
)
def test_a_hostile_address_is_one_sentence(root: Path, query: dict[str, str]) -> None:
    """The page goes on with its defaults."""
    app = architectures(root, **query)
    assert not app.exception
    assert not app.error
    assert len(app.warning) == 1
    assert "parameters" in texts(app)


def test_an_input_that_is_too_small_names_the_layer_and_both_shapes(root: Path) -> None:
    """Layers that did run stay on the page, without totals that would be wrong; a size that works is named."""
    app = architectures(root, net="alexnet", size="32x32", tab="layers")
    assert len(app.error) == 1
    assert re.fullmatch(
        r"Layer \S+ cannot be used on an input of 256 × 1 × 1; it needs … × ≥3 × ≥3\. An input of 63 × 63 would do\.",
        app.error[0].value,
    )
    assert len(app.dataframe[0].value) > 5
    assert "multiply-accumulates ·" not in texts(app)
    assert app.dataframe[0].value["macs_share"].isna().all()
    assert not app.get("plotly_chart")
    fits = [summarize(zoo.blueprint("alexnet"), (1, 3, side, side)).failure is None for side in (62, 63)]
    assert fits == [False, True]


def test_the_table_of_layers_adds_up(root: Path) -> None:
    """Parameters and operations of the rows are those of the network."""
    table = architectures(root, net="mobilenet_v2", tab="layers").dataframe[0].value
    network = zoo.blueprint("mobilenet_v2")
    assert table["parameters"].sum() == sum(each.numel() for each in network.parameters())
    assert table["parameters_share"].sum() == pytest.approx(100)
    assert table["macs_share"].sum() == pytest.approx(100)


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_every_pair_can_be_compared(root: Path, left: str, right: str) -> None:
    """The sentence gives the ratios of parameters, operations and memory at the size of the left one's input."""
    app = architectures(root, tab="compare", net=left, other=right)
    assert not app.exception
    assert not app.error
    shape = (1, *zoo.get(left).input_shape)
    one, other = (summarize(zoo.blueprint(name), shape) for name in (left, right))
    said = texts(app)
    assert f"**{other.parameters / one.parameters:.2f}×** the parameters" in said
    assert f"**{other.macs / one.macs:.2f}×** the multiply-accumulates" in said
    assert f"**{other.memory / one.memory:.2f}×** the activation memory" in said
    assert f"Both see {' × '.join(map(str, shape[1:]))}." in said


def test_networks_that_do_not_share_a_size_say_so(root: Path) -> None:
    """LeNet takes 32 × 32 only."""
    said = texts(architectures(root, tab="compare", net="resnet18", other="lenet5"))
    assert f"ResNet-18 sees 3 × 224 × 224, {zoo.get('lenet5').title} 1 × 32 × 32" in said


def test_a_network_that_stops_is_compared_without_its_totals(root: Path) -> None:
    """Ratios to the operations of its first layers would be wrong by hundreds; what stopped it is said instead."""
    app = architectures(root, tab="compare", net="alexnet", other="resnet18", size="32x32")
    assert not app.exception
    assert [each.value.split(" cannot")[0] for each in app.error] == ["Layer conv5.pool"]
    assert "the multiply-accumulates" not in texts(app)


def test_units_of_a_text_network_see_a_text(root: Path) -> None:
    """A sentence is no picture."""
    fields = architectures(root, net="text_cnn", tab="layers").dataframe[0].value["field"]
    assert set(fields) == {"–", "whole text"}


def test_a_lesson_with_numbers_is_for_the_network_as_published(root: Path) -> None:
    """With another growth rate, a dense layer does not add 32 maps."""
    lesson = zoo.get("densenet121").lesson
    assert lesson in texts(architectures(root, net="densenet121"))
    changed = texts(architectures(root, net="densenet121", options="growth_rate-12"))
    assert lesson not in changed
    assert "was reported for the original" in changed


def test_what_runs_in_training_only_is_named(root: Path) -> None:
    """GoogLeNet's two auxiliary heads have parameters that no layer of the table holds."""
    app = architectures(root, net="googlenet", options="auxiliary-True", tab="layers")
    heads = zoo.blueprint("googlenet", auxiliary=True)
    count = sum(each.numel() for name, each in heads.named_parameters() if name.startswith("auxiliary"))
    assert f"{count:,} of them in auxiliary1, auxiliary2" in texts(app)
    assert app.dataframe[0].value["parameters"].sum() + count == sum(each.numel() for each in heads.parameters())


def test_the_vanishing_gradient_is_as_the_suggestion_says() -> None:
    """Sigmoids, 20 layers: the plain network loses most powers of ten, shortcuts lose fewer, batch norm hardly any."""
    networks = [
        signal.Network(activation="sigmoid"),
        signal.Network(residual=True, activation="sigmoid"),
        signal.Network(norm="batch", activation="sigmoid"),
    ]
    found = [signal.measure(network, signal.noise(4)).gradients for network in networks]
    plain, residual, normalised = (math.log10(gradients[-1] / gradients[0]) for gradients in found)
    assert plain > residual + 1
    assert residual > normalised + 1
    assert abs(normalised) < 1


def test_every_suggestion_is_legal_and_keeps_its_promise() -> None:
    """Networks exist, what is open and chosen exists in them, and it can be written into an address and read back."""
    begin_run()
    by_name = {each.name: each for each in OWN_SETTINGS}
    for suggestion in architecture_suggestions():
        for name, value in suggestion.values.items():
            setting = by_name[name]
            assert setting.decode(setting.encode(value)) == value
        network = zoo.blueprint(suggestion.values.get("net", "resnet18"))
        modules = dict(network.named_modules())
        view = suggestion.values.get("view")
        assert view is None or {*view.open, view.selected} <= set(modules)
    largest, *others = sorted(
        (module.weight.numel() for module in zoo.blueprint("vgg16").modules() if hasattr(module, "weight")),
        reverse=True,
    )
    assert largest > sum(others)
