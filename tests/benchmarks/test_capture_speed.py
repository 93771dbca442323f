"""Time and memory of capturing a pass as a multiple of the bare forward pass under inference mode, in the same run.

Both take turns, so that a busy machine slows both. Memory is the peak of a process of its own above what it held
before the pass; of ours, the captured tensors are not counted. The tables at the end report and never fail. Run with
`--benchmark-enable --dist=no`.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import zoo
from cnnviz.networks.capture import capture
from cnnviz.networks.torchvision_door import torchvision
from tests.benchmarks.turns import printed_table, ratios

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

torch.set_num_threads(1)

NAMES = ["resnet18", "resnet50", "densenet121"]
KEPT = {"nothing": (), "one step": ("bn1",), "every step": None}
TABLE_HEAD = f"{'network':>18} {'kept':>18} {'bare ms':>8} {'median':>7} {'best':>6} {'cpu':>6}"

# Runs in a fresh process, whose peak nothing else has raised. The first pass, of one pixel, loads what any pass needs.
PEAK = """
import sys
import torch
from cnnviz.networks.capture import capture
from cnnviz.networks.torchvision_door import torchvision

def kilobytes(entry):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(entry))

torch.set_num_threads(1)
network = getattr(torchvision().models, sys.argv[1])().eval()
with torch.inference_mode():
    capture(network, torch.zeros(1, 3, 32, 32))
    x = torch.zeros(1, 3, 224, 224)
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")  # the peak starts anew
    before = kilobytes("VmRSS")
    steps = capture(network, x) if sys.argv[2] == "ours" else {"bare": network(x)}
    print((kilobytes("VmHWM") - before) * 1024, sum(each.nbytes for each in steps.values()))
"""


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Lines that are printed once all rows are measured."""
    with printed_table(request, "capture / bare forward pass under inference mode", TABLE_HEAD) as lines:
        yield lines


@pytest.mark.benchmark
@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("name", NAMES)
def test_time_of_a_capture(benchmark: BenchmarkFixture, table: list[str], name: str, kept: str) -> None:
    """Torchvision's networks, whose activations work in place; a small one of ours when nothing is measured."""
    network = getattr(torchvision().models, name)() if benchmark.enabled else zoo.build("resnet20")
    network.eval()
    x = torch.zeros(1, 3, 224, 224) if benchmark.enabled else torch.zeros(1, 3, 16, 16)
    keep = {"one step": [next(n for n, m in network.named_modules() if not m._modules)]}.get(kept, KEPT[kept])

    def ours() -> object:
        with torch.inference_mode():
            return capture(network, x, keep=keep)

    def bare() -> object:
        with torch.inference_mode():
            return network(x)

    columns = ratios(benchmark, ours, bare, rounds=11, cpu=True)
    if columns is not None:
        table.append(f"{name:>18} {kept:>18} {columns}")


def peak(root: Path, name: str, what: str) -> tuple[int, int]:
    """Bytes above those before the pass, and bytes of what it returned."""
    command = [sys.executable, "-W", "ignore", "-c", PEAK, name, what]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    first, second = run.stdout.split()
    return int(first), int(second)


@pytest.mark.benchmark
@pytest.mark.parametrize("name", NAMES)
def test_memory_of_a_capture(benchmark: BenchmarkFixture, table: list[str], root: Path, name: str) -> None:
    """Every step kept; (peak - captured) / peak of the bare pass."""
    if not benchmark.enabled:
        benchmark(lambda: None)
        return
    bare, _ = peak(root, name, "bare")
    ours, captured = benchmark.pedantic(peak, (root, name, "ours"))
    table.append(
        f"{name:>18} memory: bare {bare / 1e6:.0f} MB, ours {ours / 1e6:.0f} MB, of these captured "
        f"{captured / 1e6:.0f} MB: {(ours - captured) / bare:.2f}"
    )
