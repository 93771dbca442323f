"""The size formula against PyTorch, over all its parameters."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import output_size, same_padding


@settings(deadline=None)
@given(
    size=st.integers(1, 40),
    kernel_size=st.integers(1, 9),
    stride=st.integers(1, 5),
    padding=st.integers(0, 6),
    dilation=st.integers(1, 4),
)
def test_output_size_is_that_of_torch(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> None:
    """Where torch convolves, the length of its result is ours; where it refuses, ours is 0."""
    ours = output_size(size, kernel_size, stride, 2 * padding, dilation)
    signal, kernel = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    if ours == 0:
        with pytest.raises(RuntimeError, match="Kernel size can't be greater"):
            torch.nn.functional.conv1d(signal, kernel, None, stride, padding, dilation)
    else:
        assert torch.nn.functional.conv1d(signal, kernel, None, stride, padding, dilation).shape[-1] == ours


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 6, 7])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_padding_is_split_as_in_torch(kernel_size: int, dilation: int) -> None:
    """A dot keeps its place: torch's padding="same" and explicit padding by ours give the same values."""
    signal, kernel = torch.arange(20.0).reshape(1, 1, 20), torch.rand(1, 1, kernel_size)
    padded = torch.nn.functional.pad(signal, same_padding(kernel_size, dilation))
    want = torch.nn.functional.conv1d(signal, kernel, padding="same", dilation=dilation)
    torch.testing.assert_close(torch.nn.functional.conv1d(padded, kernel, dilation=dilation), want)


def test_a_window_that_just_fits_counts_once() -> None:
    """Relationship 6 by hand: 5 pixels, kernel 3, padding 1 + 1, stride 2 give 3; a kernel of 8 gives 0."""
    assert output_size(5, 3, stride=2, padding_total=2) == 3
    assert output_size(7, 7) == 1
    assert output_size(7, 8) == 0
    assert output_size(7, 8, stride=5) == 0
