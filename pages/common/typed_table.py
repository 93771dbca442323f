"""A table that can be typed into: what it holds is a setting of the page, and stays in use while a row is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pandas as pd
import streamlit as st

from pages.common.callbacks import to_the_end
from pages.common.settings import Settings

__all__ = ["Form", "Row", "RowError", "edited", "typed_rows", "typed_table"]

Row = dict[str, str]
_Value = TypeVar("_Value")


class RowError(Exception):
    """A row that cannot be used; the sentence is translated."""


@dataclass(frozen=True)
class Form(Generic[_Value]):
    """How a value stands in a table.

    Attributes:
        names: of the columns that are shown, in their order; rows may hold more.
        rows: the value as rows.
        read: the value that rows mean; raises `RowError`.
        write: what of the value stands in the table, as text.
        tidy: what an edit makes of other cells and of the order of rows; None when it leaves them alone.
    """

    names: Sequence[str]
    rows: Callable[[_Value], list[Row]]
    read: Callable[[Sequence[Row]], _Value]
    write: Callable[[_Value], str]
    tidy: Callable[[Sequence[Row]], list[Row]] | None = None


@dataclass
class _Table:
    """What the editor was given: `rows`, under the key number `version`; `text` is the value now in use.

    `look` is how it was drawn last, empty before: Streamlit forgets all edits when a title or a column changes.
    """

    rows: list[Row]
    text: str
    version: int = 0
    look: str = ""


def typed_table(
    settings: Settings, name: str, form: Form[Any], columns: Mapping[str, Any], **options: Any
) -> RowError | None:
    """Draw the setting `name` as a table; while something in it is wrong, the last good value stays in use.

    Args:
        settings: of the page.
        name: of the setting, which every good edit sets.
        form: how it stands in the table.
        columns: Streamlit's configuration of the columns, by name.
        options: more for Streamlit's `data_editor`.

    Returns:
        What is wrong, if anything; the page says it where it is seen.
    """
    key = _key(settings, name)
    table = _table(key, form, settings[name], str((columns, options)))
    mount = f"{key}/{table.version}"

    @to_the_end
    def apply() -> None:
        rows = edited(table.rows, st.session_state[mount])
        tidied = form.tidy(rows) if form.tidy else rows
        if tidied != rows:  # the browser keeps its edits of the old rows: a new table
            st.session_state[key] = _Table(tidied, table.text, table.version + 1)
        try:
            value = form.read(tidied)
        except RowError:
            return
        settings[name] = value
        st.session_state[key].text = form.write(value)

    st.data_editor(
        pd.DataFrame(table.rows, columns=list(form.names)),
        key=mount,
        num_rows="dynamic",
        hide_index=True,
        on_change=apply,
        column_config=dict(columns),
        **options,
    )
    try:
        form.read(edited(table.rows, st.session_state[mount]))
    except RowError as error:
        return error
    return None


def typed_rows(settings: Settings, name: str) -> list[Row] | None:
    """What stands in the table of the setting `name` now, good or not; None when it is not drawn."""
    key = _key(settings, name)
    table: _Table | None = st.session_state.get(key)
    changes = st.session_state.get(f"{key}/{table.version}") if table else None
    if table is None or (table.look and changes is None):
        return None
    return edited(table.rows, changes or {})


def _key(settings: Settings, name: str) -> str:
    return f"{settings.page}/{name} table"


def _table(key: str, form: Form[Any], value: Any, look: str) -> _Table:
    """The table that the browser edits, or a new one when the value was changed elsewhere, or the page was left."""
    table: _Table = st.session_state.setdefault(key, _Table([], ""))
    text, changes = form.write(value), st.session_state.get(f"{key}/{table.version}")
    if table.text != text or (table.look and changes is None):
        table = _Table(form.rows(value), text, table.version + 1)
    elif table.look not in ("", look):
        table = _Table(edited(table.rows, changes or {}), text, table.version + 1)
    table.look = look
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
