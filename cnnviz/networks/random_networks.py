"""Networks with the random weights that training would begin with: what the architecture alone does.

Two kinds: a network of the zoo as it was published, "random:resnet18"; and the twin of any other one of the catalogue,
which has its options, channels and classes and gets its pictures, "random:resnet20-cifar10".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cnnviz.errors import WeightsError
from cnnviz.networks import shipped, zoo
from cnnviz.networks.loaded import Entry, Loaded, at_rest, classes_of
from cnnviz.networks.preparation import for_shape
from cnnviz.text import N_, Sentence

if TYPE_CHECKING:
    from torch import nn

__all__ = ["SEED", "SOURCE", "entries", "load_random", "twin_key"]

SOURCE = "random"
SEED = 0

_NOTE = N_("Its weights are random: it was never trained, and its answers mean nothing.")
_WORDS = N_("{title} reads words, not pictures: choose another network.")
_BYTES = 4  # of a float32


def entries() -> tuple[Entry, ...]:
    """All networks of the zoo that take pictures, in the order in which they are taught."""
    return tuple(_entry(zoo.get(name)) for name in zoo.names() if len(zoo.get(name).input_shape) == 3)


def _entry(record: zoo.Architecture) -> Entry:
    parameters = next((each.parameters for each in record.published if each.parameters), 0)
    return Entry(
        f"{SOURCE}:{record.key}", record.title, record.key, SOURCE, record.input_shape, record.num_classes, True,
        round(parameters * _BYTES), Sentence(_NOTE),
    )  # fmt: skip


def twin_key(key: str) -> str:
    """Key of the network that is the same but for its weights, which are random; "" when they are random already."""
    return "" if key.startswith(f"{SOURCE}:") else f"{SOURCE}:{key}"


def load_random(name: str) -> Loaded:
    """Build a network of the zoo, or the twin of another one; its weights are the same each time.

    Args:
        name: a key of the zoo, or of the catalogue.

    Raises:
        UnknownNetworkError: when the zoo has none of that name, and the catalogue neither.
        WeightsError: when it does not take pictures, or the other network cannot be loaded.
    """
    if name not in zoo.names() and (":" in name or name in shipped.names()):
        return _twin(name)
    record = zoo.get(name)
    if len(record.input_shape) != 3:
        raise WeightsError(_WORDS, title=record.title)
    network = _drawn(lambda: zoo.build(name))
    channels, rows, columns = record.input_shape
    return Loaded(
        f"{SOURCE}:{name}", record.title, name, SOURCE, at_rest(network), classes_of(record.num_classes),
        for_shape((channels, rows, columns)), {"seed": SEED}, Sentence(_NOTE),
    )  # fmt: skip


def _twin(key: str) -> Loaded:
    from cnnviz.networks import catalogue

    trained = catalogue.load(key)
    if trained.source == SOURCE:
        return trained
    network = _drawn(lambda: _build(trained))
    card = {**trained.card, "seed": SEED}
    return replace(
        trained, key=f"{SOURCE}:{key}", source=SOURCE, network=at_rest(network), card=card, note=Sentence(_NOTE)
    )


def _build(trained: Loaded) -> nn.Module:
    """The architecture of a trained network with its options, for its channels and classes."""
    options = _options(trained.card)
    if trained.architecture == shipped.CUSTOM:
        from cnnviz.networks import custom
        from cnnviz.networks.custom import building

        return building.build(custom.read(options["layers"]))
    if trained.architecture in zoo.names():
        sizes = {"in_channels": trained.shape[0], "num_classes": len(trained.classes)}
        return zoo.build(trained.architecture, **{**options, **sizes})
    from cnnviz.networks.torchvision_door import torchvision

    classes = len(trained.classes)
    network: nn.Module = torchvision().models.get_model(trained.architecture, weights=None, num_classes=classes)
    return network


def _options(card: Mapping[str, Any]) -> dict[str, Any]:
    """As a card tells them: that of a shipped network below "architecture"."""
    told = card.get("architecture", card)
    return dict(told.get("options", {}))


def _drawn(build: Callable[[], nn.Module]) -> nn.Module:
    from cnnviz.networks.zoo.initialisation import Seeded

    with Seeded(SEED):
        return build()
