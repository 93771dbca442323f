"""Grad-CAM as a multiple of a bare forward pass, in the same run: three at most, whatever the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import zoo
from cnnviz.networks.attribution import attribute
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

LAYERS = {
    "resnet18": ("conv1.activation", "conv5_x.1.activation2"),
    "resnet50": ("conv1.activation", "conv5_x.2.activation3"),
}
CASES = [(name, step) for name, steps in LAYERS.items() for step in steps]


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    head = f"{'network':>10} {'layer':>24} {'pass ms':>8} {'median':>7} {'best':>6} {'cpu':>6}"
    with printed_table(request, "Grad-CAM in forward passes, 224×224, one thread", head) as lines:
        yield lines


@pytest.mark.benchmark
@pytest.mark.parametrize(("name", "step"), CASES)
def test_grad_cam_in_forward_passes(name: str, step: str, table: list[str], benchmark: BenchmarkFixture) -> None:
    """Pass, gradient and map together; small pictures where nothing is measured."""
    network = zoo.build(name).eval().requires_grad_(False)
    side = 224 if benchmark.enabled else 64
    x = torch.rand(3, side, side)

    def bare() -> torch.Tensor:
        with torch.inference_mode():
            return network(x[None])

    line = ratios(benchmark, lambda: attribute(network, x, "grad_cam", 3, step), bare, 9, cpu=True)
    if line is not None:
        table.append(f"{name:>10} {step:>24} {line}")
    assert attribute(network, x, "grad_cam", 3, step).values.min() >= 0
