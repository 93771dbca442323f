"""The engine's time as a multiple of a bare cv2.filter2D on the same float32 picture, in the same run.

Ours and the bare call take turns, so that a busy machine slows both. The table at the end reports and never
fails; the numbers are in `extra_info` as well. Run with `--benchmark-enable --dist=no`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cnnviz.convolution import filtering
from tests.benchmarks.turns import take_turns

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZES = (3, 7, 11, 15, 31)
SHAPES = ((1024, 1024), (1024, 1024, 3))
CASES = [*((border, False) for border in filtering.BORDERS), ("reflect", True)]
TABLE_HEAD = f"{'picture':>12} {'kernel':>10} {'border':>10} {'method':>10} {'bare ms':>8} {'median':>7} {'best':>6}"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    lines: list[str] = []
    yield lines
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if lines and capture is not None:
        with capture.global_and_fixture_disabled():
            print("\n\nfiltering.correlate / cv2.filter2D", TABLE_HEAD, *lines, sep="\n")


@pytest.mark.benchmark
@pytest.mark.parametrize(("border", "separable"), CASES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", SHAPES, ids=["grey", "colour"])
def test_time_against_bare_filter2d(
    benchmark: BenchmarkFixture,
    table: list[str],
    shape: tuple[int, ...],
    size: int,
    border: str,
    separable: bool,
) -> None:
    """Same picture, same kernel; the bare call uses OpenCV's default border, whatever ours is."""
    rng = np.random.default_rng(0)
    side = shape[0] if benchmark.enabled else 64
    x = rng.random((side, side, *shape[2:]), dtype=np.float32)
    weights = np.outer(*rng.standard_normal((2, size))) if separable else rng.standard_normal((size, size))

    def ours() -> object:
        return filtering.correlate(x, weights, border)

    def bare() -> object:
        return cv2.filter2D(x, cv2.CV_32F, weights)

    if border == "reflect":
        np.testing.assert_allclose(ours(), bare(), atol=1e-5 * np.abs(weights).sum())
    benchmark.pedantic(ours, rounds=2, warmup_rounds=1)
    if not benchmark.enabled:
        return
    our_times, bare_times = take_turns(ours, bare, rounds=7)
    median = statistics.median(our_times) / statistics.median(bare_times)
    best = min(our_times) / min(bare_times)
    benchmark.extra_info.update(ratio_of_medians=round(median, 3), ratio_of_best=round(best, 3))
    name = f"{size} x {size}{' r1' if separable else ''}"
    kind = "x".join(map(str, x.shape))
    table.append(
        f"{kind:>12} {name:>10} {border:>10} {filtering.method(weights):>10} "
        f"{1000 * min(bare_times):8.2f} {median:7.2f} {best:6.2f}"
    )
