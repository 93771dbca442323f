"""torchvision's VGGs: which of their parameters is which of ours."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["from_torchvision"]

# Convolutions of each stage, as in table 1 of the paper and in `vgg.CONFIGURATIONS`, which would import torch.
_STAGES = {"11": (1, 1, 2, 2, 2), "13": (2, 2, 2, 2, 2), "16": (2, 2, 3, 3, 3), "19": (2, 2, 4, 4, 4)}
_CLASSIFIER = {"0": "fc6", "3": "fc7", "6": "fc8"}


def from_torchvision(name: str, key: str) -> str:
    """Translate the name of a parameter: "features.2.weight" of "vgg16" -> "stage1.conv1_2.conv.weight".

    torchvision numbers all layers in one row, so that the same number means another layer in another network.
    """
    part, number, parameter = name.split(".")
    layer = f"classifier.{_CLASSIFIER[number]}" if part == "classifier" else _features(key)[int(number)]
    return f"{layer}.{parameter}"


@cache
def _features(key: str) -> tuple[str, ...]:
    """What stands at each place of torchvision's row; the layers without parameters, too."""
    found = re.fullmatch(r"vgg(\d+)(_bn)?", key)
    if found is None:
        raise KeyError(key)
    unit = ("conv", "norm", "activation") if found[2] else ("conv", "activation")
    names: list[str] = []
    for stage, convolutions in enumerate(_STAGES[found[1]], start=1):
        for place in range(1, convolutions + 1):
            names += [f"stage{stage}.conv{stage}_{place}.{each}" for each in unit]
        names.append(f"stage{stage}.pool{stage}")
    return tuple(names)
