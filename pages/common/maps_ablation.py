"""Which channel matters? Each one of a step switched off in turn, and what the answer loses, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnnviz.engine import AblationJob
from cnnviz.networks import switching
from cnnviz.networks.what_if import WhatIf
from pages.common.charts import COLOURS, base, chart, plain
from pages.common.class_words import class_word
from pages.common.language import _, escaped, ngettext
from pages.common.maps_answers import points
from pages.common.maps_looked import Looked
from pages.common.maps_switches import switch_off
from pages.common.percent import percent
from pages.common.settings import Settings
from pages.common.work import asked, awaited

if TYPE_CHECKING:
    from cnnviz.networks.ablation import Ablation

__all__ = ["which_channel_matters"]

_CHEAP = 5e9  # multiply-adds: a second or two on one core
_HEIGHT = 280
_TOGETHER = 5
_NOTHING = 0.0005  # of the probability: less is written as 0.0
_SLOT = "maps/ablation"


def which_channel_matters(settings: Settings, looked: Looked, off: WhatIf, step: str) -> None:
    """Draw the bars; where they take long, only when they are asked for."""
    count = len(looked.done.maps[step])
    job = AblationJob(looked.model, looked.image, step, looked.answer)
    st.markdown("**" + _("Which channel of {step} matters?").format(step=step) + "**")
    if looked.done.summary.macs * count > _CHEAP:
        seconds = max(count * looked.done.milliseconds / 1000, 1)
        label = _("Switch off each of the {count} channels in turn (about {seconds:.0f} s)")
        if not asked(_SLOT, job, label.format(count=count, seconds=seconds), ":material/play_arrow:"):
            return
    found = awaited(_SLOT, job, _("Asking every channel"))
    if found is not None:
        _bars(settings, looked, off, found)


def _bars(settings: Settings, looked: Looked, off: WhatIf, found: Ablation) -> None:
    order = np.argsort(-found.drops, kind="stable")
    name = class_word(looked.about.classes[found.target])
    key = f"maps/ablation/{found.step}"

    def choose() -> None:
        for place in _clicked(key):
            if place < len(order):
                switch_off(settings, switching.with_channels(off, found.step, (int(order[place]),)))

    chart(_figure(found, order, name, off), key, choose)
    st.caption(_caption(found, order, escaped(name)))
    if off.off:
        st.caption(_("Each channel alone, in the untouched network: what is off above is on here."))
    most = tuple(int(each) for each in order[: min(_TOGETHER, len(order))])
    with st.container(horizontal=True, gap="small"):
        for title, channels in (
            (_("Switch off channel {number}").format(number=most[0]), most[:1]),
            (_("Switch off the {count} that matter most").format(count=len(most)), most),
        ):
            st.button(
                title,
                key=f"maps/ablation/off {len(channels)}",
                on_click=switch_off,
                args=(settings, switching.with_channels(off, found.step, channels)),
            )


def _clicked(key: str) -> list[int]:
    """Places of the bars that the browser reports as clicked."""
    try:
        chosen = st.session_state[key]["selection"]["points"]
        places = [each["point_index"] for each in chosen]
    except (LookupError, TypeError):
        return []
    return [each for each in places if isinstance(each, int) and not isinstance(each, bool) and each >= 0]


def _figure(found: Ablation, order: np.ndarray, name: str, off: WhatIf) -> go.Figure:
    are_off = {channel for each in off.off if each.step == found.step for channel in each.channels}
    turned = found.answers[order] != found.target
    colours = [
        COLOURS[3] if int(channel) in are_off else COLOURS[1] if turns else COLOURS[0]
        for channel, turns in zip(order, turned, strict=True)
    ]
    hover = _("channel {channel}: “{name}” {before} → {after}")
    shown, before = plain(name), percent(found.before)
    texts = [
        hover.format(channel=each, name=shown, before=before, after=percent(found.probabilities[each]))
        for each in order
    ]
    figure = go.Figure(
        go.Bar(
            x=list(range(len(order))), y=[100 * float(each) for each in found.drops[order]], marker_color=colours,
            text=texts, textposition="none", hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    base(figure, _HEIGHT, bargap=0.1, showlegend=False)
    step = -(-len(order) // 24)
    places = list(range(0, len(order), step))
    figure.update_xaxes(title=_("Channel, sorted"), tickvals=places, ticktext=[str(order[each]) for each in places])
    figure.update_yaxes(title=_("Loss, percentage points"))
    return figure


def _caption(found: Ablation, order: np.ndarray, name: str) -> str:
    first = int(order[0])
    words = [
        _(
            "Without channel {channel} alone “{name}” has {after} instead of {before} ({points} percentage points)."
        ).format(
            channel=first,
            name=name,
            before=percent(found.before),
            after=percent(found.probabilities[first]),
            points=points(found.before, float(found.probabilities[first])),
        )
    ]
    turned = int((found.answers != found.target).sum())
    if turned:
        text = ngettext(
            "{count} channel turns the answer when it alone is off (orange).",
            "{count} channels turn the answer, each alone (orange).",
            turned,
        )
        words.append(text.format(count=turned))
    else:
        words.append(_("No single channel turns the answer."))
    silent = int((np.abs(found.drops) < _NOTHING).sum())
    text = _("{count} of {total} change it by less than 0.05 percentage points. Click a bar to switch its channel off.")
    words.append(text.format(count=silent, total=len(found.drops)))
    return " ".join(words)
