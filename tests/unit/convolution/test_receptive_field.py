"""Receptive fields: published tables, hand-worked stacks, and what a changed pixel changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.known_stacks import STACKS, known
from cnnviz.convolution.receptive_field import MOST_LAYERS, Along, Region, field, inside, reach, region
from cnnviz.convolution.stack_text import read_stack, write_stack
from cnnviz.errors import ParameterError
from tests.unit.convolution.stacks import any_layer

torch.set_num_threads(1)

# google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md (the table of Araujo et al. 2019): size, stride, padding.
ALEXNET_V2 = {1: (11, 4, 0), 2: (19, 8, 0), 3: (51, 8, 16), 5: (99, 16, 32), 6: (131, 16, 48), 7: (163, 16, 64)}
ALEXNET_V2[8] = (195, 32, 64)
ALEXNET_V2_LAYERS = "c11s4-m3s2-c5p2-m3s2-c3p1-c3p1-c3p1-m3s2"


@pytest.mark.parametrize(("layers", "expected"), ALEXNET_V2.items())
def test_alexnet_as_published(layers: int, expected: tuple[int, int, int]) -> None:
    """Field, effective stride and effective padding of every end point in the authors' table."""
    found = field(read_stack(ALEXNET_V2_LAYERS))[layers - 1].rows
    assert (found.size, found.jump, found.padding) == expected


@pytest.mark.parametrize(
    ("key", "size", "jump"),
    [
        ("alexnet", 195, 32),  # Araujo et al. 2019, table
        ("vgg16", 212, 32),  # the same; with paddings 90 in front
        ("two_3x3", 5, 1),  # Simonyan and Zisserman, section 2.3
        ("one_5x5", 5, 1),
        ("three_3x3", 7, 1),  # the same
        ("one_7x7", 7, 1),
        ("dilated", 15, 1),  # Yu and Koltun, section 2: (2**(i + 2) - 1) for i = 2
        ("resnet_stem", 11, 4),  # 7, then two more windows two pixels apart
    ],
)
def test_known_stacks(key: str, size: int, jump: int) -> None:
    """Fields and strides as their papers give them, rows and columns alike."""
    last = field(known(key).layers)[-1]
    assert last.rows == last.columns
    assert (last.rows.size, last.rows.jump) == (size, jump)


def test_every_known_stack_is_complete() -> None:
    """Title, lesson and source are there, the text is canonical, and the stack fits the picture of 224 pixels."""
    for stack in STACKS:
        assert stack.title
        assert stack.lesson
        assert stack.source
        assert write_stack(stack.layers) == stack.text
        assert field(stack.layers, 224)[-1].rows.output >= 1
    assert {each.key for each in STACKS} >= {"alexnet", "vgg16", "resnet_stem", "dilated"}
    with pytest.raises(ParameterError):
        known("vgg99")


def test_vgg_by_hand() -> None:
    """VGG-16: 90 pixels of padding in front (the authors' table), 7 units, the first centred at pixel 15.5."""
    last = field(known("vgg16").layers, 224)[-1]
    assert last.rows == Along(212, 32, 90, 7)
    assert last.rows.start == 15.5
    assert region(last, 0, 6) == Region(-90, 121, 102, 313)
    assert inside(region(last, 0, 6), (224, 224)) == Region(0, 121, 102, 223)


def test_rows_and_columns_apart() -> None:
    """A 3 x 5 kernel with stride 1 x 2, then 2 x 1: worked by hand."""
    layers = [Convolution((3, 5), (1, 2), ((1, 0), (2, 3))), MaxPooling((2, 1), (2, 1))]
    first, last = field(layers, (8, 9))
    assert first.rows == Along(3, 1, 1, 7)
    assert first.columns == Along(5, 2, 2, 5)
    assert last.rows == Along(4, 2, 1, 3)
    assert last.columns == Along(5, 2, 2, 5)
    assert (last.rows.start, last.columns.start) == (0.5, 0.0)
    assert region(last, 1, 2) == Region(1, 4, 2, 6)


def test_outputs_are_unknown_without_a_size() -> None:
    """Without an input there are no outputs; TensorFlow's rule then has no padding to give."""
    assert field([Convolution(3, padding="same")])[0].rows == Along(3, 1, 1, None)
    with pytest.raises(ParameterError, match="TensorFlow"):
        field([Convolution(3, padding="same_tensorflow")])
    assert field([Convolution(3, 2, "same_tensorflow")], 8)[0].rows == Along(3, 2, 0, 4)


def test_outside_there_is_nothing() -> None:
    """A region wholly in the padding has no part inside, and its unit reaches nothing."""
    layer = Convolution(1, padding=2)
    assert inside(region(field([layer])[0], 0, 3), (4, 4)) is None
    assert reach([layer], 4, (0, 3)) is None
    assert reach([layer], 4, (2, 3)) == Region(0, 0, 1, 1)
    with pytest.raises(ParameterError):
        reach([layer], 4, (8, 0))


def test_gaps_at_the_edge() -> None:
    """Dilation 2 with padding 1: unit 0 reads -1, 1 and 3, so pixel 0 is in its region but not in its reach."""
    layers = [Convolution(3, padding=1, dilation=2)]
    assert inside(region(field(layers)[0], 0, 0), (9, 9)) == Region(0, 3, 0, 3)
    assert reach(layers, 9, (0, 0)) == Region(1, 3, 1, 3)


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(any_layer(), min_size=1, max_size=3), size=st.tuples(st.integers(6, 20), st.integers(6, 20)))
def test_reach_is_what_changes(layers: list[Layer], size: tuple[int, int]) -> None:
    """The unit in the middle changes with a pixel of its reach's first and last row and column, and no other."""
    try:
        last = field(layers, size)[-1]
    except ParameterError:
        return
    unit = (last.rows.output // 2, last.columns.output // 2)
    found = reach(layers, size, unit)
    rows = [row for row in range(size[0]) if _sees([axis_taps(each, 0) for each in layers], size[0], unit[0], row)]
    columns = [c for c in range(size[1]) if _sees([axis_taps(each, 1) for each in layers], size[1], unit[1], c)]
    if not rows or not columns:
        assert found is None
        return
    assert found == Region(rows[0], rows[-1], columns[0], columns[-1])
    whole = inside(region(last, *unit), size)
    assert whole is not None
    assert whole.top <= found.top <= found.bottom <= whole.bottom
    assert whole.left <= found.left <= found.right <= whole.right


def axis_taps(layer: Layer, axis: int) -> tuple[int, int, int, int, int, bool]:
    """The numbers of a layer along one axis."""
    before, after = layer.padding[axis]  # type: ignore[misc]  # numbers here, no rule
    up = getattr(layer, "ceil_mode", False)
    return layer.kernel_size[axis], layer.stride[axis], before, after, layer.dilation[axis], up  # type: ignore[return-value]  # as above


def _sees(layers: list[tuple[int, int, int, int, int, bool]], size: int, unit: int, cell: int) -> bool:
    """Whether a 1 at `cell` reaches `unit` when windows are added up: a loop over windows, no arithmetic module."""
    signal = np.zeros(size, int)
    signal[cell] = 1
    for kernel, stride, before, after, dilation, up in layers:
        extent = dilation * (kernel - 1) + 1
        padded = np.concatenate([np.zeros(before, int), signal, np.zeros(after, int)])
        starts = [start for start in range(0, len(padded), stride) if start + extent <= len(padded)]
        if up and starts[-1] + extent < len(padded) and starts[-1] + stride < len(signal) + before:
            starts.append(starts[-1] + stride)
        padded = np.concatenate([padded, np.zeros(extent + stride, int)])
        signal = np.array([padded[start : start + extent : dilation].sum() for start in starts])
    return bool(signal[unit])


@pytest.mark.parametrize(
    "layers",
    [
        [TransposedConvolution(2, 2)],
        [Convolution(3, padding=1, padding_mode="reflect")],
        [Convolution(1)] * (MOST_LAYERS + 1),
    ],
)
def test_layers_without_a_field(layers: list[Layer]) -> None:
    """A transposed layer, padding that repeats the picture and a stack without end are refused."""
    for use in (field, write_stack, lambda stack: reach(stack, 8, (0, 0))):
        with pytest.raises(ParameterError):
            use(layers)
