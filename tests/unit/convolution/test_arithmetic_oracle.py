"""Sizes and links of all layers against PyTorch, over thousands of random settings."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import ParameterError
from tests.unit.convolution.oracle import (
    Case,
    agree,
    alike,
    averages,
    cases,
    cropped,
    documented_padding,
    fits,
    padded,
    read,
    spread,
    summed,
    transposed,
)

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")


# ---- convolution


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PADDING_MODES).flatmap(lambda mode: st.tuples(st.just(mode), cases(mode=mode))))
def test_convolution_reads_what_torch_reads(drawn: tuple[str, Case]) -> None:
    """Any padding, of any mode, uneven sides too: torch pads first and then convolves without padding."""
    mode, case = drawn
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation, mode, **case.channels)
    weights = case.values(*layer.weight_shape)
    full = padded(case.inputs, case.padding, mode)
    theirs = functional.conv2d(full, weights, None, case.stride, 0, case.dilation, case.groups)
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)


@settings(max_examples=400, deadline=None)
@given(cases(side=0), st.sampled_from(["valid", "same"]), st.sampled_from(PADDING_MODES))
def test_rules_are_those_of_torch(case: Case, rule: str, mode: str) -> None:
    """By name with every padding mode: "valid" pads nothing, "same" keeps the size."""
    stride = (1, 1) if rule == "same" else case.stride
    layer = Convolution(case.kernel_size, stride, rule, case.dilation, mode, **case.channels)
    theirs = nn.Conv2d(
        case.in_channels, case.out_channels, case.kernel_size, stride, rule, case.dilation, case.groups, False, mode
    ).double()
    with torch.no_grad():
        agree(summed(layer, case.inputs, theirs.weight.detach()), theirs(case.inputs), layer, case.size)
    assert rule == "valid" or layer.output_size(case.size) == case.size


@settings(max_examples=200, deadline=None)
@given(cases(side=0))
def test_full_padding_reads_every_window_that_touches(case: Case) -> None:
    """The extent less one on every side: torch with that number; SciPy's and NumPy's "full" have this size."""
    layer = Convolution(case.kernel_size, case.stride, "full", case.dilation, **case.channels)
    weights = case.values(*layer.weight_shape)
    number = tuple(d * (k - 1) for k, d in zip(case.kernel_size, case.dilation, strict=True))
    theirs = functional.conv2d(case.inputs, weights, None, case.stride, number, case.dilation, case.groups)
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)


# ---- transposed convolution


@settings(max_examples=350, deadline=None)
@given(transposed())
def test_transposed_convolution_reads_what_torch_spreads(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Cropped afterwards, and by torch's own parameters where both sides are alike."""
    case, layer = drawn
    weights = case.values(*layer.weight_shape)
    theirs = cropped(case, layer, spread(case, weights))
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)
    if all(before == after for before, after in case.padding):
        number = [before for before, _ in case.padding]
        by_torch = functional.conv_transpose2d(
            case.inputs, weights, None, case.stride, number, layer.output_padding, case.groups, case.dilation
        )
        torch.testing.assert_close(theirs, by_torch)


@settings(max_examples=150, deadline=None)
@given(transposed())
def test_stretched_is_the_same_as_a_convolution(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Zeros inserted, kernel flipped, stride 1: torch's convolution gives torch's transposed convolution."""
    case, layer = drawn
    layer = TransposedConvolution(
        case.kernel_size, case.stride, case.padding, layer.output_padding, case.dilation, 1,
        case.in_channels, case.out_channels,
    )  # fmt: skip
    case.groups = 1
    rows, columns = (axis.stretched() for axis in layer.axes(case.size))
    assert (rows.stride, columns.stride, rows.transposed, columns.transposed) == (1, 1, False, False)
    stretched = torch.zeros(1, case.in_channels, rows.size, columns.size, dtype=torch.float64)
    stretched[..., :: case.stride[0], :: case.stride[1]] = case.inputs
    weights = case.values(*layer.weight_shape)
    flipped = weights.transpose(0, 1).flip(2, 3)
    around = padded(stretched, ((rows.before, rows.after), (columns.before, columns.after)))
    convolved = functional.conv2d(around, flipped, dilation=(rows.dilation, columns.dilation))
    torch.testing.assert_close(convolved, cropped(case, layer, spread(case, weights)), rtol=1e-9, atol=1e-9)
    assert (rows.output, columns.output) == tuple(convolved.shape[2:])
    assert rows.left_over == columns.left_over == 0


# ---- pooling


@settings(max_examples=400, deadline=None)
@given(cases(pooling=True), st.booleans())
def test_max_pooling_reads_what_torch_reads(case: Case, ceil_mode: bool) -> None:
    """The maximum over the taps that are cells; minus infinity where dilation steps over all of them, as in torch."""
    layer = MaxPooling(case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode, case.in_channels)
    if not fits(case, alike(case)):
        with pytest.raises(ParameterError):
            layer.output_size(case.size)
        return
    theirs = functional.max_pool2d(case.inputs, case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    agree(read(layer, case.inputs, -np.inf).max(axis=(3, 4)), theirs, layer, case.size)


@settings(max_examples=200, deadline=None)
@given(cases(pooling=True))
def test_max_pooling_with_uneven_sides(case: Case) -> None:
    """Torch pads with minus infinity first."""
    layer = MaxPooling(case.kernel_size, case.stride, case.padding, case.dilation, channels=case.in_channels)
    lowest = padded(case.inputs, case.padding, value=-math.inf)
    theirs = functional.max_pool2d(lowest, case.kernel_size, case.stride, 0, case.dilation)
    agree(read(layer, case.inputs, -np.inf).max(axis=(3, 4)), theirs, layer, case.size)


def averaged(layer: AveragePooling, inputs: torch.Tensor) -> np.ndarray:
    """The sums over the taps by our divisors."""
    rows, columns = layer.divisors(tuple(inputs.shape[2:]))
    return read(layer, inputs).sum(axis=(3, 4)) / np.outer(rows, columns)


@settings(max_examples=400, deadline=None)
@given(averages(), st.booleans(), st.booleans())
def test_average_pooling_divides_as_torch(case: Case, ceil_mode: bool, count_include_pad: bool) -> None:
    """Whether zeros of the padding count, and that what ceil_mode adds never does."""
    layer = AveragePooling(
        case.kernel_size, case.stride, alike(case), ceil_mode, count_include_pad, channels=case.in_channels
    )
    theirs = functional.avg_pool2d(
        case.inputs, case.kernel_size, case.stride, alike(case), ceil_mode, count_include_pad
    )
    agree(averaged(layer, case.inputs), theirs, layer, case.size)


@settings(max_examples=200, deadline=None)
@given(averages(), st.sampled_from(["uneven", "uneven, cells only", "same_tensorflow"]))
def test_average_pooling_with_uneven_sides(case: Case, how: str) -> None:
    """Torch pads first; without the padding, sums are divided by how many ones the window sums up."""
    rule = case.padding if how != "same_tensorflow" else how
    layer = AveragePooling(
        case.kernel_size, case.stride, rule, count_include_pad=how == "uneven", channels=case.in_channels
    )
    sides = case.padding
    if how == "same_tensorflow":
        sides = tuple(map(documented_padding, case.size, case.kernel_size, case.stride))
    theirs = functional.avg_pool2d(padded(case.inputs, sides), case.kernel_size, case.stride)
    if how != "uneven":
        ones = torch.ones(1, 1, *case.size, dtype=torch.float64)
        theirs = theirs / functional.avg_pool2d(padded(ones, sides), case.kernel_size, case.stride)
    agree(averaged(layer, case.inputs), theirs, layer, case.size)
