"""Readers of runs: what a process says is checked, and what it does not say any more is found out."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from cnnviz.errors import ParameterError, RunError
from cnnviz.training import control, locks
from cnnviz.training.recipe import Recipe
from cnnviz.training.states import Single, write_error

if TYPE_CHECKING:
    from pathlib import Path


def asked_for(folder: Path, asked: float = 1.0, **said: object) -> Path:
    """A run that somebody asked for, and what its process says."""
    folder.mkdir(parents=True)
    record = {"recipe": asdict(Recipe(epochs=7)), "owner": "ann", "worker": "ben", "asked": asked}
    (folder / "asked.json").write_text(json.dumps(record))
    if said:
        (folder / "state.json").write_text(json.dumps(said))
    return folder


def test_a_run_says_how_it_is(tmp_path: Path) -> None:
    """Word for word, while its process holds the lock; without it, the run was interrupted."""
    said = {"state": "paused", "epoch": 3, "epochs": 7, "step": 2, "steps": 9, "pid": 1, "seconds_left": 4.5}
    folder = asked_for(tmp_path / "run", **said, single={"before": 2.0, "after": 1.5})
    with locks.locked(folder):
        found = control.state(folder)
        assert (found.state, found.epoch, found.epochs, found.step, found.steps) == ("paused", 3, 7, 2, 9)
        assert (found.seconds_left, found.single, found.live) == (4.5, Single(2.0, 1.5), True)
        assert control.unfinished("ben", tmp_path) == [found]
        assert control.unfinished("ann", tmp_path) == []
    found = control.state(folder)
    assert (found.state, found.epoch, found.single, found.live) == ("interrupted", 3, None, False)


@pytest.mark.parametrize("word", ["finished", "stopped"])
def test_an_end_needs_no_process(tmp_path: Path, word: str) -> None:
    """Who has said that it ends is believed."""
    assert control.state(asked_for(tmp_path / "run", state=word, epoch=7)).state == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"state": "dancing"}',
        '{"state": {}}',
        "[" * 100_000,
        '{"state": "training", "epoch": "three", "step": NaN, "steps": -4, "seconds_left": Infinity, "epochs": true}',
        '{"state": "failed", "error": {"template": "{a.__class__}", "data": {"a": 1}}}',
        '{"state": "failed", "error": {"template": "{a:>999999999}", "data": {"a": "x"}}}',
        '{"state": "failed", "error": {"template": "{b}", "data": {"a": 1}}}',
        '{"state": "failed", "error": [1]}',
    ],
)
def test_damaged_states_are_none(tmp_path: Path, text: str) -> None:
    """Nothing that stands in the file raises an error, or becomes a number or a sentence that it is not."""
    folder = asked_for(tmp_path / "run")
    (folder / "state.json").write_text(text)
    found = control.state(folder)
    assert found.state in {"interrupted", "failed"}
    assert found.error is None
    assert (found.epoch, found.step, found.steps, found.seconds_left, found.epochs) == (0, 0, 0, 0, 7)


def test_an_error_can_be_translated(tmp_path: Path) -> None:
    """Template and values come back, also those that are sentences themselves."""
    error = ParameterError("width", 3, "4 … 5", "it is odd")
    folder = asked_for(tmp_path / "run", state="failed", error=write_error(error))
    found = control.state(folder).error
    assert found is not None
    assert (found.template, found.data, str(found)) == (error.template, error.data, str(error))
    nested = RunError("{inner}: no", inner=RunError("It is {share:.1%}", share=0.25))
    folder = asked_for(tmp_path / "nested", state="failed", error=write_error(nested))
    assert str(control.state(folder).error) == "It is 25.0%: no"


def test_runs_without_words_are_judged_by_their_files(tmp_path: Path) -> None:
    """A run of the time before states: finished with its last epoch, interrupted before, training under a lock."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "recipe.json").write_text(Recipe(epochs=2).to_json())
    (folder / "metrics.jsonl").write_text('{"epoch": 1}\n{"epo')
    assert control.state(folder).state == "interrupted"
    with locks.locked(folder):
        assert control.state(folder).state == "training"
    (folder / "metrics.jsonl").write_text('{"epoch": 1}\n{"epoch": 2}\n')
    found = control.state(folder)
    assert (found.state, found.epoch, found.epochs, found.owner) == ("finished", 2, 2, "")


def test_the_recipe_is_known_from_the_start(tmp_path: Path) -> None:
    """A run that is loading has only been asked for; a damaged one is told."""
    folder = asked_for(tmp_path / "run")
    assert control.recipe(folder) == Recipe(epochs=7)
    (folder / "recipe.json").write_text(Recipe(epochs=8).to_json())
    assert control.recipe(folder).epochs == 8
    (folder / "recipe.json").write_text("{")
    with pytest.raises(RunError, match="run"):
        control.recipe(folder)


@pytest.mark.parametrize("name", ["", ".", "..", "../runs/run", ".slots", "link", "none", "a" * 200, "run/", "empty"])
def test_names_from_outside_are_checked(tmp_path: Path, name: str) -> None:
    """Only folders of runs, directly in the folder of runs, are found."""
    runs = tmp_path / "runs"
    asked_for(runs / "run")
    asked_for(runs / ".slots")
    (runs / "empty").mkdir()
    (runs / "link").symlink_to(runs / "run")
    assert control.find("run", runs) == runs / "run"
    with pytest.raises(RunError, match="There is no run"):
        control.find(name, runs)


def test_wishes_are_words(tmp_path: Path) -> None:
    """The last one counts; without one, or with nonsense in the file, a run runs."""
    assert control.wished(tmp_path) == "run"
    control.wish(tmp_path, "pause")
    assert control.wished(tmp_path) == "pause"
    (tmp_path / "wish").write_text("explode")
    assert control.wished(tmp_path) == "run"
    with pytest.raises(ValueError, match="explode"):
        control.wish(tmp_path, "explode")


def test_a_wish_replaces_only_what_it_knows(tmp_path: Path) -> None:
    """Who saw a wish that has changed since does not overwrite it; whoever changes it waits for others who do."""
    assert control.wish(tmp_path, "pause", instead_of="run")
    assert not control.wish(tmp_path, "stop", instead_of="step")
    assert control.wished(tmp_path) == "pause"
    with (tmp_path / "wish.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        late = threading.Thread(target=control.wish, args=(tmp_path, "stop"))
        late.start()
        late.join(0.1)
        assert control.wished(tmp_path) == "pause"
    late.join()
    assert control.wished(tmp_path) == "stop"


@pytest.mark.parametrize("asked", [-5.0, 1e14, 4e9, "yesterday"])
def test_times_are_those_of_a_calendar(tmp_path: Path, asked: float) -> None:
    """A moment that no calendar has counts for none."""
    assert control.state(asked_for(tmp_path / "run", asked=asked)).asked == 0


def test_a_damaged_run_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder or deep nesting for metrics has no epochs; what raises all the same is left out."""
    asked_for(tmp_path / "good")
    (asked_for(tmp_path / "folder") / "metrics.jsonl").mkdir()
    (asked_for(tmp_path / "deep") / "metrics.jsonl").write_text("[" * 100_000)
    assert {each.name: each.state for each in control.all_states(tmp_path)} == dict.fromkeys(
        ("good", "folder", "deep"), "interrupted"
    )
    assert control.metrics(tmp_path / "folder") == control.metrics(tmp_path / "deep") == []

    def busy(folder: Path) -> bool:
        if folder.name == "deep":
            raise PermissionError
        return False

    monkeypatch.setattr(locks, "busy", busy)
    assert {each.name for each in control.all_states(tmp_path)} == {"good", "folder"}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"epochs": 1' + "0" * 400 + "}", '{"options": {"norm": []}}'])
def test_damaged_recipes_are_told(tmp_path: Path, text: str) -> None:
    """Whatever stands in the file, it is one sentence."""
    folder = asked_for(tmp_path / "run")
    (folder / "recipe.json").write_text(text)
    with pytest.raises(RunError, match="run"):
        control.recipe(folder)


def test_a_hundred_runs_are_read_quickly(tmp_path: Path) -> None:
    """The newest first; once a second is no burden."""
    for number in range(100):
        asked_for(tmp_path / f"run-{number}", asked=number, state="training", epoch=1)
    start = time.process_time()
    found = control.all_states(tmp_path)
    assert time.process_time() - start < 0.3
    assert [each.name for each in found] == [f"run-{number}" for number in reversed(range(100))]
    assert control.all_states(tmp_path / "nowhere") == []


def test_readers_need_no_torch(root: Path) -> None:
    """A page that shows runs, or starts one, does not import PyTorch."""
    modules = ", ".join(f"cnnviz.training.{name}" for name in ("control", "launch", "worker"))
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, env=dict(os.environ), check=False).returncode == 0
