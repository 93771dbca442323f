"""The two small networks."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from cnnviz.networks import zoo
from tests.unit.networks.zoo.later_cases import published, weight_count

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("key", "channels"), [("simple_cnn", [(1, 32), (32, 64)]), ("hierarchical_cnn", [(3, 64), (64, 128), (128, 256)])]
)
def test_channels(key: str, channels: list[tuple[int, int]]) -> None:
    """1 → 32 → 64, and 3 → 64 → 128 → 256 with batch norm after each."""
    network, _ = published(key)
    found = [(each.in_channels, each.out_channels) for each in network.modules() if isinstance(each, nn.Conv2d)]
    assert found == channels
    norms = sum(isinstance(each, nn.BatchNorm2d) for each in network.modules())
    assert norms == (3 if key == "hierarchical_cnn" else 0)


def test_parameters() -> None:
    """Written out: weights and biases of SimpleCNN; HierarchicalCNN's convolutions have no bias but batch norm."""
    simple = (9 + 1) * 32 + (9 * 32 + 1) * 64 + (64 * 49 + 1) * 128 + (128 + 1) * 10
    hierarchical = 9 * (3 * 64 + 64 * 128 + 128 * 256) + 2 * (64 + 128 + 256) + (256 + 1) * 10
    assert weight_count(zoo.build("simple_cnn")) == simple
    assert weight_count(zoo.build("hierarchical_cnn")) == hierarchical


def test_the_pooling_of_the_classifier_changes_nothing_at_28() -> None:
    """And takes other sizes in."""
    torch.manual_seed(0)
    network = zoo.build("simple_cnn").eval()
    x = torch.randn(2, 64, 7, 7)
    torch.testing.assert_close(network.get_submodule("classifier.avgpool")(x), x)
    assert network(torch.randn(2, 1, 40, 33)).shape == (2, 10)


def test_what_the_lessons_say() -> None:
    """Shares of the parameters and operations."""
    _, simple = published("simple_cnn")
    convolutions = sum(each.parameters for each in simple.layers if each.kind == "Conv2d")
    assert convolutions / simple.parameters == pytest.approx(1 / 20, abs=0.01)
    _, found = published("hierarchical_cnn")
    second, third = (each for each in found.layers if each.name in ("stage2.conv", "stage3.conv"))
    assert (third.parameters, third.macs) == (4 * second.parameters, second.macs)


@pytest.mark.parametrize("key", ["simple_cnn", "hierarchical_cnn"])
def test_initial_weights(key: str) -> None:
    """He's: N(0, 2 / fan-in), biases zero."""
    torch.manual_seed(0)
    network = zoo.build(key)
    weight = network.get_submodule("stage2.conv").get_parameter("weight")
    assert weight.std().item() == pytest.approx(math.sqrt(2 / weight[0].numel()), rel=0.03)
    biases = [each.bias for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    assert not any(each.any() for each in biases if each is not None)


@pytest.mark.parametrize("key", ["simple_cnn", "hierarchical_cnn"])
def test_options(key: str) -> None:
    """Width multiplies maps, norm and dropout come and go, the activation is the chosen one."""
    network = zoo.build(key, width=0.5, norm="group", dropout=0.0, activation="gelu")
    kinds = [type(each) for each in network.modules()]
    assert nn.Dropout not in kinds
    assert nn.ReLU not in kinds
    assert kinds.count(nn.GroupNorm) == len([each for each in kinds if each is nn.Conv2d])
    assert network.get_submodule("stage1.conv").get_parameter("weight").shape[0] == (16 if key == "simple_cnn" else 32)
