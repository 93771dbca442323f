"""Waiting for the engine: a bar, the place in the queue, and a button that gives up."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz import engine
from pages.common.callbacks import to_the_end
from pages.common.language import _, sentence

__all__ = ["asked", "awaited", "start", "stopped", "tended"]

_Result = TypeVar("_Result")

_PATIENCE = 0.4  # seconds without a bar: most jobs are done by then, and a bar that flashes up says nothing
_STEP = 0.2  # seconds between two looks at a job: a script can be stopped only in between


@dataclass
class _Held:
    """What a visitor last asked for in one place of a page.

    Attributes:
        key: of the job.
        ticket: None when nothing is under way. A result that has arrived is the engine's to keep, within its bounds.
        given_up: the visitor has stopped it.
        is_waited_for: this run of the page has asked for it, see `tended`.
    """

    key: Any
    ticket: engine.Ticket[Any] | None
    given_up: bool = False
    is_waited_for: bool = False

    def leave(self) -> None:
        """Tell the engine that the result is not wanted any more."""
        if self.ticket is not None:
            self.ticket.cancel()
            self.ticket = None


def _slots() -> dict[str, _Held]:
    slots: dict[str, _Held] = st.session_state.setdefault("work", {})
    return slots


def _wishes() -> set[str]:
    """Places whose button was pressed since the last run."""
    wishes: set[str] = st.session_state.setdefault("work/wishes", set())
    return wishes


@contextmanager
def tended() -> Iterator[None]:
    """Around what a run of a page draws: what is under way and was not waited for in it is given up.

    A run that is cut off gives nothing up: the next one tells.
    """
    slots, wishes = _slots(), _wishes()
    for each in slots.values():
        each.is_waited_for = False
    yield
    wishes.clear()
    _sweep(slots)


def _sweep(slots: dict[str, _Held]) -> None:
    """Give up what is under way and was not waited for in this run."""
    for slot, each in list(slots.items()):
        if each.ticket is not None and not each.is_waited_for:
            each.leave()
            del slots[slot]


def stopped(slot: str, job: engine.Job[Any]) -> bool:
    """Whether this visitor has given up `job` in this place."""
    known = _slots().get(slot)
    return known is not None and known.key == job.key and known.given_up


def asked(slot: str, job: engine.Job[Any], label: str, icon: str) -> bool:
    """Whether a job that waits for a button is wanted; until then, draw the button.

    Args:
        slot: the place on the page, as for `awaited`.
        job: what the button starts.
        label: of the button, translated.
        icon: of the button.

    Raises:
        WorkError: when too many are waiting.
    """
    slots, wishes = _slots(), _wishes()
    if slot in wishes:  # from here to the engine nothing asks the session, which might end the run and lose the wish
        wishes.discard(slot)
        _hold(slots, slot, job)
    known = slots.get(slot)
    if known is not None and known.key == job.key and not known.given_up:
        return True
    st.button(label, key=f"{slot}/start", on_click=start, args=(slot,), icon=icon)
    return False


@to_the_end
def start(slot: str) -> None:
    """Let the next `asked` of this place answer yes, whatever the job."""
    slots, wishes = _slots(), _wishes()
    if slot in slots and slots[slot].given_up:
        del slots[slot]
    wishes.add(slot)


def awaited(slot: str, job: engine.Job[_Result], doing: str) -> _Result | None:
    """Let the engine run a job, and wait for it; None when the visitor has given up.

    Args:
        slot: the place on the page; another job in the same place gives up the one before.
        job: what to compute.
        doing: what is said meanwhile, translated, as Markdown.

    Raises:
        CnnvizError: what the job raised, or that too many are waiting.
    """
    place = st.empty()  # always there: where it comes and goes, the browser builds anew all that follows
    slots = _slots()
    mine = _hold(slots, slot, job)
    mine.is_waited_for = True
    if mine.given_up:
        with place.container():
            st.info(_("You stopped this."))
            st.button(_("Once more"), key=f"{slot}/again", on_click=_again, args=(slot,))
        return None
    try:
        ticket = mine.ticket = mine.ticket or engine.submit(job)
        result: _Result | None = _wait(place, slot, mine, ticket, doing)
    except concurrent.futures.CancelledError:  # the engine was closed
        slots.pop(slot, None)
        return None
    except Exception:
        slots.pop(slot, None)  # the next run tries again
        raise
    mine.ticket = None
    if note := ticket.note:
        place.caption(sentence(note))
    return result


def _hold(slots: dict[str, _Held], slot: str, job: engine.Job[Any]) -> _Held:
    """Ask the engine, unless this place has asked for the same before; what it asked for before that is given up."""
    known = slots.get(slot)
    if known is not None and known.key == job.key:
        return known
    if known is not None:
        known.leave()
        del slots[slot]
    mine = slots[slot] = _Held(job.key, engine.submit(job))
    return mine


def _wait(place: DeltaGenerator, slot: str, mine: _Held, ticket: engine.Ticket[Any], doing: str) -> Any:
    with suppress(Exception):  # it comes again below
        ticket.result(_PATIENCE)
    if ticket.place:  # nobody is to wait behind what they have turned away from
        _sweep(_slots())
    if not ticket.done:
        _show(place, slot, mine, ticket, doing)
    return ticket.result()


def _show(place: DeltaGenerator, slot: str, mine: _Held, ticket: engine.Ticket[Any], doing: str) -> None:
    """Draw how far a job is, until it ends, however it does."""
    with place.container():
        bar = st.progress(0.0, doing)
        st.button(_("Stop"), key=f"{slot}/stop", on_click=_give_up, args=(mine,), icon=":material/stop:")
        picture = st.empty()  # below: the button is not to move away from under the mouse
    shown = None
    while not ticket.done:
        progress = ticket.progress
        bar.progress(min(max(progress.fraction, 0.0), 1.0), _line(ticket, doing))
        if progress.picture is not None and progress.picture is not shown:
            shown = progress.picture
            picture.image(shown, width=224, clamp=True)
        with suppress(Exception):
            ticket.result(_STEP)
    place.empty()


def _line(ticket: engine.Ticket[Any], doing: str) -> str:
    if place := ticket.place:
        return _("{doing}: waiting, place {place}").format(doing=doing, place=place)
    now = _(ticket.progress.text)
    return doing if now in ("", doing) else _("{doing}: {now}").format(doing=doing, now=now)


@to_the_end
def _again(slot: str) -> None:
    """Forget that it was stopped; a second press finds nothing to forget."""
    _slots().pop(slot, None)


def _give_up(mine: _Held) -> None:
    """Stop what is under way; what has just arrived stays."""
    if mine.ticket is not None:
        mine.given_up = True
        mine.leave()
