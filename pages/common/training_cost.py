"""How much work a run would be, before it starts: operations counted, and seconds from what this machine has shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace

from cnnviz.errors import DataError, WorkError
from cnnviz.networks import custom
from cnnviz.text import N_
from cnnviz.training import control
from cnnviz.training.recipe import Recipe
from pages.common.network_facts import facts
from pages.common.run_list import Entry
from pages.common.training_data import DataChoice
from pages.common.training_networks import CUSTOM

__all__ = [
    "LEAST_FREE",
    "MOST_EPOCHS",
    "MOST_PARAMETERS",
    "MOST_WORK",
    "Cost",
    "check_custom",
    "check_work",
    "cost",
    "seconds",
]

MOST_WORK = 2e13  # multiply-accumulates, forward, of all pictures in all epochs: about an hour and a half on one core
MOST_EPOCHS = 200  # each leaves an observation on the disk
MOST_PARAMETERS = 30_000_000  # a checkpoint takes twelve bytes for each
LEAST_FREE = 2  # GB of the disk that the runs are on
_PER_SECOND = 4e9  # of them, while learning on one core, where nothing was measured yet
_SMALL = 1.5  # the largest factor between two runs that count as alike

_WORK = N_(
    "This is {times:.0f} times as much work as the page may ask for: take fewer epochs, a smaller network or less "
    "data, or start it on the command line, which has no such limit."
)
_EPOCHS = N_(
    "{limit} epochs are the most that the page may ask for: take fewer, or start it on the command line, which has no "
    "such limit."
)
_PARAMETERS = N_(
    "This network has {count:.0f} million parameters, but {limit} million are the most that the page may ask for: take "
    "a smaller one, or start it on the command line, which has no such limit."
)
_FREE = N_("The disk here has less than {limit} GB free: no run can start until some are removed.")
_ENDS = N_("The network ends in {output} numbers, but these pictures have {classes} classes: change its last layer.")


@dataclass(frozen=True)
class Cost:
    """What was counted: parameters, and multiply-accumulates of one picture on its way forward."""

    parameters: int
    macs: int


def cost(recipe: Recipe, data: DataChoice) -> Cost:
    """Count a recipe's network for its data.

    Raises:
        CnnvizError: when the network cannot be used on the pictures.
    """
    if recipe.model == CUSTOM:
        return check_custom(recipe.layers, data)
    options = {**recipe.options, "in_channels": data.shape[0], "num_classes": data.classes}
    found = facts(recipe.model, tuple(options.items()), data.shape[1:]).summary
    if found.failure:
        raise found.failure
    return Cost(found.parameters, found.macs)


def check_custom(text: str, data: DataChoice) -> Cost:
    """Count a network of one's own for the pictures that it is to learn from; needs no torch.

    Raises:
        CnnvizError: when a layer does not fit, or the output is not one number for each class.
    """
    done = custom.steps(replace(custom.read(text), input_shape=data.shape))
    output = done[-1].cost.output
    if output != (data.classes,):
        raise DataError(_ENDS, output=" × ".join(map(str, output)), classes=data.classes)
    return Cost(sum(each.cost.parameters for each in done), sum(each.cost.macs for each in done))


def check_work(recipe: Recipe, data: DataChoice, counted: Cost) -> None:
    """Refuse what would keep everybody waiting, or fill the disk.

    Raises:
        WorkError: when it is too much.
    """
    work = recipe.epochs * data.pictures * counted.macs
    if work > MOST_WORK:
        raise WorkError(_WORK, times=work / MOST_WORK)
    if recipe.epochs > MOST_EPOCHS:
        raise WorkError(_EPOCHS, limit=MOST_EPOCHS)
    if counted.parameters > MOST_PARAMETERS:
        raise WorkError(_PARAMETERS, count=counted.parameters / 1e6, limit=MOST_PARAMETERS // 1_000_000)
    place = next(each for each in (control.RUNS, *control.RUNS.parents) if each.exists())
    if shutil.disk_usage(place).free < LEAST_FREE * 1e9:
        raise WorkError(_FREE, limit=LEAST_FREE)


def seconds(recipe: Recipe, data: DataChoice, counted: Cost, runs: Iterable[Entry]) -> float:
    """About how long a run will learn: from the last like it on this machine, else from its operations."""
    rate = next((each.rate for each in runs if each.rate and _alike(each.recipe, recipe)), 0.0)
    rate = rate or _PER_SECOND / max(counted.macs, 1)
    return recipe.epochs * data.pictures / rate


def _alike(one: Recipe, other: Recipe) -> bool:
    """Whether both take a picture in about the same time."""

    def what(recipe: Recipe) -> tuple[object, ...]:
        return recipe.model, dict(recipe.options), recipe.data, recipe.augmentation, getattr(recipe, "layers", "")

    ratio = one.batch_size / other.batch_size
    return what(one) == what(other) and 1 / _SMALL <= ratio <= _SMALL
