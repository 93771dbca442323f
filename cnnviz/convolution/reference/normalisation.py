"""Batch normalisation, in training and in prediction: `torch.nn.BatchNorm2d`.

Ioffe and Szegedy, "Batch normalization" (arXiv 1502.03167), algorithms 1 and 2, with one mean and one variance per
channel (section 3.2) and running averages in place of algorithm 2's averages over training batches, as in torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.reference.checks import checked_vector, numbers
from cnnviz.convolution.reference.trace import Cells
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["Normalised", "predict", "train"]


@dataclass(frozen=True, eq=False)
class Normalised:
    """A normalised batch.

    Attributes:
        values: the output, (N, C, H, W).
        mean: subtracted from each channel, (C,).
        variance: whose root divides each channel, before eps is added, (C,).
        running_mean: for prediction, after this batch, (C,).
        running_variance: likewise, (C,).
    """

    values: Cells
    mean: Cells
    variance: Cells
    running_mean: Cells
    running_variance: Cells


def train(
    cells: ArrayLike,
    scale: ArrayLike,
    shift: ArrayLike,
    running_mean: ArrayLike,
    running_variance: ArrayLike,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Normalised:
    """Normalise by the mean and the variance of the batch itself, and move the running ones towards them.

    The batch is divided by the root of its biased variance (sum over n cells divided by n); the running variance
    takes the unbiased one (divided by n - 1), algorithm 2, step 10.

    Args:
        cells: a batch, (N, C, H, W), with at least two cells per channel.
        scale: gamma, (C,).
        shift: beta, (C,).
        running_mean: before this batch, (C,).
        running_variance: likewise, at least 0, (C,).
        momentum: how far the running statistics move, 0 … 1.
        eps: added to the variance, above 0.

    Raises:
        ParameterError: when an array has the wrong shape or a number is outside its range.
    """
    cells = _checked_batch(cells)
    count = cells.size // cells.shape[1]
    if count < 2:
        raise ParameterError("cells", f"{cells.shape}", "N * H * W ≥ 2", N_("one cell has no variance"))
    if not 0 <= momentum <= 1:
        raise ParameterError("momentum", momentum, "0 … 1")
    mean, variance = cells.mean(axis=(0, 2, 3)), cells.var(axis=(0, 2, 3))
    old_mean, old_variance = _checked_statistics(running_mean, running_variance, cells.shape[1])
    return Normalised(
        _normalise(cells, mean, variance, scale, shift, eps),
        mean,
        variance,
        (1 - momentum) * old_mean + momentum * mean,
        (1 - momentum) * old_variance + momentum * variance * count / (count - 1),
    )


def predict(
    cells: ArrayLike,
    scale: ArrayLike,
    shift: ArrayLike,
    running_mean: ArrayLike,
    running_variance: ArrayLike,
    eps: float = 1e-5,
) -> Normalised:
    """Normalise by the running mean and variance, which stay as they are: each input is treated alone.

    Args, shapes and errors as for `train`; one cell per channel is enough.
    """
    cells = _checked_batch(cells)
    mean, variance = _checked_statistics(running_mean, running_variance, cells.shape[1])
    values = _normalise(cells, mean, variance, scale, shift, eps)
    return Normalised(values, mean, variance, mean.copy(), variance.copy())


def _normalise(cells: Cells, mean: Cells, variance: Cells, scale: ArrayLike, shift: ArrayLike, eps: float) -> Cells:
    """`scale * (x - mean) / sqrt(variance + eps) + shift`, channel by channel."""
    if not (np.isfinite(eps) and eps > 0):
        raise ParameterError("eps", eps, "> 0")
    gamma, beta = (checked_vector(name, each, len(mean)) for name, each in (("scale", scale), ("shift", shift)))
    standard = (cells - _per_channel(mean)) / np.sqrt(_per_channel(variance) + eps)
    return _per_channel(gamma) * standard + _per_channel(beta)


def _per_channel(vector: Cells) -> Cells:
    """(C,) as (C, 1, 1): one number for all cells of a channel."""
    return vector[:, None, None]


def _checked_batch(cells: ArrayLike) -> Cells:
    array = numbers("cells", cells)
    if array.ndim != 4 or array.size == 0:
        raise ParameterError("cells", f"{array.shape}", "(N, C, H, W)")
    return array


def _checked_statistics(mean: ArrayLike, variance: ArrayLike, channels: int) -> tuple[Cells, Cells]:
    checked_mean = checked_vector("running_mean", mean, channels)
    checked_variance = checked_vector("running_variance", variance, channels)
    if (checked_variance < 0).any():
        raise ParameterError("running_variance", checked_variance.min(), "≥ 0")
    return checked_mean, checked_variance
