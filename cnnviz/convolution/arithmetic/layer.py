"""What all layers have in common: checked parameters, and the two axes they make of an input."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.arithmetic.axis import PADDING, Axis
from cnnviz.convolution.arithmetic.refusals import LARGEST, shown, span
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = [
    "LARGEST",
    "LARGEST_CHANNELS",
    "Layer",
    "Padding",
    "Sides",
    "checked",
    "dilations",
    "pair",
    "sides",
    "switch",
]

Sides = tuple[Pair, Pair]  # ((top, bottom), (left, right))
Padding = int | Pair | Sides | str

LARGEST_CHANNELS = 65_536
BYTES_PER_NUMBER = 4  # float32, torch's default


@dataclass(frozen=True, init=False)
class Layer(ABC):
    """A layer whose windows walk over rows and columns; subclasses say how. Parameters are named as in torch.nn.

    Attributes:
        kernel_size: weights, or cells of the pooling window, (rows, columns).
        stride: cells from one window to the next, (rows, columns).
        padding: ((top, bottom), (left, right)), or the name of a rule that the input's size decides.
        dilation: cells from one weight to the next, (rows, columns).
        in_channels: feature maps of the input.
        out_channels: feature maps of the output.
    """

    kernel_size: Pair
    stride: Pair
    padding: Sides | str
    dilation: Pair
    in_channels: int
    out_channels: int

    kind: ClassVar[str]  # "convolution", "transposed", "max" or "average"

    def _store(self, **values: Any) -> None:
        """Set the fields of a frozen instance, in its constructor."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @abstractmethod
    def padding_for(self, size: Pair) -> Sides:
        """((top, bottom), (left, right)) for an input of `size` (rows, columns)."""

    @abstractmethod
    def _axis(self, size: int, padding: Pair, axis: int) -> Axis:
        """Lay the layer along one axis (0 rows, 1 columns) of `size` cells."""

    def axes(self, size: int | Pair) -> tuple[Axis, Axis]:
        """Lay the layer over an input of `size` (rows, columns): the axis of rows and the axis of columns.

        Raises:
            ParameterError: when the layer cannot be used on it; names the parameter at fault.
        """
        cells = pair("size", size)
        padding = self.padding_for(cells)
        return self._axis(cells[0], padding[0], 0), self._axis(cells[1], padding[1], 1)

    @property
    def extent(self) -> Pair:
        """Cells that a window spans, gaps of the dilation included, (rows, columns)."""
        rows, columns = (d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))
        return rows, columns

    def output_size(self, size: int | Pair) -> Pair:
        """(rows, columns) of the output for an input of `size` (rows, columns).

        Raises:
            ParameterError: when the layer cannot be used on it.
        """
        rows, columns = self.axes(size)
        return rows.output, columns.output

    def taps(self, size: int | Pair) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """What each output reads: input rows (H', kh) and input columns (W', kw), `PADDING` where there is none.

        Output (i, j) multiplies weight (k, l) by input (rows[i, k], columns[j, l]); a zero where either is
        `PADDING`.
        """
        rows, columns = self.axes(size)
        return rows.taps(), columns.taps()

    def unreached(self, size: int | Pair) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """(rows, columns) of the input, counted from 0, that no window reaches."""
        rows, columns = self.axes(size)
        return rows.unreached(), columns.unreached()

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights as torch keeps them; () for pooling."""
        return ()

    @property
    def parameters(self) -> int:
        """Numbers to learn: weights and biases."""
        return math.prod(self.weight_shape) if self.weight_shape else 0

    @abstractmethod
    def macs(self, size: int | Pair) -> int:
        """Multiplications of an input cell by a weight, each with its addition, for one input of `size`.

        Products with zeros of the padding count, as in every published figure; biases do not.
        """

    def operations(self, size: int | Pair) -> int:
        """What one input of `size` costs: multiply-accumulates, or in pooling comparisons or additions."""
        return self.macs(size)

    def memory(self, size: int | Pair) -> tuple[int, int, int]:
        """Bytes of one input, of the parameters and of the output, in float32."""
        rows, columns = pair("size", size)
        height, width = self.output_size(size)
        numbers = (self.in_channels * rows * columns, self.parameters, self.out_channels * height * width)
        return numbers[0] * BYTES_PER_NUMBER, numbers[1] * BYTES_PER_NUMBER, numbers[2] * BYTES_PER_NUMBER


def whole(value: object) -> bool:
    """True for a whole number that is not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def checked(name: str, value: object, smallest: int, largest: int, reason: str = "") -> int:
    """Return `value` when it is a whole number from `smallest` to `largest`.

    Raises:
        ParameterError: when it is not.
    """
    if whole(value) and smallest <= value <= largest:  # type: ignore[operator]  # `whole` has looked
        return int(value)  # type: ignore[call-overload, no-any-return]  # likewise
    raise ParameterError(name, shown(value), span(smallest, largest), reason)


def pair(name: str, value: object, smallest: int = 1, largest: int = LARGEST, reason: str = "") -> Pair:
    """Return `value` as (rows, columns); one number counts for both.

    Raises:
        ParameterError: when it is not one or two whole numbers from `smallest` to `largest`.
    """
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(numbers) != 2:
        raise ParameterError(name, shown(value), span(smallest, largest), N_("one number, or rows and columns"))
    rows, columns = (checked(name, number, smallest, largest, reason) for number in numbers)
    return rows, columns


def sides(value: object, largest: Pair = (LARGEST, LARGEST), reason: str = "") -> Sides:
    """Return a padding given as n, (rows, columns) or ((top, bottom), (left, right)) in the last form.

    Raises:
        ParameterError: when it is none of them, or a number is not from 0 to `largest` (of rows, of columns).
    """
    given = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(given) != 2 or isinstance(given[0], (tuple, list)) != isinstance(given[1], (tuple, list)):
        raise ParameterError("padding", shown(value), span(0, min(largest)), N_("one number, or rows and columns"))
    rows, columns = (pair("padding", given[i], 0, largest[i], reason) for i in (0, 1))
    return rows, columns


def switch(name: str, value: object) -> bool:
    """Return `value` when it is True or False.

    Raises:
        ParameterError: when it is not.
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ParameterError(name, shown(value), "True, False")


def common_divisor(groups: object, in_channels: int, out_channels: int) -> int:
    """Return `groups` when it divides both numbers of channels.

    Raises:
        ParameterError: when it does not.
    """
    both = math.gcd(in_channels, out_channels)
    if whole(groups) and groups >= 1 and both % groups == 0:  # type: ignore[operator]  # `whole` has looked
        return int(groups)  # type: ignore[call-overload, no-any-return]  # likewise
    legal = [str(n) for n in range(1, both + 1) if both % n == 0]
    raise ParameterError("groups", shown(groups), ", ".join(legal), N_("it must divide in_channels and out_channels"))


def dilations(value: object, kernel_size: Pair) -> Pair:
    """Return a dilation as (rows, columns) when the dilated kernel spans at most `LARGEST` cells.

    Raises:
        ParameterError: when it is not one or two whole numbers, or the kernel would span more.
    """
    rows, columns = pair("dilation", value)
    for each, weights in zip((rows, columns), kernel_size, strict=True):
        reason = N_("the dilated kernel would be too large to show")
        checked("dilation", each, 1, (LARGEST - 1) // (weights - 1) if weights > 1 else LARGEST, reason)
    return rows, columns


def count_taps(taps: NDArray[np.intp]) -> NDArray[np.intp]:
    """How many input cells each output reads along one axis."""
    counts: NDArray[np.intp] = np.count_nonzero(taps != PADDING, axis=1)
    return counts
