"""The two layers without weights: each window becomes its maximum or its average, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.arithmetic.axis import Axis
from cnnviz.convolution.arithmetic.layer import (
    LARGEST_CHANNELS,
    Layer,
    Padding,
    Sides,
    checked,
    count_taps,
    dilations,
    pair,
    sides,
    switch,
)
from cnnviz.convolution.arithmetic.refusals import fitting_error, shown, span
from cnnviz.convolution.arithmetic.sizes import output_size, tensorflow_padding
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["POOLING_RULES", "AveragePooling", "MaxPooling"]

POOLING_RULES = ("valid", "same_tensorflow")


@dataclass(frozen=True, init=False)
class _Pooling(Layer):
    """What maximum and average pooling share.

    Attributes:
        ceil_mode: whether a last window may reach beyond the padding.
    """

    ceil_mode: bool

    def _check(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None,
        padding: Padding,
        dilation: int | Pair,
        ceil_mode: bool,
        channels: int,
    ) -> None:
        count = checked("channels", channels, 1, LARGEST_CHANNELS)
        self._store(
            kernel_size=pair("kernel_size", kernel_size),
            stride=pair("stride", kernel_size if stride is None else stride),
            dilation=dilations(dilation, pair("kernel_size", kernel_size)),
            ceil_mode=switch("ceil_mode", ceil_mode),
            in_channels=count,
            out_channels=count,
        )
        self._store(padding=self._checked_padding(padding))

    def _checked_padding(self, padding: object) -> Sides | str:
        most = self.kernel_size[0] // 2, self.kernel_size[1] // 2
        if isinstance(padding, str):
            if padding in POOLING_RULES:
                return padding
            raise ParameterError("padding", shown(padding), ", ".join((span(0, min(most)), *POOLING_RULES)))
        return sides(padding, most, N_("at most half of kernel_size, so that every window lies over an input cell"))

    def padding_for(self, size: Pair) -> Sides:
        """((top, bottom), (left, right)) for an input of `size` (rows, columns)."""
        if not isinstance(self.padding, str):
            return self.padding
        if self.padding == "valid":
            return (0, 0), (0, 0)
        rows, columns = (
            tensorflow_padding(size[i], self.kernel_size[i], self.stride[i], self.dilation[i]) for i in (0, 1)
        )
        return rows, columns

    def _axis(self, size: int, padding: Pair, axis: int) -> Axis:
        kernel_size, stride, dilation = self.kernel_size[axis], self.stride[axis], self.dilation[axis]
        output = output_size(size, kernel_size, stride, sum(padding), dilation, self.ceil_mode)
        if output < 1:
            smallest = 1 if isinstance(self.padding, str) else max(1, 2 * max(padding))
            raise fitting_error(size, kernel_size, dilation, padding, smallest)
        if self.ceil_mode and (output - 1) * stride >= size + padding[0]:
            output -= 1  # torch: the last window must begin in the input or in the padding before it
        return Axis(size, kernel_size, stride, dilation, *padding, output)

    def macs(self, size: int | Pair) -> int:  # noqa: ARG002 - other layers ask for it
        """0: pooling multiplies nothing."""
        return 0

    def operations(self, size: int | Pair) -> int:
        """Comparisons or additions for one input: per output one for every cell of the window but the first."""
        rows, columns = self.output_size(size)
        return self.out_channels * rows * columns * (self.kernel_size[0] * self.kernel_size[1] - 1)


@dataclass(frozen=True, init=False)
class MaxPooling(_Pooling):
    """The largest number of each window: `torch.nn.MaxPool2d`. Padding never wins: it counts as minus infinity.

    Args:
        kernel_size: the window, one number or (rows, columns), as everything below.
        stride: cells from one window to the next; the window's size if None.
        padding: n, (rows, columns), ((top, bottom), (left, right)), at most half of kernel_size; or "valid",
            "same_tensorflow".
        dilation: cells from one cell of the window to the next.
        ceil_mode: whether a last window may reach beyond the padding.
        channels: feature maps of input and output.

    Raises:
        ParameterError: for settings that are impossible whatever the input; names parameter, value, legal range.
    """

    kind: ClassVar[str] = "max"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: Padding = 0,
        dilation: int | Pair = 1,
        ceil_mode: bool = False,
        channels: int = 1,
    ) -> None:
        self._check(kernel_size, stride, padding, dilation, ceil_mode, channels)


@dataclass(frozen=True, init=False)
class AveragePooling(_Pooling):
    """The average of each window: `torch.nn.AvgPool2d`.

    Args:
        kernel_size: the window, one number or (rows, columns), as everything below.
        stride: cells from one window to the next; the window's size if None.
        padding: n, (rows, columns), ((top, bottom), (left, right)), at most half of kernel_size; or "valid",
            "same_tensorflow" (where TensorFlow leaves the padding out of the average).
        ceil_mode: whether a last window may reach beyond the padding.
        count_include_pad: whether the zeros of the padding count in the average; what `ceil_mode` adds never does.
        channels: feature maps of input and output.

    Raises:
        ParameterError: for settings that are impossible whatever the input; names parameter, value, legal range.
    """

    count_include_pad: bool

    kind: ClassVar[str] = "average"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair | None = None,
        padding: Padding = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        channels: int = 1,
    ) -> None:
        self._check(kernel_size, stride, padding, 1, ceil_mode, channels)
        self._store(count_include_pad=switch("count_include_pad", count_include_pad))

    def divisors(self, size: int | Pair) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """What the sums are divided by: output (i, j) by `rows[i] * columns[j]`."""
        rows, columns = (self._divisor(axis) for axis in self.axes(size))
        return rows, columns

    def _divisor(self, axis: Axis) -> NDArray[np.intp]:
        if not self.count_include_pad or self.padding == "same_tensorflow":
            return count_taps(axis.taps())
        start = np.arange(axis.output) * axis.stride - axis.before
        return np.minimum(start + axis.kernel_size, axis.size + axis.after) - start
