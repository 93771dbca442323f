"""AlexNet: the sizes of the paper's figure, its normalisation, its initial weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.zoo.alexnet import response_normalisation
from tests.unit.networks.zoo.later_cases import layer_count, published, weight_count

torch.set_num_threads(1)


def test_neurons() -> None:
    """The caption of figure 2 counts them; its number for the first layer, 253,440, is not that of its 55×55×96."""
    _, found = published("alexnet_2012")
    outputs = {each.name: math.prod(each.output_shape) for each in found.layers if each.macs}
    assert list(outputs.values()) == [55 * 55 * 96, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]


def test_order_within_a_layer() -> None:
    """Sections 3.3 and 3.4: activation, normalisation across maps, overlapping pooling; two normalise, three pool."""
    network, _ = published("alexnet_2012")
    kinds = {
        name: [type(each).__name__ for each in child] for name, child in network.named_children() if "conv" in name
    }
    full = ["Conv2d", "ReLU", "LocalResponseNorm", "MaxPool2d"]
    assert kinds == {
        "conv1": full,
        "conv2": full,
        "conv3": ["Conv2d", "ReLU"],
        "conv4": ["Conv2d", "ReLU"],
        "conv5": ["Conv2d", "ReLU", "MaxPool2d"],
    }


def test_response_normalisation_is_that_of_the_paper() -> None:
    """b_i = a_i / (2 + 10⁻⁴ Σ a_j²)^0.75 over the five maps around i."""
    a = 100 * torch.rand((1, 9, 2, 2), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    b = response_normalisation()(a)
    for i in range(9):
        near = a[:, max(0, i - 2) : i + 3]
        expected = a[:, i] / (2 + 1e-4 * near.square().sum(1)) ** 0.75
        torch.testing.assert_close(b[:, i], expected)


def test_groups_keep_the_halves_apart() -> None:
    """The first half of conv2's maps reads only the first half of conv1's; conv3 reads all."""
    network = zoo.build("alexnet_2012", width=0.25)
    for name, channels, reached in (("conv2.conv", 24, 12), ("conv3.conv", 64, 64)):
        inputs = torch.rand((1, channels, 8, 8), requires_grad=True)
        outputs = network.get_submodule(name)(inputs)
        (gradient,) = torch.autograd.grad(outputs[:, : outputs.shape[1] // 2].sum(), inputs)
        assert (gradient.abs().sum((0, 2, 3)) > 0).tolist() == [place < reached for place in range(channels)]


def test_one_group_doubles_the_grouped_convolutions() -> None:
    """Weights of conv2, conv4 and conv5 of figure 2 by hand."""
    more = weight_count(zoo.blueprint("alexnet_2012", groups=1)) - weight_count(zoo.blueprint("alexnet_2012"))
    assert more == 256 * 25 * 48 + 384 * 9 * 192 + 256 * 9 * 192


@pytest.mark.parametrize("key", ["alexnet_2012", "alexnet"])
def test_layers(key: str) -> None:
    """Five convolutions and three fully connected layers; 6×6 maps reach them, so that the pooling changes nothing."""
    network, found = published(key)
    assert layer_count(network) == 8
    flattened = next(each for each in found.layers if each.kind == "Flatten")
    assert flattened.input_shapes == ((1, 256, 6, 6),)
    assert next(each for each in found.layers if each.name == "conv5.pool").output_shape == (1, 256, 6, 6)


@pytest.mark.parametrize("key", ["alexnet_2012", "alexnet"])
def test_initial_weights(key: str) -> None:
    """Section 5: standard deviation 0.01; biases 1 in conv2, conv4, conv5 and the hidden layers."""
    torch.manual_seed(0)
    network = zoo.build(key, width=0.25)
    ones = set()
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.weight.std().item() == pytest.approx(0.01, rel=0.05)
            assert len(module.bias.unique()) == 1
            if module.bias[0] == 1:
                ones.add(name.split(".")[0])
    assert ones == {"conv2", "conv4", "conv5", "fc6", "fc7"}


def test_options() -> None:
    """Without normalisation across maps there is none, without dropout there is none."""
    kinds = {type(each) for each in zoo.blueprint("alexnet_2012", response_norm=False, dropout=0.0).modules()}
    assert not kinds & {nn.LocalResponseNorm, nn.Dropout}
    assert sum(isinstance(each, nn.Dropout) for each in zoo.blueprint("alexnet").modules()) == 2
