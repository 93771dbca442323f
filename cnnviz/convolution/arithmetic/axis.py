"""One axis (rows or columns) of a layer laid over an input: the record that everything else is read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["PADDING", "PADDING_MODES", "Axis", "PaddingMode"]

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
PADDING_MODES: tuple[PaddingMode, ...] = get_args(PaddingMode)

PADDING = -1  # in `taps`: no input cell is read there


@dataclass(frozen=True)
class Axis:
    """A layer along one axis, all numbers resolved.

    Output o of a convolution or pooling reads positions `o * stride - before + k * dilation`, k = 0 … kernel_size - 1;
    positions below 0 or from `size` on are padding. A transposed convolution runs the other way: input i adds to
    outputs `i * stride - before + k * dilation`; what falls outside is cropped.

    Attributes:
        size: cells of the input.
        kernel_size: weights.
        stride: cells from one window to the next (in the output, if transposed).
        dilation: cells from one weight to the next.
        before: padding in front of the first cell (cropped from the output, if transposed).
        after: padding behind the last cell (likewise).
        output: cells of the output.
        padding_mode: what the padding holds.
        transposed: True for a transposed convolution.
    """

    size: int
    kernel_size: int
    stride: int
    dilation: int
    before: int
    after: int
    output: int
    padding_mode: PaddingMode = "zeros"
    transposed: bool = False

    @property
    def extent(self) -> int:
        """Cells from the first weight to the last, both included."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def padded(self) -> int:
        """Cells of the input with its padding; of a transposed convolution's output before it is cropped."""
        if self.transposed:
            return (self.size - 1) * self.stride + self.extent
        return self.size + self.before + self.after

    @property
    def left_over(self) -> int:
        """Cells at the end, padding included, that the floor in the formula leaves without a window.

        Zero for a transposed convolution, and where `ceil_mode` lets the last window reach further.
        """
        if self.transposed:
            return 0
        return max(0, self.padded - (self.output - 1) * self.stride - self.extent)

    def taps(self) -> NDArray[np.intp]:
        """What each output reads: (output, kernel_size) indices into the input, `PADDING` where there is none.

        With the modes reflect, replicate and circular, padding stands for an input cell, and its index is given.
        """
        if self.transposed:
            return self._transposed_taps()
        outputs, weights = np.ogrid[: self.output, : self.kernel_size]
        return self.source(outputs * self.stride - self.before + weights * self.dilation)

    def source(self, position: NDArray[np.intp]) -> NDArray[np.intp]:
        """The input cell that stands at each `position`, -before … size + after - 1, of the padded input.

        `PADDING` for zeros, and for everything further out.
        """
        inside = (position >= 0) & (position < self.size)
        within_padding = (position >= -self.before) & (position < self.size + self.after)
        match self.padding_mode:
            case "reflect":
                period = max(1, 2 * (self.size - 1))
                folded = position % period
                index = np.minimum(folded, period - folded)
            case "replicate":
                index = np.clip(position, 0, self.size - 1)
            case "circular":
                index = position % self.size
            case _:
                return np.where(inside, position, PADDING)
        return np.where(within_padding, index, PADDING)

    def _transposed_taps(self) -> NDArray[np.intp]:
        outputs, weights = np.ogrid[: self.output, : self.kernel_size]
        index, remainder = np.divmod(outputs + self.before - weights * self.dilation, self.stride)
        return np.where((remainder == 0) & (index >= 0) & (index < self.size), index, PADDING)

    def unreached(self) -> tuple[int, ...]:
        """Input cells, counted from 0, that no output reads."""
        return tuple(int(cell) for cell in np.setdiff1d(np.arange(self.size), self.taps()))

    def stretched(self) -> Axis:
        """The convolution with stride 1 that a transposed one equals, over the input with zeros inserted.

        `stride - 1` zeros stand between neighbouring cells, the kernel is flipped, and the padding becomes
        `dilation * (kernel_size - 1) - before` (Dumoulin and Visin, arXiv 1603.07285, section 4); where that is
        negative, so many cells of the stretched input are cut off.
        """
        size = (self.size - 1) * self.stride + 1
        before = self.extent - 1 - self.before
        after = self.output + self.extent - 1 - size - before
        return Axis(size, self.kernel_size, 1, self.dilation, before, after, self.output)
