"""DenseNet: connections, sizes and layers against the paper and against plain functions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.errors import ParameterError
from cnnviz.networks.summary import summarize
from cnnviz.networks.zoo.densenet import DenseBlock, DenseLayer, DenseNet, Transition
from tests.unit.networks.zoo.later_cases import blueprint, pictures, summary

torch.set_num_threads(1)


@pytest.mark.parametrize("layers", [1, 4, 6])
def test_every_layer_is_connected_with_every_other(layers: int) -> None:
    """L layers have L·(L + 1) / 2 connections among them and with the input (section 3); the block's end reads all."""
    found = summarize(nn.Sequential(nn.Conv2d(3, 8, 1), DenseBlock(layers, 8, 4)), (1, 3, 6, 6))
    joins = [each for each in found.layers if each.kind == "Concatenate"]
    assert sum(len(each.sources) for each in joins[:-1]) == layers * (layers + 1) / 2
    outputs = [each.index for each in found.layers if each.name.endswith("conv2")]
    assert [set(each.sources) for each in joins] == [{0, *outputs[:number]} for number in range(layers + 1)]


def test_a_dense_layer_by_hand() -> None:
    """Normalise, ReLU, 1×1, normalise, ReLU, 3×3, of all maps before it."""
    torch.manual_seed(0)
    layer, maps = DenseLayer(5, growth_rate=3, bottleneck=2), [pictures(2, 2, 4, 6), 3 * pictures(2, 3, 4, 6)]
    x = torch.cat(maps, dim=1)
    for norm, conv, padding in ((layer.norm1, layer.conv1, 0), (layer.norm2, layer.conv2, 1)):
        mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        x = functional.conv2d(torch.relu((x - mean) / (variance + norm.eps).sqrt()), conv.weight, padding=padding)
    torch.testing.assert_close(layer(maps), x, rtol=1e-4, atol=1e-5)
    assert (layer.conv1.out_channels, layer.conv2.out_channels) == (6, 3)


def test_a_block_keeps_what_came_in_and_adds_the_growth_rate() -> None:
    """k0 + L·k maps; the first ones are the input."""
    block, x = DenseBlock(3, 5, growth_rate=4).eval(), pictures(1, 5, 6, 7)
    y = block(x)
    assert y.shape == (1, 5 + 3 * 4, 6, 7)
    assert torch.equal(y[:, :5], x)
    assert block.out_channels == 17


@pytest.mark.parametrize(("depth", "blocks"), [(121, (6, 12, 24, 16)), (169, (6, 12, 32, 32)), (201, (6, 12, 48, 32))])
def test_depths_are_counted_as_in_table_1(depth: int, blocks: tuple[int, ...]) -> None:
    """Layers with weights: two in a dense layer, one in a transition, the first convolution and the classifier."""
    network = blueprint(f"densenet{depth}")
    layers = [each for each in network.modules() if isinstance(each, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth == 2 * sum(blocks) + 3 + 2
    found = [
        sum(isinstance(each, DenseLayer) for each in getattr(network, f"dense_block{n}").children())
        for n in (1, 2, 3, 4)
    ]
    assert tuple(found) == blocks


def test_maps_of_densenet_121() -> None:
    """Section 3, with k = 32 and θ = 0.5: 64, then 256, 512, 1024 and 1024 at the ends of the blocks."""
    ends = {each.name: each.output_shape[1:] for each in summary("densenet121").layers}
    assert ends["stem.pool"] == (64, 56, 56)
    assert ends["dense_block1.concatenate"] == (256, 56, 56)
    assert ends["transition1.pool"] == (128, 28, 28)
    assert ends["dense_block2.concatenate"] == (512, 28, 28)
    assert ends["dense_block3.concatenate"] == (1024, 14, 14)
    assert ends["dense_block4.concatenate"] == (1024, 7, 7)


@pytest.mark.parametrize(("compression", "kept"), [(0.5, 128), (1.0, 256), (0.3, 76)])
def test_a_transition_keeps_a_share_of_the_maps(compression: float, kept: int) -> None:
    """⌊θ·m⌋ of m (section 3)."""
    with torch.device("meta"):
        network = DenseNet(compression=compression)
    assert network.transition1.conv.out_channels == kept


def test_a_transition_halves_the_sides() -> None:
    """By the average of 2×2, behind the 1×1 convolution."""
    transition, x = Transition(4, 2).eval(), pictures(1, 4, 6, 10)
    expected = functional.avg_pool2d(transition.conv(transition.activation(transition.norm(x))), 2)
    torch.testing.assert_close(transition(x), expected)


def test_dropout_stands_behind_each_layer() -> None:
    """As in the paper's training without augmentation; none is there when nothing is left out."""
    with torch.device("meta"):
        with_it, without = DenseNet(dropout=0.2), DenseNet()
    assert sum(isinstance(each, nn.Dropout) and each.p == 0.2 for each in with_it.modules()) == 58
    assert not any(isinstance(each, nn.Dropout) for each in without.modules())
    layer = DenseLayer(2, 50, dropout=0.5)
    assert 0.4 < (layer([pictures(2, 2, 8, 8)]) == 0).float().mean() < 0.6


def test_weights_begin_as_the_paper_says() -> None:
    """Section 4.2: He's distribution, standard deviation √(2 / fan-in)."""
    torch.manual_seed(0)
    layer = DenseNet(growth_rate=16).dense_block4.layer16
    assert layer.conv1.weight.std().item() == pytest.approx(math.sqrt(2 / layer.conv1.in_channels), rel=0.02)
    assert layer.conv2.weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)


def test_gradient_reaches_every_parameter() -> None:
    """Nothing is built that does not take part."""
    torch.manual_seed(0)
    network = DenseNet(growth_rate=4, num_classes=5)
    network(pictures(4, 3, 64, 64)).square().sum().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []


def test_other_depths_are_refused() -> None:
    """With those that there are."""
    with pytest.raises(ParameterError, match="121, 169, 201"):
        DenseNet(depth=100)
