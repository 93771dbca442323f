"""A stack of layers as text that an address carries unchanged, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, Sides
from cnnviz.convolution.checks import Pair
from cnnviz.convolution.receptive_field import LARGEST_NUMBER, MOST_LAYERS, checked_stack, padding_of
from cnnviz.errors import ParameterError

__all__ = ["read_stack", "write_stack"]

_NUMBER = "[0-9]{1,2}"
_LAYER = re.compile(
    rf"(?P<kind>[cma])(?P<kernel>{_NUMBER}(?:x{_NUMBER})?)"
    rf"(?:s(?P<stride>{_NUMBER}(?:x{_NUMBER})?))?"
    rf"(?:p(?P<padding>{_NUMBER}(?:\.{_NUMBER})?(?:x{_NUMBER}(?:\.{_NUMBER})?)?))?"
    rf"(?:d(?P<dilation>{_NUMBER}(?:x{_NUMBER})?))?"
    r"(?P<up>u)?"
)
_LETTERS = {"convolution": "c", "max": "m", "average": "a"}
_LONGEST = 40  # characters of a layer


def write_stack(layers: Sequence[Layer]) -> str:
    """Write a stack as text that an address carries unchanged: "c3p1-m2-c3x5s2p1.2x0d2-a2".

    A letter for the kind (c, m, a), the kernel, then s, p, d for what is not torch's default, rows x columns where
    they differ, before.after where padding does, and u for `ceil_mode`. What the receptive field does not depend
    on (channels, groups, bias) is left out, and padding that was named is written in numbers.

    Raises:
        ParameterError: when the layers are not a stack (`checked_stack`), or a number is above 99.
    """
    return "-".join(_write_layer(layer) for layer in checked_stack(layers))


def _write_layer(layer: Layer) -> str:
    default = (1, 1) if isinstance(layer, Convolution) else layer.kernel_size
    padding = padding_of(layer)
    text = _LETTERS[layer.kind] + _write_pair(layer.kernel_size)
    text += "" if layer.stride == default else "s" + _write_pair(layer.stride)
    text += "" if padding == ((0, 0), (0, 0)) else "p" + _write_sides(padding)
    text += "" if layer.dilation == (1, 1) else "d" + _write_pair(layer.dilation)
    return text + ("u" if getattr(layer, "ceil_mode", False) else "")


def _write_pair(pair: Pair) -> str:
    if max(pair) > LARGEST_NUMBER:
        raise ParameterError("layers", max(pair), f"0 … {LARGEST_NUMBER}")
    return f"{pair[0]}" if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _write_sides(padding: Sides) -> str:
    rows, columns = (_write_pair(each).replace("x", ".") for each in padding)
    return rows if rows == columns else f"{rows}x{columns}"


def read_stack(text: str) -> tuple[Layer, ...]:
    """Read a stack that `write_stack` wrote; the text may come from anybody.

    Raises:
        ParameterError: when it is not a stack of 1 to 40 layers, or a layer is impossible.
    """
    parts = text[: MOST_LAYERS * (_LONGEST + 1) + 1].split("-")
    if len(parts) > MOST_LAYERS:
        raise ParameterError("layers", len(parts), f"1 … {MOST_LAYERS}")
    return tuple(_read_layer(part) for part in parts)


def _read_layer(text: str) -> Layer:
    found = _LAYER.fullmatch(text)
    if found is None:
        raise ParameterError("layer", text[:_LONGEST], "c3s1p1d1, m2s2, a2s2")
    kernel = _read_pair(found["kernel"])
    stride = _read_pair(found["stride"]) if found["stride"] else None
    padding = _read_sides(found["padding"] or "0")
    dilation = _read_pair(found["dilation"] or "1")
    up = found["up"] is not None
    match found["kind"]:
        case "m":
            return MaxPooling(kernel, stride, padding, dilation, up)
        case "a" if dilation == (1, 1):
            return AveragePooling(kernel, stride, padding, up)
        case "c" if not up:
            return Convolution(kernel, stride or 1, padding, dilation)
    raise ParameterError("layer", text, "c3s1p1d1, m2s2, a2s2")  # a dilated average, or a convolution rounded up


def _read_pair(text: str) -> Pair:
    rows, _, columns = text.partition("x")
    return int(rows), int(columns or rows)


def _read_sides(text: str) -> Sides:
    rows, _, columns = text.partition("x")
    top, left = (_read_pair(each.replace(".", "x")) for each in (rows, columns or rows))
    return top, left
