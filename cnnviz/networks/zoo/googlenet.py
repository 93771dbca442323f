"""GoogLeNet, the first Inception: Szegedy et al., "Going Deeper with Convolutions", 2014, arXiv:1409.4842.

One question for every stage of a network is which size of kernel to use. An Inception module uses 1×1, 3×3 and 5×5 at
once, and a pooling beside them, and joins what they find. 1×1 convolutions in front of the larger kernels reduce the
channels first: they make it affordable (§4, figure 2).

The network of 2014 (`GoogLeNet(third_kernel=5, norm="none", local_response=True)`) has 5×5 kernels and no batch
normalisation, which was published a year later. torchvision's has batch normalisation, and 3×3 kernels in the place
of the 5×5 ones: a slip in the code that its weights were trained with.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from cnnviz.networks.zoo import parts
from cnnviz.networks.zoo.batch_norm import ConvNormActivation, Unit, make_unit
from cnnviz.networks.zoo.parts import Concatenate, chain

__all__ = ["AuxiliaryHead", "GoogLeNet", "GoogLeNetOutputs", "Inception", "initialise", "scaled"]

# Table 1: filters of the branches 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj.
_TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    """Inception module with dimension reduction (figure 2b): four views of one input, joined along the channels.

    Args:
        in_channels: of the input.
        filters: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj: a row of table 1.
        third_kernel: side of the larger kernel; the paper's is 5.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(
        self,
        in_channels: int,
        filters: tuple[int, int, int, int, int, int],
        third_kernel: int = 5,
        unit: Unit = ConvNormActivation,
    ) -> None:
        super().__init__()
        one, three_reduce, three, five_reduce, five, pooled = filters
        self.branch_1x1 = unit(in_channels, one, 1)
        self.branch_3x3 = chain(reduce=unit(in_channels, three_reduce, 1), conv=unit(three_reduce, three, 3))
        self.branch_5x5 = chain(reduce=unit(in_channels, five_reduce, 1), conv=unit(five_reduce, five, third_kernel))
        self.branch_pool = chain(pool=nn.MaxPool2d(3, stride=1, padding=1), projection=unit(in_channels, pooled, 1))
        self.concatenate = Concatenate()
        self.out_channels = one + three + five + pooled

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to (N, out_channels, H, W)."""
        joined: Tensor = self.concatenate(
            self.branch_1x1(x), self.branch_3x3(x), self.branch_5x5(x), self.branch_pool(x)
        )
        return joined


class AuxiliaryHead(nn.Module):
    """A small classifier in the middle of the network (§5): in training, its loss brings gradient to early layers.

    Args:
        in_channels: of the maps that it is attached to.
        num_classes: scores that it gives.
        dropout: share of the hidden units that training leaves out.
        width: multiplier of its hidden channels.
        activation: name of the activation.
        unit: makes a convolution with its normalisation and activation.
    """

    def __init__(
        self, in_channels: int, num_classes: int, dropout: float, width: float, activation: str, unit: Unit
    ) -> None:
        super().__init__()
        channels, hidden = scaled(128, width), scaled(1024, width)
        self.pool = nn.AdaptiveAvgPool2d(4)  # 5×5 at stride 3 on the paper's 14×14 maps gives 4×4, too
        self.conv = unit(in_channels, channels, 1)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(channels * 4 * 4, hidden)
        self.activation = parts.activation(activation)
        self.dropout = nn.Dropout(dropout)
        self.fc2 = nn.Linear(hidden, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """From (N, in_channels, H, W) to scores (N, num_classes)."""
        x = self.flatten(self.conv(self.pool(x)))
        scores: Tensor = self.fc2(self.dropout(self.activation(self.fc1(x))))
        return scores


class GoogLeNetOutputs(NamedTuple):
    """Scores (N, num_classes) in training: §5 adds the auxiliary losses to the loss with weight 0.3."""

    logits: Tensor
    auxiliary1: Tensor
    auxiliary2: Tensor


class GoogLeNet(nn.Module):
    """The network of table 1: a stem, nine Inception modules, one global average, one linear layer.

    Args:
        in_channels: of the picture.
        num_classes: scores that it gives.
        width: multiplies the maps of all layers.
        third_kernel: side of the larger kernel in the modules: 3 in torchvision, 5 in the paper.
        local_response: normalise over neighbouring channels in the stem, as in the paper.
        auxiliary: give it the two heads after (4a) and (4d).
        dropout: share of the averages left out in training; §5 has 0.4.
        auxiliary_dropout: the same in the heads; §5 has 0.7.
        activation: a key of `parts.ACTIVATIONS`.
        norm: one of `parts.NORMS`.
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 1000,
        width: float = 1.0,
        third_kernel: int = 3,
        local_response: bool = False,
        auxiliary: bool = False,
        dropout: float = 0.2,
        auxiliary_dropout: float = 0.7,
        activation: str = "relu",
        norm: str = "batch",
    ) -> None:
        super().__init__()
        unit = make_unit(norm, activation, eps=1e-3)

        def module(name: str, channels: int) -> Inception:
            return Inception(channels, _row(name, width), third_kernel, unit)

        self.stem = _stem(in_channels, width, local_response, unit)
        self.inception_3a = module("3a", scaled(192, width))
        self.inception_3b = module("3b", self.inception_3a.out_channels)
        self.pool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception_4a = module("4a", self.inception_3b.out_channels)
        self.inception_4b = module("4b", self.inception_4a.out_channels)
        self.inception_4c = module("4c", self.inception_4b.out_channels)
        self.inception_4d = module("4d", self.inception_4c.out_channels)
        self.inception_4e = module("4e", self.inception_4d.out_channels)
        self.pool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.inception_5a = module("5a", self.inception_4e.out_channels)
        self.inception_5b = module("5b", self.inception_5a.out_channels)
        self.auxiliary1 = self.auxiliary2 = None
        if auxiliary:
            arguments = (num_classes, auxiliary_dropout, width, activation, unit)
            self.auxiliary1 = AuxiliaryHead(self.inception_4a.out_channels, *arguments)
            self.auxiliary2 = AuxiliaryHead(self.inception_4d.out_channels, *arguments)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.inception_5b.out_channels, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor | GoogLeNetOutputs:
        """From (N, in_channels, H, W) to scores (N, num_classes); with auxiliary heads and in training, to three."""
        x = self.pool3(self.inception_3b(self.inception_3a(self.stem(x))))
        x = after_4a = self.inception_4a(x)
        x = after_4d = self.inception_4d(self.inception_4c(self.inception_4b(x)))
        x = self.pool4(self.inception_4e(x))
        x = self.inception_5b(self.inception_5a(x))
        logits: Tensor = self.fc(self.dropout(self.flatten(self.avgpool(x))))
        if self.training and self.auxiliary1 is not None and self.auxiliary2 is not None:
            return GoogLeNetOutputs(logits, self.auxiliary1(after_4a), self.auxiliary2(after_4d))
        return logits


def initialise(network: nn.Module) -> None:
    """Draw the weights of a new network; the paper does not say how, its followers' code does.

    With batch normalisation: a normal distribution of standard deviation 0.01, as torchvision's. Without it, such small
    weights would let the signal die, so: Glorot's uniform distribution and biases of 0.2, as in the Caffe Model Zoo's
    bvlc_googlenet.
    """
    normalised = any(isinstance(module, nn.BatchNorm2d | nn.GroupNorm) for module in network.modules())
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            if normalised:
                nn.init.normal_(module.weight, std=0.01)
            else:
                nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.constant_(module.bias, 0.2 if isinstance(module, nn.Conv2d) else 0.0)


def scaled(channels: int, width: float) -> int:
    """`channels` times `width`, rounded, at least 1."""
    return max(1, round(channels * width))


def _stem(in_channels: int, width: float, local_response: bool, unit: Unit) -> nn.Sequential:
    """The first rows of table 1, from 224×224 to 28×28."""
    first, second = scaled(64, width), scaled(192, width)
    layers: dict[str, nn.Module] = {
        "conv1": unit(in_channels, first, 7, stride=2),
        "pool1": nn.MaxPool2d(3, stride=2, ceil_mode=True),
        "norm1": _local_response(),
        "reduce2": unit(first, first, 1),
        "conv2": unit(first, second, 3),
        "norm2": _local_response(),
        "pool2": nn.MaxPool2d(3, stride=2, ceil_mode=True),
    }
    return chain(**{name: layer for name, layer in layers.items() if local_response or "norm" not in name})


def _local_response() -> nn.Module:
    """AlexNet's normalisation, with the numbers of bvlc_googlenet: five channels, α = 10⁻⁴, β = 0.75."""
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)


def _row(name: str, width: float) -> tuple[int, int, int, int, int, int]:
    """Filters of a module at a width."""
    one, three_reduce, three, five_reduce, five, pooled = (scaled(each, width) for each in _TABLE[name])
    return one, three_reduce, three, five_reduce, five, pooled
