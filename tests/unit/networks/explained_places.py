"""The numbers behind one place of a map, in 64-bit arithmetic: products, their sums, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError
from cnnviz.networks.activations import FORMULAS
from cnnviz.networks.explained import OUTSIDE, Convolved, Explanation

__all__ = ["Sums", "sums", "value_at"]


@dataclass(frozen=True, eq=False)
class Sums:
    """A place of a convolution.

    Attributes:
        products: (K, kernel rows, kernel columns), window times kernel, one for each input channel that is kept.
        channels: (K,), their sums.
        others: sum of the input channels that are not kept.
        bias: 0 where there is none.
        total: of all; what the convolution computed.
    """

    products: NDArray[np.float64]
    channels: NDArray[np.float64]
    others: float
    bias: float
    total: float


def sums(head: Convolved, row: int, column: int) -> Sums:
    """Add up one place of a convolution, counted from 0.

    Raises:
        ParameterError: when it lies outside of the map.
    """
    _check(head.output.shape, row, column)
    rows, columns = head.windows.rows[row], head.windows.columns[column]
    inside = np.multiply.outer(rows != OUTSIDE, columns != OUTSIDE)
    window = head.inputs[:, rows[:, None], columns].astype(np.float64) * inside
    products = window * head.weights
    channels = products.sum(axis=(1, 2))
    others = 0.0 if head.others is None else float(head.others[row, column])
    bias = head.bias or 0.0
    return Sums(products, channels, others, bias, float(channels.sum() + others + bias))


def value_at(explanation: Explanation, row: int, column: int) -> float | None:
    """What a chain that begins with a convolution gives at one place, computed from its inputs; else None.

    Raises:
        ParameterError: when the place lies outside of the map.
    """
    if not isinstance(explanation.head, Convolved):
        return None
    value = sums(explanation.head, row, column).total
    if (norm := explanation.normalised) is not None:
        value = norm.scale * value + norm.shift
    if (last := explanation.activated) is not None:
        if not last.formula:
            return None
        value = float(FORMULAS[last.formula](np.array(value), last.settings))
    return value


def _check(shape: tuple[int, ...], row: int, column: int) -> None:
    for name, value, size in (("row", row, shape[0]), ("column", column, shape[1])):
        if not 0 <= value < size:
            raise ParameterError(name, value, f"0 … {size - 1}")
