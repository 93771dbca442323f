"""A chain of filters as a short text that stands in a URL unchanged, and back.

    gaussian~size-5~sigma-1.2~repeat-2~~sobel_x~stride-2x1
    custom~2x2~1_0_0_-1~~median~size-5

Steps are joined by two tildes, the parts of a step by one; only letters, digits and ``-_.~`` occur, which
URLs do not escape. What equals its default is left out. The text is untrusted on the way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cnnviz.convolution import catalogue, kernels
from cnnviz.convolution.chain import MAX_STEPS
from cnnviz.convolution.checks import Pair
from cnnviz.convolution.steps import REPEAT, Bilateral, Linear, Median, Step
from cnnviz.errors import ParameterError

__all__ = ["MAX_LENGTH", "read", "write"]

MAX_LENGTH = 200_000
"""Longest text that is read; eight full 31 x 31 kernels of long numbers take less."""

_EXTRAS: tuple[str, ...] = ("stride", "dilation", "repeat")
_STEPS, _PARTS, _VALUE, _CELLS = "~~", "~", "-", "_"


def write(steps: Sequence[Step]) -> str:
    """Write a chain as text; an empty chain is ""."""
    return _STEPS.join(_write_step(step) for step in steps)


def read(text: str) -> tuple[Step, ...]:
    """Read a chain that `write` wrote.

    Raises:
        ParameterError: when the text is not such a chain, or a number in it is out of range.
        KernelError: when typed weights are not a kernel.
    """
    if len(text) > MAX_LENGTH:
        raise ParameterError("chain", f"{len(text)} characters", f"0 … {MAX_LENGTH}")
    parts = text.split(_STEPS) if text else []
    if len(parts) > MAX_STEPS:
        raise ParameterError("steps", len(parts), f"0 … {MAX_STEPS}")
    return tuple(_read_step(part) for part in parts)


def _write_step(step: Step) -> str:
    key = catalogue.key_of(step)
    parts = [key]
    if isinstance(step, Linear) and key == kernels.CUSTOM:
        rows, columns = step.kernel.weights.shape
        cells = (_write_number(value) for value in step.kernel.weights.flat)
        parts += [f"{rows}x{columns}", _CELLS.join(cells)]
    else:
        defaults = {each.name: each.default for each in catalogue.entry(key).parameters}
        parts += [
            f"{name}{_VALUE}{_write_number(value)}"
            for name, value in catalogue.values_of(step).items()
            if value != defaults[name]
        ]
    return _PARTS.join([*parts, *_write_extras(step)])


def _write_extras(step: Step) -> list[str]:
    parts = []
    if isinstance(step, Linear):
        for name, pair in (("stride", step.strides), ("dilation", step.dilations)):
            if pair != (1, 1):
                parts.append(f"{name}{_VALUE}{pair[0]}x{pair[1]}")
    if isinstance(step, Linear | Median | Bilateral) and step.repeat != 1:
        parts.append(f"repeat{_VALUE}{step.repeat}")
    return parts


def _write_number(value: float) -> str:
    """Write the shortest text that is read back as exactly `value`; no fractions: URLs escape the slash."""
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)


def _read_step(text: str) -> Step:
    key, *parts = text.split(_PARTS)
    if key == kernels.CUSTOM:
        return _with_extras(Linear(kernels.custom(_read_cells(parts[:2]))), dict(map(_split, parts[2:])))
    values = dict(map(_split, parts))
    extras = {name: values.pop(name) for name in _EXTRAS if name in values}
    step = catalogue.make(key, {name: _number(name, value) for name, value in values.items()})
    return _with_extras(step, extras)


def _with_extras(step: Step, extras: dict[str, str]) -> Step:
    for name, value in extras.items():
        if isinstance(step, Linear) and name in ("stride", "dilation"):
            step = replace(step, **{name: _pair(name, value)})  # type: ignore[arg-type]  # stride or dilation, by name
        elif isinstance(step, Linear | Median | Bilateral) and name == "repeat":
            step = replace(step, repeat=int(REPEAT.check(_number(name, value))))
        else:
            raise ParameterError(name, value, "left out")
    return step


def _read_cells(parts: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    if len(parts) != 2:
        raise ParameterError("kernel", "~".join(parts)[:40], "3x3~0_0_0_0_1_0_0_0_0")
    rows, columns = _pair("kernel", parts[0])
    cells = [_number("kernel", cell) for cell in parts[1].split(_CELLS)]
    if rows < 1 or columns < 1 or len(cells) != rows * columns:
        raise ParameterError("kernel", parts[0], f"{len(cells)} numbers")
    return np.array(cells, dtype=np.float64).reshape(rows, columns)


def _split(part: str) -> tuple[str, str]:
    name, found, value = part.partition(_VALUE)
    if not found:
        raise ParameterError("chain", part[:40], "name-value")
    return name, value


def _number(name: str, text: str) -> float:
    try:
        value = float(text) if len(text) <= 32 else float("nan")
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise ParameterError(name, text[:40], "a finite number")
    return value


def _pair(name: str, text: str) -> Pair:
    rows, found, columns = text.partition("x")
    if not found or not (rows.isdecimal() and columns.isdecimal()) or len(text) > 9:
        raise ParameterError(name, text[:40], "1x1 … 255x255")
    return int(rows), int(columns)
