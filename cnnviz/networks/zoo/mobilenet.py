"""MobileNets: networks for phones, made of depthwise separable convolutions.

V1: Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017,
arXiv:1704.04861. A convolution is split in two: one filter for each channel, then 1×1 across the channels. For D_K×D_K
kernels and N filters this costs 1/N + 1/D_K² of the whole (§3.1): about a ninth for 3×3.

V2: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, arXiv:1801.04381. A block widens
few channels, convolves them depthwise, and narrows them again without an activation, which would lose information in
so few channels (§3.2); its shortcut joins the narrow ends (§3.3).
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from torch import Tensor, nn

from cnnviz.networks.scaling import round_channels
from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.batch_norm import Activation, ConvNormActivation, Norm, normalisation
from cnnviz.networks.zoo.parts import Add

__all__ = ["DepthwiseSeparable", "InvertedResidual", "MobileNetV1", "MobileNetV2", "initialise"]

# V1, table 1: filters and stride of the depthwise separable convolutions.
_SEPARABLE = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
# V2, table 2: expansion t, output channels c, repetitions n, stride s of the first.
_BOTTLENECKS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


class DepthwiseSeparable(nn.Sequential):
    """3×3 for each channel by itself, then 1×1 across the channels, each with normalisation and activation.

    V1, figure 3, right.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        stride: of the depthwise convolution.
        norm: makes a normalisation; None for none.
        activation: makes an activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        norm: Norm | None = nn.BatchNorm2d,
        activation: Activation = nn.ReLU6,
    ) -> None:
        unit = partial(ConvNormActivation, norm=norm, activation=activation)
        super().__init__(
            OrderedDict(
                depthwise=unit(in_channels, in_channels, 3, stride=stride, groups=in_channels),
                pointwise=unit(in_channels, out_channels, 1),
            )
        )


class InvertedResidual(nn.Module):
    """Widen by 1×1, convolve depthwise, narrow by 1×1 without activation (V2, table 1 and figure 4).

    Where input and output have one shape, a shortcut adds the input.

    Args:
        in_channels: of the input.
        out_channels: of the output.
        stride: of the depthwise convolution.
        expansion: t, how many times more channels there are inside; 1 for no widening.
        norm: makes a normalisation; None for none.
        activation: makes an activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        expansion: int = 6,
        norm: Norm | None = nn.BatchNorm2d,
        activation: Activation = nn.ReLU6,
    ) -> None:
        super().__init__()
        unit, inner = partial(ConvNormActivation, norm=norm), in_channels * expansion
        self.expand = unit(in_channels, inner, 1, activation=activation) if expansion > 1 else None
        self.depthwise = unit(inner, inner, 3, stride=stride, groups=inner, activation=activation)
        self.project = unit(inner, out_channels, 1, activation=None)
        self.add = Add() if stride == 1 and in_channels == out_channels else None

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, out_channels, H / stride, W / stride), rounded up."""
        wide = x if self.expand is None else self.expand(x)
        narrow: Tensor = self.project(self.depthwise(wide))
        return narrow if self.add is None else self.add(narrow, x)


class MobileNetV1(nn.Sequential):
    """V1, table 1: one convolution, thirteen depthwise separable ones, one linear layer.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: α, multiplies the maps of all layers (§3.3).
        dropout: share of the averages left out in training; the authors' code has 0.001.
        activation: "relu6" as in the authors' code, or a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        dropout: float = 0.001,
        activation: str = "relu6",
        norm: str = "batch",
    ) -> None:
        make_norm, make_activation = normalisation(norm, eps=1e-3), _activation(activation)
        channels = round_channels(32 * width)
        stages: OrderedDict[str, nn.Module] = OrderedDict(
            conv=ConvNormActivation(in_channels, channels, 3, stride=2, norm=make_norm, activation=make_activation)
        )
        for number, (filters, stride) in enumerate(_SEPARABLE, 1):
            after = round_channels(filters * width)
            stages[f"separable{number}"] = DepthwiseSeparable(channels, after, stride, make_norm, make_activation)
            channels = after
        super().__init__(stages | _head(channels, num_classes, dropout))
        initialise(self)


class MobileNetV2(nn.Sequential):
    """V2, table 2: one convolution, seven stages of inverted residuals, 1×1, one linear layer.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of all layers; of the last convolution only when above 1 (§4).
        dropout: share of the averages left out in training.
        activation: "relu6" as in the paper, or a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        dropout: float = 0.2,
        activation: str = "relu6",
        norm: str = "batch",
    ) -> None:
        make_norm, make_activation = normalisation(norm), _activation(activation)
        unit = partial(ConvNormActivation, norm=make_norm, activation=make_activation)
        channels, last = round_channels(32 * width), round_channels(1280 * max(1.0, width))
        stages: OrderedDict[str, nn.Module] = OrderedDict(conv1=unit(in_channels, channels, 3, stride=2))
        for number, (expansion, filters, repetitions, stride) in enumerate(_BOTTLENECKS, 1):
            blocks, after = [], round_channels(filters * width)
            for place in range(repetitions):
                step = stride if place == 0 else 1
                blocks.append(InvertedResidual(channels, after, step, expansion, make_norm, make_activation))
                channels = after
            stages[f"bottleneck{number}"] = nn.Sequential(*blocks)
        stages["conv2"] = unit(channels, last, 1)
        super().__init__(stages | _head(last, num_classes, dropout))
        initialise(self)


def initialise(network: nn.Module) -> None:
    """Draw the weights of a new network: the papers do not say how, the authors' code does.

    TensorFlow Slim's mobilenet_v1.py and mobilenet.py: a normal distribution of standard deviation 0.09, cut off at
    two of them; biases zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.09, a=-0.18, b=0.18)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _activation(name: str) -> Activation:
    """ReLU6, min(max(x, 0), 6), keeps its precision in low-precision arithmetic (V2, §4)."""
    return nn.ReLU6 if name == "relu6" else partial(parts.activation, name)


def _head(channels: int, num_classes: int, dropout: float) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict(avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    layers["fc"] = nn.Linear(channels, num_classes)
    return layers
