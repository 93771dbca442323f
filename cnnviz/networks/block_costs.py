"""What a block of convolutions costs, and what it saves against one standard convolution between the same maps.

Every block turns C maps into N maps and sees windows of k x k. There are no biases, since a batch norm follows each
convolution. Operations are multiply-accumulates for one picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from cnnviz.convolution.arithmetic import Convolution
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["BLOCKS", "KERNELS", "BlockCost", "Design", "Recipe", "Step", "cost", "costs", "separable_ratio"]

KERNELS = (3, 5, 7)


@dataclass(frozen=True)
class Design:
    """What the blocks are built for.

    Attributes:
        in_channels: C, 1 to 4096.
        out_channels: N, 1 to 4096.
        kernel_size: k; 3, 5 or 7.
        size: rows, and columns, of the input: 1 to 512.
        stride: of the convolution that sees the window: 1 or 2.
        groups: g of the grouped convolution; divides both numbers of channels.
        reduction: r: bottleneck and reduction have N/r, or C/r, channels inside; rounded down, at least 1.
        expansion: t: the inverted residual has t·C channels inside; 1 to 10.

    Raises:
        ParameterError: for a number outside its range.
    """

    in_channels: int = 256
    out_channels: int = 256
    kernel_size: int = 5
    size: int = 28
    stride: int = 1
    groups: int = 4
    reduction: int = 4
    expansion: int = 6

    def __post_init__(self) -> None:
        ranges = {"in_channels": 4096, "out_channels": 4096, "size": 512, "stride": 2, "groups": 4096}
        for name, most in {**ranges, "reduction": 64, "expansion": 10}.items():
            if not 1 <= getattr(self, name) <= most:
                raise ParameterError(name, getattr(self, name), f"1 … {most}")
        if self.kernel_size not in KERNELS:
            raise ParameterError("kernel_size", self.kernel_size, ", ".join(map(str, KERNELS)))


@dataclass(frozen=True)
class Step:
    """One convolution of a block.

    Attributes:
        title: "3×3", "1×1", "3×3 depthwise" …, marked with `N_` where it has words.
        layer: the convolution.
        size: rows and columns of its input.
    """

    title: str
    layer: Convolution
    size: Pair

    @property
    def parameters(self) -> int:
        """Numbers to learn."""
        return self.layer.parameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture."""
        return self.layer.macs(self.size)

    @property
    def parameters_words(self) -> str:
        """The product that gives the parameters, "3·3·64·128": window, channels per filter, filters; without ones."""
        layer = self.layer
        factors = (*layer.kernel_size, layer.in_channels // layer.groups, layer.out_channels)
        return "·".join(str(each) for each in factors if each > 1) or "1"

    @property
    def macs_words(self) -> str:
        """The product that gives the operations: every weight is used once at each place of the output."""
        rows, columns = self.layer.output_size(self.size)
        return f"{self.parameters_words}·{rows}·{columns}"


@dataclass(frozen=True)
class BlockCost:
    """A block for one design: its convolutions, and their sums."""

    key: str
    steps: tuple[Step, ...]

    @property
    def parameters(self) -> int:
        """Numbers to learn."""
        return sum(each.parameters for each in self.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture."""
        return sum(each.macs for each in self.steps)

    @property
    def parameters_words(self) -> str:
        """The arithmetic in full, "3·3·64 + 64·128"."""
        return " + ".join(each.parameters_words for each in self.steps)

    @property
    def macs_words(self) -> str:
        """The arithmetic in full, "3·3·64·56·56 + 64·128·56·56"."""
        return " + ".join(each.macs_words for each in self.steps)


class _Builder:
    """Lines convolutions up, each on what the one before it leaves."""

    def __init__(self, design: Design) -> None:
        self.steps: list[Step] = []
        self.channels = design.in_channels
        self.size: Pair = (design.size, design.size)

    def add(self, out: int, kernel: int | Pair = 1, stride: int | Pair = 1, groups: int = 1, title: str = "") -> None:
        """Append a convolution whose padding keeps the size, but for its stride."""
        rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (rows - 1) // 2, (columns - 1) // 2
        layer = Convolution(
            (rows, columns), stride, padding, in_channels=self.channels, out_channels=out, groups=groups, bias=False
        )
        self.steps.append(Step(title or f"{rows}×{columns}", layer, self.size))
        self.channels, self.size = out, layer.output_size(self.size)


def _standard(block: _Builder, design: Design) -> None:
    block.add(design.out_channels, design.kernel_size, design.stride)


def _grouped(block: _Builder, design: Design) -> None:
    block.add(design.out_channels, design.kernel_size, design.stride, design.groups)


def _separable(block: _Builder, design: Design) -> None:
    _depthwise(block, design)
    block.add(design.out_channels)


def _depthwise(block: _Builder, design: Design) -> None:
    title = _DEPTHWISE[design.kernel_size]
    block.add(block.channels, design.kernel_size, design.stride, groups=block.channels, title=title)


def _bottleneck(block: _Builder, design: Design) -> None:
    inner = max(1, design.out_channels // design.reduction)
    block.add(inner)
    block.add(inner, design.kernel_size, design.stride)
    block.add(design.out_channels)


def _stacked(block: _Builder, design: Design) -> None:
    count = (design.kernel_size - 1) // 2
    for number in range(count):
        block.add(design.out_channels, 3, design.stride if number == count - 1 else 1)


def _asymmetric(block: _Builder, design: Design) -> None:
    block.add(design.out_channels, (1, design.kernel_size), (1, design.stride))
    block.add(design.out_channels, (design.kernel_size, 1), (design.stride, 1))


def _reduced(block: _Builder, design: Design) -> None:
    block.add(max(1, design.in_channels // design.reduction))
    block.add(design.out_channels, design.kernel_size, design.stride)


def _inverted(block: _Builder, design: Design) -> None:
    block.add(design.expansion * design.in_channels)
    _depthwise(block, design)
    block.add(design.out_channels)


_DEPTHWISE = {3: N_("3×3 depthwise"), 5: N_("5×5 depthwise"), 7: N_("7×7 depthwise")}


@dataclass(frozen=True)
class Recipe:
    """A kind of block.

    Attributes:
        title: its name, marked with `N_`.
        formula: of its parameters, in LaTeX; C, N channels in and out, k kernel, g groups, r reduction, t expansion.
        idea: what it does, and where it was used, marked with `N_`.
        source: paper, section or equation.
    """

    title: str
    formula: str
    idea: str
    source: str
    build: Callable[[_Builder, Design], None]


BLOCKS = {
    "standard": Recipe(
        N_("Standard"),
        r"k^2\,C\,N",
        N_("Every filter reads all channels, and the whole window of each."),
        "LeCun et al. 1998",
        _standard,
    ),
    "stacked": Recipe(
        N_("Stack of 3×3"),
        r"9\,C\,N + \left(\tfrac{k-1}{2} - 1\right) 9\,N^2",
        N_("Two 3×3 see what one 5×5 sees, three see 7×7, with less to learn and a ReLU between them (VGG)."),
        "Simonyan and Zisserman 2014, section 2.3; Szegedy et al. 2015, Inception-v2, section 3.1",
        _stacked,
    ),
    "asymmetric": Recipe(
        N_("1×k and k×1"),
        r"k\,C\,N + k\,N^2",
        N_("First along the rows, then along the columns (Inception-v3)."),
        "Szegedy et al. 2015, Inception-v2, section 3.2",
        _asymmetric,
    ),
    "grouped": Recipe(
        N_("Grouped"),
        r"\frac{k^2\,C\,N}{g}",
        N_("The channels are split into g groups that do not see each other (AlexNet, ResNeXt)."),
        "Krizhevsky et al. 2012; Xie et al. 2016, section 3.3",
        _grouped,
    ),
    "reduced": Recipe(
        N_("1×1 reduction"),
        r"\frac{C^2}{r} + k^2\,\frac{C}{r}\,N",
        N_("A 1×1 convolution makes the input thinner before the expensive one (GoogLeNet)."),
        "Szegedy et al. 2014, GoogLeNet, section 4",
        _reduced,
    ),
    "bottleneck": Recipe(
        N_("Bottleneck"),
        r"\frac{C\,N}{r} + k^2\,\frac{N^2}{r^2} + \frac{N^2}{r}",
        N_("Thin in the middle: 1×1 down, k×k, 1×1 up (ResNet-50)."),
        "He et al. 2015, figure 5",
        _bottleneck,
    ),
    "separable": Recipe(
        N_("Depthwise separable"),
        r"k^2\,C + C\,N",
        N_("First one window per channel, then a mix of the channels at each pixel (Xception, MobileNet)."),
        "Howard et al. 2017, equation 5",
        _separable,
    ),
    "inverted": Recipe(
        N_("Inverted residual"),
        r"t\,C^2 + k^2\,t\,C + t\,C\,N",
        N_("Wide in the middle, where only the cheap depthwise convolution works (MobileNetV2, EfficientNet)."),
        "Sandler et al. 2018, table 1",
        _inverted,
    ),
}
"""The kinds of block, from the oldest idea to the newest."""


def cost(key: str, design: Design) -> BlockCost:
    """Count one block.

    Args:
        key: in `BLOCKS`.
        design: what it is built for.

    Raises:
        ParameterError: when the groups do not divide the channels, or the block would have too many channels.
    """
    block = _Builder(design)
    BLOCKS[key].build(block, design)
    return BlockCost(key, tuple(block.steps))


def costs(design: Design) -> tuple[BlockCost, ...]:
    """Count all kinds of block, in the order of `BLOCKS`.

    Raises:
        ParameterError: when the groups do not divide the channels, or a block would have too many channels.
    """
    return tuple(cost(key, design) for key in BLOCKS)


def separable_ratio(kernel_size: int, out_channels: int) -> float:
    """What a depthwise separable convolution costs of a standard one: 1/N + 1/k² (Howard et al. 2017, section 3.1)."""
    return 1 / out_channels + 1 / math.prod((kernel_size, kernel_size))
