"""The commands behind `python -m cnnviz.training`: train, resume, list, export, work."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.training import arguments, control, data, runs, worker
from cnnviz.training.export import export
from cnnviz.training.follow import device, follow
from cnnviz.training.loop import Metrics
from cnnviz.training.pictures import DataSet
from cnnviz.training.recipe import Recipe
from cnnviz.training.reporter import Reporter
from cnnviz.training.runs import Run
from cnnviz.training.team import Team, gathered

__all__ = ["main"]

_INTERRUPTED = 130  # what a shell reports for a program that Ctrl+C ended
_STOPPED = "Stopped. The epochs that are done are kept: continue with `resume`."


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line, and return the exit status: 0, 1 for what the user can mend, 130 after Ctrl+C."""
    found = arguments.parse(sys.argv[1:] if words is None else words)
    console = Console(highlight=False, soft_wrap=True)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        return _COMMANDS[found.command](found, console) or 0
    except CnnvizError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        console.print(f"\n{_STOPPED}")
        return _INTERRUPTED


def _train(found: argparse.Namespace, console: Console) -> None:
    recipe = arguments.recipe(found)
    folder = _folder(found.runs, found.name or control.free_name(recipe, found.runs))
    pictures = _pictures(recipe, found)
    with gathered(device(found.device)) as team:
        team.check(recipe.batch_size)
        team.wait()  # until all know the name of the run
        if team.leads:
            runs.create(folder, recipe, pictures)
        team.wait()
        _follow(runs.open_run(folder), pictures, device(found.device), team, console)


def _resume(found: argparse.Namespace, console: Console) -> None:
    run = runs.open_run(_folder(found.runs, found.name))
    pictures = _pictures(run.recipe, found)
    with gathered(device(found.device)) as team:
        _follow(run, pictures, device(found.device), team, console)


def _list(found: argparse.Namespace, console: Console) -> None:
    table = Table("run", "state", "model", "data", "epochs", "test accuracy", "best")
    for run in runs.listed(found.runs):
        metrics = run.metrics
        shares = [f"{each['test_accuracy']:.2%}" for each in (*metrics[-1:], *_best(metrics))]
        done = f"{len(metrics)} of {run.recipe.epochs}"
        table.add_row(
            run.folder.name, control.state(run.folder).state, run.recipe.model, run.recipe.data, done, *shares
        )
    console.print(table if table.rows else f"There are no runs in {found.runs} yet.")


def _best(metrics: list[Metrics]) -> list[Metrics]:
    return [max(metrics, key=lambda each: each["test_accuracy"])] if metrics else []


def _export(found: argparse.Namespace, console: Console) -> None:
    run = runs.open_run(_folder(found.runs, found.name))
    name = found.exported or f"{run.recipe.model}-{Path(run.recipe.data).stem}".replace("_", "-").lower()
    card = export(run, _pictures(run.recipe, found), _checked(name), found.to)
    right = card["accuracy"]["top1"]
    console.print(f"{found.to / name}.safetensors and .json: {card['bytes']:,} bytes, {right:.2%} right.")


def _pictures(recipe: Recipe, found: argparse.Namespace) -> DataSet:
    return data.load(recipe.data, found.root.expanduser(), download=found.download)


def _checked(name: str) -> str:
    if not control.NAME.fullmatch(name):
        raise ParameterError("name", name[:80], "a–z, 0–9, . _ -")
    return name


def _folder(folder: Path, name: str) -> Path:
    return folder / _checked(name)


def _follow(run: Run, pictures: DataSet, on: str, team: Team, console: Console) -> None:
    """Train; alone, a process can be watched and steered, while a team would lose the one that pauses."""
    if team.size > 1:
        follow(run, pictures, on, console, team=team)
        return
    with Reporter(run.folder) as reporter:
        follow(run, pictures, on, console, reporter=reporter)
    if not run.finished:
        console.print(_STOPPED)


def _work(found: argparse.Namespace, _: Console) -> int:
    return worker.work(_folder(found.runs, found.name))


_COMMANDS: dict[str, Callable[[argparse.Namespace, Console], int | None]] = {
    "train": _train,
    "resume": _resume,
    "list": _list,
    "export": _export,
    "work": _work,
}
