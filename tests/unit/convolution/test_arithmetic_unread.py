"""What no window reads, against PyTorch: unreached cells, which have no gradient, and what is left over at the end."""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from tests.unit.convolution.oracle import (
    Case,
    Pair,
    alike,
    averages,
    cases,
    cropped,
    fits,
    padded,
    transposed,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PADDING_MODES).flatmap(lambda mode: st.tuples(st.just(mode), cases(mode=mode))))
def test_unreached_cells_have_no_gradient(drawn: tuple[str, Case]) -> None:
    """With weights of 1 the summed output depends on every cell that is read."""
    mode, case = drawn
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation, mode)
    cells = torch.zeros(1, 1, *case.size, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, *case.kernel_size, dtype=torch.float64)
    functional.conv2d(padded(cells, case.padding, mode), ones, None, case.stride, 0, case.dilation).sum().backward()
    assert_unreached(layer, case.size, cells.grad[0, 0].numpy() == 0)


def assert_unreached(layer: Layer, size: Pair, alone: np.ndarray) -> None:
    """Our rows and columns are exactly the cells that stand `alone`."""
    ours = np.zeros(size, bool)
    rows, columns = layer.unreached(size)
    ours[list(rows)] = True
    ours[:, list(columns)] = True
    np.testing.assert_array_equal(ours, alone)


@settings(max_examples=150, deadline=None)
@given(transposed())
def test_unreached_cells_of_a_transposed_convolution(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Cells whose whole kernel is cropped have no gradient."""
    case, layer = drawn
    layer = TransposedConvolution(case.kernel_size, case.stride, case.padding, layer.output_padding, case.dilation)
    case.groups = case.in_channels = 1
    cells = torch.zeros(1, 1, *case.size, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, *case.kernel_size, dtype=torch.float64)
    whole = functional.conv_transpose2d(cells, ones, None, case.stride, dilation=case.dilation)
    cropped(case, layer, whole).sum().backward()
    assert_unreached(layer, case.size, cells.grad[0, 0].numpy() == 0)


@settings(max_examples=150, deadline=None)
@given(cases(pooling=True), st.booleans())
def test_unreached_cells_of_pooling(case: Case, ceil_mode: bool) -> None:
    """A single 1 among zeros wins wherever it is read: one input for every cell."""
    if not fits(case, alike(case)):
        return
    layer = MaxPooling(case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    count = math.prod(case.size)
    dots = torch.eye(count, dtype=torch.float64).reshape(count, 1, *case.size)
    found = functional.max_pool2d(dots, case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    assert_unreached(layer, case.size, (found.amax((1, 2, 3)) < 1).numpy().reshape(case.size))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_left_over_cells_can_be_cut_off(case: Case) -> None:
    """Without them torch's output is as large; with one cell fewer it is smaller, or there is none."""
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation)
    for index, axis in enumerate(layer.axes(case.size)):
        k, s, d = case.kernel_size[index], case.stride[index], case.dilation[index]
        kept = axis.padded - axis.left_over
        kernel = torch.ones(1, 1, k)
        assert functional.conv1d(torch.ones(1, 1, kept), kernel, None, s, 0, d).shape[-1] == axis.output
        if axis.output > 1:
            assert functional.conv1d(torch.ones(1, 1, kept - 1), kernel, None, s, 0, d).shape[-1] == axis.output - 1
        else:
            assert kept == layer.extent[index]


@settings(max_examples=100, deadline=None)
@given(averages(), st.booleans())
def test_left_over_of_pooling(case: Case, ceil_mode: bool) -> None:
    """Cells of the padded input behind the last window that torch makes; none where it reaches further."""
    layer = AveragePooling(case.kernel_size, case.stride, alike(case), ceil_mode)
    theirs = functional.avg_pool2d(case.inputs, case.kernel_size, case.stride, alike(case), ceil_mode).shape[2:]
    for axis, count, side in zip(layer.axes(case.size), theirs, alike(case), strict=True):
        cells = list(range(-side, axis.size + side))
        for window in range(count):
            start = window * axis.stride - side
            cells = [cell for cell in cells if cell >= start + axis.kernel_size]
        assert axis.left_over == len(cells)
