"""A trained network as a list of steps with plain arrays: for whoever computes without PyTorch, a browser for instance.

Only networks that pass their picture from one layer to the next can be written so; layers that do nothing in
prediction are left out, and batch normalisation is folded into the layer before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["KINDS", "MOST_NUMBERS", "Step", "is_plain", "steps"]

KINDS = (
    *("convolution", "linear", "max_pool", "average_pool", "adaptive_average_pool", "flatten"),
    *("relu", "leaky_relu", "tanh", "sigmoid", "elu", "silu"),
)
MOST_NUMBERS = 2_000_000
"""Parameters of the largest network that is written: 8 MB."""

_IDLE = ("Dropout", "Dropout2d", "Identity")


@dataclass(frozen=True, eq=False)
class Step:
    """One layer in prediction.

    Attributes:
        name: of the layer in its network, "c1.conv".
        kind: one of `KINDS`.
        numbers: named as in PyTorch; pairs are (rows, columns).
        weight: float32; convolution (C', C / groups, kh, kw), linear (outputs, inputs); None without.
        bias: float32 (C',) or (outputs,); None without weights.
    """

    name: str
    kind: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    weight: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None


def steps(network: nn.Module) -> tuple[Step, ...]:
    """The layers of a network in evaluation mode, in the order in which they are computed.

    Raises:
        ParameterError: for a network that is not a chain, has a layer of another kind or too many parameters.
    """
    count = sum(each.numel() for each in network.parameters())
    if count > MOST_NUMBERS:
        raise ParameterError("parameters", f"{count:,}", f"≤ {MOST_NUMBERS:,}")
    found: list[Step] = []
    for name, layer in list(_layers("", network)):  # a network that is no chain is refused first
        kind = type(layer).__name__
        if kind in ("BatchNorm2d", "BatchNorm1d") and found and found[-1].weight is not None:
            found[-1] = _folded(found[-1], layer)
        elif kind not in _IDLE:
            found.append(_step(name, layer))
    return tuple(found)


def is_plain(network: nn.Module) -> bool:
    """Whether `steps` can write the network; asks for its layers only, so that a blueprint will do."""
    try:
        kinds = [type(layer).__name__ for _, layer in _layers("", network)]
    except ParameterError:
        return False
    small = sum(each.numel() for each in network.parameters()) <= MOST_NUMBERS
    return small and all(kind in (*_READERS, *_IDLE, "BatchNorm2d", "BatchNorm1d") for kind in kinds)


def _layers(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Layers without layers inside, in order; a module whose own code may do anything is refused."""
    from torch import nn

    children = list(module.named_children())
    if not children:
        yield name, module
    elif not isinstance(module, nn.Sequential) or type(module).forward is not nn.Sequential.forward:
        raise ParameterError(name or "network", type(module).__name__, "Sequential")
    for child, inner in children:
        yield from _layers(f"{name}.{child}" if name else child, inner)


def _step(name: str, layer: nn.Module) -> Step:
    reader = _READERS.get(type(layer).__name__)
    if reader is None:
        raise ParameterError(name, type(layer).__name__, ", ".join(_READERS))
    return reader(name, layer)


def _convolution(name: str, layer: Any) -> Step:
    if layer.padding_mode != "zeros" or not isinstance(layer.padding, tuple):
        raise ParameterError(name, f"padding {layer.padding}, {layer.padding_mode}", "zeros")
    numbers = {each: list(getattr(layer, each)) for each in ("stride", "padding", "dilation")}
    return _weighted(name, "convolution", layer, {**numbers, "groups": layer.groups})


def _weighted(name: str, kind: str, layer: Any, numbers: Mapping[str, Any]) -> Step:
    weight = _array(layer.weight)
    bias = np.zeros(len(weight), np.float32) if layer.bias is None else _array(layer.bias)
    return Step(name, kind, numbers, weight, bias)


def _array(tensor: Any) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), np.float32)


def _max_pool(name: str, layer: Any) -> Step:
    if layer.ceil_mode or _pair(layer.dilation) != [1, 1]:
        raise ParameterError(name, "ceil_mode, dilation", "false, 1")
    return Step(name, "max_pool", _window(layer))


def _average_pool(name: str, layer: Any) -> Step:
    if layer.ceil_mode or _pair(layer.padding) != [0, 0] or layer.divisor_override is not None:
        raise ParameterError(name, "ceil_mode, padding, divisor_override", "false, 0, None")
    return Step(name, "average_pool", _window(layer))


def _window(layer: Any) -> dict[str, list[int]]:
    return {each: _pair(getattr(layer, each)) for each in ("kernel_size", "stride", "padding")}


def _pair(value: int | tuple[int, int]) -> list[int]:
    return [value, value] if isinstance(value, int) else list(value)


def _activation(kind: str, number: str = "") -> Callable[[str, Any], Step]:
    return lambda name, layer: Step(name, kind, {number: getattr(layer, number)} if number else {})


_READERS: dict[str, Callable[[str, Any], Step]] = {
    "Conv2d": _convolution,
    "Linear": lambda name, layer: _weighted(name, "linear", layer, {}),
    "MaxPool2d": _max_pool,
    "AvgPool2d": _average_pool,
    "AdaptiveAvgPool2d": lambda name, layer: Step(
        name, "adaptive_average_pool", {"output_size": _pair(layer.output_size)}
    ),
    "Flatten": _activation("flatten"),
    "ReLU": _activation("relu"),
    "LeakyReLU": _activation("leaky_relu", "negative_slope"),
    "Tanh": _activation("tanh"),
    "Sigmoid": _activation("sigmoid"),
    "ELU": _activation("elu", "alpha"),
    "SiLU": _activation("silu"),
}


def _folded(step: Step, norm: Any) -> Step:
    """The layer before a batch normalisation with γ / √(σ² + ε) in its weights, and μ and β in its bias.

    In prediction, γ (W·u + b − μ) / √(σ² + ε) + β (Ioffe and Szegedy 2015, algorithm 2, line 11) is a layer of the
    same form.
    """
    assert step.weight is not None and step.bias is not None  # noqa: S101, PT018 - the caller has asked
    mean, variance = (_array(each).astype(np.float64) for each in (norm.running_mean, norm.running_var))
    gain = (1.0 if norm.weight is None else _array(norm.weight)) / np.sqrt(variance + norm.eps)
    shift = 0.0 if norm.bias is None else _array(norm.bias)
    weight = step.weight * gain.reshape(-1, *(1,) * (step.weight.ndim - 1))
    bias = (step.bias - mean) * gain + shift
    return replace(step, weight=weight.astype(np.float32), bias=bias.astype(np.float32))
