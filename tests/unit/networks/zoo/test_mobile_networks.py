"""MobileNets and EfficientNets: blocks against plain arithmetic, sizes against the papers' tables."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.scaling import VARIANTS, compound, scaled
from cnnviz.networks.summary import summarize
from cnnviz.networks.zoo.efficientnet import EfficientNet, MBConv, StochasticDepth
from cnnviz.networks.zoo.mobilenet import DepthwiseSeparable, InvertedResidual, MobileNetV1, MobileNetV2
from cnnviz.networks.zoo.records.mobile import DROPOUTS
from tests.unit.networks.zoo.later_cases import blueprint, pictures, torchvision_blueprint, weight_count

torch.set_num_threads(1)


def macs(module: nn.Module, channels: int, side: int) -> int:
    """Multiply-accumulates of a module on square maps."""
    return summarize(module, (1, channels, side, side)).macs


@pytest.mark.parametrize(("channels", "filters"), [(32, 64), (256, 256), (512, 1024)])
def test_a_separable_convolution_costs_the_share_of_equation_5(channels: int, filters: int) -> None:
    """1/N + 1/D² of an ordinary convolution with the same maps (section 3.1)."""
    separable = DepthwiseSeparable(channels, filters)
    ordinary = nn.Conv2d(channels, filters, 3, padding=1)
    share = macs(separable, channels, 14) / macs(ordinary, channels, 14)
    assert share == pytest.approx(1 / filters + 1 / 9)


@pytest.mark.parametrize(
    ("width", "millions", "operations"), [(1.0, 4.2, 569), (0.75, 2.6, 325), (0.5, 1.3, 149), (0.25, 0.5, 41)]
)
def test_width_makes_mobilenet_v1_smaller_as_in_table_6(width: float, millions: float, operations: int) -> None:
    """Parameters in millions and multiply-accumulates in millions, as printed."""
    with torch.device("meta"):
        network = MobileNetV1(width=width)
    found = summarize(network, (1, 3, 224, 224))
    assert round(found.parameters / 1e6, 1) == millions
    assert found.macs / 1e6 == pytest.approx(operations, abs=1)


def test_mobilenet_v1_has_the_size_of_its_copy_in_keras() -> None:
    """4,253,864 there, of which 21,888 are running statistics."""
    assert weight_count(blueprint("mobilenet_v1")) == 4_253_864 - 21_888


@pytest.mark.parametrize(("width", "millions", "operations"), [(1.0, 3.5, 300), (1.4, 6.1, 585)])
def test_mobilenet_v2_costs_what_table_4_says(width: float, millions: float, operations: int) -> None:
    """In operations; its parameters, 3.4 and 6.9 million there, are 3.5 and 6.1 in every copy of the network."""
    with torch.device("meta"):
        network = MobileNetV2(width=width)
    found = summarize(network, (1, 3, 224, 224))
    assert round(found.parameters / 1e6, 1) == millions
    assert found.macs / 1e6 == pytest.approx(operations, rel=0.01)


def test_an_inverted_residual_by_hand() -> None:
    """Wide inside, no activation at the narrow end, and the input is added."""
    torch.manual_seed(0)
    block, x = InvertedResidual(4, 4, expansion=6).eval(), pictures(2, 4, 6, 5)
    wide = torch.clamp(block.expand.norm(block.expand.conv(x)), 0, 6)
    inner = torch.clamp(block.depthwise.norm(block.depthwise.conv(wide)), 0, 6)
    expected = x + block.project.norm(block.project.conv(inner))
    torch.testing.assert_close(block(x), expected)
    assert wide.shape[1] == inner.shape[1] == 24
    assert (block(x) < 0).any()


@pytest.mark.parametrize("block", [InvertedResidual, MBConv])
def test_a_shortcut_needs_equal_shapes(block: type[InvertedResidual] | type[MBConv]) -> None:
    """Not where the block steps, nor where it has other channels in the end."""
    assert block(8, 8).add is not None
    assert block(8, 8, stride=2).add is None
    assert block(8, 16).add is None
    assert block(8, 8, expansion=1).expand is None
    assert block(8, 16, stride=2).eval()(pictures(1, 8, 7, 10)).shape == (1, 16, 4, 5)


def test_mbconv_by_hand() -> None:
    """An inverted residual with a gate behind the depthwise convolution."""
    torch.manual_seed(0)
    block, x = MBConv(8, 8, kernel_size=5).eval(), pictures(2, 8, 6, 5)
    inner = block.depthwise(block.expand(x))
    gate = block.squeeze_excitation
    s = torch.sigmoid(gate.fc2(nn.functional.silu(gate.fc1(inner.mean((2, 3), keepdim=True)))))
    torch.testing.assert_close(block(x), x + block.project.norm(block.project.conv(inner * s)))
    assert gate.fc1.out_channels == 2  # a quarter of the block's input


def test_stochastic_depth_leaves_out_whole_pictures() -> None:
    """About a share p of them; the others grow, so that the mean stays; prediction keeps all."""
    torch.manual_seed(0)
    drop, x = StochasticDepth(0.25), torch.ones(4000, 2, 1, 3)
    y = drop(x)
    kept = y[:, 0, 0, 0] > 0
    assert torch.equal(y, torch.where(kept, 1 / 0.75, 0.0).view(-1, 1, 1, 1).expand_as(x))
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert torch.equal(drop.eval()(x), x)
    assert torch.equal(StochasticDepth(0.0)(x), x)


@pytest.mark.parametrize("name", VARIANTS)
def test_published_efficientnets_are_their_records(name: str) -> None:
    """Width, depth, resolution and dropout of the authors' table; the size by the arithmetic of `scaling`."""
    record, by = zoo.get(f"efficientnet_{name.lower()}"), VARIANTS[name]
    options = {each.name: each.default for each in record.options}
    assert (options.get("width", 1.0), options.get("depth", 1.0)) == (by.width, by.depth)
    assert record.input_shape == (3, by.resolution, by.resolution)
    assert torchvision_blueprint(record.key).classifier[0].p == options["dropout"] == DROPOUTS[name]
    assert weight_count(blueprint(record.key)) == scaled(by).parameters


@pytest.mark.parametrize("phi", [1, 2.5])
def test_phi_scales_depth_and_width_together(phi: float) -> None:
    """Equation 3: α^φ = 1.2^φ times the blocks, rounded up; β^φ = 1.1^φ times the maps, in steps of 8."""
    network = zoo.blueprint("efficientnet_b0", phi=float(phi))
    blocks = [sum(isinstance(each, MBConv) for each in stage) for stage in list(network.children())[1:8]]
    assert blocks == [math.ceil(layers * 1.2**phi) for layers in (1, 2, 2, 3, 3, 4, 1)]
    maps = [stage[-1].project.conv.out_channels for stage in list(network.children())[1:8]]
    for found, channels in zip(maps, (16, 24, 40, 80, 112, 192, 320), strict=True):
        assert found % 8 == 0
        assert 0.9 <= found / (channels * 1.1**phi) <= 1.25
    assert weight_count(network) == scaled(compound(phi)).parameters


def test_the_rule_comes_close_to_the_published_networks() -> None:
    """For each of B1 … B7 there is a φ at which depth, width and resolution are within 12 % of the table."""
    for name, by in VARIANTS.items():
        candidates = [compound(step / 20) for step in range(161)]
        worst = min(
            max(
                abs(math.log(a / b))
                for a, b in ((each.depth, by.depth), (each.width, by.width), (each.resolution, by.resolution))
            )
            for each in candidates
        )
        assert worst < math.log(1.12), name


def test_residuals_are_left_out_more_often_towards_the_end() -> None:
    """From 0 in steps of equal size; the last block has the share that was asked for, less one step."""
    with torch.device("meta"):
        network = EfficientNet(stochastic_depth=0.32)
    blocks = [each for each in network.modules() if isinstance(each, MBConv)]
    assert len(blocks) == 16
    found = {number: each.stochastic_depth.p for number, each in enumerate(blocks) if each.stochastic_depth}
    assert found == {number: pytest.approx(0.02 * number) for number in found}
    assert len(found) == 9


def test_weights_begin_as_the_authors_code_draws_them() -> None:
    """MobileNets: N(0, 0.09²) cut off at two deviations; EfficientNets: N(0, 2 / fan-out), ±1 / √classes."""
    torch.manual_seed(0)
    weight = MobileNetV2(width=0.5).conv2.conv.weight
    assert weight.abs().max().item() <= 0.18
    assert weight.std().item() == pytest.approx(0.09 * 0.8796, rel=0.02)  # of a normal distribution cut off so
    network = EfficientNet(num_classes=100)
    expand, depthwise = network.stage7[1].expand.conv.weight, network.stage7[1].depthwise.conv.weight
    assert expand.std().item() == pytest.approx(math.sqrt(2 / 1152), rel=0.02)
    assert depthwise.std().item() == pytest.approx(math.sqrt(2 / 25), rel=0.02)
    assert network.stage9.fc.weight.abs().max().item() == pytest.approx(0.1, rel=0.01)
    assert not network.stage9.fc.bias.any()


@pytest.mark.parametrize("kind", [MobileNetV1, MobileNetV2, EfficientNet])
def test_gradient_reaches_every_parameter(kind: type[nn.Module]) -> None:
    """Nothing is built that does not take part."""
    torch.manual_seed(0)
    more = {"stochastic_depth": 0.0} if kind is EfficientNet else {}
    network = kind(width=0.25, num_classes=5, **more)
    network(pictures(4, 3, 64, 64)).square().sum().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []


def test_what_cannot_be_built_is_refused() -> None:
    """Names of activations, and φ outside its range."""
    with pytest.raises(ParameterError, match="activation"):
        MobileNetV1(activation="step")
    with pytest.raises(ParameterError, match="phi"):
        EfficientNet(phi=-1.0)
