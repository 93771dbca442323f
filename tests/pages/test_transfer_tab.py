"""The tab of transfer learning: what is counted, taken, refused and started, without a browser."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.training import control, launch, transfer
from cnnviz.training.own_pictures import read_picture
from cnnviz.training.recipe import Recipe
from pages.common import own_pictures, training_cost, transfer_runs
from pages.common.transfer_results import _order, by_chance
from tests.unit.training.cases import picture

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

LENET = transfer.Network("lenet5-mnist", "lenet5-mnist", "lenet5", (1, 28, 28), {"padding": 2})


def page() -> None:
    """A page that has nothing but the tab."""
    from pages.common.frame import guarded, notices
    from pages.common.settings import Settings
    from pages.common.transfer_tab import TRANSFER_SETTINGS, transfer_tab

    @guarded
    def main() -> None:
        settings = Settings("training", TRANSFER_SETTINGS)
        notices(settings)
        settings.publish()
        transfer_tab(settings)

    main()


def opened(**query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    return app.run()


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Recipe]:
    """Runs whose process is a note: they are folders, and train nothing."""
    recipes: list[Recipe] = []

    def start(recipe: Recipe, owner: str, runs: Path, **_options: Any) -> Path:
        folder = runs / f"run-{len(recipes)}"
        folder.mkdir(parents=True)
        asked = {"recipe": json.loads(recipe.to_json()), "owner": owner, "worker": owner, "asked": time.time()}
        (folder / "asked.json").write_text(json.dumps(asked))
        (folder / "state.json").write_text('{"state": "finished"}')
        recipes.append(recipe)
        return folder

    monkeypatch.setattr(launch, "start", start)
    monkeypatch.setattr(control, "RUNS", tmp_path)
    monkeypatch.setattr(transfer_runs, "visitor", lambda: "me")  # AppTest makes another browser each time
    return recipes


@pytest.mark.parametrize("freeze", transfer.frozen_choices(LENET))
def test_counts_are_pytorchs(freeze: str) -> None:
    """Trained and frozen parameters against requires_grad of a network frozen by hand, module by module."""
    network = zoo.build("lenet5", in_channels=1, num_classes=3, padding=2)
    names = ["c1", "s2", "c3", "s4", "c5", "f6", "output"]
    for name in names[: names.index(freeze.partition(".")[0]) + 1]:
        getattr(network, name).requires_grad_(False)
    trained = sum(each.numel() for each in network.parameters() if each.requires_grad)
    frozen = sum(each.numel() for each in network.parameters() if not each.requires_grad)
    assert transfer.counts(LENET, freeze, 3) == (trained, frozen)
    app = opened(transfer_freeze=freeze, transfer_pictures="textures")
    assert f"**{trained:,}** parameters are trained, **{frozen:,}** are frozen" in app.caption[0].value


def test_three_runs_differ_in_their_beginning_alone() -> None:
    """Same pictures, epochs and seed."""
    made = transfer.recipes(LENET, "c5", "x.zip", 20, 7)
    assert {kind: transfer.kind_of(recipe) for kind, recipe in made.items()} == {kind: kind for kind in transfer.KINDS}
    assert len({replace(recipe, start="", freeze="").to_json() for recipe in made.values()}) == 1


@pytest.mark.parametrize(("pictures", "batch"), [(2, 2), (10, 10), (16, 16), (17, 8), (20, 10), (33, 11)])
def test_batches_leave_few_pictures_over(pictures: int, batch: int) -> None:
    """None is above 16, and less than one picture for each batch is lost."""
    assert transfer.batch_size(pictures) == batch
    assert pictures % batch <= pictures // batch


def test_weights_of_torchvision_are_offered_when_their_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in torch's folder, of the name that torchvision gives it."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert not any(each.start == "torchvision" for each in transfer.networks())
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "resnet18-f37072fd.pth").write_bytes(b"")
    assert [each.key for each in transfer.networks() if each.start == "torchvision"] == ["torchvision-resnet18"]


def test_the_first_visit_trains_at_once(started: list[Recipe]) -> None:
    """One press starts all three, the pictures of the example are on the disk, and the address keeps the runs."""
    app = opened()
    assert not app.exception
    app.button(key="transfer/start").click().run()
    assert not app.error
    assert [transfer.kind_of(each) for each in started] == ["transfer", "scratch", "fine"]
    assert len({each.data for each in started}) == 1
    assert app.query_params["transfer_runs"] == "run-0~run-1~run-2"
    app.run()
    assert len(started) == 3


def test_the_program_is_in_its_drawer() -> None:
    """Written when it is opened, for the layer that is chosen."""
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params.update({"lang": "en", "transfer_freeze": "c3", "transfer_epochs": "7"})
    assert not app.run().code
    app.session_state["transfer/program"] = True
    (program,) = app.run().code
    assert program.value == transfer.program(LENET, "c3", 10, 7).rstrip()
    assert [each.label for each in app.get("download_button")] == ["Pictures (ZIP)", "Weights"]


def test_what_the_limit_holds_back_is_started_after_a_reload(
    started: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one run under way too many nothing more is started; later, from the address alone, the rest is."""
    monkeypatch.setattr(control, "unfinished", lambda *_given: [None] * launch.LIMIT)
    opened().button(key="transfer/start").click().run()
    assert len(started) == 1
    monkeypatch.setattr(control, "unfinished", lambda *_given: [])
    app = opened(transfer_runs="run-0")
    assert not app.error, app.error[0].value
    assert [transfer.kind_of(each) for each in started] == ["transfer", "scratch", "fine"]


def test_a_link_to_the_comparison_of_others_starts_nothing(
    started: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither do runs that were stopped."""
    monkeypatch.setattr(control, "unfinished", lambda *_given: [None] * launch.LIMIT)
    opened().button(key="transfer/start").click().run()
    monkeypatch.setattr(control, "unfinished", lambda *_given: [])
    stopped = replace(control.state(control.RUNS / "run-0"), state="stopped")
    monkeypatch.setattr(control, "state", lambda _folder: stopped)
    opened(transfer_runs="run-0")
    monkeypatch.setattr(control, "state", lambda _folder: replace(stopped, state="finished", owner="somebody else"))
    opened(transfer_runs="run-0")
    assert len(started) == 1


def test_an_old_address_starts_nothing(started: list[Recipe], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first run was finished long ago: nobody has pressed a button."""
    monkeypatch.setattr(control, "unfinished", lambda *_given: [None] * launch.LIMIT)
    opened().button(key="transfer/start").click().run()
    monkeypatch.setattr(control, "unfinished", lambda *_given: [])
    asked = control.RUNS / "run-0" / "asked.json"
    asked.write_text(json.dumps({**json.loads(asked.read_text()), "asked": time.time() - 3600}))
    opened(transfer_runs="run-0")
    assert len(started) == 1


def test_two_tabs_of_one_address_start_each_run_once(started: list[Recipe], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second tab shows the runs that the first one has started."""
    monkeypatch.setattr(control, "unfinished", lambda *_given: [None] * launch.LIMIT)
    opened().button(key="transfer/start").click().run()
    monkeypatch.setattr(control, "unfinished", lambda *_given: [])
    tabs = [opened(transfer_runs="run-0") for _ in range(2)]
    assert [transfer.kind_of(each) for each in started] == list(transfer.KINDS)
    assert {tab.query_params["transfer_runs"] for tab in tabs} == {"run-0~run-1~run-2"}


def test_too_much_work_is_refused_before_anything_starts(
    started: list[Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a limit of what one picture needs once, counted by hand, thirty epochs are too much."""
    macs = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 120 * 400 + 84 * 120 + 10 * 84
    monkeypatch.setattr(training_cost, "MOST_WORK", macs)
    app = opened()
    app.button(key="transfer/start").click().run()
    assert "as much work as the page may ask for" in app.error[0].value
    assert not started


@pytest.mark.parametrize("text", ["../x", "a~b~c~d", "a~~b", "<b>", "é", "a" * 200])
def test_hostile_names_of_runs_are_refused(text: str) -> None:
    """They lead nowhere."""
    with pytest.raises(ParameterError):
        transfer_runs.read_names(text)


def test_own_pictures_are_collected(started: list[Recipe]) -> None:
    """A class is opened; a good file is taken and a bad one named; two classes of two pictures can be learned from."""
    app = opened(transfer_pictures="own")
    assert app.button(key="transfer/start").disabled
    assert "there are 0" in app.info[0].value
    for place, name in enumerate(("cat", "<dog>")):
        app.text_input(key="transfer/new class").set_value(name)
        app.button(key="transfer/add class").click().run()
        kept = app.session_state[own_pictures._KEPT]
        label = list(kept.classes)[-1]
        files = [picture((9 * number + 1, 99 * place, 0)) for number in range(3)]
        app.session_state[own_pictures._KEPT] = kept.add(label, [read_picture(each, "x") for each in files])
    app.run()
    assert not app.exception
    assert list(app.session_state[own_pictures._KEPT].classes) == ["cat", "dog"]
    app.button(key="transfer/start").click().run()
    assert [transfer.kind_of(each) for each in started] == list(transfer.KINDS)


def test_chance_is_that_of_two_draws() -> None:
    """Two standard errors of the difference of two sums of 80 draws, simulated."""
    bound = by_chance([60, 60], 80)
    draws = np.random.default_rng(1).binomial(80, 0.75, (2, 20_000))
    apart = float((draws[0] - draws[1]).std())
    assert 0 <= bound - 2 * apart < 1.2


@pytest.mark.parametrize(
    ("counts", "there", "absent"),
    [
        ([76, 50, 76], ["Level, to the picture: **a, c**", "**b** is behind a"], "Ahead"),
        ([76, 50, 40], ["Ahead: **a**"], "behind"),
        ([60, 62, 61], ["**b** is ahead of c", "no proof"], "behind"),
        ([50, 50, 50], ["Level, to the picture: **a, b, c**"], "behind"),
        ([76, 50], ["Ahead: **a**"], "behind"),
    ],
)
def test_who_is_ahead_is_said_of_the_next_best(counts: list[int], there: list[str], absent: str) -> None:
    """A lead is one before all others; what is level is named; who is behind for sure, too."""
    text = _order(list(zip("abc", counts, strict=False)), 80)
    assert all(each in text for each in there), text
    assert absent not in text


def test_a_difference_of_just_the_bound_is_no_proof() -> None:
    """The bound itself may be chance; one picture more is not."""
    first = next(count for count in range(60, 81) if count - 50 == by_chance([count, 50], 80))
    assert "no proof" in _order([("a", first), ("b", 50)], 80)
    assert "Ahead" in _order([("a", first + 2), ("b", 50)], 80)
