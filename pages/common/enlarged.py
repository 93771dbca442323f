"""Small pictures, made large without losing their pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["enlarged"]


def enlarged(seen: NDArray[np.float32], width: int) -> NDArray[np.uint8]:
    """Levels of a picture (H, W, 1 or 3), 0–1, each pixel a square; twice as fine as `width` where it is small.

    Returns:
        uint8, (H·k, W·k) for grey or (H·k, W·k, 3): k is the smallest whole number with W·k of 2·`width` at least.
    """
    levels = np.rint(255 * seen.clip(0, 1)).astype(np.uint8)
    factor = -(-2 * width // levels.shape[1])
    large = levels.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.ascontiguousarray(large[:, :, 0] if large.shape[2] == 1 else large)
