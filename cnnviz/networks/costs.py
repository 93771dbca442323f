"""What a call costs and how it is called: family, label, parameters and multiply-accumulates with their products."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from cnnviz.networks.facts import Shape
from cnnviz.networks.tracing import Call

__all__ = ["family", "kind", "label", "macs", "parameters"]

Product = tuple[int, str]  # a number and the product that it comes from

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm, nn.LayerNorm, nn.LocalResponseNorm)
_ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid,
    nn.Softmax, nn.PReLU,
)  # fmt: skip
_MAXIMA = (nn.MaxPool1d, nn.MaxPool2d)
_AVERAGES = (nn.AvgPool1d, nn.AvgPool2d)
_ADAPTIVE = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool1d)

_MODULES: tuple[tuple[str, tuple[type[nn.Module], ...]], ...] = (
    ("convolution", (*_CONVOLUTIONS, nn.ConvTranspose2d)),
    ("normalisation", _NORMS),
    ("activation", _ACTIVATIONS),
    ("pooling", (*_MAXIMA, *_AVERAGES, *_ADAPTIVE)),
    ("linear", (nn.Linear,)),
    ("regularisation", (nn.Dropout, nn.Dropout2d)),
    ("reshape", (nn.Flatten, nn.Unflatten, nn.ConstantPad2d, nn.ConstantPad3d)),
)
_FUNCTIONS = {
    "add": "merge", "iadd": "merge", "mul": "merge", "imul": "merge", "cat": "merge", "concat": "merge",
    "stack": "merge", "relu": "activation", "relu_": "activation", "sigmoid": "activation", "tanh": "activation",
    "softmax": "activation", "silu": "activation", "gelu": "activation", "flatten": "reshape", "view": "reshape",
    "reshape": "reshape", "permute": "reshape", "transpose": "reshape", "squeeze": "reshape", "unsqueeze": "reshape",
    "mean": "pooling", "adaptive_avg_pool2d": "pooling", "max_pool2d": "pooling", "avg_pool2d": "pooling",
    "dropout": "regularisation", "linear": "linear", "conv2d": "convolution", "matmul": "linear", "bmm": "linear",
}  # fmt: skip
_CONVOLVING = ("conv1d", "conv2d", "conv3d")
_MULTIPLYING = ("matmul", "bmm", "linear")


def kind(call: Call) -> str:
    """Class or function."""
    return call.function if call.module is None else type(call.module).__name__


def family(call: Call) -> str:
    """One of `facts.FAMILIES`; a module of our own says it itself (`family`)."""
    if call.module is None:
        return _FUNCTIONS.get(call.function, "other")
    declared = getattr(call.module, "family", None)
    if isinstance(declared, str):
        return declared
    return next((name for name, types in _MODULES if isinstance(call.module, types)), "other")


def label(call: Call) -> str:
    """What it does, in symbols that need no translation."""
    module = call.module
    match module:
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            return _convolution_label(module)
        case nn.MaxPool2d() | nn.AvgPool2d():
            name = "max" if isinstance(module, nn.MaxPool2d) else "sum" if module.divisor_override == 1 else "avg"
            return f"{_times(module.kernel_size)} {name}{_step(module.stride)}"
        case nn.AdaptiveAvgPool2d() | nn.AdaptiveMaxPool2d():
            return f"avg → {_times(module.output_size)}" if isinstance(module, nn.AdaptiveAvgPool2d) else "max"
        case nn.Linear():
            return f"{module.in_features} → {module.out_features}"
        case nn.Embedding():
            return f"{module.num_embeddings} × {module.embedding_dim}"
        case nn.Dropout():
            return f"p = {module.p:g}"
    declared = getattr(module, "label", None)
    return declared if isinstance(declared, str) else ""


def _convolution_label(module: nn.Conv1d | nn.Conv2d | nn.Conv3d) -> str:
    depthwise = module.groups > 1 and module.groups == module.in_channels
    text = f"{_times(module.kernel_size)} {'depthwise' if depthwise else 'conv'}, {module.out_channels}"
    if module.groups > 1 and not depthwise:
        text += f", {module.groups} groups"
    if max(module.dilation) > 1:
        text += f", dilation {_times(module.dilation)}"
    return text + _step(module.stride)


def _times(size: int | Sequence[int | None] | None) -> str:
    sides = (size, size) if isinstance(size, int) or size is None else tuple(size)
    return "×".join(map(str, sides))


def _step(stride: int | Sequence[int]) -> str:
    sides = {stride} if isinstance(stride, int) else set(stride)
    if sides == {1}:
        return ""
    return f", /{sides.pop()}" if len(sides) == 1 else f", /{_times(stride)}"


def parameters(call: Call) -> Product:
    """Weights that this call uses for the first time, and the sum of products behind the number."""
    if not call.parameters:
        return 0, ""
    number = sum(math.prod(shape) for _, shape in call.parameters)
    if isinstance(call.module, _NORMS) and len(call.parameters) == 2:
        return number, f"2·{number // 2}"
    return number, " + ".join(_weights(call.module, shape) for _, shape in call.parameters)


def _weights(module: nn.Module | None, shape: Shape) -> str:
    """A convolution's kernel first, then its channels, as one counts them: 3·3·64·128."""
    if isinstance(module, _CONVOLUTIONS) and len(shape) > 1:
        shape = (*shape[2:], shape[1], shape[0])
    elif isinstance(module, nn.Linear) and len(shape) == 2:
        shape = (shape[1], shape[0])
    return "·".join(map(str, shape)) or "1"


def macs(call: Call, batch: int) -> Product:
    """Multiply-accumulates for one of `batch` pictures, and their product; 0 for what is not counted."""
    factors = _factors(call) if call.output else ()
    if not factors:
        return 0, ""
    folded = call.output[0] // batch  # networks may fold parts of the picture, such as windows, into the batch
    factors = (*factors, folded) if folded > 1 else factors
    return math.prod(factors), "·".join(map(str, factors))


def _factors(call: Call) -> tuple[int, ...]:
    """Factors for one element of the call's own batch."""
    module, places = call.module, call.output[2:]
    match module:
        case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
            return (*module.kernel_size, module.in_channels // module.groups, module.out_channels, *places)
        case nn.ConvTranspose2d():
            kernel = module.kernel_size
            return (*kernel, module.in_channels // module.groups, module.out_channels, *call.inputs[0][2:])
        case nn.Linear():
            rest = call.output[1:-1]
            return (module.in_features, module.out_features, *rest)
    declared = getattr(module, "products", None)  # of a module of our own
    if isinstance(declared, tuple):
        return declared
    if call.function in _CONVOLVING and len(call.given) > 1:
        weight = call.given[1]
        return (*weight[2:], weight[1], weight[0], *places)
    if call.function in _MULTIPLYING and len(call.given) > 1:
        return (call.given[0][-1], *call.output[1:])
    return ()
