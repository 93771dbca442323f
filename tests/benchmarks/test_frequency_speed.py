"""The time of spectra as a multiple of the bare scipy.fft call on the same float32 picture, in the same run.

Ours and the bare call take turns, so that a busy machine slows both. The table at the end reports and never
fails; the numbers are in `extra_info` as well. Run with `--benchmark-enable --dist=no`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import fft

from cnnviz.convolution import filtering
from cnnviz.convolution.frequency import spectrum, theorem
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SHAPES = ((1024, 1024), (1000, 1000), (768, 1366), (1024, 1024, 3))
TABLE_HEAD = f"{'picture':>12} {'what':>22} {'bare ms':>8} {'median':>7} {'best':>6}"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    with printed_table(request, "ours / bare", TABLE_HEAD) as lines:
        yield lines


def report(
    benchmark: BenchmarkFixture,
    table: list[str],
    name: tuple[tuple[int, ...], str],
    ours: Callable[[], object],
    bare: Callable[[], object],
) -> None:
    """Measure both and add a line to the table, when benchmarks are enabled."""
    columns = ratios(benchmark, ours, bare, rounds=15)
    if columns is None:
        return
    kind = "x".join(map(str, name[0]))
    table.append(f"{kind:>12} {name[1]:>22} {columns}")


def picture(benchmark: BenchmarkFixture, shape: tuple[int, ...]) -> np.ndarray:
    """Noise of this shape; small where only the path is tested."""
    sides = shape if benchmark.enabled else (64, 60, *shape[2:])
    return np.random.default_rng(0).random(sides, dtype=np.float32)


@pytest.mark.benchmark
@pytest.mark.parametrize("workers", [None, -1], ids=["one-thread", "all-threads"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_transform_against_bare_rfft2(
    benchmark: BenchmarkFixture, table: list[str], shape: tuple[int, ...], workers: int | None
) -> None:
    """Checks, record and DC test included; the bare call with one thread and with all."""
    x = picture(benchmark, shape)

    def ours() -> object:
        return spectrum.transform(x)

    def bare() -> object:
        return fft.rfft2(x, axes=(0, 1), workers=workers)

    np.testing.assert_array_equal(spectrum.transform(x).values, bare())
    report(benchmark, table, (x.shape, f"rfft2, workers={workers}"), ours, bare)


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [3, 31])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_theorem_against_bare_product(
    benchmark: BenchmarkFixture, table: list[str], shape: tuple[int, ...], size: int
) -> None:
    """Response, product and transform back from a ready spectrum; bare are both transforms of the kernel's route."""
    x = picture(benchmark, shape)
    weights = np.random.default_rng(1).standard_normal((size, size))
    ready = spectrum.transform(x)
    padded = np.zeros(x.shape[:2], np.float32)
    padded[:size, :size] = weights

    def ours() -> object:
        return theorem.apply(ready, weights)

    def bare() -> object:
        factors = fft.rfft2(padded, workers=-1)
        product = ready.values * factors.reshape(*factors.shape, *[1] * (x.ndim - 2))
        return fft.irfft2(product, x.shape[:2], axes=(0, 1), workers=-1)

    expected = filtering.correlate(x, weights, "circular")
    np.testing.assert_allclose(ours(), expected, atol=1e-6 * np.abs(weights).sum())
    report(benchmark, table, (x.shape, f"theorem, {size} x {size}"), ours, bare)
