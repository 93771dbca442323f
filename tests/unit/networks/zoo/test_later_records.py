"""Records from GoogLeNet to EfficientNet: their numbers are torchvision's, the papers', and the networks' own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.records.early import TORCHVISION
from tests.unit.networks.zoo.later_cases import RECORDS, SHARED, blueprint, summary, weight_count

if TYPE_CHECKING:
    from cnnviz.networks.zoo import Architecture

torch.set_num_threads(1)

BY_KEY = {record.key: record for record in RECORDS}
BUILDERS = {each.builder: each for each in reversed(RECORDS)}.values()  # one record of each
SMALL = [key for key in BY_KEY if key[-2:] not in ("b1", "b2", "b3", "b4", "b5", "b6", "b7", "69", "01")]


def share(key: str, kernel: str, what: str) -> float:
    """Percent of a network's parameters or operations in convolutions whose label begins with `kernel`."""
    found = summary(key)
    part = sum(getattr(each, what) for each in found.layers if each.label.startswith(kernel))
    return 100 * part / getattr(found, what)


@pytest.mark.parametrize("record", RECORDS, ids=BY_KEY)
def test_numbers_of_torchvision_are_torchvisions(record: Architecture) -> None:
    """Accuracy, parameters and operations, as its weights say."""
    named = [each for each in record.published if each.source == TORCHVISION]
    assert len(named) == (record.key in SHARED)
    for each in named:
        told = torchvision().models.get_model_weights(record.key).IMAGENET1K_V1.meta
        accuracy = told["_metrics"]["ImageNet-1K"]
        assert (each.top1, each.top5) == (accuracy["acc@1"], accuracy["acc@5"])
        assert each.macs == pytest.approx(told["_ops"] * 1e9)
        if each.parameters is not None:
            assert each.parameters == told["num_params"] == weight_count(blueprint(record.key))


@pytest.mark.parametrize("key", SMALL)
def test_published_operations_are_those_of_the_network(key: str) -> None:
    """As far as papers round; Szegedy et al. 2015 printed less for Inception v3 than all copies of it have."""
    for each in BY_KEY[key].published:
        if each.macs is not None:
            assert summary(key).macs == pytest.approx(each.macs, rel=0.2 if key == "inception_v3" else 0.1)


@pytest.mark.parametrize(
    "record", {each.builder: each for each in reversed(RECORDS)}.values(), ids=lambda each: each.key
)
def test_defaults_of_a_builder_are_its_networks(record: Architecture) -> None:
    """A notebook that calls the class gets the network of one of the records."""
    module, name = record.builder.split(":")
    builder = getattr(importlib.import_module(f"cnnviz.networks.zoo.{module}"), name)
    key = {"googlenet_2014": "googlenet"}.get(record.key, record.key)
    with torch.device("meta"):
        network = builder()
    assert network.state_dict().keys() == blueprint(key).state_dict().keys()
    assert weight_count(network) == weight_count(blueprint(key))


@pytest.mark.parametrize("record", RECORDS, ids=BY_KEY)
def test_options_offer_what_the_builders_have(record: Architecture) -> None:
    """The records cannot import the lists of activations and norms."""
    options = {each.name: each for each in record.options}
    assert set(options["activation"].choices) - {"relu6"} == set(parts.ACTIVATIONS)
    if "norm" in options:
        assert set(options["norm"].choices) == set(parts.NORMS)


@pytest.mark.parametrize("record", RECORDS, ids=BY_KEY)
def test_blocks_are_in_the_network(record: Architecture) -> None:
    """The classes that a record names are in its module; all but the optional heads are in the network."""
    module = importlib.import_module(f"cnnviz.networks.zoo.{record.builder.split(':')[0]}")
    used = {type(each) for each in blueprint(record.key).modules()}
    assert all(getattr(module, block) in used for block in record.blocks if block != "AuxiliaryHead")


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
    assert round(share("efficientnet_b0", "1280 → 1000", "parameters"), -1) == 20
    assert {each.out_channels for each in [blueprint("densenet121").dense_block2.layer7.conv2]} == {32}


def test_what_the_novelties_say_is_true() -> None:
    """A ninth of AlexNet's parameters; as many in Xception as in Inception v3."""
    assert round(zoo_count("alexnet_2012") / summary("googlenet_2014").parameters) == 9
    assert summary("xception").parameters == pytest.approx(summary("inception_v3").parameters, rel=0.05)


def zoo_count(key: str) -> int:
    """Parameters of any network."""
    return weight_count(zoo.blueprint(key))
