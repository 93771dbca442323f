"""The commands behind `python -m cnnviz.training`: train, resume, list, export."""

from __future__ import annotations

import argparse
import itertools
import logging
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.training import arguments, data, runs
from cnnviz.training.export import export
from cnnviz.training.loop import Metrics
from cnnviz.training.pictures import DataSet
from cnnviz.training.recipe import Recipe
from cnnviz.training.runs import Run
from cnnviz.training.team import Team, gathered

__all__ = ["main"]

_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_STOPPED = 130  # what a shell reports for a program that Ctrl+C ended


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line, and return the exit status: 0, 1 for what the user can mend, 130 after Ctrl+C."""
    found = arguments.parse(sys.argv[1:] if words is None else words)
    console = Console(highlight=False, soft_wrap=True)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        _COMMANDS[found.command](found, console)
    except CnnvizError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped. The epochs that are done are kept: continue with `resume`.")
        return _STOPPED
    return 0


def _train(found: argparse.Namespace, console: Console) -> None:
    recipe = arguments.recipe(found)
    folder = _folder(found.runs, found.name or _free_name(recipe, found.runs))
    pictures = _pictures(recipe, found)
    with gathered(_device(found)) as team:
        team.check(recipe.batch_size)
        team.wait()  # until all know the name of the run
        if team.leads:
            runs.create(folder, recipe, pictures)
        team.wait()
        _follow(runs.open_run(folder), pictures, _device(found), team, console)


def _resume(found: argparse.Namespace, console: Console) -> None:
    run = runs.open_run(_folder(found.runs, found.name))
    pictures = _pictures(run.recipe, found)
    with gathered(_device(found)) as team:
        _follow(run, pictures, _device(found), team, console)


def _list(found: argparse.Namespace, console: Console) -> None:
    table = Table("run", "model", "data", "epochs", "test accuracy", "best")
    for run in runs.listed(found.runs):
        metrics = run.metrics
        shares = [f"{each['test_accuracy']:.2%}" for each in (*metrics[-1:], *_best(metrics))]
        done = f"{len(metrics)} of {run.recipe.epochs}"
        table.add_row(run.folder.name, run.recipe.model, run.recipe.data, done, *shares)
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
    if not _FOLDER.fullmatch(name):
        raise ParameterError("name", name[:80], "a–z, 0–9, . _ -")
    return name


def _folder(folder: Path, name: str) -> Path:
    return folder / _checked(name)


def _free_name(recipe: Recipe, folder: Path) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]", "", f"{recipe.model}-{Path(recipe.data).stem}")
    return next(name for number in itertools.count(1) if not (folder / (name := f"{stem}-{number}")).exists())


def _device(found: argparse.Namespace) -> str:
    if found.device != "auto":
        return str(found.device)
    return "cuda" if torch.cuda.is_available() else "cpu"


def _follow(run: Run, pictures: DataSet, device: str, team: Team, console: Console) -> None:
    """Train, with a bar for the run and a line for each epoch that is done."""
    torch.set_num_threads(run.recipe.threads)
    console.quiet = not team.leads
    first, last = len(run.metrics) + 1, run.recipe.epochs
    console.print(
        f"{run.recipe.model} on {pictures.title}: {len(pictures.train):,} pictures, run {run.folder}, {device}"
    )
    with _bar(console) as progress:
        whole_batches = len(pictures.train) // run.recipe.batch_size * run.recipe.batch_size
        on_step = _counter(progress, max(whole_batches, 1), first, last)
        for metrics in runs.carry_on(run, pictures, device, on_step, team):
            progress.console.print(_line(metrics, last))
    if run.finished:
        console.print(f"Done. For the app: python -m cnnviz.training export {run.folder.name}")


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(show_speed=False))
    rate = TextColumn("{task.fields[rate]}")
    return Progress(*columns, rate, TimeRemainingColumn(), console=console, disable=not console.is_terminal)


def _counter(progress: Progress, pictures: int, first: int, last: int) -> Callable[[int], None]:
    """What moves the bar: over all epochs, so that the time left is that of the run."""
    task = progress.add_task(f"epoch {first} of {last}", total=pictures * max(last - first + 1, 1), rate="")

    def on_step(count: int) -> None:
        progress.advance(task, count)
        known = progress.tasks[task]
        speed = f"{known.speed:,.0f} pictures/s" if known.speed else ""
        epoch = min(first + int(known.completed) // pictures, last)
        progress.update(task, description=f"epoch {epoch} of {last}", rate=speed)

    return on_step


def _line(metrics: Metrics, last: int) -> str:
    return (
        f"epoch {metrics['epoch']:>3} of {last}   loss {metrics['train_loss']:.4f}   "
        f"train {metrics['train_accuracy']:7.2%}   test {metrics['test_accuracy']:7.2%}   "
        f"{metrics['pictures_per_second']:,.0f} pictures/s"
    )


_COMMANDS = {"train": _train, "resume": _resume, "list": _list, "export": _export}
