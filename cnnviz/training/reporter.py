"""A run's process as others see and steer it: it reports after its steps, and does what is wished."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from cnnviz.errors import CnnvizError
from cnnviz.text import N_, Sentence
from cnnviz.training import control
from cnnviz.training.reports import OFTEN, Board, Losses, Pace
from cnnviz.training.slots import Queue
from cnnviz.training.states import write_error

if TYPE_CHECKING:
    from cnnviz.training.loop import Loop, Step

__all__ = ["LONGEST_PAUSE", "Reporter", "Stopped"]

LONGEST_PAUSE = 7200.0
"""Seconds that a run may be paused: then its process stops, as if that were wished. A pause holds memory."""

_BROKE = N_("The training broke off ({reason}). The file log.txt in the folder of the run tells more.")
_PAUSED, _QUEUED = 0.05, 0.2  # seconds between two looks at what is wished; in the queue, times the place in it
_LONGEST_NAP = 2.0  # seconds


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Raised when somebody wishes the run to stop, or it was paused too long; the last whole epoch is kept."""


class Reporter:
    """Writes a run's state, and holds its process up while it is paused or queues.

    Within `with` it belongs to one run; at the end it tells how the run came out, and takes `Stopped` for no error.

    Args:
        folder: of the run.
        queue: to a worker slot, for a process that holds the run's lock already; without it (a run that was started by
            hand) nothing is told before `begin`, when the lock is held for certain.
    """

    def __init__(self, folder: Path, queue: Queue | None = None) -> None:
        self._folder, self._queue, self._speaks = folder, queue, queue is not None
        self._board, self._pace = Board(folder), Pace()
        self._losses: Losses | None = None
        self._loop: Loop | None = None
        self._single = False  # whether the next step is a single one
        self._due = 0.0
        self._paused: float | None = None  # since when

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if self._queue:
            self._queue.leave()
        if self._losses:
            self._losses.write()
        if self._speaks:
            self._end(error)
        return isinstance(error, Stopped)

    def _end(self, error: BaseException | None) -> None:
        rest: dict[str, object] = {"place": 0, "seconds_left": 0.0, "single": None}
        if error is None:
            if self._loop:
                epochs = self._loop.recipe.epochs
                rest |= {"epoch": epochs, "epochs": epochs, "step": self._loop.steps, "steps": self._loop.steps}
            self._board.say(state="finished", **rest)
        elif isinstance(error, Stopped | KeyboardInterrupt):
            self._board.say(state="stopped", **rest)
        else:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            told = error if isinstance(error, CnnvizError) else Sentence(_BROKE, {"reason": reason})
            self._board.say(state="failed", error=write_error(told), **rest)

    def wait(self) -> None:
        """Do what is wished and queue for a worker slot: before anything is loaded, and again when pictures are.

        Raises:
            Stopped: when that is wished.
        """
        self._look("loading")

    def begin(self, loop: Loop) -> Callable[[Step], None]:
        """Take up a run whose lock is held, and return what is to be called after every step."""
        if not self._speaks:
            control.wish(self._folder, "run")  # what was wished of the process before it
        self._speaks, self._loop = True, loop
        epochs, steps = loop.recipe.epochs, loop.steps
        self._losses = Losses(self._folder, loop.epoch * steps, epochs * steps)
        self._board.say(epoch=loop.epoch + 1, epochs=epochs, step=0, steps=steps)
        self._look("training")
        self._board.say(state="training", place=0)
        return self._on_step

    def _on_step(self, step: Step) -> None:
        self._pace.step(step)
        if self._losses:
            self._losses.add(step)
        if self._single or time.perf_counter() >= self._due:
            self._report(step)
            self._due = time.perf_counter() + OFTEN

    def _report(self, step: Step) -> None:
        if self._losses:
            self._losses.write()
        if self._loop:
            numbers: dict[str, object] = {"epoch": step.epoch, "step": step.number % step.steps + 1}
            numbers |= self._pace.report(step, self._loop.recipe.epochs)
            if self._single:
                numbers["single"] = {"before": float(step.loss), "after": self._loop.loss_of_last_batch()}
                self._single = False
            self._board.say(**numbers)
        self._obey("training")

    def _look(self, going: str) -> None:
        """Obey between steps; a single step that is still to come comes before the pause that follows it."""
        if not self._single or control.wished(self._folder) != "pause":
            self._obey(going)

    def _obey(self, going: str) -> None:
        """Do what is wished; come back when the run may go on, which is then in the state `going`."""
        while nap := self._nap():
            self._pace.pause()
            time.sleep(nap)
        single = {} if self._single else {"single": None}
        self._board.say(state=going, place=0, **single)

    def _nap(self) -> float:
        """Seconds to wait before looking again; 0 to go on."""
        wished = control.wished(self._folder)
        if wished == "stop":
            raise Stopped
        if wished == "pause":
            if self._queue:
                self._queue.leave()
            self._board.say(state="paused", place=0, seconds_left=0.0)
            self._end_long_pause()
            return _PAUSED
        self._paused = None
        if self._queue and (place := self._queue.place()):
            self._board.say(state="waiting", place=place)
            return min(_QUEUED * place, _LONGEST_NAP)  # each look costs more, the more are waiting
        if wished == "step":
            if not control.wish(self._folder, "pause", instead_of="step"):  # now: what is wished during the step counts
                return self._nap()
            self._single = True
        return 0

    def _end_long_pause(self) -> None:
        if self._paused is None:
            self._paused = time.monotonic()
        if time.monotonic() - self._paused >= LONGEST_PAUSE:
            raise Stopped
