"""Every network of the zoo: its record is complete, and it can be built, followed and looked into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError, UnknownNetworkError
from cnnviz.networks import zoo
from cnnviz.networks.facts import Summary
from tests.unit.networks.zoo.later_cases import blueprint, summary

if TYPE_CHECKING:
    from cnnviz.networks.zoo import Architecture, Value

torch.set_num_threads(1)


@pytest.fixture(scope="module", params=zoo.names())
def record(request: pytest.FixtureRequest) -> Architecture:
    """One record."""
    return zoo.get(request.param)


@pytest.fixture(scope="module")
def found(record: Architecture) -> Summary:
    """Its facts."""
    return summary(record.key)


def test_a_record_is_complete(record: Architecture) -> None:
    """Title, paper, novelty and sources are there."""
    assert all((record.title, record.novelty, record.paper.authors, record.paper.title))
    assert 1990 < record.paper.year < 2027
    assert record.paper.link.startswith("https://")
    assert all(each.source and each.data for each in record.published)
    assert all(each.top1 is None or 0 < each.top1 < 100 for each in record.published)


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
    network = blueprint(record.key)
    assert [name for name, module in network.named_modules() if getattr(module, "inplace", False)] == []
    assert [layer.name for layer in found.layers if "#" in layer.name] == []


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
