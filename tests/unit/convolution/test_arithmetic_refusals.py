"""Which settings and sizes a layer refuses: those that PyTorch refuses, and one kind more."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import ParameterError
from tests.unit.convolution.oracle import STEPS, Pair

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")


@st.composite
def anything(draw: st.DrawFn) -> tuple[type[Layer], dict[str, Any], Pair]:
    """Settings that need not go together."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution, MaxPooling, AveragePooling]))
    two = st.tuples(STEPS, STEPS)
    values: dict[str, Any] = {"kernel_size": draw(two), "stride": draw(two), "padding": draw(st.integers(0, 3))}
    if kind is not AveragePooling:
        values["dilation"] = draw(two)
    if kind is Convolution:
        values["padding_mode"] = draw(st.sampled_from(PADDING_MODES))
        values["padding"] = draw(st.sampled_from([values["padding"], "same", "valid", "diagonal"]))
    if kind is TransposedConvolution:
        values["output_padding"] = draw(st.integers(0, 3))
    if kind in (MaxPooling, AveragePooling):
        values["ceil_mode"] = draw(st.booleans())
    else:
        values |= {name: draw(st.integers(1, 4)) for name in ("groups", "in_channels", "out_channels")}
    return kind, values, draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))


TWINS = {
    Convolution: nn.Conv2d,
    TransposedConvolution: nn.ConvTranspose2d,
    MaxPooling: nn.MaxPool2d,
    AveragePooling: nn.AvgPool2d,
}


def torch_size(kind: type[Layer], values: dict[str, Any], size: Pair) -> Pair | None:
    """The size of torch's output; None where it refuses, or where nothing would be left."""
    try:
        shape = TWINS[kind](**values)(torch.zeros(1, values.get("in_channels", 1), *size)).shape
    except (RuntimeError, ValueError):
        return None
    return (shape[2], shape[3]) if min(shape) > 0 else None


@settings(max_examples=500, deadline=None)
@given(anything())
def test_torch_refuses_what_we_refuse(drawn: tuple[type[Layer], dict[str, Any], Pair]) -> None:
    """Of all settings of torch's own layers, one kind is refused here alone.

    A window larger than the whole padded input, of which torch makes an output with `ceil_mode` when the stride
    is large: a window that no position fits. (More is refused outside of this test: sizes beyond 4096, which
    nobody can look at, a stride of 0, and numbers where True or False is meant.)
    """
    kind, values, size = drawn
    try:
        ours: Pair | None = kind(**values).output_size(size)
    except ParameterError:
        ours = None
    if values.get("ceil_mode"):
        extents = (d * (k - 1) + 1 for k, d in zip(values["kernel_size"], values.get("dilation", (1, 1)), strict=True))
        if any(e > n + 2 * values["padding"] for e, n in zip(extents, size, strict=True)):
            assert ours is None
            return
    assert ours == torch_size(kind, values, size)


def test_the_window_that_fits_nowhere() -> None:
    """The difference by example: three cells on two, rounded up."""
    values = {"kernel_size": 3, "stride": 2, "ceil_mode": True}
    assert torch_size(MaxPooling, values, (2, 2)) == (1, 1)
    with pytest.raises(ParameterError, match="kernel_size is 3, but must be 1 … 2"):
        MaxPooling(**values).output_size(2)
