"""Transfer learning against learning from scratch: the same pictures, network, epochs and seed, three beginnings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnnviz.errors import CnnvizError
from cnnviz.networks import shipped, torchvision_models, zoo
from cnnviz.training.own_pictures import SIDE
from cnnviz.training.recipe import CUSTOM, TORCHVISION, Recipe

__all__ = ["KINDS", "Network", "batch_size", "counts", "frozen_choices", "kind_of", "networks", "program", "recipes"]

KINDS = ("transfer", "scratch", "fine")
_MOST_IN_A_BATCH = 16
_LEARNING_RATE = 0.02


@dataclass(frozen=True)
class Network:
    """A trained network to begin with.

    Attributes:
        key: its name in models/, or "torchvision-MODEL".
        start: as in `Recipe`.
        model: a key of the zoo.
        options: of its builder; without channels and classes.
        shape: (channels, rows, columns) that pictures are written in for it.
    """

    key: str
    start: str
    model: str
    shape: tuple[int, int, int]
    options: Mapping[str, zoo.Value] = field(default_factory=dict, hash=False)


def networks(folder: Path = shipped.MODELS) -> list[Network]:
    """Those in models/, then those of torchvision whose weights are in torch's cache. Reads cards, no weights."""
    return [*filter(None, (_of_card(name, folder) for name in shipped.names(folder))), *_from_torchvision()]


def _of_card(name: str, folder: Path) -> Network | None:
    """None for networks of one's own, whose head belongs to their text, and for those that read words."""
    try:
        card = json.loads((folder / f"{name}.json").read_text("utf-8"))
        channels, rows, columns = map(int, card["input"]["shape"])
        architecture = card["architecture"]
        model, options = str(architecture["key"]), dict(architecture["options"])
        if model == CUSTOM or len(zoo.get(model).input_shape) != 3:
            return None
        return Network(name, name, model, (channels, rows, columns), options)
    except (OSError, ValueError, LookupError, TypeError, CnnvizError):
        return None


def _from_torchvision() -> list[Network]:
    return [
        Network(f"torchvision-{name}", TORCHVISION, name, (3, SIDE, SIDE))
        for name in zoo.names()
        if any(each.is_here for each in torchvision_models.of(name))
    ]


def frozen_choices(network: Network) -> tuple[str, ...]:
    """Layers up to which the network can be frozen, from the input on. Imports torch."""
    from cnnviz.training.freezing import layers

    return layers(network.model, network.options)


def counts(network: Network, freeze: str, classes: int) -> tuple[int, int]:
    """Parameters that are trained and parameters that are frozen, with a head for so many classes. Imports torch.

    Raises:
        ParameterError: when there is no such layer.
    """
    from cnnviz.training.freezing import freeze as keep

    built = zoo.blueprint(network.model, **network.options, in_channels=network.shape[0], num_classes=classes)
    keep(built, Recipe(network.model, network.options, start=network.start, freeze=freeze), network.shape)
    trained = sum(each.numel() for each in built.parameters() if each.requires_grad)
    return trained, sum(each.numel() for each in built.parameters()) - trained


def recipes(network: Network, freeze: str, data: str, pictures: int, epochs: int, seed: int = 0) -> dict[str, Recipe]:
    """What to train, by kind: what begins trained and is frozen, what begins anew, what begins trained and is free.

    Args:
        network: to begin with.
        freeze: its last frozen layer.
        data: path of the pictures.
        pictures: how many there are to learn from.
        epochs: of each run.
        seed: of each run.

    Raises:
        ParameterError: for a value that a recipe refuses.
    """
    free = Recipe(
        network.model, network.options, data, epochs, batch_size(pictures), "sgd", _LEARNING_RATE,
        seed=seed, start=network.start,
    )  # fmt: skip
    return {"transfer": replace(free, freeze=freeze), "scratch": replace(free, start=""), "fine": free}


def program(network: Network, freeze: str, pictures: int, epochs: int) -> str:
    """The run "transfer" as a program that runs as pasted: see `transfer_program`. Imports torch.

    Raises:
        ParameterError: when there is no such layer to freeze.
        WeightsError: when the weights or their card are not there, or the network has several heads.
        DataError: when the network cannot be written as source.
    """
    from cnnviz.training.transfer_program import transfer_program

    return transfer_program(network, recipes(network, freeze, "pictures", pictures, epochs)[KINDS[0]])


def kind_of(recipe: Recipe) -> str:
    """Which of `KINDS` a recipe is."""
    return ("transfer" if recipe.freeze else "fine") if recipe.start else "scratch"


def batch_size(pictures: int) -> int:
    """At most 16 in a batch, so that as few as possible are left over: 20 pictures are two batches of 10."""
    batches = -(-pictures // _MOST_IN_A_BATCH)
    return max(pictures // max(batches, 1), 1)
