"""The single layers of a network of one's own, each a record: convolution, pooling, activation, and so on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from cnnviz.convolution.arithmetic import Convolution, Layer
from cnnviz.convolution.checks import Pair
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks.custom.record import Call, Cost, Record, elementwise, plane, size_in_bytes
from cnnviz.networks.custom.slots import Flag, Number, Pairs, Slot
from cnnviz.networks.facts import Shape
from cnnviz.text import N_

__all__ = [
    "DILATION",
    "FUNCTIONS",
    "MOST_CHANNELS",
    "STRIDE",
    "Activation",
    "BatchNorm",
    "Conv",
    "DepthwiseConv",
    "Dropout",
    "Flatten",
    "Linear",
    "keywords",
    "windowed",
]

MOST_CHANNELS = 4096
FUNCTIONS = {
    "relu": "ReLU",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
}  # the zoo's activations -> PyTorch's classes

_KERNEL = Pairs("kernel_size", "k", always=True)
STRIDE = Pairs("stride", "s")
_PADDING = Pairs("padding", "p", minimum=0, rule="same")
DILATION = Pairs("dilation", "d")
_BIAS = Flag("bias", "b")


def keywords(record: Record, usual: dict[str, Any]) -> dict[str, Any]:
    """The values that differ from PyTorch's own, for a call; a pair of equals as one number."""
    given = {name: _short(getattr(record, name)) for name in usual}
    return {name: value for name, value in given.items() if value != usual[name]}


def _short(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


_CONVOLUTION = {"kernel_size": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}


def windowed(layer: Layer, size: Pair) -> Cost:
    """The cost of a layer with windows on an input of `size` (rows, columns)."""
    output = (layer.out_channels, *layer.output_size(size))
    return Cost(output, layer.parameters, layer.macs(size), size_in_bytes(output), (layer,))


@dataclass(frozen=True)
class Conv(Record):
    """A convolution: `nn.Conv2d`; padding is a number, (rows, columns) or "same"."""

    out_channels: int
    kernel_size: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: Pair | str = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True

    slots: ClassVar[tuple[Slot, ...]] = (
        Number("out_channels", maximum=MOST_CHANNELS),
        _KERNEL,
        STRIDE,
        _PADDING,
        DILATION,
        Number("groups", "g", maximum=MOST_CHANNELS),
        _BIAS,
    )

    def _layer(self, channels: int) -> Convolution:
        return Convolution(
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            groups=self.groups,
            in_channels=channels,
            out_channels=self.out_channels,
            bias=self.bias,
        )

    def cost(self, shape: Shape) -> Cost:
        """Its output, weights and multiply-accumulates."""
        channels, size = plane(shape)
        return windowed(self._layer(channels), size)

    def call(self, shape: Shape) -> Call:
        """`nn.Conv2d(…)`."""
        return Call("nn.Conv2d", (shape[0], self.out_channels), keywords(self, _CONVOLUTION))


@dataclass(frozen=True)
class DepthwiseConv(Record):
    """A convolution that filters every channel by itself: `nn.Conv2d` with as many groups as channels."""

    kernel_size: Pair = (3, 3)
    stride: Pair = (1, 1)
    padding: Pair | str = (0, 0)
    dilation: Pair = (1, 1)
    bias: bool = True

    slots: ClassVar[tuple[Slot, ...]] = (_KERNEL, STRIDE, _PADDING, DILATION, _BIAS)

    def _conv(self, channels: int) -> Conv:
        return Conv(channels, self.kernel_size, self.stride, self.padding, self.dilation, channels, self.bias)

    def cost(self, shape: Shape) -> Cost:
        """Its output, weights and multiply-accumulates."""
        return self._conv(plane(shape)[0]).cost(shape)

    def call(self, shape: Shape) -> Call:
        """`nn.Conv2d(…, groups=…)`."""
        return self._conv(shape[0]).call(shape)


@dataclass(frozen=True)
class BatchNorm(Record):
    """Batch normalisation: `nn.BatchNorm2d`, of vectors `nn.BatchNorm1d`."""

    def cost(self, shape: Shape) -> Cost:
        """A factor and a summand for each channel."""
        return elementwise(shape, 2 * shape[0])

    def call(self, shape: Shape) -> Call:
        """`nn.BatchNorm2d(…)`."""
        return Call("nn.BatchNorm2d" if len(shape) == 3 else "nn.BatchNorm1d", (shape[0],))


@dataclass(frozen=True)
class Activation(Record):
    """An activation: `function` is a key of `FUNCTIONS`."""

    function: str = "relu"

    def __post_init__(self) -> None:
        """Check the name."""
        if self.function not in FUNCTIONS:
            raise ParameterError("function", str(self.function)[:20], ", ".join(FUNCTIONS))

    def cost(self, shape: Shape) -> Cost:
        """Nothing to learn."""
        return elementwise(shape)

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.ReLU()` and the like."""
        return Call(f"nn.{FUNCTIONS[self.function]}")


@dataclass(frozen=True)
class Dropout(Record):
    """Dropout of `percent` of all numbers, while training: `nn.Dropout`."""

    percent: int = 50

    slots: ClassVar[tuple[Slot, ...]] = (Number("percent", maximum=95),)

    def cost(self, shape: Shape) -> Cost:
        """Nothing to learn."""
        return elementwise(shape)

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.Dropout(0.5)`."""
        return Call("nn.Dropout", (self.percent / 100,))


@dataclass(frozen=True)
class Flatten(Record):
    """All channels, rows and columns in one vector: `nn.Flatten`."""

    def cost(self, shape: Shape) -> Cost:
        """Nothing to learn."""
        return elementwise((math.prod(shape),))

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.Flatten()`."""
        return Call("nn.Flatten")


@dataclass(frozen=True)
class Linear(Record):
    """A fully connected layer: `nn.Linear`."""

    out_features: int
    bias: bool = True

    slots: ClassVar[tuple[Slot, ...]] = (Number("out_features", maximum=MOST_CHANNELS), _BIAS)

    def cost(self, shape: Shape) -> Cost:
        """A weight for every pair of input and output."""
        if len(shape) != 1:
            raise CnnvizError(N_("it needs a vector: put a flatten layer before it."))
        weights = shape[0] * self.out_features
        output = (self.out_features,)
        return Cost(output, weights + self.bias * self.out_features, weights, size_in_bytes(output), whole=True)

    def call(self, shape: Shape) -> Call:
        """`nn.Linear(…)`."""
        return Call("nn.Linear", (shape[0], self.out_features), {} if self.bias else {"bias": False})
