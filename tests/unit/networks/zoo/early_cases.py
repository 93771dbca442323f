"""What the tests of the networks from LeNet-5 to ResNeXt share."""

from __future__ import annotations

from torch import nn

from cnnviz.networks.zoo.records.early import EARLY
from cnnviz.networks.zoo.records.residual import RESIDUAL

__all__ = ["BY_KEY", "layer_count"]

BY_KEY = {record.key: record for record in (*EARLY, *RESIDUAL)}


def layer_count(network: nn.Module) -> int:
    """Layers with weights, as papers count them: convolutions and linear layers, not those of shortcuts."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) and "shortcut" not in name for name, module in network.named_modules()
    )
