"""What the pages do with runs: start one as a process of its own, resume it, remove it. No PyTorch here.

The process lives on when the page is closed and when the server ends, and is found again by its folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from cnnviz.errors import RunError
from cnnviz.text import N_
from cnnviz.training import control, locks, notes, slots
from cnnviz.training.recipe import Recipe
from cnnviz.training.reports import Board

__all__ = ["LIMIT", "MOST", "remove", "resume", "start"]

LIMIT = 2
"""Runs with a process that one visitor may have."""

MOST = 40
"""Runs with a process that all visitors together may have: also those that wait or are paused hold memory."""

_PLACE = Path(__file__).parents[2]  # where `-m cnnviz.training` is found

_HIDDEN = re.compile(rf"\.{control.NAME.pattern}-\d{{19}}")  # a run that is being deleted

_LIMIT = N_("You have {count} runs under way, and more are not allowed: wait for one, or stop it.")
_MOST = N_("{count} runs are under way on this machine, and more are not allowed: wait until some have ended.")
_OTHERS = N_("Only who started the run “{name}” can remove it.")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")
_NOT_STARTED = N_("The training could not be started: {reason}.")


def start(
    recipe: Recipe, owner: str, runs: Path | None = None, root: Path | None = None, download: bool = False
) -> Path:
    """Start a new run in the background.

    One core is left to the page: the recipe gets no more threads than the others.

    Args:
        recipe: what to train.
        owner: who asks, in a form that does not tell who it is.
        runs: folder of all runs; `control.RUNS` when left out.
        root: where data sets are looked for, as for `data.load`; its own default when left out.
        download: fetch the data set when it is not there.

    Returns:
        The run's folder.

    Raises:
        RunError: when the visitor has `LIMIT` runs under way or all have `MOST`, or it cannot be written or started;
            then nothing stays of it.
    """
    runs = (runs or control.RUNS).absolute()
    recipe = replace(recipe, threads=min(recipe.threads, max((os.cpu_count() or 1) - 1, 1)))
    asked = {"recipe": asdict(recipe), "owner": owner, "asked": time.time()}
    asked |= {"root": str(root.absolute()) if root else None, "download": download}
    with _writing(runs), _admitted(owner, runs) as place:
        folder = runs / control.free_name(recipe, runs)
        folder.mkdir()
        with _kept_when_whole(folder):
            _spawn(folder, _told(folder, asked, owner, place), recipe.threads)
    return folder


def resume(folder: Path, owner: str) -> None:
    """Continue a run that was interrupted, was stopped or has failed, from its last whole epoch, in the background.

    Args:
        folder: of the run.
        owner: who asks; its process counts as theirs, the run stays whose it was.

    Raises:
        RunError: when there is no such run, it has a process, the visitor has `LIMIT` runs under way or all have
            `MOST`, or it cannot be written or started.
    """
    folder = control.find(folder.name, folder.parent.absolute())
    recipe = control.recipe(folder)
    with _writing(folder), _admitted(owner, folder.parent) as place:
        known = {"asked": control.state(folder).asked} | notes.read_object(folder / "asked.json")
        lock = _told(folder, known, owner, place)
    _spawn(folder, lock, recipe.threads)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error


@contextmanager
def _kept_when_whole(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # Ctrl+C, too: nothing half done is left
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def _admitted(owner: str, runs: Path) -> Iterator[int]:
    """Start one run at a time, so that nobody passes the limit; the value is the place in the queue to be expected."""
    place = slots.expected(runs)
    with slots.door(runs):
        _tidy(runs)
        live = [each for each in control.all_states(runs) if each.live]
        if (count := sum(each.worker == owner for each in live)) >= LIMIT:
            raise RunError(_LIMIT, count=count)
        if len(live) >= MOST:
            raise RunError(_MOST, count=len(live))
        yield place


def _told(folder: Path, asked: dict[str, object], owner: str, place: int) -> int:
    """Write what the process reads, and what readers see until it speaks. Returns the lock, for the process."""
    lock = locks.take(folder)
    try:
        notes.put(folder / "asked.json", json.dumps(asked | {"worker": owner, "since": time.time_ns()}))
        control.wish(folder, "run")
    except BaseException:  # Ctrl+C, too: nothing half done is left
        os.close(lock)
        raise
    Board(folder, is_trainer=False).say(state="waiting" if place else "loading", place=place)
    return lock


def _spawn(folder: Path, lock: int, threads: int) -> None:
    """Start the process, which is born with the lock; this process lets go of it."""
    command = [sys.executable, "-m", "cnnviz.training", "work", folder.name, "--runs", str(folder.parent)]
    variables = {"OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1", locks.HELD: str(lock)}
    try:
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command; the recipe lies in a file
                command,
                cwd=_PLACE,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                start_new_session=True,
            )
    except OSError as error:
        raise RunError(_NOT_STARTED, reason=error.strerror or error) from error
    finally:
        os.close(lock)
    threading.Thread(target=process.wait, name=f"end of {folder.name}", daemon=True).start()  # leaves no zombie


def remove(folder: Path, owner: str | None, runs: Path | None = None) -> None:
    """Delete a run that has no process.

    Args:
        folder: of the run, directly below `runs`.
        owner: who asks: only who started a run may remove it; None for somebody who may remove all.
        runs: folder of all runs; `control.RUNS` when left out.

    Raises:
        RunError: when there is no such run there, it is somebody else's, it has a process, or it cannot be deleted.
    """
    runs = (runs or control.RUNS).absolute()
    folder = control.find(folder.name if folder.parent.absolute() == runs else "", runs)
    if owner is not None and owner != control.state(folder).owner:
        raise RunError(_OTHERS, name=folder.name)
    with locks.locked(folder), _writing(folder), slots.door(runs):
        _tidy(runs)
        hidden = folder.with_name(f".{folder.name}-{time.time_ns()}")  # at once, and nobody reads half a run
        kept = control.gone(runs, folder.name)
        kept.parent.mkdir(exist_ok=True)
        kept.touch()
        folder.rename(hidden)
        shutil.rmtree(hidden)


def _tidy(runs: Path) -> None:
    """Delete what stayed of runs whose removal was cut short; within the door, where nobody else removes one."""
    for each in runs.iterdir():
        if _HIDDEN.fullmatch(each.name) and each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
