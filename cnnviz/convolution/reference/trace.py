"""A computation written down: the output, and the array at each step on the way to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cells", "Stage", "Traced", "stage"]

Cells = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stage:
    """One step of a computation.

    Attributes:
        title: what the array is, marked with `N_`.
        shape: of the array.
        formula: where the shape comes from, e.g. "(groups, cin/groups * kh * kw, H' * W')". H and W are rows and
            columns of the input, H' and W' of the output, cin and cout its channels, kh and kw the kernel's sides,
            dh and dw the dilation; top, bottom, left and right the padding, U and V the sides of a Fourier transform.
        values: the array; float64, or complex128 for a spectrum.
    """

    title: str
    shape: tuple[int, ...]
    formula: str
    values: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Traced:
    """What a computation gives, and how it came about.

    Attributes:
        values: the output, (out_channels, H', W').
        stages: with shapes at each step, in the order of the computation; the last one holds `values`.
    """

    values: Cells
    stages: tuple[Stage, ...]


def stage(title: str, formula: str, values: NDArray[Any]) -> Stage:
    """Write one step down; the shape is read from the array."""
    return Stage(title, values.shape, formula, values)
