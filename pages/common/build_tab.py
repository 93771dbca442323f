"""Build your own: a list of layers, checked as it is typed, counted, drawn, and taken away as a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.custom import Custom, Step, read, steps, write
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.networks.custom.network import LARGEST_SIDE, MOST_INPUTS
from cnnviz.networks.custom.text import MOST_CHARACTERS
from cnnviz.snippets.network import network_program
from pages.common.build_table import DraftError, build_table, read_rows, shown_columns, table_rows, table_width
from pages.common.cropped import cropped
from pages.common.diagram import Picture, View, diagram
from pages.common.language import _, current, ngettext, translate
from pages.common.layers_tab import layers_tab
from pages.common.network_facts import Facts, facts_of
from pages.common.settings import Setting, Settings, bound, choice, flag
from pages.common.typed_table import Row, RowError, typed_rows

__all__ = ["BUILD_SETTINGS", "build_tab"]

_VIEWS = ("table", "diagram", "layers", "code")
_OWN = "own"
_SAMPLE = "cat"
_ROOM = 900  # pixels for both tables on a projector
_NARROWEST = 190

BUILD_SETTINGS = (
    Setting("build", EXAMPLES[0].custom, write, read),
    choice("build_view", "table", _VIEWS),
    flag("build_columns"),
)

# On a phone the text gets a line of its own.
_STYLE = "<style>@media (max-width: 600px) { :has(> .st-key-build-text) { flex: 1 1 100% !important; } }</style>"


@dataclass(frozen=True)
class _Refused:
    """Something typed outside of the table that was refused, and why; with other layers or rows it is forgotten."""

    text: str
    error: CnnvizError
    field: str
    kept: Custom
    rows: list[Row] | None


def build_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `BUILD_SETTINGS`."""
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _start_control(settings)
        _input_controls(settings)
        with st.container(key="build-text"):
            _text_control(settings)
    verdict = st.container()
    titles = {
        "table": _("Table"),
        "diagram": _("Diagram"),
        "layers": _("Every layer"),
        "code": _("PyTorch and link"),
    }
    settings.control(
        "build_view",
        st.segmented_control,
        _("Show"),
        list(_VIEWS),
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
    )
    problem = _typed(settings) if settings["build_view"] == "table" else None
    with verdict:
        _verdict(settings, problem)
    custom: Custom = settings["build"]
    match settings["build_view"]:
        case "diagram":
            _diagram(settings, custom)
        case "layers":
            layers_tab(_facts(write(custom)).network, "network")
        case "code":
            _code(settings, custom)


# ---- what is typed outside of the table


def _start_control(settings: Settings) -> None:
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


def _input_controls(settings: Settings) -> None:
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
            _refuse(settings, _times(sides), error, "input")

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


def _text_control(settings: Settings) -> None:
    def store(text: str) -> None:
        try:
            _take(settings, read(text))
        except CnnvizError as error:
            _refuse(settings, text, error, "text")

    refused = _refused(settings)
    shown = refused.text if refused and refused.field == "text" else write(settings["build"])
    bound(
        f"{settings.page}/build text",
        shown,
        store,
        st.text_input,
        _("As text"),
        max_chars=MOST_CHARACTERS,
        help=_text_help(),
    )


def _text_help() -> str:
    return _(
        "Input as channels x rows x columns, a colon, then the layers with hyphens between them. Letters: k kernel, s "
        "stride, p padding, d dilation, g groups, b0 without bias, e expansion. Example: {example}"
    ).format(example=f"`{EXAMPLES[2].text[:40]}…`")


def _take(settings: Settings, custom: Custom) -> None:
    settings["build"] = custom
    st.session_state.pop(f"{settings.page}/build refused", None)


def _refuse(settings: Settings, text: str, error: CnnvizError, field: str) -> None:
    rows = typed_rows(settings, "build")
    st.session_state[f"{settings.page}/build refused"] = _Refused(text, error, field, settings["build"], rows)


def _refused(settings: Settings) -> _Refused | None:
    """What was refused last, as long as nothing else was typed since."""
    found: _Refused | None = st.session_state.get(f"{settings.page}/build refused")
    if found is None or found.kept != settings["build"]:
        return None
    rows = typed_rows(settings, "build")
    return found if None in (rows, found.rows) or rows == found.rows else None


# ---- the verdict


def _verdict(settings: Settings, problem: RowError | None) -> None:
    refused = _refused(settings)
    kept = _("The last good layers stay in use.")
    if refused is not None:
        shown = refused.text[:60].replace("`", "")
        st.error(f"`{shown}`: {translate(refused.error)} {kept}", icon=":material/error:")
    elif problem is not None:
        st.error(f"{problem} {kept}", icon=":material/edit_off:")
    else:
        st.success(_totals(steps(settings["build"])), icon=":material/check:")
        _lesson(settings["build"])


def _lesson(custom: Custom) -> None:
    """What to see in a network to start from, as long as it is unchanged."""
    for example in EXAMPLES:
        if example.custom == custom:
            source = _("Source: {source}").format(source=example.source)
            st.caption(f":material/visibility: {_(example.lesson)} {source}")


def _totals(done: Sequence[Step]) -> str:
    count = sum(each.cost.parameters for each in done)
    parts = [
        ngettext("**{count:,}** parameter", "**{count:,}** parameters", count).format(count=count),
        _("**{count:,}** multiply-accumulates").format(count=sum(each.cost.macs for each in done)),
        _("**{size:,.1f} KiB** of activations").format(size=sum(each.cost.memory for each in done) / 1024),
    ]
    return " · ".join([*parts, *_sight(done)])


def _sight(done: Sequence[Step]) -> list[str]:
    """What a unit of the last map sees."""
    last = next((each for each in reversed(done) if each.field is not None), None)
    if last is None or last.field is None:
        return []
    rows, columns = last.field.rows.size, last.field.columns.size
    sentence = _("one unit of {layer} sees **{rows} × {columns}** pixels")
    return [sentence.format(layer=last.name, rows=rows, columns=columns)]


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


# ---- the table


def _typed(settings: Settings) -> RowError | None:
    rows = [*table_rows(settings["build"]), *(typed_rows(settings, "build") or ())]
    columns = shown_columns(rows, settings["build_columns"])
    width = table_width(columns)
    left, right = st.columns([width, max(_NARROWEST, _ROOM - width)], gap="small")
    with left:
        problem = build_table(settings, columns)
    with right:
        _outputs(_done(settings, problem), problem is not None)
    with st.container(horizontal=True, vertical_alignment="center"):
        settings.control("build_columns", st.toggle, _("All columns"))
        st.caption(
            _(
                "The last row adds a layer, and another number under # moves it. Tick rows to remove them with the "
                "bin, or with the key Delete."
            )
        )
    return problem


def _done(settings: Settings, problem: RowError | None) -> Sequence[Step]:
    if isinstance(problem, DraftError):
        return problem.steps
    return () if problem else steps(settings["build"])


def _outputs(done: Sequence[Step], failed: bool) -> None:
    """What comes out of each row of the table, beside it."""
    rows: list[tuple[object, ...]] = [
        (each.name, _times(each.cost.output), each.cost.parameters, each.cost.macs, _field(each)) for each in done
    ]
    if failed:
        rows.append(("✗", _("does not fit"), None, None, ""))
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows, columns=["layer", "output", "parameters", "macs", "field"]),
        hide_index=True,
        height="content",
        placeholder="",
        column_config={
            "layer": st.column_config.TextColumn(_("Layer"), width=84),
            "output": st.column_config.TextColumn(_("Output"), width=98),
            "parameters": number(_("Parameters"), format="localized", width=84),
            "macs": number(_("MACs"), format="localized", width=88, help=_("Multiply-accumulates")),
            "field": st.column_config.TextColumn(_("Receptive field"), width=104),
        },
    )


def _field(step: Step) -> str:
    if step.field is None:
        return _("whole picture") if step.whole else "–"
    return f"{step.field.rows.size} × {step.field.columns.size}"


# ---- drawn and taken away


def _facts(text: str) -> Facts:
    with st.spinner(_("Following a picture through the network")):
        return _traced(text)


@st.cache_resource(max_entries=32, show_spinner=False)
def _traced(text: str) -> Facts:
    from cnnviz.networks.custom import building

    custom = read(text)
    return facts_of("Net", building.blueprint(custom), (1, *custom.input_shape))


def _diagram(settings: Settings, custom: Custom) -> None:
    found = _facts(write(custom))
    key = f"{settings.page}/build looked at"  # not in the address: names change with every layer

    def keep(view: View) -> None:
        st.session_state[key] = view

    size = custom.input_shape[1:]
    picture = Picture(cropped(_SAMPLE, size), *size)
    diagram(
        f"{settings.page}/build diagram",
        [found.network],
        found.code,
        picture,
        st.session_state.get(key, View()),
        keep,
    )


def _code(settings: Settings, custom: Custom) -> None:
    st.markdown(_("A program that builds the network and gives it two random pictures. It runs as pasted."))
    st.code(network_program(custom), language="python")
    st.markdown(_("**Link to this page**, settings included:"))
    base = (st.context.url or "").split("?")[0]
    st.code(f"{base}?{urlencode({**settings.query(), 'lang': current()})}", language=None, wrap_lines=True)
