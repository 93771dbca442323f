"""A layer as one line of text, as PyTorch writes it: what a visitor types, and what stands in a page's address.

Nothing is evaluated; every text is hostile until it has been read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.text import N_

__all__ = ["MAX_CHARACTERS", "padding_text", "read", "write"]

MAX_CHARACTERS = 300
_DEEPEST = 4  # brackets: the call, and ((top, bottom), (left, right)) with one pair too many
_LONGEST_NAME = 40

# What a call of a layer consists of; Python's other signs and letters have no place in it.
_SIGNS = re.compile(r"[\w\s.,=()\[\]+\-\"']*", re.ASCII)
_NUMBER_WITH_LETTER = re.compile(r"(?<![\w.])\d[\d.]*[A-Za-z_]", re.ASCII)
_UNREADABLE = N_("This cannot be read as a layer. Please write it as in PyTorch, for example {example}.")
_EXAMPLE = "Conv2d(1, 1, 3, stride=2, padding=1)"


@dataclass(frozen=True)
class _Form:
    """How torch.nn calls a layer.

    Attributes:
        kind: the layer.
        needed: arguments without a default, which come first.
        optional: the others, in torch's positional order.
        extra: our own arguments, by name only.
        only: arguments that have one legal value here.
    """

    kind: type[Layer]
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    extra: tuple[str, ...] = ()
    only: Mapping[str, object] | None = None

    @property
    def positional(self) -> tuple[str, ...]:
        return self.needed + self.optional


_CHANNELS = ("in_channels", "out_channels", "kernel_size")
_FORMS = {
    "Conv2d": _Form(Convolution, _CHANNELS, ("stride", "padding", "dilation", "groups", "bias", "padding_mode")),
    "ConvTranspose2d": _Form(
        TransposedConvolution,
        _CHANNELS,
        ("stride", "padding", "output_padding", "groups", "bias", "dilation", "padding_mode"),
        only={"padding_mode": "zeros"},
    ),
    "MaxPool2d": _Form(
        MaxPooling,
        ("kernel_size",),
        ("stride", "padding", "dilation", "return_indices", "ceil_mode"),
        ("channels",),
        {"return_indices": False},
    ),
    "AvgPool2d": _Form(
        AveragePooling,
        ("kernel_size",),
        ("stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
        ("channels",),
        {"divisor_override": None},
    ),
}
_SWITCHES = ("bias", "ceil_mode", "count_include_pad", "return_indices")


# ---- writing


def write(layer: Layer) -> str:
    """The layer as a call of torch.nn, defaults left out: `Conv2d(3, 64, 7, stride=2, padding=3, bias=False)`.

    Where torch has no word for something, ours is written: `padding=((1, 2), (0, 1))` for ((top, bottom),
    (left, right)), `padding="full"` or `"same_tensorflow"`, and `channels=3` for pooling.
    """
    name, form = next((name, form) for name, form in _FORMS.items() if form.kind is type(layer))
    needed = {each: getattr(layer, each) for each in form.needed}
    plain = form.kind(**needed)
    arguments = [_value(value) for value in needed.values()]
    for each in form.optional:
        value = getattr(layer, each, None)
        if value != getattr(plain, each, None):
            arguments.append(f"{each}={padding_text(value) if each == 'padding' else _value(value)}")
    if form.extra and layer.in_channels != 1:
        arguments.append(f"channels={layer.in_channels}")
    return f"{name}({', '.join(arguments)})"


def padding_text(padding: Any) -> str:
    """The padding of a layer as briefly as it can be given: `1`, `(1, 2)`, `((1, 2), (0, 1))` or `"same"`."""
    if isinstance(padding, str):
        return _value(padding)
    (top, bottom), (left, right) = padding
    return _value((top, left)) if (top, left) == (bottom, right) else f"{padding}"


def _value(value: object) -> str:
    if isinstance(value, tuple) and value[0] == value[1]:
        return f"{value[0]}"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


# ---- reading


def read(text: str) -> Layer:
    """Read a layer as `write` writes it and as torch.nn takes it, with or without `nn.` or `torch.nn.` in front.

    Arguments may be given by position, in torch's order, or by name; pairs as tuples or lists.

    Args:
        text: up to 300 characters.

    Raises:
        ParameterError: when the layer is unknown, or a value is not legal.
        CnnvizError: when the text is too long or is no call of a layer, or an argument is unknown, missing,
            given twice or one too many.
    """
    call = _parsed(text)
    name = _layer_name(call.func)
    form = _FORMS[name]
    given = _arguments(name, form, call)
    for each in form.needed:
        if each not in given:
            raise CnnvizError(N_("{layer} also needs {argument}."), layer=name, argument=each)
    _check_values(form, given)
    return form.kind(**{each: value for each, value in given.items() if each not in (form.only or {})})


def _parsed(text: str) -> ast.Call:
    if len(text) > MAX_CHARACTERS:
        raise CnnvizError(
            N_("The text has {length} characters; a layer takes {most} at most."),
            length=len(text),
            most=MAX_CHARACTERS,
        )
    # Python's parser warns of letters that touch a number, and recurses into brackets: both are refused before.
    if _SIGNS.fullmatch(text) and not _NUMBER_WITH_LETTER.search(text) and _depth(text) <= _DEEPEST:
        try:
            expression = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            expression = None
        if isinstance(expression, ast.Call):
            return expression
    raise CnnvizError(_UNREADABLE, example=_EXAMPLE)


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        deepest = max(deepest, depth)
    return deepest


def _layer_name(function: ast.expr) -> str:
    parts = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        raise CnnvizError(_UNREADABLE, example=_EXAMPLE)
    name, *packages = [*parts, function.id]
    if name not in _FORMS or packages not in ([], ["nn"], ["nn", "torch"]):
        path = ".".join([*reversed(packages), name])
        raise ParameterError("layer", path[:_LONGEST_NAME], ", ".join(_FORMS))
    return name


def _arguments(name: str, form: _Form, call: ast.Call) -> dict[str, Any]:
    if len(call.args) > len(form.positional):
        raise CnnvizError(
            N_("{layer} takes at most {most} values without a name."), layer=name, most=len(form.positional)
        )
    given = {each: _literal(value) for each, value in zip(form.positional, call.args, strict=False)}
    for keyword in call.keywords:
        argument = keyword.arg
        if argument is None:
            raise CnnvizError(_UNREADABLE, example=_EXAMPLE)
        if argument not in form.positional + form.extra:
            raise _unknown(name, form, argument)
        if argument in given:
            raise CnnvizError(N_("{argument} is given twice."), argument=argument)
        given[argument] = _literal(keyword.value)
    return given


def _unknown(name: str, form: _Form, argument: str) -> CnnvizError:
    return CnnvizError(
        N_("{layer} has no argument {argument}; it has {arguments}."),
        layer=name,
        argument=argument[:_LONGEST_NAME],
        arguments=", ".join(form.positional + form.extra),
    )


def _literal(expression: ast.expr) -> Any:
    match expression:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() as value)):
            return -value if isinstance(expression.op, ast.USub) else +value
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return tuple(_literal(element) for element in elements)
    raise CnnvizError(_UNREADABLE, example=_EXAMPLE)


def _check_values(form: _Form, given: Mapping[str, Any]) -> None:
    for name, only in (form.only or {}).items():
        if name in given and given[name] is not only and given[name] != only:
            raise ParameterError(name, str(given[name])[:_LONGEST_NAME], f"{only}")
    for name in _SWITCHES:
        if name in given and not isinstance(given[name], bool):
            raise ParameterError(name, str(given[name])[:_LONGEST_NAME], "True, False")
