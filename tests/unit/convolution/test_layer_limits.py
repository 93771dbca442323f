"""What sliders offer: everything that torch computes, and nothing that it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.layer_limits import fits, legal, legal_sizes, replaced, with_value
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))
PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))
PADS = st.tuples(st.integers(0, 2), st.integers(0, 2))
NAMES = ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups", "in_channels", "out_channels")
CANDIDATES = range(9)


def overhangs(size: tuple[int, int], values: dict[str, Any]) -> bool:
    """True for a window larger than the whole padded input, of which torch's `ceil_mode` makes an output; we do not."""
    if not values.get("ceil_mode"):
        return False
    axes = zip(size, values["kernel_size"], values["padding"], values.get("dilation", (1, 1)), strict=True)
    return any(n + 2 * p < d * (k - 1) + 1 for n, k, p, d in axes)


def torch_output(kind: str, size: tuple[int, int], values: dict[str, Any]) -> tuple[int, int] | None:
    """The output's size of torch's own layer, computed; None when torch refuses."""
    modules = {"convolution": nn.Conv2d, "transposed": nn.ConvTranspose2d, "max": nn.MaxPool2d, "average": nn.AvgPool2d}
    given_ = dict(values)
    channels = given_.pop("channels") if "channels" in given_ else given_["in_channels"]
    if channels < 1 or overhangs(size, values):
        return None
    try:
        out = modules[kind](**given_).double()(torch.zeros((1, channels, *size), dtype=torch.float64))
    except (RuntimeError, ValueError, ZeroDivisionError, UserWarning):  # it warns of kernels without weights
        return None
    return (out.shape[2], out.shape[3]) if min(out.shape) > 0 else None


@st.composite
def cases(draw: st.DrawFn) -> tuple[Layer, tuple[int, int], dict[str, Any]]:
    """A layer that fits its input, and its parameters."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution, MaxPooling, AveragePooling]))
    values: dict[str, Any] = {"kernel_size": draw(PAIRS), "stride": draw(PAIRS), "padding": draw(PADS)}
    if kind is not AveragePooling:
        values["dilation"] = draw(PAIRS)
    if kind in (Convolution, TransposedConvolution):
        groups = draw(st.integers(1, 3))
        values |= {"groups": groups, "in_channels": groups * draw(st.integers(1, 2)), "out_channels": groups * 2}
    else:
        values |= {"ceil_mode": draw(st.booleans()), "channels": draw(st.integers(1, 2))}
        values["padding"] = tuple(min(p, k // 2) for p, k in zip(values["padding"], values["kernel_size"], strict=True))
    if kind is TransposedConvolution:
        values["output_padding"] = tuple(draw(st.integers(0, s - 1)) for s in values["stride"])
    return kind(**values), draw(SIZES), values


def changed(values: dict[str, Any], name: str, axis: int | None, value: int) -> dict[str, Any]:
    """The parameters as a person would change them."""
    if name in ("groups", "in_channels", "out_channels"):
        return values | {"channels" if "channels" in values else name: value}
    old = values[name]
    return values | {name: {None: (value, value), 0: (value, old[1]), 1: (old[0], value)}[axis]}


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from(NAMES), st.sampled_from([None, 0, 1]))
def test_legal_is_what_torch_computes(
    case: tuple[Layer, tuple[int, int], dict[str, Any]], name: str, axis: int | None
) -> None:
    """Each value offered works in torch and gives our size; each value not offered, torch refuses too."""
    layer, size, values = case
    if name not in values and not (name.endswith("channels") and "channels" in values):
        return
    offered = legal(layer, size, name, axis, CANDIDATES)
    for value in CANDIDATES:
        wanted = changed(values, name, axis, value)
        theirs = torch_output(layer.kind, size, wanted)
        if layer.kind == "max" and any(
            p > k // 2 for p, k in zip(wanted["padding"], wanted["kernel_size"], strict=True)
        ):
            continue  # torch does not count the gaps of a dilated window here
        if value in offered:
            assert theirs == with_value(layer, name, axis, value).output_size(size)
        elif name != "stride" or value:  # torch computes a stride of 0 along some paths; nobody means it
            assert theirs is None, (wanted, value)


@settings(max_examples=100, deadline=None)
@given(cases(), st.sampled_from([None, 0, 1]))
def test_legal_sizes_are_what_torch_computes(
    case: tuple[Layer, tuple[int, int], dict[str, Any]], axis: int | None
) -> None:
    """An axis on its own: torch computes it when the other one has room enough."""
    layer, _, values = case
    offered = legal_sizes(layer, axis, range(1, 12))
    for size in range(1, 12):
        whole = {None: (size, size), 0: (size, 40), 1: (40, size)}[axis]
        theirs = torch_output(layer.kind, whole, values)
        assert (size in offered) == (theirs is not None)
        if theirs is not None:
            assert layer.output_size(whole) == theirs


@pytest.mark.parametrize(
    ("layer", "name", "axis", "values"),
    [
        (Convolution(3), "kernel_size", None, (1, 2, 3, 4, 5)),
        (Convolution(3, padding=1), "kernel_size", 1, (1, 2, 3, 4, 5, 6, 7)),
        (Convolution(3), "dilation", None, (1, 2)),
        (Convolution(3, padding=1, padding_mode="reflect"), "padding", None, (0, 1, 2, 3, 4)),
        (Convolution(3, padding="full"), "stride", 0, (1, 2, 3, 4, 5, 6, 7, 8)),
        (Convolution(3, padding="same"), "stride", 0, (1,)),
        (Convolution(3, groups=2, in_channels=4, out_channels=6), "groups", None, (1, 2)),
        (Convolution(3, groups=2, in_channels=4, out_channels=6), "in_channels", None, (2, 4, 6, 8)),
        (TransposedConvolution(3, stride=3), "output_padding", None, (0, 1, 2)),
        (TransposedConvolution(3), "padding", None, (0, 1, 2, 3)),
        (MaxPooling(4), "padding", None, (0, 1, 2)),
        (MaxPooling(2), "kernel_size", None, (1, 2, 3, 4, 5)),
    ],
)
def test_hand_worked(layer: Layer, name: str, axis: int | None, values: tuple[int, ...]) -> None:
    """On 5 x 5: what fits into the padded input, what a mirror can show, what is not all cropped."""
    assert legal(layer, (5, 5), name, axis, range(9)) == values


def test_only_the_axis_asked_for_counts() -> None:
    """A kernel of 7 fits into 9 columns, not into 3 rows; a size is legal whatever the other one is."""
    layer = Convolution((2, 7))
    assert legal(layer, (3, 9), "kernel_size", 0, range(1, 12)) == (1, 2, 3)
    assert legal(layer, (3, 9), "kernel_size", 1, range(1, 12)) == tuple(range(1, 10))
    assert legal(layer, (3, 9), "kernel_size", None, range(1, 12)) == (1, 2, 3)
    assert legal_sizes(layer, 0, range(1, 9)) == tuple(range(2, 9))
    assert legal_sizes(layer, 1, range(1, 9)) == (7, 8)
    assert legal_sizes(layer, None, range(1, 9)) == (7, 8)


@settings(max_examples=100, deadline=None)
@given(cases())
def test_replacing_nothing_changes_nothing(case: tuple[Layer, tuple[int, int], dict[str, Any]]) -> None:
    """A layer built anew from its own values is equal; one with another value has that value alone changed."""
    layer, _, _ = case
    assert replaced(layer) == layer
    wider = replaced(layer, kernel_size=(7, 8))
    assert wider.kernel_size == (7, 8)
    assert replaced(wider, kernel_size=layer.kernel_size) == layer


def test_padding_is_replaced_by_a_number() -> None:
    """A rule or uneven sides along the axis give way; the other axis keeps its numbers."""
    uneven = Convolution(3, padding=((1, 2), (0, 1)))
    assert with_value(uneven, "padding", 0, 3).padding == ((3, 3), (0, 1))
    assert with_value(uneven, "padding", 1, 3).padding == ((1, 2), (3, 3))
    assert with_value(uneven, "padding", None, 3).padding == ((3, 3), (3, 3))
    assert with_value(Convolution(3, padding="full"), "padding", 1, 2).padding == ((0, 0), (2, 2))
    assert with_value(MaxPooling(2), "out_channels", None, 5).in_channels == 5


def test_fits_is_true_exactly_when_nothing_is_raised() -> None:
    """Changes are tried together with the size."""
    assert fits(Convolution(5), (5, 6))
    assert not fits(Convolution(5), (4, 6))
    assert fits(Convolution(5), (4, 6), padding="same")
    assert not fits(Convolution(5, stride=2), (4, 6), padding="same")
    with pytest.raises(ParameterError):
        replaced(Convolution(5, stride=2), padding="same")


def test_groups_of_many_channels_take_no_list_of_divisors() -> None:
    """Powers of two divide 65,536; candidates out of range are no error."""
    layer = Convolution(1, in_channels=65_536, out_channels=65_536)
    assert legal(layer, 3, "groups", None, range(-1, 20)) == (1, 2, 4, 8, 16)
