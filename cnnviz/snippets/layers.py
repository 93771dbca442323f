"""A layer as PyTorch: the line that builds it, and a whole program with its numbers."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, Sides, TransposedConvolution
from cnnviz.convolution.checks import Pair
from cnnviz.snippets.literals import text_literal

__all__ = ["MOST_LITERALS", "MOST_WEIGHTS", "layer_line", "layer_program"]

MOST_LITERALS = 400  # cells of an input that is written out; a larger one is read from a file
MOST_WEIGHTS = 10_000  # likewise for weights: the first layer of a ResNet has 9408

Numbers = NDArray[np.float64]

_LINE = 88  # the formatters' default
_INDENT = "    "
_LARGEST_DIVISOR = 1000
_NO_SIDES: Sides = ((0, 0), (0, 0))
_PADS = {
    "zeros": "nn.ZeroPad2d",
    "reflect": "nn.ReflectionPad2d",
    "replicate": "nn.ReplicationPad2d",
    "circular": "nn.CircularPad2d",
}
_CROPPED = "  # cropped by the padding, more on one side"
_ONES = "# The padding does not count: divided by the average of ones it leaves no trace."


@dataclass(frozen=True)
class _Module:
    """What PyTorch needs for a layer on an input of one size.

    Attributes:
        function: the layer's name.
        arguments: its arguments.
        pad: a module before it, where the layer itself cannot pad so; or "".
        crop: cells to cut off the output, ((top, bottom), (left, right)).
        divided: True where the output has to be divided by that of ones.
    """

    function: str
    arguments: tuple[str, ...]
    pad: str = ""
    crop: Sides = _NO_SIDES
    divided: bool = False

    @property
    def call(self) -> str:
        return f"{self.function}({', '.join(self.arguments)})"


def layer_line(layer: Layer, size: int | Pair) -> str:
    """Return the layer as an expression: `nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)`.

    Padding that torch's layer does not have becomes a layer of its own in front of it, in an `nn.Sequential`;
    uneven cropping of a transposed convolution one behind it, with negative padding. A comment follows where
    the average has to be corrected too.

    Args:
        layer: the layer.
        size: (rows, columns) of the input, which decides the padding of some rules.

    Raises:
        ParameterError: when the layer cannot be used on the input.
    """
    module = _module(layer, size)
    crop = _pad("nn.ZeroPad2d", _negative(module.crop)) if module.crop != _NO_SIDES else ""
    parts = [each for each in (module.pad, module.call, crop) if each]
    line = parts[0] if len(parts) == 1 else f"nn.Sequential({', '.join(parts)})"
    return f"{line}  # y = layer(x) / layer(torch.ones_like(x)): the padding does not count" if module.divided else line


def layer_program(
    layer: Layer, cells: Numbers, weights: Numbers | None, bias: Numbers | None, name: str = "input.npy"
) -> str:
    """Write a program that computes the layer in float64 and prints the output.

    It runs as pasted, without this package. Its variables: `x` (1, C, H, W), `layer`, and `y`, the output.

    Args:
        layer: the layer.
        cells: (C, H, W), the input; with more than `MOST_LITERALS` numbers it is read from the file `name`.
        weights: as `layer.weight_shape`, None for pooling; more than `MOST_WEIGHTS` different ones are read from
            `weights.npy`.
        bias: (out_channels,), or None; more than `MOST_LITERALS` are read from `bias.npy`.
        name: of the NPY file with the input, in the folder where the program runs.

    Raises:
        ParameterError: when the layer cannot be used on the input.
    """
    module = _module(layer, (cells.shape[1], cells.shape[2]))
    given, copies = [], []
    if weights is not None:
        given_weights, copy = _weights(weights)
        given += [given_weights] if given_weights else []
        copies.append(copy)
    if bias is not None:
        large = bias.size > MOST_LITERALS
        given.append('bias = torch.from_numpy(np.load("bias.npy"))' if large else _tensor("bias", bias))
        copies.append("bias.copy_(bias)")
    computed = f"{_statement(module, weights is not None)}\n{_computed(module, copies)}"
    body = "\n\n".join([_input(cells, name), *(["\n".join(given)] if given else []), computed])
    loads = "np.load" in body
    head = f"# pip install {'numpy ' if loads else ''}torch\n\n"
    imports = f"{'import numpy as np' + chr(10) if loads else ''}import torch\nfrom torch import nn\n\n"
    return f"{head}{imports}{body}\nprint(y.shape)\nprint(y)\n"


# ---- the layer


def _module(layer: Layer, size: int | Pair) -> _Module:
    """Uneven padding, and more of it than torch allows, is put before the layer."""
    rows, columns = layer.axes(size)
    padding: Sides = ((rows.before, rows.after), (columns.before, columns.after))
    if isinstance(layer, TransposedConvolution):
        return _transposed(layer, padding)
    if isinstance(layer, Convolution):
        return _convolution(layer, padding)
    # Torch measures the largest padding of a maximum by its kernel without the gaps.
    if all(before == after <= kernel // 2 for (before, after), kernel in zip(padding, layer.kernel_size, strict=True)):
        return _pooling(layer, padding)
    if getattr(layer, "ceil_mode", False):
        ends = [(axis.output - 1) * axis.stride + axis.extent - axis.before - axis.size for axis in (rows, columns)]
        # What is padded explicitly counts as input: no more of it than the last window reaches.
        top_bottom, left_right = ((b, max(0, min(a, end))) for (b, a), end in zip(padding, ends, strict=True))
        padding = top_bottom, left_right
    return _pooling_after_padding(layer, padding)


def _convolution(layer: Convolution, padding: Sides) -> _Module:
    pad, argument = "", []
    if layer.padding == "same":
        argument = ['padding="same"']
    elif all(before == after for before, after in padding):
        argument = _pair("padding", (padding[0][0], padding[1][0]), 0)
    else:
        pad = _pad(_PADS[layer.padding_mode], padding)
    mode = [f'padding_mode="{layer.padding_mode}"'] if argument and layer.padding_mode != "zeros" else []
    arguments = [
        *_head(layer),
        *argument,
        *_pair("dilation", layer.dilation, 1),
        *_groups_and_bias(layer),
        *mode,
    ]
    return _Module("nn.Conv2d", tuple(arguments), pad)


def _transposed(layer: TransposedConvolution, padding: Sides) -> _Module:
    (top, bottom), (left, right) = padding
    even = min(top, bottom), min(left, right)
    crop = (top - even[0], bottom - even[0]), (left - even[1], right - even[1])
    arguments = [
        *_head(layer),
        *_pair("padding", even, 0),
        *_pair("output_padding", layer.output_padding, 0),
        *_groups_and_bias(layer),
        *_pair("dilation", layer.dilation, 1),
    ]
    return _Module("nn.ConvTranspose2d", tuple(arguments), crop=crop)


def _head(layer: Layer) -> list[str]:
    channels = [str(layer.in_channels), str(layer.out_channels)]
    return [*channels, *_pair("kernel_size", layer.kernel_size), *_pair("stride", layer.stride, 1)]


def _groups_and_bias(layer: Convolution | TransposedConvolution) -> list[str]:
    return [*([f"groups={layer.groups}"] if layer.groups > 1 else []), *([] if layer.bias else ["bias=False"])]


def _pooling(layer: Layer, padding: Sides = _NO_SIDES, pad: str = "", counts: bool | None = None) -> _Module:
    arguments = _pair("kernel_size", layer.kernel_size)
    arguments += _pair("stride", layer.stride) if layer.stride != layer.kernel_size else []
    arguments += _pair("padding", (padding[0][0], padding[1][0]), 0)
    up = ["ceil_mode=True"] if getattr(layer, "ceil_mode", False) else []
    if isinstance(layer, MaxPooling):
        return _Module("nn.MaxPool2d", (*arguments, *_pair("dilation", layer.dilation, 1), *up), pad)
    without = [] if (_counts_padding(layer) if counts is None else counts) else ["count_include_pad=False"]
    return _Module("nn.AvgPool2d", (*arguments, *up, *without), pad, divided=bool(pad) and not _counts_padding(layer))


def _pooling_after_padding(layer: Layer, padding: Sides) -> _Module:
    """Such padding of a maximum loses against every number; of an average it counts, or is divided out."""
    if isinstance(layer, MaxPooling):
        return _pooling(layer, pad=_pad("nn.ConstantPad2d", padding, ', float("-inf")'))
    return _pooling(layer, pad=_pad("nn.ZeroPad2d", padding), counts=True)


def _counts_padding(layer: Layer) -> bool:
    """TensorFlow's rule leaves the padding out of the average."""
    return isinstance(layer, AveragePooling) and layer.count_include_pad and layer.padding != "same_tensorflow"


def _pair(name: str, values: Pair, usual: int | None = None) -> list[str]:
    if values == (usual, usual):
        return []
    return [f"{name}={values[0] if values[0] == values[1] else values}"]


def _pad(function: str, padding: Sides, more: str = "") -> str:
    (top, bottom), (left, right) = padding
    return f"{function}(({left}, {right}, {top}, {bottom}){more})"


def _negative(sides: Sides) -> Sides:
    (top, bottom), (left, right) = sides
    return (-top, -bottom), (-left, -right)


# ---- the program


def _input(cells: Numbers, name: str) -> str:
    large = cells.size > MOST_LITERALS
    read = f"x = torch.from_numpy(np.load({text_literal(name)}))" if large else _tensor("x", cells)
    return f"{read}\nx = x[None]  # PyTorch wants (pictures, channels, rows, columns)."


def _weights(weights: Numbers) -> tuple[str, str]:
    """What to write before, and how to copy it; one kernel or one number is enough where all are the same."""
    first = weights[0, 0]
    if (weights == first.flat[0]).all() and weights.size > 1:
        return "", f"weight.fill_({_number(first.flat[0])})"
    if (weights == first).all() and weights[..., 0, 0].size > 1:
        return f"# The same for all filters and channels.\n{_tensor('weight', first)}", "weight.copy_(weight)"
    if weights.size > MOST_WEIGHTS:
        return 'weight = torch.from_numpy(np.load("weights.npy"))', "weight.copy_(weight)"
    return _tensor("weight", weights), "weight.copy_(weight)"


def _statement(module: _Module, learned: bool) -> str:
    """Build `layer`, with a line for each module."""
    suffix = ".double()" if learned else ""
    if not module.pad:
        return _laid_out(f"layer = {module.function}", module.arguments, suffix)
    inner = textwrap.indent(_laid_out(module.function, module.arguments, ",", _LINE - len(_INDENT)), _INDENT)
    pad = f"{_INDENT}{module.pad},  # left, right, top, bottom"
    return f"layer = nn.Sequential(\n{pad}\n{inner}\n){suffix}"


def _laid_out(function: str, arguments: tuple[str, ...], suffix: str, width: int = _LINE) -> str:
    inside = ", ".join(arguments)
    if len(f"{function}({inside}){suffix}") <= width:
        return f"{function}({inside}){suffix}"
    if len(_INDENT) + len(inside) <= width:
        return f"{function}(\n{_INDENT}{inside}\n){suffix}"
    return "\n".join([f"{function}(", *(f"{_INDENT}{each}," for each in arguments), f"){suffix}"])


def _computed(module: _Module, copies: list[str]) -> str:
    crop = "".join(f", {_slice(*sides)}" for sides in module.crop)
    result = f"layer(x)[...{crop}]{_CROPPED}" if module.crop != _NO_SIDES else "layer(x)"
    if module.divided:
        return f"{_ONES}\ny = {result} / layer(torch.ones_like(x))"
    if not copies:
        return f"y = {result}"
    owner = "layer[1]" if module.pad else "layer"
    lines = [f"{_INDENT}{owner}.{copy}" for copy in copies]
    return "\n".join(["with torch.no_grad():", *lines, f"{_INDENT}y = {result}"])


def _slice(before: int, after: int) -> str:
    return f"{before or ''}:{-after if after else ''}"


# ---- numbers


def _tensor(name: str, values: Numbers) -> str:
    """Assign a float64 tensor: a line for every row of numbers, or filled lines where that is too long."""
    if values.ndim == 1 and len(line := f"{name} = torch.tensor([{_listed(values)}], dtype=torch.float64)") <= _LINE:
        return line
    rows = values.reshape(-1, values.shape[-1])
    margin = len(_INDENT) * values.ndim
    if values.size > MOST_LITERALS or max(margin + len(f"[{_listed(row)}],") for row in rows) > _LINE:
        return _filled(name, values)
    return f"{name} = torch.tensor(\n{_nested(values, _INDENT)}\n{_INDENT}dtype=torch.float64,\n)"


def _nested(values: Numbers, margin: str) -> str:
    if values.ndim == 1:
        return f"{margin}[{_listed(values)}],"
    inner = "\n".join(_nested(each, margin + _INDENT) for each in values)
    return f"{margin}[\n{inner}\n{margin}],"


def _filled(name: str, values: Numbers) -> str:
    numbers = f"{_listed(values.ravel(), chr(0xA0))},"
    lines = textwrap.fill(numbers, _LINE, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    shape = f".reshape({', '.join(map(str, values.shape))})" if values.ndim > 1 else ""
    body = f"{name} = torch.tensor([\n{lines}\n], dtype=torch.float64){shape}".replace(chr(0xA0), " ")
    return f"# fmt: off\n{body}\n# fmt: on"


def _listed(values: Numbers, space: str = " ") -> str:
    return ", ".join(_number(value).replace(" ", space) for value in values)


def _number(value: float) -> str:
    """The shortest text that is exactly the same float64: 2, 0.25 or 1 / 9."""
    number = float(value)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    near = Fraction(number).limit_denominator(_LARGEST_DIVISOR)
    fraction, decimal = f"{near.numerator} / {near.denominator}", repr(number)
    return fraction if near.numerator / near.denominator == number and len(fraction) < len(decimal) else decimal
