"""Receptive fields along a traced run: through branches, additions and dilation, layer by layer.

Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019,
doi 10.23915/distill.00021, with the union of all paths where paths meet.

What reaches a unit by statistics of whole maps is left out, as is usual: the gate of a squeeze-and-excitation
block and the mean and deviation of group normalisation depend on every pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from cnnviz.convolution.receptive_field import Along, Field, united, widened
from cnnviz.errors import ParameterError
from cnnviz.networks.costs import family
from cnnviz.networks.facts import INPUT, Shape
from cnnviz.networks.tracing import Call

__all__ = ["Sight", "sights"]


@dataclass(frozen=True)
class Sight:
    """What the units of one output see.

    Attributes:
        field: of each unit; None where they have none.
        whole: each unit sees all of the picture.
        flat: the units of a map stand in one row: together they see what the map saw.
    """

    field: Field | None = None
    whole: bool = False
    flat: bool = False


_NOTHING = Sight()
_WHOLE = Sight(whole=True)
_RESHAPES = ("flatten", "view", "reshape")
_GATES = ("mul", "imul", "Multiply")


def sights(calls: Sequence[Call], input_shape: Shape) -> tuple[Sight, ...]:
    """What the units of every call see of an input of `input_shape`, (N, C, H, W)."""
    seen = {INPUT: _picture(input_shape)}
    for index, call in enumerate(calls):
        seen[index] = _sight(call, [seen[source] for source in call.sources])
    return tuple(seen[index] for index in range(len(calls)))


def _picture(shape: Shape) -> Sight:
    if len(shape) != 4:
        return _NOTHING
    return Sight(Field(Along(1, 1, 0, shape[2]), Along(1, 1, 0, shape[3])))


def _sight(call: Call, before: list[Sight]) -> Sight:
    if not before:
        return _NOTHING
    first, module = before[0], call.module
    if family(call) == "linear":
        return _WHOLE if first.whole or first.flat else _NOTHING
    if isinstance(module, nn.Flatten) or call.function in _RESHAPES:
        return _flattened(call, first)
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d) or call.function == "adaptive_avg_pool2d":
        return _adapted(call, first)
    if call.function == "mean":
        return _WHOLE if _had_places(call) else first
    window = _function_window(call) if module is None else _window(module)
    if window is not None:
        return _windowed(call, first, *window)
    if len(before) > 1:
        return _merged(call, before)
    return first if call.inputs[0][2:] == call.output[2:] else _NOTHING


def _had_places(call: Call) -> bool:
    """Whether a map with rows and columns became something without."""
    return len(call.inputs[0]) == 4 and (len(call.output) < 4 or call.output[2:] == (1, 1))


def _flattened(call: Call, before: Sight) -> Sight:
    if before.whole or len(call.inputs[0]) != 4:
        return before
    return Sight(flat=True) if len(call.output) == 2 else _NOTHING


def _adapted(call: Call, before: Sight) -> Sight:
    """Windows that follow the size of the input: alike when the sizes divide, else without one field."""
    given, made = call.inputs[0][2:], call.output[2:]
    if made == (1, 1):
        return _WHOLE
    if before.field is None or any(rows % units for rows, units in zip(given, made, strict=True)):
        return before if before.whole else _NOTHING
    size = (given[0] // made[0], given[1] // made[1])
    return _windowed(call, before, size, size, (0, 0), (1, 1))


Pair = tuple[int, int]


def _function_window(call: Call) -> tuple[Pair, Pair, Pair, Pair] | None:
    """The window of a pooling function: kernel, stride and padding by place or by name, as torch takes them."""
    if call.function not in ("max_pool2d", "avg_pool2d"):
        return None
    given = {**dict(zip(("kernel_size", "stride", "padding"), call.arguments, strict=False)), **call.keywords}
    kernel = _pair(given["kernel_size"])
    stride = given.get("stride")
    dilation = given.get("dilation", 1) if call.function == "max_pool2d" else 1
    return kernel, kernel if stride is None else _pair(stride), _pair(given.get("padding", 0)), _pair(dilation)


def _window(module: nn.Module) -> tuple[Pair, Pair, Pair, Pair] | None:
    """Kernel, stride, padding before the first cell, and dilation of a module that has them."""
    if isinstance(module, nn.ConstantPad2d):  # nn.ZeroPad2d is one
        left, _, top, _ = module.padding
        return (1, 1), (1, 1), (top, left), (1, 1)
    kernel, stride = getattr(module, "kernel_size", None), getattr(module, "stride", None)
    if kernel is None or stride is None or isinstance(module, nn.ConvTranspose2d):
        return None
    kernel, dilation = _pair(kernel), _pair(getattr(module, "dilation", 1))
    padding = getattr(module, "padding", 0)
    if padding == "same":
        padding = tuple((k - 1) * d // 2 for k, d in zip(kernel, dilation, strict=True))
    elif padding == "valid":
        padding = 0
    return kernel, _pair(stride), _pair(padding), dilation


def _pair(value: int | Sequence[int]) -> Pair:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def _windowed(call: Call, before: Sight, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Sight:
    if before.field is None or len(call.output) != 4:
        return before if before.whole else _NOTHING
    rows, columns = (
        widened(along, (kernel[i] - 1) * dilation[i] + 1, stride[i], padding[i], call.output[2 + i])
        for i, along in enumerate((before.field.rows, before.field.columns))
    )
    return Sight(Field(rows, columns))


def _merged(call: Call, before: list[Sight]) -> Sight:
    """All paths together; a gate for a whole map is not one of them."""
    gated = call.function in _GATES or type(call.module).__name__ in _GATES
    paths = ([each for each in before if each.field is not None] if gated else []) or before
    if any(each.whole for each in paths):
        return _WHOLE
    fields = [each.field for each in paths if each.field is not None]
    if len(fields) < len(paths) or not fields:
        return _NOTHING
    try:
        return Sight(Field(united([each.rows for each in fields]), united([each.columns for each in fields])))
    except ParameterError:  # maps of different steps, which only broadcasting lets meet
        return _NOTHING
