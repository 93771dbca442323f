"""Why a wrong answer is wrong: what the usual mistakes would give, for the size of an output and for its values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.arithmetic import (
    PADDING,
    AveragePooling,
    Axis,
    Layer,
    MaxPooling,
    TransposedConvolution,
    output_size,
    transposed_output_size,
)
from cnnviz.convolution.checks import Pair
from cnnviz.text import N_

__all__ = ["VALUE_REASONS", "size_mistakes", "value_mistakes"]

Numbers = NDArray[np.float64]
Indices = NDArray[np.intp]
Candidates = Iterator[tuple[int, str]]

# ---- the size


def size_mistakes(layer: Layer, size: int | Pair, axis: int) -> dict[int, str]:
    """Wrong sizes of the output along `axis` (0 rows, 1 columns), each with its reason.

    Args:
        layer: the layer.
        size: (rows, columns) of the input.
        axis: which of the two is asked for.

    Returns:
        Wrong answer (0 where no window would fit) -> sentence, marked with `N_`. Where several mistakes give
        the same number, the sentence is that of the first in the order of the formula.

    Raises:
        ParameterError: when the layer cannot be used on the input.
    """
    axes = layer.axes(size)
    asked, other = axes[axis], axes[1 - axis]
    if isinstance(layer, TransposedConvolution):
        own = _transposed_sizes(asked, layer.output_padding[axis])
    else:
        own = _window_sizes(asked, getattr(layer, "ceil_mode", False))
    found: dict[int, str] = {}
    for wrong, reason in (*own, *_answered_something_else(asked, other)):
        if wrong >= 0 and wrong != asked.output:
            found.setdefault(wrong, reason)
    return found


def _window_sizes(axis: Axis, up: bool) -> Candidates:
    k, s, d = axis.kernel_size, axis.stride, axis.dilation
    before, after = axis.before, axis.after
    if up:
        yield _count(axis, before, after, s, d, False), N_("This layer rounds up (ceil_mode): you rounded down.")
        yield (
            output_size(axis.size, k, s, before + after, d, ceil_mode=True),
            N_("A last window that would begin after the end of the input is left out, although this layer rounds up."),
        )
    else:
        yield (
            output_size(axis.size, k, s, before + after, d, ceil_mode=True),
            N_("You rounded up. What is left over is too small for another window: round down."),
        )
    if before and after:
        for once in ((before, 0), (0, after)):
            yield _count(axis, *once, s, d, up), N_("You added the padding once. It lies on both sides.")
    yield _count(axis, 0, 0, s, d, up), N_("You left out the padding: the windows start outside the input.")
    yield axis.output - 1, N_("You forgot the “+ 1”: the first window counts too, before any step is made.")
    yield _count(axis, before, after, 1, d, up), N_("You left out the stride: windows start only every few cells.")
    yield _count(axis, before, after, s, 1, up), N_("You left out the dilation: it makes the kernel span more cells.")


def _count(axis: Axis, before: int, after: int, stride: int, dilation: int, up: bool) -> int:
    """Windows along an axis whose numbers were mistaken for these."""
    count = output_size(axis.size, axis.kernel_size, stride, before + after, dilation, up)
    return count - 1 if up and (count - 1) * stride >= axis.size + before else count


def _transposed_sizes(axis: Axis, extra: int) -> Candidates:
    n, k, s, d = axis.size, axis.kernel_size, axis.stride, axis.dilation
    both = axis.before + axis.after
    yield transposed_output_size(n, k, s, both, d), N_("You forgot the output padding, which is added at the end.")
    yield axis.output + 2 * both, N_("You added the padding. In a transposed convolution it is cropped.")
    if axis.before and axis.after:
        for other_side in (axis.after, axis.before):
            yield axis.output + other_side, N_("You cropped the padding once. It is cropped on both sides.")
    yield axis.output + both, N_("You left out the padding: that many cells are cropped on each side.")
    yield (
        output_size(n, k, s, both, d),
        N_("This is the formula of the ordinary convolution. A transposed one goes the other way and enlarges."),
    )
    yield (
        transposed_output_size(n, k, 1, both, d, extra),
        N_("You left out the stride: here it moves the kernels apart in the output."),
    )
    yield (
        transposed_output_size(n, k, s, both, 1, extra),
        N_("You left out the dilation: it makes the kernel span more cells."),
    )
    yield (
        axis.output + s,
        N_("You counted a step too many: from the first cell to the last there is one step fewer than cells."),
    )
    yield axis.output - 1, N_("You forgot the “+ 1” at the end of the formula.")


def _answered_something_else(axis: Axis, other: Axis) -> Candidates:
    yield other.output, N_("You mixed up rows and columns.")
    yield axis.size, N_("This is the size of the input.")
    if not axis.transposed:
        yield axis.padded, N_("This is the size of the input with its padding.")


# ---- the values

VALUE_REASONS: dict[str, str] = {
    "flipped": N_("You turned the kernel by 180°. Networks do not: they compute the cross-correlation."),
    "not_turned": N_("You left the kernel as it is. Seen from an output, a transposed convolution turns it by 180°."),
    "no_bias": N_("You forgot to add the bias."),
    "first_channel": N_("You used the first channel only. The products of all channels are added up."),
    "all_channels": N_("You used all channels together. Pooling treats each channel on its own."),
    "stride": N_("You took the window of another position: the stride moves it further."),
    "inserted": N_("You forgot the zeros that the stride inserts between the cells."),
    "padding": N_("You took the window of another position: with padding, windows start outside the input."),
    "cropped": N_("You took another position: the padding crops the first cells of the output."),
    "dilation": N_("You took neighbouring cells. The dilation leaves gaps between them."),
    "sum": N_("You took the sum. Here the average is asked for."),
    "average": N_("You took the average. Here the largest number is asked for."),
    "maximum": N_("You took the largest number. Here the average is asked for."),
    "minimum": N_("You took the smallest number. Here the largest is asked for."),
    "maximum_of_padding": N_("You counted the padding as 0. In maximum pooling it never wins."),
    "padding_counts": N_("You divided by the number of cells of the input. Here the padding counts too."),
    "padding_does_not_count": N_("You divided by the size of the whole window. Here the padding does not count."),
}


@dataclass(frozen=True, eq=False)
class _Place:
    """One output of a layer, with what it needs: `cells` and `kernel` are those of its group or channel."""

    axes: tuple[Axis, Axis]
    position: Pair
    cells: Numbers

    def taps(self, stride: bool = True, padding: bool = True, dilation: bool = True) -> tuple[Indices, Indices]:
        """Input rows and columns that the output reads; with False, when that is forgotten."""
        rows, columns = (
            _tap(axis, at, stride, padding, dilation) for axis, at in zip(self.axes, self.position, strict=True)
        )
        return rows, columns

    def window(self, taps: tuple[Indices, Indices]) -> Numbers:
        """(channels, kh, kw), NaN for padding."""
        rows, columns = taps
        read = self.cells[:, rows[:, None], columns[None, :]]
        outside = (rows == PADDING)[:, None] | (columns == PADDING)[None, :]
        return np.where(outside, np.nan, read)

    def misplaced(self) -> Iterator[tuple[str, tuple[Indices, Indices]]]:
        """What would be read if stride, padding or dilation were forgotten, where there are such cells."""
        transposed = self.axes[0].transposed
        yield "inserted" if transposed else "stride", self.taps(stride=False)
        without = self.taps(padding=False)
        if transposed or all((each != PADDING).all() for each in without):
            yield "cropped" if transposed else "padding", without
        yield "dilation", self.taps(dilation=False)


def value_mistakes(
    layer: Layer, cells: Numbers, weights: Numbers | None, bias: Numbers | None, out_channel: int, row: int, column: int
) -> dict[float, str]:
    """Wrong values of one output, each with a key of `VALUE_REASONS`.

    Args:
        layer: the layer.
        cells: (C, H, W), the input.
        weights: as `layer.weight_shape`; None for pooling.
        bias: (out_channels,), or None.
        out_channel: channel of the output, from 0.
        row: row of the output, from 0.
        column: column of the output, from 0.

    Returns:
        What each mistake would give, without those that give the right value; of several mistakes with the
        same value the first.

    Raises:
        ParameterError: when the layer cannot be used on the input.
    """
    axes = _axes(layer, (cells.shape[1], cells.shape[2]))
    if weights is None:
        own = _Place(axes, (row, column), cells[out_channel : out_channel + 1])
        right, wrong = _pooled(layer, own, _Place(axes, (row, column), cells))
    else:
        channels, kernel = _kernel(layer, weights, out_channel)
        place = _Place(axes, (row, column), cells[channels])
        right, wrong = _summed(place, kernel, 0.0 if bias is None else float(bias[out_channel]))
    found: dict[float, str] = {}
    for key, value in wrong:
        if math.isfinite(value) and not any(math.isclose(value, each, abs_tol=1e-9) for each in (right, *found)):
            found[value] = key
    return found


@lru_cache(maxsize=8)
def _axes(layer: Layer, size: Pair) -> tuple[Axis, Axis]:
    """The same for all outputs of a layer, which are asked for one after the other."""
    return layer.axes(size)


def _tap(axis: Axis, at: int, stride: bool, padding: bool, dilation: bool) -> Indices:
    weights = np.arange(axis.kernel_size) * (axis.dilation if dilation else 1)
    before = axis.before if padding else 0
    step = axis.stride if stride else 1
    if not axis.transposed:
        return axis.source(at * step - before + weights)
    index, remainder = np.divmod(at + before - weights, step)
    return np.where((remainder == 0) & (index >= 0) & (index < axis.size), index, PADDING)


def _kernel(layer: Layer, weights: Numbers, out_channel: int) -> tuple[slice, Numbers]:
    """The input channels that an output channel reads, and its weights for them, (channels, kh, kw)."""
    groups: int = layer.groups  # type: ignore[attr-defined]  # every layer with weights has them
    inputs, outputs = layer.in_channels // groups, layer.out_channels // groups
    group, number = divmod(out_channel, outputs)
    channels = slice(group * inputs, (group + 1) * inputs)
    return channels, weights[channels, number] if layer.kind == "transposed" else weights[out_channel]


def _summed(place: _Place, kernel: Numbers, bias: float) -> tuple[float, list[tuple[str, float]]]:
    """The right sum of products, and the wrong ones."""
    taps = place.taps()
    window = np.nan_to_num(place.window(taps))
    right = float((window * kernel).sum()) + bias
    turned = "not_turned" if place.axes[0].transposed else "flipped"
    wrong = [
        (turned, float((window * kernel[:, ::-1, ::-1]).sum()) + bias),
        ("no_bias", right - bias),
        ("first_channel", float((window[0] * kernel[0]).sum()) + bias),
    ]
    for key, moved in place.misplaced():
        read = place.window(moved)
        if not (place.axes[0].transposed and np.isnan(read).all()):
            wrong.append((key, float((np.nan_to_num(read) * kernel).sum()) + bias))
    return right, wrong


def _pooled(layer: Layer, place: _Place, everything: _Place) -> tuple[float, list[tuple[str, float]]]:
    """The right maximum or average, and the wrong ones; `everything` has the cells of all channels."""
    taps = place.taps()
    window = place.window(taps)
    if np.isnan(window).all():
        return -math.inf, []  # a dilated window can read nothing but padding
    if isinstance(layer, MaxPooling):
        right = float(np.nanmax(window))
        wrong = [
            ("maximum_of_padding", float(np.nan_to_num(window).max())),
            ("minimum", float(np.nanmin(window))),
            ("average", float(np.nanmean(window))),
            ("all_channels", float(np.nanmax(everything.window(taps)))),
        ]
        moved = [(key, place.window(each)) for key, each in place.misplaced()]
        return right, wrong + [(key, float(np.nanmax(read))) for key, read in moved if not np.isnan(read).all()]
    return _averaged(layer, place, everything)


def _averaged(layer: Layer, place: _Place, everything: _Place) -> tuple[float, list[tuple[str, float]]]:
    assert isinstance(layer, AveragePooling)  # noqa: S101 - the only other layer without weights
    taps = place.taps()
    window = place.window(taps)
    rows, columns = layer.divisors((place.axes[0].size, place.axes[1].size))
    divisor = int(rows[place.position[0]] * columns[place.position[1]])
    total, count = float(np.nansum(window)), int(np.count_nonzero(~np.isnan(window)))
    wrong = [
        ("sum", total),
        ("padding_counts", total / count) if divisor != count else ("padding_does_not_count", total / window.size),
        ("maximum", float(np.nanmax(window))),
        ("all_channels", float(np.nansum(everything.window(taps))) / divisor / len(everything.cells)),
    ]
    for key, moved in place.misplaced():
        read = place.window(moved)
        if not np.isnan(read).all():
            counted = int(np.count_nonzero(~np.isnan(read))) if divisor == count else read.size
            wrong.append((key, float(np.nansum(read)) / counted))
    return total / divisor, wrong
