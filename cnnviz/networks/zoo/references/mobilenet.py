"""torchvision's MobileNetV2: which of its parameters is which of ours."""

from __future__ import annotations

__all__ = ["from_torchvision"]

# Where torchvision's row of layers has each block: the repetitions of table 2 in the paper.
_BLOCKS = [
    f"bottleneck{stage}.{place}"
    for stage, repetitions in enumerate((1, 2, 3, 4, 3, 3, 1), 1)
    for place in range(repetitions)
]
_UNIT = {"0": "conv", "1": "norm"}
_PARTS = {"0.0": "expand.conv", "0.1": "expand.norm", "1.0": "depthwise.conv", "1.1": "depthwise.norm"}
_FIRST = {"0.0": "depthwise.conv", "0.1": "depthwise.norm", "1": "project.conv", "2": "project.norm"}
_OTHERS = {**_PARTS, "2": "project.conv", "3": "project.norm"}


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "features.2.conv.1.0.weight" -> "bottleneck2.0.depthwise.conv.weight"."""
    path, parameter = name.rsplit(".", maxsplit=1)
    if path == "classifier.1":
        return f"fc.{parameter}"
    _, number, *rest = path.split(".")
    if number in ("0", "18"):
        return f"conv{1 if number == '0' else 2}.{_UNIT[rest[0]]}.{parameter}"
    within = _FIRST if number == "1" else _OTHERS  # the first block does not widen
    return f"{_BLOCKS[int(number) - 1]}.{within['.'.join(rest[1:])]}.{parameter}"
