"""Inception-ResNet: Inception modules that compute residuals.

Szegedy, Ioffe, Vanhoucke and Alemi, "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
Learning", 2016, arXiv:1602.07261.

A slim Inception module computes a residual, which is added to the module's input. A 1×1 convolution without
activation gives the residual the channels of the input ("filter expansion", §3.2). With more than 1000 filters
training broke down, until the residuals were multiplied by 0.1 to 0.3 before the addition (§3.3, figure 20).

The network is Inception-ResNet-v2 as in its authors' code (TensorFlow Slim), which differs from the paper's figures
in the stem (that of Inception v3), in an Inception module behind it, and in the number of blocks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.batch_norm import Activation, ConvNormActivation, Unit, make_unit
from cnnviz.networks.zoo.inception import Branches, Factorised5x5, Stem
from cnnviz.networks.zoo.parts import Add, chain

__all__ = [
    "InceptionResNetA",
    "InceptionResNetB",
    "InceptionResNetC",
    "InceptionResNetV2",
    "Mixed5b",
    "ReductionA",
    "ReductionB",
    "ResidualInception",
    "Scale",
]


class Scale(nn.Module):
    """Its input times a constant: the residual is made small, so that training stays stable (§3.3)."""

    family = "merge"

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor
        self.label = f"× {factor:g}"

    def forward(self, x: Tensor) -> Tensor:
        """Multiply a tensor of any shape."""
        return self.factor * x


class ResidualInception(nn.Module):
    """x + scale · expansion(branches(x)), then an activation (figure 20).

    Args:
        channels: of the input and of the output.
        branches: the Inception module that computes the residual.
        scale: of the residual.
        activation: makes the last activation; None for a linear block, as the last one of the network is.
    """

    def __init__(
        self, channels: int, branches: Branches, scale: float, activation: Activation | None = nn.ReLU
    ) -> None:
        super().__init__()
        self.branches = branches
        self.expansion = nn.Conv2d(branches.out_channels, channels, 1)
        self.scale = Scale(scale)
        self.add = Add()
        self.activation = activation() if activation is not None else None

    def forward(self, x: Tensor) -> Tensor:
        """From (N, channels, H, W) to the same shape."""
        total: Tensor = self.add(x, self.scale(self.expansion(self.branches(x))))
        return total if self.activation is None else self.activation(total)


class InceptionResNetA(ResidualInception):
    """For maps of 35×35 (figure 16): 1×1, 3×3, and two 3×3 for a 5×5."""

    def __init__(
        self,
        channels: int = 320,
        scale: float = 0.17,
        unit: Unit = ConvNormActivation,
        activation: Activation | None = nn.ReLU,
    ) -> None:
        branches = Branches(
            32 + 32 + 64,
            branch_1x1=unit(channels, 32, 1),
            branch_3x3=chain(reduce=unit(channels, 32, 1), conv=unit(32, 32, 3)),
            branch_3x3_3x3=chain(reduce=unit(channels, 32, 1), conv1=unit(32, 48, 3), conv2=unit(48, 64, 3)),
        )
        super().__init__(channels, branches, scale, activation)


class InceptionResNetB(ResidualInception):
    """For maps of 17×17 (figure 17): 1×1, and 1×7 with 7×1."""

    def __init__(
        self,
        channels: int = 1088,
        scale: float = 0.1,
        unit: Unit = ConvNormActivation,
        activation: Activation | None = nn.ReLU,
    ) -> None:
        branches = Branches(
            192 + 192,
            branch_1x1=unit(channels, 192, 1),
            branch_7x7=chain(reduce=unit(channels, 128, 1), wide=unit(128, 160, (1, 7)), tall=unit(160, 192, (7, 1))),
        )
        super().__init__(channels, branches, scale, activation)


class InceptionResNetC(ResidualInception):
    """For maps of 8×8 (figure 19): 1×1, and 1×3 with 3×1."""

    def __init__(
        self,
        channels: int = 2080,
        scale: float = 0.2,
        unit: Unit = ConvNormActivation,
        activation: Activation | None = nn.ReLU,
    ) -> None:
        branches = Branches(
            192 + 256,
            branch_1x1=unit(channels, 192, 1),
            branch_3x3=chain(reduce=unit(channels, 192, 1), wide=unit(192, 224, (1, 3)), tall=unit(224, 256, (3, 1))),
        )
        super().__init__(channels, branches, scale, activation)


class Mixed5b(Branches):
    """The Inception module behind the stem, from 192 to 320 channels: Inception v3's first, with 96 in front."""

    def __init__(self, unit: Unit = ConvNormActivation) -> None:
        pool = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
        super().__init__(
            96 + 64 + 96 + 64,
            branch_1x1=unit(192, 96, 1),
            branch_5x5=chain(reduce=unit(192, 48, 1), conv=unit(48, 64, 5)),
            branch_3x3_3x3=chain(reduce=unit(192, 64, 1), convs=Factorised5x5(64, 96, unit=unit)),
            branch_pool=chain(pool=pool, projection=unit(192, 64, 1)),
        )


class ReductionA(Branches):
    """From 35×35 to 17×17 (figure 7, with the filters of table 1)."""

    def __init__(self, in_channels: int = 320, unit: Unit = ConvNormActivation) -> None:
        super().__init__(
            384 + 384 + in_channels,
            branch_3x3=unit(in_channels, 384, 3, stride=2, padding=0),
            branch_3x3_3x3=chain(
                reduce=unit(in_channels, 256, 1),
                conv1=unit(256, 256, 3),
                conv2=unit(256, 384, 3, stride=2, padding=0),
            ),
            branch_pool=nn.MaxPool2d(3, stride=2),
        )


class ReductionB(Branches):
    """From 17×17 to 8×8 (figure 18): three ways to convolve, and a pooling."""

    def __init__(self, in_channels: int = 1088, unit: Unit = ConvNormActivation) -> None:
        super().__init__(
            384 + 288 + 320 + in_channels,
            branch1_3x3=chain(reduce=unit(in_channels, 256, 1), conv=unit(256, 384, 3, stride=2, padding=0)),
            branch2_3x3=chain(reduce=unit(in_channels, 256, 1), conv=unit(256, 288, 3, stride=2, padding=0)),
            branch_3x3_3x3=chain(
                reduce=unit(in_channels, 256, 1),
                conv1=unit(256, 288, 3),
                conv2=unit(288, 320, 3, stride=2, padding=0),
            ),
            branch_pool=nn.MaxPool2d(3, stride=2),
        )


class InceptionResNetV2(nn.Sequential):
    """Figure 15: three stages of residual Inception blocks; the paper's input is 299×299.

    Args:
        in_channels: of the picture.
        num_classes: scores that it gives.
        blocks_a, blocks_b, blocks_c: blocks in each of the three stages, at least 1.
        scale_a, scale_b, scale_c: of the residuals in each of the three stages; §3.3 takes 0.1 to 0.3.
        dropout: share of the averages left out in training; the paper keeps 0.8.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        blocks_a: int = 10,
        blocks_b: int = 20,
        blocks_c: int = 10,
        scale_a: float = 0.17,
        scale_b: float = 0.1,
        scale_c: float = 0.2,
        dropout: float = 0.2,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        unit, act = make_unit(norm, activation, eps=1e-3), partial(parts.activation, activation)
        a = partial(InceptionResNetA, scale=scale_a, unit=unit, activation=act)
        b = partial(InceptionResNetB, scale=scale_b, unit=unit, activation=act)
        c = partial(InceptionResNetC, scale=scale_c, unit=unit, activation=act)
        super().__init__(
            OrderedDict(
                stem=Stem(in_channels, unit=unit),
                mixed_5b=Mixed5b(unit),
                inception_resnet_a=_repeated(a, blocks_a),
                reduction_a=ReductionA(unit=unit),
                inception_resnet_b=_repeated(b, blocks_b),
                reduction_b=ReductionB(unit=unit),
                inception_resnet_c=_repeated(c, blocks_c - 1, c(activation=None)),
                conv=unit(2080, 1536, 1),
                avgpool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                dropout=nn.Dropout(dropout),
                fc=nn.Linear(1536, num_classes),
            )
        )
        initialisation.glorot(self)  # the default of TensorFlow Slim, in which the authors' code is written


def _repeated(block: Callable[[], nn.Module], times: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(*(block() for _ in range(times)), *last)
