"""A run on the terminal: a bar with rate and time left, and a line for each epoch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from cnnviz.training import runs
from cnnviz.training.loop import Loop, Metrics, Step
from cnnviz.training.pictures import DataSet
from cnnviz.training.reporter import Reporter
from cnnviz.training.runs import Run
from cnnviz.training.team import ALONE, Team

__all__ = ["device", "follow"]


def device(asked: str = "auto") -> str:
    """The device that is meant: "auto" takes the GPU if there is one."""
    if asked != "auto":
        return asked
    return "cuda" if torch.cuda.is_available() else "cpu"


def follow(
    run: Run, pictures: DataSet, on: str, console: Console, *, team: Team = ALONE, reporter: Reporter | None = None
) -> None:
    """Train, with a bar for the run and a line for each epoch that is done; on the device `on`."""
    torch.set_num_threads(run.recipe.threads)
    console.quiet = not team.leads
    first, last = len(run.metrics) + 1, run.recipe.epochs
    console.print(f"{run.recipe.model} on {pictures.title}: {len(pictures.train):,} pictures, run {run.folder}, {on}")
    with _bar(console) as progress:
        whole_batches = len(pictures.train) // run.recipe.batch_size * run.recipe.batch_size
        count = _counter(progress, max(whole_batches, 1), first, last)
        for metrics in runs.carry_on(run, pictures, on, lambda loop: _both(count, reporter, loop), team):
            progress.console.print(_line(metrics, last))
    if run.finished:
        console.print(f"Done. For the app: python -m cnnviz.training export {run.folder.name}")


def _both(count: Callable[[Step], None], reporter: Reporter | None, loop: Loop) -> Callable[[Step], None]:
    """What is done after a step: the bar moves, and the run reports."""
    if reporter is None:
        return count
    report = reporter.begin(loop)

    def on_step(step: Step) -> None:
        count(step)
        report(step)

    return on_step


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(show_speed=False))
    rate = TextColumn("{task.fields[rate]}")
    return Progress(*columns, rate, TimeRemainingColumn(), console=console, disable=not console.is_terminal)


def _counter(progress: Progress, pictures: int, first: int, last: int) -> Callable[[Step], None]:
    """What moves the bar: over all epochs, so that the time left is that of the run."""
    task = progress.add_task(f"epoch {first} of {last}", total=pictures * max(last - first + 1, 1), rate="")

    def on_step(step: Step) -> None:
        progress.advance(task, step.pictures)
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
