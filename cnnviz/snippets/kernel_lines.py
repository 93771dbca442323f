"""The statements that make a kernel: as a table of weights, or as a column times a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution import separability
from cnnviz.convolution.checks import Weights
from cnnviz.snippets.literals import assigned, divided, kernel_literal, vector_literal
from cnnviz.snippets.parts import Library

__all__ = ["Factors", "factor_lines", "factors_of", "kernel_lines", "table_lines"]

Factors = tuple[NDArray[np.float64], NDArray[np.float64]]

_LARGE = 49  # cells: from there on a table is harder to read than its factors
_TABLE = {"opencv": "np.array(weights, np.float32)", "torch": "torch.tensor(weights, dtype=torch.float32)"}
_PRODUCT = {
    "opencv": "np.outer(column, row).astype(np.float32)",
    "torch": "(torch.tensor(column)[:, None] * torch.tensor(row)).float()",
}


def factors_of(weights: Weights) -> Factors | None:
    """Return (column, row) of a large kernel that is their product."""
    if weights.size < _LARGE or min(weights.shape) == 1:
        return None
    factors = separability.factors(weights)
    return None if factors is None else (_without_dust(factors[0]), _without_dust(factors[1]))


def factor_lines(factors: Factors) -> list[str]:
    """Assign `column` and `row` as lists."""
    column, row = map(vector_literal, factors)
    if column == row:
        return [assigned("column = row", row)]
    return [assigned("column", column), assigned("row", row)]


def table_lines(weights: Weights) -> list[str]:
    """Assign `weights` as a nested list."""
    return [assigned("weights", kernel_literal(weights))]


def kernel_lines(weights: Weights, library: Library) -> list[str]:
    """Assign `kernel` as a float32 array or tensor."""
    factors = factors_of(weights)
    if factors is not None:
        return [*factor_lines(factors), f"kernel = {_PRODUCT[library]}"]
    numerators, divisor = divided(_without_dust(weights))
    return [*table_lines(numerators), f"kernel = {_TABLE[library]}{f' / {divisor}' if divisor > 1 else ''}"]


def _without_dust(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Write 0 for what only rounding made different from it, such as the cosine of 90 degrees."""
    return np.where(np.abs(values) < 1e-12 * np.abs(values).max(), 0.0, values)
