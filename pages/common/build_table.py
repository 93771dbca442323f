"""The table of the layers of a network of one's own: typed cell by cell, kept in order, refused row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks.custom import KINDS, Custom, Kind, Record, Step, UnfitError, steps, write
from cnnviz.networks.custom.kinds import kind_of
from cnnviz.networks.custom.text import read_layer
from pages.common.build_words import COLUMN_OF, column_titles, said
from pages.common.language import _
from pages.common.settings import Settings
from pages.common.typed_table import Form, Row, RowError, typed_table

__all__ = ["DraftError", "build_table", "read_rows", "shown_columns", "table_rows", "table_width", "tidied"]

_ALWAYS = ("place", "kind", "channels", "kernel", "stride", "padding")
_RARE = {"dilation": ("", "1"), "groups": ("", "1"), "bias": ("", "1"), "factor": ("",)}  # shown where not these
_WIDTHS = {
    "place": 46, "kind": 150, "channels": 94, "kernel": 78, "stride": 74, "padding": 88, "dilation": 104, "groups": 86,
    "bias": 78, "factor": 80,
}  # of the titles with their sign, in any language  # fmt: skip
_TICKS = 34  # the column where rows are ticked
_FRESH = "relu"  # of a new row: it fits everywhere
_LONGEST = 9  # characters of a cell


class DraftError(RowError):
    """A row that cannot be used, and the steps before it, which can."""

    def __init__(self, sentence: str, done: tuple[Step, ...]) -> None:
        super().__init__(sentence)
        self.steps = done


def build_table(settings: Settings, columns: Sequence[str]) -> RowError | None:
    """Draw the setting "build" as a table that can be typed into, with these columns; return what is wrong."""
    shape = settings["build"].input_shape
    form = Form([*_ALWAYS, *_RARE], table_rows, lambda rows: read_rows(shape, rows), _layers_text, tidied)
    options = {"column_order": columns, "height": "content", "placeholder": ""}
    return typed_table(settings, "build", form, _columns(), **options)


def shown_columns(rows: Sequence[Row], everything: bool) -> list[str]:
    """The columns to show: those that always matter, and those in which something stands that is not as usual."""
    used = [name for name, usual in _RARE.items() if any(row.get(name, "") not in usual for row in rows)]
    return [*_ALWAYS, *(_RARE if everything else used)]


def table_width(columns: Iterable[str]) -> int:
    """Pixels that the table takes with these columns."""
    return _TICKS + sum(_WIDTHS[name] for name in columns)


# ---- rows


def _layers_text(custom: Custom) -> str:
    """Without the input: for another one, rows that are being typed stay as they are."""
    return write(custom).partition(":")[2]


def table_rows(custom: Custom) -> list[Row]:
    """The layers of a network as they stand in the table."""
    return [_row(layer, number) for number, layer in enumerate(custom.layers, 1)]


def _row(layer: Record, number: int) -> Row:
    """A layer as it stands in the table; "was" is its place before any edit, and not shown."""
    kind = kind_of(layer)
    cells = {COLUMN_OF[name]: text for name, text in kind.write(layer).items()}
    return {**_BLANK, "place": str(number), "was": str(number), "kind": kind.word, **cells}


_BLANK = dict.fromkeys([*_ALWAYS, *_RARE], "")


def tidied(rows: Sequence[Row]) -> list[Row]:
    """Put rows where their numbers say; empty the cells that a kind does not have, and fill those of a new row."""
    ordered = sorted(rows, key=_order)
    return [_tidy(row, number) for number, row in enumerate(ordered, 1)]


def _order(row: Row) -> float:
    """A row that was sent up stands before the one that had this number, one that was sent down behind it."""
    was = int(row["was"]) if row.get("was") else None
    asked = row.get("place", "").strip()
    place = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 4 else was
    if place is None:
        return float("inf")
    if place == was:
        return place
    return place - 0.5 if was is None or place < was else place + 0.5


def _tidy(row: Row, number: int) -> Row:
    kind = KINDS.get(row.get("kind", ""), KINDS[_FRESH])
    own = {COLUMN_OF[slot.name]: row.get(COLUMN_OF[slot.name], "") for slot in kind.slots}
    usual = _row(read_layer(kind.example), number)
    if not any(own.values()):
        return usual
    # A layer that has just become another kind may lack what every layer of that kind needs.
    if "channels" in own:
        own["channels"] = own["channels"] or usual["channels"]
    return {**_BLANK, "place": str(number), "was": str(number), "kind": kind.word, **own}


def read_rows(shape: tuple[int, int, int], rows: Sequence[Row]) -> Custom:
    """Read the network that stands in the table.

    Args:
        shape: of the input, (channels, rows, columns).
        rows: of the table.

    Raises:
        RowError: when a row is no layer, or does not fit.
    """
    layers: list[Record] = []
    for number, row in enumerate(rows, 1):
        try:
            layers.append(_layer(row))
        except CnnvizError as error:
            sentence = _("Row {number}: {why}").format(number=number, why=said(error))
            raise DraftError(sentence, _fitting(shape, layers)) from error
    try:
        custom = Custom(shape, tuple(layers))
        steps(custom)
    except UnfitError as error:
        raise DraftError(said(error), error.steps) from error
    except ParameterError as error:
        raise RowError(said(error)) from error
    return custom


def _layer(row: Row) -> Record:
    kind: Kind = KINDS.get(row.get("kind", ""), KINDS[_FRESH])
    cells = {slot.name: row.get(COLUMN_OF[slot.name], "") for slot in kind.slots}
    return kind.read({name: "".join(cell.lower().replace("×", "x").split()) for name, cell in cells.items()})


def _fitting(shape: tuple[int, int, int], layers: Sequence[Record]) -> tuple[Step, ...]:
    try:
        return steps(Custom(shape, tuple(layers)))
    except UnfitError as error:
        return error.steps
    except ParameterError:
        return ()


# ---- columns


def _columns() -> dict[str, Any]:
    titles, helps = column_titles(), _helps()
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(titles[name], width=_WIDTHS[name], max_chars=_LONGEST, help=about)
        for name, about in helps.items()
    }
    kinds = {word: _(kind.title) for word, kind in KINDS.items()}
    columns["kind"] = st.column_config.SelectboxColumn(
        titles["kind"],
        options=list(kinds),
        format_func=lambda word: kinds.get(str(word), str(word)),
        default=_FRESH,
        required=True,
        width=_WIDTHS["kind"],
    )
    answers = {"": "", "1": _("yes"), "0": _("no")}
    columns["bias"] = st.column_config.SelectboxColumn(
        titles["bias"], options=list(answers), format_func=lambda key: answers.get(str(key), ""), width=_WIDTHS["bias"]
    )
    return columns


def _helps() -> dict[str, str]:
    pairs = _("One number, or rows x columns: 3x5.")
    return {
        "place": _("Another number moves the layer there."),
        "channels": _("Of the output; of a linear layer, its features."),
        "kernel": pairs,
        "stride": pairs,
        "padding": pairs + " " + _("Of a convolution also the word same."),
        "dilation": pairs,
        "groups": _("They divide the channels; each output reads one group only."),
        "factor": _("Dropout: percent. Inverted residual: expansion. Squeeze-and-excitation: reduction."),
    }
