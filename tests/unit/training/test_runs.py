"""A run is its folder: stopped, killed, damaged or out of space, it goes on as if nothing had happened, or says why."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import RunError
from cnnviz.training import checkpoints, data, files, runs
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import archive, picture, stripes
from tests.unit.training.test_loop import timeless

if TYPE_CHECKING:
    from pathlib import Path

    from cnnviz.training.loop import Metrics
    from cnnviz.training.runs import Run

torch.set_num_threads(1)

RECIPE = Recipe(epochs=5, batch_size=16, options={"dropout": 0.2}, augmentation=("crop", "colour"), data="stripes")
PICTURES = stripes(64)


def new_run(folder: Path, recipe: Recipe = RECIPE) -> Run:
    """A run that has not started."""
    return runs.create(folder, recipe, PICTURES)


def trained(run: Run, epochs: int = 99) -> list[Metrics]:
    """Train up to so many epochs, then stop as a closed generator does."""
    found = []
    going = runs.carry_on(run, PICTURES)
    for metrics in going:
        found.append(timeless(metrics))
        if len(found) == epochs:
            break
    going.close()
    return found


def last(run: Run) -> checkpoints.Checkpoint:
    """The last good checkpoint, which there must be."""
    found = checkpoints.latest(run.checkpoints)
    assert found is not None
    return found


@pytest.fixture(scope="module", params=["sgd", "adam"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nothing stopped, for each optimiser."""
    run = new_run(
        tmp_path_factory.mktemp("runs") / "whole", replace(RECIPE, optimiser=request.param, learning_rate=0.01)
    )
    trained(run)
    return run


def test_a_stopped_run_goes_on_as_if_nothing_had_happened(whole: Run, tmp_path: Path) -> None:
    """Curve, weights and the optimiser's state are bit-equal to those of the run that was not stopped."""
    run = new_run(tmp_path / "stopped", whole.recipe)
    first, second, rest = trained(run, 2), trained(runs.open_run(run.folder), 1), trained(run)
    expected = [timeless(each) for each in whole.metrics]
    assert [*first, *second, *rest] == expected == [timeless(each) for each in run.metrics]
    ours, theirs = last(run).tensors, last(whole).tensors
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert any(name.startswith("optimiser.") for name in theirs)


def test_a_finished_run_stays_as_it_is(whole: Run) -> None:
    """Resuming it trains nothing; the last two checkpoints are kept, and no temporary file."""
    assert whole.finished
    assert trained(whole) == []
    names = sorted(path.name for path in whole.checkpoints.iterdir())
    assert names == [f"epoch-000{epoch}.{ending}" for epoch in (4, 5) for ending in ("json", "safetensors")]


@pytest.mark.parametrize("ending", ["safetensors", "json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_checkpoint_costs_one_epoch(whole: Run, tmp_path: Path, ending: str, damage: str) -> None:
    """The one before it is taken, and the curve comes out the same again."""
    folder = tmp_path / "damaged"
    shutil.copytree(whole.folder, folder)
    path = folder / "checkpoints" / f"epoch-0005.{ending}"
    content = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        half = len(content) // 2
        path.write_bytes(
            content[:half] + (b"" if damage == "cut" else bytes([content[half] ^ 4]) + content[half + 1 :])
        )
    assert trained(runs.open_run(folder)) == [timeless(whole.metrics[-1])]


def test_without_a_good_checkpoint_it_is_said(whole: Run, tmp_path: Path) -> None:
    """All damaged: one sentence, nothing overwritten."""
    shutil.copytree(whole.folder, tmp_path / "damaged")
    run = runs.open_run(tmp_path / "damaged")
    for path in run.checkpoints.glob("*.safetensors"):
        path.write_bytes(b"nothing")
    with pytest.raises(RunError, match="damaged"):
        trained(run)
    assert len(run.metrics) == 5


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which epoch is safe; with room again, the run goes on from there."""
    run = new_run(tmp_path / "run")
    first = trained(run, 2)
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RunError, match=r"No space left.*epoch 2|cannot be written: No space left"):
        trained(run)
    assert last(run).epoch == 2
    assert not list(run.folder.rglob(".*"))
    monkeypatch.undo()
    rest = trained(run)
    assert [each["epoch"] for each in (*first, *rest)] == [1, 2, 3, 4, 5]


def full(_: int) -> None:
    """What a full disk answers."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_line_that_was_cut_is_mended(tmp_path: Path) -> None:
    """Half a line at the end of the metrics is left out by readers, and gone after resuming."""
    run = new_run(tmp_path / "run")
    trained(run, 2)
    path = run.folder / "metrics.jsonl"
    path.write_text(path.read_text() + '{"epoch": 3, "tra')
    assert len(run.metrics) == 2
    trained(run, 1)
    assert [json.loads(line)["epoch"] for line in path.read_text().splitlines()] == [1, 2, 3]


def test_one_process_trains_a_run(tmp_path: Path) -> None:
    """A second one is told, and may go on when the first has stopped."""
    run = new_run(tmp_path / "run")
    going = runs.carry_on(run, PICTURES)
    next(going)
    with pytest.raises(RunError, match="Another process"):
        trained(run)
    going.close()
    assert trained(run, 1)[0]["epoch"] == 2


def test_other_pictures_and_other_networks_are_refused(tmp_path: Path) -> None:
    """A changed data set would spoil the curve; a checkpoint of another network cannot be taken."""
    run = new_run(tmp_path / "run")
    trained(run, 1)
    with pytest.raises(RunError, match="not what the run"):
        next(runs.carry_on(run, replace(PICTURES, digest="0" * 64)))
    other = replace(run, recipe=replace(RECIPE, options={"width": 0.5}))
    with pytest.raises(RunError, match="another network"):
        trained(other)


def test_folders_are_checked(tmp_path: Path) -> None:
    """A second run in a folder, a folder without one and a damaged recipe are told; the list leaves them out."""
    new_run(tmp_path / "run")
    with pytest.raises(RunError, match="already"):
        new_run(tmp_path / "run")
    with pytest.raises(RunError, match="not the folder of a run"):
        runs.open_run(tmp_path)
    new_run(tmp_path / "damaged")
    (tmp_path / "damaged" / "recipe.json").write_text('{"epochs": -1}')
    assert [run.folder.name for run in runs.listed(tmp_path)] == ["run"]


def test_kill_9_loses_at_most_one_epoch(tmp_path: Path, root: Path) -> None:
    """A real process, killed while it works, is continued to the curve of one that was not."""
    levels = {"dark": 40, "light": 210}
    content = {
        f"{name}/{i}.png": picture(level + i % 30, (32, 32)) for name, level in levels.items() for i in range(60)
    }
    own = archive(tmp_path / "own.zip", content)
    recipe = Recipe(data=str(own), epochs=40, batch_size=16, options={"dropout": 0.2}, learning_rate=0.01)
    pictures = data.load(str(own), cache=tmp_path / "cnnviz")
    run, straight = (runs.create(tmp_path / name, recipe, pictures) for name in ("killed", "straight"))
    command = [sys.executable, "-m", "cnnviz.training", "resume", "killed", "--runs", str(tmp_path)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(run.metrics) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.02)
    noted = len(run.metrics)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 3 <= noted <= last(run).epoch < 40
    trained_on = [timeless(each) for each in runs.carry_on(run, pictures)]
    assert trained_on[-1]["epoch"] == 40
    assert [timeless(each) for each in run.metrics] == [timeless(each) for each in runs.carry_on(straight, pictures)]
