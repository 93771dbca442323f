"""GoogLeNet, Inception v3, Inception-ResNet and Xception against their papers and against plain arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from cnnviz.networks.summary import summarize
from cnnviz.networks.zoo import initialisation
from cnnviz.networks.zoo.googlenet import GoogLeNet, Inception
from cnnviz.networks.zoo.inception import Asymmetric, Factorised5x5, InceptionA, InceptionB, InceptionC, InceptionV3
from cnnviz.networks.zoo.inception_resnet import InceptionResNetA
from cnnviz.networks.zoo.xception import SeparableConvolution, Xception, XceptionBlock
from tests.unit.networks.zoo.later_cases import blueprint, pictures, summary, weight_count

if TYPE_CHECKING:
    from collections.abc import Callable

torch.set_num_threads(1)

# Szegedy et al. 2014, table 1: maps of the output, thousands (2^10) of weights, millions of operations.
GOOGLENET = {
    "3a": (256, 159, 128),
    "3b": (480, 380, 304),
    "4a": (512, 364, 73),
    "4b": (512, 437, 88),
    "4c": (512, 463, 100),
    "4d": (528, 580, 119),
    "4e": (832, 840, 170),
    "5a": (832, 1072, 54),
    "5b": (1024, 1388, 71),
}


def plain(in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], **options: int) -> nn.Module:
    """A convolution without bias, normalisation and activation: for counting weights as papers do."""
    options.pop("padding", None)
    return nn.Conv2d(in_channels, out_channels, kernel_size, bias=False, **options)


def spoken(network: nn.Module, stage: str) -> tuple[int, ...]:
    """Shape of what a stage of a network for 299×299 answers."""
    with torch.device("meta"):
        x = torch.empty(1, 3, 299, 299)
        for name, module in network.named_children():
            x = module(x)
            if name == stage:
                break
    return tuple(x.shape[1:])


@pytest.mark.parametrize(("name", "row"), GOOGLENET.items())
def test_modules_of_googlenet_have_the_sizes_of_table_1(name: str, row: tuple[int, int, int]) -> None:
    """Maps exactly, weights and operations as far as the authors rounded and miscounted."""
    maps, kilos, millions = row
    module = blueprint("googlenet_2014").get_submodule(f"inception_{name}")
    weights = sum(each.weight.numel() for each in module.modules() if isinstance(each, nn.Conv2d))
    layers = [each for each in summary("googlenet_2014").layers if each.name.startswith(f"inception_{name}.")]
    assert layers[-1].output_shape[1] == module.out_channels == maps
    assert weights / 1024 == pytest.approx(kilos, rel=0.08)
    assert sum(each.macs for each in layers) / 1e6 == pytest.approx(millions, rel=0.06)


def test_googlenet_of_2014_has_the_size_of_its_copy_in_caffe() -> None:
    """The Model Zoo's bvlc_googlenet: 6,998,552 weights without the heads, 13,378,280 with them."""
    assert weight_count(blueprint("googlenet_2014")) == 6_998_552
    with torch.device("meta"):
        heads = GoogLeNet(third_kernel=5, norm="none", local_response=True, auxiliary=True)
    assert weight_count(heads) == 13_378_280


def test_22_layers_of_googlenet_have_weights() -> None:
    """On the longest way, as section 5 counts: three in the stem, two in each module, one at the end."""
    names = [layer.name for layer in summary("googlenet_2014").layers if layer.macs]
    longest = [each for each in names if each.startswith(("stem", "fc")) or "branch_3x3" in each]
    assert len(longest) == 22


def test_an_inception_module_joins_its_four_branches() -> None:
    """In the order of table 1, each from the same input."""
    torch.manual_seed(0)
    module, x = Inception(5, (4, 3, 6, 2, 7, 3)).eval(), pictures(2, 5, 6, 8)
    with torch.no_grad():
        pooled = module.branch_pool.projection(nn.functional.max_pool2d(x, 3, 1, 1))
        whole = module(x)
    assert whole.shape == (2, 4 + 6 + 7 + 3, 6, 8)
    torch.testing.assert_close(whole[:, :4], module.branch_1x1(x))
    torch.testing.assert_close(whole[:, 10:17], module.branch_5x5.conv(module.branch_5x5.reduce(x)))
    torch.testing.assert_close(whole[:, 17:], pooled)


def test_auxiliary_heads_answer_only_in_training() -> None:
    """Three scores in training, one in prediction."""
    network = GoogLeNet(width=0.25, num_classes=7, auxiliary=True)
    x = pictures(2, 3, 64, 64)
    assert [tuple(each.shape) for each in network(x)] == [(2, 7)] * 3
    assert network.eval()(x).shape == (2, 7)


def test_factorised_kernels_save_what_the_paper_says() -> None:
    """Section 3: two 3×3 cost 18/25 of a 5×5, 28 % less; 1×3 and 3×1 a third less than 3×3; 1×7 and 7×1, 2/7."""
    five, seven, three = (plain(64, 64, size) for size in (5, 7, 3))
    assert weight_count(Factorised5x5(64, 64, unit=plain)) / weight_count(five) == pytest.approx(1 - 0.28)
    assert weight_count(Asymmetric(64, 64, 3, unit=plain)) / weight_count(three) == pytest.approx(2 / 3)
    assert weight_count(Asymmetric(64, 64, 7, unit=plain)) / weight_count(seven) == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    ("module", "size"),
    [(Factorised5x5(2, 2), 5), (Asymmetric(2, 2, 7), 7), (Asymmetric(2, 2, 3, tall_first=True), 3)],
)
def test_factorised_kernels_see_as_much(module: nn.Module, size: int) -> None:
    """The gradient of one output reaches a square of the size that was replaced."""
    x = torch.zeros(1, 2, 15, 15, requires_grad=True)
    for each in module.modules():
        if isinstance(each, nn.Conv2d):
            nn.init.ones_(each.weight)
        if isinstance(each, nn.BatchNorm2d):
            nn.init.ones_(each.bias)  # keeps the activations awake
    module.eval()(x)[0, 0, 7, 7].backward()
    seen = x.grad[0, 0].nonzero()
    low, high = 7 - size // 2, 7 + size // 2
    assert (seen.min(dim=0).values.tolist(), seen.max(dim=0).values.tolist()) == ([low, low], [high, high])
    assert len(seen) == size**2


@pytest.mark.parametrize(
    ("stage", "shape"),
    [
        ("stem", (192, 35, 35)),
        ("inception_a", (288, 35, 35)),
        ("reduction_a", (768, 17, 17)),
        ("inception_b", (768, 17, 17)),
        ("reduction_b", (1280, 8, 8)),
        ("inception_c", (2048, 8, 8)),
    ],
)
def test_stages_of_inception_v3_have_the_sizes_of_table_1(stage: str, shape: tuple[int, ...]) -> None:
    """Szegedy et al. 2015, with the stem of the published weights, which ends in 192 maps."""
    assert spoken(blueprint("inception_v3"), stage) == shape


def test_modules_of_inception_v3_answer_what_they_promise() -> None:
    """`out_channels` is what the next module is built for."""
    for module in (InceptionA(6, 4, 0.1), InceptionB(6, 4, 0.1), InceptionC(6, 0.1)):
        assert module.eval()(pictures(1, 6, 9, 7)).shape == (1, module.out_channels, 9, 7)


def test_inception_resnet_has_the_size_of_its_authors_code() -> None:
    """55,843,464 as in the copies of TensorFlow Slim's code; its stages end in the sizes of figure 15."""
    network = blueprint("inception_resnet_v2")
    assert weight_count(network) == 55_843_464
    assert spoken(network, "inception_resnet_a") == (320, 35, 35)
    assert spoken(network, "inception_resnet_b") == (1088, 17, 17)
    assert spoken(network, "conv") == (1536, 8, 8)


def test_the_scaled_residual_is_added() -> None:
    """X + scale · residual, then ReLU; with scale 0 only the ReLU is left."""
    torch.manual_seed(0)
    block, x = InceptionResNetA(channels=8, scale=0.3).eval(), pictures(2, 8, 5, 6)
    with torch.no_grad():
        residual = block.expansion(block.branches(x))
        torch.testing.assert_close(block(x), torch.relu(x + 0.3 * residual))
        block.scale.factor = 0.0
        assert torch.equal(block(x), torch.relu(x))
    assert residual.std() > 0.1


def test_the_last_block_of_inception_resnet_is_linear() -> None:
    """As in the authors' code: all others end in an activation."""
    *others, last = blueprint("inception_resnet_v2").inception_resnet_c
    assert last.activation is None
    assert all(isinstance(each.activation, nn.ReLU) for each in others)
    assert len(others) == 9


def test_xception_has_the_published_size() -> None:
    """Chollet 2016, table 3: 22,855,952 parameters; figure 5: 728 maps of 19×19, then 2048 of 10×10."""
    network = blueprint("xception")
    assert weight_count(network) == 22_855_952
    assert spoken(network, "entry_flow") == (728, 19, 19)
    assert spoken(network, "middle_flow") == (728, 19, 19)
    assert spoken(network, "exit_flow") == (2048, 10, 10)


def test_a_separable_convolution_is_one_convolution_of_rank_1() -> None:
    """Its two kernels multiplied are the kernel of an ordinary convolution with the same answer."""
    torch.manual_seed(0)
    separable, x = SeparableConvolution(4, 6, norm="none"), pictures(2, 4, 7, 5)
    whole = separable.pointwise.weight * separable.depthwise.weight.permute(1, 0, 2, 3)
    expected = nn.functional.conv2d(x, whole, separable.pointwise.bias, padding=1)
    torch.testing.assert_close(separable(x), expected, rtol=1e-4, atol=1e-5)


def test_shortcuts_of_xception() -> None:
    """Around equal shapes the input itself, at stride 2 a 1×1 convolution."""
    assert XceptionBlock(8, 8, 8).shortcut is None
    assert XceptionBlock(8, 16, 16, stride=2).shortcut.conv.kernel_size == (1, 1)
    assert XceptionBlock(8, 16, 16, stride=2).eval()(pictures(1, 8, 9, 12)).shape == (1, 16, 5, 6)


@pytest.mark.parametrize(
    ("build", "side"),
    [
        (lambda: GoogLeNet(width=0.25, num_classes=5, auxiliary=True), 64),
        (lambda: GoogLeNet(width=0.25, num_classes=5, norm="none", third_kernel=5, local_response=True), 64),
        (lambda: InceptionV3(width=0.1, num_classes=5), 80),
        (lambda: Xception(width=0.1, num_classes=5, middle_blocks=2), 64),
    ],
    ids=["googlenet", "googlenet_2014", "inception_v3", "xception"],
)
def test_gradient_reaches_every_parameter(build: Callable[[], nn.Module], side: int) -> None:
    """Nothing is built that does not take part; drawn from a seed, since a few units alone may all be dead."""
    torch.manual_seed(0)
    network = build()
    answer = network(pictures(4, 3, side, side))
    sum(each.square().sum() for each in (answer if isinstance(answer, tuple) else (answer,))).backward()
    assert [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()] == []


def test_weights_begin_as_the_authors_code_draws_them() -> None:
    """N(0, 0.01²) and N(0, 0.1²) where normalisation follows; Glorot's uniform distribution elsewhere."""
    torch.manual_seed(0)
    narrow = GoogLeNet(width=0.5).inception_5b.branch_3x3.conv.conv.weight
    assert narrow.std().item() == pytest.approx(0.01, rel=0.02)
    assert InceptionV3(width=0.25).fc.weight.std().item() == pytest.approx(0.1, rel=0.02)
    plain_conv = GoogLeNet(width=0.5, norm="none").inception_5b.branch_3x3.conv.conv
    inputs, outputs = plain_conv.in_channels * 9, plain_conv.out_channels * 9
    assert plain_conv.weight.abs().max().item() == pytest.approx((6 / (inputs + outputs)) ** 0.5, rel=0.01)
    assert torch.equal(plain_conv.bias, torch.full_like(plain_conv.bias, 0.2))
    pointwise = Xception(width=0.25, middle_blocks=1).exit_flow.separable2.pointwise.weight
    assert pointwise.std().item() == pytest.approx((2 / (384 + 512)) ** 0.5, rel=0.02)
    block = InceptionResNetA()
    initialisation.glorot(block)
    assert block.expansion.weight.std().item() == pytest.approx((2 / (128 + 320)) ** 0.5, rel=0.02)


def test_a_signal_survives_without_normalisation() -> None:
    """GoogLeNet of 2014 begins with answers that differ between pictures."""
    torch.manual_seed(0)
    network = GoogLeNet(width=0.5, norm="none", third_kernel=5, local_response=True).eval()
    with torch.no_grad():
        first, second = network(pictures(2, 3, 64, 64))
    assert (first - second).abs().max() > 1e-3


@pytest.mark.parametrize("width", [0.25, 1.5])
def test_width_multiplies_the_maps(width: float) -> None:
    """And about its square the parameters, without the classifier and the first layer."""
    with torch.device("meta"):
        wide = GoogLeNet(width=width)
    assert wide.inception_4a.out_channels == 512 * width
    assert wide.fc.in_features == 1024 * width
    found = summarize(wide, (1, 3, 64, 64))
    assert found.failure is None
