"""Inception v3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015, arXiv:1512.00567.

Large kernels are factorised: a 5×5 becomes two 3×3, which see as much with 18 weights instead of 25 (§3.1); an n×n
becomes 1×n and n×1, 2n weights instead of n² (§3.2). Maps are made smaller by a convolution and a pooling side by
side, so that no stage is a bottleneck (§5).

The network is torchvision's and TensorFlow's `inception_v3` without its auxiliary head: the first blocks keep a 5×5
branch beside the factorised one, and the stem has fewer 3×3 convolutions than table 1.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from torch import Tensor, nn

from cnnviz.networks.zoo.batch_norm import ConvNormActivation, Unit, make_unit
from cnnviz.networks.zoo.googlenet import scaled
from cnnviz.networks.zoo.parts import Concatenate, chain

__all__ = [
    "Asymmetric",
    "Branches",
    "Factorised5x5",
    "InceptionA",
    "InceptionB",
    "InceptionC",
    "InceptionV3",
    "ReductionA",
    "ReductionB",
    "Split",
    "Stem",
    "initialise",
]


class Factorised5x5(nn.Sequential):
    """Two 3×3 convolutions in the place of one 5×5 (§3.1, figure 1): the same receptive field, 28% cheaper.

    The percentage is for equal channels: (9 + 9) / 25. There is an activation between the two, too.

    Args:
        in_channels: of the input.
        out_channels: of both convolutions.
        stride: of the second one.
        padding: of the second one; None keeps the size at stride 1.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        padding: int | None = None,
        unit: Unit = ConvNormActivation,
    ) -> None:
        first = unit(in_channels, out_channels, 3)
        second = unit(out_channels, out_channels, 3, stride=stride, padding=padding)
        super().__init__(OrderedDict(first=first, second=second))


class Asymmetric(nn.Sequential):
    """1×n and n×1 in the place of n×n (§3.2, figure 3): for n = 3 a third cheaper, for n = 7 by 71%.

    Args:
        in_channels: of the input and of the map between the two.
        out_channels: of the output.
        n: side of the kernel that is replaced.
        tall_first: n×1 before 1×n.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        n: int,
        *,
        tall_first: bool = False,
        unit: Unit = ConvNormActivation,
    ) -> None:
        first, second = ((n, 1), (1, n)) if tall_first else ((1, n), (n, 1))
        super().__init__(
            OrderedDict(first=unit(in_channels, in_channels, first), second=unit(in_channels, out_channels, second))
        )


class Split(nn.Module):
    """1×3 and 3×1 side by side instead of behind each other: more features for the last, smallest maps (figure 7)."""

    def __init__(self, in_channels: int, out_channels: int, unit: Unit = ConvNormActivation) -> None:
        super().__init__()
        self.wide = unit(in_channels, out_channels, (1, 3))
        self.tall = unit(in_channels, out_channels, (3, 1))
        self.concatenate = Concatenate()

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, 2 · out_channels, H, W)."""
        joined: Tensor = self.concatenate(self.wide(x), self.tall(x))
        return joined


class Branches(nn.Module):
    """Branches from one input, joined along the channels; every child but the last one is a branch."""

    def __init__(self, out_channels: int, **branches: nn.Module) -> None:
        super().__init__()
        self.out_channels = out_channels
        for name, branch in branches.items():
            self.add_module(name, branch)
        self.concatenate = Concatenate()

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, out_channels, H', W')."""
        *branches, _ = self.children()
        joined: Tensor = self.concatenate(*(branch(x) for branch in branches))
        return joined


class InceptionA(Branches):
    """Module for maps of 35×35 (figure 5): two 3×3 for 5×5.

    Args:
        in_channels: of the input.
        pooled: filters behind the pooling.
        width: multiplier of the other filters.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(self, in_channels: int, pooled: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        c48, c64, c96 = (scaled(each, width) for each in (48, 64, 96))
        super().__init__(
            c64 + c64 + c96 + pooled,
            branch_1x1=unit(in_channels, c64, 1),
            branch_5x5=chain(reduce=unit(in_channels, c48, 1), conv=unit(c48, c64, 5)),
            branch_3x3_3x3=chain(reduce=unit(in_channels, c64, 1), convs=Factorised5x5(c64, c96, unit=unit)),
            branch_pool=chain(pool=nn.AvgPool2d(3, stride=1, padding=1), projection=unit(in_channels, pooled, 1)),
        )


class InceptionB(Branches):
    """Module for maps of 17×17 (figure 6): 7×7 factorised to 1×7 and 7×1.

    Args:
        in_channels: of the input.
        inner: filters inside the branches.
        width: multiplier of the filters at the branches' ends.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(self, in_channels: int, inner: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        out = scaled(192, width)
        super().__init__(
            4 * out,
            branch_1x1=unit(in_channels, out, 1),
            branch_7x7=chain(reduce=unit(in_channels, inner, 1), convs=Asymmetric(inner, out, 7, unit=unit)),
            branch_7x7_7x7=chain(
                reduce=unit(in_channels, inner, 1),
                convs1=Asymmetric(inner, inner, 7, tall_first=True, unit=unit),
                convs2=Asymmetric(inner, out, 7, tall_first=True, unit=unit),
            ),
            branch_pool=chain(pool=nn.AvgPool2d(3, stride=1, padding=1), projection=unit(in_channels, out, 1)),
        )


class InceptionC(Branches):
    """Module for maps of 8×8 (figure 7): branches end in 1×3 beside 3×1.

    Args:
        in_channels: of the input.
        width: multiplier of all filters.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(self, in_channels: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        c192, c320, c384, c448 = (scaled(each, width) for each in (192, 320, 384, 448))
        super().__init__(
            c320 + 4 * c384 + c192,
            branch_1x1=unit(in_channels, c320, 1),
            branch_3x3=chain(reduce=unit(in_channels, c384, 1), split=Split(c384, c384, unit)),
            branch_3x3_3x3=chain(
                reduce=unit(in_channels, c448, 1), conv=unit(c448, c384, 3), split=Split(c384, c384, unit)
            ),
            branch_pool=chain(pool=nn.AvgPool2d(3, stride=1, padding=1), projection=unit(in_channels, c192, 1)),
        )


class ReductionA(Branches):
    """From 35×35 to 17×17 (§5, figure 10): convolutions and a pooling at stride 2, side by side."""

    def __init__(self, in_channels: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        c64, c96, c384 = (scaled(each, width) for each in (64, 96, 384))
        super().__init__(
            c384 + c96 + in_channels,
            branch_3x3=unit(in_channels, c384, 3, stride=2, padding=0),
            branch_3x3_3x3=chain(
                reduce=unit(in_channels, c64, 1),
                convs=Factorised5x5(c64, c96, stride=2, padding=0, unit=unit),
            ),
            branch_pool=nn.MaxPool2d(3, stride=2),
        )


class ReductionB(Branches):
    """From 17×17 to 8×8, in the manner of figure 10."""

    def __init__(self, in_channels: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        c192, c320 = scaled(192, width), scaled(320, width)
        super().__init__(
            c320 + c192 + in_channels,
            branch_3x3=chain(reduce=unit(in_channels, c192, 1), conv=unit(c192, c320, 3, stride=2, padding=0)),
            branch_7x7_3x3=chain(
                reduce=unit(in_channels, c192, 1),
                convs=Asymmetric(c192, c192, 7, unit=unit),
                conv=unit(c192, c192, 3, stride=2, padding=0),
            ),
            branch_pool=nn.MaxPool2d(3, stride=2),
        )


class Stem(nn.Sequential):
    """The first rows of table 1, from 299×299 to 192 maps of 35×35: three 3×3 in the place of GoogLeNet's 7×7.

    Args:
        in_channels: of the picture.
        width: multiplier of all channels.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(self, in_channels: int, width: float = 1.0, unit: Unit = ConvNormActivation) -> None:
        c32, c64, c80, c192 = (scaled(each, width) for each in (32, 64, 80, 192))
        super().__init__(
            OrderedDict(
                conv1=unit(in_channels, c32, 3, stride=2, padding=0),
                conv2=unit(c32, c32, 3, padding=0),
                conv3=unit(c32, c64, 3),
                pool1=nn.MaxPool2d(3, stride=2),
                conv4=unit(c64, c80, 1),
                conv5=unit(c80, c192, 3, padding=0),
                pool2=nn.MaxPool2d(3, stride=2),
            )
        )


class InceptionV3(nn.Sequential):
    """Table 1: a stem, three stages of modules, and a reduction between them; the paper's input is 299×299.

    Args:
        in_channels: of the picture.
        num_classes: scores that it gives.
        width: multiplies the maps of all layers.
        dropout: share of the averages left out in training.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        dropout: float = 0.5,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        unit = make_unit(norm, activation, eps=1e-3)
        c32, c64, c128, c160, c192 = (scaled(each, width) for each in (32, 64, 128, 160, 192))
        stages: OrderedDict[str, nn.Module] = OrderedDict(stem=Stem(in_channels, width, unit))
        channels = c192
        for name, blocks in (
            ("inception_a", [partial(InceptionA, pooled=pooled) for pooled in (c32, c64, c64)]),
            ("reduction_a", [ReductionA]),
            ("inception_b", [partial(InceptionB, inner=inner) for inner in (c128, c160, c160, c192)]),
            ("reduction_b", [ReductionB]),
            ("inception_c", [InceptionC, InceptionC]),
        ):
            modules = []
            for block in blocks:
                modules.append(block(channels, width=width, unit=unit))
                channels = modules[-1].out_channels
            stages[name] = modules[0] if name.startswith("reduction") else nn.Sequential(*modules)
        stages["avgpool"] = nn.AdaptiveAvgPool2d(1)
        stages["flatten"] = nn.Flatten()
        if dropout:
            stages["dropout"] = nn.Dropout(dropout)
        stages["fc"] = nn.Linear(channels, num_classes)
        super().__init__(stages)
        initialise(self)


def initialise(network: nn.Module) -> None:
    """Draw the weights of a new network: the paper does not say how; torchvision's N(0, 0.1²), biases zero.

    Without normalisation that would let the signal explode: He's normal distribution then.
    """
    normalised = any(isinstance(module, nn.BatchNorm2d | nn.GroupNorm) for module in network.modules())
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if normalised:
                nn.init.normal_(module.weight, std=0.1)
            else:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
