"""The filters of a network's first convolution, trained and before training, wherever the network comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks import published_weights, shipped, torchvision_models
from cnnviz.text import N_
from cnnviz.training import checkpoints, observations
from cnnviz.training.loop import build
from cnnviz.training.pictures import DataSet, Pictures
from cnnviz.training.probes import MOST_FILTERS
from cnnviz.training.recipe import Recipe
from cnnviz.training.runs import open_run

__all__ = ["FirstFilters", "of_published", "of_run", "of_shipped"]

Filters = NDArray[np.float32]

_NONE = N_("{name} has no convolution over pictures, so it has no filters to show.")
_OTHERS = N_("The checkpoint of {name} belongs to another network.")
_NOT_YET = N_("{name} has learned nothing yet: there are no weights of it on the disk.")


@dataclass(frozen=True, eq=False)
class FirstFilters:
    """The first layer of one network.

    Attributes:
        trained: float32, shape (K, C, kh, kw).
        before: the same before training; None when nobody knows.
        epoch: epochs that were done; 0 when nobody knows.
        is_cut: K is `probes.MOST_FILTERS`, and the layer may have more.
    """

    trained: Filters
    before: Filters | None
    epoch: int
    is_cut: bool = False


def of_shipped(name: str) -> FirstFilters:
    """Filters of a network that lies in `models/`; those before training are drawn anew from its recipe's seed.

    Raises:
        WeightsError: when there is no such network, its files are damaged, or it has no convolution.
    """
    found = shipped.load(name)
    card = found.card
    recipe = card.get("recipe") or {}
    before = _before(recipe, tuple(card["input"]["shape"]), found.classes)
    return FirstFilters(_first(found.network, name), before, int(recipe.get("epochs", 0)))


def of_run(folder: Path) -> FirstFilters:
    """Filters of a run as far as it has come: its last observation, or its last checkpoint.

    An observation keeps the first `probes.MOST_FILTERS` alone; of a larger layer the checkpoint tells them all.

    Raises:
        RunError: when it cannot be read.
        WeightsError: when it has no convolution, or nothing of it was written yet.
    """
    run = open_run(folder)
    observed = _observed(folder)
    if observed and not observed.is_cut:
        return observed
    checkpoint = checkpoints.latest(run.checkpoints)
    if checkpoint is None:
        if observed:
            return observed
        raise WeightsError(_NOT_YET, name=folder.name)
    data = _blank(tuple(run.facts.get("shape", ())), tuple(run.facts.get("classes", ())))
    network = build(run.recipe, data)
    before = None if run.recipe.start else _first(network, folder.name).copy()
    try:
        network.load_state_dict(checkpoint.network())
    except RuntimeError as error:
        raise WeightsError(_OTHERS, name=folder.name) from error
    return FirstFilters(_first(network, folder.name), before, checkpoint.epoch)


def _observed(folder: Path) -> FirstFilters | None:
    """What the last observation kept; None when there is none."""
    epochs = observations.epochs(folder)
    if not epochs:
        return None
    last = observations.read(folder, epochs[-1])
    if not len(last.filters):
        raise WeightsError(_NONE, name=folder.name)
    before = observations.read(folder, 0).filters if epochs[0] == 0 else None
    return FirstFilters(last.filters, before, epochs[-1], len(last.filters) == MOST_FILTERS)


def of_published(name: str) -> FirstFilters:
    """Filters of a network whose weights torchvision published, from their file; nothing is fetched.

    Args:
        name: as for `torchvision_models.record_of`: "resnet18".

    Raises:
        WeightsError: when they are not on this machine, or damaged.
    """
    state = published_weights.state_dict(torchvision_models.record_of(name))
    first = next((each for each in state.values() if each.ndim == 4), None)  # they stand in the order of the layers
    if first is None:
        raise WeightsError(_NONE, name=name)
    return FirstFilters(first.float().numpy(), None, 0)


def _first(network: nn.Module, name: str) -> Filters:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module.weight.detach().float().numpy()
    raise WeightsError(_NONE, name=name)


def _before(values: Mapping[str, Any], shape: tuple[int, ...], classes: tuple[str, ...]) -> Filters | None:
    """The first weights that a recipe's seed draws; None when they came from another network, or it cannot be read."""
    try:
        recipe = Recipe.from_values(values)
        if recipe.start:
            return None
        return _first(build(recipe, _blank(shape, classes)), recipe.model)
    except (CnnvizError, ValueError, TypeError):
        return None


def _blank(shape: tuple[int, ...], classes: tuple[str, ...]) -> DataSet:
    """A data set of no pictures: a network is built for sizes and classes alone."""
    channels, rows, columns = shape
    none = Pictures(torch.zeros(0, channels, rows, columns, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64))
    ones = (1.0,) * channels
    return DataSet("", "", classes, none, none, ones, ones, "", "", "", "")
