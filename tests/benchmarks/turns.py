"""Timing two calls that take turns, so that both meet the same noise of the machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["take_turns"]


def take_turns(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Time both, alternating which goes first; seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    calls = (ours, bare)
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            start = time.perf_counter()
            calls[which]()
            times[which].append(time.perf_counter() - start)
    return times
