"""LeNet-5: as it was published in 1998, and as it is usually built today.

LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the
IEEE 86(11), 1998. Layers are named as there (section II.B, figure 2): C convolves, S subsamples, F is fully
connected.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.zoo import initialisation, parts
from cnnviz.networks.zoo.batch_norm import ConvNormActivation, normalisation
from cnnviz.networks.zoo.lenet_codes import CODE_LENGTH, codes
from cnnviz.networks.zoo.parts import Concatenate

__all__ = [
    "TABLE_1",
    "LeNet5",
    "OriginalLeNet5",
    "PartialConvolution",
    "RadialBasis",
    "ScaledTanh",
    "Select",
    "Subsampling",
    "initialise_1998",
]

# Table 1 of the paper: the maps of S2 (0-5) that each of the 16 maps of C3 reads.
TABLE_1: tuple[tuple[int, ...], ...] = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip
CONNECTIONS = ("table", "all")


class ScaledTanh(nn.Module):
    """The squashing function f(a) = A tanh(S a) with A = 1.7159 and S = 2/3: eq. 6 and appendix A.

    With these constants f(1) = 1 and f(−1) = −1, so that the targets ±1 lie where the slope changes fastest,
    well inside of the range.
    """

    family = "activation"
    label = "1.7159·tanh(⅔·x)"

    def forward(self, x: Tensor) -> Tensor:
        """Squash every number to between −1.7159 and 1.7159."""
        return 1.7159 * torch.tanh(2 / 3 * x)


class Subsampling(nn.Sequential):
    """S2 and S4: the sum of each 2×2, times a weight, plus a bias, squashed. Two parameters for each map.

    A 1×1 convolution with one map to a group is just that weight and that bias.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(
            OrderedDict(
                sum=nn.AvgPool2d(kernel_size=2, divisor_override=1),
                scale=nn.Conv2d(channels, channels, kernel_size=1, groups=channels),
                squash=ScaledTanh(),
            )
        )


class Select(nn.Module):
    """Some maps of its input, in a given order; a map may come several times."""

    family = "reshape"

    def __init__(self, maps: Sequence[int]) -> None:
        super().__init__()
        self.maps = list(maps)
        self.label = f"{len(self.maps)}"

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, C, H, W) to (N, len(maps), H, W)."""
        return x[:, self.maps]


class PartialConvolution(nn.Module):
    """C3: each of its 16 maps reads only some of the 6 maps of S2, as table 1 lists them.

    It "breaks the symmetry": different maps are given different inputs, and so extract different features. Maps
    with equally many inputs are convolved together, one group of a grouped convolution for each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.three = _partial(TABLE_1[:6])
        self.four = _partial(TABLE_1[6:15])
        self.six = _partial(TABLE_1[15:])
        self.concatenate = Concatenate()

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, 6, H, W) to (N, 16, H - 4, W - 4)."""
        y: Tensor = self.concatenate(self.three(x), self.four(x), self.six(x))
        return y


def _partial(rows: Sequence[Sequence[int]]) -> nn.Sequential:
    maps = [each for row in rows for each in row]
    conv = nn.Conv2d(len(maps), len(rows), kernel_size=5, groups=len(rows))
    return nn.Sequential(OrderedDict(select=Select(maps), conv=conv))


class RadialBasis(nn.Module):
    """The output: how far F6 is from the code of each class, y_i = Σ_j (x_j − w_ij)², eq. 7, with its sign turned.

    Turned, the nearest code has the largest output, as in every other network here, and the loss of eq. 9 is, but
    for its constant e^−j, the cross-entropy of the outputs. The codes are fixed.
    """

    family = "linear"

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.codes: Tensor
        self.register_buffer("codes", codes)
        self.products = (codes.shape[1], codes.shape[0])
        self.label = f"{codes.shape[1]} → {codes.shape[0]}"

    def forward(self, x: Tensor) -> Tensor:
        """Take (N, 84) to (N, classes): minus the squared distances."""
        return -(x.unsqueeze(1) - self.codes).square().sum(dim=2)


class OriginalLeNet5(nn.Sequential):
    """LeNet-5 as published: 60,000 trainable parameters and 340,908 connections for a digit of 32×32.

    Args:
        in_channels: of the picture.
        num_classes: of the answer; the first ten are the digits.
        padding: of C1; 2 takes the 28×28 of MNIST to the 32×32 of the paper.
        connections: of C3: those of table 1 ("table"), as published, or "all".
    """

    def __init__(
        self, in_channels: int = 1, num_classes: int = 10, padding: int = 0, connections: str = "table"
    ) -> None:
        if connections not in CONNECTIONS:
            raise ParameterError("connections", connections, ", ".join(CONNECTIONS))
        c1 = nn.Conv2d(in_channels, 6, kernel_size=5, padding=padding)
        c3 = PartialConvolution() if connections == "table" else nn.Conv2d(6, 16, kernel_size=5)
        c5 = nn.Conv2d(16, 120, kernel_size=5)
        f6 = nn.Linear(120, CODE_LENGTH)
        super().__init__(
            OrderedDict(
                c1=nn.Sequential(OrderedDict(conv=c1, squash=ScaledTanh())),
                s2=Subsampling(6),
                c3=nn.Sequential(OrderedDict(conv=c3, squash=ScaledTanh())),
                s4=Subsampling(16),
                c5=nn.Sequential(OrderedDict(conv=c5, squash=ScaledTanh())),
                f6=nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=f6, squash=ScaledTanh())),
                output=RadialBasis(torch.tensor(codes(num_classes))),
            )
        )
        initialise_1998(self)


class LeNet5(nn.Sequential):
    """LeNet-5 with today's parts: full connections, ReLU, max pooling, a linear output. 61,706 parameters.

    Args:
        in_channels: of the picture.
        num_classes: of the answer.
        width: multiplies the maps of C1 and C3 and the units of C5 and F6.
        activation: a key of `parts.ACTIVATIONS`.
        norm: of the maps of C1 and C3, one of `parts.NORMS`.
        dropout: share of the units of F6 that is left out in training.
        padding: of C1; 2 takes the 28×28 of MNIST to the 32×32 of the paper.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 10,
        width: float = 1.0,
        activation: str = "relu",
        norm: str = "none",
        dropout: float = 0.0,
        padding: int = 0,
    ) -> None:
        first, second, third, fourth = (round(channels * width) for channels in (6, 16, 120, 84))
        factory = partial(parts.activation, activation)
        convolution = partial(ConvNormActivation, kernel_size=5, norm=normalisation(norm), activation=factory)
        f6: OrderedDict[str, nn.Module] = OrderedDict()
        f6["flatten"] = nn.Flatten()
        f6["linear"] = nn.Linear(third, fourth)
        f6["activation"] = parts.activation(activation)
        if dropout:
            f6["dropout"] = nn.Dropout(dropout)
        super().__init__(
            OrderedDict(
                c1=convolution(in_channels, first, padding=padding),
                s2=nn.MaxPool2d(kernel_size=2),
                c3=convolution(first, second, padding=0),
                s4=nn.MaxPool2d(kernel_size=2),
                c5=convolution(second, third, padding=0, norm=None),
                f6=nn.Sequential(f6),
                output=nn.Linear(fourth, num_classes),
            )
        )
        initialisation.he(self)


def initialise_1998(network: nn.Module) -> None:
    """Draw weights and biases evenly from ±2.4 / F, where F is the number of inputs of the unit: appendix A.

    A unit of a subsampling layer has four inputs, which share one weight.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            _draw(module, module.weight[0].numel())
    for module in network.modules():
        if isinstance(module, Subsampling):
            _draw(module.get_submodule("scale"), 4)


def _draw(module: nn.Module, inputs: int) -> None:
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -2.4 / inputs, 2.4 / inputs)
