"""Impossible settings: the sentence names the parameter, its value and a range that is true to its last number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.arithmetic.layer import LARGEST
from cnnviz.errors import ParameterError

Settings = dict[str, Any]
KINDS: tuple[type[Layer], ...] = (Convolution, TransposedConvolution, MaxPooling, AveragePooling)


def refused(kind: type[Layer], values: Settings, size: object) -> ParameterError | None:
    """What is said of a layer on an input, or by its constructor alone if size is None; None where all is well."""
    try:
        layer = kind(**values)
        if size is not None:
            layer.output_size(size)
    except ParameterError as error:
        return error
    return None


def span(legal: str) -> tuple[int, int]:
    """First and last value of a range such as "0 … 3" or "4"."""
    numbers = [int(part) for part in legal.split(" … ")]
    return numbers[0], numbers[-1]


def along(values: Settings, size: int | None, name: str, value: int) -> tuple[Settings, int | None]:
    """The same layer with another value; of padding with unequal sides the larger one changes."""
    if name == "size":
        return values, value
    padding = values.get("padding", 0)
    if name != "padding" or isinstance(padding, (int, str)):
        return values | {name: value}, size
    (before, after), _ = padding
    changed = {before > after: (value, after), before < after: (before, value), before == after: (value, value)}[True]
    return values | {"padding": (changed, changed)}, size


def both(values: Settings, value: int) -> Settings:
    """The same layer with one padding on all sides."""
    return values | {"padding": value}


def is_exact(
    kind: type[Layer], values: Settings, size: int | None, error: ParameterError, change: Callable[..., Any]
) -> bool:
    """Whether every value of the range is accepted and the ones before and behind it are not."""
    first, last = span(error.legal)
    inner = [first, last, (first + last) // 2] if last - first > 40 else range(first, last + 1)
    works = [refused(kind, *change(values, size, error.name, value)) is None for value in inner]
    fails = [refused(kind, *change(values, size, error.name, value)) is not None for value in (first - 1, last + 1)]
    return all(works) and all(fails)


@st.composite
def layers(draw: st.DrawFn) -> tuple[type[Layer], Settings, int]:
    """Any layer of small numbers, possible or not, and a square input of 1 to 6 cells."""
    kind = draw(st.sampled_from(KINDS))
    side = st.integers(0, 6)
    padding = draw(st.one_of(side, st.tuples(side, side).map(lambda both: (both, both))))
    values: Settings = {"kernel_size": draw(st.integers(1, 7)), "stride": draw(st.integers(1, 4)), "padding": padding}
    if kind is not AveragePooling:
        values["dilation"] = draw(st.integers(1, 4))
    if kind is Convolution:
        values["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
        values["padding"] = draw(
            st.one_of(st.just(padding), st.sampled_from(["valid", "same", "same_tensorflow", "full"]))
        )
    if kind is TransposedConvolution:
        values["output_padding"] = draw(st.integers(0, 4))
    if kind in (MaxPooling, AveragePooling):
        values["ceil_mode"] = draw(st.booleans())
    return kind, values, draw(st.integers(1, 6))


@settings(max_examples=2500, deadline=None)
@given(layers())
def test_the_range_is_true(case: tuple[type[Layer], Settings, int]) -> None:
    """Each value in the range is accepted, its neighbours outside are not, everything else unchanged."""
    kind, values, size = case
    error = refused(kind, values, size)
    assume(error is not None)
    assert error is not None
    event(f"{kind.__name__}: {error.name}")
    first, last = span(error.legal)
    assert not first <= error.value <= last
    assert 0 <= first <= last <= LARGEST
    assert f"{error.name} is {error.value}, but must be {error.legal}" in str(error)
    asked = size if refused(kind, values, None) is None else None  # a constructor knows of no input
    if is_exact(kind, values, asked, error, along):
        return
    # Where the other side of the padding is out of range too, the range is that of both together.
    assert error.name == "padding"
    assert isinstance(values["padding"], tuple)
    assert is_exact(kind, values, asked, error, lambda old, cells, _, value: (both(old, value), cells))


@pytest.mark.parametrize("kernel_size", range(1, 9))
@pytest.mark.parametrize("dilation", range(1, 4))
def test_padding_of_pooling(kernel_size: int, dilation: int) -> None:
    """Half of kernel_size is legal, one cell more is not; gaps of the dilation do not count, as in torch."""
    most = kernel_size // 2
    for padding in range(most + 1):
        assert MaxPooling(kernel_size, 1, padding, dilation).padding == ((padding,) * 2,) * 2
    for wrong in (most + 1, -1, "same", (0, most + 1), ((0, 0), (most + 1, 0))):
        with pytest.raises(ParameterError) as caught:
            MaxPooling(kernel_size, 1, wrong, dilation)
        assert caught.value.name == "padding"
        numbers = caught.value.legal.removesuffix(", valid, same_tensorflow")
        assert span(numbers) == (0, most)


def test_padding_of_a_rectangular_window() -> None:
    """Each axis has its own half, and the sentence names that of the axis at fault."""
    for wrong, legal in (((2, 0), "0 … 1"), ((0, 3), "0 … 2"), (2, "0 … 1"), (((0, 0), (0, 3)), "0 … 2")):
        with pytest.raises(ParameterError) as caught:
            AveragePooling((2, 5), padding=wrong)
        assert caught.value.legal == legal


@pytest.mark.parametrize("stride", range(1, 5))
@pytest.mark.parametrize("dilation", range(1, 5))
def test_output_padding(stride: int, dilation: int) -> None:
    """It must be smaller than the stride or the dilation, as torch says."""
    for extra in range(7):
        if extra < stride or extra < dilation:
            TransposedConvolution(2, stride, 0, extra, dilation)
            continue
        with pytest.raises(ParameterError) as caught:
            TransposedConvolution(2, stride, 0, extra, dilation)
        assert (caught.value.name, caught.value.value) == ("output_padding", extra)
        assert span(caught.value.legal) == (0, max(stride, dilation) - 1)


@pytest.mark.parametrize("kind", [Convolution, TransposedConvolution])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (4, 6), (12, 8), (5, 7), (9, 9)])
def test_groups(kind: type[Layer], inputs: int, outputs: int) -> None:
    """The list is exactly that of the common divisors."""
    with pytest.raises(ParameterError) as caught:
        kind(3, groups=11, in_channels=inputs, out_channels=outputs)
    assert (caught.value.name, caught.value.value) == ("groups", 11)
    listed = [int(part) for part in caught.value.legal.split(", ")]
    accepted = [n for n in range(1, 20) if _accepts_groups(kind, n, inputs, outputs)]
    assert listed == accepted == [n for n in range(1, 20) if inputs % n == 0 and outputs % n == 0]


def _accepts_groups(kind: type[Layer], groups: int, inputs: int, outputs: int) -> bool:
    values = {"kernel_size": 3, "groups": groups, "in_channels": inputs, "out_channels": outputs}
    return refused(kind, values, 9) is None


@pytest.mark.parametrize(
    ("kind", "values", "size", "name", "value", "legal"),
    [
        (Convolution, {"kernel_size": 6}, 5, "kernel_size", 6, "1 … 5"),
        (Convolution, {"kernel_size": 9, "dilation": 2}, 6, "kernel_size", 9, "1 … 3"),
        (Convolution, {"kernel_size": 4, "dilation": 3}, 9, "dilation", 3, "1 … 2"),
        (Convolution, {"kernel_size": (1, 6), "padding": ((9, 9), (0, 2))}, 3, "kernel_size", 6, "1 … 5"),
        (Convolution, {"kernel_size": 3, "padding": 5, "padding_mode": "reflect"}, 5, "padding", 5, "0 … 4"),
        (Convolution, {"kernel_size": 3, "padding": 6, "padding_mode": "circular"}, 5, "padding", 6, "0 … 5"),
        (Convolution, {"kernel_size": 7, "padding": 3, "padding_mode": "reflect"}, 3, "padding", 3, "2"),
        (Convolution, {"kernel_size": 9, "padding": 3, "padding_mode": "reflect"}, 3, "size", 3, "4 … 4096"),
        (Convolution, {"kernel_size": 7, "padding": "same", "padding_mode": "reflect"}, 3, "kernel_size", 7, "1 … 5"),
        (Convolution, {"kernel_size": 5, "padding": "full", "padding_mode": "circular"}, 3, "kernel_size", 5, "1 … 4"),
        (Convolution, {"kernel_size": 3, "padding": "same", "stride": (1, 2)}, 5, "stride", 2, "1"),
        (Convolution, {"kernel_size": 4096, "dilation": 2}, 5, "dilation", 2, "1"),
        (MaxPooling, {"kernel_size": 7, "padding": 2}, 2, "kernel_size", 7, "4 … 6"),
        (MaxPooling, {"kernel_size": 4, "padding": 2, "dilation": 3}, 2, "dilation", 3, "1"),
        (MaxPooling, {"kernel_size": 6, "padding": 2, "dilation": 4}, 1, "size", 1, "17 … 4096"),
        (TransposedConvolution, {"kernel_size": 3, "padding": 3}, 4, "padding", 3, "0 … 2"),
        (TransposedConvolution, {"kernel_size": 3, "padding": ((6, 1), (0, 0))}, 4, "padding", 6, "0 … 4"),
        (TransposedConvolution, {"kernel_size": 3, "padding": ((6, 7), (0, 0))}, 4, "padding", 7, "0 … 2"),
        (TransposedConvolution, {"kernel_size": 1, "stride": 4096}, 4096, "stride", 4096, "1"),
        (TransposedConvolution, {"kernel_size": 4, "stride": 2}, 4096, "size", 4096, "1 … 2047"),
        (TransposedConvolution, {"kernel_size": 4096, "stride": 9, "output_padding": 1}, 9, "output_padding", 1, "0"),
    ],
)
def test_by_hand(kind: type[Layer], values: Settings, size: int, name: str, value: int, legal: str) -> None:
    """Worked out with pencil and paper, one axis at a time."""
    error = refused(kind, values, size)
    assert error is not None
    assert (error.name, error.value, error.legal) == (name, value, legal)


@pytest.mark.parametrize(("size", "stride", "crop"), [(4096, 3, 0), (50, 999, 7), (2, 4096, 4096), (4096, 4096, 0)])
def test_outputs_too_large_to_show(size: int, stride: int, crop: int) -> None:
    """At the edge of what is shown the range is as exact as elsewhere."""
    values = {"kernel_size": 5, "stride": stride, "padding": ((crop, 0), (crop, 0))}
    error = refused(TransposedConvolution, values, size)
    if error is None:
        assert (size - 1) * stride + 5 - crop <= LARGEST
    else:
        assert is_exact(TransposedConvolution, values, size, error, along)


HOSTILE = (
    *(None, "x", "", b"3", 1.5, math.nan, math.inf, 3 + 0j, np.float64(2), True, np.bool_(True)),
    *(-1, 10**9, 10**5000, -(10**5000), {}, {1, 2}, object(), np.array([1, 2])),
    *([], [1], [1, 2, 3], [[1, 2], [3]], [[1, 2], [3, 4], [5, 6]], [[[1, 2], [3, 4]], [[1, 2], [3, 4]]]),
    *((-1, 2), (1, 10**9), [None, 1], [1, math.nan], (1, True), [1, [2, 3]], ((1, None), (2, 3))),
)
NUMBERS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "groups", "in_channels", "out_channels")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [*NUMBERS, "channels"])
@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_hostile_numbers(kind: type[Layer], name: str, index: int) -> None:
    """Whatever is no legal number is refused by name, in a sentence of readable length, and by nothing else."""
    value = HOSTILE[index]
    if name not in kind.__init__.__annotations__:
        return
    if name == "stride" and value is None and kind in (MaxPooling, AveragePooling):
        return  # legal: the window's size, as in torch
    with pytest.raises(ParameterError) as caught:
        kind(**({"kernel_size": 3} | {name: value}))
    assert caught.value.name == name
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["bias", "ceil_mode", "count_include_pad", "padding_mode"])
def test_hostile_choices(name: str) -> None:
    """Switches are True or False, modes one of four: nothing is taken for true by accident."""
    for kind, value in itertools.product(KINDS, HOSTILE):
        if name in kind.__init__.__annotations__ and not (
            name != "padding_mode" and isinstance(value, (bool, np.bool_))
        ):
            with pytest.raises(ParameterError) as caught:
                kind(**{"kernel_size": 3, name: value})
            assert caught.value.name == name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_hostile_sizes(kind: type[Layer], index: int) -> None:
    """The size of an input is checked as well, by every function that takes one."""
    layer = kind(1)
    for function in (layer.axes, layer.output_size, layer.taps, layer.unreached, layer.memory):
        with pytest.raises(ParameterError) as caught:
            function(HOSTILE[index])
        assert caught.value.name == "size"


def test_numpy_numbers_are_numbers() -> None:
    """Whole numbers of NumPy count, and what is stored are Python's."""
    layer = Convolution(np.int64(3), (np.int32(2), 1), np.uint8(1), groups=np.int64(2), in_channels=2, out_channels=4)
    assert layer == Convolution(3, (2, 1), 1, groups=2, in_channels=2, out_channels=4)
    assert type(layer.groups) is type(layer.kernel_size[0]) is int
    assert Convolution(3, bias=np.bool_(False)).bias is False
