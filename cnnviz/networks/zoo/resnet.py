"""Residual networks for ImageNet, with the blocks and shortcuts of the paper, and ResNeXt.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015. A block learns F(x), what to add to
its input, instead of the output itself: y = F(x) + x, eq. 1. To do nothing it has only to learn zero, so that more
layers do no harm (section 3.1).

Xie, Girshick, Dollár, Tu and He, "Aggregated Residual Transformations for Deep Neural Networks", 2016: ResNeXt.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Protocol

from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.batch_norm import ConvNormActivation, normalisation

__all__ = [
    "CARDINALITIES",
    "CONFIGURATIONS",
    "BasicBlock",
    "Block",
    "Bottleneck",
    "PaddedShortcut",
    "ProjectionShortcut",
    "Recipe",
    "ResNet",
    "make_layers",
    "make_shortcut",
    "make_stage",
    "resnext50",
]


@dataclass(frozen=True)
class Recipe:
    """What the blocks of one network have in common.

    Attributes:
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`; without one, the convolutions have a bias.
        shortcut: "A", "B" or "C", see `make_shortcut`.
        stride_in_1x1: a bottleneck steps in its first 1×1 convolution, as in the paper, instead of its 3×3.
        groups: of a bottleneck's 3×3 convolution, ResNeXt's cardinality.
        base_width: maps of a group in the first stage.
        reduction: of the gates that squeeze-and-excitation puts into bottlenecks.
    """

    activation: str = "relu"
    norm: str = "batch"
    shortcut: str = "B"
    stride_in_1x1: bool = False
    groups: int = 1
    base_width: int = 64
    reduction: int = 16

    def convolution(
        self, in_channels: int, channels: int, kernel_size: int, stride: int = 1, groups: int = 1
    ) -> nn.Conv2d:
        """A convolution that keeps the size at stride 1."""
        padding, bias = kernel_size // 2, self.norm == "none"
        return nn.Conv2d(in_channels, channels, kernel_size, stride, padding, groups=groups, bias=bias)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut around them: figure 5, left. Normalisation before activation (section 3.4).

    Args:
        in_channels: maps of the input.
        channels: maps of both convolutions.
        stride: step of the first convolution, and of the shortcut.
        recipe: what the network's blocks have in common.
    """

    expansion: ClassVar[int] = 1

    def __init__(self, in_channels: int, channels: int, stride: int, recipe: Recipe) -> None:
        super().__init__()
        self.conv1 = recipe.convolution(in_channels, channels, 3, stride)
        self.norm1 = parts.norm(recipe.norm, channels)
        self.activation1 = parts.activation(recipe.activation)
        self.conv2 = recipe.convolution(channels, channels, 3)
        self.norm2 = parts.norm(recipe.norm, channels)
        self.shortcut = make_shortcut(in_channels, channels, stride, recipe)
        self.add = parts.Add()
        self.activation2 = parts.activation(recipe.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, in_channels, H, W) to (N, channels, H / stride, W / stride)."""
        residual = parts.through(x, self.conv1, self.norm1, self.activation1, self.conv2, self.norm2)
        identity = x if self.shortcut is None else self.shortcut(x)
        y: Tensor = self.activation2(self.add(residual, identity))
        return y


class Bottleneck(nn.Module):
    """1×1 to fewer maps, 3×3 among them, 1×1 to four times as many: figure 5, right.

    It costs about as much as a basic block with a quarter of its maps. With groups, the 3×3 convolution splits
    into as many parallel paths: ResNeXt's figure 3c.

    Args:
        in_channels: maps of the input.
        channels: maps between the 1×1 convolutions where there are no groups; the output has four times as many.
        stride: step of the block.
        recipe: what the network's blocks have in common.
    """

    expansion: ClassVar[int] = 4

    def __init__(self, in_channels: int, channels: int, stride: int, recipe: Recipe) -> None:
        super().__init__()
        width = channels * recipe.base_width // 64 * recipe.groups
        out_channels = channels * self.expansion
        steps = (stride, 1) if recipe.stride_in_1x1 else (1, stride)
        self.conv1 = recipe.convolution(in_channels, width, 1, steps[0])
        self.norm1 = parts.norm(recipe.norm, width)
        self.activation1 = parts.activation(recipe.activation)
        self.conv2 = recipe.convolution(width, width, 3, steps[1], recipe.groups)
        self.norm2 = parts.norm(recipe.norm, width)
        self.activation2 = parts.activation(recipe.activation)
        self.conv3 = recipe.convolution(width, out_channels, 1)
        self.norm3 = parts.norm(recipe.norm, out_channels)
        self.shortcut = make_shortcut(in_channels, out_channels, stride, recipe)
        self.add = parts.Add()
        self.activation3 = parts.activation(recipe.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, in_channels, H, W) to (N, 4 · channels, H / stride, W / stride)."""
        identity = x if self.shortcut is None else self.shortcut(x)
        y: Tensor = self.activation3(self.add(self.residual(x), identity))
        return y

    def residual(self, x: Tensor) -> Tensor:
        """What is added to the input: F(x) of eq. 1."""
        x = parts.through(x, self.conv1, self.norm1, self.activation1)
        x = parts.through(x, self.conv2, self.norm2, self.activation2)
        return parts.through(x, self.conv3, self.norm3)


class PaddedShortcut(nn.Sequential):
    """Option A: every second pixel, and maps of zeros for those that are missing. No parameters."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if stride > 1:
            layers["subsample"] = nn.AvgPool2d(kernel_size=1, stride=stride)  # a window of one pixel: it is taken
        layers["pad"] = nn.ZeroPad3d((0, 0, 0, 0, 0, out_channels - in_channels))  # last pair: behind the maps
        super().__init__(layers)


class ProjectionShortcut(nn.Sequential):
    """W_s x of eq. 2: a 1×1 convolution makes the shapes equal, normalised like every other."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, recipe: Recipe) -> None:
        conv = recipe.convolution(in_channels, out_channels, 1, stride)
        super().__init__(parts.present(conv=conv, norm=parts.norm(recipe.norm, out_channels)))


def make_shortcut(in_channels: int, out_channels: int, stride: int, recipe: Recipe) -> nn.Module | None:
    """What a block's input passes on its way to the sum; None where it arrives as it is.

    Section 3.3 and table 3 compare: "A", zeros where the shape changes; "B", projections there; "C", projections
    everywhere.

    Raises:
        ParameterError: for another option.
    """
    if recipe.shortcut not in ("A", "B", "C"):
        raise ParameterError("shortcut", recipe.shortcut, "A, B, C")
    if recipe.shortcut != "C" and stride == 1 and in_channels == out_channels:
        return None
    if recipe.shortcut == "A":
        return PaddedShortcut(in_channels, out_channels, stride)
    return ProjectionShortcut(in_channels, out_channels, stride, recipe)


class Block(Protocol):
    """A class of blocks: `expansion` times `channels` maps leave each."""

    expansion: int

    def __call__(self, in_channels: int, channels: int, stride: int, recipe: Recipe) -> nn.Module:
        """Make one."""


# Table 1: blocks of conv2_x … conv5_x, by the number of layers with weights.
CONFIGURATIONS: dict[int, tuple[Block, tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class ResNet(nn.Sequential):
    """A network of table 1, with stages named as there, for 224×224 or any other size.

    Args:
        depth: layers with weights: 18, 34, 50, 101 or 152.
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        shortcut: "A", "B" or "C", see `make_shortcut`.
        stride_in_1x1: a bottleneck steps in its first 1×1 convolution, as in the paper; torchvision's step in the
            3×3, which reads every pixel and costs more.
        groups: of a bottleneck's 3×3 convolution; basic blocks have none.
        base_width: maps of a group in the first stage.

    Raises:
        ParameterError: for another depth or shortcut.
    """

    def __init__(
        self,
        depth: int = 50,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "batch",
        shortcut: str = "B",
        stride_in_1x1: bool = False,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        if depth not in CONFIGURATIONS:
            raise ParameterError("depth", depth, ", ".join(map(str, CONFIGURATIONS)))
        block, blocks = CONFIGURATIONS[depth]
        recipe = Recipe(activation, norm, shortcut, stride_in_1x1, groups, base_width)
        super().__init__(make_layers(block, blocks, in_channels, num_classes, round(64 * width), recipe))
        initialisation.he(self)  # section 3.4


def make_layers(
    block: Block,
    blocks: tuple[int, int, int, int],
    in_channels: int,
    num_classes: int,
    channels: int,
    recipe: Recipe,
) -> OrderedDict[str, nn.Module]:
    """A column of table 1: `blocks` of each stage; `channels` maps leave the first convolution."""
    two, three, four, five = blocks
    e = block.expansion
    return OrderedDict(
        conv1=ConvNormActivation(
            in_channels,
            channels,
            kernel_size=7,
            stride=2,
            norm=normalisation(recipe.norm),
            activation=partial(parts.activation, recipe.activation),
        ),
        # Table 1 counts the pooling to conv2_x.
        conv2_x=parts.chain(
            pool=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            **make_stage(block, two, channels, channels, 1, recipe),
        ),
        conv3_x=nn.Sequential(make_stage(block, three, e * channels, 2 * channels, 2, recipe)),
        conv4_x=nn.Sequential(make_stage(block, four, e * 2 * channels, 4 * channels, 2, recipe)),
        conv5_x=nn.Sequential(make_stage(block, five, e * 4 * channels, 8 * channels, 2, recipe)),
        avgpool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        fc=nn.Linear(e * 8 * channels, num_classes),
    )


def make_stage(
    block: Block, blocks: int, in_channels: int, channels: int, stride: int, recipe: Recipe
) -> OrderedDict[str, nn.Module]:
    """Blocks "0", "1", …: the first one steps and widens, the others keep the shape."""
    made: OrderedDict[str, nn.Module] = OrderedDict()
    made["0"] = block(in_channels, channels, stride, recipe)
    for place in range(1, blocks):
        made[str(place)] = block(channels * block.expansion, channels, 1, recipe)
    return made


# ResNeXt, table 2: (groups, base width) of equal cost, as the paper writes them.
CARDINALITIES = {"1x64d": (1, 64), "2x40d": (2, 40), "4x24d": (4, 24), "8x14d": (8, 14), "32x4d": (32, 4)}


def resnext50(
    in_channels: int = 3,
    num_classes: int = 1000,
    width: float = 1.0,
    activation: str = "relu",
    norm: str = "batch",
    shortcut: str = "B",
    cardinality: str = "32x4d",
) -> ResNet:
    """ResNeXt-50: ResNet-50 with its 3×3 convolutions in groups, and more maps to pay the same (table 1).

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        shortcut: "A", "B" or "C", see `make_shortcut`.
        cardinality: groups × maps of a group in the first stage, a key of `CARDINALITIES`; "1x64d" is ResNet-50.

    Raises:
        ParameterError: for another cardinality or shortcut.
    """
    if cardinality not in CARDINALITIES:
        raise ParameterError("cardinality", cardinality, ", ".join(CARDINALITIES))
    groups, base_width = CARDINALITIES[cardinality]
    return ResNet(50, in_channels, num_classes, width, activation, norm, shortcut, groups=groups, base_width=base_width)
