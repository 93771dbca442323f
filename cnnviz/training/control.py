"""What readers of runs need, and those who steer them: states, wishes, what was asked for. No PyTorch here.

Beside what `runs` lists, the folder of a run that a page started holds:

asked.json       the recipe, and who asked for it when
wish             one word: what people want of its process; wish.lock is held by whoever changes it
state.json       what its process says of itself
steps.jsonl      the loss while an epoch is under way
log.txt          what its process printed
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError, RunError
from cnnviz.text import N_
from cnnviz.training import notes, states
from cnnviz.training.recipe import Recipe
from cnnviz.training.states import Single, State

__all__ = [
    "NAME",
    "RUNS",
    "WISHES",
    "Single",
    "State",
    "all_states",
    "find",
    "folders",
    "free_name",
    "gone",
    "metrics",
    "recipe",
    "state",
    "steps",
    "unfinished",
    "wish",
    "wished",
]

RUNS = Path(os.environ.get("CNNVIZ_RUNS") or Path(__file__).parents[2] / "runs").absolute()
"""Where the pages keep their runs."""

WISHES = ("run", "pause", "step", "stop")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
"""What a run may be called."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORT = 6  # digits

_NONE = N_("There is no run “{name}” here: it may have been removed.")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")


def find(name: str, runs: Path | None = None) -> Path:
    """The folder of a run with that name, which may come from an address; below `RUNS` when no folder is given.

    Raises:
        RunError: when there is none.
    """
    folder = (runs or RUNS) / name
    if not NAME.fullmatch(name) or folder.is_symlink() or not _is_run(folder):
        raise RunError(_NONE, name=name[:80])
    return folder


def free_name(asked: Recipe, runs: Path) -> str:
    """A name for a new run that no run there has or had: links and caches know a network by its run's name.

    Pictures that are called by their digest are called shorter.
    """
    data = _DIGEST.sub(lambda digest: digest[0][:_SHORT], Path(asked.data).stem)
    stem = re.sub(r"[^A-Za-z0-9._-]", "", f"{asked.model}-{data}")[:60]
    names = (f"{stem}-{number}" for number in itertools.count(1))
    return next(each for each in names if not (runs / each).exists() and not gone(runs, each).exists())


def gone(runs: Path, name: str) -> Path:
    """The empty file that keeps the name of a run that was removed."""
    return runs / ".gone" / name


def _is_run(folder: Path) -> bool:
    try:
        return (folder / "asked.json").is_file() or (folder / "recipe.json").is_file()
    except OSError:  # not allowed to look into it
        return False


def state(folder: Path) -> State:
    """How a run is; what its files say is not trusted, and a damaged file counts as none."""
    return states.read(folder)


def folders(runs: Path | None = None) -> list[Path]:
    """The folders of all runs in a folder (in `RUNS` when none is given), in no order."""
    try:
        found = [Path(entry.path) for entry in os.scandir(runs or RUNS) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [each for each in found if NAME.fullmatch(each.name) and _is_run(each)]


def all_states(runs: Path | None = None) -> list[State]:
    """How all runs in a folder are (in `RUNS` when none is given), the newest first."""
    found = [each for folder in folders(runs) if (each := _known(folder))]
    return sorted(found, key=lambda each: (each.asked, each.name), reverse=True)


def _known(folder: Path) -> State | None:
    """How a run is; None when its folder cannot be read: one must not hide the others."""
    try:
        return state(folder)
    except (OSError, ValueError, RecursionError):
        return None


def unfinished(owner: str, runs: Path | None = None) -> list[State]:
    """The runs with a process that a visitor has started, the newest first."""
    return [each for each in all_states(runs) if each.live and each.worker == owner]


def wish(folder: Path, word: str, instead_of: str | None = None) -> bool:
    """Ask a run's process to run, to pause, to take a single step, or to stop; it looks at least every two seconds.

    Args:
        folder: of the run.
        word: one of `WISHES`.
        instead_of: write it only if this is still what is wished.

    Returns:
        Whether it was written.

    Raises:
        ValueError: for another word.
        RunError: when it cannot be written.
    """
    if word not in WISHES:
        raise ValueError(word)
    try:
        with _alone(folder):
            is_due = instead_of in (None, wished(folder))
            if is_due:
                notes.put(folder / "wish", word)
            return is_due
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only one who changes what is wished of a run."""
    descriptor = os.open(folder / "wish.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def wished(folder: Path) -> str:
    """What was wished last; "run" when nothing was."""
    word = notes.read(folder / "wish").strip()
    return word if word in WISHES else "run"


def recipe(folder: Path) -> Recipe:
    """What a run was asked for, also while it is still loading.

    Raises:
        RunError: when it cannot be read.
    """
    text = notes.read(folder / "recipe.json")
    try:
        if text:
            return Recipe.from_json(text)
        return Recipe.from_json(json.dumps(notes.read_object(folder / "asked.json")["recipe"]))
    except (CnnvizError, LookupError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise RunError(_NONE, name=folder.name) from error


def metrics(folder: Path) -> list[dict[str, Any]]:
    """One record for each epoch so far, as `Loop.run_epoch` returns them."""
    return list(notes.lines(folder / "metrics.jsonl"))


def steps(folder: Path) -> list[dict[str, Any]]:
    """The loss within epochs, 2,000 records at most.

    Each has step (of the run, from 0), loss (mean over the steps since the record before; nats) and learning_rate.
    """
    return list(notes.lines(folder / "steps.jsonl"))
