"""Networks of one's own as programs: they run as pasted, and compute what the network of the page computes."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cnnviz.networks.custom import Custom, read, steps
from cnnviz.networks.custom.building import build
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.snippets.network import network_program
from tests.unit.networks.custom_cases import networks

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

EVERYTHING = (
    "3x16x16:conv8k3x5p1x2b0-bn-leaky_relu-drop20-dwk3s2p1b0-bn-relu-max2s1-res8-res16s2-bot16-inv16-inv16k5e1-se4-"
    "sep16k5-elu-gelu-silu-tanh-sigmoid-avg2s1-conv8psamed2g4-gap-flat-bn-fc6b0"
)


def run(program: str) -> dict[str, Any]:
    """Run a program in an empty namespace and check what it prints."""
    assert "cnnviz" not in program
    names: dict[str, Any] = {"__name__": "__main__"}
    printed = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(printed):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")  # only slower
        exec(compile(program, "program.py", "exec"), names)  # noqa: S102 - running it is the test
    count = sum(weights.numel() for weights in names["model"].parameters())
    assert printed.getvalue() == f"output: {tuple(names['y'].shape)}\nparameters: {count}\n"
    return names


def check(custom: Custom) -> None:
    """Same names and shapes of weights in one order; with the same weights, the same numbers."""
    names = run(network_program(custom))
    ours, theirs = build(custom).eval(), names["model"].eval()
    weights = ours.state_dict()
    assert {name: each.shape for name, each in theirs.state_dict().items()} == {
        name: each.shape for name, each in weights.items()
    }
    assert list(theirs.state_dict()) == list(weights)
    theirs.load_state_dict(weights)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
        assert torch.equal(ours(names["x"]), theirs(names["x"]))
    assert names["x"].shape[1:] == custom.input_shape
    assert names["y"].shape[1:] == steps(custom)[-1].cost.output


@pytest.mark.parametrize(
    "text", [EVERYTHING, *(each.text for each in EXAMPLES)], ids=["all", *(e.key for e in EXAMPLES)]
)
def test_the_program_is_the_network(text: str) -> None:
    """The starting points, and one network with every kind of layer."""
    torch.manual_seed(0)
    check(read(text))


@given(custom=networks())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_network_can_be_taken_away(custom: Custom) -> None:
    """Random networks; two pictures are enough for batch normalisation."""
    check(custom)


def test_only_the_blocks_that_are_used_are_written_out() -> None:
    """A plain network has one class; a residual block brings what it needs, before it, and once."""
    plain = network_program(read("3x8x8:conv4-relu-flat-fc2"))
    assert plain.count("class ") == 1
    blocks = network_program(read("3x8x8:res4-res4-bot8"))
    definitions = [line.split("(")[0].split()[1] for line in blocks.splitlines() if line.startswith(("class ", "def "))]
    assert definitions == ["Add", "projection", "BasicBlock", "Bottleneck", "Net"]
    assert "family" not in blocks  # that is for our own diagrams


def test_lines_stay_readable() -> None:
    """What is written for a network fits the formatters' width, long names and many arguments included."""
    program = network_program(read("3x64x64:conv64k11x13s2p5x6d2x3b0-leaky_relu-drop20-leaky_relu-bn-leaky_relu"))
    own = program[program.index("class Net") :]
    assert max(map(len, own.splitlines())) <= 88


def test_writing_a_program_needs_no_torch(root: Path) -> None:
    """The blocks' sources are read, not imported."""
    code = (
        "import sys; from cnnviz.networks.custom import read; from cnnviz.snippets.network import network_program;"
        "print('class BasicBlock' in network_program(read('3x8x8:res8')), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
