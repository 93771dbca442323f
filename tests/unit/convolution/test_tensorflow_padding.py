"""The padding rule of TensorFlow: by its documents, by hand, and beside the fixed padding of PyTorch's networks."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.arithmetic import PADDING, Convolution
from cnnviz.convolution.arithmetic.sizes import tensorflow_padding
from tests.unit.convolution.oracle import Case, Pair, agree, cases, documented_padding, padded, summed


@settings(max_examples=300, deadline=None)
@given(cases(side=0), st.sampled_from(["zeros", "replicate"]))
def test_the_rule_of_tensorflow(case: Case, mode: str) -> None:
    """Padded as documented there, torch convolves the same cells; the size is divided by the stride, rounded up."""
    layer = Convolution(case.kernel_size, case.stride, "same_tensorflow", case.dilation, mode, **case.channels)
    weights = case.values(*layer.weight_shape)
    sides = tuple(map(documented_padding, case.size, layer.extent, case.stride))
    theirs = functional.conv2d(
        padded(case.inputs, sides, mode), weights, None, case.stride, 0, case.dilation, case.groups
    )
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)
    assert layer.output_size(case.size) == tuple(map(lambda n, s: math.ceil(n / s), case.size, case.stride))


@pytest.mark.parametrize(
    ("size", "kernel_size", "stride", "sides"),
    [
        (5, 3, 2, (1, 1)),
        (6, 3, 2, (0, 1)),
        (224, 7, 2, (2, 3)),
        (4, 2, 1, (0, 1)),
        (7, 1, 3, (0, 0)),
        (8, 2, 2, (0, 0)),
    ],
)
def test_padding_of_tensorflow_by_hand(size: int, kernel_size: int, stride: int, sides: Pair) -> None:
    """Ceil(size / stride) windows span (windows - 1) * stride + kernel cells: what is missing is padding."""
    assert tensorflow_padding(size, kernel_size, stride) == sides


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_padding_of_tensorflow_is_the_least(size: int, kernel_size: int, stride: int, dilation: int) -> None:
    """As many windows as the size divided by the stride, rounded up; one cell less and one would not fit."""
    before, after = tensorflow_padding(size, kernel_size, stride, dilation)
    extent, wanted = dilation * (kernel_size - 1) + 1, math.ceil(size / stride)
    spans = [start + extent for start in range(0, size + before + after, stride)]
    assert sum(end <= size + before + after for end in spans) == wanted
    assert before + after == 0 or sum(end <= size + before + after - 1 for end in spans) < wanted
    assert after - before in (0, 1)
    assert (before, after) == documented_padding(size, extent, stride)


def test_padding_of_tensorflow_is_not_that_of_resnet() -> None:
    """On 224 pixels, 7 x 7, stride 2: both give 112, but torch's padding of 3 lets windows begin one pixel earlier."""
    fixed, rule = Convolution(7, 2, 3), Convolution(7, 2, "same_tensorflow")
    assert fixed.output_size(224) == rule.output_size(224) == (112, 112)
    assert rule.padding_for((224, 224)) == ((2, 3), (2, 3))
    rows, other = fixed.taps(224)[0], rule.taps(224)[0]
    inside = (rows != PADDING) & (other != PADDING)
    assert set((other - rows)[inside]) == {1}
    assert rule.padding_for((225, 224)) == ((3, 3), (2, 3))  # it depends on the input
