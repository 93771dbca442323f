"""The checks that every function on pictures and kernels makes first, and the types they return."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.errors import BadCell, KernelError, ParameterError
from cnnviz.text import N_

__all__ = [
    "MAX_ENGINE_SIZE",
    "MAX_KERNEL_SIZE",
    "MAX_WEIGHT",
    "Pair",
    "Picture",
    "Weights",
    "bad_cells_error",
    "checked_pair",
    "checked_pixels",
    "checked_weights",
]

Picture = NDArray[np.float32]
Weights = NDArray[np.float64]
Pair = tuple[int, int]

MAX_KERNEL_SIZE = 31
MAX_ENGINE_SIZE = 255
MAX_WEIGHT = 1e6
MAX_CHANNELS = 512
_SHOWN_CELLS = 5


def checked_pixels(pixels: ArrayLike) -> Picture:
    """Return `pixels` as contiguous float32 of shape (H, W) or (H, W, C), copied only when it is not already.

    Raises:
        ParameterError: when the array has another number of axes, an empty one, more than 512 channels, or
            does not hold real numbers.
    """
    array = np.asarray(pixels)
    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[2] > MAX_CHANNELS):
        raise ParameterError("pixels", f"{array.shape}", f"(H, W), (H, W, 1 … {MAX_CHANNELS})")
    if array.dtype.kind not in "buif":
        raise ParameterError("pixels", f"{array.dtype}", "float32")
    return np.ascontiguousarray(array, dtype=np.float32)


def checked_weights(weights: ArrayLike, largest: int = MAX_ENGINE_SIZE) -> Weights:
    """Return `weights` as a float64 array of shape (kh, kw); negative zeros become zeros.

    Args:
        weights: anything that NumPy reads as a matrix of real numbers.
        largest: the largest legal side.

    Raises:
        KernelError: when it is not a matrix, has an empty or too long side, or holds cells that are not
            finite or beyond ±1e6 (`cells` names them).
    """
    array = _as_matrix(weights)
    if not (1 <= array.shape[0] <= largest and 1 <= array.shape[1] <= largest):
        raise KernelError(
            N_("The kernel has {rows} rows and {columns} columns; both must be from 1 to {largest}."),
            rows=array.shape[0],
            columns=array.shape[1],
            largest=largest,
        )
    if not np.abs(array).max() <= MAX_WEIGHT:
        raise bad_cells_error(tuple(_bad_cells(array)))
    return array + 0.0


def bad_cells_error(bad: tuple[BadCell, ...]) -> KernelError:
    """Return the error that names cells which are no usable numbers; the sentence shows the first five."""
    places = "; ".join(f"({cell.row}, {cell.column}) “{cell.text}”" for cell in bad[:_SHOWN_CELLS])
    return KernelError(
        N_("These cells (row, column) are not numbers between -1,000,000 and 1,000,000: {places}."),
        bad,
        places=places + " …" if len(bad) > _SHOWN_CELLS else places,
    )


def _as_matrix(weights: ArrayLike) -> Weights:
    try:
        array = np.asarray(weights)
        if array.ndim == 2 and array.dtype.kind in "buif":
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    raise KernelError(N_("The kernel must be a table of numbers: rows of equal length."))


def _bad_cells(array: Weights) -> Iterator[BadCell]:
    for row, column in np.argwhere(~(np.abs(array) <= MAX_WEIGHT)):
        yield BadCell(int(row) + 1, int(column) + 1, f"{array[row, column]:g}")


def checked_pair(name: str, value: object, largest: int) -> Pair:
    """Return `value` as (rows, columns); a single int counts for both.

    Raises:
        ParameterError: when it is not one or two whole numbers from 1 to `largest`.
    """
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) == 2 and all(_is_whole(n) and 1 <= n <= largest for n in pair):
        return int(pair[0]), int(pair[1])
    raise ParameterError(name, value, f"1 … {largest}")


def _is_whole(number: object) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)
