"""Networks of runs in the catalogue: "run:NAME@EPOCH", as far as a run keeps their weights.

    run_networks.register()
    catalogue.load("run:lenet5-mnist-1@12")

A run keeps its last two checkpoints. Importing this module, and listing, does not import torch before a run is there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError, RunError
from cnnviz.networks import catalogue, custom, shipped, zoo
from cnnviz.networks.loaded import Entry, Loaded, at_rest, polarity
from cnnviz.networks.preparation import Preparation
from cnnviz.text import N_
from cnnviz.training import control

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.training.recipe import Recipe
    from cnnviz.training.runs import Run

__all__ = ["SOURCE", "entries", "key_of", "load_run", "register"]

SOURCE = "run"

_NAME = re.compile(r"(?P<run>[^@]+)@(?P<epoch>[0-9]{1,6})", re.ASCII)
_MOST_RUNS = 30  # that are listed; the newest

_Stamp = tuple[tuple[int, int, int], ...]  # inode, time of the last change in nanoseconds, bytes of each file

_NO_KEY = N_("“{key}” names no epoch of a run: write it as run:NAME@EPOCH.")
_DAMAGED = N_("What the run {name} says of its network does not fit its weights.")


def register() -> None:
    """Let the catalogue load networks of runs."""
    catalogue.register(SOURCE, load_run)


def key_of(run: str, epoch: int) -> str:
    """Key in the catalogue."""
    return f"{SOURCE}:{run}@{epoch}"


def entries(runs: Path | None = None) -> tuple[Entry, ...]:
    """The last checkpoint of each of the newest runs below a folder (`control.RUNS` when none is given).

    Cheap: looks at the files' times and the checkpoints' names, and reads a file only when it has changed.
    """
    newest = sorted(control.folders(runs), key=_order, reverse=True)[:_MOST_RUNS]
    found = (_entry(each, _stamp(each, "recipe.json", "data.json"), _last_epoch(each)) for each in newest)
    return tuple(filter(None, found))


def _order(folder: Path) -> tuple[float, str]:
    """As `control.all_states` has it."""
    return _asked(folder, _stamp(folder, "asked.json", "recipe.json")), folder.name


def _stamp(folder: Path, *names: str) -> _Stamp:
    """What changes when one of these files is written anew."""
    found = []
    for name in names:
        try:
            status = (folder / name).stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)


@functools.lru_cache(maxsize=100_000)  # all runs are asked for in turn: with fewer places none would be found
def _asked(folder: Path, _stamped: _Stamp) -> float:
    """When a run was asked for."""
    try:
        return control.state(folder).asked
    except (OSError, ValueError, RecursionError):
        return 0.0


def _last_epoch(folder: Path) -> int:
    """0 when there is no checkpoint yet."""
    from cnnviz.training import checkpoints

    return max(checkpoints.epochs(folder / "checkpoints"), default=0)


@functools.lru_cache(maxsize=4 * _MOST_RUNS)
def _entry(folder: Path, _stamped: _Stamp, epoch: int) -> Entry | None:
    """None when there is no checkpoint yet, or the run cannot be read."""
    from cnnviz.training.runs import open_run

    if not epoch:
        return None
    try:
        run = open_run(folder)
        shape, classes = tuple(map(int, run.facts["shape"])), len(run.facts["classes"])
    except (CnnvizError, LookupError, TypeError, ValueError):
        return None
    shape = () if run.recipe.start else shape  # the network that it began with decides
    return Entry(key_of(folder.name, epoch), _title(run, epoch), run.recipe.model, SOURCE, shape, classes, True)


def load_run(name: str, runs: Path | None = None) -> Loaded:
    """Load "NAME@EPOCH", the network of a run after an epoch.

    Raises:
        RunError: when there is no such run, its files are damaged, or no weights of that epoch are kept.
        WeightsError: when the network that it began with is gone.
    """
    from cnnviz.training import checkpoints
    from cnnviz.training.runs import open_run

    asked = _NAME.fullmatch(name)
    if asked is None:
        raise RunError(_NO_KEY, key=name[:80])
    run = open_run(control.find(asked["run"], runs))
    checkpoint = checkpoints.read(run.checkpoints, int(asked["epoch"]))
    try:
        classes = tuple(map(str, run.facts["classes"]))
        preparation = _preparation(run)
        network = _blueprint(run.recipe, preparation.shape[0], len(classes))
        network.load_state_dict(checkpoint.network(), assign=True)
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(_DAMAGED, name=run.folder.name) from error
    key = key_of(run.folder.name, checkpoint.epoch)
    return Loaded(
        key, _title(run, checkpoint.epoch), run.recipe.model, SOURCE, at_rest(network), classes, preparation,
        {"options": _options(run.recipe), "accuracy": {"top1": checkpoint.metrics[-1].get("test_accuracy")}},
        polarity(preparation),
    )  # fmt: skip


def _title(run: Run, epoch: int) -> str:
    title = run.recipe.model if run.recipe.model == shipped.CUSTOM else zoo.get(run.recipe.model).title
    return f"{title}, {run.folder.name}@{epoch}"


def _preparation(run: Run) -> Preparation:
    """As the pictures of its data set were given to it, or to the network that it began with."""
    from cnnviz.training import start

    beginning = start.find(run.recipe)
    if beginning:
        return Preparation(beginning.shape, beginning.mean, beginning.std)
    channels, rows, columns = map(int, run.facts["shape"])
    mean, std = (tuple(map(float, run.facts[each])) for each in ("mean", "std"))
    return Preparation((channels, rows, columns), mean, std)


def _options(recipe: Recipe) -> Mapping[str, Any]:
    return {"layers": recipe.layers} if recipe.model == shipped.CUSTOM else dict(recipe.options)


def _blueprint(recipe: Recipe, channels: int, classes: int) -> nn.Module:
    """The network without numbers."""
    if recipe.model != shipped.CUSTOM:
        return zoo.blueprint(recipe.model, **{**recipe.options, "in_channels": channels, "num_classes": classes})
    from cnnviz.networks.custom import building

    return building.blueprint(custom.read(recipe.layers))
