"""Several maps as one picture: one request, one scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["montage"]


def montage(
    maps: Sequence[NDArray[np.floating]], across: int, palette: NDArray[np.uint8], high: float, gap: int = 4
) -> NDArray[np.uint8]:
    """Lay maps of one size side by side, all on one scale from 0 to `high`.

    Args:
        maps: (H, W) each, not negative.
        across: maps in a row.
        palette: uint8 (256, 3).
        high: the value of the last colour.
        gap: white pixels between two maps.

    Returns:
        uint8 (rows * (H + gap) - gap, across * (W + gap) - gap, 3).
    """
    height, width = maps[0].shape
    down = -(-len(maps) // across)
    sheet = np.full((down * (height + gap) - gap, across * (width + gap) - gap, 3), 255, np.uint8)
    for number, values in enumerate(maps):
        top, left = number // across * (height + gap), number % across * (width + gap)
        levels = np.rint(np.clip(values / (high or 1.0), 0, 1) * 255).astype(np.uint8)
        sheet[top : top + height, left : left + width] = palette[levels]
    return sheet
