"""Feature maps as small grey pictures for a browser: 8 bits a pixel, each channel on its own scale.

Each channel carries the numbers that its levels 0 and 255 stand for, so that a page can put any common colour scale
over them (one for a channel, a layer or a network) without asking for the maps again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError

__all__ = ["Tiles", "block_mean", "tiles"]

_LEVELS = 255
_LARGEST = np.float32(1e38)  # a difference of two numbers up to here is still a float32


@dataclass(frozen=True)
class Tiles:
    """Channels as levels; level k of channel c stands for minimum[c] + k / 255 · (maximum[c] − minimum[c]).

    Attributes:
        levels: uint8 (C, h, w).
        minimum: float32 (C,), smallest number of the reduced channel: level 0.
        maximum: float32 (C,), largest number of the reduced channel: level 255. A constant channel has level 0.
        factor: side of the square of activations whose mean became one pixel; 1 when nothing was reduced.
        finite: bool (C,): the channel had neither NaN nor infinite numbers. Where it had, they look like the smallest
            (NaN and −∞) or the largest (∞) of the others.
    """

    levels: NDArray[np.uint8]
    minimum: NDArray[np.float32]
    maximum: NDArray[np.float32]
    factor: int
    finite: NDArray[np.bool_]


def tiles(maps: NDArray[np.float32], largest: int) -> Tiles:
    """Turn maps into levels, reduced by area averaging until no side is longer than `largest`.

    Args:
        maps: float32 (C, H, W).
        largest: pixels, at least 1.

    Returns:
        Tiles whose numbers differ from the reduced maps by half a level at most.

    Raises:
        ParameterError: when `largest` is below 1 or the maps are not (C, H, W) with a pixel at least.
    """
    if largest < 1:
        raise ParameterError("largest", largest, "1 …")
    if maps.ndim != 3 or maps.size == 0:
        raise ParameterError("maps", maps.shape, "(C, H, W)")
    factor = -(-max(maps.shape[1:]) // largest)
    reduced = block_mean(maps, factor)
    minimum, maximum = reduced.min(axis=(1, 2)), reduced.max(axis=(1, 2))
    finite = (minimum > -_LARGEST) & (maximum < _LARGEST)  # False for NaN, too
    if not finite.all():
        reduced, minimum, maximum = _bounded(reduced)
    return Tiles(_levels(reduced, minimum, maximum), minimum, maximum, factor, finite)


def block_mean(maps: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Means of squares of `factor` × `factor` numbers; at the lower and right edge of what is left of them.

    Args:
        maps: float32 (C, H, W).
        factor: at least 1.

    Returns:
        float32 (C, ⌈H / factor⌉, ⌈W / factor⌉); `maps` itself for a factor of 1.
    """
    if factor == 1:
        return maps
    with np.errstate(over="ignore", invalid="ignore"):  # infinite numbers are no reason to stop
        return _mean(_mean(maps, factor, axis=1), factor, axis=2)


def _mean(values: NDArray[np.float32], factor: int, axis: int) -> NDArray[np.float32]:
    """Means along one axis: adding every `factor`-th slice is several times faster than reducing a reshaped array."""
    length = values.shape[axis]
    part = [slice(None)] * values.ndim
    part[axis] = slice(0, None, factor)
    total = values[tuple(part)].copy()
    for start in range(1, min(factor, length)):
        part[axis] = slice(start, None, factor)
        added = values[tuple(part)]
        part[axis] = slice(0, added.shape[axis])
        total[tuple(part)] += added
    counts = np.full(total.shape[axis], factor, np.float32)
    counts[-1] = length - factor * (len(counts) - 1)
    total /= np.expand_dims(counts, tuple(range(1, values.ndim - axis)))
    return total


def _bounded(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Numbers between the smallest and the largest usable one of their channel, and those two; 0 without any."""
    usable = np.abs(values) < _LARGEST
    minimum = np.where(usable, values, np.inf).min(axis=(1, 2))
    maximum = np.where(usable, values, -np.inf).max(axis=(1, 2))
    empty = ~usable.any(axis=(1, 2))
    minimum[empty] = maximum[empty] = 0.0
    low, high = minimum[:, None, None], maximum[:, None, None]
    return np.clip(np.where(np.isnan(values), low, values), low, high), minimum, maximum


def _levels(
    values: NDArray[np.float32], minimum: NDArray[np.float32], maximum: NDArray[np.float32]
) -> NDArray[np.uint8]:
    span = maximum.astype(np.float64) - minimum
    known = span > _LEVELS * np.finfo(np.float32).tiny  # below, the scale has no float32
    scale = np.divide(_LEVELS, span, out=np.zeros_like(span), where=known).astype(np.float32)
    levels = values - minimum[:, None, None]
    levels *= scale[:, None, None]
    levels += np.float32(0.5)  # rounded by cutting off: all are positive
    np.minimum(levels, np.float32(_LEVELS), out=levels)
    return levels.astype(np.uint8)
