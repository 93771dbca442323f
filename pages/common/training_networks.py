"""Which networks can learn from pictures of a size, known without building them, and what is offered about each."""

from __future__ import annotations

from collections.abc import Mapping

from cnnviz.networks import zoo
from cnnviz.networks.zoo import Architecture, Option, Value
from cnnviz.training.recipe import CUSTOM

__all__ = ["CUSTOM", "SMALLEST", "adapted", "fits", "is_for_small_pictures", "network_names", "offered_options"]


# The smallest pictures, in pixels a side, that a network can be trained on; a test trains each of them. Others take
# what they were published for.
SMALLEST = {
    "simple_cnn": 4,
    "hierarchical_cnn": 8,
    "nin_cifar": 4,
    "alexnet": 63,
    "nin": 39,
    "googlenet": 15,
    "googlenet_2014": 15,
    "inception_v3": 75,
    "inception_resnet_v2": 75,
    "xception": 7,
}
_SMALLEST_OF_FAMILIES = {
    "vgg": 32,
    "resnet": 1,
    "cifar_resnet": 1,
    "squeeze_excitation": 1,
    "mobilenet": 1,
    "efficientnet": 1,
    "densenet": 29,
}
_LENET = 32  # LeNet's linear layers take one size only, its padding included

_LARGE = 64  # pixels a side: networks that were published for more are made for large pictures
_OPTIONS = ("norm", "shortcut", "dropout", "width", "activation")  # what a lesson is about, in that order


def network_names() -> tuple[str, ...]:
    """Keys of all networks for pictures."""
    return tuple(name for name in zoo.names() if len(zoo.get(name).input_shape) == 3)


def is_for_small_pictures(record: Architecture) -> bool:
    """Whether a network was published for pictures as small as those of a lesson's data sets."""
    return record.input_shape[1] <= _LARGE


def fits(name: str, rows: int, columns: int) -> bool:
    """Whether a network can be trained on pictures of this size, with the options that `adapted` adds."""
    if name.startswith("lenet5"):
        return rows == columns and _LENET - rows in (0, 2, 4)
    return min(rows, columns) >= smallest(name)


def smallest(name: str) -> int:
    """The smallest side of pictures, in pixels, that a network can be trained on."""
    record = zoo.get(name)
    return SMALLEST.get(name, _SMALLEST_OF_FAMILIES.get(record.family, record.input_shape[1]))


def adapted(name: str, rows: int) -> dict[str, Value]:
    """The options that pictures of so many rows ask for: LeNet gets what is missing to its 32 × 32 as padding."""
    missing = (_LENET - rows) // 2
    return {"padding": missing} if name.startswith("lenet5") and missing else {}


def offered_options(name: str) -> tuple[Option, ...]:
    """What can be chosen about a network here, of all that its builder takes."""
    known: Mapping[str, Option] = {each.name: each for each in zoo.get(name).options}
    return tuple(known[each] for each in _OPTIONS if each in known)
