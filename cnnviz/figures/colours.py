"""Colour maps: diverging for signed numbers, sequential for gains, cyclic for phases, hues for directions.

The diverging map runs in CIELAB with equal steps of lightness on both sides of a near-white zero, from blue
(negative) to orange (positive): the pair stays apart for readers who do not tell red from green.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["MIDDLE", "cyclic", "directions", "diverging", "sequential"]

MIDDLE = 127
"""Index of zero in the diverging map, which has 255 entries: 127 below it and 127 above."""

# CIELAB (L, a, b); the ends share their lightness, so that +x and -x look equally strong.
_NEGATIVE, _ZERO, _POSITIVE = (48.0, 8.0, -56.0), (97.0, 0.0, 0.0), (48.0, 50.0, 56.0)


@functools.cache
def diverging() -> NDArray[np.uint8]:
    """The diverging map, uint8 (255, 3), RGB; entry `MIDDLE` is zero. Read-only."""
    steps = np.linspace(0.0, 1.0, MIDDLE + 1)[:, None]
    negative = np.array(_ZERO) + steps[::-1] * (np.array(_NEGATIVE) - np.array(_ZERO))
    positive = np.array(_ZERO) + steps[1:] * (np.array(_POSITIVE) - np.array(_ZERO))
    lab = np.concatenate([negative, positive]).astype(np.float32)[None]
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0], 0.0, 1.0)
    palette: NDArray[np.uint8] = np.rint(255 * rgb).astype(np.uint8)
    palette.setflags(write=False)
    return palette


def sequential() -> NDArray[np.uint8]:
    """Viridis, uint8 (256, 3), RGB: evenly brighter, and safe for readers who do not tell red from green. Read-only."""
    return _opencv(cv2.COLORMAP_VIRIDIS)


def cyclic() -> NDArray[np.uint8]:
    """Twilight, uint8 (256, 3), RGB: the last entry meets the first, as -180 degrees meet 180. Read-only."""
    return _opencv(cv2.COLORMAP_TWILIGHT)


@functools.cache
def _opencv(code: int) -> NDArray[np.uint8]:
    bgr = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, None], code)[:, 0]
    palette: NDArray[np.uint8] = np.ascontiguousarray(bgr[:, ::-1])
    palette.setflags(write=False)
    return palette


def directions(angle: NDArray[np.float32], strength: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Directions as hues, their strength as brightness.

    Args:
        angle: radians, float32 (H, W); 0 is red, and the hue runs once around for a whole turn.
        strength: the same shape, 0-1: 0 is black.

    Returns:
        uint8 (H, W, 3), RGB.
    """
    hue = np.mod(np.degrees(angle), 360.0).astype(np.float32)
    value = np.clip(strength, 0.0, 1.0).astype(np.float32)
    rgb = cv2.cvtColor(np.stack([hue, np.ones_like(hue), value], axis=-1), cv2.COLOR_HSV2RGB)
    levels: NDArray[np.uint8] = np.rint(255 * rgb).astype(np.uint8)
    return levels
