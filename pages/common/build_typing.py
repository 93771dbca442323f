"""What is typed about a network of one's own outside of its table: where to start, the input, the whole as text."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.custom import Custom, read, steps, write
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.networks.custom.network import LARGEST_SIDE, MOST_INPUTS
from pages.common.build_table import read_rows
from pages.common.language import _
from pages.common.settings import Settings, bound
from pages.common.typed_table import Row, RowError, typed_rows

__all__ = ["Refused", "input_controls", "last_refused", "start_control", "text_control"]

_OWN = "own"


@dataclass(frozen=True)
class Refused:
    """Something typed outside of the table that was refused, and why; with other layers or rows it is forgotten."""

    text: str
    error: CnnvizError
    field: str
    kept: Custom
    rows: list[Row] | None


def start_control(settings: Settings) -> None:
    """The choice of a network to start from."""
    examples = {each.key: each for each in EXAMPLES}
    now = next((each.key for each in EXAMPLES if each.custom == settings["build"]), _OWN)

    def change(key: str) -> None:
        if key != _OWN:
            settings["build"] = examples[key].custom

    bound(
        f"{settings.page}/build start",
        now,
        change,
        st.selectbox,
        _("Start from"),
        [*examples, *([_OWN] if now == _OWN else [])],
        format_func=lambda key: _("Your own") if key == _OWN else _(examples[key].title),
        width=220,
    )


def input_controls(settings: Settings) -> None:
    """Channels, rows and columns of the input."""
    titles = (_("Channels"), _("Rows"), _("Columns"))
    for axis, (title, most) in enumerate(zip(titles, (MOST_INPUTS, LARGEST_SIDE, LARGEST_SIDE), strict=True)):
        _input_control(settings, axis, title, most)


def _input_control(settings: Settings, axis: int, title: str, most: int) -> None:
    def store(value: int) -> None:
        sides = list(settings["build"].input_shape)
        sides[axis] = value
        try:
            _take(settings, _for_input(settings, (sides[0], sides[1], sides[2])))
        except CnnvizError as error:
            _refuse(settings, " × ".join(map(str, sides)), error, "input")

    value = settings["build"].input_shape[axis]
    bound(f"{settings.page}/build input {axis}", value, store, st.number_input, title, 1, most, width=88)


def _for_input(settings: Settings, shape: tuple[int, int, int]) -> Custom:
    """The network for another input: what is being typed in the table if it fits now, else what is in use."""
    rows = typed_rows(settings, "build")
    if rows is not None:
        try:
            return read_rows(shape, rows)
        except RowError:
            pass
    custom = replace(settings["build"], input_shape=shape)
    steps(custom)
    return custom


def text_control(settings: Settings) -> None:
    """The whole network as text; what cannot be read stays there to be mended."""

    def store(text: str) -> None:
        try:
            _take(settings, read(text))
        except CnnvizError as error:
            _refuse(settings, text, error, "text")

    refused = last_refused(settings)
    shown = refused.text if refused and refused.field == "text" else write(settings["build"])
    bound(
        f"{settings.page}/build text",
        shown,
        store,
        st.text_input,
        _("As text"),
        help=_text_help(),
    )


def _text_help() -> str:
    return _(
        "Input as channels x rows x columns, a colon, then the layers with hyphens between them. Letters: k kernel, s "
        "stride, p padding, d dilation, g groups, b0 without bias, e expansion. Example: {example} All layers stand "
        "under “{words}”."
    ).format(example=f"`{EXAMPLES[2].text[:40]}…`", words=_("Layer words"))


def _take(settings: Settings, custom: Custom) -> None:
    settings["build"] = custom
    st.session_state.pop(f"{settings.page}/build refused", None)


def _refuse(settings: Settings, text: str, error: CnnvizError, field: str) -> None:
    rows = typed_rows(settings, "build")
    st.session_state[f"{settings.page}/build refused"] = Refused(text, error, field, settings["build"], rows)


def last_refused(settings: Settings) -> Refused | None:
    """What was refused last, as long as nothing else was typed since."""
    found: Refused | None = st.session_state.get(f"{settings.page}/build refused")
    if found is None or found.kept != settings["build"]:
        return None
    rows = typed_rows(settings, "build")
    return found if None in (rows, found.rows) or rows == found.rows else None
