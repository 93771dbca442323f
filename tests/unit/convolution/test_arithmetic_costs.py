"""Parameters, operations and bytes of a layer against PyTorch's own counts."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.convolution.arithmetic import Convolution, Layer, MaxPooling, TransposedConvolution
from tests.unit.convolution.oracle import Case, alike, transposed


@settings(max_examples=150, deadline=None)
@given(transposed(), st.booleans(), st.booleans())
def test_costs_are_those_that_torch_counts(
    drawn: tuple[Case, TransposedConvolution], bias: bool, backwards: bool
) -> None:
    """Parameters, multiply-accumulates (half of torch's FLOPs) and bytes, on torch's meta device."""
    case, other = drawn
    names = {**case.channels, "bias": bias}
    if backwards:
        padding = alike(case)
        layer: Layer = TransposedConvolution(
            case.kernel_size, case.stride, padding, other.output_padding, case.dilation, **names
        )
        module: nn.Module = nn.ConvTranspose2d(
            **names, kernel_size=case.kernel_size, stride=case.stride, padding=padding,
            output_padding=other.output_padding, dilation=case.dilation, device="meta",
        )  # fmt: skip
    else:
        layer = Convolution(case.kernel_size, case.stride, 1, case.dilation, **names)
        module = nn.Conv2d(
            **names, kernel_size=case.kernel_size, stride=case.stride, padding=1, dilation=case.dilation, device="meta"
        )
    inputs = torch.empty(1, case.in_channels, *case.size, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        outputs = module(inputs)
    parameters = list(module.parameters())
    assert layer.parameters == sum(each.numel() for each in parameters)
    assert layer.weight_shape == tuple(parameters[0].shape)
    assert layer.macs(case.size) * 2 == counter.get_total_flops() > 0
    assert layer.memory(case.size) == (inputs.nbytes, sum(each.nbytes for each in parameters), outputs.nbytes)


def test_pooling_costs_by_hand() -> None:
    """Of 3 channels 5 x 7, windows of 2 x 3: 6 cells each, so 5 comparisons, in 2 x 2 outputs a channel."""
    layer = MaxPooling((2, 3), channels=3)
    assert layer.output_size((5, 7)) == (2, 2)
    assert (layer.parameters, layer.weight_shape, layer.macs((5, 7)), layer.operations((5, 7))) == (0, (), 0, 60)
    inputs = torch.empty(1, 3, 5, 7)
    assert layer.memory((5, 7)) == (inputs.nbytes, 0, functional.max_pool2d(inputs, (2, 3)).nbytes)
