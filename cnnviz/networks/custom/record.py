"""What all layers of a network of one's own have in common, and what a layer costs on one input."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.checks import Pair
from cnnviz.errors import CnnvizError
from cnnviz.networks.custom.slots import Slot
from cnnviz.networks.facts import Shape
from cnnviz.text import N_

__all__ = ["Call", "Cost", "Record", "chained", "elementwise", "plane", "size_in_bytes"]

_BYTES = 4  # of a 32-bit float


@dataclass(frozen=True)
class Call:
    """How the module of a layer is made, as code: `str(call)` is "nn.Conv2d(3, 16, kernel_size=3)".

    Attributes:
        function: "nn." and a class of PyTorch, or a class in `modules`.
        arguments: given by their place.
        keywords: given by their names.
    """

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def values(self) -> tuple[str, ...]:
        """What stands between the brackets, as Python."""
        named = (f"{name}={_literal(value)}" for name, value in self.keywords.items())
        return (*map(_literal, self.arguments), *named)

    def __str__(self) -> str:
        """The call as Python."""
        return f"{self.function}({', '.join(self.values)})"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


@dataclass(frozen=True)
class Cost:
    """What a layer makes of one input, and what that takes, for one picture.

    Attributes:
        output: shape of the output, without the batch.
        parameters: numbers to learn.
        macs: multiply-accumulates of its convolutions and products of matrices.
        memory: bytes of the outputs of all its modules, in 32-bit floats.
        windows: that its units look through, one after the other, along its longest path.
        whole: every output reads the whole input.
    """

    output: Shape
    parameters: int
    macs: int
    memory: int
    windows: tuple[Layer, ...] = ()
    whole: bool = False


class Record(ABC):
    """One layer or block, as it stands in the list; subclasses are frozen dataclasses."""

    slots: ClassVar[tuple[Slot, ...]] = ()  # its values, in the order of the text form

    def __post_init__(self) -> None:
        """Check all values.

        Raises:
            ParameterError: for one that is not legal.
        """
        for slot in self.slots:
            object.__setattr__(self, slot.name, slot.check(getattr(self, slot.name)))

    def usual(self, name: str) -> Any:
        """The value that the text form leaves out."""
        return next(each.default for each in fields(self) if each.name == name)  # type: ignore[arg-type]  # a dataclass

    @abstractmethod
    def cost(self, shape: Shape) -> Cost:
        """What it makes of an input of `shape`, (C, H, W) or (features,).

        Raises:
            CnnvizError: when it cannot be used on it.
        """

    @abstractmethod
    def call(self, shape: Shape) -> Call:
        """How its module for an input of `shape` is made."""


def elementwise(shape: Shape, parameters: int = 0) -> Cost:
    """The cost of a layer that keeps the shape and multiplies no matrices."""
    return Cost(shape, parameters, 0, size_in_bytes(shape))


def size_in_bytes(shape: Shape) -> int:
    """Bytes of a tensor of 32-bit floats."""
    return _BYTES * math.prod(shape)


def plane(shape: Shape) -> tuple[int, Pair]:
    """Channels, and (rows, columns).

    Raises:
        CnnvizError: for a vector.
    """
    if len(shape) != 3:
        raise CnnvizError(
            N_("it needs rows and columns, but gets a vector of {length} numbers."), length=math.prod(shape)
        )
    return shape[0], (shape[1], shape[2])


def chained(shape: Shape, records: Iterable[Record]) -> Cost:
    """The cost of layers one after the other."""
    total = Cost(shape, 0, 0, 0)
    for record in records:
        each = record.cost(total.output)
        total = Cost(
            each.output,
            total.parameters + each.parameters,
            total.macs + each.macs,
            total.memory + each.memory,
            total.windows + each.windows,
            total.whole or each.whole,
        )
    return total
