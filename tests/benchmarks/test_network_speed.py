"""The time of a network's facts as a multiple of one forward pass without numbers, in the same run.

Both take turns, so that a busy machine slows both. The table at the end reports and never fails. Run with
`--benchmark-enable --dist=no`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import zoo
from cnnviz.networks.structure import tree
from cnnviz.networks.summary import summarize
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

TABLE_HEAD = f"{'network':>18} {'what':>18} {'bare ms':>8} {'median':>7} {'best':>6}"


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    with printed_table(request, "ours / one forward pass on the meta device", TABLE_HEAD) as lines:
        yield lines


@pytest.mark.benchmark
@pytest.mark.parametrize("whole", [False, True], ids=["facts", "facts and tree"])
@pytest.mark.parametrize("name", ["resnet18", "resnet152", "densenet201", "efficientnet_b7"])
def test_facts_against_a_forward_pass(benchmark: BenchmarkFixture, table: list[str], name: str, whole: bool) -> None:
    """Shapes, costs and receptive fields of all layers; and their tree of blocks."""
    network = zoo.blueprint(name if benchmark.enabled else "lenet5").eval()
    shape = (1, *zoo.get(name if benchmark.enabled else "lenet5").input_shape)
    x = torch.empty(shape, device="meta")

    def ours() -> object:
        found = summarize(network, shape)
        return tree(found) if whole else found

    def bare() -> object:
        with torch.no_grad():
            return network(x)

    columns = ratios(benchmark, ours, bare, rounds=11)
    if columns is not None:
        table.append(f"{name:>18} {'facts and tree' if whole else 'facts':>18} {columns}")
