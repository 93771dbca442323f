"""A layer along one axis as windows that gather: what the player in the browser follows, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz.convolution.arithmetic.axis import PADDING, Axis

__all__ = ["Windows", "windows"]


@dataclass(frozen=True)
class Windows:
    """Window o covers positions `o * stride - before + j * dilation`, j = 0 … kernel - 1, of the laid out input.

    The input is laid out with its padding; that of a transposed convolution with zeros inserted between its
    cells, and the kernel is then turned around (weight `kernel - 1 - j` lies at place j).

    Attributes:
        size: cells of the input.
        kernel: weights.
        stride: positions from one window to the next.
        dilation: positions from one weight to the next.
        before: position of the first window, negated.
        output: number of windows.
        first: the first position, at most 0.
        end: the position behind the padding; windows of `ceil_mode` may reach further.
        sources: for each position from `first` on the input cell that stands there, `PADDING` for a zero.
        lost: positions that no window reads.
        turned: True when the kernel is turned around.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    output: int
    first: int
    end: int
    sources: tuple[int, ...]
    lost: tuple[int, ...]
    turned: bool


def windows(axis: Axis) -> Windows:
    """Lay out an axis; a transposed one as the convolution it equals (`Axis.stretched`)."""
    walked = axis.stretched() if axis.transposed else axis
    last_window = (walked.output - 1) * walked.stride - walked.before + walked.extent
    end = walked.size + max(0, walked.after)
    positions = np.arange(min(0, -walked.before), max(end, last_window))
    read = np.add.outer(
        np.arange(walked.output) * walked.stride - walked.before, np.arange(walked.kernel_size) * walked.dilation
    )
    return Windows(
        axis.size,
        axis.kernel_size,
        walked.stride,
        walked.dilation,
        walked.before,
        walked.output,
        int(positions[0]),
        end,
        _sources(axis, positions),
        tuple(int(position) for position in np.setdiff1d(positions[positions < end], read)),
        axis.transposed,
    )


def _sources(axis: Axis, positions: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[int, ...]:
    if not axis.transposed:
        return tuple(int(cell) for cell in axis.source(positions))
    cells, between = np.divmod(positions, axis.stride)
    real = (between == 0) & (cells >= 0) & (cells < axis.size)
    return tuple(int(cell) for cell in np.where(real, cells, PADDING))
