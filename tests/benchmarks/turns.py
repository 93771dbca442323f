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


Times = tuple[list[float], list[float]]


def _take_turns(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[Times, Times]:
    """Time both, alternating which goes first: seconds on the clock, and seconds of this process's CPU time."""
    clock: Times = ([], [])
    cpu: Times = ([], [])
    calls = (ours, bare)
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 else (1, 0):
            start, worked = time.perf_counter(), time.process_time()
            calls[which]()
            clock[which].append(time.perf_counter() - start)
            cpu[which].append(time.process_time() - worked)
    return clock, cpu


def ratios(
    benchmark: BenchmarkFixture, ours: Callable[[], object], bare: Callable[[], object], rounds: int, cpu: bool = False
) -> str | None:
    """Run `ours`; with benchmarks enabled, the columns: best bare ms, ours / bare by median and best.

    With `cpu` a third ratio follows, of the medians of CPU time: other processes disturb it least.
    """
    benchmark.pedantic(ours, rounds=2, warmup_rounds=1)
    if not benchmark.enabled:
        return None
    (our_times, bare_times), (our_work, bare_work) = _take_turns(ours, bare, rounds)
    median = statistics.median(our_times) / statistics.median(bare_times)
    best = min(our_times) / min(bare_times)
    worked = statistics.median(our_work) / statistics.median(bare_work)
    benchmark.extra_info.update(
        ratio_of_medians=round(median, 3), ratio_of_best=round(best, 3), ratio_of_cpu=round(worked, 3)
    )
    return f"{1000 * min(bare_times):8.2f} {median:7.2f} {best:6.2f}" + (f" {worked:6.2f}" if cpu else "")


@contextmanager
def printed_table(request: pytest.FixtureRequest, title: str, head: str) -> Iterator[list[str]]:
    """Lines to add to; they are printed, past pytest's capture, once all are measured."""
    lines: list[str] = []
    yield lines
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if lines and capture is not None:
        with capture.global_and_fixture_disabled():
            print(f"\n\n{title}", head, *lines, sep="\n")
