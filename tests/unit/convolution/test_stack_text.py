"""Stacks as text: there and back, as documented, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling
from cnnviz.convolution.receptive_field import MOST_LAYERS
from cnnviz.convolution.stack_text import read_stack, write_stack
from cnnviz.errors import CnnvizError, ParameterError
from tests.unit.convolution.stacks import any_layer


@settings(max_examples=200, deadline=None)
@given(layers=st.lists(any_layer(), min_size=1, max_size=MOST_LAYERS))
def test_text_and_back(layers: list[Layer]) -> None:
    """A stack survives the address, in characters that an address does not escape."""
    text = write_stack(layers)
    assert read_stack(text) == tuple(layers)
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_texts_as_documented() -> None:
    """All numbers may be given, or left out where they are torch's defaults; names become numbers."""
    assert read_stack("c3s1p1d1-m2s2") == (Convolution(3, padding=1), MaxPooling(2))
    assert read_stack("c3x5s1x2p1.2x0d2x1") == (Convolution((3, 5), (1, 2), ((1, 2), (0, 0)), (2, 1)),)
    assert read_stack("m3s2u-a2s1") == (MaxPooling(3, 2, ceil_mode=True), AveragePooling(2, 1))
    assert write_stack([Convolution(4, padding="same"), Convolution(3, padding="full")]) == "c4p1.2-c3p2"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "c",
        "c0",
        "c3s0",
        "c3p",
        "c3d0",
        "x3",
        "c3-",
        "c3 ",
        "c3\n",
        "C3",
        "c100",
        "c-3",
        "c3x",
        "c3x5x7",
        "c٣",
        "c3p1.2.3",
        "m2p2",
        "a3d2",
        "c3u",
        "c3s1p1d1d1",
        "-".join(["c3"] * (MOST_LAYERS + 1)),
        "c3" * 100_000,
        "c3-" * 100_000,
    ],
)
def test_hostile_texts(text: str) -> None:
    """What is no stack is refused in one sentence, however long it is."""
    with pytest.raises(ParameterError) as caught:
        read_stack(text)
    assert len(str(caught.value)) < 250


@settings(max_examples=300, deadline=None)
@given(st.text("cma0123456789spdxu.-~% é", max_size=60))
def test_garbage_is_refused_or_read(text: str) -> None:
    """Any text is read or refused; what was read and written is read the same."""
    try:
        layers = read_stack(text)
    except CnnvizError:
        return
    assert read_stack(write_stack(layers)) == layers


def test_large_numbers_stay_out_of_the_text() -> None:
    """What could not be read back is not written."""
    with pytest.raises(ParameterError):
        write_stack([Convolution(100)])
