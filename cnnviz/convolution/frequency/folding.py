"""Where frequencies go when pixels are dropped: zones, aliases, and the spectrum folded over itself.

A picture of which every s-th pixel is kept can hold frequencies up to 0.5 / s cycles per pixel, its Nyquist limit.
Higher ones do not go away: each looks like a lower one, its alias. C. E. Shannon: Communication in the presence of
noise, Proc. IRE 37 (1949).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Pair, checked_pair
from cnnviz.convolution.frequency.grid import ROUNDING, Array, Spectrum, checked_grid
from cnnviz.convolution.frequency.response import axis
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "LARGEST_STRIDE",
    "Alias",
    "Folding",
    "alias",
    "checked_stride",
    "fold",
    "folding",
    "sources",
    "zones",
]

LARGEST_STRIDE = 16
_HIGHEST = 1e6  # cycles per pixel: beyond, double precision cannot tell where a frequency folds to


@dataclass(frozen=True)
class Alias:
    """What one frequency along one axis becomes when every `stride`-th pixel is kept.

    Attributes:
        frequency: before, in cycles per input pixel.
        stride: pixels of the input per pixel of the output.
        zone: how many whole cycles per output pixel cannot be seen; 0 when the frequency survives as it is.
        output: what it looks like in the output, cycles per output pixel, -0.5 to 0.5. Minus is a wave that runs the
            other way.
        input: the same wave measured in the input's pixels: output / stride.
    """

    frequency: float
    stride: int
    zone: int
    output: float
    input: float


def alias(frequency: float, stride: int) -> Alias:
    """Follow one frequency through a subsampling: `output = frequency * stride - zone`.

    A frequency right at the new limit of 0.5 / stride stays, with its sign.

    Raises:
        ParameterError: when `frequency` is not a finite number (up to 1e6) or `stride` not 1 to 16.
    """
    given = Parameter("frequency", N_("Frequency"), 0.0, -_HIGHEST, _HIGHEST, 0.01).check(frequency)
    step = checked_stride(stride)[0]
    zone = int(zones(np.array([given]), step)[0])
    output = given * step - zone
    return Alias(float(given), step, zone, output, output / step)


def sources(output: float, stride: int) -> tuple[float, ...]:
    """All frequencies of the input that look the same after a subsampling, ascending.

    Args:
        output: in cycles per output pixel; repeats with period 1.
        stride: pixels of the input per pixel of the output, 1 to 16.

    Returns:
        `stride` frequencies in cycles per input pixel, -0.5 ≤ f < 0.5: (output + k) / stride.

    Raises:
        ParameterError: when `output` is not a finite number (up to 1e6) or `stride` not 1 to 16.
    """
    given = Parameter("output", N_("Frequency"), 0.0, -_HIGHEST, _HIGHEST, 0.01).check(output)
    step = checked_stride(stride)[0]
    first = math.ceil(-step / 2 - given - ROUNDING)
    return tuple((given + first + k) / step for k in range(step))


def zones(frequencies: Array, stride: int) -> NDArray[np.intp]:
    """The zone of each frequency: the whole number nearest to frequency * stride.

    Halves go towards zero, so that f and -f stay a pair and the new limit itself is in zone 0.
    """
    turns = frequencies * stride
    return np.asarray(np.sign(turns) * np.ceil(np.abs(turns) - 0.5 - stride * ROUNDING), np.intp)


@dataclass(frozen=True, eq=False)
class Folding:
    """Where every frequency of a centred grid (H, W) goes in a subsampling.

    Attributes:
        stride: (rows, columns).
        zones: intp (H, W, 2), the zone along (rows, columns) as in `Alias`; (0, 0) survives.
        outputs: float64 (H, W, 2), cycles per output pixel along (rows, columns).
        copies: the zones that occur, (0, 0) first, then by distance from it.
        labels: intp (H, W), each frequency's place in `copies`.
        kept: share of the grid's frequencies in zone (0, 0).
    """

    stride: Pair
    zones: NDArray[np.intp]
    outputs: Array
    copies: tuple[Pair, ...]
    labels: NDArray[np.intp]
    kept: float

    @property
    def folds(self) -> NDArray[np.bool_]:
        """(H, W), True where a frequency is beyond the new limit and turns into another one."""
        return self.labels > 0


def folding(size: int | Pair, stride: int | Pair) -> Folding:
    """Map the frequencies of a grid to what a subsampling turns them into.

    Raises:
        ParameterError: when `size` is not 1 to 2048 or `stride` not 1 to 16, each or as (rows, columns).
    """
    steps = checked_stride(stride)
    axes = [axis(side) for side in checked_grid(size)]
    found = [zones(line, step) for line, step in zip(axes, steps, strict=True)]
    outputs = [line * step - zone for line, step, zone in zip(axes, steps, found, strict=True)]
    copies, labels = _copies(found)
    return Folding(steps, _pairs(found), _pairs(outputs), copies, labels, float(np.mean(labels == 0)))


def _pairs(lines: list[NDArray[Any]]) -> NDArray[Any]:
    """(H, W, 2) of a line (H,) and a line (W,)."""
    return np.stack(np.meshgrid(*lines, indexing="ij"), axis=2)


def _copies(found: list[NDArray[np.intp]]) -> tuple[tuple[Pair, ...], NDArray[np.intp]]:
    """All pairs of zones, nearest first and among equals in reading order; and every frequency's place among them."""
    (rows, row_places), (columns, column_places) = (np.unique(line, return_inverse=True) for line in found)
    pairs = [(int(row), int(column)) for row in rows for column in columns]
    order = sorted(pairs, key=lambda pair: (pair[0] ** 2 + pair[1] ** 2, pair))
    table = np.array([order.index(pair) for pair in pairs], np.intp).reshape(len(rows), len(columns))
    return tuple(order), table[np.ix_(row_places, column_places)]


def fold(centred: ArrayLike, stride: int | Pair) -> Spectrum:
    """Spectrum of the subsampled picture: the mean of the stride x stride shifted copies that lie over each other.

    `Y[k] = 1 / s * sum over j of X[k + j N / s]` along each axis (A. V. Oppenheim, R. W. Schafer: Discrete-Time
    Signal Processing, section 4.6, for transforms of N pixels).

    Args:
        centred: spectrum of the picture, (H, W), zero frequency in the middle; sides are multiples of the stride.
        stride: (rows, columns) or one number, 1 to 16.

    Returns:
        complex128 (H / s, W / s), zero frequency in the middle.

    Raises:
        ParameterError: when an argument is something else.
    """
    steps, values = checked_stride(stride), np.asarray(centred)
    if (
        values.ndim != 2
        or not values.size
        or values.dtype.kind not in "buifc"
        or any(side % step for side, step in zip(values.shape, steps, strict=True))
    ):
        raise ParameterError("centred", f"{values.shape}", "(H, W), multiples of stride")
    rows, columns = values.shape[0] // steps[0], values.shape[1] // steps[1]
    copies = np.fft.ifftshift(values).reshape(steps[0], rows, steps[1], columns)
    return np.asarray(np.fft.fftshift(copies.mean(axis=(0, 2))), np.complex128)


def checked_stride(stride: int | Pair) -> Pair:
    """Return `stride` as (rows, columns).

    Raises:
        ParameterError: when it is not one or two whole numbers from 1 to 16.
    """
    return checked_pair("stride", stride, LARGEST_STRIDE)
