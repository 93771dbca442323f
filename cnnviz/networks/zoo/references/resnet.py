"""torchvision's ResNets and ResNeXts: which of their parameters is which of ours."""

from __future__ import annotations

import re

__all__ = ["from_torchvision"]

_RULES = (
    (r"^conv1\.", "conv1.conv."),
    (r"^bn1\.", "conv1.norm."),
    (r"^layer(\d)\.", lambda found: f"conv{int(found[1]) + 1}_x."),
    (r"\.bn(\d)\.", r".norm\1."),
    (r"\.downsample\.0\.", ".shortcut.conv."),
    (r"\.downsample\.1\.", ".shortcut.norm."),
)


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "layer1.0.bn2.weight" -> "conv2_x.0.norm2.weight"."""
    for pattern, replacement in _RULES:
        name = re.sub(pattern, replacement, name)
    return name
