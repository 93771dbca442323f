"""What if? Parts of the network are switched off, and everything after them is compared with the untouched network."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from cnnviz.engine import PassJob
from cnnviz.networks import what_if
from cnnviz.networks.differences import relative_changes
from cnnviz.networks.what_if import NOTHING, WhatIf
from pages.common.language import _, current
from pages.common.map_strips import as_maps, strips
from pages.common.maps_ablation import which_channel_matters
from pages.common.maps_answers import answer_bars, answer_sentence
from pages.common.maps_blocks import blocks_of, kept_strips
from pages.common.maps_changes import changes_caption, changes_chart
from pages.common.maps_looked import Looked
from pages.common.maps_order import order_control, order_settings
from pages.common.maps_settings import read_step
from pages.common.maps_steps import step_list, steps_control, usual_steps
from pages.common.maps_switches import off_list, step_of, switches
from pages.common.settings import Setting, Settings, choice, number
from pages.common.work import awaited

__all__ = ["WHATIF_SETTINGS", "whatif_tab"]

WHATIF_SETTINGS: tuple[Setting, ...] = (
    choice("whatif_kind", "channels", ("channels", "block")),
    Setting("whatif_step", "", str, read_step),
    Setting("whatif_block", "", str, read_step),
    number("whatif_count", 4, 1, 64),
    step_list("whatif_steps"),
    *order_settings("whatif"),
)
"""What is switched off stands in the page's setting "off"."""


def whatif_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab; `looked` is the pass of the untouched network."""
    off = what_if.read(settings["off"])
    switches(settings, looked, off)
    off_list(settings, looked, off)
    if off != NOTHING:
        job = PassJob(looked.model, looked.image, off)
        done = awaited("maps/whatif", job, _("The network looks at the picture without them"))
        if done is not None:
            _compared(settings, looked, replace(looked, off=off, done=done))
    which_channel_matters(settings, looked, off, step_of(settings, looked))


def _compared(settings: Settings, before: Looked, after: Looked) -> None:
    """The prediction and the later steps, before and after."""
    labels = _("untouched"), _("what if")
    summary = before.done.summary
    changes = _changes(before.key, after.key, before, after)
    answers, steps = st.columns(2, gap="medium")
    with answers:
        st.markdown(answer_sentence(before, after))
        answer_bars("maps/whatif/answers", before, after, labels)
    with steps:
        st.markdown(_("How much each step changed"))
        changes_chart("maps/whatif/changes", summary, changes, sorted({each.step for each in after.off.off}))
        st.caption(changes_caption(summary, changes))
    _later(settings, before, after, labels)


@st.cache_data(max_entries=32, show_spinner=False)
def _changes(before: object, after: object, _before: Looked, _after: Looked) -> dict[str, float]:
    return relative_changes(_before.done.maps, _after.done.maps)


def _first(off: WhatIf, looked: Looked) -> int:
    """Index of the first step in which something is off."""
    steps = {each.step for each in off.off}
    return next((layer.index for layer in looked.done.summary.layers if layer.name in steps), -1)


def _later(settings: Settings, before: Looked, after: Looked, labels: tuple[str, str]) -> None:
    """Maps of later steps under each other."""
    first = _first(after.off, before)
    offered = [layer.name for layer in before.done.summary.layers if layer.index >= first]
    offered = [name for name in offered if name in before.done.maps]
    steps = steps_control(settings, "whatif_steps", offered, usual_steps(before, first - 1))
    channels = max((len(as_maps(before.done.maps[each])) for each in steps), default=1)
    order = order_control(settings, "whatif", channels)
    key = ("what if", current(), before.key, after.key, steps, order)
    st.html(kept_strips(key, lambda: strips(blocks_of(steps, labels, before, after, order), order.scale)))
