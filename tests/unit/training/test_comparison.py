"""Runs are read, told apart and paired by what they recorded, and damage is named."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cnnviz.errors import RunError
from cnnviz.networks import shipped as shipped_networks
from cnnviz.training import comparison
from cnnviz.training.comparison import DEGRADATION, differing, pairs
from tests.unit.training.curves import ERRORS, card, degradation_cards, run

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path) -> list[comparison.Curve]:
    """All runs in a folder."""
    return comparison.runs(folder)[0]


def test_the_curve_of_a_shipped_network_ends_at_its_accuracy() -> None:
    """LeNet-5's card: the last epoch's test accuracy is the one measured anew for the card."""
    curve = comparison.read_card(shipped_networks.MODELS / "lenet5-mnist.json")
    assert curve is not None
    content = json.loads((shipped_networks.MODELS / "lenet5-mnist.json").read_text("utf-8"))
    assert curve.last["test_accuracy"] == pytest.approx(content["accuracy"]["top1"], abs=1e-9)
    assert curve.parameters == content["architecture"]["parameters"]
    assert curve.is_shipped


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Best and last epoch, gap and seconds, by hand."""
    run(tmp_path, "one", epochs=4, tests=[0.5, 0.8, 0.8, 0.7], trains=[0.4, 0.6, 0.8, 0.95])
    (curve,) = found(tmp_path)
    assert (curve.key, curve.name, curve.is_shipped) == ("run:one", "one", False)
    assert curve.best["epoch"] == 2
    assert curve.last["test_accuracy"] == 0.7
    assert curve.gap == pytest.approx(0.25)
    assert curve.seconds_per_epoch == pytest.approx(statistics.fmean([1.5, 2.5, 3.5, 4.5]))


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    """The epochs before it stand."""
    folder = run(tmp_path, "one", epochs=3)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "learn')
    assert len(found(tmp_path)[0].metrics) == 3


def test_a_run_that_has_just_begun_has_no_epochs(tmp_path: Path) -> None:
    """It is listed, and not finished."""
    (run(tmp_path, "one") / "metrics.jsonl").unlink()
    (curve,) = found(tmp_path)
    assert curve.metrics == ()
    assert not comparison.finished(curve)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("recipe.json", "{"),
        ("recipe.json", '{"model": "no_such"}'),
        ("recipe.json", '{"epochs": -1}'),
        ("data.json", "[1, 2]"),
        ("data.json", "\udcff"),
        ("metrics.jsonl", "{]\n"),
        ("metrics.jsonl", '{"epoch": 1}\n'),
        ("metrics.jsonl", "7\n"),
        ("metrics.jsonl", " " * (2**22 + 1)),
    ],
)
def test_damaged_runs_are_named_and_left_out(tmp_path: Path, file: str, content: str) -> None:
    """Whatever is wrong in one folder, the others are shown."""
    run(tmp_path, "good")
    folder = run(tmp_path, "bad")
    (folder / file).write_bytes(content.encode("utf-8", "surrogateescape"))
    curves, damaged = comparison.runs(tmp_path)
    assert [each.name for each in curves] == ["good"]
    assert damaged == ["bad"]
    with pytest.raises(RunError, match="bad cannot be compared"):
        comparison.read_run(folder)


def test_numbers_that_are_not_finite_are_damage(tmp_path: Path) -> None:
    """JSON of Python may hold NaN; a chart may not."""
    folder = run(tmp_path, "bad", epochs=2)
    text = (folder / "metrics.jsonl").read_text()
    (folder / "metrics.jsonl").write_text(text.replace('"train_loss": 1', '"train_loss": NaN', 1))
    assert comparison.runs(tmp_path) == ([], ["bad"])


def test_cards_without_epochs_are_no_curves(tmp_path: Path) -> None:
    """They are not damaged either."""
    (tmp_path / "other.json").write_text('{"name": "other"}')
    (tmp_path / "broken.json").write_text('{"curve": 3}')
    card(tmp_path, "whole")
    curves, damaged = comparison.shipped(tmp_path)
    assert [each.name for each in curves] == ["whole"]
    assert damaged == ["broken"]


def test_only_what_differs_is_listed(tmp_path: Path) -> None:
    """An option that was left out has the network's default."""
    run(tmp_path, "a", model="lenet5", options={"norm": "none"})
    run(tmp_path, "b", model="lenet5", options={"norm": "batch"})
    run(tmp_path, "c", model="lenet5")
    by_name = {each.name: each for each in found(tmp_path)}
    assert differing([by_name["a"], by_name["b"]]) == ("norm",)
    assert differing([by_name["a"], by_name["c"]]) == ()
    assert differing(list(by_name.values())) == ("norm",)


@pytest.mark.parametrize(
    ("one", "other", "setting"),
    [
        ({"options": {}}, {"options": {"norm": "batch"}}, "norm"),
        ({"options": {"dropout": 0.5}}, {}, "dropout"),
        ({"augmentation": ["crop"]}, {}, "augmentation"),
        ({"model": "plain20"}, {"model": "resnet20"}, "model"),
        ({"learning_rate": 0.1}, {"learning_rate": 0.05}, "learning_rate"),
        ({"learning_rate": 0.1, "threads": 2}, {"learning_rate": 0.05}, "learning_rate"),
    ],
)
def test_pairs_differ_in_one_setting(tmp_path: Path, one: Any, other: Any, setting: str) -> None:
    """And in nothing else that counts."""
    run(tmp_path, "one", **one)
    run(tmp_path, "other", **other)
    (pair,) = pairs(found(tmp_path))
    assert pair.setting == setting
    assert {each.name for each in pair.curves} == {"one", "other"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({}, {"threads": 2}),
        ({}, {"options": {"norm": "batch"}, "learning_rate": 0.1}),
        ({}, {"data": "mnist"}),
        ({}, {"digest": "1" * 64, "learning_rate": 0.1}),
        ({"model": "plain20"}, {"model": "resnet20", "options": {"shortcut": "B"}}),
        ({}, {"learning_rate": 0.1, "done": 1}),
    ],
)
def test_others_are_no_pairs(tmp_path: Path, one: Any, other: Any) -> None:
    """The same settings, two that differ, other pictures, or a run that is not done."""
    run(tmp_path, "one", epochs=2, **one)
    run(tmp_path, "other", epochs=2, **other)
    assert len(found(tmp_path)) == 2
    assert pairs(found(tmp_path)) == []


def test_numbers_of_a_pair_stand_in_order(tmp_path: Path) -> None:
    """10 comes after 9, and the newest of two equal runs is taken."""
    for number, size in enumerate((10, 9, 16, 9)):
        run(tmp_path, f"{number}", batch_size=size, age=number)
    (pair,) = pairs(found(tmp_path))
    assert [(each.name, each.recipe.batch_size) for each in pair.curves] == [("1", 9), ("0", 10), ("2", 16)]


def test_the_degradation_experiment_is_found_by_its_recipes(tmp_path: Path) -> None:
    """Not by names: a fifth network with another recipe, or a missing one, changes nothing or all."""
    degradation_cards(tmp_path)
    card(tmp_path, "resnet20-long", model="resnet20", epochs=50)
    curves = comparison.shipped(tmp_path)[0]
    four = comparison.degradation(curves)
    assert tuple(each.recipe.model for each in four) == DEGRADATION
    assert [1 - each.last["train_accuracy"] for each in four] == pytest.approx(
        [ERRORS[each][0] for each in DEGRADATION]
    )
    assert comparison.degradation([each for each in curves if each.recipe.model != "plain56"]) == ()


def test_comparing_does_not_import_torch() -> None:
    """A page that lists runs starts without it."""
    code = "import sys; import cnnviz.training.comparison; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
