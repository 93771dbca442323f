"""Xception, "extreme Inception": Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2016.

arXiv:1610.02357. An Inception module splits the channels among a few branches; in the extreme, every channel has a
branch of its own (§1.1, figure 4). That is a depthwise separable convolution: space first, channels after it. The
network is a stack of these with residual connections.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn

from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.googlenet import scaled
from cnnviz.networks.zoo.parts import Add, chain

__all__ = ["SeparableConvolution", "Xception", "XceptionBlock"]


class SeparableConvolution(nn.Sequential):
    """A 3×3 convolution of each channel by itself, then 1×1 across them; nothing in between (§4.7, figure 10).

    Args:
        in_channels: of the input.
        out_channels: of the output.
        norm: one of `parts.NORMS`; it follows the 1×1 convolution.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: str = "batch") -> None:
        super().__init__(
            parts.present(
                depthwise=nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
                pointwise=nn.Conv2d(in_channels, out_channels, 1, bias=norm == "none"),
                norm=parts.norm(norm, out_channels),
            )
        )


class XceptionBlock(nn.Module):
    """Separable convolutions, each behind an activation, with a shortcut around all of them (figure 5).

    Args:
        channels: of the input and of each separable convolution's output.
        stride: 2 ends the block with a 3×3 max pooling, and makes the shortcut a 1×1 convolution.
        first_activation: whether the block begins with one; the first block of the network does not.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        *channels: int,
        stride: int = 1,
        first_activation: bool = True,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for number, (before, after) in enumerate(pairwise(channels), 1):
            if number > 1 or first_activation:
                layers[f"activation{number}"] = parts.activation(activation)
            layers[f"separable{number}"] = SeparableConvolution(before, after, norm)
        if stride > 1:
            layers["pool"] = nn.MaxPool2d(3, stride=stride, padding=1)
        self.residual = nn.Sequential(layers)
        self.shortcut = _projection(channels[0], channels[-1], stride, norm) if stride > 1 else None
        self.add = Add()

    def forward(self, x: Tensor) -> Tensor:
        """From (N, first channels, H, W) to (N, last channels, H / stride, W / stride), rounded up."""
        identity = x if self.shortcut is None else self.shortcut(x)
        total: Tensor = self.add(self.residual(x), identity)
        return total


class Xception(nn.Sequential):
    """Figure 5: entry flow, middle flow (eight equal blocks), exit flow; the paper's input is 299×299.

    Args:
        in_channels: of the picture.
        num_classes: scores that it gives.
        width: multiplies the maps of all layers.
        middle_blocks: of the middle flow; 8 in the paper.
        dropout: share of the averages left out in training; §4.3 has 0.5.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        middle_blocks: int = 8,
        dropout: float = 0.5,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        def block(*channels: int, stride: int = 1, first_activation: bool = True) -> XceptionBlock:
            maps = (scaled(each, width) for each in channels)
            return XceptionBlock(
                *maps, stride=stride, first_activation=first_activation, activation=activation, norm=norm
            )

        c32, c64, c1024, c1536, c2048 = (scaled(each, width) for each in (32, 64, 1024, 1536, 2048))
        stages: OrderedDict[str, nn.Module] = OrderedDict(
            entry_flow=chain(
                conv1=_convolution(in_channels, c32, 2, activation, norm),
                conv2=_convolution(c32, c64, 1, activation, norm),
                block1=block(64, 128, 128, stride=2, first_activation=False),
                block2=block(128, 256, 256, stride=2),
                block3=block(256, 728, 728, stride=2),
            ),
            middle_flow=nn.Sequential(*(block(728, 728, 728, 728) for _ in range(middle_blocks))),
            exit_flow=chain(
                block=block(728, 728, 1024, stride=2),
                separable1=SeparableConvolution(c1024, c1536, norm),
                activation1=parts.activation(activation),
                separable2=SeparableConvolution(c1536, c2048, norm),
                activation2=parts.activation(activation),
            ),
            avgpool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
        )
        if dropout:
            stages["dropout"] = nn.Dropout(dropout)
        stages["fc"] = nn.Linear(c2048, num_classes)
        super().__init__(stages)
        initialisation.glorot(self)  # the default of Keras, in which the paper's code is written


def _convolution(in_channels: int, out_channels: int, stride: int, activation: str, norm: str) -> nn.Sequential:
    """An ordinary 3×3 convolution at the beginning; like Keras' code, without zeros around the picture."""
    return chain(
        conv=nn.Conv2d(in_channels, out_channels, 3, stride, bias=norm == "none"),
        norm=parts.norm(norm, out_channels),
        activation=parts.activation(activation),
    )


def _projection(in_channels: int, out_channels: int, stride: int, norm: str) -> nn.Sequential:
    return chain(
        conv=nn.Conv2d(in_channels, out_channels, 1, stride, bias=norm == "none"),
        norm=parts.norm(norm, out_channels),
    )
