"""What the tests of the networks from LeNet-5 to ResNeXt share."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.summary import summarize
from cnnviz.networks.zoo.records.early import EARLY
from cnnviz.networks.zoo.records.residual import RESIDUAL

if TYPE_CHECKING:
    from cnnviz.networks.facts import Summary

__all__ = ["BY_KEY", "layer_count", "published", "weight_count"]

BY_KEY = {record.key: record for record in (*EARLY, *RESIDUAL)}


@cache
def published(key: str) -> tuple[nn.Module, Summary]:
    """A network as published, without numbers, and its layers; not to be changed."""
    network = zoo.blueprint(key)
    return network, summarize(network, (1, *zoo.get(key).input_shape))


def weight_count(network: nn.Module) -> int:
    """All parameters."""
    return sum(each.numel() for each in network.parameters())


def layer_count(network: nn.Module) -> int:
    """Layers with weights, as papers count them: convolutions and linear layers, not those of shortcuts."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) and "shortcut" not in name for name, module in network.named_modules()
    )
