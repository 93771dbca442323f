"""torchvision's GoogLeNet: which of its parameters is which of ours.

Its published weights expect pictures normalised to −1 … 1, (x − 0.5) / 0.5, which torchvision does in the network.
"""

from __future__ import annotations

import re

__all__ = ["from_torchvision"]

_RULES = (
    (r"^conv1\.", "stem.conv1."),
    (r"^conv2\.", "stem.reduce2."),
    (r"^conv3\.", "stem.conv2."),
    (r"^inception(\d[a-e])\.", r"inception_\1."),
    (r"\.branch1\.", ".branch_1x1."),
    (r"\.branch2\.0\.", ".branch_3x3.reduce."),
    (r"\.branch2\.1\.", ".branch_3x3.conv."),
    (r"\.branch3\.0\.", ".branch_5x5.reduce."),
    (r"\.branch3\.1\.", ".branch_5x5.conv."),
    (r"\.branch4\.1\.", ".branch_pool.projection."),
    (r"^aux(\d)\.", r"auxiliary\1."),
    (r"\.bn\.", ".norm."),
)


def from_torchvision(name: str) -> str:
    """Translate the name of a parameter: "inception3a.branch1.bn.bias" -> "inception_3a.branch_1x1.norm.bias"."""
    for pattern, replacement in _RULES:
        name = re.sub(pattern, replacement, name)
    return name
