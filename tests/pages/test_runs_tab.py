"""Comparing runs: what the tab says against the numbers in the files, and where it leads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.networks import custom, shipped
from cnnviz.networks.custom import building
from cnnviz.training import comparison, control
from cnnviz.training.recipe import SCHEDULES, Recipe
from pages.common.runs_pair import train_settings, twins
from pages.common.runs_table import parameters
from pages.common.runs_words import value_text
from tests.unit.training.curves import ERRORS, card, degradation_cards, run

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)


def page() -> None:
    """A page with the tab, and the settings that it hands pairs to."""
    from pages.common.frame import guarded, notices
    from pages.common.runs_tab import RUNS_SETTINGS, runs_tab
    from pages.common.settings import Settings, choice
    from pages.common.training_settings import TRAIN_SETTINGS

    @guarded
    def main() -> None:
        tab = choice("tab", "runs", ("train", "runs"))
        settings = Settings("training", (tab, *TRAIN_SETTINGS, *RUNS_SETTINGS))
        notices(settings)
        settings.publish()
        runs_tab(settings)

    main()


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Folders of models and runs, empty."""
    models, runs = tmp_path / "models", tmp_path / "runs"
    models.mkdir()
    runs.mkdir()
    monkeypatch.setattr(shipped, "MODELS", models)
    monkeypatch.setattr(control, "RUNS", runs)
    return models, runs


def opened(**query: str) -> AppTest:
    """The page, with settings as they stand in an address."""
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    app = app.run()
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    """All sentences."""
    return " ".join(each.value for each in app.markdown)


def traces(app: AppTest) -> list[dict[str, Any]]:
    """The curves of the chart, without those that explain dashes."""
    (chart,) = app.get("plotly_chart")
    return [each for each in json.loads(chart.proto.spec)["data"] if each.get("legendgroup")]


def test_without_anything_there_is_a_way_on() -> None:
    """A sentence instead of an empty chart."""
    assert "nothing to compare yet" in opened().info[0].value


def test_the_degradation_experiment_is_there_from_the_first_visit(places: tuple[Path, Path]) -> None:
    """Four networks, eight curves, and the sentence with the errors of the files."""
    degradation_cards(places[0])
    app = opened()
    assert len(traces(app)) == 8
    assert {each["line"]["dash"] for each in traces(app)} == {"dash", "solid"}
    text = said(app)
    for model, name in (("plain20", "plain-20"), ("plain56", "plain-56"), ("resnet56", "ResNet-56")):
        assert f"{name} {100 * ERRORS[model][0]:.1f}%" in text
    assert "**worse by 5.0 points**, and that on the pictures it learns from" in text
    assert "**better by 4.0 points**, as they found" in text
    assert "disagrees" not in text


def test_data_that_disagree_are_said_to(places: tuple[Path, Path]) -> None:
    """Both halves turned round."""
    degradation_cards(
        places[0], {"plain20": (0.1, 0.1), "plain56": (0.08, 0.1), "resnet20": (0.05, 0.1), "resnet56": (0.06, 0.1)}
    )
    text = said(opened())
    assert text.count("**disagrees**") == 2
    assert "not worse here (2.0 points better)" in text
    assert "**worse by 1.0 points** here" in text


def test_the_table_has_what_differs_and_what_came_out(places: tuple[Path, Path]) -> None:
    """Parameters as PyTorch counts them; accuracies and gap by hand."""
    run(places[1], "with", options={"norm": "batch"}, tests=[0.5, 0.9, 0.8], trains=[0.5, 0.8, 0.95])
    run(places[1], "without", tests=[0.4, 0.5, 0.6], trains=[0.4, 0.5, 0.55])
    app = opened()
    table = app.dataframe[0].value
    assert list(table.columns[:3]) == ["name", "norm", "parameters"]
    row = table[table["norm"] == "batch"].iloc[0]
    assert [row["best"], row["best_epoch"], row["last"]] == pytest.approx([90, 2, 80])
    assert [row["gap"], row["seconds"]] == pytest.approx([15, 2.5])
    assert sorted(table["parameters"])[0] == 61_706 + 6 * 25 * 2  # LeNet-5 for three channels instead of one
    text = said(app)
    assert "They differ only in **Normalisation**" in text
    assert "10.00% in epoch 2" in text


def test_a_pair_is_a_button(places: tuple[Path, Path]) -> None:
    """It chooses both runs, and the address has them."""
    run(places[1], "a", augmentation=["crop"])
    run(places[1], "b")
    run(places[1], "c", batch_size=32)
    app = opened()
    button = next(each for each in app.button if each.label.startswith("Augmentation:"))
    button.click().run()
    assert set(app.query_params["runs_chosen"].split("~")) == {"run:a", "run:b"}
    assert len(traces(app)) == 4


def test_pairs_of_one_title_are_told_apart(places: tuple[Path, Path]) -> None:
    """Crop or not, in batches of 64 and of 32: two buttons, and each chooses what it names."""
    for name, changes in {"a": {}, "b": {"batch_size": 32}}.items():
        run(places[1], name, **changes)
        run(places[1], f"{name}-crop", augmentation=["crop"], **changes)
    app = opened()
    found = [each for each in app.button if each.label.startswith("Augmentation:")]
    assert len({each.label for each in found}) == 2
    next(each for each in found if "32" in each.label).click().run()
    assert set(app.query_params["runs_chosen"].split("~")) == {"run:b", "run:b-crop"}


def test_other_pictures_are_warned_of_and_damage_is_named(places: tuple[Path, Path]) -> None:
    """Both notices; a run that is gone is named, too."""
    card(places[0], "one", data="mnist")
    run(places[1], "two")
    folder = run(places[1], "bad")
    (folder / "recipe.json").write_text("{")
    app = opened(runs_chosen="one~run:two~run:gone")
    warnings = " ".join(each.value for each in app.warning)
    assert "different pictures (MNIST, Digits)" in warnings
    assert "damaged: bad" in warnings
    assert "Not here any more: run:gone" in warnings


@pytest.mark.parametrize("curve", ["error", "accuracy", "loss", "rate"])
@pytest.mark.parametrize("upwards", ["linear", "log"])
def test_curves_are_those_of_the_files(places: tuple[Path, Path], curve: str, upwards: str) -> None:
    """Values and seconds, summed up."""
    run(places[1], "one", tests=[0.5, 0.75, 1.0], trains=[0.5, 0.6, 0.7])
    app = opened(runs_curve=curve, runs_y=upwards, runs_x="seconds")
    solid = traces(app)[-1]
    expected = {"error": [50, 25, None if upwards == "log" else 0], "accuracy": [50, 75, 100], "loss": [1.5, 0.75, 0.5],
                "rate": [0.1, 0.05, 0.1 / 3]}[curve]  # fmt: skip
    assert decoded(solid["x"]) == pytest.approx([1.5, 4, 7.5])
    found = [None if value != value else value for value in decoded(solid["y"])]
    assert found[:2] == pytest.approx(expected[:2])
    assert found[2] == (expected[2] if expected[2] is None else pytest.approx(expected[2]))


def decoded(values: Any) -> list[float]:
    """Plotly's binary arrays as numbers."""
    import base64

    import numpy as np

    if isinstance(values, list):
        return values
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


def test_a_twin_is_set_up_in_the_first_tab(places: tuple[Path, Path]) -> None:
    """All settings of the run, and the one that was chosen to differ."""
    run(places[1], "one", learning_rate=0.02, batch_size=16, augmentation=["crop"])
    app = opened()
    next(each for each in app.selectbox if each.label == "but with another").set_value("norm").run()
    next(each for each in app.button if each.label == "Set it up").click().run()
    query = app.query_params
    assert query["tab"] == "train"
    assert query["train_options"] == "norm-batch"
    assert (query["train_learning_rate"], query["train_batch_size"]) == ("0.02", "16")
    assert query["train_augmentation"] == "crop"


def test_twins_differ_in_one_setting_and_are_legal() -> None:
    """Every one of them: nothing else in the recipe changes, but options that the partner lacks."""
    recipe = Recipe(model="resnet20", options={"shortcut": "B", "width": 0.5}, augmentation=("flip",))
    found = twins(recipe)
    assert {"model", "norm", "shortcut", "augmentation", "learning_rate"} <= set(found)
    assert found["model"][0][1].options == {"width": 0.5}
    for name, changes in found.items():
        for value, twin in changes:
            assert twin != recipe
            one, other = (json.loads(each.to_json()) for each in (recipe, twin))
            apart = {key for key in one if one[key] != other[key]}
            assert apart <= {"model", "options"} if name == "model" else len(apart) == 1
            assert (getattr(twin, name, None) or twin.options.get(name)) == value or not value


def test_what_the_first_tab_does_not_offer_has_no_settings() -> None:
    """Other people's paths, and networks that begin with trained weights."""
    assert train_settings(Recipe(data="somewhere/pictures.zip")) is None
    settings = train_settings(Recipe(data="somewhere/" + "a" * 64 + ".zip"))
    assert settings is not None
    assert settings["train_data"] == "own-" + "a" * 64


def test_strange_addresses_are_refused(places: tuple[Path, Path]) -> None:
    """With a notice, and the defaults."""
    run(places[1], "one")
    app = opened(runs_chosen="../../etc~x", runs_curve="<b>")
    assert "runs_chosen" in app.warning[0].value
    assert "runs_curve" in app.warning[0].value
    assert len(traces(app)) == 2


def test_values_are_said_in_words() -> None:
    """As where they are chosen, not as the recipe calls them."""
    assert value_text("optimiser", "sgd") == "SGD"
    assert value_text("schedule", "one-cycle") == "one cycle: up, then down"
    assert value_text("data", "step") == "step"
    assert all(value_text("schedule", each) != each for each in SCHEDULES if each != "constant")


def test_parameters_of_own_layers_are_pytorchs(places: tuple[Path, Path]) -> None:
    """Counted without building the network, against the network that is built."""
    layers = "3x32x32:conv32k3p1-bn-relu-max2-res64s2-gap-flat-fc10"
    folder = run(places[1], "own", model="custom", layers=layers)
    curve = comparison.read_run(folder)
    built = building.build(custom.read(layers))
    assert parameters(curve) == sum(each.numel() for each in built.parameters())
