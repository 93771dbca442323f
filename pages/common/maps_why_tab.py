"""Why this answer? The places of the picture that a class comes from, by several methods, and whether they are true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz.networks.attribution import Attribution
from cnnviz.networks.what_if import NOTHING
from pages.common.class_words import class_word
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.maps_why_check import check
from pages.common.maps_why_choice import WHY_SETTINGS, Asked, class_name, why_controls
from pages.common.maps_why_words import caption, cost, limits, not_a_field
from pages.common.overlay import Panel, overlay
from pages.common.settings import Settings
from pages.common.work import asked as wanted
from pages.common.work import awaited

__all__ = ["WHY_SETTINGS", "why_tab"]

_SLOT = "maps/why"
_SLOW = 10  # forward passes of a method that waits for a button


def why_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab."""
    asked = why_controls(settings, looked)
    if asked is None:
        return
    if looked.off != NOTHING:
        st.caption(_("Here the network is whole: what is switched off above takes part."))
    found = _found(asked, looked)
    if found is None:
        return
    _maps(asked, looked, found)
    st.caption(caption(asked, looked, found))
    _words(asked, looked, found)
    check(asked, looked, found[0])


def _found(asked: Asked, looked: Looked) -> list[Attribution] | None:
    """One attribution for each class; None as long as the visitor has not asked for a slow one, or has stopped it."""
    jobs = asked.jobs(looked)
    if asked.method.passes > _SLOW and not wanted(_SLOT, jobs[0], _("Ask the network"), ":material/play_arrow:"):
        st.caption(_("Slow: {cost}.").format(cost=cost(asked, looked)))
        return None
    found = []
    for number, job in enumerate(jobs):
        name = class_name(looked, job.target)
        result = awaited(_SLOT if number == 0 else f"{_SLOT}/other", job, _("Looking for {name}").format(name=name))
        if result is None:
            return None
        found.append(result)
    return found


def _maps(asked: Asked, looked: Looked, found: Sequence[Attribution]) -> None:
    field = None if asked.step is None else looked.layer(asked.step).field
    panels = []
    for each in found:
        row, column = divmod(int(each.values.argmax()), each.values.shape[1])
        alt = _("{method} for {name}: the largest of {rows}×{columns} values is in row {row}, column {column}")
        panels.append(
            Panel(
                title=class_word(looked.about.classes[each.target]),
                alt=alt.format(
                    method=_(asked.method.title),
                    name=class_word(looked.about.classes[each.target]),
                    rows=each.values.shape[0],
                    columns=each.values.shape[1],
                    row=row + 1,
                    column=column + 1,
                ),
                values=each.values,
                field=field,
            )
        )
    overlay("maps/why/overlay", looked.seen, panels, asked.method.signed)


def _words(asked: Asked, looked: Looked, found: Sequence[Attribution]) -> None:
    if len(found) == 2 and (alike := _alike(found[0], found[1])) is not None:
        st.markdown(_("The two maps correlate with **r = {r}**; 1 would be the same places for both classes.").format(
            r=f"{alike:.2f}".replace("-", "−")
        ))  # fmt: skip
    if not any(each.values.any() for each in found):
        st.info(_("The map is 0 everywhere: nothing in this layer speaks for the class."))
    st.markdown(f"{_(asked.method.shows)} {limits(asked, looked)}")
    st.caption(not_a_field() + " " + _("Source: {source}.").format(source=asked.method.source))


def _alike(one: Attribution, other: Attribution) -> float | None:
    """Pearson's correlation of two maps; None where one of them is the same everywhere."""
    if one.values.std() == 0 or other.values.std() == 0:
        return None
    return float(np.corrcoef(one.values.ravel(), other.values.ravel())[0, 1])
