"""Going on with a run: under the same limits as starting one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cnnviz.errors import RunError
from cnnviz.networks import shipped, zoo
from cnnviz.text import N_
from cnnviz.training import control, launch, notes
from cnnviz.training.recipe import TORCHVISION, Recipe
from pages.common.training_cost import check_work, cost
from pages.common.training_data import NAMED, OWN, DataChoice, find

__all__ = ["resume", "seen_shape"]

_DIVERGED = N_("The loss of “{name}” ran away, and would again: train anew with a smaller learning rate.")


def resume(folder: Path, owner: str) -> None:
    """Continue a run that has no process.

    Args:
        folder: of the run.
        owner: who asks.

    Raises:
        WorkError: when it is more work than the page may ask for.
        RunError: when its loss ran away, or as `launch.resume`.
        CnnvizError: when its network cannot be used on its pictures, or those are not there any more.
    """
    if control.state(folder).diverged:
        raise RunError(_DIVERGED, name=folder.name)
    recipe = control.recipe(folder)
    data = _data(folder, recipe, owner)
    check_work(recipe, data, cost(recipe, data))
    launch.resume(folder, owner)


def _data(folder: Path, recipe: Recipe, owner: str) -> DataChoice:
    """What it learns from: as its own facts tell, else as the lists of data do."""
    facts = notes.read_object(folder / "data.json")
    found = _told(facts, recipe) or find(recipe.data if recipe.data in NAMED else OWN + Path(recipe.data).stem, owner)
    shape = seen_shape(recipe, found.shape)
    return DataChoice(found.key, found.title, recipe.data, shape, found.pictures, found.classes)


def _told(facts: dict[str, Any], recipe: Recipe) -> DataChoice | None:
    """None while it has not read its pictures, or when its file is damaged."""
    try:
        channels, rows, columns = map(int, facts["shape"])
        pictures, classes = int(facts["train_pictures"]), len(facts["classes"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None
    return DataChoice("", "", recipe.data, (channels, rows, columns), pictures, classes)


def seen_shape(recipe: Recipe, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """What the network gets to see of pictures of a shape: one that begins trained sees what it was trained on.

    Raises:
        WeightsError: when the trained network is not there any more.
    """
    if recipe.start == TORCHVISION:
        channels, rows, columns = zoo.get(recipe.model).input_shape
        return channels, rows, columns
    if recipe.start:
        channels, rows, columns = map(int, shipped.read_card(recipe.start)["input"]["shape"])
        return channels, rows, columns
    return shape
