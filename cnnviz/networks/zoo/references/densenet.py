"""torchvision's DenseNets: which of their parameters is which of ours."""

from __future__ import annotations

import re

__all__ = ["from_torchvision"]

_RULES = (
    (r"^features\.(conv|norm)0\.", r"stem.\1."),
    (r"^features\.denseblock(\d)\.denselayer(\d+)\.", r"dense_block\1.layer\2."),
    (r"\.(norm|conv)\.([12])\.", r".\1\2."),  # files from before 2017 have a dot there
    (r"^features\.transition(\d)\.", r"transition\1."),
    (r"^features\.norm5\.", "norm."),
    (r"^classifier\.", "fc."),
)


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "features.norm5.weight" -> "norm.weight"."""
    for pattern, replacement in _RULES:
        name = re.sub(pattern, replacement, name)
    return name
