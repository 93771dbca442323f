"""What a run's process tells while it trains: a state several times a second, losses within epochs, and its pace."""

from __future__ import annotations

import json
import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.training import notes

if TYPE_CHECKING:
    from torch import Tensor

    from cnnviz.training.loop import Step

__all__ = ["OFTEN", "Board", "Losses", "Pace"]

OFTEN = 0.2
"""Seconds between two reports."""

_LINES = 2000  # of losses, in a whole run
_NEWS = ("state", "place", "single", "error")  # told at once


class Board:
    """state.json of a run, written when there is news, else at most five times a second.

    A disk that is full costs readers the news, and the run nothing.

    Args:
        folder: of the run.
        is_trainer: whether this process trains it; only then its number is told.
    """

    def __init__(self, folder: Path, is_trainer: bool = True) -> None:
        self._path, self._written = folder / "state.json", -math.inf
        self._said: dict[str, Any] = {"state": "loading", "place": 0, "error": "", "single": None}
        if is_trainer:
            self._said["pid"] = os.getpid()

    def say(self, **what: object) -> None:
        """Tell some of the entries of state.json; the others stay as they are."""
        is_news = any(self._said.get(key) != what.get(key, self._said.get(key)) for key in _NEWS)
        self._said |= what
        if is_news or time.monotonic() - self._written >= OFTEN:
            with suppress(OSError):
                notes.put(self._path, json.dumps(self._said))
            self._written = time.monotonic()


class Losses:
    """steps.jsonl of a run: mean losses, at equal distances, 2,000 lines in all; without the steps that were lost.

    Args:
        folder: of the run.
        done: steps of the run that are kept.
        steps: of the whole run.
    """

    def __init__(self, folder: Path, done: int, steps: int) -> None:
        self._path, self._every = folder / "steps.jsonl", math.ceil(steps / _LINES)
        self._sum: Tensor | float = 0.0
        self._count = 0
        self._waiting: list[tuple[int, Tensor | float, int, float]] = []
        kept = [each for each in notes.lines(self._path) if each.get("step", done) < done]
        with suppress(OSError):
            notes.put(self._path, "".join(f"{json.dumps(each)}\n" for each in kept))

    def add(self, step: Step) -> None:
        """Take a step's loss into the mean; its number is not asked for yet, which a GPU would have to wait for."""
        self._sum = self._sum + step.loss
        self._count += 1
        if (step.number + 1) % self._every == 0:
            self._waiting.append((step.number, self._sum, self._count, step.learning_rate))
            self._sum, self._count = 0.0, 0

    def write(self) -> None:
        """Write what has come since the last time; a loss that is not a number is left out."""
        records = [
            {"step": number, "loss": float(total) / count, "learning_rate": rate}
            for number, total, count, rate in self._waiting
        ]
        self._waiting = []
        if text := "".join(f"{json.dumps(each)}\n" for each in records if math.isfinite(each["loss"])):
            with suppress(OSError), self._path.open("a", encoding="utf-8") as file:
                file.write(text)


class Pace:
    """How fast a run is, pauses not counted."""

    def __init__(self) -> None:
        self._last: Step | None = None
        self._moment = 0.0
        self._learning, self._steps = 0.0, 0
        self._turning, self._turns = 0.0, 0  # from the last step of an epoch to the first of the next

    def step(self, step: Step) -> None:
        """Note that a step is done."""
        moment = time.perf_counter()
        if self._last and self._last.epoch == step.epoch:
            self._learning += moment - self._moment
            self._steps += 1
        elif self._last:
            self._turning += moment - self._moment
            self._turns += 1
        self._last, self._moment = step, moment

    def pause(self) -> None:
        """Leave out the time to the next step."""
        self._last = None

    def report(self, step: Step, epochs: int) -> dict[str, float]:
        """pictures_per_second while learning, and seconds_left of a run of so many epochs; 0 while not known."""
        if not self._steps:
            return {"pictures_per_second": 0.0, "seconds_left": 0.0}
        each = self._learning / self._steps
        turn = max(self._turning / self._turns - each, 0) if self._turns else 0.0
        left = (epochs * step.steps - step.number - 1) * each + (epochs - step.epoch + 1) * turn
        return {"pictures_per_second": step.pictures / each, "seconds_left": left}
