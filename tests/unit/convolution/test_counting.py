"""Counts of parameters: torch's modules have as many, and the sentences add up."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.counting import SHARING_SIZES, Count, block, count, fully_connected, sharing
from cnnviz.errors import ParameterError

torch.set_num_threads(1)


def learned(module: nn.Module) -> int:
    """What an optimiser would be given."""
    return sum(each.numel() for each in module.parameters())


def equations(counted: Count) -> list[tuple[float, float]]:
    """Both sides of every equation in the sentences, worked out from the text alone."""
    found = []
    for line in counted.lines:
        for left, right in re.findall(r"([\d(][\d(),·/+ ]*) = ([\d,]+)", str(line)):
            python = left.replace(",", "").replace("·", "*")
            found.append((eval(python, {}), float(right.replace(",", ""))))  # noqa: S307 - digits and signs only
    return found


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from([Convolution, TransposedConvolution]),
    kernel=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    groups=st.integers(1, 6),
    parts=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    bias=st.booleans(),
)
def test_layers_as_torch(
    kind: type[Layer], kernel: tuple[int, int], groups: int, parts: tuple[int, int], bias: bool
) -> None:
    """The total is torch's, and every equation in the sentences holds."""
    channels = {"in_channels": parts[0] * groups, "out_channels": parts[1] * groups}
    module = {Convolution: nn.Conv2d, TransposedConvolution: nn.ConvTranspose2d}[kind]
    layer = kind(kernel, groups=groups, bias=bias, **channels)  # type: ignore[call-arg]  # both have them
    counted = count(layer)
    expected = learned(module(kernel_size=kernel, groups=groups, bias=bias, device="meta", **channels))
    assert counted.total == expected == layer.parameters
    checked = equations(counted)
    assert len(checked) == 2
    assert all(left == right for left, right in checked)
    assert checked[-1][1] == expected


@pytest.mark.parametrize(
    ("layer", "total", "sentence"),
    [
        (Convolution(3, out_channels=32), 320, "(3·3·1 + 1)·32 = 320"),
        (Convolution(3, in_channels=3, out_channels=64), 1792, "(3·3·3 + 1)·64 = 1,792"),
        (Convolution((1, 7), in_channels=8, out_channels=4, groups=4, bias=False), 56, "(1·7·8/4 + 0)·4 = 56"),
    ],
)
def test_hand_worked(layer: Layer, total: int, sentence: str) -> None:
    """The numbers of the lesson, with the sentence that shows them."""
    counted = count(layer)
    assert counted.total == total
    assert any(sentence in str(line) for line in counted.lines)


@pytest.mark.parametrize("layer", [MaxPooling(2), AveragePooling(3, channels=64)])
def test_pooling_learns_nothing(layer: Layer) -> None:
    """No weights, and one sentence that says so."""
    assert count(layer).total == 0
    assert len(count(layer).lines) == 1


def test_basic_block_of_64() -> None:
    """2 * (3 * 3 * 64 * 64 + 64) + 2 * 2 * 64."""
    assert block(64).total == 74_112
    assert block(64, bias=False).total == 73_984


@pytest.mark.parametrize("channels", [1, 3, 64, 512])
@pytest.mark.parametrize("bias", [True, False])
def test_basic_block_as_torch(channels: int, bias: bool) -> None:
    """Two convolutions and two batch norms of torch; the equations hold, and the parts add up."""
    modules = [nn.Conv2d(channels, channels, 3, padding=1, bias=bias), nn.BatchNorm2d(channels)] * 2
    expected = sum(map(learned, modules))
    counted = block(channels, bias)
    assert counted.total == expected
    checked = equations(counted)
    assert len(checked) == 5
    assert all(left == right for left, right in checked)
    assert sum(right for _, right in checked[:4]) == checked[4][1] == expected


def test_block_refuses_no_channels() -> None:
    """A block needs a channel."""
    with pytest.raises(ParameterError):
        block(0)


def test_sharing_as_torch() -> None:
    """A fully connected layer on the meta device has exactly as many numbers; the convolution stays at 10."""
    rows = sharing()
    assert tuple(row.size for row in rows) == SHARING_SIZES == (8, 16, 32, 64, 128)
    for row in rows:
        cells = row.size**2
        assert row.convolution == learned(nn.Conv2d(1, 1, 3, padding=1)) == 10
        assert row.dense == learned(nn.Linear(cells, cells, device="meta"))
    assert (rows[0].dense, rows[-1].dense) == (4_160, 268_451_840)


@pytest.mark.parametrize("size", [0, -8, 5000])
def test_sharing_refuses(size: int) -> None:
    """Sizes that no picture here has."""
    with pytest.raises(ParameterError):
        sharing([size])


@pytest.mark.parametrize("bias", [True, False])
def test_fully_connected_as_torch(bias: bool) -> None:
    """As many numbers as torch's Linear from all input cells to all output cells."""
    layer = Convolution((3, 2), stride=(2, 1), in_channels=2, out_channels=3, bias=bias)
    y = torch.nn.Conv2d(2, 3, (3, 2), (2, 1))(torch.zeros(1, 2, 7, 5))
    dense = nn.Linear(2 * 7 * 5, y.numel(), bias=bias, device="meta")
    assert fully_connected(layer, (7, 5)) == learned(dense)


def test_fully_connected_agrees_with_the_table() -> None:
    """The table of weight sharing is the case of one channel, 3 x 3 and padding 1."""
    assert [fully_connected(Convolution(3, padding=1), each.size) for each in sharing()] == [d.dense for d in sharing()]
