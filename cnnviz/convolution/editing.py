"""Small changes to a kernel, each giving a new kernel of one's own."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cnnviz.convolution.kernels import Kernel, custom
from cnnviz.errors import KernelError
from cnnviz.text import N_

__all__ = [
    "Where",
    "add_column",
    "add_row",
    "flip_both",
    "flip_horizontally",
    "flip_vertically",
    "normalise",
    "remove_column",
    "remove_row",
    "rotate",
    "transpose",
]

Where = Literal["start", "end"]


def add_row(kernel: Kernel, where: Where = "end") -> Kernel:
    """Add a row of zeros at the top ("start") or the bottom ("end").

    Raises:
        KernelError: when the kernel has 31 rows already.
    """
    return custom(np.pad(kernel.weights, (_sides(where), (0, 0))))


def add_column(kernel: Kernel, where: Where = "end") -> Kernel:
    """Add a column of zeros on the left ("start") or the right ("end").

    Raises:
        KernelError: when the kernel has 31 columns already.
    """
    return custom(np.pad(kernel.weights, ((0, 0), _sides(where))))


def remove_row(kernel: Kernel, where: Where = "end") -> Kernel:
    """Remove the top ("start") or the bottom ("end") row.

    Raises:
        KernelError: when it is the only one.
    """
    return custom(kernel.weights[1:] if where == "start" else kernel.weights[:-1])


def remove_column(kernel: Kernel, where: Where = "end") -> Kernel:
    """Remove the left ("start") or the right ("end") column.

    Raises:
        KernelError: when it is the only one.
    """
    return custom(kernel.weights[:, 1:] if where == "start" else kernel.weights[:, :-1])


def normalise(kernel: Kernel) -> Kernel:
    """Divide by the sum, so that brightness is kept; when the sum is 0, by the sum of absolute values.

    A sum within rounding (1e-9 of the sum of absolute values) counts as 0.

    Raises:
        KernelError: when all weights are 0.
    """
    total, absolute = float(kernel.weights.sum()), float(np.abs(kernel.weights).sum())
    if absolute == 0:
        raise KernelError(N_("All weights are 0, so they cannot be normalised. Please enter another number."))
    return custom(kernel.weights / (total if abs(total) > 1e-9 * absolute else absolute))


def rotate(kernel: Kernel, quarter_turns: int = 1) -> Kernel:
    """Turn by 90 degrees, `quarter_turns` times: counter-clockwise, clockwise when negative."""
    return custom(np.rot90(kernel.weights, quarter_turns))


def flip_horizontally(kernel: Kernel) -> Kernel:
    """Exchange left and right."""
    return custom(kernel.weights[:, ::-1])


def flip_vertically(kernel: Kernel) -> Kernel:
    """Exchange top and bottom."""
    return custom(kernel.weights[::-1])


def flip_both(kernel: Kernel) -> Kernel:
    """Turn by 180 degrees: correlation with the result is convolution with `kernel`."""
    return custom(kernel.weights[::-1, ::-1])


def transpose(kernel: Kernel) -> Kernel:
    """Exchange rows and columns."""
    return custom(kernel.weights.T)


def _sides(where: Where) -> tuple[int, int]:
    return (1, 0) if where == "start" else (0, 1)
