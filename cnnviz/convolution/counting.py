"""How many numbers a layer learns, told step by step, and what sharing weights saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.convolution.arithmetic import Convolution, Layer
from cnnviz.convolution.arithmetic.layer import pair
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_, Sentence

__all__ = ["SHARING_SIZES", "Count", "Sharing", "block", "count", "fully_connected", "sharing"]

SHARING_SIZES = (8, 16, 32, 64, 128)
_LARGEST_SIZE = 4096
_BASIC_KERNEL = 3


@dataclass(frozen=True)
class Count:
    """The numbers to learn in a layer or a block: how they come about, and how many there are."""

    lines: tuple[Sentence, ...]
    total: int


_ONE_FILTER = N_("One filter reads all {cin:,} input channels: {kh}·{kw}·{cin:,} = {weights:,} weights.")
_ONE_CHANNEL = N_("One filter reads the only input channel: {kh}·{kw}·1 = {weights:,} weights.")
_ONE_GROUP = N_(
    "One filter reads {part:,} of the {cin:,} input channels, those of its group: "
    "{kh}·{kw}·{part:,} = {weights:,} weights."
)
_BIAS = N_("Every filter adds one bias.")
_NO_BIAS = N_("There is no bias.")
_TOTAL = N_("({kh}·{kw}·{cin:,} + {bias})·{cout:,} = {total:,} numbers in all.")
_TOTAL_GROUPS = N_("({kh}·{kw}·{cin:,}/{groups:,} + {bias})·{cout:,} = {total:,} numbers in all.")
_POOLING = N_("Pooling has nothing to learn: 0 numbers.")
_SIZE_FREE = N_("The size of the picture does not matter: the same weights are used at every place.")


def count(layer: Layer) -> Count:
    """The numbers that a layer learns: weights and biases.

    A transposed convolution counts as a convolution: one filter is what makes one output channel.
    """
    if not layer.weight_shape:
        return Count((Sentence(_POOLING),), 0)
    groups: int = layer.groups  # type: ignore[attr-defined]  # every layer with weights has them
    bias = int(layer.bias)  # type: ignore[attr-defined]  # likewise
    kh, kw = layer.kernel_size
    cin, cout, part = layer.in_channels, layer.out_channels, layer.in_channels // groups
    total = (kh * kw * part + bias) * cout
    data = {"kh": kh, "kw": kw, "cin": cin, "cout": cout, "groups": groups, "part": part, "bias": bias}
    data |= {"weights": kh * kw * part, "total": total}
    reads = _ONE_GROUP if groups > 1 else _ONE_FILTER if cin > 1 else _ONE_CHANNEL
    sums_up = _TOTAL_GROUPS if groups > 1 else _TOTAL
    lines = (
        Sentence(reads, data),
        Sentence(_BIAS if bias else _NO_BIAS),
        Sentence(sums_up, data),
        Sentence(_SIZE_FREE),
    )
    return Count(lines, total)


_BLOCK_CONVOLUTION = N_("Convolution {number}, 3 × 3, {channels:,} to {channels:,} channels: {sum} = {total:,}.")
_BLOCK_NORM = N_("Batch norm {number}, a scale and a shift per channel: 2·{channels:,} = {total:,}.")
_BLOCK_SKIP = N_("The skip connection only adds: 0.")
_BLOCK_TOTAL = N_("Together 2·{convolution:,} + 2·{norm:,} = {total:,} numbers.")


def block(channels: int, bias: bool = True) -> Count:
    """The numbers that a basic block of ResNet learns: twice a 3 x 3 convolution and a batch norm.

    He et al., CVPR 2016, arXiv 1512.03385, figure 5 left. Running averages of the batch norms are not learned.

    Args:
        channels: of input and output.
        bias: whether the convolutions have one; in torchvision they have none, since the batch norm shifts anyway.

    Raises:
        ParameterError: when the channels are not from 1 to 65,536.
    """
    convolution = Convolution(
        _BASIC_KERNEL, padding=1, in_channels=channels, out_channels=channels, bias=bias
    ).parameters
    norm = 2 * channels
    total = 2 * (convolution + norm)
    added = f"3·3·{channels:,}·{channels:,}" + (f" + {channels:,}" if bias else "")
    lines = []
    for number in (1, 2):
        shared = {"number": number, "channels": channels}
        lines.append(Sentence(_BLOCK_CONVOLUTION, shared | {"sum": added, "total": convolution}))
        lines.append(Sentence(_BLOCK_NORM, shared | {"total": norm}))
    end = Sentence(_BLOCK_TOTAL, {"convolution": convolution, "norm": norm, "total": total})
    return Count((*lines, Sentence(_BLOCK_SKIP), end), total)


@dataclass(frozen=True)
class Sharing:
    """What sharing saves for square maps of `size` x `size` cells in and out.

    Attributes:
        size: cells in a row and in a column.
        convolution: numbers to learn in one 3 x 3 convolution with bias: the same for every size.
        dense: numbers to learn when every output has a weight of its own for every input, and a bias.
    """

    size: int
    convolution: int
    dense: int


def sharing(sizes: Sequence[int] = SHARING_SIZES) -> tuple[Sharing, ...]:
    """Compare a convolution with a fully connected layer that has as many inputs and outputs.

    Raises:
        ParameterError: when a size is not from 1 to 4096.
    """
    shared = Convolution(_BASIC_KERNEL, padding=1).parameters
    for size in sizes:
        if not 1 <= size <= _LARGEST_SIZE:
            raise ParameterError("size", size, f"1 … {_LARGEST_SIZE}")
    return tuple(Sharing(size, shared, math.prod((size,) * 4) + size * size) for size in sizes)


def fully_connected(layer: Layer, size: int | Pair) -> int:
    """How many numbers a layer would learn that connects every input cell with every output cell of `layer`.

    One weight for each pair of cells, and one bias for each output cell where `layer` has biases.

    Raises:
        ParameterError: when the layer cannot be used on an input of `size` (rows, columns).
    """
    inputs = layer.in_channels * math.prod(pair("size", size))
    outputs = layer.out_channels * math.prod(layer.output_size(size))
    return inputs * outputs + outputs * bool(getattr(layer, "bias", False))
