"""First filters of shipped networks and runs: against the files themselves, and a network built by hand."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from cnnviz.errors import WeightsError
from cnnviz.networks import shipped, zoo
from cnnviz.training import runs
from cnnviz.training.first_filters import of_run, of_shipped
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)


def test_filters_of_a_shipped_network_are_those_of_its_file() -> None:
    """Trained ones as stored; those before training as PyTorch draws them from the recipe's seed."""
    name = "lenet5-mnist"
    tensors = load_file(shipped.MODELS / f"{name}.safetensors")
    found = of_shipped(name)
    np.testing.assert_array_equal(found.trained, next(each for each in tensors.values() if each.ndim == 4))
    with torch.random.fork_rng([]):
        torch.manual_seed(shipped.load(name).card["recipe"]["seed"])
        network = zoo.build("lenet5", padding=2, in_channels=1, num_classes=10)
    first = next(each for each in network.parameters() if each.dim() == 4)
    assert found.before is not None
    np.testing.assert_array_equal(found.before, first.detach().numpy())
    assert found.epoch == 12


def test_a_run_shows_its_last_observation_and_its_first(tmp_path: Path) -> None:
    """What was observed comes first; without observations the last checkpoint and the seed tell the same."""
    pictures = stripes(32)
    recipe = Recipe(epochs=2, batch_size=16)
    run = runs.create(tmp_path / "run", recipe, pictures)
    with pytest.raises(WeightsError):
        of_run(run.folder)
    list(runs.carry_on(run, pictures))
    by_observation = of_run(run.folder)
    shutil.rmtree(run.folder / "observations")
    by_checkpoint = of_run(run.folder)
    assert by_observation.epoch == by_checkpoint.epoch == 2
    assert by_observation.before is not None
    assert by_checkpoint.before is not None
    np.testing.assert_array_equal(by_observation.before, by_checkpoint.before)
    np.testing.assert_array_equal(by_observation.trained, by_checkpoint.trained)
    assert not np.array_equal(by_observation.trained, by_observation.before)
