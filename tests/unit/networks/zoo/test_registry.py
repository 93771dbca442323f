"""Every network of the zoo: its record is complete, and it can be built, followed and looked into."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError, UnknownNetworkError
from cnnviz.networks import zoo
from cnnviz.networks.facts import Summary
from cnnviz.networks.summary import summarize

if TYPE_CHECKING:
    from cnnviz.networks.zoo import Architecture, Value

torch.set_num_threads(1)

COUNTS = {  # the published numbers of parameters
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "vgg11": 132_863_336,
    "vgg16": 138_357_544,
    "alexnet": 61_100_840,
    "googlenet": 6_624_904,
    "densenet121": 7_978_856,
    "resnext50_32x4d": 25_028_904,
    "efficientnet_b0": 5_288_548,
}


def summary(name: str, **options: Value) -> Summary:
    """Facts of a network at the size it was published for."""
    record = zoo.get(name)
    words = len(record.input_shape) == 1
    channels = options.get("in_channels", record.in_channels)
    less = 2 * int(options.get("padding", 0))  # a padded network is for pictures that are smaller by it
    sides = tuple(side - less for side in record.input_shape[1:])
    shape = (1, *record.input_shape) if words else (1, int(channels), *sides)
    return summarize(zoo.blueprint(name, **options), shape, words=words)


@pytest.fixture(scope="module", params=zoo.names())
def record(request: pytest.FixtureRequest) -> Architecture:
    """One record."""
    return zoo.get(request.param)


@pytest.fixture(scope="module")
def found(record: Architecture) -> Summary:
    """Its facts."""
    return summary(record.key)


def test_a_record_is_complete(record: Architecture) -> None:
    """Title, paper, novelty and sources are there; blocks are classes of the builder's module or of its neighbours."""
    assert all((record.title, record.novelty, record.paper.authors, record.paper.title))
    assert 1990 < record.paper.year < 2027
    assert record.paper.link.startswith("https://")
    assert all(each.source and each.data for each in record.published)
    assert all(each.top1 is None or 0 < each.top1 < 100 for each in record.published)
    module = importlib.import_module(f"cnnviz.networks.zoo.{record.builder.split(':')[0]}")
    classes = {type(each).__name__ for each in zoo.blueprint(record.key).modules()}
    for block in record.blocks:
        assert block in classes or hasattr(module, block), block


def test_a_network_runs_through_at_its_published_size(record: Architecture, found: Summary) -> None:
    """Nothing fails, every step is a module, every module with parameters runs, and the answer has all classes."""
    assert (found.failure, found.untraced) == (None, "")
    modules = {name for name, _ in found.modules}
    assert [layer.name for layer in found.layers if layer.name not in modules] == []
    assert found.unused == ()
    assert found.layers[found.outputs[0]].output_shape == (1, record.num_classes)


def test_every_kind_of_layer_is_known(found: Summary) -> None:
    """No layer of ours falls to "other", but for words and randomly dropped paths."""
    others = {layer.kind for layer in found.layers if layer.family == "other"}
    assert others <= {"Embedding"}


def test_nothing_is_in_place_and_no_module_is_used_twice(record: Architecture, found: Summary) -> None:
    """So that every step can be captured, and what was captured stays as it was."""
    network = zoo.blueprint(record.key)
    assert [name for name, module in network.named_modules() if getattr(module, "inplace", False)] == []
    assert [layer.name for layer in found.layers if "#" in layer.name] == []


def test_published_counts(record: Architecture, found: Summary) -> None:
    """What papers print agrees with what is counted, as far as their rounding goes."""
    for each in record.published:
        if each.parameters is not None:
            assert found.parameters == pytest.approx(each.parameters, rel=0.08), each.source


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_parameter_counts_to_the_last_one(name: str, count: int) -> None:
    """The numbers that the references have."""
    assert sum(each.numel() for each in zoo.blueprint(name).parameters()) == count


SMALLEST = {zoo.get(name).builder: name for name in reversed(zoo.names())}  # of each builder the first network


@pytest.mark.parametrize("name", SMALLEST.values())
def test_every_option_can_be_chosen(name: str) -> None:
    """Each other value builds a network that runs through."""
    record = zoo.get(name)
    for option in record.options:
        values = option.choices or (type(option.default)((option.minimum + option.maximum) / 2),)
        value = next((each for each in values if each != option.default), option.default)
        found = summary(record.key, **{option.name: value})
        assert (found.failure, found.untraced) == (None, ""), f"{option.name} = {value}"


def test_resnet_101_names_a_thousand_classes() -> None:
    """(4, 3, 224, 224) -> (4, 1000)."""
    found = summarize(zoo.blueprint("resnet101"), (4, 3, 224, 224))
    assert found.layers[found.outputs[0]].output_shape == (4, 1000)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    """The sentence helps; a long name does not fill the page."""
    with pytest.raises(UnknownNetworkError, match="resnet18"):
        zoo.build("x" * 1000)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"num_classes": 0}, "num_classes"), ({"num_classes": True}, "num_classes"), ({"in_channels": 1e9}, "in_channels"),
     ({"shortcut": "D"}, "shortcut"), ({"nonsense": 1}, "option")],
)  # fmt: skip
def test_options_outside_their_range_are_refused(options: dict[str, Value], name: str) -> None:
    """Before anything is built."""
    with pytest.raises(ParameterError) as refused:
        zoo.build("resnet18", **options)
    assert refused.value.name == name


def test_a_blueprint_is_the_same_network() -> None:
    """Same names and shapes, no numbers."""
    built, blueprint = zoo.build("resnet20"), zoo.blueprint("resnet20")
    shapes = {name: value.shape for name, value in built.state_dict().items()}
    assert {name: value.shape for name, value in blueprint.state_dict().items()} == shapes
    assert all(value.is_meta for value in blueprint.parameters())
    assert isinstance(built, nn.Module)
    assert not any(value.is_meta for value in built.parameters())
