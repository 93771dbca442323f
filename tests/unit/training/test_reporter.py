"""A run that is watched: it pauses, takes single steps and stops when that is wished, and its numbers do not notice."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.errors import RunError
from cnnviz.training import checkpoints, control, notes, runs, slots
from cnnviz.training import reporter as reporter_module
from cnnviz.training.loop import Loop, Step
from cnnviz.training.recipe import Recipe
from cnnviz.training.reporter import Reporter
from cnnviz.training.reports import Losses
from tests.unit.training.cases import stripes
from tests.unit.training.test_loop import timeless

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnviz.training.control import State

torch.set_num_threads(1)

RECIPE = Recipe(epochs=3, batch_size=16, options={"dropout": 0.2}, augmentation=("crop",), data="stripes")
PICTURES = stripes(64)  # four steps in an epoch


def train(folder: Path, queue: slots.Queue | None = None) -> None:
    """Train a run as its process does."""
    with Reporter(folder, queue) as reporter:
        if queue:
            reporter.wait()
        for _ in runs.carry_on(runs.open_run(folder), PICTURES, begin=reporter.begin):
            pass


def until(folder: Path, seen: Callable[[State], bool]) -> State:
    """Wait for a state of a run."""
    end = time.monotonic() + 30
    while not seen(found := control.state(folder)):
        assert time.monotonic() < end, found
        time.sleep(0.01)
    return found


def test_pauses_and_single_steps_change_no_numbers(tmp_path: Path) -> None:
    """Bit-equal to a run that nobody touched; a paused run has no slot, and a single step tells both its losses."""
    straight, run = (runs.create(tmp_path / name, RECIPE, PICTURES) for name in ("straight", "run"))
    train(straight.folder)
    control.wish(run.folder, "step")  # before it has begun: it takes one step, and pauses
    thread = threading.Thread(target=train, args=(run.folder, slots.Queue(tmp_path)), daemon=True)
    thread.start()
    found = until(run.folder, lambda each: each.state == "paused")
    assert (found.epoch, found.step, found.steps, found.epochs) == (1, 1, 4, 3)
    assert found.single is not None
    first = next(iter(control.steps(straight.folder)))
    assert found.single.before == pytest.approx(first["loss"])
    assert found.single.after < found.single.before
    another = slots.Queue(tmp_path)
    assert another.place() == 0
    another.leave()
    for step in (2, 3):
        control.wish(run.folder, "step")
        until(run.folder, lambda each, step=step: each.state == "paused" and each.step == step)
    control.wish(run.folder, "run")
    thread.join(30)
    found = control.state(run.folder)
    assert (found.state, found.epoch, found.step, found.single) == ("finished", 3, 4, None)
    assert [timeless(each) for each in run.metrics] == [timeless(each) for each in straight.metrics]
    ours, theirs = (checkpoints.latest(each.checkpoints) for each in (run, straight))
    assert ours is not None
    assert theirs is not None
    assert all(torch.equal(ours.tensors[name], each) for name, each in theirs.tensors.items())


def test_a_stopped_run_keeps_its_whole_epochs_and_their_losses(tmp_path: Path) -> None:
    """It goes on from there, with each step's loss once, as if it had not been stopped."""
    straight, run = (runs.create(tmp_path / name, RECIPE, PICTURES) for name in ("straight", "run"))
    train(straight.folder)
    with Reporter(run.folder) as reporter:
        going = runs.carry_on(run, PICTURES, begin=lambda loop: stopping(reporter, loop, run.folder))
        for _ in going:
            pass
    found = control.state(run.folder)
    assert (found.state, found.epoch, len(run.metrics)) == ("stopped", 2, 1)
    train(run.folder)
    assert [timeless(each) for each in run.metrics] == [timeless(each) for each in straight.metrics]
    assert control.steps(run.folder) == control.steps(straight.folder)
    assert [each["step"] for each in control.steps(run.folder)] == list(range(12))


def stopping(reporter: Reporter, loop: Loop, folder: Path) -> Callable[[Step], None]:
    """Somebody wishes a stop after the second step of the second epoch; the reporter looks at once."""
    on_step = reporter.begin(loop)

    def step(done: Step) -> None:
        if done.number == 5:
            control.wish(folder, "stop")
            time.sleep(0.21)
        on_step(done)

    return step


def test_losses_of_long_runs_are_few(tmp_path: Path) -> None:
    """At most 2,000 lines, whose means give the mean of all."""
    losses, values = Losses(tmp_path, 0, 5_000), torch.rand(5_000)
    for number, value in enumerate(values):
        losses.add(Step(8, number, 50, number // 50 + 1, 0.1, value))
    losses.write()
    found = control.steps(tmp_path)
    assert 1_000 < len(found) <= 2_000
    assert found[-1]["step"] == 4_997  # the last three make no whole line
    kept = values[: len(found) * 3]
    assert sum(each["loss"] for each in found) / len(found) == pytest.approx(kept.mean().item(), rel=1e-5)


def test_what_goes_wrong_is_told(tmp_path: Path) -> None:
    """What a visitor can mend in its own sentence, anything unforeseen in ours."""
    for error, told in (
        (RunError("Epoch {epoch} went wrong.", epoch=3), "Epoch 3 went wrong."),
        (ZeroDivisionError("division by zero"), "broke off (division by zero)"),
    ):
        with pytest.raises(type(error)), Reporter(tmp_path, slots.Queue(tmp_path)):
            raise error
        found = control.state(tmp_path)
        assert found.state == "failed"
        assert told in str(found.error)


def test_a_stop_between_a_look_and_its_answer_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressed after a single step was read and before it is taken, it is not overwritten."""
    wished, looks = control.wished, []

    def look(folder: Path) -> str:
        looks.append(found := wished(folder))
        if len(looks) == 1:
            notes.put(folder / "wish", "stop")
        return found

    control.wish(tmp_path, "step")
    monkeypatch.setattr(control, "wished", look)
    with Reporter(tmp_path, slots.Queue(tmp_path)) as reporter:
        reporter.wait()
    assert looks[0] == "step"
    assert (control.state(tmp_path).state, wished(tmp_path)) == ("stopped", "stop")


def test_a_pause_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the longest pause its process stops; shorter ones in a row do not add up."""
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        clock[0] += 1.0
        if len(naps) in (8, 9):
            control.wish(tmp_path, "run" if len(naps) == 8 else "pause")

    clock, somebody = [0.0], slots.Queue(tmp_path)
    assert somebody.place() == 0  # so it has to wait when it goes on
    monkeypatch.setattr(reporter_module, "LONGEST_PAUSE", 10.0)
    monkeypatch.setattr(reporter_module, "time", SimpleNamespace(sleep=nap, monotonic=lambda: clock[0]))
    control.wish(tmp_path, "pause")
    with Reporter(tmp_path, slots.Queue(tmp_path)) as reporter:
        reporter.wait()
    assert control.state(tmp_path).state == "stopped"
    assert len(naps) == 9 + 10


def test_who_is_far_behind_looks_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In proportion to the place, and never less than every two seconds."""
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        queue.found = next(places)

    queue, places = Fixed(1), iter((4, 60, 0))
    monkeypatch.setattr(reporter_module, "time", SimpleNamespace(sleep=nap))
    Reporter(tmp_path, queue).wait()
    assert naps == pytest.approx([0.2, 0.8, 2.0])


class Fixed(slots.Queue):
    """A queue with a place that the test says."""

    def __init__(self, found: int) -> None:
        self.found = found

    def place(self) -> int:
        """As said."""
        return self.found


def test_a_single_step_comes_before_its_pause(tmp_path: Path) -> None:
    """Asked for while pictures load, it is taken; a stop after it comes first all the same."""
    run = runs.create(tmp_path / "run", RECIPE, PICTURES)
    control.wish(run.folder, "step")
    with Reporter(run.folder, slots.Queue(tmp_path)) as reporter:
        reporter.wait()
        reporter.wait()  # as when they are loaded
        assert control.wished(run.folder) == "pause"
        reporter.begin(Loop(RECIPE, PICTURES))
        control.wish(run.folder, "stop")
        reporter.begin(Loop(RECIPE, PICTURES))
    found = control.state(run.folder)
    assert (found.state, found.epoch, found.step) == ("stopped", 1, 0)


def test_reporting_costs_next_to_nothing(tmp_path: Path) -> None:
    """Below 0.1 ms a step, while a step of LeNet-5 on a batch of 64 takes more than 5."""
    loop = Loop(replace(RECIPE, epochs=1000), PICTURES)
    reporter = Reporter(tmp_path, slots.Queue(tmp_path))
    on_step = reporter.begin(loop)
    steps = [Step(16, number, 4, number // 4 + 1, 0.1, torch.tensor(1.0)) for number in range(2_000)]
    start = time.process_time()
    for step in steps:
        on_step(step)
    assert (time.process_time() - start) / len(steps) < 1e-4
