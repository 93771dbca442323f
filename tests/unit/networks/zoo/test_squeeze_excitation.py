"""Squeeze-and-excitation: the gate against plain arithmetic, SE-ResNet-50 against the paper's formula."""

from __future__ import annotations

import pytest
import torch

from cnnviz.networks.zoo.resnet import Bottleneck, Recipe
from cnnviz.networks.zoo.squeeze_excitation import SEBottleneck, SEResNet, SqueezeExcitation
from tests.unit.networks.zoo.later_cases import blueprint, pictures, summary, weight_count

torch.set_num_threads(1)


def test_the_gate_by_hand() -> None:
    """Averages, two linear layers with ReLU between, sigmoid, product: equations 2 to 4."""
    torch.manual_seed(0)
    block, x = SqueezeExcitation(6, 2), pictures(3, 6, 4, 5)
    z = x.mean(dim=(2, 3))
    hidden = torch.relu(z @ block.fc1.weight[:, :, 0, 0].T + block.fc1.bias)
    s = 1 / (1 + torch.exp(-(hidden @ block.fc2.weight[:, :, 0, 0].T + block.fc2.bias)))
    torch.testing.assert_close(block(x), x * s[:, :, None, None])


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_gate_is_between_0_and_1(scale: float) -> None:
    """Whatever comes in; so no value grows, and none changes its sign."""
    torch.manual_seed(0)
    block, x = SqueezeExcitation(16, 4), scale * (pictures(5, 16, 3, 3) + 0.5)
    gates = []
    block.gate.register_forward_hook(lambda _, __, output: gates.append(output))
    y = block(x)
    assert gates[0].shape == (5, 16, 1, 1)
    assert gates[0].min() >= 0
    assert gates[0].max() <= 1
    assert gates[0].std(dim=1).min() > 0  # channels are told apart
    assert (y.abs() <= x.abs()).all()
    assert (y * x >= 0).all()


def test_an_open_gate_leaves_the_bottleneck_of_resnet() -> None:
    """With a gate of 1 everywhere, the block answers what the same block without a gate answers."""
    torch.manual_seed(0)
    gated, plain = (kind(8, 4, 2, Recipe(stride_in_1x1=True)).eval() for kind in (SEBottleneck, Bottleneck))
    plain.load_state_dict({name: value for name, value in gated.state_dict().items() if "squeeze" not in name})
    x = pictures(2, 8, 6, 6)
    assert not torch.allclose(gated(x), plain(x))
    torch.nn.init.constant_(gated.squeeze_excitation.fc2.bias, 100.0)
    torch.testing.assert_close(gated(x), plain(x))


def test_the_gates_have_as_many_weights_as_section_4_says() -> None:
    """2/r · Σ N·C² over the stages, without biases; ResNet-50 has the rest."""
    stages = ((3, 256), (4, 512), (6, 1024), (3, 2048))
    for r in (16, 8):
        weights = 2 * sum(count * channels**2 for count, channels in stages) // r
        biases = sum(count * (channels + channels // r) for count, channels in stages)
        with torch.device("meta"):
            network = SEResNet(reduction=r)
        assert weight_count(network) == 25_557_032 + weights + biases
    assert weight_count(blueprint("se_resnet50")) == 28_088_024


def test_gates_cost_hardly_any_operations() -> None:
    """Table 2: 3.87 billion with them, 3.86 without."""
    found = summary("se_resnet50")
    gates = [each for each in found.layers if ".squeeze_excitation." in each.name]
    assert round(found.macs / 1e9, 2) == pytest.approx(3.87, abs=0.015)
    assert sum(each.macs for each in gates) < found.macs / 1000
    assert round(100 * sum(each.parameters for each in gates) / found.parameters) == 9


def test_gradient_reaches_every_parameter() -> None:
    """Gates learn, too."""
    torch.manual_seed(0)
    network = SEResNet(width=0.25, num_classes=5)
    network(pictures(4, 3, 64, 64)).square().sum().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []
