"""Networks of runs in the catalogue: the weights of the epoch that was asked for, and pictures as the run had them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import CnnvizError, RunError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from cnnviz.training import checkpoints, control, run_networks, runs
from cnnviz.training.loop import Loop
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

RECIPE = Recipe(epochs=3, batch_size=16, options={"activation": "relu"}, data="stripes")
PICTURES = stripes(32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of three epochs, and one that has not begun."""
    place = tmp_path_factory.mktemp("runs")
    for _metrics in runs.carry_on(runs.create(place / "learned", RECIPE, PICTURES), PICTURES):
        pass
    runs.create(place / "new", RECIPE, PICTURES)
    return place


@pytest.fixture(autouse=True)
def _known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "RUNS", folder)
    run_networks.register()


def test_a_run_answers_as_its_loop_does(folder: Path) -> None:
    """The network that the checkpoint puts into a loop, on a picture prepared as its data was."""
    loaded = catalogue.load("run:learned@3")
    loop = Loop(RECIPE, PICTURES)
    checkpoints.restore(loop, checkpoints.read(folder / "learned" / "checkpoints", 3), folder)
    x = loaded.prepare(samples.load("cat"))[None]
    torch.testing.assert_close(loaded.network(x), loop.network.eval()(x).detach())
    assert (loaded.mean, loaded.std, loaded.shape) == (PICTURES.mean, PICTURES.std, PICTURES.shape)
    assert loaded.classes == PICTURES.classes
    before = catalogue.load("run:learned@2").network(x)
    assert not torch.equal(before, loaded.network(x))
    assert catalogue.load("random:run:learned@3").network(x).shape == before.shape


def test_the_last_checkpoint_of_each_run_is_listed() -> None:
    """Those that have one."""
    (entry,) = run_networks.entries()
    assert (entry.key, entry.classes, entry.shape) == ("run:learned@3", 3, (1, 32, 32))


@pytest.mark.parametrize("name", ["learned@1", "learned@99", "new@0", "gone@1", "learned", "../learned@3", "learned@³"])
def test_what_is_not_kept_is_said(name: str) -> None:
    """Two checkpoints are kept, and names are hostile."""
    with pytest.raises(RunError):
        catalogue.load(f"run:{name}")


def test_damage_is_no_network(folder: Path, tmp_path: Path) -> None:
    """Facts of other classes, and a checkpoint that was cut off."""
    import shutil

    shutil.copytree(folder / "learned", tmp_path / "learned")
    facts = (tmp_path / "learned" / "data.json").read_text()
    (tmp_path / "learned" / "data.json").write_text(facts.replace('"lying",', ""))
    with pytest.raises(RunError, match="does not fit"):
        run_networks.load_run("learned@3", tmp_path)
    path = tmp_path / "learned" / "checkpoints" / "epoch-0003.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CnnvizError, match="There are: 2, 3"):
        run_networks.load_run("learned@3", tmp_path)
