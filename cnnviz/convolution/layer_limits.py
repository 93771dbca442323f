"""Which values of one parameter are legal when all others stay: found by trying, so that they cannot be wrong."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from functools import cache
from typing import Any

from cnnviz.convolution.arithmetic import AveragePooling, Layer, MaxPooling
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError

__all__ = ["fits", "legal", "legal_sizes", "replaced", "with_value"]

_SHARED = ("groups", "in_channels", "out_channels")  # by both axes


def replaced(layer: Layer, **changes: Any) -> Layer:
    """The layer built anew with other values; names are those of its constructor.

    Raises:
        ParameterError: when the values do not go together.
    """
    values = {name: getattr(layer, _field(name)) for name in _names(type(layer))}
    return type(layer)(**(values | changes))


def with_value(layer: Layer, name: str, axis: int | None, value: int) -> Layer:
    """The layer with one parameter changed along one axis (0 rows, 1 columns), or along both (None).

    Padding becomes the same number on both sides of the axis; of padding by a rule nothing is left, and the
    other axis then has none. The channels of pooling can be called in_channels or out_channels.

    Raises:
        ParameterError: when the value is not legal.
    """
    if name in _SHARED:
        pools = isinstance(layer, (MaxPooling, AveragePooling)) and name != "groups"
        return replaced(layer, **{"channels" if pools else name: value})
    if axis is None:
        return replaced(layer, **{name: value})
    old = getattr(layer, name)
    both = list(((0, 0), (0, 0)) if isinstance(old, str) else old)
    both[axis] = (value, value) if name == "padding" else value
    return replaced(layer, **{name: tuple(both)})


def fits(layer: Layer, size: int | Pair, **changes: Any) -> bool:
    """True when the layer with these changes can be built and be used on an input of `size` (rows, columns)."""
    try:
        replaced(layer, **changes).output_size(size)
    except ParameterError:
        return False
    return True


def legal(
    layer: Layer, size: int | Pair, name: str, axis: int | None = None, candidates: Iterable[int] = ()
) -> tuple[int, ...]:
    """Those of `candidates` that the parameter can have, all others unchanged, in their order.

    Args:
        layer: the layer.
        size: (rows, columns) of the input.
        name: kernel_size, stride, padding, dilation, output_padding, groups, in_channels or out_channels.
        axis: 0 rows, 1 columns, None both at once.
        candidates: values to try.
    """
    return tuple(value for value in candidates if _can_have(layer, size, name, axis, value))


def legal_sizes(layer: Layer, axis: int | None = None, candidates: Iterable[int] = ()) -> tuple[int, ...]:
    """Those of `candidates` that the input can have along `axis` (0 rows, 1 columns, None both), in their order."""
    tried = layer if axis is None else _square(layer, axis)
    return tuple(size for size in candidates if fits(tried, size))


def _can_have(layer: Layer, size: int | Pair, name: str, axis: int | None, value: int) -> bool:
    if name == "groups" and (value < 1 or math.gcd(layer.in_channels, layer.out_channels) % value):
        return False  # known without the sentence that lists all divisors, which is slow for many channels
    try:
        with_value(layer, name, axis, value).output_size(size)
    except ParameterError:
        return False
    return True


def _square(layer: Layer, axis: int) -> Layer:
    """The layer with the parameters of one axis along both: what is legal for it depends on nothing else."""
    changes: dict[str, Any] = {}
    for name in _names(type(layer)):
        value = getattr(layer, _field(name))
        if isinstance(value, tuple):
            changes[name] = (value[axis], value[axis])
    return replaced(layer, **changes)


@cache
def _names(kind: type[Layer]) -> tuple[str, ...]:
    """The parameters of a layer's constructor."""
    return tuple(inspect.signature(kind).parameters)


def _field(name: str) -> str:
    return "in_channels" if name == "channels" else name
