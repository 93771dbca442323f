"""The engine's time as a multiple of a bare cv2.filter2D on the same float32 picture, in the same run.

Ours and the bare call take turns, so that a busy machine slows both. The table at the end reports and never
fails; the numbers are in `extra_info` as well. Run with `--benchmark-enable --dist=no`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cnnviz.convolution import filtering
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZES = (3, 7, 11, 15, 31)
SHAPES = ((1024, 1024), (1024, 1024, 3))
CASES = [*((border, False) for border in filtering.BORDERS), ("reflect", True)]
TABLE_HEAD = f"{'picture':>12} {'kernel':>10} {'border':>10} {'method':>10} {'bare ms':>8} {'median':>7} {'best':>6}"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    with printed_table(request, "filtering.correlate / cv2.filter2D", TABLE_HEAD) as lines:
        yield lines


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
    columns = ratios(benchmark, ours, bare, rounds=7)
    if columns is None:
        return
    name = f"{size} x {size}{' r1' if separable else ''}"
    kind = "x".join(map(str, x.shape))
    table.append(f"{kind:>12} {name:>10} {border:>10} {filtering.method(weights):>10} {columns}")
