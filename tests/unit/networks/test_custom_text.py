"""A network of one's own as text: an exact round trip, and nothing that is typed does harm."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.custom import KINDS, Custom, Record, read, write
from cnnviz.networks.custom.layers import Activation, Conv, DepthwiseConv, Dropout, Linear
from cnnviz.networks.custom.pooling import AvgPool, MaxPool
from cnnviz.networks.custom.text import read_layer, write_layer
from tests.unit.networks.custom_cases import networks, records

WRITTEN = {
    "conv32k3": Conv(32),
    "conv32k3x5s2x1psamed2x3g4b0": Conv(32, (3, 5), (2, 1), "same", (2, 3), 4, bias=False),
    "dwk5p2": DepthwiseConv((5, 5), padding=(2, 2)),
    "leaky_relu": Activation("leaky_relu"),
    "max2": MaxPool(),
    "max3s2p1d2": MaxPool((3, 3), (2, 2), (1, 1), (2, 2)),
    "avg2x3s1": AvgPool((2, 3), (1, 1)),
    "drop20": Dropout(20),
    "fc10b0": Linear(10, bias=False),
}


@given(custom=networks())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_network_comes_back_as_it_was(custom: Custom) -> None:
    """What is written reads as an equal network, and an address carries it unchanged."""
    text = write(custom)
    assert read(text) == custom
    assert quote(text, safe=":") == text


@given(record=records())
@settings(max_examples=80, deadline=None)
def test_every_layer_comes_back_as_it_was(record: Record) -> None:
    """All values of all kinds of layers."""
    assert read_layer(write_layer(record)) == record


@pytest.mark.parametrize(("text", "record"), WRITTEN.items())
def test_layers_are_written_short(text: str, record: Record) -> None:
    """What is as usual is left out; the kernel of a convolution is always there."""
    assert write_layer(record) == text
    assert read_layer(text) == record


def test_a_person_may_write_it_differently() -> None:
    """Spaces, lines, capitals, and letters in any order."""
    assert read(" 3x32x32: \n CONV8 p1 k3 s2 -\n ReLU ") == read("3x32x32:conv8k3s2p1-relu")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_says_how_it_is_written(kind: object) -> None:
    """The example that an error shows reads as a layer of that kind."""
    record = read_layer(kind.example)
    assert kind.read(kind.write(record)) == record


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "begins with its input and a colon"),
        ("conv3", "begins with its input and a colon"),
        ("3x32:conv3", "input is 3x32, but must be 1 … 64 x 1 … 512 x 1 … 512"),
        ("3x32x32:", "Layer 1, “”, cannot be read: there is no such layer"),
        ("3x32x32:conv8-foo3", "Layer 2, “foo3”, cannot be read: there is no such layer. There are: conv, dw"),
        ("3x32x32:conv8--relu", "Layer 2, “”, cannot be read"),
        ("3x32x32:conv", "Layer 1, “conv”, cannot be read: out_channels is missing; it must be 1 … 4096"),
        ("3x32x32:conv4097", "out_channels is 4097, but must be 1 … 4096"),
        ("3x32x32:conv8e3", "“e3” does not belong there; write it as in conv32k3p1"),
        ("3x32x32:conv8k3k5", "“k5” does not belong there"),
        ("3x32x32:relu6", "“6” does not belong there"),
        ("3x32x32:conv8k0", "kernel_size is .*, but must be 1 … 99"),
        ("3x32x32:bot30", "out_channels is 30, but must be 4, 8, … 4096"),
        ("3x32x32:sep8k4", "kernel_size is 4, but must be 1, 3, … 31"),
        ("3x32x32:conv8b2", "bias is 2, but must be 0, 1"),
        ("3x32x32:drop96", "percent is 96, but must be 1 … 95"),
        ("-".join(["3x32x32:relu"] + ["relu"] * 60), "layers is 61, but must be 1 … 60"),
        ("3x32x32:conv８", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, sentence: str) -> None:
    """One clear sentence: which layer, what is wrong, what is legal."""
    with pytest.raises(CnnvizError, match=sentence):
        read(text)


def outcome(text: str) -> str:
    """The network that was read, written again but for its length, or the sentence that refuses it."""
    try:
        return write(read(text))[:300]
    except CnnvizError as error:
        return str(error)


@given(text=st.text(max_size=60) | st.text("3x:conv-relusgapfld0123456789", max_size=200))
@example("3x32x32:" + "conv1" * 900)
@example("9" * 5000 + "x1x1:relu")
@example("3x32x32:" + "a1" * 1990)
@example("3x32x32:conv" + "1" * 3900)
@settings(deadline=None)
def test_anything_is_read_or_refused_at_once(text: str) -> None:
    """Whatever is in an address: a network or an error of ours, in a moment, and a sentence that stays short."""
    start = time.perf_counter()
    assert len(outcome(text)) < 400
    assert time.perf_counter() - start < 0.5
