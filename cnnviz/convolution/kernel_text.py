"""Kernels as people type and paste them: a grid of cells, a spreadsheet, CSV, or a Python list.

Nothing is evaluated; every text is hostile until it has been read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from cnnviz.convolution.checks import MAX_KERNEL_SIZE, MAX_WEIGHT, Weights, bad_cells_error
from cnnviz.convolution.kernel_paste import MAX_CHARACTERS, split_cells
from cnnviz.errors import BadCell, KernelError
from cnnviz.text import N_

__all__ = ["MAX_CHARACTERS", "format_cell", "parse_cells", "parse_text"]

_LONGEST_CELL = 40
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)


def parse_cells(cells: Sequence[Sequence[str]]) -> Weights:
    """Read a grid of typed texts as weights.

    A cell is a number (`2`, `-0.5`, `1e-3`) or a fraction (`1/9`, `-1/9`); a decimal comma (`0,5`) and a
    typographic minus are understood too.

    Args:
        cells: rows of texts, 1 to 31 rows and columns.

    Returns:
        float64 of shape (rows, columns).

    Raises:
        KernelError: when the grid is empty or too large, or cells are missing, empty, no numbers, NaN,
            infinite or beyond ±1e6; `cells` names every one of them, rows and columns counted from 1.
    """
    columns = max((len(row) for row in cells), default=0)
    _check_size(len(cells), columns)
    padded = [[*row, *[""] * (columns - len(row))] for row in cells]
    values = [[_number(text) for text in row] for row in padded]
    bad = tuple(
        BadCell(r, c, padded[r - 1][c - 1].strip()[:_LONGEST_CELL])
        for r, row in enumerate(values, 1)
        for c, value in enumerate(row, 1)
        if value is None
    )
    if bad:
        raise bad_cells_error(bad)
    return np.array(values, dtype=np.float64)


def parse_text(text: str) -> Weights:
    """Read a pasted kernel.

    Understood are cells copied from a spreadsheet (tabs), CSV with commas or semicolons, numbers separated by
    spaces, MATLAB's `[1 2; 3 4]`, JSON, and nested lists as Python, NumPy and PyTorch write or print them
    (`[[1, 2], [3, 4]]`, `np.array(...)`, `tensor([[1., 2.]])`). Outer lists of one element are dropped, so
    that a (1, 1, kh, kw) tensor is read as its one kernel.

    Args:
        text: up to 65,536 characters.

    Returns:
        float64 of shape (rows, columns), each 1 to 31.

    Raises:
        KernelError: when the text is too long, is not one table, or has bad cells (as `parse_cells`).
    """
    return parse_cells(split_cells(text))


def format_cell(value: float) -> str:
    """Return the shortest text that `parse_cells` reads back as exactly `value`: "2", "0.1", "1/9"."""
    number = float(value)
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    decimal = re.sub(r"e([+-])0*", lambda found: "e" + found[1].replace("+", ""), repr(number))
    near = Fraction(number).limit_denominator(1000)
    fraction = f"{near.numerator}/{near.denominator}"
    exact = near.numerator / near.denominator == number
    return fraction if exact and len(fraction) < len(decimal) else decimal


def _check_size(rows: int, columns: int) -> None:
    if not (rows and columns):
        raise KernelError(N_("There are no numbers yet. Please enter at least one cell."))
    if max(rows, columns) > MAX_KERNEL_SIZE:
        raise KernelError(
            N_("The kernel has {rows} rows and {columns} columns; both must be from 1 to {largest}."),
            rows=rows,
            columns=columns,
            largest=MAX_KERNEL_SIZE,
        )


def _number(text: str) -> float | None:
    """Return the number that a cell means, None when it means none."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if len(plain) > _LONGEST_CELL:
        return None
    top, slash, bottom = plain.partition("/")
    numerator, denominator = _decimal(top.strip()), _decimal(bottom.strip()) if slash else 1.0
    if numerator is None or not denominator:
        return None
    value = numerator / denominator
    return value + 0.0 if abs(value) <= MAX_WEIGHT else None


def _decimal(text: str) -> float | None:
    point = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    return float(point) if _NUMBER.fullmatch(point) else None
