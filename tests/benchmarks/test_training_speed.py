"""Throughput of an epoch as a multiple of a bare loop over tensors that are in memory and normalised, in the same run.

Both take turns, so that a busy machine slows both. The table at the end reports and never fails. Run with
`--benchmark-enable --dist=no`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch.nn import functional

from cnnviz.training.loop import Loop, build, prepare
from cnnviz.training.pictures import DataSet, Pictures
from cnnviz.training.recipe import Recipe
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

TABLE_HEAD = f"{'network':>18} {'pictures':>18} {'bare ms':>8} {'median':>7} {'best':>6} {'CPU':>6}"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    with printed_table(request, "an epoch of the loop / the same steps written bare", TABLE_HEAD) as lines:
        yield lines


def noise(shape: tuple[int, int, int], count: int) -> DataSet:
    """Pictures that are as large as those of MNIST or CIFAR-10; what they show does not matter for time."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=generator)
    pictures = Pictures(images, torch.arange(count) % 10)
    few = Pictures(images[:10], pictures.labels[:10])
    channels = shape[0]
    return DataSet(
        "noise", "Noise", tuple("0123456789"), pictures, few, (0.5,) * channels, (0.3,) * channels, "", "MIT", "", ""
    )


@pytest.mark.benchmark
@pytest.mark.parametrize(
    ("model", "options", "shape", "count"),
    [("lenet5", {"padding": 2}, (1, 28, 28), 6400), ("resnet20", {}, (3, 32, 32), 512)],
    ids=["LeNet-5, MNIST", "ResNet-20, CIFAR-10"],
)
def test_an_epoch_against_a_bare_loop(
    benchmark: BenchmarkFixture,
    table: list[str],
    model: str,
    options: dict[str, int],
    shape: tuple[int, int, int],
    count: int,
) -> None:
    """No augmentation on either side: it is work that a bare loop does not do."""
    data = noise(shape, count if benchmark.enabled else 128)
    recipe = Recipe(model=model, options=options, batch_size=128, learning_rate=1e-3, schedule="constant")
    loop = Loop(recipe, data)
    network = build(recipe, data).train()
    optimiser = torch.optim.SGD(network.parameters(), 1e-3, 0.9, weight_decay=5e-4)
    images, labels = prepare(data.train, data)
    parts = list(zip(images.split(128), labels.split(128), strict=True))

    def bare() -> None:
        for x, y in parts:
            optimiser.zero_grad()
            functional.cross_entropy(network(x), y).backward()
            optimiser.step()

    columns = ratios(benchmark, loop.run_epoch, bare, rounds=7, cpu=True)
    if columns is not None:
        table.append(f"{model:>18} {len(data.train):>18} {columns}")
