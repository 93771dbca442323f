"""A run is a folder, and the folder is all of it: whoever finds it can read it, continue it and export it.

recipe.json      what was asked for
data.json        what is known of the data set, its digest among it
metrics.jsonl    one line for each epoch, as they come
checkpoints/     the last two, see `checkpoints`
observations/    what the network showed of itself before the first epoch and after each, see `observations`
lock             held by the process that trains; the system lets go of it when the process ends, however it does

`control` tells what else there may be.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError, RunError
from cnnviz.text import N_
from cnnviz.training import checkpoints, control, locks, notes, observations
from cnnviz.training.files import write_atomically
from cnnviz.training.loop import Loop, Metrics, Step
from cnnviz.training.pictures import DataSet
from cnnviz.training.recipe import Recipe
from cnnviz.training.team import ALONE, Team

__all__ = ["Run", "carry_on", "create", "listed", "open_run"]

_EXISTS = N_("{folder} holds a run already: resume it, or choose another name.")
_NO_RUN = N_("{folder} is not the folder of a run, or is damaged ({reason}).")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")
_OTHER_DATA = N_("{title} is not what the run in {folder} started with: bring the same pictures back, or start anew.")


@dataclass(frozen=True)
class Run:
    """A run's folder, read.

    Attributes:
        folder: where it is.
        recipe: what was asked for.
        facts: what is known of the data set, as `DataSet.facts` has it.
    """

    folder: Path
    recipe: Recipe
    facts: dict[str, Any]

    @property
    def checkpoints(self) -> Path:
        """Folder of its checkpoints."""
        return self.folder / "checkpoints"

    @property
    def metrics(self) -> list[Metrics]:
        """One record for each epoch so far, as `Loop.run_epoch` returns them; a line that is not whole is left out."""
        return list(notes.lines(self.folder / "metrics.jsonl"))

    @property
    def finished(self) -> bool:
        """Whether all epochs are done."""
        return len(self.metrics) >= self.recipe.epochs


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error


def create(folder: Path, recipe: Recipe, data: DataSet) -> Run:
    """Make the folder of a new run.

    Raises:
        RunError: when there is one already, or it cannot be written.
    """
    if (folder / "recipe.json").exists():
        raise RunError(_EXISTS, folder=folder)
    with _writing(folder):
        write_atomically(folder / "data.json", json.dumps(data.facts(), indent=2).encode())
        write_atomically(folder / "recipe.json", recipe.to_json().encode())  # last: it makes the folder a run
    return open_run(folder)


def open_run(folder: Path) -> Run:
    """Read a run's folder.

    Raises:
        RunError: when it is none, or recipe or facts are damaged.
    """
    try:
        facts = json.loads((folder / "data.json").read_bytes())
        return Run(folder, Recipe.from_json((folder / "recipe.json").read_text("utf-8")), facts)
    except (OSError, ValueError, RecursionError, CnnvizError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(_NO_RUN, folder=folder, reason=reason) from error


def listed(folder: Path) -> list[Run]:
    """All runs in a folder, by name; what cannot be read is left out."""
    found = []
    folders = [path.parent for path in sorted(folder.glob("*/recipe.json"))]
    for each in folders:
        if not control.NAME.fullmatch(each.name):  # one that is being deleted
            continue
        try:
            found.append(open_run(each))
        except RunError:
            continue
    return found


def carry_on(
    run: Run,
    data: DataSet,
    device: str = "cpu",
    begin: Callable[[Loop], Callable[[Step], None]] | None = None,
    team: Team = ALONE,
) -> Iterator[Metrics]:
    """Train a run, from its start or its last good checkpoint, to its last epoch.

    Every epoch's metrics are yielded when they and a checkpoint are on the disk. Killed at any moment, a run loses the
    epoch that it was in; on the same CPU, with the recipe's threads, the rest comes out bit by bit as without a stop.

    Args:
        run: the run.
        data: its data set.
        device: "cpu" or "cuda".
        begin: called once when there are epochs to train and the lock is held; what it returns is called after every
            step.
        team: the processes that train together; the first one writes.

    Raises:
        RunError: when another process trains it, its data set has changed, no checkpoint is whole, the disk is full,
            or the loss is not a number any more.
        ShapeError, DataError: when the network cannot be used on the pictures.
    """
    if data.digest != run.facts.get("digest"):
        raise RunError(_OTHER_DATA, title=data.title, folder=run.folder)
    with locks.locked(run.folder) if team.leads else nullcontext():
        loop, metrics = Loop(run.recipe, data, device, team), []
        if checkpoint := checkpoints.latest(run.checkpoints):
            checkpoints.restore(loop, checkpoint, run.checkpoints)
            metrics = checkpoint.metrics
        team.wait()  # nobody writes while another still reads
        if team.leads:
            _write_metrics(run, metrics)  # the last checkpoint may be one epoch ahead of them, or behind
            _observe(run, loop, data)
        on_step = begin(loop) if begin and loop.epoch < run.recipe.epochs else None
        while loop.epoch < run.recipe.epochs:
            metrics = [*metrics, loop.run_epoch(on_step)]
            if team.leads:
                _observe(run, loop, data)  # first: whoever reads of an epoch finds it
                checkpoints.write(run.checkpoints, loop, metrics)
                _append(run, metrics[-1])
            yield metrics[-1]


def _observe(run: Run, loop: Loop, data: DataSet) -> None:
    """Keep what the network shows now, unless that was done before the run was stopped."""
    if loop.epoch not in observations.epochs(run.folder):
        observations.write(run.folder, loop, data)


def _write_metrics(run: Run, metrics: list[Metrics]) -> None:
    with _writing(run.folder):
        write_atomically(run.folder / "metrics.jsonl", "".join(f"{json.dumps(each)}\n" for each in metrics).encode())


def _append(run: Run, metrics: Metrics) -> None:
    with _writing(run.folder), (run.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(metrics)}\n")
        file.flush()
        os.fsync(file.fileno())
