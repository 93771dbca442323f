"""First filters of shipped networks and runs: against the files themselves, and a network built by hand."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from cnnviz.errors import WeightsError
from cnnviz.networks import shipped, torchvision_models, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.training import runs
from cnnviz.training.first_filters import of_published, of_run, of_shipped
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


def test_more_filters_than_an_observation_keeps_are_read_from_the_checkpoint(tmp_path: Path) -> None:
    """72 of 72, and without a checkpoint the 64 that were observed, which say so."""
    pictures, layers = stripes(32), "1x32x32:conv72k3-relu-gap-flat-fc3"
    run = runs.create(tmp_path / "run", Recipe("custom", layers=layers, epochs=1, batch_size=16), pictures)
    list(runs.carry_on(run, pictures))
    whole = of_run(run.folder)
    assert (len(whole.trained), whole.is_cut) == (72, False)
    shutil.rmtree(run.folder / "checkpoints")
    part = of_run(run.folder)
    assert (len(part.trained), part.is_cut) == (64, True)
    np.testing.assert_array_equal(part.trained, whole.trained[:64])


def test_published_filters_are_those_of_torchvisions_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SqueezeNet's, from a file of torchvision's own names in torch's folder; none without the file."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match="not on this machine"):
        of_published("squeezenet1_1")
    weights = torchvision().models.squeezenet1_1(num_classes=2).state_dict()
    (record,) = torchvision_models.of("squeezenet1_1")
    record.path.parent.mkdir(parents=True)
    torch.save(weights, record.path)
    np.testing.assert_array_equal(of_published("squeezenet1_1").trained, weights["features.0.weight"].numpy())
