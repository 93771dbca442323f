"""The two layers with weights: convolution and transposed convolution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from cnnviz.convolution.arithmetic.axis import PADDING_MODES, Axis, PaddingMode
from cnnviz.convolution.arithmetic.layer import (
    LARGEST,
    LARGEST_CHANNELS,
    Layer,
    Padding,
    Sides,
    checked,
    common_divisor,
    dilations,
    pair,
    sides,
    switch,
)
from cnnviz.convolution.arithmetic.refusals import (
    cropping_error,
    fitting_error,
    growing_error,
    mirror_error,
    shown,
    span,
)
from cnnviz.convolution.arithmetic.sizes import (
    output_size,
    same_padding,
    tensorflow_padding,
    transposed_output_size,
)
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["PADDING_RULES", "Convolution", "TransposedConvolution"]

# How the padding can be named instead of numbered.
PADDING_RULES = ("valid", "same", "same_tensorflow", "full")


@dataclass(frozen=True, init=False)
class Convolution(Layer):
    """A convolution as networks compute it (cross-correlation), `torch.nn.Conv2d` with more kinds of padding.

    Args:
        kernel_size: one number or (rows, columns), as everything below.
        stride: cells from one window to the next.
        padding: n, (rows, columns), ((top, bottom), (left, right)), or a rule: "valid" (none), "same" (torch:
            the size stays, stride must be 1), "same_tensorflow" (the size is divided by the stride, rounded up),
            "full" (every window that touches the input).
        dilation: cells from one weight to the next.
        padding_mode: what the padding holds: zeros, reflect, replicate or circular.
        groups: parts that the channels are divided into; each output channel reads one part only.
        in_channels: feature maps of the input.
        out_channels: feature maps of the output.
        bias: whether one number is added per output channel.

    Raises:
        ParameterError: for settings that are impossible whatever the input; names parameter, value, legal range.
    """

    padding_mode: PaddingMode
    groups: int
    bias: bool

    kind: ClassVar[str] = "convolution"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: Padding = 0,
        dilation: int | Pair = 1,
        padding_mode: PaddingMode = "zeros",
        groups: int = 1,
        in_channels: int = 1,
        out_channels: int = 1,
        bias: bool = True,
    ) -> None:
        mode = _checked_mode(padding_mode)
        most = LARGEST - 1 if mode == "reflect" else LARGEST  # no input is large enough to mirror more
        self._store(
            kernel_size=pair("kernel_size", kernel_size),
            stride=pair("stride", stride),
            padding=_named_or_sides(padding, most, PADDING_RULES),
            dilation=dilations(dilation, pair("kernel_size", kernel_size)),
            padding_mode=mode,
            in_channels=checked("in_channels", in_channels, 1, LARGEST_CHANNELS),
            out_channels=checked("out_channels", out_channels, 1, LARGEST_CHANNELS),
            bias=switch("bias", bias),
            groups=common_divisor(groups, in_channels, out_channels),
        )
        if self.padding == "same" and self.stride != (1, 1):
            raise ParameterError("stride", max(self.stride), "1", N_("torch defines padding “same” for stride 1 only"))

    def padding_for(self, size: Pair) -> Sides:
        """((top, bottom), (left, right)) for an input of `size` (rows, columns)."""
        if not isinstance(self.padding, str):
            return self.padding
        rows, columns = (self._named_padding(self.padding, size[i], self.kernel_size[i], i) for i in (0, 1))
        return rows, columns

    def _named_padding(self, rule: str, size: int, kernel_size: int, axis: int) -> Pair:
        stride, dilation = self.stride[axis], self.dilation[axis]
        match rule:
            case "same":
                return same_padding(kernel_size, dilation)
            case "same_tensorflow":
                return tensorflow_padding(size, kernel_size, stride, dilation)
            case "full":
                return dilation * (kernel_size - 1), dilation * (kernel_size - 1)
        return 0, 0

    def _axis(self, size: int, padding: Pair, axis: int) -> Axis:
        kernel_size, stride, dilation = self.kernel_size[axis], self.stride[axis], self.dilation[axis]
        if self.padding_mode == "reflect" and max(padding) >= size:
            reason = N_("a mirror cannot show more than the input without its edge")
            raise self._mirror_error(size, padding, size - 1, reason, axis)
        if self.padding_mode == "circular" and max(padding) > size:
            raise self._mirror_error(size, padding, size, N_("torch wraps around once at most"), axis)
        output = output_size(size, kernel_size, stride, sum(padding), dilation)
        if output < 1:
            raise fitting_error(size, kernel_size, dilation, padding)
        return Axis(size, kernel_size, stride, dilation, *padding, output, self.padding_mode)

    def _mirror_error(self, size: int, padding: Pair, most: int, reason: str, axis: int) -> ParameterError:
        """For padding of more than `most` cells; where a rule decides it, a smaller kernel is the remedy."""
        kernel_size = self.kernel_size[axis]
        if not isinstance(self.padding, str):
            return mirror_error(size, self.extent[axis], padding, most, reason)
        while max(self._named_padding(self.padding, size, kernel_size, axis)) > most:
            kernel_size -= 1  # down to 1, which is padded by no rule
        return ParameterError("kernel_size", self.kernel_size[axis], span(1, kernel_size), reason)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(out_channels, in_channels / groups, kh, kw), as in torch."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    @property
    def parameters(self) -> int:
        """`(kh * kw * in_channels / groups + bias) * out_channels`."""
        return math.prod(self.weight_shape) + self.bias * self.out_channels

    def macs(self, size: int | Pair) -> int:
        """Multiply-accumulates for one input: every output cell costs `kh * kw * in_channels / groups`."""
        return math.prod(self.output_size(size)) * math.prod(self.weight_shape)


@dataclass(frozen=True, init=False)
class TransposedConvolution(Layer):
    """A transposed convolution: `torch.nn.ConvTranspose2d`, which adds a scaled kernel for every input cell.

    Args:
        kernel_size: one number or (rows, columns), as everything below.
        stride: cells of the output from one kernel to the next.
        padding: cells cropped from the output: n, (rows, columns) or ((top, bottom), (left, right)).
        output_padding: cells added below and to the right; smaller than stride or dilation.
        dilation: cells from one weight to the next.
        groups: parts that the channels are divided into.
        in_channels: feature maps of the input.
        out_channels: feature maps of the output.
        bias: whether one number is added per output channel.

    Raises:
        ParameterError: for settings that are impossible whatever the input; names parameter, value, legal range.
    """

    output_padding: Pair
    groups: int
    bias: bool

    kind: ClassVar[str] = "transposed"

    def __init__(
        self,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: Padding = 0,
        output_padding: int | Pair = 0,
        dilation: int | Pair = 1,
        groups: int = 1,
        in_channels: int = 1,
        out_channels: int = 1,
        bias: bool = True,
    ) -> None:
        self._store(
            kernel_size=pair("kernel_size", kernel_size),
            stride=pair("stride", stride),
            padding=_named_or_sides(padding, LARGEST, ()),
            dilation=dilations(dilation, pair("kernel_size", kernel_size)),
            output_padding=pair("output_padding", output_padding, 0),
            in_channels=checked("in_channels", in_channels, 1, LARGEST_CHANNELS),
            out_channels=checked("out_channels", out_channels, 1, LARGEST_CHANNELS),
            bias=switch("bias", bias),
            groups=common_divisor(groups, in_channels, out_channels),
        )
        for axis in (0, 1):
            self._check_output_padding(axis)

    def _check_output_padding(self, axis: int) -> None:
        extra, extent, cropped = self.output_padding[axis], self.extent[axis], sum(self.padding_for((1, 1))[axis])
        most = max(self.stride[axis], self.dilation[axis]) - 1
        checked("output_padding", extra, 0, most, N_("it must be smaller than the stride or the dilation"))
        checked("output_padding", extra, 0, LARGEST - extent + cropped, N_("the output would be too large to show"))

    def padding_for(self, size: Pair) -> Sides:  # noqa: ARG002 - rules would ask for it
        """((top, bottom), (left, right)): what is cropped from the output."""
        assert not isinstance(self.padding, str)  # noqa: S101 - the constructor takes no rules
        return self.padding

    def _axis(self, size: int, padding: Pair, axis: int) -> Axis:
        kernel_size, stride, dilation = self.kernel_size[axis], self.stride[axis], self.dilation[axis]
        extra = self.output_padding[axis]
        output = transposed_output_size(size, kernel_size, stride, sum(padding), dilation, extra)
        if output < 1:
            raise cropping_error(output + sum(padding), padding)
        if output > LARGEST:
            smallest_stride = 1 if extra < dilation else extra + 1
            raise growing_error(size, stride, smallest_stride, output - (size - 1) * stride)
        return Axis(size, kernel_size, stride, dilation, *padding, output, transposed=True)

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(in_channels, out_channels / groups, kh, kw), as in torch."""
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    @property
    def parameters(self) -> int:
        """`kh * kw * in_channels * out_channels / groups + bias * out_channels`."""
        return math.prod(self.weight_shape) + self.bias * self.out_channels

    def macs(self, size: int | Pair) -> int:
        """Multiply-accumulates for one input: every input cell is multiplied by every weight of its channel."""
        return math.prod(pair("size", size)) * math.prod(self.weight_shape)


def _named_or_sides(padding: object, most: int, rules: tuple[str, ...]) -> Sides | str:
    if not isinstance(padding, str):
        return sides(padding, (most, most))
    if padding not in rules:
        raise ParameterError("padding", shown(padding), ", ".join((span(0, most), *rules)))
    return padding


def _checked_mode(mode: object) -> PaddingMode:
    for each in PADDING_MODES:
        if isinstance(mode, str) and mode == each:
            return each
    raise ParameterError("padding_mode", shown(mode), ", ".join(PADDING_MODES))
