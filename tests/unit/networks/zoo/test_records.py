"""Records of all networks: their numbers are torchvision's, the papers', and the networks' own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.records.early import TORCHVISION
from tests.unit.networks.zoo.later_cases import BUILDERS, RECORDS, blueprint, last_field, summary, weight_count

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from cnnviz.networks.zoo import Architecture, Option, Value

torch.set_num_threads(1)

SMALL = ("simple_cnn", "hierarchical_cnn", "lenet5_1998", "lenet5", "lenet5_bn", "nin_cifar", "resnet20", "plain20")
FIRST = [pytest.param(each, id=each.key) for each in BUILDERS.values()]
# Szegedy et al. 2015 printed less for Inception v3 than all copies of it have; torchvision counts its auxiliary head.
ROUGHLY = {"inception_v3": (0.2, 0.2)}


def builder(record: Architecture) -> Callable[..., nn.Module]:
    """The class or function that a record names."""
    module, name = record.builder.split(":")
    found: Callable[..., nn.Module] = getattr(importlib.import_module(f"cnnviz.networks.zoo.{module}"), name)
    return found


def share(key: str, kernel: str, what: str) -> float:
    """Percent of a network's parameters or operations in convolutions whose label begins with `kernel`."""
    found = summary(key)
    part = sum(getattr(each, what) for each in found.layers if each.label.startswith(kernel))
    return 100 * part / getattr(found, what)


@pytest.mark.parametrize("key", zoo.names())
def test_published_sizes(key: str) -> None:
    """Parameters as papers round them; operations, which they count with or without biases, and other strides."""
    of_parameters, of_macs = ROUGHLY.get(key, (0.04, 0.1))
    for told in zoo.get(key).published:
        if told.parameters is not None:
            assert weight_count(blueprint(key)) == pytest.approx(told.parameters, rel=of_parameters), told.source
        if told.macs is not None:
            assert summary(key).macs == pytest.approx(told.macs, rel=of_macs), told.source


@pytest.mark.parametrize("record", RECORDS, ids=zoo.names())
def test_numbers_of_torchvision_are_torchvisions(record: Architecture) -> None:
    """Accuracy, parameters and operations, as its weights say; every network that it has is quoted."""
    quoted = [each for each in record.published if each.source == TORCHVISION]
    shared = not record.family.startswith("cifar") and record.key in torchvision().models.list_models()
    assert len(quoted) == shared
    for each in quoted:
        told = torchvision().models.get_model_weights(record.key).IMAGENET1K_V1.meta
        accuracy = told["_metrics"]["ImageNet-1K"]
        assert (each.top1, each.top5) == (accuracy["acc@1"], accuracy["acc@5"])
        assert each.macs == pytest.approx(told["_ops"] * 1e9)
        if each.parameters is not None:
            assert each.parameters == told["num_params"] == weight_count(blueprint(record.key))


def lowest(option: Option) -> Value:
    """The lower end of a range; of some choices the first that is not the default."""
    others = [each for each in option.choices if each != option.default]
    return others[0] if others else type(option.default)(option.minimum)


def highest(option: Option) -> Value:
    """The upper end of a range; of some choices the last one."""
    return option.choices[-1] if option.choices else type(option.default)(option.maximum)


@pytest.mark.parametrize("record", FIRST)
@pytest.mark.parametrize("end", [lowest, highest])
def test_extreme_options_build_a_network_that_runs(record: Architecture, end: Callable[[Option], Value]) -> None:
    """All options at one end together, with other channels and classes; the number of blocks at its lower end."""
    chosen = {each.name: (lowest if "blocks" in each.name else end)(each) for each in record.options}
    network = zoo.blueprint(record.key, **chosen, in_channels=9, num_classes=7)
    less = 2 * int(chosen.get("padding", 0))  # a padded network is for pictures that are smaller by it
    found = summarize(
        network, (1, 9, *(side - less for side in record.input_shape[1:])), words=record.key == "text_cnn"
    )
    assert (found.failure, found.untraced) == (None, ""), chosen
    assert found.layers[found.outputs[0]].output_shape == (1, 7), chosen


@pytest.mark.parametrize("record", RECORDS, ids=zoo.names())
def test_options_offer_what_the_builders_have(record: Architecture) -> None:
    """The records cannot import the lists of activations and norms, so that they stand there twice."""
    options = {each.name: set(each.choices) - {"relu6"} for each in record.options}
    assert options.get("activation", set(parts.ACTIVATIONS)) == set(parts.ACTIVATIONS)
    assert options.get("norm", set(parts.NORMS)) | {"group"} == set(parts.NORMS)  # LeNet's 6 maps make no groups


@pytest.mark.parametrize("record", FIRST)
def test_the_defaults_of_a_builder_are_its_networks(record: Architecture) -> None:
    """A notebook that calls the class gets a network of the record; what is not legal is refused by name."""
    with torch.device("meta"):
        network = builder(record)(**record.arguments)
    key = {"googlenet_2014": "googlenet"}.get(record.key, record.key)
    shapes = [{name: each.shape for name, each in made.state_dict().items()} for made in (network, blueprint(key))]
    assert shapes[0] == shapes[1]
    for name in (each.name for each in record.options if isinstance(each.default, str)):
        with pytest.raises(ParameterError, match=name), torch.device("meta"):
            builder(record)(**{**record.arguments, name: "wrong"})


@pytest.mark.parametrize("record", RECORDS, ids=zoo.names())
def test_blocks_are_in_the_network(record: Architecture) -> None:
    """All classes that a record names, but for heads, which are an option."""
    module = importlib.import_module(builder(record).__module__)
    used = {type(each).__name__ for each in blueprint(record.key).modules()}
    optional = {"AuxiliaryHead"}
    assert {block for block in record.blocks if block not in optional} <= used
    assert all(hasattr(module, block) for block in optional.intersection(record.blocks))


@pytest.mark.parametrize(
    ("key", "field"),
    [("alexnet", 195), ("vgg16", 212), ("mobilenet_v1", 315), ("inception_v3", 1311), ("inception_resnet_v2", 3039)],
)
def test_receptive_fields_of_the_literature(key: str, field: int) -> None:
    """Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill, 2019, table.

    In pixels, of the last maps before the average or the first linear layer; VGG-16's includes its last pooling.
    """
    assert last_field(summary(key)) == field


@pytest.mark.parametrize("key", SMALL)
def test_gradient_reaches_every_parameter(key: str) -> None:
    """Nothing is built that does not take part."""
    torch.manual_seed(0)
    network = zoo.build(key)
    network(torch.randn(8, *zoo.get(key).input_shape))[:, 3].sum().backward()
    without = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert without == []


def test_titles_are_told_apart() -> None:
    """In a list with years, no two networks have one name."""
    titles = [(record.title, record.paper.year) for record in RECORDS]
    assert len(set(titles)) == len(titles)


def test_what_the_lessons_say_is_true() -> None:
    """Every number in the sentences, counted."""
    reduced = blueprint("googlenet").inception_3a
    assert [each.reduce.conv.in_channels for each in (reduced.branch_3x3, reduced.branch_5x5)] == [192, 192]
    assert [each.reduce.conv.out_channels for each in (reduced.branch_3x3, reduced.branch_5x5)] == [96, 16]
    ratio = summary("googlenet_2014").parameters / summary("googlenet").parameters
    assert round(100 * (ratio - 1)) == 6
    assert pytest.approx(share("inception_resnet_v2", "1×1", "parameters"), abs=2) == 100 * 2 / 3
    assert 90 < share("xception", "1×1", "macs") < 95
    assert share("xception", "3×3 depthwise", "macs") < 2
    assert round(share("mobilenet_v1", "1×1", "macs")) == 95
    assert round(share("mobilenet_v1", "3×3 depthwise", "macs")) == 3
    assert {each.out_channels for each in [blueprint("densenet121").dense_block2.layer7.conv2]} == {32}


def test_what_the_novelties_say_is_true() -> None:
    """A ninth of AlexNet's parameters; as many in Xception as in Inception v3; what the depth of a ResNet costs."""
    assert round(weight_count(blueprint("alexnet_2012")) / summary("googlenet_2014").parameters) == 9
    assert summary("xception").parameters == pytest.approx(summary("inception_v3").parameters, rel=0.05)
    macs = {depth: summary(f"resnet{depth}").macs for depth in (34, 50, 101, 152)}
    assert macs[50] / macs[34] < 1.15
    assert macs[101] / macs[50] == pytest.approx(2, abs=0.1)
    assert macs[152] < summary("vgg16").macs
    blocks = {depth: len(blueprint(f"resnet{depth}").conv4_x) for depth in (50, 101)}
    assert blocks[101] - blocks[50] == 17
