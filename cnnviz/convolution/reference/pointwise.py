"""Operations that look at one place at a time: the 1 x 1 convolution and the ReLU."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.reference.checks import checked_vector, numbers
from cnnviz.convolution.reference.trace import Cells
from cnnviz.errors import ParameterError

__all__ = ["pointwise", "relu"]


def pointwise(cells: ArrayLike, weights: ArrayLike, bias: ArrayLike | None = None) -> Cells:
    """Mix the channels of every cell by one matrix: a 1 x 1 convolution (Lin et al., arXiv 1312.4400, section 3.1).

    Args:
        cells: one input, (in_channels, H, W).
        weights: (out_channels, in_channels), or torch's (out_channels, in_channels, 1, 1).
        bias: (out_channels,), or None to add nothing.

    Returns:
        (out_channels, H, W).

    Raises:
        ParameterError: when an array has the wrong shape or does not hold finite numbers.
    """
    cells, matrix = numbers("cells", cells), numbers("weights", weights)
    if cells.ndim != 3:
        raise ParameterError("cells", f"{cells.shape}", "(C, H, W)")
    in_channels, height, width = cells.shape
    if matrix.ndim not in (2, 4) or matrix.shape[1:] not in ((in_channels,), (in_channels, 1, 1)):
        raise ParameterError("weights", f"{matrix.shape}", f"(out_channels, {in_channels})")
    out_channels = len(matrix)
    mixed = matrix.reshape(out_channels, in_channels) @ cells.reshape(in_channels, height * width)
    if bias is not None:
        mixed += checked_vector("bias", bias, out_channels)[:, None]
    return mixed.reshape(out_channels, height, width)


def relu(cells: ArrayLike) -> Cells:
    """Return `max(0, x)` of every cell, in the same shape: `torch.nn.ReLU`.

    Raises:
        ParameterError: when the cells are not finite numbers.
    """
    return np.maximum(numbers("cells", cells), 0.0)
