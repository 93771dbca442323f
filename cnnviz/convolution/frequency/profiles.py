"""What kind of filter a line through a frequency response shows, from the gains along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnnviz.convolution.frequency.response import Real

__all__ = ["BLOCKED", "FLAT", "Kind", "Profile", "profile"]

Kind = Literal["all-pass", "low-pass", "high-pass", "high-boost", "band-pass", "band-stop", "mixed", "blocked"]

FLAT = 10 ** (-1 / 20)  # 1 dB: gains this close are alike
BLOCKED = 0.1  # of the peak, -20 dB: a line on which no gain reaches this is as good as blocked
_HELD = 0.01  # of the line's peak, -40 dB: below, flat areas count as removed
_KINDS: dict[tuple[bool, int], Kind] = {
    (True, 1): "low-pass",
    (False, 1): "high-pass",
    (False, 2): "band-pass",
    (True, 2): "band-stop",
}


@dataclass(frozen=True)
class Profile:
    """The gains along a line, in short.

    Attributes:
        kind: what the line alone would be called.
        start: gain at its start.
        end: gain at its end.
        smallest: gain.
        largest: gain.
        smallest_at: position of the smallest gain, in cycles per pixel from the start.
        largest_at: position of the largest gain.
        half_at: position where the gain first is halfway between the smallest and the largest; 0 when it never is.
    """

    kind: Kind
    start: float
    end: float
    smallest: float
    largest: float
    smallest_at: float
    largest_at: float
    half_at: float


def profile(distance: Real, gains: Real, peak: float) -> Profile:
    """Describe the gains (P,) at ascending distances (P,); `peak` is the largest gain of the whole response.

    Halfway between its smallest and largest gain the line is cut into what is passed and what is weakened. Passed,
    then weakened is low-pass; weakened, passed, weakened is band-pass; and so on. What begins weakened and ends
    passed is high-boost rather than high-pass when nothing falls more than 1 dB below the gain at the start, and
    that gain is at least a hundredth of the largest. A line is flat within 1 dB, blocked below -20 dB of `peak`.
    """
    low, high = int(gains.argmin()), int(gains.argmax())
    return Profile(
        _kind(gains, peak),
        float(gains[0]),
        float(gains[-1]),
        float(gains[low]),
        float(gains[high]),
        float(distance[low] - distance[0]),
        float(distance[high] - distance[0]),
        _half_at(distance, gains),
    )


def _kind(gains: Real, peak: float) -> Kind:
    smallest, largest = float(gains.min()), float(gains.max())
    if largest <= BLOCKED * peak:
        return "blocked"
    if smallest >= FLAT * largest:
        return "all-pass"
    passed = _above_half(gains) >= 0
    kind = _KINDS.get((bool(passed[0]), int(np.count_nonzero(np.diff(passed)))), "mixed")
    held = gains[0] >= _HELD * largest and smallest >= FLAT * gains[0]
    return "high-boost" if kind == "high-pass" and held else kind


def _above_half(gains: Real) -> Real:
    return np.asarray(gains - (gains.min() + gains.max()) / 2)


def _half_at(distance: Real, gains: Real) -> float:
    """The first crossing, on a straight line between two samples."""
    above = _above_half(gains)
    crossings = np.flatnonzero(np.diff(above >= 0))
    if not crossings.size:
        return 0.0
    i = int(crossings[0])
    share = above[i] / (above[i] - above[i + 1])
    return float(distance[i] + share * (distance[i + 1] - distance[i]) - distance[0])
