"""Residual networks for ImageNet: the tables of the paper, blocks, shortcuts, strides, groups."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks import summary, zoo
from cnnviz.networks.structure import Group, tree
from cnnviz.networks.zoo.resnet import BasicBlock, Bottleneck, PaddedShortcut, Recipe, ResNet
from tests.unit.networks.zoo.later_cases import last_field, layer_count, published, weight_count

torch.set_num_threads(1)

DEPTHS = (18, 34, 50, 101, 152)


@pytest.mark.parametrize("depth", DEPTHS)
def test_layers_with_weights(depth: int) -> None:
    """As many as the name says."""
    assert layer_count(published(f"resnet{depth}")[0]) == depth


@pytest.mark.parametrize(
    ("depth", "billions", "field"),
    [(18, 1.8, 435), (34, 3.6, 899), (50, 3.8, 483), (101, 7.6, 1027), (152, 11.3, 1507)],
)
def test_operations_of_table_1_and_receptive_fields(depth: int, billions: float, field: int) -> None:
    """The paper's bottlenecks have their stride in the 1×1; to the digits printed, within their rounding.

    So have those of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill,
    2019, whose table has the fields of the last three. A basic block, 18 and 34, has only 3×3 convolutions.
    """
    network = zoo.blueprint(f"resnet{depth}", **({"stride_in_1x1": True} if depth >= 50 else {}))
    found = summary.summarize(network, (1, 3, 224, 224))
    assert found.macs / 1e9 == pytest.approx(billions, abs=0.07)
    assert last_field(found) == field


def test_stages() -> None:
    """Sizes of table 1; every stage has a way past its layers."""
    _, found = published("resnet50")
    stages = {each.name: each for each in tree(found).children if isinstance(each, Group)}
    assert {name: each.output_shape[1:] for name, each in stages.items()} == {
        "conv1": (64, 112, 112),
        "conv2_x": (256, 56, 56),
        "conv3_x": (512, 28, 28),
        "conv4_x": (1024, 14, 14),
        "conv5_x": (2048, 7, 7),
    }
    assert [each.skip for each in stages.values()] == [False, True, True, True, True]


def test_a_batch_of_pictures() -> None:
    """ResNet-101 on (4, 3, 224, 224) gives (4, 1000)."""
    network = zoo.blueprint("resnet101").eval()
    assert network(torch.empty((4, 3, 224, 224), device="meta")).shape == (4, 1000)


def test_shortcuts_have_the_parameters_of_section_3_3() -> None:
    """ResNet-34: A none, B three projections, C one in each of 16 blocks, each with two numbers of a map for BN."""
    counts = {kind: weight_count(zoo.blueprint("resnet34", shortcut=kind)) for kind in "ABC"}
    widening = sum(2 * c * c + 2 * 2 * c for c in (64, 128, 256))
    keeping = sum(blocks * (c * c + 2 * c) for blocks, c in ((3, 64), (3, 128), (5, 256), (2, 512)))
    assert counts["B"] - counts["A"] == widening
    assert counts["C"] - counts["B"] == keeping
    assert counts["B"] == 21_797_672


@pytest.mark.parametrize("kind", ["A", "B", "C"])
def test_where_shortcuts_are(kind: str) -> None:
    """A and B only where the shape changes, in the first block of three stages."""
    network = zoo.blueprint("resnet18", shortcut=kind)
    found = [name for name, _ in network.named_modules() if name.endswith("shortcut")]
    changing = [f"conv{stage}_x.0.shortcut" for stage in (3, 4, 5)]
    assert found == (
        [f"conv{stage}_x.{block}.shortcut" for stage in (2, 3, 4, 5) for block in (0, 1)] if kind == "C" else changing
    )


def test_option_a_takes_every_second_pixel_and_adds_zeros() -> None:
    """Nothing is learned, nothing is lost but pixels."""
    shortcut, x = PaddedShortcut(3, 8, 2), torch.randn(2, 3, 6, 5)
    y = shortcut(x)
    assert y.shape == (2, 8, 3, 3)
    torch.testing.assert_close(y[:, :3], x[:, :, ::2, ::2])
    assert not y[:, 3:].any()
    assert weight_count(shortcut) == 0


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_block_that_learned_zero_passes_its_input_on(block: type[BasicBlock] | type[Bottleneck]) -> None:
    """Equation 1 with F = 0: to do nothing is easy."""
    made = block(8 * block.expansion, 8, 1, Recipe()).eval()
    for name, parameter in made.named_parameters():
        if name.startswith("conv"):
            nn.init.zeros_(parameter)
    x = torch.randn(2, 8 * block.expansion, 5, 5).relu()
    torch.testing.assert_close(made(x), x)


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_a_block_adds_to_its_input(block: type[BasicBlock] | type[Bottleneck]) -> None:
    """Equation 1, F as the block's own layers compute it, and the activation behind the sum."""
    torch.manual_seed(0)
    made = block(8 * block.expansion, 8, 1, Recipe()).eval()
    kept = []
    last = max(name for name, _ in made.named_children() if name.startswith("norm"))
    made.get_submodule(last).register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    x = torch.randn(2, 8 * block.expansion, 5, 5)
    y = made(x)
    torch.testing.assert_close(y, (kept[0] + x).relu())


@pytest.mark.parametrize(("first", "sides"), [(True, (28, 28, 28)), (False, (56, 28, 28))])
def test_where_a_bottleneck_steps(first: bool, sides: tuple[int, ...]) -> None:
    """In its 1×1 convolution, or in its 3×3, which then sees all pixels; the parameters are the same."""
    network = zoo.blueprint("resnet50", stride_in_1x1=first)
    layers = {each.name: each for each in summary.summarize(network, (1, 3, 224, 224)).layers}
    assert tuple(layers[f"conv3_x.0.conv{place}"].output_shape[-1] for place in (1, 2, 3)) == sides
    assert weight_count(network) == 25_557_032


@pytest.mark.parametrize("cardinality", ["1x64d", "2x40d", "4x24d", "8x14d", "32x4d"])
def test_cardinalities_cost_the_same(cardinality: str) -> None:
    """Table 2 of ResNeXt: about 70 thousand weights in the block of conv2_x, whatever the number of paths."""
    network = zoo.blueprint("resnext50_32x4d", cardinality=cardinality)
    groups, width = (int(each.rstrip("d")) for each in cardinality.split("x"))
    block = network.get_submodule("conv2_x.1")
    weights = sum(each.weight.numel() for each in block.modules() if isinstance(each, nn.Conv2d))
    assert weights == groups * (256 * width + 9 * width * width + width * 256)  # equation 4
    assert weights == pytest.approx(70_000, rel=0.03)
    assert weight_count(network) == pytest.approx(25.2e6, rel=0.02)


def test_one_path_of_64_maps_is_resnet_50() -> None:
    """Names and shapes."""
    one = {
        name: value.shape for name, value in zoo.blueprint("resnext50_32x4d", cardinality="1x64d").state_dict().items()
    }
    assert one == {name: value.shape for name, value in published("resnet50")[0].state_dict().items()}


def test_initial_weights() -> None:
    """He's: N(0, 2 / fan-in); normalisation begins as the identity."""
    torch.manual_seed(0)
    network = zoo.build("resnet18", width=0.5)
    for name, inputs in (("conv4_x.1.conv1", 128 * 9), ("conv5_x.0.shortcut.conv", 128), ("fc", 256)):
        weight = network.get_submodule(name).get_parameter("weight")
        assert weight.std().item() == pytest.approx(math.sqrt(2 / inputs), rel=0.03)
    assert all(
        (each.weight == 1).all() and not each.bias.any()
        for each in network.modules()
        if isinstance(each, nn.BatchNorm2d)
    )


def test_without_normalisation_the_convolutions_have_biases() -> None:
    """With it they would be subtracted again."""
    for norm, biased in (("none", True), ("batch", False)):
        convolutions = [each for each in zoo.blueprint("resnet18", norm=norm).modules() if isinstance(each, nn.Conv2d)]
        assert len(convolutions) == 20
        assert all((each.bias is not None) == biased for each in convolutions)


def test_other_depths_and_shortcuts_are_refused() -> None:
    """With what is legal."""
    with pytest.raises(ParameterError, match="18, 34, 50, 101, 152"):
        ResNet(42)
    with pytest.raises(ParameterError, match="A, B, C"):
        ResNet(18, shortcut="D")


def test_basic_blocks_have_no_stride_to_move() -> None:
    """The option is offered where it does something."""
    offered = {key: {option.name for option in zoo.get(key).options} for key in ("resnet34", "resnet50")}
    assert "stride_in_1x1" in offered["resnet50"]
    assert "stride_in_1x1" not in offered["resnet34"]
