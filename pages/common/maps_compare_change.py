"""Before and after a change of the picture: do the answer and the maps follow?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from cnnviz.engine import AlteredPassJob
from cnnviz.errors import ParameterError
from cnnviz.images import alterations
from cnnviz.images.alterations import Alteration
from cnnviz.networks.differences import channel_changes, relative_change
from cnnviz.networks.equivariance import Following, followed, following, jump_of
from pages.common.charts import COLOURS, base, chart
from pages.common.language import _, current
from pages.common.map_strips import Block, Row, as_maps, strips
from pages.common.maps_answers import answer_bars, answer_sentence
from pages.common.maps_blocks import group_of, kept_strips, relative, shape_of
from pages.common.maps_changes import step_ticks
from pages.common.maps_compare_parts import strips_controls
from pages.common.maps_looked import Looked
from pages.common.maps_order import Order, order_of
from pages.common.percent import percent_sign
from pages.common.pictures import parameter_control
from pages.common.settings import Settings
from pages.common.small_figures import figure as small_figure
from pages.common.small_figures import in_a_row
from pages.common.work import awaited

__all__ = ["change_view", "read_amount"]

_HEIGHT = 300
_PICTURE = 120  # pixels
_LARGEST_AMOUNT = 1000.0


def read_amount(text: str) -> float:
    """Read how much; whether the change can be done so is seen when its kind is known.

    Raises:
        ParameterError: when it is no number that could be meant.
    """
    value = float(text)
    if not (math.isfinite(value) and abs(value) <= _LARGEST_AMOUNT):
        raise ParameterError("compare_amount", text[:40], f"−{_LARGEST_AMOUNT:g} … {_LARGEST_AMOUNT:g}")
    return value


def change_view(settings: Settings, looked: Looked) -> None:
    """The picture as it is, and changed."""
    choices, pictures = st.columns([3, 2], gap="medium")
    with choices:
        alteration = _controls(settings)
    job = AlteredPassJob(looked.model, looked.image, alteration)
    done = awaited("maps/change", job, _("The network looks at the changed picture"))
    if done is None:
        return
    after, labels = replace(looked, done=done), (_("before"), _("after"))
    seen = [looked.seen, alteration.applied(looked.seen)]
    with pictures:
        st.html(_pictures(seen, labels))
    answers, steps = st.columns(2, gap="medium")
    with answers:
        st.markdown(answer_sentence(looked, after))
        answer_bars("maps/compare/answers", looked, after, labels)
    found = _following((looked.key, alteration), looked, after, alteration)
    with steps:
        st.markdown(_("Do the maps follow the picture?"))
        _chart(looked, found, alteration)
    _maps(settings, looked, after, alteration, labels)


def _controls(settings: Settings) -> Alteration:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        settings.control(
            "compare_change", st.selectbox, _("Change"), alterations.names(), format_func=_title, width=230
        )
        kind = alterations.get(settings["compare_change"])
        if kind.parameter is None:
            return Alteration(kind.key)
        amount = _amount(settings, kind.key, kind.parameter.default)

        def store(value: float) -> None:
            settings["compare_amount"] = value

        parameter_control(f"{settings.page}/compare/{kind.key}", kind.parameter, amount, store)
    return Alteration(kind.key, amount)


def _amount(settings: Settings, kind: str, usual: float) -> float:
    """What is set, where this kind of change can be done so; else what is usual."""
    if settings["compare_amount"] is None:
        return usual
    try:
        return Alteration(kind, settings["compare_amount"]).amount
    except ParameterError:
        return usual


def _title(kind: str) -> str:
    return _(alterations.get(kind).title)


def _pictures(seen: list[NDArray[np.float32]], labels: tuple[str, str]) -> str:
    """What the network saw, before and after."""
    words = _("The network saw, {when}")
    parts = zip(seen, labels, strict=True)
    return in_a_row(small_figure(each, _PICTURE, label, words.format(when=label)) for each, label in parts)


@st.cache_data(max_entries=32, show_spinner=False)
def _following(key: object, _before: Looked, _after: Looked, _alteration: Alteration) -> dict[str, Following]:
    return following(_before.done, _after.done, _alteration)


def _chart(looked: Looked, found: Mapping[str, Following], alteration: Alteration) -> None:
    """Both relative changes of every step; one where nothing can be moved."""
    layers = [layer for layer in looked.done.summary.layers if layer.name in found]
    lines = [(_("against the maps before"), [found[layer.name].stayed for layer in layers], COLOURS[0])]
    if alteration.moves:
        moved = [found[layer.name].moved for layer in layers]
        lines.append((_("against those maps moved along"), moved, COLOURS[1]))
    figure = go.Figure()
    for name, values, colour in lines:
        figure.add_scatter(
            x=[layer.index for layer in layers],
            y=[100 * each if math.isfinite(each) else None for each in values],
            text=[layer.name for layer in layers], name=name, mode="lines", line={"color": colour, "width": 2.5},
            hovertemplate="%{text}: %{y:.1f}" + percent_sign() + "<extra></extra>",
        )  # fmt: skip
    base(figure, _HEIGHT)
    figure.update_xaxes(**step_ticks(layers))
    figure.update_yaxes(title=_("Change, % of the step's norm"), rangemode="tozero")
    chart(figure, "maps/compare/following")


def _maps(settings: Settings, before: Looked, after: Looked, alteration: Alteration, labels: tuple[str, str]) -> None:
    steps, order = strips_controls(settings, before)

    def build() -> str:
        return strips([_block(step, before, after, alteration, labels, order) for step in steps], order.scale)

    st.html(kept_strips(("change", current(), before.key, alteration, steps, order), build))


def _moved(looked: Looked, step: str, alteration: Alteration) -> NDArray[np.float32]:
    columns = looked.done.input.shape[-1]
    return followed(looked.done.maps[step], looked.layer(step), alteration, columns)


def _caption(before: Looked, after: Looked, step: str, alteration: Alteration) -> str:
    """How well the step follows, with the numbers."""
    first, second = before.done.maps[step], after.done.maps[step]
    moved = _moved(before, step, alteration)
    stayed = relative(relative_change(first, second))
    if moved is first:
        return _("Changed by {percent}.").format(percent=stayed)
    text = _("Changed by {stayed} compared with the maps before, by {moved} compared with those maps moved along.")
    words = [text.format(stayed=stayed, moved=relative(relative_change(moved, second)))]
    if alteration.kind == "shift":
        jump = jump_of(before.layer(step), before.done.input.shape[-1])
        places = alteration.amount / jump
        text = _("In this step the shift is {pixels} px / {jump:g} px = {places:g} places.")
        words.append(text.format(pixels=alteration.amount, places=places, jump=jump))
        if places != round(places):
            words.append(_("No whole number: the maps cannot follow exactly."))
    return " ".join(words)


def _block(
    step: str, before: Looked, after: Looked, alteration: Alteration, labels: tuple[str, str], order: Order
) -> Block:
    first, second = (as_maps(each.done.maps[step]) for each in (before, after))
    moved = as_maps(_moved(before, step, alteration))
    rows = [Row(labels[0], first), Row(labels[1], second)]
    if alteration.moves and moved is not first:
        rows.append(Row(_("before, moved along"), moved))
        rows.append(Row(_("after − moved"), second - moved, difference=True))
    else:
        rows.append(Row(_("difference"), second - first, difference=True))
    channels = order_of(moved, second, order.sort)
    groups = [group_of(rows, channels, order.page, channel_changes(moved, second))]
    return Block(f"{step} · {shape_of(first)}", groups, _caption(before, after, step, alteration))
