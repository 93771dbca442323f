"""Runs as processes of their own: queued, steered, killed, resumed and removed; nothing of a page's process stays."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnnviz.errors import RunError
from cnnviz.training import comparison, control, data, launch, locks, notes, runs, slots, worker
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import archive, picture, stripes

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnviz.training.pictures import DataSet


def pid(folder: Path) -> int | None:
    """The process that says how a run is."""
    number = notes.read_object(folder / "state.json").get("pid")
    return number if isinstance(number, int) else None


def until(folder: Path, seen: Callable[[control.State], bool], seconds: float = 60) -> control.State:
    """Wait for a state of a run."""
    end = time.monotonic() + seconds
    while not seen(found := control.state(folder)):
        assert time.monotonic() < end, (found, (folder / "log.txt").read_text())
        time.sleep(0.02)
    return found


def test_runs_queue_and_obey_while_they_wait(tmp_path: Path) -> None:
    """Places are shown, wishes obeyed, the dead make room, and a visitor has a limit; all before PyTorch is loaded."""
    somebody = slots.Queue(tmp_path)
    assert somebody.place() == 0
    first, second = (launch.start(Recipe(), "ann", tmp_path) for _ in range(2))
    assert (first.name, second.name) == ("lenet5-digits-1", "lenet5-digits-2")
    assert control.state(first).state == "waiting"
    until(first, lambda each: each.place == 1 and pid(first) not in (None, os.getpid()))
    until(second, lambda each: each.place == 2 and pid(second) not in (None, os.getpid()))
    with pytest.raises(RunError, match="2 runs under way"):
        launch.start(Recipe(), "ann", tmp_path)
    with pytest.raises(RunError, match="Another process"):
        launch.resume(first, "ben")
    with pytest.raises(RunError, match="Another process"):
        launch.remove(first, "ann", tmp_path)
    control.wish(first, "pause")
    until(first, lambda each: each.state == "paused")
    until(second, lambda each: each.place == 1)
    control.wish(first, "run")
    until(first, lambda each: each.place == 2)
    os.kill(pid(second) or 0, signal.SIGKILL)
    until(second, lambda each: each.state == "interrupted")
    until(first, lambda each: each.place == 1)
    control.wish(first, "stop")
    assert until(first, lambda each: each.state == "stopped").live is False
    with pytest.raises(RunError, match="Only who started"):
        launch.remove(first, "ben", tmp_path)
    with pytest.raises(RunError, match="There is no run"):
        launch.remove(first, "ann", tmp_path.parent)
    launch.remove(first, "ann", tmp_path)
    assert [each.name for each in control.all_states(tmp_path)] == [second.name]
    assert not list(tmp_path.glob(".lenet*"))
    assert control.unfinished("ann", tmp_path) == []


def test_a_run_that_failed_is_resumed_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing pictures are told in a sentence; with them, the run comes to its end and leaves no zombie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = tmp_path / "own.zip"
    folder = launch.start(Recipe(data=str(own), epochs=2, batch_size=8), "ann", tmp_path / "runs")
    failed = until(folder, lambda each: not each.live)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "There is no data set" in str(failed.error)
    content = {
        f"{name}/{i}.png": picture(level + i, (32, 32))
        for name, level in (("dark", 40), ("light", 200))
        for i in range(20)
    }
    archive(own, content)
    launch.resume(folder, "ben")
    until(folder, lambda each: each.state == "training" or not each.live)
    number = pid(folder)
    done = until(folder, lambda each: not each.live)
    assert (done.state, done.epoch, done.epochs, done.owner, done.worker) == ("finished", 2, 2, "ann", "ben")
    assert [each["epoch"] for each in control.metrics(folder)] == [1, 2]
    assert (folder / "observations" / "epoch-0002.safetensors").exists()
    end = time.monotonic() + 20
    while Path(f"/proc/{number}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{number}").exists()


class Unborn:
    """A process that does not come up."""

    def __init__(self, *_command: object, **_how: object) -> None:
        raise OSError(errno.EAGAIN, "no processes left")


def test_all_visitors_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that wait or are paused count, those that ended do not; who resumes is held to it, too."""
    monkeypatch.setattr(launch, "MOST", 2)
    words = {"one": "waiting", "two": "paused", "three": "stopped"}
    held = []
    for name, word in words.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "asked.json").write_text(json.dumps({"recipe": asdict(Recipe()), "worker": name}))
        (folder / "state.json").write_text(json.dumps({"state": word}))
        held += [locks.take(folder)] if word != "stopped" else []
    with pytest.raises(RunError, match="2 runs are under way on this machine"):
        launch.start(Recipe(), "ann", tmp_path)
    with pytest.raises(RunError, match="2 runs are under way on this machine"):
        launch.resume(tmp_path / "three", "ann")
    os.close(held.pop())
    monkeypatch.setattr(launch.subprocess, "Popen", Unborn)
    with pytest.raises(RunError, match="no processes left"):  # it is let in
        launch.resume(tmp_path / "three", "ann")
    os.close(held.pop())


def test_nothing_stays_of_what_did_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full or a process that does not come up leaves no folder, and an old run its own."""
    monkeypatch.setattr(launch.subprocess, "Popen", Unborn)
    with pytest.raises(RunError, match="no processes left"):
        launch.start(Recipe(), "ann", tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [".slots"]

    def full(*_what: object) -> None:
        raise OSError(errno.ENOSPC, "No space left")

    monkeypatch.setattr(notes, "put", full)
    with pytest.raises(RunError, match="No space left"):
        launch.start(Recipe(), "ann", tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [".slots"]


def test_a_removal_that_was_cut_short_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next removal deletes what stayed, and nothing else."""
    for name in ("one", "two"):
        runs.create(tmp_path / name, Recipe(), stripes(8))
    (tmp_path / ".pictures-1").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(launch.shutil, "rmtree", lambda *_a, **_k: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            launch.remove(tmp_path / "one", None, tmp_path)
    assert len(list(tmp_path.glob(".one-*"))) == 1
    assert [each.folder.name for each in runs.listed(tmp_path)] == ["two"]
    assert [each.name for each in comparison.runs(tmp_path)[0]] == ["two"]
    launch.remove(tmp_path / "two", None, tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {".gone", ".pictures-1", ".slots"}


def test_the_name_of_a_removed_run_is_not_given_again(tmp_path: Path) -> None:
    """A link to its network must not lead to another's."""
    first = control.free_name(Recipe(), tmp_path)
    runs.create(tmp_path / first, Recipe(), stripes(8))
    second = control.free_name(Recipe(), tmp_path)
    assert first != second
    launch.remove(tmp_path / first, None, tmp_path)
    assert control.free_name(Recipe(), tmp_path) == second


def test_a_stop_while_pictures_load_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends when it has them, and has built nothing."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "asked.json").write_text(json.dumps({"recipe": asdict(Recipe())}))

    def load(*_what: object, **_how: object) -> DataSet:
        control.wish(folder, "stop")
        return stripes(8)

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(os, "nice", lambda _by: 0)
    assert worker.work(folder) == 0
    found = control.state(folder)
    assert (found.state, found.epoch) == ("stopped", 0)
    assert not (folder / "recipe.json").exists()
