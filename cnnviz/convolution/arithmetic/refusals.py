"""Which parameter to blame for an impossible layer, and the values it could have if all others stay as they are."""

from __future__ import annotations

from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["LARGEST", "cropping_error", "fitting_error", "growing_error", "mirror_error", "shown", "span"]

LARGEST = 4096  # cells of an axis, of a window, of a step
_LONGEST = 40  # characters of a wrong value that a sentence repeats


def shown(value: object) -> object:
    """What a sentence repeats of a wrong value: numbers as they are, all else as a short text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_LONGEST:
        return value
    try:
        return str(value)[:_LONGEST]
    except ValueError:  # Python writes no whole numbers of more than 4300 digits
        return "…"


def span(smallest: int, largest: int) -> str:
    """A legal range in symbols."""
    return f"{smallest} … {largest}" if smallest < largest else f"{smallest}"


def fitting_error(size: int, kernel_size: int, dilation: int, padding: Pair, smallest: int = 1) -> ParameterError:
    """Name the parameter to blame for a window that is larger than the padded input along one axis.

    Args:
        size: cells of the input.
        kernel_size: cells of the window, without gaps.
        dilation: cells from one of them to the next.
        padding: (before, after).
        smallest: kernel_size that this padding needs.
    """
    room = min(size + sum(padding), LARGEST)
    reason = N_("the kernel must fit into the padded input")
    if kernel_size <= room:
        widest = (room - 1) // (kernel_size - 1)
        reason = N_("the dilated kernel must fit into the padded input")
        return ParameterError("dilation", dilation, span(1, widest), reason)
    largest = (room - 1) // dilation + 1
    if smallest <= largest:
        return ParameterError("kernel_size", kernel_size, span(smallest, largest), reason)
    needed = dilation * (kernel_size - 1) + 1 - sum(padding)
    return ParameterError("size", size, span(needed, LARGEST), reason)


def mirror_error(size: int, extent: int, padding: Pair, most: int, reason: str) -> ParameterError:
    """Name the parameter to blame when more than `most` cells of padding are to be filled from `size` cells."""
    smallest, largest = _side(padding, extent - size, 2 * LARGEST, most)
    if smallest <= largest:
        return ParameterError("padding", max(padding), span(smallest, largest), reason)
    needed = max(max(padding) + size - most, extent - sum(padding))
    return ParameterError("size", size, span(needed, LARGEST), reason)


def cropping_error(uncropped: int, padding: Pair) -> ParameterError:
    """The padding of a transposed convolution that crops all of its `uncropped` outputs."""
    smallest, largest = _side(padding, uncropped - LARGEST, uncropped - 1, LARGEST)
    return ParameterError("padding", max(padding), span(smallest, largest), N_("more would crop the whole output"))


def growing_error(size: int, stride: int, smallest_stride: int, rest: int) -> ParameterError:
    """Name the parameter to blame for a transposed convolution with more than `LARGEST` outputs.

    Args:
        size: cells of the input, at least 2.
        stride: outputs from one kernel to the next.
        smallest_stride: that the output padding allows.
        rest: outputs for an input of one cell, at most `LARGEST`.
    """
    reason = N_("the output would be too large to show")
    steps = size - 1
    smallest, largest = max(smallest_stride, -(-(1 - rest) // steps)), (LARGEST - rest) // steps
    if smallest <= largest:
        return ParameterError("stride", stride, span(smallest, largest), reason)
    fewest, most = max(0, -(-(1 - rest) // stride)) + 1, (LARGEST - rest) // stride + 1
    return ParameterError("size", size, span(fewest, most), reason)


def _side(padding: Pair, least: int, most: int, side: int) -> Pair:
    """The range of padding with `least` to `most` cells in total and at most `side` on each side.

    Of the larger side, if the other one can stay as it is; else of both, changed together.
    """
    other = min(padding)
    alone = max(0, least - other), min(side, most - other)
    if padding[0] != padding[1] and other <= side and alone[0] <= alone[1]:
        return alone
    return max(0, -(-least // 2)), min(side, most // 2)
