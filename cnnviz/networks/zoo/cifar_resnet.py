"""Residual networks for CIFAR-10, and the same networks without their shortcuts.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015, section 4.2: 6n + 2 layers for pictures
of 32×32, to compare plain and residual networks of 20 to 110 layers. A plain network gets worse with more layers,
in training, too (figure 6, left); a residual one gets better.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import ClassVar

from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.batch_norm import ConvNormActivation, normalisation
from cnnviz.networks.zoo.resnet import BasicBlock, Block, PaddedShortcut, Recipe, make_stage

__all__ = ["BasicBlock", "CifarResNet", "PaddedShortcut", "PlainBlock", "PlainNet"]


class PlainBlock(nn.Sequential):
    """The two convolutions of a basic block, without the shortcut around them.

    Args:
        in_channels: maps of the input.
        channels: maps of both convolutions.
        stride: step of the first convolution.
        recipe: what the network's blocks have in common; there is no shortcut to choose.
    """

    expansion: ClassVar[int] = 1

    def __init__(self, in_channels: int, channels: int, stride: int, recipe: Recipe) -> None:
        super().__init__(
            parts.present(
                conv1=recipe.convolution(in_channels, channels, 3, stride),
                norm1=parts.norm(recipe.norm, channels),
                activation1=parts.activation(recipe.activation),
                conv2=recipe.convolution(channels, channels, 3),
                norm2=parts.norm(recipe.norm, channels),
                activation2=parts.activation(recipe.activation),
            )
        )


class CifarResNet(nn.Sequential):
    """A residual network of section 4.2. Stages are named like those for ImageNet; the paper names none.

    Args:
        depth: layers with weights, 6n + 2: 20, 32, 44, 56 and 110 in the paper.
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages: 16, 32 and 64.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
        shortcut: "A" as in the paper, "B" or "C", see `resnet.make_shortcut`.

    Raises:
        ParameterError: for another depth or shortcut.
    """

    def __init__(
        self,
        depth: int = 20,
        in_channels: int = 3,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "batch",
        shortcut: str = "A",
    ) -> None:
        super().__init__(
            _layers(BasicBlock, depth, in_channels, num_classes, width, Recipe(activation, norm, shortcut))
        )
        initialisation.he(self)


class PlainNet(nn.Sequential):
    """The plain twin of `CifarResNet`: the same layers, the same weights, no shortcuts.

    Args:
        depth: layers with weights, 6n + 2.
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all stages: 16, 32 and 64.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.

    Raises:
        ParameterError: for another depth.
    """

    def __init__(
        self,
        depth: int = 20,
        in_channels: int = 3,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        super().__init__(_layers(PlainBlock, depth, in_channels, num_classes, width, Recipe(activation, norm)))
        initialisation.he(self)


def _layers(
    block: Block,
    depth: int,
    in_channels: int,
    num_classes: int,
    width: float,
    recipe: Recipe,
) -> OrderedDict[str, nn.Module]:
    """The table of section 4.2: a 3×3 convolution, n blocks each at 32×32, 16×16 and 8×8, average, linear layer."""
    if depth < 8 or depth % 6 != 2:
        raise ParameterError("depth", depth, "6n + 2: 8, 14, 20, …")
    n, channels = (depth - 2) // 6, round(16 * width)
    return OrderedDict(
        conv1=ConvNormActivation(
            in_channels,
            channels,
            kernel_size=3,
            norm=normalisation(recipe.norm),
            activation=partial(parts.activation, recipe.activation),
        ),
        conv2_x=nn.Sequential(make_stage(block, n, channels, channels, 1, recipe)),
        conv3_x=nn.Sequential(make_stage(block, n, channels, 2 * channels, 2, recipe)),
        conv4_x=nn.Sequential(make_stage(block, n, 2 * channels, 4 * channels, 2, recipe)),
        avgpool=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        fc=nn.Linear(4 * channels, num_classes),
    )
