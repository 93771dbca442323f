"""A kernel of a network in the address of the pages that explain filters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution import kernels, notation
from cnnviz.convolution.steps import Linear

__all__ = ["kernel_address"]


def kernel_address(pattern: NDArray[np.floating]) -> str:
    """The setting "chain" of those pages, in four digits.

    Args:
        pattern: (rows, columns), at most 31 each.

    Raises:
        KernelError: when a number is not finite.
    """
    rounded = np.array([[float(f"{value:.4g}") for value in row] for row in pattern])
    return notation.write((Linear(kernels.custom(rounded)),))
