"""Values as Python source: kernels, texts and calls, laid out as `ruff format` does at 88 columns."""

from __future__ import annotations

import textwrap
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Weights, checked_weights

__all__ = [
    "assigned",
    "call",
    "divided",
    "kernel_literal",
    "slices",
    "text_literal",
    "vector_literal",
]

_LINE = 88  # the formatters' default

_INDENT = "    "
_LARGEST_DIVISOR = 1000


def kernel_literal(weights: ArrayLike) -> str:
    """Return a kernel as a nested list: a line per row of weights, or more where it would exceed 88 columns.

    A weight is a whole number, a fraction ("1 / 9") where that is shorter than the decimals, or the shortest
    decimal that is the same float32: filters on float32 pictures use no more digits.

    Args:
        weights: (kh, kw), each side 1 to 255.

    Returns:
        An expression without names, so that `ast` can tell that it is only numbers.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    rows = [f"{_INDENT}{_row(values)}" for values in checked_weights(weights)]
    return "\n".join(["[", *rows, "]"])


def assigned(name: str, literal: str) -> str:
    """Return `name = literal`; formatters are told to leave rows alone that they would tear apart."""
    statement = f"{name} = {literal}"
    torn = "\n" in literal and any(not line.endswith(("[", "],", "]")) for line in statement.splitlines())
    return f"# fmt: off\n{statement}\n# fmt: on" if torn else statement


def divided(weights: Weights) -> tuple[NDArray[np.float64], int]:
    """Split weights into whole numbers and one divisor, where that reads better: a box is ones / 9.

    Returns:
        (numerators, divisor) with `numerators / divisor` exactly equal to `weights`; the weights themselves
        and 1 when no divisor up to 1000 does that, or the decimals are short anyway.
    """
    if all(len(_decimal(value)) <= 5 for value in weights.flat):
        return weights, 1
    largest = Fraction(float(np.abs(weights).max())).limit_denominator(_LARGEST_DIVISOR).denominator
    for divisor in range(largest, _LARGEST_DIVISOR + 1, largest):
        numerators = np.rint(weights * divisor)
        if np.array_equal(numerators / divisor, weights):
            return numerators, divisor
    return weights, 1


def text_literal(text: str) -> str:
    """Return any text as a Python string, in double quotes where that needs no escapes."""
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if quoted[0] == "'" and '"' not in quoted and "\\'" not in quoted else quoted


def call(function: str, *arguments: str, target: str = "result", indent: int = 0) -> str:
    """Return `target = function(arguments)`, its arguments on a line of their own when it is too long."""
    margin = _INDENT * indent
    head, inside = f"{margin}{target} = {function}(", ", ".join(arguments)
    if len(head) + len(inside) + 1 <= _LINE:
        return f"{head}{inside})"
    if len(margin) + len(_INDENT) + len(inside) <= _LINE:
        return f"{head}\n{margin}{_INDENT}{inside}\n{margin})"
    return "\n".join([head, *(f"{margin}{_INDENT}{each}," for each in arguments), f"{margin})"])


def slices(steps: tuple[int, int]) -> str:
    """Return the subscript that takes every n-th row and column, e.g. "[::2, ::2]"."""
    rows, columns = (f"::{n}" if n > 1 else ":" for n in steps)
    return f"[{rows}]" if columns == ":" else f"[{rows}, {columns}]"


def vector_literal(values: NDArray[np.float64]) -> str:
    """Return a vector as a flat list; a long one is filled up line by line."""
    line = f"[{', '.join(map(_cell, values))}]"
    return line if len(line) <= _LINE - len("column = ") else "[\n" + _filled(values, _INDENT) + ",\n]"


def _row(values: NDArray[np.float64]) -> str:
    line = f"[{', '.join(map(_cell, values))}],"
    if len(_INDENT) + len(line) <= _LINE:
        return line
    return f"[{_filled(values, _INDENT + ' ').lstrip()}],"


def _filled(values: NDArray[np.float64], margin: str) -> str:
    cells = ", ".join(_cell(value).replace(" ", "\N{NO-BREAK SPACE}") for value in values)
    lines = textwrap.wrap(cells, _LINE - 2, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False)
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def _cell(value: float) -> str:
    decimal = _decimal(value)
    near = Fraction(float(value)).limit_denominator(_LARGEST_DIVISOR)
    fraction = f"{near.numerator} / {near.denominator}"
    exact = near.numerator / near.denominator == value
    return fraction if exact and len(fraction) < len(decimal) else decimal


def _decimal(value: float) -> str:
    """Return the shortest text that is the same float32."""
    single = np.float32(value)
    return str(int(single)) if float(single).is_integer() else str(single)
