"""What a program is put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.convolution.arithmetic import output_size, same_padding
from cnnviz.convolution.checks import Pair

__all__ = ["LIBRARIES", "Library", "Part", "Window", "joined", "loop"]

Library = Literal["opencv", "torch"]
LIBRARIES: tuple[Library, ...] = get_args(Library)


@dataclass(frozen=True)
class Part:
    """A piece of a program.

    Attributes:
        code: statements, without a line break at the end; may be empty.
        functions: definitions that they need.
    """

    code: str
    functions: tuple[str, ...] = ()


def joined(parts: Sequence[Part], separator: str = "\n") -> Part:
    """Put parts one after the other, each function once."""
    functions = dict.fromkeys(function for part in parts for function in part.functions)
    return Part(separator.join(part.code for part in parts if part.code), tuple(functions))


def loop(repeat: int, source: str, target: str) -> tuple[list[str], str, int]:
    """Begin a loop if a step is repeated: (lines, variable that the step reads, its indentation)."""
    if repeat == 1:
        return [], source, 0
    start = [] if source == target else [f"{target} = {source}"]
    return [*start, f"for _ in range({repeat}):"], target, 1


@dataclass(frozen=True)
class Window:
    """The pixels that one output reads: (rows, columns) of the dilated kernel."""

    size: Pair

    @classmethod
    def of(cls, kernel: Pair, dilation: Pair = (1, 1)) -> Window:
        """The window of a kernel of this size."""
        return cls(((kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1))

    @property
    def rows(self) -> Pair:
        """Padding (above, below) that keeps the size."""
        return same_padding(self.size[0])

    @property
    def columns(self) -> Pair:
        """Padding (left, right) that keeps the size."""
        return same_padding(self.size[1])

    @property
    def centred(self) -> bool:
        """True when the middle is a pixel."""
        return self.size[0] % 2 == 1 and self.size[1] % 2 == 1

    def output(self, picture: Pair, stride: Pair) -> Pair:
        """The size of the result, after padding that keeps the size at stride 1."""
        rows, columns = (output_size(n, k, s, k - 1) for n, k, s in zip(picture, self.size, stride, strict=True))
        return rows, columns
