"""VGG: the columns of table 1."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.zoo.vgg import VGG
from tests.unit.networks.zoo.later_cases import layer_count, published, weight_count

torch.set_num_threads(1)


@pytest.mark.parametrize(("depth", "millions"), [(11, 133), (13, 133), (16, 138), (19, 144)])
def test_table_2(depth: int, millions: int) -> None:
    """Layers with weights, and millions of parameters as printed."""
    network, _ = published(f"vgg{depth}")
    assert layer_count(network) == depth
    assert round(weight_count(network) / 1e6) == millions


def test_stages_halve_the_side() -> None:
    """224 to 7 in five steps; the pooling before the classifier changes nothing there."""
    _, found = published("vgg19")
    pooled = [each.output_shape[1:] for each in found.layers if each.kind == "MaxPool2d"]
    assert pooled == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    average = next(each for each in found.layers if each.name == "classifier.avgpool")
    assert average.input_shapes[0] == average.output_shape


def test_names_are_those_that_people_quote() -> None:
    """conv4_2 of VGG-19 is the second convolution of the fourth stage."""
    network, _ = published("vgg19")
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    assert names[9] == "stage4.conv4_2.conv"
    assert len([name for name in names if name.startswith("stage4.")]) == 4


def test_batch_norm_has_two_numbers_for_each_map() -> None:
    """And the convolutions keep their biases, as torchvision's do."""
    maps = 2 * 64 + 2 * 128 + 3 * 256 + 3 * 512 + 3 * 512
    assert weight_count(zoo.blueprint("vgg16_bn")) - weight_count(zoo.blueprint("vgg16")) == 2 * maps


def test_initial_weights() -> None:
    """Glorot's: variance 2 / (fan-in + fan-out), evenly; biases zero."""
    torch.manual_seed(0)
    network = zoo.build("vgg11", width=0.25)
    for name, inputs, outputs in (("stage3.conv3_2.conv", 64 * 9, 64 * 9), ("classifier.fc7", 1024, 1024)):
        weight = network.get_submodule(name).get_parameter("weight")
        assert weight.std().item() == pytest.approx(math.sqrt(2 / (inputs + outputs)), rel=0.03)
        assert weight.abs().max().item() == pytest.approx(math.sqrt(6 / (inputs + outputs)), rel=0.01)
    assert not any(each.any() for name, each in network.named_parameters() if name.endswith("bias"))


def test_for_cifar() -> None:
    """The convolutions of VGG-11 with batch normalisation; then a single pixel, and one linear layer."""
    network, found = published("vgg11_cifar")
    convolutions = sum(
        weight_count(module) for name, module in published("vgg11_bn")[0].named_children() if name != "classifier"
    )
    assert weight_count(network) == convolutions + 512 * 10 + 10
    assert next(each for each in found.layers if each.name == "stage5.pool5").output_shape == (1, 512, 1, 1)
    million = weight_count(network) / 1e6
    assert f"{million:.1f} million of {weight_count(published('vgg11')[0]) / 1e6:.1f}" in zoo.get("vgg11_cifar").lesson


def test_other_depths_are_refused() -> None:
    """Table 1 has four."""
    with pytest.raises(ParameterError, match="11, 13, 16, 19"):
        VGG(12)
