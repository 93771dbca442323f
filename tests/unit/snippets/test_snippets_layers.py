"""Layers as PyTorch: the programs are run, and give what the definition gives by another route."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import warnings
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from cnnviz import snippets
from cnnviz.convolution import contents
from cnnviz.convolution.arithmetic import (
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import ParameterError
from cnnviz.snippets.layers import MOST_LITERALS, MOST_WEIGHTS

PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))
STRIDES = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def run(program: str) -> dict[str, Any]:
    """Run a program in an empty namespace; a warning is an error, but for what torch says of "same"."""
    assert "cnnviz" not in program
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(printed):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")  # only slower
        exec(compile(program, "program.py", "exec"), names)  # noqa: S102 - running it is the test
    assert printed.getvalue() == f"{names['y'].shape}\n{names['y']}\n"
    return names


def drawn_sides(draw: st.DrawFn, most: tuple[int, int]) -> Any:
    """Even or uneven padding."""
    rows, columns = (st.integers(0, each) for each in most)
    return draw(st.tuples(rows, columns) | st.tuples(st.tuples(rows, rows), st.tuples(columns, columns)))


@st.composite
def layers(draw: st.DrawFn) -> tuple[Layer, tuple[int, int]]:
    """A layer of any kind, with all that torch has and our extensions, that fits its input."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution, MaxPooling, AveragePooling]))
    kernel, stride, dilation, size = draw(PAIRS), draw(STRIDES), draw(STRIDES), draw(SIZES)
    values: dict[str, Any] = {"stride": stride}
    if kind is not AveragePooling:
        values["dilation"] = dilation
    if kind in (MaxPooling, AveragePooling):
        values |= {"ceil_mode": draw(st.booleans()), "channels": draw(st.integers(1, 3))}
        rule = draw(st.sampled_from(["", "", "valid", "same_tensorflow"]))
        values["padding"] = rule or drawn_sides(draw, (kernel[0] // 2, kernel[1] // 2))
        if kind is AveragePooling:
            values["count_include_pad"] = draw(st.booleans())
    else:
        groups = draw(st.integers(1, 2))
        values |= {"groups": groups, "bias": draw(st.booleans())}
        values |= {"in_channels": groups * draw(st.integers(1, 2)), "out_channels": groups * draw(st.integers(1, 3))}
        values["padding"] = drawn_sides(draw, (3, 3))
    if kind is Convolution:
        values["padding_mode"] = draw(st.sampled_from(PADDING_MODES))
        rules = ["valid", "full", "same_tensorflow", *(["same"] if stride == (1, 1) else [])]
        values["padding"] = draw(st.sampled_from([values["padding"], values["padding"], *rules]))
    if kind is TransposedConvolution:
        most = [max(pair) - 1 for pair in zip(stride, dilation, strict=True)]
        values["output_padding"] = tuple(draw(st.integers(0, each)) for each in most)
    layer = kind(kernel, **values)
    for larger in range(0, 24, 4):
        fitting = (size[0] + larger, size[1] + larger)
        try:
            layer.output_size(fitting)
        except ParameterError:
            continue
        return layer, fitting
    return Convolution(2), (3, 4)


def numbers(layer: Layer, size: tuple[int, int], seed: int = 0) -> tuple[Any, Any, Any]:
    """Cells, weights and biases with all their digits."""
    generator = np.random.default_rng(seed)
    weights = generator.normal(size=layer.weight_shape) if layer.weight_shape else None
    bias = generator.normal(size=layer.out_channels) if getattr(layer, "bias", False) else None
    return generator.normal(size=(layer.in_channels, *size)), weights, bias


def expected(layer: Layer, cells: Any, weights: Any, bias: Any) -> Any:
    """The output by definition: all padding made by hand, then a bare convolution; pooling cell by cell."""
    x = torch.from_numpy(cells)[None]
    (top, bottom), (left, right) = layer.padding_for(cells.shape[1:])
    shared = {"stride": layer.stride, "dilation": layer.dilation}
    if layer.kind == "convolution":
        mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
        padded = functional.pad(x, (left, right, top, bottom), mode=mode)
        out = functional.conv2d(padded, torch.from_numpy(weights), groups=layer.groups, **shared)[0].numpy()
    elif layer.kind == "transposed":
        whole = functional.conv_transpose2d(x, torch.from_numpy(weights), groups=layer.groups, **shared)
        extra = layer.output_padding
        whole = functional.pad(whole, (0, extra[1], 0, extra[0]))[0].numpy()
        out = whole[:, top : whole.shape[1] - bottom, left : whole.shape[2] - right]
    else:
        return pooled(layer, cells, (top, left), (bottom, right))
    return out if bias is None else out + bias[:, None, None]


def pooled(layer: Any, cells: Any, before: tuple[int, int], after: tuple[int, int]) -> Any:
    """Pooling in plain loops; a window of `ceil_mode` ends where the padding ends."""
    size = cells.shape[1:]
    out = np.zeros((cells.shape[0], *layer.output_size(size)))
    for i, j in np.ndindex(out.shape[1:]):
        reach = [
            [at * layer.stride[axis] - before[axis] + k * layer.dilation[axis] for k in range(layer.kernel_size[axis])]
            for axis, at in enumerate((i, j))
        ]
        inside = [[p for p in each if 0 <= p < n] for each, n in zip(reach, size, strict=True)]
        padded = [[p for p in each if p < n + a] for each, n, a in zip(reach, size, after, strict=True)]
        read = cells[:, inside[0]][:, :, inside[1]]
        if layer.kind == "max":
            out[:, i, j] = read.max(axis=(1, 2), initial=-np.inf)
        elif layer.count_include_pad and layer.padding != "same_tensorflow":
            out[:, i, j] = read.sum(axis=(1, 2)) / (len(padded[0]) * len(padded[1]))
        else:
            out[:, i, j] = read.mean(axis=(1, 2))
    return out


@settings(max_examples=400, deadline=None)
@given(layers())
def test_programs_compute_the_layer(case: tuple[Layer, tuple[int, int]]) -> None:
    """Run as pasted, a program's `y` is the definition's output, in float64 to its last digits."""
    layer, size = case
    given_ = numbers(layer, size)
    if given_[0].size > MOST_LITERALS:
        return
    y = run(snippets.layer_program(layer, *given_))["y"]
    assert y.dtype == torch.float64
    wanted = expected(layer, *given_)
    assert tuple(y.shape) == (1, *wanted.shape)
    np.testing.assert_allclose(y[0].detach().numpy(), wanted, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # only slower
@settings(max_examples=300, deadline=None)
@given(layers())
def test_lines_have_the_size_of_the_layer(case: tuple[Layer, tuple[int, int]]) -> None:
    """Torch reads the line, and its output is as large as ours; the weights as many."""
    layer, size = case
    line = snippets.layer_line(layer, size)
    assert "\n" not in line
    module = eval(line, {"nn": nn, "torch": torch})  # noqa: S307 - our own text
    out = module.double()(torch.zeros((1, layer.in_channels, *size), dtype=torch.float64))
    assert tuple(out.shape) == (1, layer.out_channels, *layer.output_size(size))
    assert sum(each.numel() for each in module.parameters()) == layer.parameters


@pytest.mark.parametrize(
    ("layer", "line"),
    [
        (
            Convolution(7, 2, 3, in_channels=3, out_channels=64, bias=False),
            "nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)",
        ),
        (Convolution((3, 2), padding="same"), 'nn.Conv2d(1, 1, kernel_size=(3, 2), padding="same")'),
        (Convolution(3, padding="full", dilation=2), "nn.Conv2d(1, 1, kernel_size=3, padding=4, dilation=2)"),
        (
            Convolution(3, padding=1, padding_mode="reflect"),
            'nn.Conv2d(1, 1, kernel_size=3, padding=1, padding_mode="reflect")',
        ),
        (
            Convolution(3, 2, "same_tensorflow"),
            "nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(1, 1, kernel_size=3, stride=2))",
        ),
        (
            Convolution(2, padding=((1, 2), (3, 4)), padding_mode="circular"),
            "nn.Sequential(nn.CircularPad2d((3, 4, 1, 2)), nn.Conv2d(1, 1, kernel_size=2))",
        ),
        (
            TransposedConvolution(4, 2, 1, out_channels=2),
            "nn.ConvTranspose2d(1, 2, kernel_size=4, stride=2, padding=1)",
        ),
        (
            TransposedConvolution(3, 2, ((0, 1), (0, 1))),
            "nn.Sequential(nn.ConvTranspose2d(1, 1, kernel_size=3, stride=2), nn.ZeroPad2d((0, -1, 0, -1)))",
        ),
        (MaxPooling(2), "nn.MaxPool2d(kernel_size=2)"),
        (MaxPooling(3, 2, 1, ceil_mode=True), "nn.MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)"),
        (
            MaxPooling(2, 1, "same_tensorflow"),
            'nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), float("-inf")), nn.MaxPool2d(kernel_size=2, stride=1))',
        ),
        (
            AveragePooling(3, 1, 1, count_include_pad=False),
            "nn.AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False)",
        ),
    ],
)
def test_lines_by_hand(layer: Layer, line: str) -> None:
    """On 6 x 6, as a person writes them."""
    assert snippets.layer_line(layer, (6, 6)) == line


def test_an_average_says_how_the_padding_is_left_out() -> None:
    """A comment where the layer alone is not enough; none where it is."""
    uneven = snippets.layer_line(AveragePooling(2, 1, "same_tensorflow"), (6, 6))
    assert "  # y = layer(x) / layer(torch.ones_like(x))" in uneven
    even = snippets.layer_line(AveragePooling(3, 1, "same_tensorflow"), (6, 6))
    assert even == "nn.AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False)"


@pytest.mark.parametrize("kind", contents.WEIGHTS)
@pytest.mark.parametrize("layer", [Convolution(3, in_channels=4, out_channels=6, groups=2), TransposedConvolution(2)])
def test_the_weights_of_the_page(kind: str, layer: Layer) -> None:
    """Whatever the grids hold arrives in torch, number for number."""
    cells = contents.cells("integers", layer.in_channels, (5, 6))
    weights, bias = contents.weights(kind, layer), contents.bias(kind, layer)
    ran = run(snippets.layer_program(layer, cells, weights, bias))
    np.testing.assert_array_equal(ran["layer"].weight.detach().numpy(), weights)
    np.testing.assert_array_equal(ran["layer"].bias.detach().numpy(), bias)
    np.testing.assert_array_equal(ran["x"].numpy(), cells[None])


def test_a_large_input_is_read_from_its_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell too many to be written out; the file has any name."""
    monkeypatch.chdir(tmp_path)
    layer = Convolution(3, in_channels=1, out_channels=2)
    few, many = (numbers(layer, (1 + n, 20)) for n in (19, 20))
    assert "np" not in run(snippets.layer_program(layer, *numbers(layer, (20, 20))))
    assert few[0].size == MOST_LITERALS < many[0].size
    np.save(tmp_path / 'my "grid".npy', many[0])
    program = snippets.layer_program(layer, *many, name='my "grid".npy')
    assert len(program) < 2500
    np.testing.assert_allclose(run(program)["y"][0].numpy(), expected(layer, *many), rtol=0, atol=1e-12)


def test_many_weights_are_read_from_a_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """9408 of them are written out, 10,017 are not; equal ones are one number."""
    monkeypatch.chdir(tmp_path)
    first = Convolution(7, 2, 3, in_channels=3, out_channels=64, bias=False)
    given_ = contents.cells("ones", 3, 8), contents.weights("integers", first), None
    np.testing.assert_array_equal(run(snippets.layer_program(first, *given_))["layer"].weight.detach(), given_[1])
    wide = Convolution(3, in_channels=21, out_channels=53, bias=False)
    given_ = contents.cells("ones", 21, 4), contents.weights("integers", wide), None
    assert given_[1].size == MOST_WEIGHTS + 17
    np.save(tmp_path / "weights.npy", given_[1])
    np.testing.assert_array_equal(run(snippets.layer_program(wide, *given_))["layer"].weight.detach(), given_[1])
    assert "weight.fill_(1 / 189)\n" in snippets.layer_program(wide, given_[0], contents.weights("average", wide), None)


def test_a_program_runs_on_its_own(tmp_path: Any) -> None:
    """A fresh Python that takes warnings for errors prints shape and numbers: 1 + 2 + 4 + 5 = 12 and so on."""
    layer = Convolution(2, bias=False)
    program = snippets.layer_program(layer, np.arange(1.0, 10).reshape(1, 3, 3), np.ones((1, 1, 2, 2)), None)
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "error", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("torch.Size([1, 1, 2, 2])\ntensor([[[[12., 16.],")


def test_programs_are_formatted(tmp_path: Any) -> None:
    """`ruff format` changes nothing, and no import is missing, unused or unsorted; 88 columns."""
    built = [
        Convolution(3),
        Convolution(7, 2, "same_tensorflow", in_channels=3, out_channels=2),
        Convolution((3, 2), (2, 3), ((1, 2), (0, 3)), (2, 3), "reflect", 2, 4, 6, False),
        TransposedConvolution(4, 2, ((1, 2), (3, 0)), 1, 2, 3, 3, 6, False),
        TransposedConvolution((4, 3), (2, 3), (1, 2), (1, 0), (2, 1), 2, 64, 64, False),
        *(
            kind(3, 2, rule)
            for kind in (MaxPooling, AveragePooling)
            for rule in (1, "same_tensorflow", ((1, 0), (0, 1)))
        ),
        AveragePooling((4, 3), (1, 2), ((2, 1), (0, 1)), True, False, 3),
    ]
    for number, (layer, size) in enumerate(itertools.product(built, [(8, 8), (9, 26)])):
        for kind in ("integers", "edge", "ones", ""):
            weights = contents.weights(kind, layer) if kind and layer.weight_shape else numbers(layer, size)[1]
            bias = contents.bias(kind or "ones", layer)
            program = snippets.layer_program(layer, contents.cells("integers", layer.in_channels, size), weights, bias)
            (tmp_path / f"program_{number}{kind}.py").write_text(program, encoding="utf-8")
            assert max(map(len, program.splitlines())) <= 88
    for command in (["format", "--check", "--diff"], ["check", "--select=E,F,W,I,UP,C4,SIM,RUF100"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length=88"]
        done = subprocess.run([*ruff, tmp_path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
