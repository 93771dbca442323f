"""The table of a stack of layers: typed cell by cell, refused row by row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling
from cnnviz.convolution.receptive_field import LARGEST_NUMBER, MOST_LAYERS
from cnnviz.convolution.stack_text import read_stack, write_stack
from cnnviz.errors import ParameterError
from pages.common.language import _, translate
from pages.common.settings import Settings
from pages.common.typed_table import Form, Row, RowError, typed_table

__all__ = ["read_shown", "stack_table"]

_NUMBERS = {"kernel": "3", "stride": "1", "padding": "1", "dilation": "1"}  # of a new row
_CELL = re.compile(r"\s*([0-9]{1,2})(?:\s*[x×]\s*([0-9]{1,2}))?\s*", re.IGNORECASE)


def read_shown(text: str) -> tuple[Layer, ...]:
    """Read a stack as `read_stack` does, when the table can show it: without uneven padding and rounding up.

    Raises:
        ParameterError: when it is no such stack.
    """
    layers = read_stack(text)
    if _layers(_rows(layers)) != layers:
        raise ParameterError("stack", text[:40], "c3s1p1d1-m2s2-a2s2")
    return layers


def stack_table(settings: Settings) -> None:
    """Draw the setting "stack" as a table that can be typed into."""
    error = typed_table(settings, "stack", Form(("kind", *_NUMBERS), _rows, _layers, write_stack), _columns())
    if error is not None:
        st.error(str(error) + " " + _("The last good layers stay in use."), icon=":material/edit_off:")
    st.caption(_("One number, or rows x columns: 3x5. The last row adds a layer; tick rows to remove them."))


def _columns() -> dict[str, Any]:
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(title, default=_NUMBERS[name], width=84, max_chars=7)
        for name, title in _titles().items()
    }
    kinds = _kinds()
    columns["kind"] = st.column_config.SelectboxColumn(
        _("Kind"), options=list(kinds), format_func=lambda kind: kinds[str(kind)], default="convolution", required=True
    )
    return columns


def _titles() -> dict[str, str]:
    return {"kernel": _("Kernel"), "stride": _("Stride"), "padding": _("Padding"), "dilation": _("Dilation")}


def _kinds() -> dict[str, str]:
    return {"convolution": _("Convolution"), "max": _("Max pooling"), "average": _("Average pooling")}


def _rows(layers: Sequence[Layer]) -> list[Row]:
    """The layers as they stand in the table."""
    return [
        {
            "kind": layer.kind,
            "kernel": _times(layer.kernel_size),
            "stride": _times(layer.stride),
            "padding": _times((padding[0][0], padding[1][0])),
            "dilation": _times(layer.dilation),
        }
        for layer, padding in ((layer, layer.padding_for((1, 1))) for layer in layers)
    ]


def _times(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _layers(rows: Sequence[Row]) -> tuple[Layer, ...]:
    if not 1 <= len(rows) <= MOST_LAYERS:
        raise RowError(_("A stack has 1 to {most} layers, not {count}.").format(most=MOST_LAYERS, count=len(rows)))
    return tuple(_layer(row, number) for number, row in enumerate(rows, 1))


def _layer(row: Row, number: int) -> Layer:
    kind = row.get("kind") or "convolution"
    pairs = {name: _pair(row, name, number) for name in _NUMBERS}
    kernel, stride, padding, dilation = pairs.values()
    try:
        match kind:
            case "max":
                return MaxPooling(kernel, stride, padding, dilation)
            case "average":
                if dilation != (1, 1):
                    raise ParameterError("dilation", max(dilation), "1")
                return AveragePooling(kernel, stride, padding)
        return Convolution(kernel, stride, padding, dilation)
    except ParameterError as error:
        raise RowError(_("Row {number}: {why}").format(number=number, why=translate(error))) from error


def _pair(row: Row, name: str, number: int) -> tuple[int, int]:
    """A cell as (rows, columns); an empty one counts as 1, or as no padding."""
    least = 0 if name == "padding" else 1
    text = row.get(name, "")
    found = _CELL.fullmatch(text or str(least))
    pair = (-1, -1) if found is None else (int(found[1]), int(found[2] or found[1]))
    if min(pair) < least:
        why = _("{name} is “{value}”, but must be a whole number from {least} to {most}, or two such as 3x5.")
        why = why.format(name=_titles()[name], value=text[:20], least=least, most=LARGEST_NUMBER)
        raise RowError(_("Row {number}: {why}").format(number=number, why=why))
    return pair
