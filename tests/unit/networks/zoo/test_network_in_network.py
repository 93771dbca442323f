"""Network in Network: the released models' sizes, and the average as classifier."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.networks import zoo
from tests.unit.networks.zoo.later_cases import layer_count, published, weight_count

torch.set_num_threads(1)


def test_size_of_the_released_model() -> None:
    """The authors' file of 32-bit numbers has 29 MB; 6×6 maps are averaged."""
    network, found = published("nin")
    assert round(4 * weight_count(network) / 2**20) == 29
    sides = [each.output_shape[-1] for each in found.layers if each.name.startswith(("mlpconv1.conv.conv", "pool"))]
    assert sides == [54, 27, 13, 6]


def test_size_for_cifar() -> None:
    """The convolutions of the released definition, written out: 966,986."""
    shapes = [(3, 192, 5), (192, 160, 1), (160, 96, 1), (96, 192, 5), (192, 192, 1), (192, 192, 1)]
    shapes += [(192, 192, 3), (192, 192, 1), (192, 10, 1)]
    network, found = published("nin_cifar")
    assert weight_count(network) == sum(outputs * (inputs * side**2 + 1) for inputs, outputs, side in shapes) == 966_986
    assert next(each for each in found.layers if each.name == "avgpool").input_shapes == ((1, 10, 8, 8),)


@pytest.mark.parametrize(("key", "layers"), [("nin", 12), ("nin_cifar", 9)])
def test_nothing_is_fully_connected(key: str, layers: int) -> None:
    """Three convolutions to a block, two of them 1×1."""
    network, _ = published(key)
    assert layer_count(network) == layers
    assert not any(isinstance(each, nn.Linear) for each in network.modules())
    ones = [each for each in network.modules() if isinstance(each, nn.Conv2d) and each.kernel_size == (1, 1)]
    assert len(ones) == 2 * layers // 3


def test_answers_are_averages() -> None:
    """Of each class's map: section 3.2."""
    torch.manual_seed(0)
    network = zoo.build("nin_cifar").eval()
    kept = []
    network.get_submodule("mlpconv3").register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    answers = network(torch.randn(2, 3, 32, 32))
    torch.testing.assert_close(answers, kept[0].mean((2, 3)))


def test_the_1x1_layers_are_a_perceptron_at_each_pixel() -> None:
    """The same weights as a linear layer, pixel by pixel."""
    torch.manual_seed(0)
    layer = zoo.build("nin_cifar").get_submodule("mlpconv2.cccp1")
    conv, x = layer.get_submodule("conv"), torch.randn(1, 192, 3, 4)
    pixels = x.permute(0, 2, 3, 1).reshape(12, 192)
    weight, bias = conv.get_parameter("weight")[:, :, 0, 0], conv.get_parameter("bias")
    expected = (pixels @ weight.T + bias).relu().reshape(1, 3, 4, 192).permute(0, 3, 1, 2)
    torch.testing.assert_close(layer(x), expected)


def test_initial_weights() -> None:
    """0.05, and 0.01 where the released model has it; biases zero."""
    torch.manual_seed(0)
    network = zoo.build("nin")
    small = ("mlpconv1.conv.conv", "mlpconv3.conv.conv", "mlpconv4.cccp2.conv")
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            assert module.weight.std().item() == pytest.approx(0.01 if name in small else 0.05, rel=0.05)
            assert not module.bias.any()
