"""Two processes that train together come to what one comes to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import ParameterError
from cnnviz.training import checkpoints, data, runs
from cnnviz.training.team import Team
from tests.unit.training.cases import archive, picture

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

PAIR = """
import os, sys
import torch._dynamo  # by DistributedDataParallel; imported once for both
from cnnviz.training.commands import main
child = os.fork()
os.environ["RANK"] = "0" if child else "1"
status = main(sys.argv[1:])
if child:
    status = status or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(status)
"""


def test_two_processes_equal_one(tmp_path: Path, root: Path) -> None:
    """Started as torchrun starts them, two processes write one run, whose curve and weights are those of one."""
    levels = {"dark": 60, "light": 190}
    content = {
        f"{name}/{i}.png": picture(level + i % 50, (32, 32)) for name, level in levels.items() for i in range(20)
    }
    own = archive(tmp_path / "own.zip", content)
    words = ["--data", str(own), "--epochs", "2", "--batch-size", "8", "--augmentation", "crop,erasing"]
    words += ["--learning-rate", "0.01", "--name", "two", "--runs", str(tmp_path), "--device", "cpu"]
    assert both(words, tmp_path, root).count("epoch   2 of 2") == 1
    two = runs.open_run(tmp_path / "two")
    pictures = data.load(str(own), cache=tmp_path / "cnnviz")
    one = runs.create(tmp_path / "one", two.recipe, pictures)
    for ours, theirs in zip(runs.carry_on(one, pictures), two.metrics, strict=True):
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], rel=1e-4)
        assert ours["train_accuracy"] == theirs["train_accuracy"]
    found = [checkpoints.latest(run.checkpoints) for run in (one, two)]
    for name, tensor in found[0].tensors.items():
        torch.testing.assert_close(tensor, found[1].tensors[name], atol=1e-5, rtol=1e-4)


def both(words: list[str], folder: Path, root: Path) -> str:
    """Run a command line in two processes, with the variables that torchrun sets, and return what they print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "XDG_CACHE_HOME": str(folder)}
    command = [sys.executable, "-c", PAIR, *words]
    done = subprocess.run(command, cwd=root, env={**os.environ, **shared}, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_batches_must_be_shared_evenly() -> None:
    """An average of averages over unequal shares would be another loss."""
    Team(1, 4).check(64)
    with pytest.raises(ParameterError, match="batch_size is 30"):
        Team(1, 4).check(30)


def test_shares_make_up_the_batch() -> None:
    """Every picture is in one share, and the shares are equally large."""
    shares = [Team(rank, 3).share(torch.arange(12)) for rank in range(3)]
    assert sorted(torch.cat(shares).tolist()) == list(range(12))
    assert {len(share) for share in shares} == {4}
