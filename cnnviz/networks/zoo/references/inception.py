"""torchvision's Inception v3: which of its parameters is which of ours.

Its published weights expect pictures normalised to −1 … 1, (x − 0.5) / 0.5, which torchvision does in the network.
"""

from __future__ import annotations

import re

__all__ = ["from_torchvision"]

_STEM = {"1a_3x3": "conv1", "2a_3x3": "conv2", "2b_3x3": "conv3", "3b_1x1": "conv4", "4a_3x3": "conv5"}
_STAGES = {
    "5b": "inception_a.0",
    "5c": "inception_a.1",
    "5d": "inception_a.2",
    "6a": "reduction_a",
    "6b": "inception_b.0",
    "6c": "inception_b.1",
    "6d": "inception_b.2",
    "6e": "inception_b.3",
    "7a": "reduction_b",
    "7b": "inception_c.0",
    "7c": "inception_c.1",
}
_BRANCHES = {
    "inception_a": {
        "branch1x1": "branch_1x1",
        "branch5x5_1": "branch_5x5.reduce",
        "branch5x5_2": "branch_5x5.conv",
        "branch3x3dbl_1": "branch_3x3_3x3.reduce",
        "branch3x3dbl_2": "branch_3x3_3x3.convs.first",
        "branch3x3dbl_3": "branch_3x3_3x3.convs.second",
        "branch_pool": "branch_pool.projection",
    },
    "reduction_a": {
        "branch3x3": "branch_3x3",
        "branch3x3dbl_1": "branch_3x3_3x3.reduce",
        "branch3x3dbl_2": "branch_3x3_3x3.convs.first",
        "branch3x3dbl_3": "branch_3x3_3x3.convs.second",
    },
    "inception_b": {
        "branch1x1": "branch_1x1",
        "branch7x7_1": "branch_7x7.reduce",
        "branch7x7_2": "branch_7x7.convs.first",
        "branch7x7_3": "branch_7x7.convs.second",
        "branch7x7dbl_1": "branch_7x7_7x7.reduce",
        "branch7x7dbl_2": "branch_7x7_7x7.convs1.first",
        "branch7x7dbl_3": "branch_7x7_7x7.convs1.second",
        "branch7x7dbl_4": "branch_7x7_7x7.convs2.first",
        "branch7x7dbl_5": "branch_7x7_7x7.convs2.second",
        "branch_pool": "branch_pool.projection",
    },
    "reduction_b": {
        "branch3x3_1": "branch_3x3.reduce",
        "branch3x3_2": "branch_3x3.conv",
        "branch7x7x3_1": "branch_7x7_3x3.reduce",
        "branch7x7x3_2": "branch_7x7_3x3.convs.first",
        "branch7x7x3_3": "branch_7x7_3x3.convs.second",
        "branch7x7x3_4": "branch_7x7_3x3.conv",
    },
    "inception_c": {
        "branch1x1": "branch_1x1",
        "branch3x3_1": "branch_3x3.reduce",
        "branch3x3_2a": "branch_3x3.split.wide",
        "branch3x3_2b": "branch_3x3.split.tall",
        "branch3x3dbl_1": "branch_3x3_3x3.reduce",
        "branch3x3dbl_2": "branch_3x3_3x3.conv",
        "branch3x3dbl_3a": "branch_3x3_3x3.split.wide",
        "branch3x3dbl_3b": "branch_3x3_3x3.split.tall",
        "branch_pool": "branch_pool.projection",
    },
}


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "Mixed_6a.branch3x3.bn.bias" -> "reduction_a.branch_3x3.norm.bias"."""
    module, rest = re.sub(r"\.bn\.", ".norm.", name).split(".", maxsplit=1)
    if module == "fc":
        return name
    if module == "AuxLogits":
        return f"auxiliary.{rest}"
    kind, place = module.split("_", maxsplit=1)
    if kind == "Conv2d":
        return f"stem.{_STEM[place]}.{rest}"
    stage = _STAGES[place]
    branch, parameter = rest.split(".", maxsplit=1)
    return f"{stage}.{_BRANCHES[stage.split('.')[0]][branch]}.{parameter}"
