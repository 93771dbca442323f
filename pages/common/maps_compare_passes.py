"""Two passes side by side: trained and random weights, two networks, two pictures, two layers of one pass."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from cnnviz.networks import catalogue
from cnnviz.networks.catalogue import Entry
from cnnviz.networks.differences import relative_changes
from cnnviz.networks.random_networks import twin_key
from cnnviz.training import run_networks
from pages.common.language import _, current, escaped
from pages.common.map_strips import SCALES, strips
from pages.common.maps_answers import answer_bars, answer_line
from pages.common.maps_blocks import blocks_of, kept_strips
from pages.common.maps_changes import changes_chart
from pages.common.maps_compare_parts import (
    Labels,
    both_answers,
    choose,
    choose_step,
    one_pair,
    open_first,
    strips_controls,
)
from pages.common.maps_looked import Looked, look
from pages.common.maps_model import network_title
from pages.common.maps_partner import image_title, partner_control, partner_look
from pages.common.maps_steps import usual_steps
from pages.common.settings import Settings

__all__ = ["layers_view", "networks_view", "pictures_view", "random_view"]


def random_view(settings: Settings, looked: Looked) -> None:
    """The network against the same one with random weights, whose numbers are several times as large."""
    twin = look("maps/twin", twin_key(looked.model), looked.image)
    if twin is None:
        return
    labels = _("trained"), _("random")
    st.caption(
        _(
            "{title} twice, the same picture: with its trained weights ({first}), and with the weights that training "
            "would begin with ({second}). Channels of the two do not belong together by their numbers."
        ).format(title=escaped(looked.about.title), first=answer_line(looked), second=answer_line(twin))
    )
    _same_steps(settings, looked, twin, labels, scale="row")


def networks_view(settings: Settings, looked: Looked) -> None:
    """Another network looks at the same picture."""
    run_networks.register()
    entries = {each.key: each for each in _offered(looked)}
    if not entries:
        st.info(_("There is no second network on this machine."))
        return
    key = settings["compare_model"] if settings["compare_model"] in entries else _nearest(looked, entries.values())
    choose(settings, "compare_model", key, list(entries), lambda each: network_title(entries[each]), _("Network"))
    other = look("maps/other", key, looked.image)
    if other is None:
        return
    labels = looked.about.title, other.about.title
    same_classes = looked.about.classes == other.about.classes
    both_answers(looked, other, labels)
    if _alike(looked, other):
        _same_steps(settings, looked, other, labels)
        return
    first, second = st.columns(2)
    with first:
        step = choose_step(settings, "compare_first", _("First step"), looked, open_first(settings, looked))
    with second:
        near = step if step in other.steps else open_first(settings, other)
        partner = choose_step(settings, "compare_second", _("Second step"), other, near)
    one_pair(settings, (looked, step), (other, partner), labels, paired=False)
    if same_classes:
        answer_bars("maps/compare/answers", looked, other, labels)


def pictures_view(settings: Settings, looked: Looked) -> None:
    """The same network looks at another picture."""
    partner_control(settings, looked, "compare", _("Other picture"))
    other = partner_look("maps/picture", settings, looked)
    if other is None:
        return
    labels = image_title(looked.image), image_title(other.image)
    both_answers(looked, other, labels)
    changes = relative_changes(looked.done.maps, other.done.maps)
    first, second = st.columns(2, gap="medium")
    with first:
        answer_bars("maps/compare/answers", looked, other, labels)
    with second:
        st.markdown(_("How far the two are apart, step by step"))
        changes_chart("maps/compare/changes", looked.done.summary, changes)
    _strips(settings, looked, other, labels, paired=True)


def layers_view(settings: Settings, looked: Looked) -> None:
    """Two steps of the same pass."""
    shown = usual_steps(looked)
    first, second = st.columns(2)
    with first:
        one = choose_step(settings, "compare_first", _("First step"), looked, open_first(settings, looked))
    with second:
        rest = [each for each in shown if each != one]
        two = choose_step(settings, "compare_second", _("Second step"), looked, rest[-1] if rest else one)
    one_pair(settings, (looked, one), (looked, two), (one, two), paired=True)


def _offered(looked: Looked) -> list[Entry]:
    entries = [*catalogue.entries(), *run_networks.entries()]
    return [each for each in entries if each.offline and each.key != looked.model]


def _nearest(looked: Looked, entries: Iterable[Entry]) -> str:
    """A network for pictures of the same shape and the same number of classes, where there is one."""
    shape, classes = looked.about.preparation.shape, len(looked.about.classes)
    best = max(entries, key=lambda each: (each.shape == shape, each.classes == classes))
    return best.key


def _alike(first: Looked, second: Looked) -> bool:
    """Both have the same steps with outputs of the same shapes."""
    one, two = first.done.maps, second.done.maps
    return {name: maps.shape for name, maps in one.items()} == {name: maps.shape for name, maps in two.items()}


def _same_steps(settings: Settings, first: Looked, second: Looked, labels: Labels, *, scale: str = SCALES[0]) -> None:
    """Strips of the same steps of two networks, and the answers."""
    _strips(settings, first, second, labels, paired=False, scale=scale)
    answer_bars("maps/compare/answers", first, second, labels)


def _strips(
    settings: Settings, first: Looked, second: Looked, labels: Labels, *, paired: bool, scale: str = SCALES[0]
) -> None:
    steps, order = strips_controls(settings, first, "difference" if paired else "strength", scale)

    def build() -> str:
        return strips(blocks_of(steps, labels, first, second, order, paired=paired), order.scale)

    st.html(kept_strips(("same steps", current(), labels, first.key, second.key, steps, order, paired), build))
