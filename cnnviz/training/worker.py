"""`python -m cnnviz.training work NAME`: the process behind a run that a page started.

It queues for a worker slot, and imports PyTorch when it has one: a whole class can wait at little cost.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError
from cnnviz.training import control, locks, notes
from cnnviz.training.reporter import Reporter
from cnnviz.training.slots import Queue

__all__ = ["main", "parser", "with_runs", "work"]

_NICE = 5  # the page comes first

_DESCRIPTION = """\
Queue for a worker slot, then train the run that asked.json in its folder asks for, or continue it.

The Training lab starts this for every run. So many runs train at once as CNNVIZ_SLOTS says (default: 1); the others
wait, first come first served. One of the words run, pause, step and stop in the file `wish` steers it; it tells how it
is in the file `state.json`."""


def with_runs(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the option that says where runs are kept."""
    default = Path(os.environ.get("CNNVIZ_RUNS") or "runs")
    text = f"where runs are kept (default: {default})"
    parser.add_argument("--runs", type=Path, default=default, metavar="FOLDER", help=text)
    return parser


def parser() -> argparse.ArgumentParser:
    """What can be typed after `work`."""
    found = argparse.ArgumentParser(
        prog="python -m cnnviz.training work",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("name", help="of the run's folder")
    return with_runs(found)


def main(words: Sequence[str]) -> int:
    """Carry out `work` with these words, and return the exit status, as `work` does."""
    found = parser().parse_args(words)
    return work(found.runs / found.name)


def work(folder: Path) -> int:
    """Train a run whose folder is there already. Returns the exit status: 0, or 1 for what a user can mend."""
    os.nice(_NICE)
    try:
        locks.hold(folder)
    except CnnvizError as error:
        print(error, file=sys.stderr)
        return 1
    asked = notes.read_object(folder / "asked.json")
    since = asked.get("since")
    try:
        with Reporter(folder, Queue(folder.parent, since if isinstance(since, int) else None)) as reporter:
            reporter.wait()
            _train(folder, asked, reporter)
    except CnnvizError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        locks.let_go()
    return 0


def _train(folder: Path, asked: dict[str, Any], reporter: Reporter) -> None:
    from rich.console import Console

    from cnnviz.training import data, follow, runs

    recipe = control.recipe(folder)
    root = Path(asked.get("root") or data.ROOT).expanduser()
    pictures = data.load(recipe.data, root, download=asked.get("download") is True)
    reporter.wait()  # for what was wished meanwhile
    is_new = not (folder / "recipe.json").exists()
    run = runs.create(folder, recipe, pictures) if is_new else runs.open_run(folder)
    console = Console(highlight=False, soft_wrap=True)
    follow.follow(run, pictures, follow.device(), console, reporter=reporter)
