"""Runs as processes of their own: queued, steered, killed, resumed and removed; nothing of a page's process stays."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnnviz.errors import RunError
from cnnviz.training import control, launch, notes, slots
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import archive, picture

if TYPE_CHECKING:
    from collections.abc import Callable


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
    until(first, lambda each: each.place == 1 and "pid" in notes.read_object(first / "state.json"))
    until(second, lambda each: each.place == 2)
    with pytest.raises(RunError, match="2 runs under way"):
        launch.start(Recipe(), "ann", tmp_path)
    with pytest.raises(RunError, match="Another process"):
        launch.resume(first, "ben")
    with pytest.raises(RunError, match="Another process"):
        launch.remove(first, "ann", tmp_path)
    time.sleep(0.5)  # until both have taken their tickets for certain
    control.wish(first, "pause")
    until(first, lambda each: each.state == "paused")
    until(second, lambda each: each.place == 1)
    control.wish(first, "run")
    until(first, lambda each: each.place == 2)
    os.kill(notes.read_object(second / "state.json")["pid"], signal.SIGKILL)
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
    pid = (
        until(folder, lambda each: each.state == "training" or not each.live)
        and notes.read_object(folder / "state.json")["pid"]
    )
    done = until(folder, lambda each: not each.live)
    assert (done.state, done.epoch, done.epochs, done.owner, done.worker) == ("finished", 2, 2, "ann", "ben")
    assert [each["epoch"] for each in control.metrics(folder)] == [1, 2]
    assert (folder / "observations" / "epoch-0002.safetensors").exists()
    end = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
