"""Controls and views that the comparisons share."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.common.language import _, current, escaped
from pages.common.map_strips import SCALES, as_maps, strips
from pages.common.maps_answers import answer_line
from pages.common.maps_blocks import changed_block, kept_strips
from pages.common.maps_looked import Looked
from pages.common.maps_order import SORTS, Order, order_control
from pages.common.maps_steps import steps_control, usual_steps
from pages.common.settings import Settings, bound

__all__ = ["Labels", "both_answers", "choose", "choose_step", "one_pair", "open_first", "strips_controls"]

Labels = tuple[str, str]
"""What the two are called."""


def open_first(settings: Settings, looked: Looked) -> str:
    """The step that is open above; in the overview, the first landmark."""
    steps = looked.steps
    return settings["step"] if settings["step"] in steps else next(iter(usual_steps(looked)), steps[0])


def choose(
    settings: Settings, name: str, value: str, options: list[str], title: Callable[[str], str], label: str
) -> None:
    """Draw a choice of a setting."""

    def store(chosen: str) -> None:
        settings[name] = chosen

    bound(
        f"{settings.page}/{name}", value, store, st.selectbox, label, options, format_func=title, width=420
    )  # fmt: skip


def choose_step(settings: Settings, name: str, label: str, looked: Looked, usual: str) -> str:
    """Draw the choice of one step, and return it."""
    steps = [step for step, maps in looked.done.maps.items() if maps.ndim in (1, 3)]
    chosen = settings[name] if settings[name] in steps else usual
    choose(settings, name, chosen, steps, str, label)
    return chosen


def strips_controls(
    settings: Settings, first: Looked, usual: str = SORTS[0], scale: str = SCALES[0]
) -> tuple[tuple[str, ...], Order]:
    """Draw the choice of steps, of the order of channels and of the scale, with what is usual; return them."""
    steps = (settings["step"],) if settings["step"] in first.steps else usual_steps(first)
    chosen = steps_control(settings, "compare_steps", first.steps, steps)
    channels = max((len(as_maps(first.done.maps[each])) for each in chosen), default=1)
    return chosen, order_control(settings, "compare", channels, usual, scale=scale)


def one_pair(
    settings: Settings, first: tuple[Looked, str], second: tuple[Looked, str], labels: Labels, *, paired: bool
) -> None:
    """One step each, which may have other shapes."""
    maps = [looked.done.maps[step] for looked, step in (first, second)]
    alike = as_maps(maps[0]).shape == as_maps(maps[1]).shape
    sorts = [sort for sort in SORTS if alike or sort != "difference"]
    usual = "difference" if paired and alike else "strength"
    order = order_control(settings, "compare", max(len(as_maps(each)) for each in maps), usual, sorts=sorts)
    title = " | ".join((first[1], second[1]))
    if not alike:
        st.caption(_("Maps of different shapes have no difference: each shows its own channels."))

    def build() -> str:
        return strips([changed_block(title, labels, maps[0], maps[1], order, paired=paired)], order.scale)

    st.html(kept_strips(("pair", current(), labels, first[0].key, second[0].key, title, order), build))


def both_answers(first: Looked, second: Looked, labels: Labels) -> None:
    """The answer of either."""
    lines = [f"**{escaped(label)}**: {answer_line(each)}" for label, each in zip(labels, (first, second), strict=True)]
    st.markdown(" · ".join(lines))
