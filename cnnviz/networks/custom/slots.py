"""The numbers of a layer: what is legal, and how each is written, in an address as in a cell of a table."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["Flag", "Number", "Pairs", "Slot"]

_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
_PAIR = re.compile(r"([0-9]{1,2})(?:x([0-9]{1,2}))?", re.ASCII)
_SHOWN = 20  # characters of a wrong value that a sentence repeats
_LARGEST = 99  # of a kernel, stride, padding or dilation
_TWICE = N_("one number, or rows x columns, as in 3x5")


@dataclass(frozen=True)
class Slot(ABC):
    """One value of a layer.

    Attributes:
        name: of the layer's attribute, PyTorch's where that has one.
        letter: before it in the text form; empty for the value that follows the layer's word.
        always: it is written even where it is as usual.
    """

    name: str
    letter: str = ""
    always: bool = False

    @property
    @abstractmethod
    def legal(self) -> str:
        """The legal values in symbols."""

    @abstractmethod
    def check(self, value: Any) -> Any:
        """Return `value` in the form that the layer keeps.

        Raises:
            ParameterError: when it is not legal.
        """

    @abstractmethod
    def read(self, text: str) -> Any:
        """Return the value that `text` means.

        Raises:
            ParameterError: when it is none, or not legal.
        """

    @abstractmethod
    def write(self, value: Any) -> str:
        """Return a legal value as text."""

    def refusal(self, value: object, reason: str = "") -> ParameterError:
        """The error for a value that is not legal."""
        return ParameterError(self.name, str(value)[:_SHOWN], self.legal, reason)


@dataclass(frozen=True)
class Number(Slot):
    """A whole number from `minimum` to `maximum`, in steps of `step`: minimum 1 and step 2 means odd."""

    minimum: int = 1
    maximum: int = 4096
    step: int = 1

    @property
    def legal(self) -> str:
        """The range in symbols."""
        second = "" if self.step == 1 else f"{self.minimum + self.step}, "
        return f"{self.minimum}, {second}… {self.maximum}" if second else f"{self.minimum} … {self.maximum}"

    def check(self, value: Any) -> int:
        """Return `value` when it is legal."""
        if not _whole(value) or not self.minimum <= value <= self.maximum or (value - self.minimum) % self.step:
            raise self.refusal(value)
        return int(value)

    def read(self, text: str) -> int:
        """Read up to four digits."""
        if not _NUMBER.fullmatch(text):
            raise self.refusal(text)
        return self.check(int(text))

    def write(self, value: Any) -> str:
        """Write the number."""
        return str(value)


@dataclass(frozen=True)
class Pairs(Slot):
    """Rows and columns, each from `minimum` to 99; one number counts for both. `rule` is a word that also counts."""

    minimum: int = 1
    rule: str = ""

    @property
    def legal(self) -> str:
        """The range in symbols, and the word."""
        return f"{self.minimum} … {_LARGEST}" + (f", {self.rule}" if self.rule else "")

    def check(self, value: Any) -> Pair | str:
        """Return `value` as (rows, columns), or the word."""
        if self.rule and value == self.rule:
            return self.rule
        pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
        if len(pair) != 2 or not all(_whole(each) and self.minimum <= each <= _LARGEST for each in pair):
            raise self.refusal("x".join(map(str, dict.fromkeys(pair))), _TWICE)
        return int(pair[0]), int(pair[1])

    def read(self, text: str) -> Pair | str:
        """Read "3", "3x5" or the word."""
        if self.rule and text == self.rule:
            return self.rule
        found = _PAIR.fullmatch(text)
        if found is None:
            raise self.refusal(text, _TWICE)
        return self.check((int(found[1]), int(found[2] or found[1])))

    def write(self, value: Any) -> str:
        """Write "3" or "3x5" or the word."""
        if isinstance(value, str):
            return value
        return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"


@dataclass(frozen=True)
class Flag(Slot):
    """Yes or no, written 1 or 0."""

    @property
    def legal(self) -> str:
        """Both values."""
        return "0, 1"

    def check(self, value: Any) -> bool:
        """Return `value` when it is True or False."""
        if not isinstance(value, bool):
            raise self.refusal(value)
        return value

    def read(self, text: str) -> bool:
        """Read 0 or 1."""
        if text not in ("0", "1"):
            raise self.refusal(text)
        return text == "1"

    def write(self, value: Any) -> str:
        """Write 0 or 1."""
        return str(int(value))


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
