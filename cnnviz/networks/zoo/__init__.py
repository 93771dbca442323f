"""The architectures, from LeNet-5 to EfficientNet: a file per family, written to be read beside its paper.

Importing the package, or asking for its records, does not import torch; `build` does.

    model = zoo.build("resnet18", num_classes=10)
    zoo.get("resnet18").paper.link
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cnnviz.errors import UnknownNetworkError
from cnnviz.networks.zoo.architecture import Architecture, Option, Paper, Published, Value
from cnnviz.networks.zoo.records import RECORDS

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Architecture", "Option", "Paper", "Published", "Value", "blueprint", "build", "get", "names"]

_BY_KEY = {record.key: record for record in RECORDS}


def names() -> tuple[str, ...]:
    """Keys of all networks, in the order in which they are taught: by year, families together."""
    return tuple(_BY_KEY)


def get(name: str) -> Architecture:
    """Return the record of a network.

    Raises:
        UnknownNetworkError: when the zoo has none of that name.
    """
    if name not in _BY_KEY:
        raise UnknownNetworkError(name, names())
    return _BY_KEY[name]


def build(name: str, **options: Value) -> nn.Module:
    """Build a network with random weights, drawn as its paper draws them; in training mode, as PyTorch builds.

    Args:
        name: a key in `names()`.
        options: `in_channels`, `num_classes`, and what the record lists.

    Raises:
        UnknownNetworkError: when the zoo has none of that name.
        ParameterError: for an unknown option or one outside its range.
    """
    record = get(name)
    module, function = record.builder.split(":")
    builder = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    network: nn.Module = builder(**record.checked(options))
    return network


def blueprint(name: str, **options: Value) -> nn.Module:
    """The same as `build`, on PyTorch's "meta" device: every shape, no numbers, no memory and no time.

    Raises:
        UnknownNetworkError, ParameterError: as `build`.
    """
    import torch

    from cnnviz.networks.zoo.initialisation import Undrawn

    with torch.device("meta"), Undrawn():
        return build(name, **options)
