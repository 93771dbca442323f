"""The tab where a network learns: what it offers, asks for, refuses and shows, without a process and a browser."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnnviz.errors import DataError, RunError, WorkError
from cnnviz.networks import zoo
from cnnviz.networks.custom.building import build as build_custom
from cnnviz.networks.custom.text import read
from cnnviz.training import control, data, launch
from cnnviz.training.recipe import Recipe
from pages.common import visitor, zips
from pages.common.run_list import entries
from pages.common.training_cost import check_custom, check_work, cost
from pages.common.training_data import NAMED, DataChoice, find
from pages.common.training_networks import SMALLEST, adapted, fits, smallest

torch.set_num_threads(1)

DIGITS = DataChoice("digits", "Digits", "digits", (1, 32, 32), 1435, 10)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs for each test."""
    monkeypatch.setattr(control, "RUNS", tmp_path / "runs")
    return tmp_path / "runs"


def page() -> None:
    """A page that has nothing but the tab."""
    from pages.common.frame import guarded, notices
    from pages.common.settings import Settings
    from pages.common.train_tab import TRAIN_SETTINGS, train_tab

    @guarded
    def main() -> None:
        settings = Settings("training", TRAIN_SETTINGS)
        notices(settings)
        train_tab(settings)
        settings.publish()

    main()


def opened(**query: str) -> AppTest:
    """The tab, with settings as they stand in an address."""
    app = AppTest.from_function(page, default_timeout=60)
    for name, value in {"lang": "en", **query}.items():
        app.query_params[name] = value
    return app.run()


def put_run(runs: Path, name: str, owner: str = "", state: str = "finished", **recipe: Any) -> Path:
    """A run's folder as the launcher and a process leave it."""
    folder = runs / name
    folder.mkdir(parents=True)
    asked = {"recipe": json.loads(Recipe(**recipe).to_json()), "owner": owner, "worker": owner, "asked": time.time()}
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "state.json").write_text(json.dumps({"state": state, "epoch": 1, "epochs": 10}))
    line = {"epoch": 1, "test_accuracy": 0.5, "pictures_per_second": 1000.0}
    (folder / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    return folder


def buttons(app: AppTest) -> list[str]:
    """What can be pressed."""
    return [each.label for each in app.button]


def packed(**classes: int) -> bytes:
    """A zip with so many grey 8×8 pictures in a folder of each name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, count in classes.items():
            for number in range(count):
                picture = io.BytesIO()
                Image.new("L", (8, 8), number * 20).save(picture, "PNG")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    return stream.getvalue()


def test_start_hands_over_what_is_set(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    """The button asks for the recipe of the address, once, and the new run is the one that is watched."""
    asked: list[Recipe] = []

    def start(recipe: Recipe, *_args: Any, **_more: Any) -> Path:
        asked.append(recipe)
        return put_run(runs, "fresh-1")

    monkeypatch.setattr(launch, "start", start)
    app = opened(train_epochs="3", train_options="norm-batch~width-0.5", train_augmentation="rotation")
    app.button(key="training/start").click().run()
    assert not app.exception
    recipe = asked[0]
    assert (recipe.model, recipe.data, recipe.epochs, recipe.augmentation) == ("lenet5", "digits", 3, ("rotation",))
    assert dict(recipe.options) == {"norm": "batch", "width": 0.5}
    assert len(asked) == 1
    assert app.query_params["train_run"] == "fresh-1"


def test_start_hands_over_what_was_set_in_the_same_moment(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    """A number that is typed reaches the server together with the press, and is handed over after it."""
    asked: list[Recipe] = []

    def start(recipe: Recipe, *_args: Any, **_more: Any) -> Path:
        asked.append(recipe)
        return put_run(runs, "fresh-1")

    monkeypatch.setattr(launch, "start", start)
    app = opened(train_epochs="3")
    next(each for each in app.number_input if each.label == "Epochs").set_value(7)
    app.button(key="training/start").click().run()
    assert [recipe.epochs for recipe in asked] == [7]


def test_a_press_that_came_to_nothing_starts_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has gone to another page in the same moment, and comes back after a while, finds no run there."""
    monkeypatch.setattr(launch, "start", lambda *_args, **_more: pytest.fail("started"))
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["training/start asked"] = time.monotonic() - 60
    app.run()
    assert not app.exception
    assert "training/start asked" not in app.session_state


def test_a_refusal_of_the_launcher_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has too many runs is told so, and the page goes on."""

    def start(*_args: Any, **_more: Any) -> Path:
        raise RunError("You have {count} runs.", count=2)

    monkeypatch.setattr(launch, "start", start)
    app = opened()
    app.button(key="training/start").click().run()
    assert [each.value for each in app.error] == ["You have 2 runs."]
    assert "Train" in buttons(app)


def test_the_first_visit_counts_as_pytorch_does() -> None:
    """Something to watch and the default's parameters are there at once."""
    app = opened()
    count = sum(each.numel() for each in zoo.build("lenet5", in_channels=1, num_classes=10).parameters())
    assert any(f"{count:,} parameters" in each.value for each in app.caption)
    assert app.selectbox[0].value == "shipped:lenet5-mnist"


def test_only_the_owner_gets_buttons(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    """Somebody else's run can be watched; who sits at the machine may remove it."""
    put_run(runs, "theirs-1", owner="somebody")
    at_the_machine = [False]
    monkeypatch.setattr("pages.common.run_controls.is_at_the_machine", lambda: at_the_machine[0])
    app = opened(train_run="theirs-1")
    assert "Remove" not in buttons(app)
    assert any("Somebody else's run" in each.value for each in app.caption)
    at_the_machine[0] = True
    app = opened(train_run="theirs-1")
    app.button(key="training/run remove theirs-1").click().run()
    assert not (runs / "theirs-1").exists()


def test_who_chose_nothing_sees_their_own_newest_run(runs: Path) -> None:
    """Never a stranger's; without one of their own, the shipped network."""
    put_run(runs, "theirs-1", owner="somebody")
    assert opened().selectbox[0].value == "shipped:lenet5-mnist"


def test_the_list_tells_what_the_folders_hold(runs: Path) -> None:
    """State, accuracy and network of every run; a folder that is none is left out."""
    put_run(runs, "one-1", model="resnet20", state="failed")
    (runs / "none").mkdir()
    found = entries()
    assert [(each.name, each.state.state, each.best, each.recipe.model) for each in found] == [
        ("one-1", "failed", 0.5, "resnet20")
    ]


def test_a_hostile_address_falls_back() -> None:
    """Values that are not legal are named, and the defaults stand."""
    app = opened(train_data="../../etc/passwd", train_epochs="-1", train_run="../x", train_options="norm")
    assert not app.exception
    assert "train_data, train_options, train_epochs, train_run" in app.warning[0].value
    app = opened(train_run="gone-7")
    assert any("There is no run “gone-7” here" in each.value for each in app.error)


FAMILIES = ("lenet5", "vgg11", "resnet18", "resnet20", "se_resnet50", "mobilenet_v2", "efficientnet_b0", "densenet121")


@pytest.mark.parametrize("name", [*SMALLEST, *FAMILIES])
def test_the_smallest_pictures_are_as_told(name: str) -> None:
    """A network learns from pictures of its smallest side, on PyTorch's device without numbers."""
    side = 32 if name.startswith("lenet5") else smallest(name)
    with torch.no_grad():
        network = zoo.blueprint(name, in_channels=3, num_classes=10).train()
        network(torch.empty(2, 3, side, side, device="meta"))
    assert fits(name, side, side)


@pytest.mark.parametrize("name", ["hierarchical_cnn", "nin", "vgg11", "alexnet", "densenet121", "inception_v3"])
def test_smaller_pictures_do_not_fit(name: str) -> None:
    """One pixel less, and PyTorch refuses."""
    side = smallest(name) - 1
    assert not fits(name, side, side)
    with pytest.raises(RuntimeError):
        zoo.blueprint(name, in_channels=3, num_classes=10).train()(torch.empty(2, 3, side, side, device="meta"))


def test_lenet_is_padded_for_mnist() -> None:
    """28×28 pictures get the padding that makes them 32×32, and other sizes are not offered."""
    network = zoo.blueprint("lenet5", **adapted("lenet5", 28))
    assert network(torch.empty(1, 1, 28, 28, device="meta")).shape == (1, 10)
    assert not fits("lenet5", 64, 64)


def test_the_digits_are_as_many_as_told() -> None:
    """The list names the size that the data set has."""
    loaded = data.load("digits")
    _title, shape, pictures, classes, _file = NAMED["digits"]
    assert (shape, pictures, classes) == (loaded.shape, len(loaded.train), len(loaded.classes))


def test_own_layers_are_counted_and_checked() -> None:
    """Parameters as PyTorch has them; another number of outputs than classes is refused."""
    text = "1x32x32:conv6k5-relu-max2-flat-fc10"
    count = sum(each.numel() for each in build_custom(read(text)).parameters())
    assert check_custom(text, DIGITS).parameters == count
    with pytest.raises(DataError, match="3 numbers, but these pictures have 10 classes"):
        check_custom("1x32x32:flat-fc3", DIGITS)


def test_too_much_work_is_refused() -> None:
    """The work of a 20-layer network for 200 epochs of CIFAR-10's size."""
    many = DataChoice("x", "x", "digits", (3, 32, 32), 50_000, 10)
    recipe = Recipe(model="resnet20", epochs=200)
    with pytest.raises(WorkError, match="times as much work"):
        check_work(recipe, many, cost(recipe, many))
    check_work(Recipe(), DIGITS, cost(Recipe(), DIGITS))


def test_a_zip_is_kept_for_its_owner() -> None:
    """It is found by its title, loads as a data set, and is not offered to others."""
    kept = zips.keep(packed(cat=5, dog=5), "pets", "me")
    assert [each.title for each in zips.zips_of("me")] == ["pets"]
    assert zips.zips_of("you") == []
    loaded = data.load(str(kept.path), cache=kept.path.parent)
    choice = find(f"own-{kept.path.stem}", "you")  # by a link
    assert (choice.shape, choice.classes, choice.pictures) == (loaded.shape, 2, len(loaded.train))


def test_what_is_no_zip_of_classes_is_refused(runs: Path) -> None:
    """Noise and a single class: one sentence each, and nothing is kept."""
    for given in (b"noise", packed(cat=5)):
        with pytest.raises(DataError):
            zips.keep(given, "x", "me")
    assert not list(runs.glob(".pictures/*"))


def test_a_visitor_is_the_same_after_a_reload(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cookie's token is masked anew in each answer; the name that follows from it is the same."""
    from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

    class Context:
        cookies: dict[str, str]
        ip_address = None

    monkeypatch.setattr(visitor.st, "context", Context)
    names = []
    for token in (b"a" * 16, b"a" * 16, b"b" * 16):
        Context.cookies = {"_streamlit_xsrf": generate_xsrf_token_string(token)}
        names.append(visitor.visitor())
    assert names[0] == names[1] != names[2]
