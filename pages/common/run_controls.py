"""What can be done with a run: pause, step, resume, stop, remove; and how it is, in a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import control, launch
from cnnviz.training.control import State
from pages.common.callbacks import to_the_end
from pages.common.language import _, escaped, ngettext, sentence
from pages.common.resuming import resume
from pages.common.run_list import Entry, model_title, short_name
from pages.common.settings import Settings
from pages.common.visitor import is_at_the_machine, visitor

__all__ = [
    "REFUSED",
    "Watched",
    "duration",
    "may_change",
    "run_buttons",
    "status",
    "watched",
]

REFUSED = "training/refused"
"""Key in the session of what could not be done."""


_TICK, _SLOW_TICK = 1.0, 4.0  # seconds


@dataclass(frozen=True)
class Watched:
    """How a run is and what is wished of it: buttons follow from it."""

    state: State
    wish: str

    @property
    def moves(self) -> bool:
        """Whether the next second may bring something new."""
        return self.state.live and (self.state.state != "paused" or self.wish != "pause")

    @property
    def every(self) -> float | None:
        """Seconds until another look is due; None when nothing is to come.

        Somebody else may step or resume a run that rests, while this visitor watches it.
        """
        if self.moves:
            return _TICK
        return _SLOW_TICK if self.state.state in ("paused", "stopped", "interrupted") else None

    @property
    def key(self) -> tuple[str, ...]:
        """What the buttons depend on."""
        return self.state.name, self.state.state, self.wish


def watched(name: str) -> Watched:
    """Look at a run.

    Raises:
        RunError: when there is none of that name.
    """
    folder = control.find(name, control.RUNS)
    return Watched(control.state(folder), control.wished(folder))


def may_change(state: State) -> bool:
    """Whether the visitor may pause, stop and remove a run: its own, and any at the machine itself."""
    return visitor() in (state.owner, state.worker) or is_at_the_machine()


def run_buttons(settings: Settings, seen: Watched) -> None:
    """Buttons that fit the run's state; none for other people's runs."""
    if not may_change(seen.state):
        st.caption(_("Somebody else's run: you can watch it."))
        return
    for title, icon, word in _offered(seen):
        _button(settings, title, icon, seen.state.name, word)


def _offered(seen: Watched) -> Sequence[tuple[str, str, str]]:
    pause = (_("Pause"), "pause", "pause")
    stop = (_("Stop"), "stop", "stop")
    step = (_("One step"), "skip_next", "step")
    go_on = (_("Resume"), "resume", "run")
    anew = (_("Resume"), "resume", "resume")
    remove = (_("Remove"), "delete", "remove")
    if not seen.state.live:
        return (remove,) if seen.state.state == "finished" or seen.state.diverged else (anew, remove)
    if seen.wish == "stop":
        return ()
    if seen.state.state == "paused" or seen.wish in ("pause", "step"):
        return (go_on, step, stop)
    return (pause, step, stop) if seen.state.state == "training" else (pause, stop)


def _button(settings: Settings, title: str, icon: str, name: str, word: str) -> None:
    st.button(
        title,
        key=f"{settings.page}/run {word} {name}",
        icon=f":material/{icon}:",
        on_click=_do,
        args=(settings, name, word),
    )


@to_the_end
def _do(settings: Settings, name: str, word: str) -> None:
    """What a click does; who may not is refused here, too."""
    actions: dict[str, Callable[[], object]] = {
        "resume": lambda: resume(control.RUNS / name, visitor()),
        "remove": lambda: _remove(settings, name),
    }
    try:
        folder = control.find(name, control.RUNS)
        if may_change(control.state(folder)):
            actions.get(word, lambda: control.wish(folder, word))()
    except CnnvizError as error:
        st.session_state[REFUSED] = error


def _remove(settings: Settings, name: str) -> None:
    launch.remove(control.RUNS / name, None, control.RUNS)
    settings["train_run"] = ""


# ---- how it is


def status(seen: Watched, others: Sequence[Entry]) -> None:
    """One line and a bar: what it does, how fast, how long still."""
    state = seen.state
    if state.error is not None:
        st.error(sentence(state.error), icon=":material/error:")
        if state.diverged:
            st.caption(_("To resume it would only repeat this: the same weights meet the same pictures. Train anew."))
        return
    done = (max(state.epoch - 1, 0) + (state.step / state.steps if state.steps else 0)) / max(state.epochs, 1)
    share = 1.0 if state.state == "finished" else min(max(done, 0.0), 1.0)
    st.progress(share, _line(seen, others))


def _line(seen: Watched, others: Sequence[Entry]) -> str:
    state = seen.state
    match state.state:
        case "waiting":
            return _queue(state, others)
        case "loading":
            return " · ".join([_("Loading PyTorch and the pictures …"), *_awaited(seen.wish)])
        case "finished":
            return _("Finished: {epochs} epochs.").format(epochs=state.epochs)
        case "stopped" if not state.epoch:
            return _("Stopped before it took a step. Resume puts it in line again.")
        case "stopped":
            return _("Stopped in epoch {epoch}. Resume goes on from the last whole epoch.").format(epoch=state.epoch)
        case "interrupted":
            return _("Interrupted: its process has ended. Resume goes on from the last whole epoch.")
        case "failed":
            return _("It failed, and its folder does not say why.")
    parts = [_progress(state)]
    if state.state == "paused" or seen.wish in ("pause", "step"):
        parts += [_("paused")] if state.state == "paused" else _awaited(seen.wish)
        if state.single is not None:
            single = _("**this batch: loss {before:.3g} → {after:.3g}**")
            parts.append(single.format(before=state.single.before, after=state.single.after))
        return " · ".join(parts)
    if seen.wish == "stop":
        parts += _awaited(seen.wish)
    elif state.pictures_per_second:
        parts.append(_("{rate:,.0f} pictures/s").format(rate=state.pictures_per_second))
        parts.append(_("{time} left").format(time=duration(state.seconds_left)))
    return " · ".join(parts)


def _awaited(wish: str) -> list[str]:
    """What the process has not done yet of what is wished."""
    return {"pause": [_("pausing …")], "step": [_("pausing …")], "stop": [_("stopping …")]}.get(wish, [])


def _progress(state: State) -> str:
    text = _("Epoch {epoch} of {epochs}, step {step} of {steps}")
    return text.format(epoch=max(state.epoch, 1), epochs=state.epochs, step=state.step, steps=state.steps)


def _queue(state: State, others: Sequence[Entry]) -> str:
    """The place in the queue, and what learns meanwhile."""
    text = _("Waiting: number {place} in line.").format(place=max(state.place, 1))
    before = [each for each in others if each.state.state == "training" and each.name != state.name]
    if before:
        names = ", ".join(
            f"{escaped(model_title(each.recipe))} ({escaped(short_name(each.name))})" for each in before[:3]
        )
        text += " " + _("Learning now: {runs}.").format(runs=names)
    return text


def duration(seconds: float) -> str:
    """A time in words, as exact as anybody can know it."""
    if seconds < 90:
        return ngettext("{count} second", "{count} seconds", max(round(seconds), 1)).format(
            count=max(round(seconds), 1)
        )
    if seconds < 5400:
        minutes = round(seconds / 60)
        return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
    return _("{count:.1f} hours").format(count=seconds / 3600)
