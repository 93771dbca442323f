"""Kernels that are the product of a column and a row, and what that column and row are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.checks import Weights

__all__ = ["factors"]

Vector = NDArray[np.float64]

TOLERANCE = 1e-9
MAX_MULTIPLE = 24
MAX_INTEGER = 10_000


def factors(weights: Weights) -> tuple[Vector, Vector] | None:
    """Split a kernel into (column, row) with `np.outer(column, row)` equal to it; None if it has none.

    The rank is 1 when the second singular value is at most 1e-9 of the first (Eckart and Young, 1936). The
    factors are scaled to be readable: small whole numbers without a common divisor where that is possible
    (Sobel X is [1, 2, 1] times [-1, 0, 1]), otherwise a row that sums to 1, or with a largest value of 1 if
    its sum is 0. What remains of the scale goes into the column.
    """
    if not weights.any():
        return np.zeros(weights.shape[0]), np.zeros(weights.shape[1])
    if min(weights.shape) > 1:
        singular = np.linalg.svd(weights, compute_uv=False)
        if singular[1] > TOLERANCE * singular[0]:
            return None
    i, j = np.unravel_index(np.abs(weights).argmax(), weights.shape)
    row, column = _readable(weights[i, :]), _readable(weights[:, j])
    scale = weights[i, j] / (column[i] * row[j])
    return _snapped(column * scale) + 0.0, row + 0.0


def _readable(values: Vector) -> Vector:
    whole = _whole(values)
    if whole is not None:
        return -whole if whole.sum() < 0 else whole
    return np.asarray(values / (values.sum() if _sums_to_something(values) else np.abs(values).max()))


def _whole(values: Vector) -> Vector | None:
    """Return the smallest whole numbers in the same proportion, or None when there are no small ones."""
    ratio = values / np.abs(values[values != 0]).min()
    for multiple in range(1, MAX_MULTIPLE + 1):
        scaled = ratio * multiple
        nearest = np.round(scaled)
        if np.abs(nearest).max() > MAX_INTEGER:
            return None
        if np.allclose(scaled, nearest, rtol=TOLERANCE, atol=TOLERANCE):
            return np.asarray(nearest, dtype=np.float64)
    return None


def _sums_to_something(values: Vector) -> bool:
    return abs(float(values.sum())) > 1e-6 * float(np.abs(values).sum())


def _snapped(values: Vector) -> Vector:
    """Remove the rounding of one multiplication where a whole number was meant."""
    nearest = np.round(values)
    return np.where(np.isclose(values, nearest, rtol=1e-12, atol=0), nearest, values)
