"""Weights to begin with: those of a trained network, its head excepted (transfer learning).

A network that was trained on other pictures has features that may serve again. All its layers are taken over but the
head, which is drawn anew from the seed even when the number of classes is the same: they are other classes. Pictures
are made what the trained network knows: its number of channels, its size, normalised with its mean and deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import DataError, WeightsError
from cnnviz.networks import custom, shipped, zoo
from cnnviz.networks.published_weights import published
from cnnviz.text import N_
from cnnviz.training.freezing import head, layers
from cnnviz.training.pictures import DataSet, Pictures
from cnnviz.training.recipe import CUSTOM, TORCHVISION, Recipe
from cnnviz.training.refit import refit

__all__ = ["Beginning", "find", "layers"]

_MOST_NUMBERS = 10**9  # of all pictures: 4 GB of floats

_OTHER = N_("“{start}” is another network ({model}; {options}): choose the same model with the same options.")
_OTHER_LAYERS = N_("“{start}” has other layers: {layers}. All but the last one must be the same.")
_LARGE = N_(
    "{pictures:,} pictures of the {rows} × {columns} pixels that “{start}” needs do not fit into memory: take fewer."
)


@dataclass(frozen=True, eq=False)
class Beginning:
    """A trained network, as another one begins with it.

    Attributes:
        name: in models/, or "torchvision".
        tensors: its weights and statistics, by name, without the head.
        shape: (channels, rows, columns) of its pictures.
        mean, std: that they were normalised with.
        origin: the SHA-256 of its weights, or the name of torchvision's file.
    """

    name: str
    tensors: Mapping[str, Tensor]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: str

    def adapted(self, data: DataSet) -> DataSet:
        """The same pictures with the channels and the size that the network knows, and with its mean and deviation.

        Raises:
            DataError: when the channels cannot be converted, or the pictures would not fit into memory.
        """
        channels, rows, columns = self.shape
        count = len(data.train) + len(data.test)
        if count * channels * rows * columns > _MOST_NUMBERS:
            raise DataError(_LARGE, pictures=count, rows=rows, columns=columns, start=self.name)
        train, test = (Pictures(refit(each.images, self.shape), each.labels) for each in (data.train, data.test))
        return replace(data, train=train, test=test, mean=self.mean, std=self.std)

    @torch.no_grad()
    def put_into(self, network: nn.Module) -> None:
        """Give the weights to a network that was built for them; its head stays as it is."""
        state = network.state_dict()  # the tensors are the network's own
        for name, tensor in self.tensors.items():
            state[name].copy_(tensor)

    def facts(self) -> dict[str, str]:
        """What a card keeps of it."""
        return {"name": self.name, "origin": self.origin}


def find(recipe: Recipe) -> Beginning | None:
    """The trained network that the recipe names, or None when it begins with weights that are drawn.

    Raises:
        WeightsError: when there is none of that name, or it is another network than the recipe's.
    """
    if not recipe.start:
        return None
    if recipe.start == TORCHVISION:
        found = published(recipe.model, recipe.options)
        tensors = _without_head(found.tensors, recipe)
        return Beginning(TORCHVISION, tensors, found.shape, found.mean, found.std, found.file)
    trained = shipped.load(recipe.start)
    card = trained.card
    _check_same(recipe, card["architecture"])
    channels, rows, columns = card["input"]["shape"]
    mean, std = (tuple(card["input"][each]) for each in ("mean", "std"))
    tensors = _without_head(trained.network.state_dict(), recipe)
    return Beginning(recipe.start, tensors, (channels, rows, columns), mean, std, card["sha256"])


def _without_head(tensors: Mapping[str, Tensor], recipe: Recipe) -> dict[str, Tensor]:
    heads = head(recipe.model, recipe.options, recipe.layers)
    return {name: each for name, each in tensors.items() if name.rpartition(".")[0] not in heads}


def _check_same(recipe: Recipe, architecture: Mapping[str, Any]) -> None:
    """Refuse a start of another architecture, or with other options; channels and classes are no options here."""
    model, options = str(architecture["key"]), architecture["options"]
    if model == recipe.model == CUSTOM:
        _check_same_layers(recipe, options["layers"])
    elif model != recipe.model or _all_options(model, options) != _all_options(model, recipe.options):
        told = ", ".join(f"{key}={value}" for key, value in options.items()) or "–"
        raise WeightsError(_OTHER, start=recipe.start, model=model, options=told)


def _all_options(model: str, options: Mapping[str, zoo.Value]) -> dict[str, zoo.Value]:
    return zoo.get(model).checked({key: each for key, each in options.items() if not key.startswith(("in_ch", "num_"))})


def _check_same_layers(recipe: Recipe, text: str) -> None:
    theirs, ours = custom.read(text), custom.read(recipe.layers)
    last = _place_of_head(ours)
    same = theirs.input_shape == ours.input_shape and _place_of_head(theirs) == last
    if not same or theirs.layers[:last] != ours.layers[:last] or theirs.layers[last + 1 :] != ours.layers[last + 1 :]:
        raise WeightsError(_OTHER_LAYERS, start=recipe.start, layers=text)


def _place_of_head(network: custom.Custom) -> int:
    return max((place for place, step in enumerate(custom.steps(network)) if step.cost.parameters), default=-1)
