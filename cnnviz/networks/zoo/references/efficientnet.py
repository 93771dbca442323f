"""torchvision's EfficientNets: which of their parameters is which of ours."""

from __future__ import annotations

__all__ = ["from_torchvision"]

_UNIT = {"0": "conv", "1": "norm"}
_FIRST = ("depthwise", "squeeze_excitation", "project")  # the blocks of stage 2 do not widen
_OTHERS = ("expand", *_FIRST)


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "features.2.0.block.1.0.weight" -> "stage3.0.depthwise.conv.weight"."""
    path, parameter = name.rsplit(".", maxsplit=1)
    if path == "classifier.1":
        return f"stage9.fc.{parameter}"
    _, number, place, *rest = path.split(".")
    if number == "0":
        return f"stage1.{_UNIT[place]}.{parameter}"
    if number == "8":
        return f"stage9.conv.{_UNIT[place]}.{parameter}"
    part = (_FIRST if number == "1" else _OTHERS)[int(rest[1])]
    layer = rest[2] if part == "squeeze_excitation" else _UNIT[rest[2]]
    return f"stage{int(number) + 1}.{place}.{part}.{layer}.{parameter}"
