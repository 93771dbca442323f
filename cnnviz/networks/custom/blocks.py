"""The blocks of a network of one's own: what each is made of, as a record; the modules are in `modules`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cnnviz.networks.custom.layers import (
    MOST_CHANNELS,
    Activation,
    BatchNorm,
    Conv,
    DepthwiseConv,
)
from cnnviz.networks.custom.pooling import GlobalAvgPool
from cnnviz.networks.custom.record import Call, Cost, Record, chained, plane, size_in_bytes
from cnnviz.networks.custom.slots import Number, Slot
from cnnviz.networks.facts import Shape

__all__ = ["BottleneckBlock", "InvertedBlock", "ResidualBlock", "SeparableBlock", "SqueezeBlock"]

_CHANNELS = Number("out_channels", maximum=MOST_CHANNELS)
_STRIDE = Number("stride", "s", maximum=8)
_KERNEL = Number("kernel_size", "k", maximum=31, step=2)  # odd: the window has a middle
_EXPANSION = 4  # of a bottleneck


def _conv_norm(channels: int, kernel_size: int = 1, stride: int = 1) -> tuple[Record, ...]:
    """A convolution that keeps the size at stride 1, without a bias, and batch normalisation."""
    padding = kernel_size // 2
    conv = Conv(channels, (kernel_size, kernel_size), (stride, stride), (padding, padding), bias=False)
    return conv, BatchNorm()


def _depthwise_norm(kernel_size: int, stride: int) -> tuple[Record, ...]:
    padding = kernel_size // 2
    conv = DepthwiseConv((kernel_size, kernel_size), (stride, stride), (padding, padding), bias=False)
    return conv, BatchNorm(), Activation()


def _added(main: Cost, shortcut: Cost | None = None) -> Cost:
    """The cost of a path, of a shortcut that has layers, and of their sum."""
    other = shortcut or Cost(main.output, 0, 0, 0)
    memory = main.memory + other.memory + size_in_bytes(main.output)
    return Cost(main.output, main.parameters + other.parameters, main.macs + other.macs, memory, main.windows)


@dataclass(frozen=True)
class ResidualBlock(Record):
    """Two 3×3 convolutions beside a shortcut, which is a 1×1 convolution where the shapes differ.

    He et al., "Deep Residual Learning", CVPR 2016, figure 5, left; shortcuts of option B.
    """

    out_channels: int
    stride: int = 1

    slots: ClassVar[tuple[Slot, ...]] = (_CHANNELS, _STRIDE)

    def _path(self) -> tuple[Record, ...]:
        return (*_conv_norm(self.out_channels, 3, self.stride), Activation(), *_conv_norm(self.out_channels, 3))

    def cost(self, shape: Shape) -> Cost:
        """Of both paths, their sum and its ReLU."""
        plane(shape)
        main = chained(shape, self._path())
        if self.stride == 1 and shape[0] == self.out_channels:
            both = _added(main)
        else:
            both = _added(main, chained(shape, _conv_norm(self.out_channels, 1, self.stride)))
        return Cost(both.output, both.parameters, both.macs, both.memory + size_in_bytes(both.output), both.windows)

    def call(self, shape: Shape) -> Call:
        """The module."""
        return Call(self._block, (shape[0], self.out_channels), {"stride": self.stride} if self.stride > 1 else {})

    _block: ClassVar[str] = "BasicBlock"


@dataclass(frozen=True)
class BottleneckBlock(ResidualBlock):
    """1×1 to a quarter of the channels, 3×3 with the stride, 1×1 back up, beside a shortcut.

    He et al. 2016, figure 5, right, with the stride in the 3×3 convolution, as torchvision has it.
    """

    slots: ClassVar[tuple[Slot, ...]] = (
        Number("out_channels", minimum=_EXPANSION, maximum=MOST_CHANNELS, step=_EXPANSION),
        _STRIDE,
    )

    def _path(self) -> tuple[Record, ...]:
        width = self.out_channels // _EXPANSION
        return (
            *_conv_norm(width),
            Activation(),
            *_conv_norm(width, 3, self.stride),
            Activation(),
            *_conv_norm(self.out_channels),
        )

    _block: ClassVar[str] = "Bottleneck"


@dataclass(frozen=True)
class SeparableBlock(Record):
    """A depthwise separable convolution: each channel filtered by itself, then a 1×1 convolution across them.

    Howard et al., "MobileNets", 2017, arXiv 1704.04861, figure 3, right.
    """

    out_channels: int
    kernel_size: int = 3
    stride: int = 1

    slots: ClassVar[tuple[Slot, ...]] = (_CHANNELS, _KERNEL, _STRIDE)

    def cost(self, shape: Shape) -> Cost:
        """Of both convolutions, each with its normalisation and ReLU."""
        plane(shape)
        path = (*_depthwise_norm(self.kernel_size, self.stride), *_conv_norm(self.out_channels), Activation())
        return chained(shape, path)

    def call(self, shape: Shape) -> Call:
        """The module."""
        return Call("DepthwiseSeparable", (shape[0], self.out_channels), _given(self.kernel_size, self.stride))


@dataclass(frozen=True)
class InvertedBlock(Record):
    """1×1 to `expansion` times the channels, a depthwise convolution, 1×1 down, beside a shortcut where shapes agree.

    Sandler et al., "MobileNetV2", CVPR 2018, arXiv 1801.04381, figure 4d; the last convolution is linear.
    """

    out_channels: int
    kernel_size: int = 3
    stride: int = 1
    expansion: int = 6

    slots: ClassVar[tuple[Slot, ...]] = (_CHANNELS, _KERNEL, _STRIDE, Number("expansion", "e", maximum=10))

    def cost(self, shape: Shape) -> Cost:
        """Of all three convolutions, and the sum."""
        channels, _ = plane(shape)
        hidden = channels * self.expansion
        widen = (*_conv_norm(hidden), Activation()) if self.expansion > 1 else ()
        path = (*widen, *_depthwise_norm(self.kernel_size, self.stride), *_conv_norm(self.out_channels))
        main = chained(shape, path)
        return _added(main) if self.stride == 1 and channels == self.out_channels else main

    def call(self, shape: Shape) -> Call:
        """The module."""
        arguments = (shape[0], self.out_channels, self.expansion)
        return Call("InvertedResidual", arguments, _given(self.kernel_size, self.stride))


@dataclass(frozen=True)
class SqueezeBlock(Record):
    """Squeeze-and-excitation: every channel times a gate that two small layers make of all channels' averages.

    Hu et al., CVPR 2018, arXiv 1709.01507, figure 2; `reduction` is what the channels are divided by between them.
    """

    reduction: int = 16

    slots: ClassVar[tuple[Slot, ...]] = (Number("reduction", maximum=64),)

    def _hidden(self, channels: int) -> int:
        return max(1, channels // self.reduction)

    def cost(self, shape: Shape) -> Cost:
        """Of the average, both layers and the product; units see what they saw before, the gate left aside."""
        channels, _ = plane(shape)
        gate = (
            GlobalAvgPool(),
            Conv(self._hidden(channels), (1, 1)),
            Activation("relu"),
            Conv(channels, (1, 1)),
            Activation("sigmoid"),
        )
        path = chained(shape, gate)
        return Cost(shape, path.parameters, path.macs, path.memory + size_in_bytes(shape))

    def call(self, shape: Shape) -> Call:
        """The module."""
        return Call("SqueezeExcitation", (shape[0], self._hidden(shape[0])))


def _given(kernel_size: int, stride: int) -> dict[str, int]:
    """The values that differ from the modules' own."""
    usual = {"kernel_size": (kernel_size, 3), "stride": (stride, 1)}
    return {name: value for name, (value, default) in usual.items() if value != default}
