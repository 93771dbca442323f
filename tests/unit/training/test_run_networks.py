"""Networks of runs in the catalogue: the weights of the epoch that was asked for, and pictures as the run had them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import CnnvizError, RunError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from cnnviz.training import checkpoints, control, run_networks, runs
from cnnviz.training.files import write_atomically
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


def test_nothing_is_read_again_until_it_has_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new run, a new checkpoint, a removed run and other facts are seen at once; a look in between reads no file."""
    read = []
    monkeypatch.setattr(runs, "open_run", lambda each, real=runs.open_run: (read.append(each.name), real(each))[1])
    monkeypatch.setattr(control, "state", lambda each, real=control.state: (read.append(each.name), real(each))[1])

    def listed() -> list[str]:
        """The keys, read for the first time, then without a look into any file."""
        read.clear()
        found = run_networks.entries(tmp_path)
        seen = set(read)
        read.clear()
        assert run_networks.entries(tmp_path) == found
        assert read == []
        read.extend(seen)
        return [f"{each.key} {each.classes}" for each in found]

    def asked(name: str, moment: int) -> None:
        (tmp_path / name / "asked.json").write_text(json.dumps({"asked": moment}))

    assert listed() == []
    for moment, name in enumerate(("first", "second"), 1):
        shutil.copytree(folder / "learned", tmp_path / name)
        asked(name, moment)
    assert listed() == ["run:second@3 3", "run:first@3 3"]
    asked("first", 10)
    assert listed() == ["run:first@3 3", "run:second@3 3"]
    assert read == ["first"]
    for ending in ("safetensors", "json"):
        path = tmp_path / "first" / "checkpoints" / f"epoch-0003.{ending}"
        shutil.copy(path, path.with_stem("epoch-0004"))
    assert listed() == ["run:first@4 3", "run:second@3 3"]
    facts = json.loads((tmp_path / "second" / "data.json").read_text())
    write_atomically(tmp_path / "second" / "data.json", json.dumps({**facts, "classes": ["one", "two"]}).encode())
    assert listed() == ["run:first@4 3", "run:second@3 2"]
    shutil.rmtree(tmp_path / "second" / "checkpoints")
    assert listed() == ["run:first@4 3"]
    shutil.rmtree(tmp_path / "first")
    assert listed() == []
    shutil.copytree(folder / "learned", tmp_path / "first")
    assert listed() == ["run:first@3 3"]


@pytest.mark.parametrize("name", ["learned@1", "learned@99", "new@0", "gone@1", "learned", "../learned@3", "learned@³"])
def test_what_is_not_kept_is_said(name: str) -> None:
    """Two checkpoints are kept, and names are hostile."""
    with pytest.raises(RunError):
        catalogue.load(f"run:{name}")


def test_damage_is_no_network(folder: Path, tmp_path: Path) -> None:
    """Facts of other classes, and a checkpoint that was cut off."""
    shutil.copytree(folder / "learned", tmp_path / "learned")
    facts = (tmp_path / "learned" / "data.json").read_text()
    (tmp_path / "learned" / "data.json").write_text(facts.replace('"lying",', ""))
    with pytest.raises(RunError, match="does not fit"):
        run_networks.load_run("learned@3", tmp_path)
    path = tmp_path / "learned" / "checkpoints" / "epoch-0003.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CnnvizError, match="There are: 2, 3"):
        run_networks.load_run("learned@3", tmp_path)
