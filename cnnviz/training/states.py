"""How a run is: what its process says in `state.json`, checked by whoever reads it."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.text import N_, Sentence
from cnnviz.training import locks, notes

__all__ = ["DIVERGED", "LIVE", "Single", "State", "read", "write_error"]

LIVE = ("waiting", "loading", "training", "paused")
"""States of a run that has a process."""

DIVERGED = N_("The loss is no longer a number in epoch {epoch}: try a smaller learning rate.")
"""Why a run failed that cannot be resumed: its last whole epoch leads to the same numbers again."""

_ENDED = ("finished", "stopped", "failed")
_LATEST = 4e9  # seconds since 1970: in 2096
_SPEC = re.compile(r"[,+]?\.?\d{0,2}[defgs%]?")  # what a template may ask of a number: "{share:.1%}"


@dataclass(frozen=True)
class Single:
    """A single step: the loss of its batch `before` it, and `after` it; nats."""

    before: float
    after: float


@dataclass(frozen=True)
class State:
    """How a run is.

    Attributes:
        name: of its folder.
        state: waiting, loading, training, paused, finished, stopped, failed; or interrupted: its process has gone
            without a word.
        place: in the queue, from 1, while it is waiting; else 0.
        epoch: the one it is in, from 1; 0 before the first.
        epochs: those that were asked for.
        step: steps of this epoch that are done.
        steps: of an epoch; 0 when not known yet.
        pictures_per_second: while learning; 0 when not known yet.
        seconds_left: to its end; 0 when not known.
        error: why it failed, else None.
        single: the single step that was taken last, while it is paused after one; else None.
        owner: who asked for it, as the page named them; "" when it was started by hand.
        worker: who started its process last; as `owner`.
        asked: when it was asked for, in seconds since 1970; 0 when not known.
    """

    name: str
    state: str
    place: int = 0
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    pictures_per_second: float = 0.0
    seconds_left: float = 0.0
    error: Sentence | None = None
    single: Single | None = None
    owner: str = ""
    worker: str = ""
    asked: float = 0.0

    @property
    def live(self) -> bool:
        """Whether a process works on it, or waits to."""
        return self.state in LIVE

    @property
    def diverged(self) -> bool:
        """Whether its loss ran away, so that going on would only repeat it."""
        return self.error is not None and self.error.template == DIVERGED


def read(folder: Path) -> State:
    """How a run is; what its files say is not trusted, and a damaged file counts as none."""
    said, asked = notes.read_object(folder / "state.json"), notes.read_object(folder / "asked.json")
    word = said.get("state")
    if word in LIVE:
        word = word if locks.busy(folder) else "interrupted"
    elif word not in _ENDED:
        word, said = _without_a_word(folder)
    return State(
        name=folder.name,
        state=word,
        place=_whole(said, "place") if word == "waiting" else 0,
        epoch=_whole(said, "epoch"),
        epochs=_whole(said, "epochs") or _epochs(asked),
        step=_whole(said, "step"),
        steps=_whole(said, "steps"),
        pictures_per_second=_number(said, "pictures_per_second"),
        seconds_left=_number(said, "seconds_left"),
        error=_read_error(said.get("error")) if word == "failed" else None,
        single=_single(said.get("single")) if word == "paused" else None,
        owner=_text(asked, "owner"),
        worker=_text(asked, "worker"),
        asked=_moment(_number(asked, "asked")) or _moment(_changed(folder / "recipe.json")),
    )


def _without_a_word(folder: Path) -> tuple[str, dict[str, Any]]:
    """State and numbers of a run that has written none: what its other files tell."""
    epochs, done = (
        _whole(notes.read_object(folder / "recipe.json"), "epochs"),
        sum(1 for _ in notes.lines(folder / "metrics.jsonl")),
    )
    said = {"epoch": done, "epochs": epochs}
    if locks.busy(folder):
        return "training", said
    return ("finished" if done and done >= epochs else "interrupted"), said


def _epochs(asked: Mapping[str, Any]) -> int:
    """Epochs that were asked for, while the process has not spoken of them."""
    recipe = asked.get("recipe")
    return _whole(recipe, "epochs") if isinstance(recipe, dict) else 0


def _number(said: Mapping[str, Any], key: str) -> float:
    value = said.get(key)
    is_number = isinstance(value, int | float) and abs(value) < 1e15 and not math.isnan(value)
    return float(value) if is_number and not isinstance(value, bool) else 0.0  # type: ignore[arg-type]  # a number


def _whole(said: Mapping[str, Any], key: str) -> int:
    return max(int(_number(said, key)), 0)


def _moment(seconds: float) -> float:
    """A time since 1970 that a calendar has; 0 for what is none."""
    return seconds if 0 <= seconds < _LATEST else 0.0


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _single(said: object) -> Single | None:
    if not isinstance(said, dict) or not {"before", "after"} <= said.keys():
        return None
    return Single(_number(said, "before"), _number(said, "after"))


def write_error(error: object) -> object:
    """A sentence in the form that state.json has: template and values; texts and numbers as they are."""
    if hasattr(error, "template") and hasattr(error, "data"):
        return {"template": error.template, "data": {key: write_error(value) for key, value in error.data.items()}}
    return error if isinstance(error, int | float | str) else str(error)


def _read_error(said: object, depth: int = 3) -> Sentence | None:
    """What `write_error` wrote; None for anything else."""
    if not isinstance(said, dict) or not isinstance(said.get("data"), dict) or not depth:
        return None
    data = {
        key: _read_error(value, depth - 1) if isinstance(value, dict) else value for key, value in said["data"].items()
    }
    template = said.get("template")
    return Sentence(template, data) if isinstance(template, str) and _fits(template, data) else None


def _fits(template: str, data: Mapping[str, object]) -> bool:
    """Whether a template names values that are there, and nothing else, as all sentences of ours do."""
    try:
        fields = [(name, spec) for _text, name, spec, _how in string.Formatter().parse(template) if name is not None]
        if not all(name in data and _SPEC.fullmatch(spec or "") for name, spec in fields):
            return False
        template.format(**data)
    except (ValueError, TypeError, LookupError):
        return False
    return True
