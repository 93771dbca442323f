"""Wrong answers and their reasons: worked by hand, and computed by torch with the mistake made on purpose."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from cnnviz.convolution import contents
from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.convolution.mistakes import VALUE_REASONS, size_mistakes, value_mistakes
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIZES = st.tuples(st.integers(3, 8), st.integers(3, 8))


@pytest.mark.parametrize(
    ("layer", "size", "axis", "expected"),
    [
        # (6 + 2 - 3) / 2 + 1 = 3.5 -> 3. Up: 4. Once: (6 + 1 - 3) / 2 + 1 = 3, right. None: 2. Stride 1: 6.
        (
            Convolution(3, 2, 1),
            (6, 6),
            0,
            {4: "rounded up", 2: "left out the padding", 6: "left out the stride", 8: "with its padding"},
        ),
        # 7 + 2 - 3 + 1 = 7. Once: 6. None: 5. "+ 1" forgotten: 6, the first reason wins. Padded: 9.
        (Convolution(3, padding=1), (7, 7), 0, {6: "padding once", 5: "left out the padding", 9: "with its padding"}),
        # Columns: 9 - 2 * 2 = 5. "+ 1": 4. Without dilation 7. Rows: 6 - 4 = 2. Input: 9.
        (
            Convolution(3, dilation=2),
            (6, 9),
            1,
            {4: "“+ 1”", 7: "left out the dilation", 2: "rows and columns", 9: "size of the input"},
        ),
        # Nothing fits when the padding is forgotten: 0.
        (Convolution(5, padding=2), (3, 3), 0, {2: "“+ 1”", 0: "left out the padding", 1: "once", 7: "padding"}),
        # Pooling 5 by 2, rounded up: 3; down: 2, which is also the "+ 1" forgotten.
        (MaxPooling(2, ceil_mode=True), (5, 5), 0, {2: "rounded down", 4: "stride", 5: "size of the input"}),
        # torch's rule: ceil((5 + 2 - 2) / 3) + 1 = 3, but the third window begins at 6 = 5 + 1 and is dropped.
        (AveragePooling(2, 3, 1, ceil_mode=True), (5, 5), 0, {3: "after the end of the input"}),
        # (4 - 1) * 2 - 2 + 2 + 1 + 1 = 8. Without output padding 7, added padding 12, uncropped 10, ordinary 2,
        # stride 1: 3 - 2 + 2 + 1 + 1 = 5, counted 4 steps: 10 (uncropped comes first).
        (
            TransposedConvolution(3, 2, 1, 1),
            (4, 4),
            0,
            {
                7: "output padding",
                12: "added the padding",
                9: "cropped the padding once",
                10: "left out the padding",
                2: "ordinary convolution",
                5: "left out the stride",
                4: "size of the input",
            },
        ),
        # (3 - 1) * 3 + 2 * 2 + 1 = 11. Without dilation 9, without stride 7, 3 steps: 14, "+ 1": 10, rows 8.
        (
            TransposedConvolution(3, 3, dilation=2),
            (2, 3),
            1,
            {
                9: "left out the dilation",
                7: "left out the stride",
                14: "step too many",
                10: "“+ 1”",
                8: "rows and columns",
                0: "ordinary",
                3: "size of the input",
            },
        ),
    ],
)
def test_sizes_by_hand(layer: Layer, size: tuple[int, int], axis: int, expected: dict[int, str]) -> None:
    """Every number worked out on paper has the reason of its mistake."""
    found = size_mistakes(layer, size, axis)
    assert {wrong: words for wrong, words in expected.items() if words not in found.get(wrong, "")} == {}


def test_nothing_else_is_called_a_mistake() -> None:
    """Hand-worked and complete: 1 x 1 kernels keep the size; only the "+ 1" can be forgotten."""
    assert list(size_mistakes(Convolution(1), (5, 5), 0)) == [4]
    assert list(size_mistakes(Convolution(3), (5, 6), 1)) == [3, 6]


@st.composite
def layers(draw: st.DrawFn) -> tuple[Layer, tuple[int, int]]:
    """A layer of any kind that fits its input."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution, MaxPooling, AveragePooling]))
    kernel, stride = draw(PAIRS), draw(PAIRS)
    values: dict[str, Any] = {"stride": stride}
    if kind is not AveragePooling:
        values["dilation"] = draw(PAIRS)
    if kind in (MaxPooling, AveragePooling):
        values |= {"ceil_mode": draw(st.booleans()), "channels": draw(st.integers(1, 3))}
        values["padding"] = tuple(draw(st.integers(0, k // 2)) for k in kernel)
        if kind is AveragePooling:
            values["count_include_pad"] = draw(st.booleans())
    else:
        groups = draw(st.integers(1, 2))
        values |= {"groups": groups, "bias": draw(st.booleans())}
        values |= {"in_channels": groups * draw(st.integers(1, 2)), "out_channels": groups * draw(st.integers(1, 2))}
        values["padding"] = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    if kind is Convolution:
        values["padding_mode"] = draw(st.sampled_from(PADDING_MODES))
    if kind is TransposedConvolution:
        values["output_padding"] = tuple(draw(st.integers(0, s - 1)) for s in stride)
    layer, size = kind(kernel, **values), draw(SIZES)
    try:
        layer.output_size(size)
    except ParameterError:
        return Convolution(2), size
    return layer, size


@settings(max_examples=200, deadline=None)
@given(layers(), st.sampled_from([0, 1]))
def test_the_right_size_is_never_a_mistake(case: tuple[Layer, tuple[int, int]], axis: int) -> None:
    """Wrong answers are whole, not negative, never the size that torch has; reasons are sentences."""
    layer, size = case
    found = size_mistakes(layer, size, axis)
    right = torch_values(layer, *numbers(layer, size)).shape[1 + axis]
    assert right not in found
    assert all(wrong >= 0 and reason.endswith((".", "?")) for wrong, reason in found.items())


# ---- values


def numbers(layer: Layer, size: tuple[int, int], seed: int = 3) -> tuple[Any, Any, Any]:
    """Cells, weights and biases that no two mistakes agree on by chance."""
    generator = np.random.default_rng(seed)
    cells = generator.normal(size=(layer.in_channels, *size))
    if not layer.weight_shape:
        return cells, None, None
    weights = generator.normal(size=layer.weight_shape)
    return cells, weights, generator.normal(size=layer.out_channels) if layer.bias else None


def torch_values(layer: Layer, cells: Any, weights: Any, bias: Any, **changes: Any) -> Any:
    """The output, (channels, rows, columns), by torch alone; `changes` makes a mistake."""
    given_ = {
        "stride": layer.stride,
        "padding": tuple(before for before, _ in layer.padding),
        "dilation": layer.dilation,
        **changes,
    }
    x = torch.from_numpy(cells)[None]
    if layer.kind == "max":
        return functional.max_pool2d(x, layer.kernel_size, **{"ceil_mode": layer.ceil_mode, **given_})[0].numpy()
    if layer.kind == "average":
        del given_["dilation"]
        counts = {"count_include_pad": layer.count_include_pad, "ceil_mode": layer.ceil_mode}
        return functional.avg_pool2d(x, layer.kernel_size, **{**counts, **given_})[0].numpy()
    w, b = torch.from_numpy(weights), None if bias is None else torch.from_numpy(bias)
    if layer.kind == "transposed":
        extra = given_.pop("output_padding", layer.output_padding)
        return functional.conv_transpose2d(x, w, b, output_padding=extra, groups=layer.groups, **given_)[0].numpy()
    vertical, horizontal = given_.pop("padding")
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    padded = functional.pad(x, (horizontal, horizontal, vertical, vertical), mode=mode)
    return functional.conv2d(padded, w, b, groups=layer.groups, **given_)[0].numpy()


def first_channel_only(layer: Layer, weights: Any) -> Any:
    """Weights of the first channel of each group; the others are 0."""
    kept = np.zeros_like(weights)
    if layer.kind == "transposed":
        kept[:: layer.in_channels // layer.groups] = weights[:: layer.in_channels // layer.groups]
    else:
        kept[:, 0] = weights[:, 0]
    return kept


def with_mistakes(layer: Layer, cells: Any, weights: Any, bias: Any) -> dict[str, Any]:
    """Whole outputs with one mistake each, by torch."""
    found: dict[str, Any] = {}
    if layer.weight_shape:
        turned = "not_turned" if layer.kind == "transposed" else "flipped"
        flipped = torch.from_numpy(weights).flip(2, 3).numpy()
        found[turned] = torch_values(layer, cells, flipped, bias)
        found["no_bias"] = torch_values(layer, cells, weights, None)
        found["first_channel"] = torch_values(layer, cells, first_channel_only(layer, weights), bias)
    own = {"output_padding": 0} if layer.kind == "transposed" else {}
    # Without padding a window that reaches beyond the input is no window that anybody means.
    unpadded = {"padding": (0, 0), **({} if layer.weight_shape else {"ceil_mode": False})}
    for key, changes in (("stride", {"stride": 1}), ("padding", unpadded), ("dilation", {"dilation": 1})):
        if key == "dilation" and layer.kind == "average":
            continue
        if key == "padding" and any(n < e for n, e in zip(cells.shape[1:], layer.extent, strict=True)):
            continue
        name = {"stride": "inserted", "padding": "cropped"}.get(key, key) if layer.kind == "transposed" else key
        try:
            found[name] = torch_values(layer, cells, weights, bias, **changes, **own)
        except RuntimeError:
            continue  # the output would be empty
    return found


@settings(max_examples=300, deadline=None)
@given(layers(), st.data())
def test_values_are_those_of_torch_with_the_mistake(case: tuple[Layer, tuple[int, int]], data: st.DataObject) -> None:
    """Each value is what torch computes when the mistake is made; none is right; none of torch's is missing."""
    layer, size = case
    given_ = numbers(layer, size)
    right = torch_values(layer, *given_)
    place = tuple(data.draw(st.integers(0, n - 1)) for n in right.shape)
    found = value_mistakes(layer, *given_, *place)
    assert not any(np.isclose(value, right[place], rtol=0, atol=1e-9) for value in found)
    by_key = {key: value for value, key in found.items()}
    assert len(by_key) == len(found)
    theirs = with_mistakes(layer, *given_)
    for key, output in theirs.items():
        inside = all(at < n for at, n in zip(place, output.shape, strict=True))
        if not inside or not np.isfinite(output[place]):
            continue
        value = output[place]
        known = [right[place], *found]
        if key not in by_key and layer.weight_shape and layer.kind == "transposed":
            only_bias = 0 if given_[2] is None else given_[2][place[0]]
            known.append(only_bias)  # where nothing is read, nothing was mistaken
        assert any(np.isclose(value, each, rtol=0, atol=1e-9) for each in known), key
        if key in by_key:
            assert by_key[key] == pytest.approx(value, abs=1e-9), key


@settings(max_examples=100, deadline=None)
@given(SIZES, PAIRS, PAIRS, st.booleans(), st.booleans(), st.data())
def test_pooling_mistakes_are_those_of_numpy(
    size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], largest: bool, counts: bool, data: Any
) -> None:
    """Windows cut out of a padded array by hand: sum, smallest, average, zeros that win, all channels."""
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    kind = MaxPooling if largest else AveragePooling
    more = {} if largest else {"count_include_pad": counts}
    layer = kind(kernel, stride, padding, channels=2, **more)
    cells = numbers(layer, size)[0]
    rows, columns = nn.MaxPool2d(kernel, stride, padding)(torch.zeros(1, 1, *size)).shape[2:]
    place = tuple(data.draw(st.integers(0, n - 1)) for n in (2, rows, columns))
    around = ((0, 0), *((p, p) for p in padding))
    padded = np.pad(cells, around, constant_values=np.nan)
    top, left = place[1] * stride[0], place[2] * stride[1]
    both = padded[:, top : top + kernel[0], left : left + kernel[1]]
    window = both[place[0]]
    real = window[~np.isnan(window)]
    if largest:
        right = real.max()
        wrong = {"minimum": real.min(), "average": real.mean(), "all_channels": both[~np.isnan(both)].max()}
        if real.size < window.size:
            wrong["maximum_of_padding"] = max(real.max(), 0)
    else:
        divisor = window.size if counts else real.size
        right = real.sum() / divisor
        wrong = {"sum": real.sum(), "maximum": real.max(), "all_channels": both[~np.isnan(both)].sum() / divisor / 2}
        wrong |= {"padding_counts": real.mean()} if counts else {"padding_does_not_count": real.sum() / window.size}
    found = value_mistakes(layer, cells, None, None, *place)
    for key, value in wrong.items():
        same = [each for each in found if np.isclose(each, value, rtol=0, atol=1e-9)]
        assert same or np.isclose(value, right, rtol=0, atol=1e-9), key
    assert set(found.values()) <= {*wrong, "stride", "padding"}


def test_a_kernel_that_is_turned_by_hand() -> None:
    """1 2 / 3 4 on weights 1 0 / 0 2: 1 + 8 = 9; turned 2 + 4 = 6; with a bias of 10: 19, 16 and, forgotten, 9."""
    cells = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    weights = np.array([[[[1.0, 0.0], [0.0, 2.0]]]])
    assert value_mistakes(Convolution(2, bias=False), cells, weights, None, 0, 0, 0) == {6.0: "flipped"}
    with_bias = value_mistakes(Convolution(2), cells, weights, np.array([10.0]), 0, 0, 0)
    assert with_bias == {16.0: "flipped", 9.0: "no_bias"}


def test_the_window_of_another_position_by_hand() -> None:
    """Counting 0 … 8 in a row, a kernel of one 1, stride 3, dilation and padding: what each one forgotten reads."""
    cells = np.arange(1.0, 10.0)[None, None]
    weights = np.array([[[[1.0, 100.0]]]])
    layer = Convolution((1, 2), (1, 3), ((0, 0), (1, 1)), (1, 2), bias=False)
    # Output 1 starts at 3 - 1 = 2: cells 3 and 5. Stride forgotten: from 0: 1 and 3. No padding: from 3: 4 and 6.
    assert value_mistakes(layer, cells, weights, None, 0, 0, 1) == {
        305.0: "flipped",
        301.0: "stride",
        604.0: "padding",
        403.0: "dilation",
    }


def test_average_of_the_border_by_hand() -> None:
    """Window 2 with one row and one column of zeros around 8: 8 / 4 = 2, or 8 where they do not count."""
    cells = np.full((1, 4, 4), 8.0)
    counted = value_mistakes(AveragePooling(2, 2, 1), cells, None, None, 0, 0, 0)
    assert counted == {8.0: "sum"}
    alone = value_mistakes(AveragePooling(2, 2, 1, count_include_pad=False), cells, None, None, 0, 0, 0)
    assert alone == {2.0: "padding_does_not_count"}


def test_zeros_do_not_win() -> None:
    """The largest of -3 and three cells of padding is -3; with zeros it would be 0."""
    cells = np.full((1, 2, 2), -3.0)
    assert value_mistakes(MaxPooling(2, 2, 1), cells, None, None, 0, 0, 0) == {0.0: "maximum_of_padding"}


@settings(max_examples=60, deadline=None)
@given(layers())
def test_every_key_has_a_sentence_and_goes_to_a_browser(case: tuple[Layer, tuple[int, int]]) -> None:
    """Keys are those of the registry, values plain numbers."""
    layer, size = case
    cells = contents.cells("integers", layer.in_channels, size)
    weights = contents.weights("integers", layer) if layer.weight_shape else None
    rows, columns = layer.output_size(size)
    found = value_mistakes(layer, cells, weights, contents.bias("integers", layer), 0, rows - 1, columns - 1)
    assert set(found.values()) <= set(VALUE_REASONS)
    assert json.loads(json.dumps(list(found.items()))) == [list(each) for each in found.items()]


def test_every_reason_occurs() -> None:
    """No sentence of the registry is for nothing."""
    seen: set[str] = set()
    cases = [
        Convolution(3, 2, 1, 2, in_channels=2),
        TransposedConvolution(3, 2, 1, dilation=3, in_channels=2),
        *(kind(3, 2, 1, channels=2) for kind in (MaxPooling, AveragePooling)),
        AveragePooling(3, 2, 1, count_include_pad=False),
        MaxPooling(2, 1, 1, dilation=2),
    ]
    for layer in cases:
        given_ = numbers(layer, (7, 7))
        rows, columns = layer.output_size((7, 7))
        for row, column in np.ndindex(rows, columns):
            seen |= set(value_mistakes(layer, *given_, 0, row, column).values())
    assert seen == set(VALUE_REASONS)
