"""Layers as text: torch builds the same ones, and nothing that is typed does harm."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import example, given, settings
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
from cnnviz.convolution.layer_text import MAX_CHARACTERS, padding_text, read, write
from cnnviz.errors import CnnvizError, ParameterError

KINDS = {
    Convolution: nn.Conv2d,
    TransposedConvolution: nn.ConvTranspose2d,
    MaxPooling: nn.MaxPool2d,
    AveragePooling: nn.AvgPool2d,
}
SMALL = st.integers(1, 5)
PAIRS = st.tuples(SMALL, SMALL)


def sides(most: tuple[int, int]) -> st.SearchStrategy[Any]:
    """Padding as one number, as rows and columns, or as four numbers."""
    rows, columns = (st.integers(0, each) for each in most)
    four = st.tuples(st.tuples(rows, rows), st.tuples(columns, columns))
    return st.integers(0, min(most)) | st.tuples(rows, columns) | four


@st.composite
def convolutions(draw: st.DrawFn) -> Layer:
    """Convolutions, plain and transposed, with everything that they can have."""
    groups = draw(st.integers(1, 3))
    shared = {
        "kernel_size": draw(PAIRS),
        "stride": draw(PAIRS),
        "dilation": draw(PAIRS),
        "groups": groups,
        "in_channels": groups * draw(SMALL),
        "out_channels": groups * draw(SMALL),
        "bias": draw(st.booleans()),
    }
    if draw(st.booleans()):
        most = [max(pair) - 1 for pair in zip(shared["stride"], shared["dilation"], strict=True)]
        extra = draw(st.tuples(*(st.integers(0, each) for each in most)))
        return TransposedConvolution(**shared, padding=draw(sides((4, 4))), output_padding=extra)
    rules = ["valid", "same_tensorflow", "full", *(["same"] if shared["stride"] == (1, 1) else [])]
    padding = draw(sides((4, 4)) | st.sampled_from(rules))
    return Convolution(**shared, padding=padding, padding_mode=draw(st.sampled_from(PADDING_MODES)))


@st.composite
def poolings(draw: st.DrawFn) -> Layer:
    """Both kinds of pooling."""
    kernel = draw(PAIRS)
    common = {"stride": draw(st.none() | PAIRS), "ceil_mode": draw(st.booleans()), "channels": draw(SMALL)}
    padding = draw(sides((kernel[0] // 2, kernel[1] // 2)) | st.sampled_from(["valid", "same_tensorflow"]))
    if draw(st.booleans()):
        return AveragePooling(kernel, **common, padding=padding, count_include_pad=draw(st.booleans()))
    return MaxPooling(kernel, **common, padding=padding, dilation=draw(PAIRS))


LAYERS = convolutions() | poolings()


@settings(max_examples=400, deadline=None)
@given(LAYERS)
def test_what_is_written_is_read_back(layer: Layer) -> None:
    """Reading undoes writing, writing is canonical, and the text is short enough to be read."""
    text = write(layer)
    assert read(text) == layer
    assert write(read(text)) == text
    assert len(text) <= MAX_CHARACTERS


@settings(max_examples=200, deadline=None)
@given(LAYERS)
def test_torch_understands_what_it_has_words_for(layer: Layer) -> None:
    """torch.nn, called with the text, has the same parameters; but for our extensions."""
    text = write(layer)
    if "((" in text.replace("2d((", "2d(") or "same_tensorflow" in text or "full" in text or "channels=" in text:
        return
    if layer.padding == "valid" and layer.kind in ("max", "average"):
        return
    module = eval(text, vars(nn))  # noqa: S307 - our own text
    assert type(module) is KINDS[type(layer)]
    for name in ("kernel_size", "stride", "dilation", "output_padding", "groups", "padding_mode", "ceil_mode"):
        if hasattr(layer, name) and hasattr(module, name):
            theirs, ours = getattr(module, name), getattr(layer, name)
            if layer.kind != "transposed" or name != "padding_mode":
                assert theirs == ours or (theirs, theirs) == ours
    if layer.weight_shape:
        assert tuple(module.weight.shape) == layer.weight_shape
        assert (module.bias is not None) == layer.bias


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (
            Convolution(7, stride=2, padding=3, in_channels=3, out_channels=64, bias=False),
            "Conv2d(3, 64, 7, stride=2, padding=3, bias=False)",
        ),
        (TransposedConvolution(3, 2, output_padding=1), "ConvTranspose2d(1, 1, 3, stride=2, output_padding=1)"),
        (MaxPooling(2), "MaxPool2d(2)"),
        (MaxPooling((2, 3), stride=2, channels=3), "MaxPool2d((2, 3), stride=2, channels=3)"),
        (
            AveragePooling(3, 1, 1, count_include_pad=False),
            "AvgPool2d(3, stride=1, padding=1, count_include_pad=False)",
        ),
        (Convolution((2, 3), padding=((1, 2), (0, 1))), "Conv2d(1, 1, (2, 3), padding=((1, 2), (0, 1)))"),
        (Convolution(3, padding=(1, 2)), "Conv2d(1, 1, 3, padding=(1, 2))"),
        (
            Convolution(3, padding="full", padding_mode="reflect"),
            'Conv2d(1, 1, 3, padding="full", padding_mode="reflect")',
        ),
        (TransposedConvolution(3, dilation=2, bias=False), "ConvTranspose2d(1, 1, 3, bias=False, dilation=2)"),
        (TransposedConvolution(2, groups=2, in_channels=4, out_channels=6), "ConvTranspose2d(4, 6, 2, groups=2)"),
    ],
)
def test_canonical_texts(layer: Layer, text: str) -> None:
    """Written by hand: torch's order of names, defaults left out."""
    assert write(layer) == text
    assert read(text) == layer


POSITIONAL = [
    "Conv2d(4, 6, (3, 2), (2, 1), (1, 0), (1, 2), 2, False, 'circular')",
    "ConvTranspose2d(4, 6, [3, 2], [2, 3], [1, 0], [1, 2], 2, True, 3)",
    "MaxPool2d(3, 2, 1, 2, False, True)",
    "AvgPool2d((3, 2), (2, 1), (1, 0), True, False)",
]


@pytest.mark.parametrize("text", POSITIONAL)
@pytest.mark.parametrize("head", ["", "nn.", "torch.nn."])
def test_positions_are_those_of_torch(text: str, head: str) -> None:
    """What torch makes of arguments without names, read from its own attributes."""
    module = eval(text, vars(nn))  # noqa: S307 - our own text
    layer = read(f"  {head}{text} ")
    for name in (
        *("kernel_size", "stride", "padding", "dilation", "output_padding", "groups", "padding_mode"),
        *("in_channels", "out_channels", "ceil_mode", "count_include_pad"),
    ):
        if not (hasattr(module, name) and hasattr(layer, name)) or (
            name == "padding_mode" and layer.kind == "transposed"
        ):
            continue
        theirs, ours = getattr(module, name), getattr(layer, name)
        theirs = tuple(theirs) if isinstance(theirs, list) else theirs
        if name == "padding":
            ours = tuple(before for before, _ in ours)
        assert theirs == ours or (theirs, theirs) == ours or (ours == (1, 1) and not layer.weight_shape), name
    if layer.weight_shape:
        assert (module.bias is not None) == layer.bias


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("MaxPool2d(kernel_size=3, stride=None, return_indices=False)", MaxPooling(3)),
        ("AvgPool2d(2, divisor_override=None)", AveragePooling(2)),
        ("ConvTranspose2d(1, 1, 3, padding_mode='zeros')", TransposedConvolution(3)),
        ("Conv2d(kernel_size=3, out_channels=2, in_channels=1)", Convolution(3, out_channels=2)),
        ("Conv2d(1,\n 1, +3,)", Convolution(3)),
    ],
)
def test_other_ways_to_write(text: str, layer: Layer) -> None:
    """Names in any order, line breaks, and arguments that have one legal value."""
    assert read(text) == layer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Conv3d(1, 1, 3)", ["Conv3d", "Conv2d, ConvTranspose2d, MaxPool2d, AvgPool2d"]),
        ("F.conv2d(1, 1, 3)", ["F.conv2d", "Conv2d, ConvTranspose2d"]),
        ("tf.nn.Conv2d(1, 1, 3)", ["tf.nn.Conv2d"]),
        ("Conv2d(1, 1, 3, strides=2)", ["no argument strides", "stride, padding"]),
        ("Conv2d(1, 1)", ["Conv2d also needs kernel_size"]),
        ("MaxPool2d()", ["MaxPool2d also needs kernel_size"]),
        ("MaxPool2d(2, kernel_size=2)", ["kernel_size is given twice"]),
        ("MaxPool2d(2, stride=2, stride=3)", ["stride is given twice"]),
        ("MaxPool2d(2, 2, 0, 1, False, False, 3)", ["at most 6 values"]),
        ("Conv2d(1, 1, 3, stride=-1)", ["stride is -1", "1 … 4096"]),
        ("Conv2d(1, 1, 2.5)", ["kernel_size is 2.5"]),
        ("Conv2d(1, 1, 3, bias=1)", ["bias is 1", "True, False"]),
        ("Conv2d(1, 1, 3, padding='some')", ["padding is some", "same"]),
        ("Conv2d(1, 1, (3, 3, 3))", ["kernel_size is (3, 3, 3)"]),
        ("Conv2d(1, 1, 3, padding_mode=3)", ["padding_mode is 3", "reflect"]),
        ("Conv2d(1, 1, 3, stride=2, padding='same')", ["stride is 2"]),
        ("ConvTranspose2d(1, 1, 3, padding='same')", ["padding is same"]),
        ("ConvTranspose2d(1, 1, 3, padding_mode='reflect')", ["padding_mode is reflect", "zeros"]),
        ("MaxPool2d(2, return_indices=True)", ["return_indices is True", "False"]),
        ("AvgPool2d(2, divisor_override=3)", ["divisor_override is 3", "None"]),
        ("AvgPool2d(2, dilation=2)", ["no argument dilation"]),
        ("Conv2d(1, 1, 3" + " " * 300 + ")", ["300 at most"]),
        ("Conv2d(3, 5, 3, groups=2)", ["groups is 2"]),
    ],
)
def test_refusals_name_what_is_wrong(text: str, words: list[str]) -> None:
    """One sentence, with the argument and what it may be."""
    with pytest.raises(CnnvizError) as caught:
        read(text)
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "Conv2d", "3", "Conv2d(", "Conv2d(1, 1, 3))", "Conv2d(1, 1, 3); 1", "x = Conv2d(1, 1, 3)"),
        *("Conv2d(*(1, 1, 3))", "Conv2d(**{})", "Conv2d(1, 1, 1 + 2)", "Conv2d(1, 1, open('x'))", "Conv2d(1, 1, x)"),
        *("Conv2d(1, 1, 3j)", "Conv2d(1, 1, b'a')", "Conv2d(1, 1, f'a')", "Conv2d(1, 1, ...)", "Conv2d(1, 1, 03)"),
        *(
            "Conv2d(1, 1, 3if 1else 2)",
            "Conv2d(1, 1, '\\d')",
            "Conv2d(1, 1, '\0')",
            "Ｃonv2d(1, 1, 3)",
            "Conv2d(1, 1, 3) # c",
        ),
        *("Conv2d(1, 1, 0x3)", "Conv2d(1, 1, 1_0)", "Conv2d(1, 1, '\ud800')", "(lambda: 1)()", "Conv2d(1, 1, 3)()"),
        *("(" * 290, "Conv2d(1, 1, " + "[" * 130 + "]" * 130 + ")", "-" * 290 + "1", "a" + ".a" * 140 + "(1)"),
        *(
            "f" + "()" * 140,
            "not " * 70 + "1",
            "Conv2d(1, 1, " + "-" * 280 + "1)",
            "1+" * 140 + "1",
            "Conv2d(i for i in 1)",
        ),
    ],
)
def test_what_is_no_layer_is_refused(text: str) -> None:
    """Other Python, unfinished text, tricks against the parser: an error with a sentence, without a warning."""
    with pytest.raises(CnnvizError) as caught:
        read(text)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 250


def read_or_refuse(text: str) -> Layer | None:
    """The layer, or None where there is a sentence instead."""
    try:
        return read(text)
    except CnnvizError:
        return None


PIECES = ["Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d", "nn.", "torch.", "(", ")", "[", "]", ",", "=", "'"]
PIECES += ["stride", "padding", "bias", "kernel_size", "channels", "groups", "True", "None", "1", "3", "-", "9" * 30]
PIECES += ["1e999", "0.5", '"same"', "**", "*", "if", "lambda", ":", "0x", "\\", "\n", "\ufeff", "#", "__", "f'", "@"]


@settings(max_examples=800, deadline=None)
@given(st.text(max_size=320) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example("Conv2d(1, 1, 3, stride=1e999)")
@example("Conv2d(1, 1, 3, groups=(1, 2))")
@example("Conv2d(1, 1, 3, groups=True)")
@example("Conv2d((1, 2), 1, 3)")
def test_any_text_is_a_layer_or_a_sentence(text: str) -> None:
    """Nothing but a layer or an error of our own."""
    layer = read_or_refuse(text)
    assert layer is None or read(write(layer)) == layer


VALUES = st.recursive(
    st.integers(-9, 10**30) | st.floats() | st.booleans() | st.none() | st.text("ab_{}same", max_size=6),
    lambda each: st.lists(each, max_size=3) | st.lists(each, max_size=3).map(tuple),
    max_leaves=5,
)
NAMES = st.sampled_from(["stride", "padding", "dilation", "groups", "bias", "padding_mode", "kernel_size", "channels"])


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d"]),
    st.lists(VALUES, max_size=5),
    st.dictionaries(NAMES, VALUES, max_size=3),
)
def test_any_values_are_a_layer_or_a_sentence(name: str, values: list[Any], named: dict[str, Any]) -> None:
    """Well-formed calls with values of all kinds, at all places."""
    arguments = [repr(value) for value in values] + [f"{key}={value!r}" for key, value in named.items()]
    text = f"{name}({', '.join(arguments)})"
    assert isinstance(read_or_refuse(text), Layer | None)


@settings(max_examples=100, deadline=None)
@given(LAYERS)
def test_padding_is_written_as_briefly_as_possible(layer: Layer) -> None:
    """The text, read by Python, gives the same padding; never two or four numbers where one does."""
    text = padding_text(layer.padding)
    value = ast.literal_eval(text)
    assert Convolution(9, padding=value).padding == layer.padding
    if not isinstance(layer.padding, str):
        numbers = {each for side in layer.padding for each in side}
        assert text.isdigit() == (len(numbers) == 1)


def test_an_unknown_layer_is_a_parameter_error() -> None:
    """A page can show the parameter's name and what is legal."""
    with pytest.raises(ParameterError) as caught:
        read("Linear(3, 4)")
    assert (caught.value.name, caught.value.value) == ("layer", "Linear")
