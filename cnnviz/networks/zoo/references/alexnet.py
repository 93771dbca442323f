"""torchvision's AlexNet: which of its parameters is which of ours."""

from __future__ import annotations

__all__ = ["from_torchvision"]

_LAYERS = {
    "features.0": "conv1.conv",
    "features.3": "conv2.conv",
    "features.6": "conv3.conv",
    "features.8": "conv4.conv",
    "features.10": "conv5.conv",
    "classifier.1": "fc6.linear",
    "classifier.4": "fc7.linear",
    "classifier.6": "fc8",
}


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "features.3.weight" -> "conv2.conv.weight"."""
    layer, parameter = name.rsplit(".", maxsplit=1)
    return f"{_LAYERS[layer]}.{parameter}"
