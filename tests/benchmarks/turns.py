"""Timing two calls that take turns, so that both meet the same noise of the machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from pytest_benchmark.fixture import BenchmarkFixture

__all__ = ["printed_table", "ratios"]


def _take_turns(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Time both, alternating which goes first; seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    calls = (ours, bare)
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            start = time.perf_counter()
            calls[which]()
            times[which].append(time.perf_counter() - start)
    return times


def ratios(
    benchmark: BenchmarkFixture, ours: Callable[[], object], bare: Callable[[], object], rounds: int
) -> str | None:
    """Run `ours`; with benchmarks enabled, the columns: best bare ms, ours / bare by median and best."""
    benchmark.pedantic(ours, rounds=2, warmup_rounds=1)
    if not benchmark.enabled:
        return None
    our_times, bare_times = _take_turns(ours, bare, rounds)
    median = statistics.median(our_times) / statistics.median(bare_times)
    best = min(our_times) / min(bare_times)
    benchmark.extra_info.update(ratio_of_medians=round(median, 3), ratio_of_best=round(best, 3))
    return f"{1000 * min(bare_times):8.2f} {median:7.2f} {best:6.2f}"


@contextmanager
def printed_table(request: pytest.FixtureRequest, title: str, head: str) -> Iterator[list[str]]:
    """Lines to add to; they are printed, past pytest's capture, once all are measured."""
    lines: list[str] = []
    yield lines
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if lines and capture is not None:
        with capture.global_and_fixture_disabled():
            print(f"\n\n{title}", head, *lines, sep="\n")
