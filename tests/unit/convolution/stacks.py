"""Layers for tests of stacks."""

from __future__ import annotations

from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling

__all__ = ["any_layer"]

NUMBERS = st.integers(1, 5)
PAIRS = st.tuples(NUMBERS, NUMBERS)
STRIDES = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def any_layer(draw: st.DrawFn) -> Layer:
    """A layer of any kind with rows and columns apart, padding before and after apart, dilated or rounded up."""
    kernel, stride = draw(PAIRS), draw(STRIDES)
    kind = draw(st.sampled_from(["convolution", "max", "average"]))
    dilation = (1, 1) if kind == "average" else draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    most = [4, 4] if kind == "convolution" else [each // 2 for each in kernel]
    top, bottom, left, right = (draw(st.integers(0, most[i // 2])) for i in range(4))
    padding = ((top, bottom), (left, right))
    if kind == "convolution":
        return Convolution(kernel, stride, padding, dilation)
    if kind == "max":
        return MaxPooling(kernel, stride, padding, dilation, draw(st.booleans()))
    return AveragePooling(kernel, stride, padding, draw(st.booleans()))
