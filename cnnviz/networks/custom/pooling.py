"""The poolings of a network of one's own: of windows, and of whole maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from cnnviz.convolution.arithmetic import AveragePooling, MaxPooling
from cnnviz.convolution.checks import Pair
from cnnviz.networks.custom.layers import DILATION, STRIDE, keywords, windowed
from cnnviz.networks.custom.record import Call, Cost, Record, plane, size_in_bytes
from cnnviz.networks.custom.slots import Pairs, Slot
from cnnviz.networks.facts import Shape

__all__ = ["AvgPool", "GlobalAvgPool", "MaxPool"]

_WINDOW = Pairs("kernel_size")
_PADDING = Pairs("padding", "p", minimum=0)


@dataclass(frozen=True)
class _Pool(Record):
    """What both poolings share; the stride is the window's size where it is not given."""

    kernel_size: Pair = (2, 2)
    stride: Pair | None = None
    padding: Pair = (0, 0)

    def __post_init__(self) -> None:
        """Fill in the stride, and check all values."""
        if self.stride is None:
            object.__setattr__(self, "stride", self.kernel_size)
        super().__post_init__()

    def usual(self, name: str) -> Any:
        """The stride is usually the window's size."""
        return self.kernel_size if name == "stride" else super().usual(name)

    def _given(self, *names: str) -> dict[str, Any]:
        size = keywords(self, {"kernel_size": None})
        rest = keywords(self, {"stride": size["kernel_size"], "padding": 0, **dict.fromkeys(names, 1)})
        return size | rest


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest number of each window: `nn.MaxPool2d`."""

    dilation: Pair = (1, 1)

    slots: ClassVar[tuple[Slot, ...]] = (_WINDOW, STRIDE, _PADDING, DILATION)

    def cost(self, shape: Shape) -> Cost:
        """Its output; nothing to learn or to multiply."""
        channels, size = plane(shape)
        layer = MaxPooling(self.kernel_size, self.stride, self.padding, self.dilation, channels=channels)
        return windowed(layer, size)

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.MaxPool2d(…)`."""
        return Call("nn.MaxPool2d", (), self._given("dilation"))


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The average of each window: `nn.AvgPool2d`; zeros of the padding count."""

    slots: ClassVar[tuple[Slot, ...]] = (_WINDOW, STRIDE, _PADDING)

    def cost(self, shape: Shape) -> Cost:
        """Its output; nothing to learn or to multiply."""
        channels, size = plane(shape)
        return windowed(AveragePooling(self.kernel_size, self.stride, self.padding, channels=channels), size)

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.AvgPool2d(…)`."""
        return Call("nn.AvgPool2d", (), self._given())


@dataclass(frozen=True)
class GlobalAvgPool(Record):
    """The average of every map: `nn.AdaptiveAvgPool2d(1)`; what comes out is C × 1 × 1."""

    def cost(self, shape: Shape) -> Cost:
        """One number for each channel."""
        output = (plane(shape)[0], 1, 1)
        return Cost(output, 0, 0, size_in_bytes(output), whole=True)

    def call(self, shape: Shape) -> Call:  # noqa: ARG002 - other layers ask for it
        """`nn.AdaptiveAvgPool2d(1)`."""
        return Call("nn.AdaptiveAvgPool2d", (1,))
