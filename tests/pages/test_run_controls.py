"""How a run is told and looked after: what fits its state, in words that no file's name can turn into marks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.errors import RunError, WorkError
from cnnviz.text import Sentence
from cnnviz.training import control, launch, locks
from cnnviz.training.control import State
from cnnviz.training.loop import Loop
from cnnviz.training.recipe import Recipe
from cnnviz.training.states import write_error
from pages.common import resuming, training_cost
from pages.common.language import escaped, sentence
from pages.common.run_controls import Watched
from pages.common.run_list import entries
from tests.pages.test_training_lab import opened, put_run
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs for each test."""
    monkeypatch.setattr(control, "RUNS", tmp_path / "runs")
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("state", "wish", "every"),
    [
        ("training", "run", 1),
        ("waiting", "run", 1),
        ("paused", "step", 1),
        ("paused", "pause", 4),
        ("stopped", "stop", 4),
        ("interrupted", "run", 4),
        ("finished", "run", None),
        ("failed", "run", None),
    ],
)
def test_a_run_that_rests_is_looked_after_slowly(state: str, wish: str, every: float | None) -> None:
    """Somebody else may go on with it; what has come to its end is left alone."""
    assert Watched(State("run", state), wish).every == every


def said(app: AppTest) -> str:
    """The line above the charts."""
    return str(app.get("progress")[0].proto.text)


def test_a_stop_in_the_queue_names_no_epoch(runs: Path) -> None:
    """A run that was stopped before it began has no epoch to go back to; one that has begun does."""
    folder = put_run(runs, "one-1", state="stopped")
    assert said(opened(train_run="one-1")).startswith("Stopped in epoch 1")
    (folder / "state.json").write_text('{"state": "stopped"}')
    assert said(opened(train_run="one-1")).startswith("Stopped before it took a step")


def test_the_queue_names_who_learns_now(runs: Path) -> None:
    """Not who learned when the page was drawn: a run that has ended is named no more."""
    waiting, going = put_run(runs, "one-1", state="waiting"), put_run(runs, "two_1", state="training")
    with locks.locked(waiting):
        with locks.locked(going):
            app = AppTest.from_function(ticking, default_timeout=60).run()
            assert said(app) == "Waiting: number 1 in line. Learning now: LeNet-5, ReLU (two\\_1)."
        assert said(app.run()) == "Waiting: number 1 in line."


def ticking() -> None:
    """What the page does each second."""
    from pages.common.run_controls import watched
    from pages.common.settings import Settings
    from pages.common.train_tab import TRAIN_SETTINGS, _tick

    _tick(Settings("training", TRAIN_SETTINGS), watched("one-1"))


@pytest.mark.parametrize("damage", ["folder", "deep", "huge", "time"])
def test_a_damaged_run_leaves_the_tab_to_the_others(runs: Path, damage: str) -> None:
    """Whatever stands in one folder, the others are listed and Start is there."""
    put_run(runs, "good-1")
    folder = put_run(runs, "bad-1")
    metrics = folder / "metrics.jsonl"
    if damage == "folder":
        metrics.unlink()
        metrics.mkdir()
    elif damage == "deep":
        metrics.write_text("[" * 100_000)
    elif damage == "huge":
        metrics.write_text(f'{{"test_accuracy": 1{"0" * 400}, "pictures_per_second": 1e400}}\n')
    else:
        (folder / "asked.json").write_text('{"recipe": {}, "asked": 1e14}')
    app = opened(train_run="good-1")
    assert not app.exception
    assert not app.error
    assert "Train" in [each.label for each in app.button]
    assert {each.name for each in entries()} == {"good-1", "bad-1"}


HOSTILE = "![x](http://evil.example) :red[**`$x$`**] <b> # ~a~ | _b_ \\\n# title"


def test_names_of_files_are_mere_text(runs: Path) -> None:
    """Every character that Markdown gives a meaning is taken by its word, also in a sentence within a sentence."""
    told = escaped(HOSTILE)
    assert "\n" not in told
    assert told.replace("\\", "") == HOSTILE.replace("\n", " ").replace("\\", "")
    unescaped = told.replace("\\\\", "")
    for place, mark in enumerate(unescaped):
        assert mark not in "`*_[]()#<>!$:~|" or unescaped[place - 1] == "\\"
    error = RunError("{count:.1f}: {inner}, {path}", count=2, inner=Sentence("in {name}", {"name": HOSTILE}), path=runs)
    assert sentence(error) == f"2.0: in {told}, {escaped(str(runs))}"


def test_a_run_that_ran_away_is_not_resumed(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What really diverges says so in its folder; there is no button, a reason instead, and no way around it."""
    resumed: list[Path] = []
    monkeypatch.setattr(launch, "resume", lambda folder, _owner: resumed.append(folder))
    with pytest.raises(RunError) as caught:
        Loop(Recipe(epochs=3, batch_size=16, learning_rate=10.0, schedule="constant"), stripes(96)).run_epoch()
    folder = put_run(runs, "one-1", state="failed")
    (folder / "state.json").write_text(json.dumps({"state": "failed", "error": write_error(caught.value)}))
    app = opened(train_run="one-1")
    assert "smaller learning rate" in app.error[0].value
    assert "Resume" not in [each.label for each in app.button]
    assert any("only repeat this" in each.value for each in app.caption)
    with pytest.raises(RunError, match="would again"):
        resuming.resume(folder, "me")
    (folder / "state.json").write_text('{"state": "interrupted"}')
    resuming.resume(folder, "me")
    assert resumed == [folder]


def test_resuming_has_the_limit_of_starting(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LeNet-5 on 1,435 digits: one multiplication less than its two epochs need is too little, counted by hand."""
    monkeypatch.setattr(launch, "resume", lambda *_given: None)
    folder = put_run(runs, "one-1", state="stopped", epochs=2)
    macs = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 120 * 400 + 84 * 120 + 10 * 84
    monkeypatch.setattr(training_cost, "MOST_WORK", 2 * 1435 * macs)
    resuming.resume(folder, "me")
    monkeypatch.setattr(training_cost, "MOST_WORK", 2 * 1435 * macs - 1)
    with pytest.raises(WorkError):
        resuming.resume(folder, "me")


def test_the_control_of_epochs_ends_where_the_page_does() -> None:
    """What the address and the control take is what may be started."""
    most = training_cost.MOST_EPOCHS
    app = opened(train_epochs=str(most))
    assert not app.warning
    (control_,) = (each for each in app.number_input if each.label == "Epochs")
    assert (control_.value, control_.max) == (most, most)
    assert "train_epochs" in opened(train_epochs=str(most + 1)).warning[0].value


def guarded_page() -> None:
    """A page that fails for a reason that a visitor has named."""
    from cnnviz.errors import DataError
    from pages.common.frame import guarded

    @guarded
    def main() -> None:
        raise DataError("No {name}.", name="![x](http://evil) <b> `1`")

    main()


def test_no_page_takes_marks_from_an_error() -> None:
    """Whatever a page is asked for by hostile names, it says them, and draws nothing."""
    (error,) = AppTest.from_function(guarded_page, default_timeout=60).run().error
    assert error.value == "No \\!\\[x\\]\\(http\\://evil\\) \\<b\\> \\`1\\`."


def test_an_error_of_a_run_shows_no_pictures(runs: Path) -> None:
    """What a file is called reaches other visitors as it stands."""
    folder = put_run(runs, "one-1", state="failed")
    (folder / "state.json").write_text(
        '{"state": "failed", "error": {"template": "No {name}.", "data": {"name": "![x](http://evil)"}}}'
    )
    assert [each.value for each in opened(train_run="one-1").error] == ["No \\!\\[x\\]\\(http\\://evil\\)."]
