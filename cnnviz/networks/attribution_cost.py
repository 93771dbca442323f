"""What the attribution methods send through a network, before it is sent. Nothing here needs torch."""

from __future__ import annotations

import math

from cnnviz.convolution.checks import Pair

__all__ = ["STEPS", "backward_passes", "forward_passes", "squares", "window"]

STEPS = 50
"""Points of integrated gradients on the way from the baseline to the picture (Gauss-Legendre)."""

_SQUARES = 7  # that stand side by side; the next one begins half a square further


def window(side: int) -> Pair:
    """Pixels of the covering square along a side of the picture, and from one square to the next."""
    size = max(1, side // _SQUARES)
    return size, max(1, size // 2)


def squares(size: Pair) -> int:
    """Places of the covering square on a picture of `size` (rows, columns)."""
    number = 1
    for side in size:
        extent, stride = window(side)
        number *= math.ceil((side - extent) / stride) + 1
    return number


def forward_passes(method: str, size: Pair) -> int:
    """Pictures that a method sends through the network.

    Args:
        method: a key of `attribution.METHODS`.
        size: of the network's pictures, (rows, columns).
    """
    return 1 + {"integrated_gradients": STEPS, "occlusion": squares(size)}.get(method, 0)


def backward_passes(method: str) -> int:
    """Pictures for which a method asks for a gradient."""
    return {"integrated_gradients": STEPS, "occlusion": 0}.get(method, 1)
