"""Spectra as pictures: the energy of every frequency, averaged to a square grid, as levels of its logarithm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["GRID", "LogLevels", "log_levels", "reduced"]

GRID = 256  # frequencies of a side, -0.5 to below 0.5 cycles per pixel
_DECADES = 6.0  # of amplitude below the largest that are shown


@dataclass(frozen=True, eq=False)
class LogLevels:
    """A spectrum as levels.

    Attributes:
        levels: uint8 (GRID, GRID); level n stands for 10 ** (low + n / 255 * (high - low)).
        low: log10 of the amplitude at level 0, which also stands for everything below.
        high: log10 of the amplitude at level 255.
    """

    levels: NDArray[np.uint8]
    low: float
    high: float


def reduced(power: NDArray[np.floating], size: int = GRID) -> NDArray[np.float64]:
    """Average the power of a centred spectrum (H, W) over the frequencies nearest to each of a size x size grid.

    A frequency half-way between two counts half for each, so that f and -f stay equal. Where the picture has fewer
    frequencies than the grid, the nearest one is taken.
    """
    rows, columns = (_averaging(n, size) for n in power.shape)
    return np.asarray(rows @ power.astype(np.float64) @ columns.T)


def _averaging(count: int, size: int) -> NDArray[np.float64]:
    """(size, count): each row averages the frequencies, of a transform of `count` samples, nearest to its own."""
    frequencies = (np.arange(count) - count // 2) / count
    own = (np.arange(size) - size // 2) / size
    distance = np.abs(own[:, None] - frequencies)
    distance = np.minimum(distance, 1 - distance) * size  # spectra repeat
    share = (distance < 0.5 - 1e-9) + 0.5 * (np.abs(distance - 0.5) <= 1e-9)
    empty = share.sum(axis=1) == 0
    nearest = distance <= distance.min(axis=1, keepdims=True) + 1e-9
    share = np.where(empty[:, None], nearest, share)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def log_levels(power: NDArray[np.floating], high: float | None = None) -> LogLevels:
    """Write a power spectrum (GRID, GRID) as levels of the logarithm of the amplitude, over six decades.

    Args:
        power: |X|^2, not negative.
        high: log10 of the amplitude at the top; that of the strongest frequency by default.
    """
    strongest = float(power.max(initial=0.0))
    top = high if high is not None else 0.5 * np.log10(strongest) if strongest > 0 else 0.0
    low = float(top) - _DECADES
    decades = 0.5 * np.log10(np.maximum(power, 10.0 ** (2 * low)))
    levels = np.rint(np.clip((decades - low) / _DECADES, 0, 1) * 255).astype(np.uint8)
    return LogLevels(levels, low, float(top))
