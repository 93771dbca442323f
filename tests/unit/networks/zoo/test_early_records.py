"""Records of the early and the residual networks: what the walk over all networks does not see."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.networks import summary, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.records.early import TORCHVISION
from tests.unit.networks.zoo.early_cases import BY_KEY, published, weight_count

if TYPE_CHECKING:
    from cnnviz.networks.zoo import Option, Value

torch.set_num_threads(1)

SMALL = ("simple_cnn", "hierarchical_cnn", "lenet5_1998", "lenet5", "lenet5_bn", "nin_cifar", "resnet20", "plain20")
# One network of each builder, for what is the same for all of them.
BUILDERS = {record.builder: record.key for record in reversed(BY_KEY.values())}
TOLD = [
    (key, each)
    for key, record in BY_KEY.items()
    for each in record.published
    if each.parameters is not None or each.macs is not None
]


@pytest.mark.parametrize("key", BY_KEY)
def test_every_leaf_runs_once(key: str) -> None:
    """No layer is idle, those without parameters neither: a hook sees each of them, once."""
    network, found = published(key)
    leaves = [name for name, module in network.named_modules() if not module._modules]
    assert sorted(layer.name for layer in found.layers) == sorted(leaves)


@pytest.mark.parametrize(("key", "told"), TOLD, ids=lambda value: getattr(value, "source", value))
def test_published_sizes(key: str, told: zoo.Published) -> None:
    """Parameters as papers round them; operations, which they count with or without biases, and other strides."""
    _, found = published(key)
    if told.parameters is not None:
        assert found.parameters == pytest.approx(told.parameters, rel=0.03)
    if told.macs is not None:
        assert found.macs == pytest.approx(told.macs, rel=0.08)


@pytest.mark.parametrize("key", BY_KEY)
def test_numbers_of_torchvision_are_torchvisions(key: str) -> None:
    """Accuracy, parameters and operations, as its weights say; every network that it has is quoted."""
    quoted = [each for each in BY_KEY[key].published if each.source == TORCHVISION]
    shared = not BY_KEY[key].family.startswith("cifar") and key in torchvision().models.list_models()
    assert len(quoted) == shared
    for each in quoted:
        told = torchvision().models.get_model_weights(key).IMAGENET1K_V1.meta
        accuracy = told["_metrics"]["ImageNet-1K"]
        assert (each.top1, each.top5) == (accuracy["acc@1"], accuracy["acc@5"])
        assert (each.parameters, each.macs) == (told["num_params"], pytest.approx(told["_ops"] * 1e9))
        assert weight_count(published(key)[0]) == each.parameters


def extremes(option: Option) -> tuple[Value, ...]:
    """The ends of a range; the last one of some choices."""
    return option.choices[-1:] or (type(option.default)(option.minimum), type(option.default)(option.maximum))


@pytest.mark.parametrize("key", BUILDERS.values())
def test_extreme_options_build_a_network_that_runs(key: str) -> None:
    """The ends of each range, and all last values together with other channels and classes."""
    record = BY_KEY[key]
    settings = [{each.name: end} for each in record.options if not each.choices for end in extremes(each)]
    together = {each.name: extremes(each)[-1] for each in record.options}
    settings.append({**together, "in_channels": 2, "num_classes": 7})
    for chosen in settings:
        side = 28 if chosen.get("padding") == 2 else record.input_shape[1]
        channels, classes = chosen.get("in_channels", record.in_channels), chosen.get("num_classes", record.num_classes)
        found = summary.summarize(zoo.blueprint(key, **chosen), (1, int(channels), side, side))
        assert (found.failure, found.untraced) == (None, ""), chosen
        assert found.layers[-1].output_shape == (1, classes), chosen


def test_options_offer_what_the_builders_have() -> None:
    """The records cannot import the list of activations and norms, so that it stands there twice."""
    for record in BY_KEY.values():
        for option in record.options:
            if option.name == "activation":
                assert option.choices == tuple(parts.ACTIVATIONS)
            if option.name == "norm":
                assert set(option.choices) <= set(parts.NORMS)


@pytest.mark.parametrize("key", BUILDERS.values())
def test_the_defaults_of_a_builder_are_its_networks(key: str) -> None:
    """A notebook that calls the class gets a network of the record; what is not legal is refused by name."""
    record = BY_KEY[key]
    module, function = record.builder.split(":")
    builder = getattr(importlib.import_module(f"cnnviz.networks.zoo.{module}"), function)
    with torch.device("meta"):
        network = builder(**record.arguments)
    assert network.state_dict().keys() == published(key)[0].state_dict().keys()
    named = {each.name for each in record.options if isinstance(each.default, str)}
    for name in named:
        with pytest.raises(ParameterError, match=name), torch.device("meta"):
            builder(**{**record.arguments, name: "wrong"})


@pytest.mark.parametrize("key", SMALL)
def test_gradient_reaches_every_parameter(key: str) -> None:
    """Nothing is built that does not take part."""
    torch.manual_seed(0)
    network = zoo.build(key)
    network(torch.randn(8, *BY_KEY[key].input_shape))[:, 3].sum().backward()
    without = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert without == []


def test_titles_are_told_apart() -> None:
    """In a list with years, no two networks have one name."""
    titles = [(record.title, record.paper.year) for record in BY_KEY.values()]
    assert len(set(titles)) == len(titles) == 33
