"""Waiting for the engine: a bar, the place in the queue, and a button that gives up."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from cnnviz import engine
from pages.common.language import _, translate

__all__ = ["asked", "awaited", "held", "start"]

_Result = TypeVar("_Result")

_PATIENCE = 0.4  # seconds without a bar: most jobs are done by then, and a bar that flashes up says nothing
_STEP = 0.2  # seconds between two looks at a job: a script can be stopped only in between


@dataclass
class _Held:
    """What a visitor last asked for in one place of a page."""

    key: Any
    ticket: engine.Ticket[Any]
    given_up: bool = False


def _slots() -> dict[str, _Held]:
    slots: dict[str, _Held] = st.session_state.setdefault("work", {})
    return slots


def held(slot: str, job: engine.Job[Any]) -> bool:
    """Whether this visitor asked for `job` in this place before, and has not given up."""
    known = _slots().get(slot)
    return known is not None and known.key == job.key and not known.given_up


def asked(slot: str, job: engine.Job[Any], label: str, icon: str) -> bool:
    """Whether a job that waits for a button is wanted; until then, draw the button.

    Args:
        slot: the place on the page, as for `awaited`.
        job: what the button starts.
        label: of the button, translated.
        icon: of the button.
    """
    if st.session_state.pop(f"{slot}/go", False) or held(slot, job):
        return True
    st.button(label, key=f"{slot}/start", on_click=start, args=(slot,), icon=icon)
    return False


def start(slot: str) -> None:
    """Let the next `asked` of this place answer yes, whatever the job."""
    known = _slots().get(slot)
    if known is not None and known.given_up:
        del _slots()[slot]
    st.session_state[f"{slot}/go"] = True


def awaited(slot: str, job: engine.Job[_Result], doing: str) -> _Result | None:
    """Let the engine run a job, and wait for it; None when the visitor has given up.

    Args:
        slot: the place on the page; another job in the same place gives up the one before.
        job: what to compute.
        doing: what is said meanwhile, translated.

    Raises:
        CnnvizError: what the job raised, or that too many are waiting.
    """
    slots = _slots()
    if slot not in slots or slots[slot].key != job.key:
        if before := slots.pop(slot, None):
            before.ticket.cancel()
        slots[slot] = _Held(job.key, engine.submit(job))
    mine = slots[slot]
    if mine.given_up:
        st.info(_("You stopped this."))
        st.button(_("Once more"), key=f"{slot}/again", on_click=slots.__delitem__, args=(slot,))
        return None
    try:
        result: _Result | None = _wait(slot, mine, doing)
    except concurrent.futures.CancelledError:  # the engine was closed, or another window of this visitor gave up
        slots.pop(slot, None)
        return None
    except Exception:
        slots.pop(slot, None)  # the next run tries again
        raise
    if note := mine.ticket.note:
        st.caption(translate(note))
    return result


def _wait(slot: str, mine: _Held, doing: str) -> Any:
    try:
        return mine.ticket.result(_PATIENCE)
    except TimeoutError:
        pass
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, doing)
        picture = st.empty()
        st.button(_("Stop"), key=f"{slot}/stop", on_click=_give_up(mine), icon=":material/stop:")
    shown = None
    while True:
        progress = mine.ticket.progress
        bar.progress(min(max(progress.fraction, 0.0), 1.0), _line(mine.ticket, doing))
        if progress.picture is not None and progress.picture is not shown:
            shown = progress.picture
            picture.image(shown, width=224, clamp=True)
        try:
            result = mine.ticket.result(_STEP)
        except TimeoutError:
            continue
        place.empty()
        return result


def _line(ticket: engine.Ticket[Any], doing: str) -> str:
    if place := ticket.place:
        return _("{doing}: waiting, place {place}").format(doing=doing, place=place)
    text = ticket.progress.text
    return _("{doing}: {now}").format(doing=doing, now=_(text)) if text else doing


def _give_up(mine: _Held) -> Callable[[], None]:
    def give_up() -> None:
        mine.given_up = True
        mine.ticket.cancel()

    return give_up
