"""The tab "Own weights": files that fit and files that do not, and what is on this machine."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from cnnviz.networks import catalogue, weight_files, zoo
from pages.common.maps_uploads import read_facts

torch.set_num_threads(1)


def tab() -> None:
    """The tab and the choice of the network, on a page of their own."""
    from pages.common.maps_looked import look
    from pages.common.maps_model import network_controls
    from pages.common.maps_own_tab import OWN_SETTINGS, own_tab
    from pages.common.maps_settings import MAPS_SETTINGS
    from pages.common.pictures import pictures
    from pages.common.settings import Setting, Settings

    settings = Settings("maps", (*MAPS_SETTINGS, Setting("off", ""), *OWN_SETTINGS))
    looked = look("maps", settings["model"], pictures(settings).shown)
    if looked is not None:
        own_tab(settings, looked)
    network_controls(settings)


def weights(classes: int = 3) -> dict[str, torch.Tensor]:
    """Of LeNet-5 with ReLU, drawn anew each time."""
    torch.manual_seed(classes)
    return zoo.build("lenet5", num_classes=classes).state_dict()


def uploaded(data: bytes, classes: str = "", architecture: str = "") -> AppTest:
    """The page after a file was handed in."""
    app = AppTest.from_function(tab, default_timeout=60)
    app.query_params["model"] = "lenet5-mnist"
    app.run()
    app.get("file_uploader")[0].upload("mine.safetensors", data, "application/octet-stream")
    next(each for each in app.selectbox if each.label == "It is of").set_value(architecture)
    app.text_area[0].set_value(classes)
    next(each for each in app.button if each.label == "Use these weights").click().run()
    assert not app.exception
    return app


def test_weights_that_fit_become_the_pages_network() -> None:
    """Found by their names, with the names of their classes, and listed by architecture and file."""
    app = uploaded(save(weights()), classes="cat\n\n dog \nfrog")
    assert not app.error
    key = app.session_state["settings/maps"]["model"]
    assert key.startswith("upload:")
    loaded = catalogue.load(key)
    assert (loaded.architecture, loaded.classes) == ("lenet5", ("cat", "dog", "frog"))
    state = loaded.network.state_dict()
    for name, numbers in weights().items():
        np.testing.assert_array_equal(state[name], numbers)
    assert "fit" in app.success[0].value
    choice = next(each for each in app.selectbox if each.label == "Network")
    assert choice.options == [f"{zoo.get('lenet5').title}, mine.safetensors"]


def test_too_many_names_of_classes_are_told() -> None:
    """The network has as many classes as its last layer says."""
    app = uploaded(save(weights()), classes="a\nb\nc\nd")
    assert "4 names" in app.warning[0].value
    assert "3 classes" in app.warning[0].value
    assert catalogue.load(app.session_state["settings/maps"]["model"]).classes[0] == "class 0"


def test_what_did_not_fit_is_a_list_that_cannot_draw() -> None:
    """Missing, superfluous; a name with signs of Markdown stays a name. The network stays."""
    state = weights()
    state["![x](http://a)"] = torch.zeros(1)
    last = list(state)[-2]
    del state[last]
    app = uploaded(save(state), architecture="lenet5")
    text = app.error[0].value
    lines = text.splitlines()
    assert sum(line.startswith("- ") for line in lines) == 2
    assert last.replace("_", "\\_") in text
    assert r"\!\[x\]\(http\://a\)" in text
    assert app.session_state["settings/maps"].get("model", "lenet5-mnist") == "lenet5-mnist"


@pytest.mark.parametrize(
    ("data", "classes"),
    [(b"", ""), (b"PK\x03\x04" + bytes(60), ""), (b"PK\x03\x04" + bytes(60), "a"), (b"\xff" * 99, "a")],
)
def test_other_files_are_refused_in_a_sentence(data: bytes, classes: str) -> None:
    """Empty, a .pth, noise: with names of classes, too."""
    app = uploaded(data, classes=classes)
    assert len(app.error) == 1
    if data.startswith(b"PK"):
        assert ".pth" in app.error[0].value


def test_how_to_convert_and_what_is_here() -> None:
    """The three lines; the table counts what the catalogue counts."""
    app = AppTest.from_function(tab, default_timeout=60)
    app.query_params["own_all"] = "1"
    app.run()
    assert not app.exception
    assert app.code[0].value == weight_files.conversion()
    entries = catalogue.entries()
    table = app.dataframe[0].value
    assert len(table) == len(entries)
    assert table["Works offline"].sum() == sum(each.offline for each in entries)
    assert f"{sum(each.offline for each in entries)} of {len(entries)}" in " ".join(each.value for each in app.caption)


def test_what_a_visitor_says_about_weights() -> None:
    """Names of classes, one a line, within limits."""
    classes = [json.loads(read_facts(text)["classes"]) for text in (" cat\r\n\n dog", "x" * 1000, "x\n" * 30_000)]
    assert classes == [["cat", "dog"], ["x" * 100], ["x"] * 22_000]
    assert read_facts(" \n") == {}
    assert read_facts('["cat", "dog"]') == read_facts("cat\ndog")


def test_preprocessing_in_json_is_used_and_told() -> None:
    """Mean, deviation and classes as the visitor says; the caption prints what is used."""
    facts = {"classes": ["a", "b", "c"], "mean": [0.25], "std": [0.5], "resize": 40, "unknown": 1}
    app = uploaded(save(weights()), classes=json.dumps(facts, indent=1))
    loaded = catalogue.load(app.session_state["settings/maps"]["model"])
    preparation = loaded.preparation
    assert (preparation.mean, preparation.std, preparation.resize) == ((0.25,), (0.5,), 40)
    assert loaded.classes == ("a", "b", "c")
    assert "here: unknown." in app.warning[0].value
    rows, columns = preparation.shape[1:]
    told = next(each.value for each in app.caption if "normalised" in each.value)
    assert f"{columns}×{rows} pixels, then normalised: minus 0.25, divided by 0.5." in told


@pytest.mark.parametrize(
    "text", ["{", "[1,", '{"a": "\\ud800"}', "{'mean': 1}", '{"mean": [1,]}', "{" * 100_000, '{"a": ' * 100_000]
)
def test_broken_json_is_a_sentence(text: str) -> None:
    """And the network stays."""
    app = uploaded(save(weights()), classes=text)
    assert "looks like JSON" in app.error[0].value
    assert app.session_state["settings/maps"].get("model", "lenet5-mnist") == "lenet5-mnist"


@pytest.mark.parametrize("facts", [{"mean": [0.1, 0.2]}, {"std": [0]}, {"clases": ["a"]}, {"resize": -1}, {"over": 1}])
def test_facts_that_cannot_be_used_are_named(facts: dict[str, object]) -> None:
    """The weights fit all the same."""
    app = uploaded(save(weights()), classes=json.dumps(facts))
    assert not app.error
    assert f"here: {next(iter(facts))}." in app.warning[0].value


def test_a_button_without_a_file_says_what_is_missing() -> None:
    """And the same file again takes the place of the one before."""
    app = AppTest.from_function(tab, default_timeout=60)
    app.query_params["model"] = "lenet5-mnist"
    app.run()
    next(each for each in app.button if each.label == "Use these weights").click().run()
    assert "Choose a .safetensors file first." in app.error[0].value


def test_another_try_with_a_file_replaces_it_in_the_list() -> None:
    """Otherwise nobody could tell them apart."""
    app = uploaded(save(weights()))
    first = app.session_state["settings/maps"]["model"]
    app.text_area[0].set_value("a\nb\nc")
    next(each for each in app.button if each.label == "Use these weights").click().run()
    assert not app.error
    assert app.session_state["settings/maps"]["model"] != first
    assert len(next(each for each in app.selectbox if each.label == "Network").options) == 1
