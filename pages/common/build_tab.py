"""Build your own: a list of layers, checked as it is typed, counted, drawn, and taken away as a program."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from cnnviz.networks.custom import Custom, Step, read, steps, write
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.snippets.network import network_program
from pages.common.build_table import DraftError, build_table, shown_columns, table_rows, table_width
from pages.common.build_typing import input_controls, last_refused, start_control, text_control
from pages.common.build_words import said, words_control
from pages.common.charts import COUNT, short_bytes
from pages.common.cropped import cropped
from pages.common.diagram import Network, Picture, View, diagram
from pages.common.language import _, current, ngettext
from pages.common.layers_tab import layers_tab
from pages.common.network_facts import facts_of
from pages.common.settings import Setting, Settings, choice, flag
from pages.common.site import TRAINING, link
from pages.common.training_networks import CUSTOM
from pages.common.typed_table import RowError, typed_rows

__all__ = ["BUILD_SETTINGS", "build_tab"]

_VIEWS = ("table", "diagram", "layers", "code")
_SAMPLE = "cat"
_ROOM = 908  # pixels for both tables on a projector
_NARROWEST = 190

BUILD_SETTINGS = (
    Setting("build", EXAMPLES[0].custom, write, read),
    choice("build_view", "table", _VIEWS),
    flag("build_columns"),
)

# On a phone the text gets a line of its own; what the browser says about Enter stands below it, not on long text.
_STYLE = """<style>
@media (max-width: 600px) { :has(> .st-key-build-text) { flex: 1 1 100% !important; } }
.st-key-build-text [data-testid="InputInstructions"] { bottom: -1.1rem; }
</style>"""


def build_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `BUILD_SETTINGS`."""
    st.html(_STYLE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        start_control(settings)
        input_controls(settings)
        with st.container(key="build-text"):
            text_control(settings)
    verdict = st.container()
    titles = {
        "table": _("Table"),
        "diagram": _("Diagram"),
        "layers": _("Every layer"),
        "code": _("PyTorch and link"),
    }
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        settings.control(
            "build_view",
            st.segmented_control,
            _("Show"),
            list(_VIEWS),
            format_func=titles.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
        words_control()
    problem = _typed(settings) if settings["build_view"] == "table" else None
    with verdict:
        _verdict(settings, problem)
    custom: Custom = settings["build"]
    match settings["build_view"]:
        case "diagram":
            _diagram(settings, custom)
        case "layers":
            layers_tab("network", _facts(write(custom)))
        case "code":
            _code(settings, custom)


# ---- the verdict


def _verdict(settings: Settings, problem: RowError | None) -> None:
    refused = last_refused(settings)
    totals = _totals(steps(settings["build"]))
    if refused is not None:
        shown = refused.text[:60].replace("`", "")
        kept = _("The last good layers stay in use.")
        st.error(f"`{shown}`: {said(refused.error)} {kept}", icon=":material/error:")
    elif problem is not None:
        kept = _("The text and the link still hold the last good layers.")
        st.error(f"{problem} {kept}", icon=":material/edit_off:")
    else:
        st.success(totals, icon=":material/check:")
        _lesson(settings["build"])
        return
    st.markdown(":material/history: " + _("Last good layers: {totals}").format(totals=totals))


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
        _("**{memory}** of activations").format(memory=short_bytes(sum(each.cost.memory for each in done))),
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
    left, right = st.columns([width, max(_NARROWEST, _ROOM - width)], gap="xsmall")
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
            "layer": st.column_config.TextColumn(_("Layer"), width=80),
            "output": st.column_config.TextColumn(_("Output"), width=94),
            "parameters": number(_("Parameters"), format=COUNT, width=84),
            "macs": number(_("MACs"), format=COUNT, width=86, help=_("Multiply-accumulates")),
            "field": st.column_config.TextColumn(_("Receptive field"), width=104),
        },
    )


def _field(step: Step) -> str:
    if step.field is None:
        return _("whole picture") if step.whole else "–"
    return f"{step.field.rows.size} × {step.field.columns.size}"


# ---- drawn and taken away


def _facts(text: str) -> Network:
    with st.spinner(_("Following a picture through the network")):
        return _traced(text)


@st.cache_resource(max_entries=32, show_spinner=False)
def _traced(text: str) -> Network:
    from cnnviz.networks.custom import building

    custom = read(text)
    return facts_of("Net", building.blueprint(custom), (1, *custom.input_shape))


def _diagram(settings: Settings, custom: Custom) -> None:
    key = f"{settings.page}/build looked at"  # not in the address: names change with every layer

    def keep(view: View) -> None:
        st.session_state[key] = view

    size = custom.input_shape[1:]
    picture = Picture(cropped(_SAMPLE, size), *size)
    diagram(
        f"{settings.page}/build diagram",
        [_facts(write(custom))],
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
    _training_link(custom)


def _training_link(custom: Custom) -> None:
    """The network, chosen in the Training lab, which gives it the input of its pictures."""
    query = {"tab": "train", "train_model": CUSTOM, "train_layers": write(custom)}
    link(TRAINING, _("Let it learn in the Training lab"), query)
