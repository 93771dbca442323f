"""A table that can be typed into: what it holds is a setting of the page, and stays in use while a row is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pandas as pd
import streamlit as st

from pages.common.language import _
from pages.common.settings import Settings

__all__ = ["Form", "Row", "RowError", "edited", "typed_table"]

Row = dict[str, str]
_Value = TypeVar("_Value")


class RowError(Exception):
    """A row that cannot be used; the sentence is translated."""


@dataclass(frozen=True)
class Form(Generic[_Value]):
    """How a value stands in a table.

    Attributes:
        names: of the columns, in their order.
        rows: the value as rows.
        read: the value that rows mean; raises `RowError`.
        write: the value as text; equal for equal values only.
    """

    names: Sequence[str]
    rows: Callable[[_Value], list[Row]]
    read: Callable[[Sequence[Row]], _Value]
    write: Callable[[_Value], str]


@dataclass
class _Table:
    """What the editor was given: `rows`, under the key number `version`; `text` is the value now in use."""

    rows: list[Row]
    text: str
    version: int = 0


def typed_table(settings: Settings, name: str, form: Form[Any], columns: Mapping[str, Any]) -> None:
    """Draw the setting `name` as a table; while something in it is wrong, the last good value stays in use.

    Args:
        settings: of the page.
        name: of the setting, which every good edit sets.
        form: how it stands in the table.
        columns: Streamlit's configuration of the columns, by name.
    """
    key = f"{settings.page}/{name} table"
    table = _table(key, form, settings[name])
    mount = f"{key}/{table.version}"

    def apply() -> None:
        try:
            value = form.read(edited(table.rows, st.session_state[mount]))
        except RowError:
            return
        settings[name] = value
        table.text = form.write(value)

    st.data_editor(
        pd.DataFrame(table.rows, columns=list(form.names)),
        key=mount,
        num_rows="dynamic",
        hide_index=True,
        on_change=apply,
        column_config=dict(columns),
    )
    try:
        form.read(edited(table.rows, st.session_state[mount]))
    except RowError as error:
        st.error(str(error) + " " + _("The last good layers stay in use."), icon=":material/edit_off:")


def _table(key: str, form: Form[Any], value: Any) -> _Table:
    """The table that the browser edits, or a new one when the value was changed elsewhere, or the page was left."""
    table: _Table = st.session_state.setdefault(key, _Table([], ""))
    text = form.write(value)
    if table.text != text or f"{key}/{table.version}" not in st.session_state:
        table = _Table(form.rows(value), text, table.version + 1)
        st.session_state[key] = table
    return table


def edited(rows: Sequence[Row], changes: Mapping[str, Any]) -> list[Row]:
    """Apply what the browser reported to the rows, in Streamlit's order: cells, removed rows, new rows."""
    fresh = [dict(row) for row in rows]
    for number, cells in changes.get("edited_rows", {}).items():
        if 0 <= int(number) < len(fresh):
            fresh[int(number)].update({name: _text(value) for name, value in cells.items()})
    removed = set(changes.get("deleted_rows", ()))
    added = [{name: _text(value) for name, value in row.items()} for row in changes.get("added_rows", ())]
    return [row for number, row in enumerate(fresh) if number not in removed] + added


def _text(value: object) -> str:
    return "" if value is None else str(value)
