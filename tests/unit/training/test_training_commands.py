"""`python -m cnnviz.training`: what is typed is what is trained, and what is exported is what was trained."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from cnnviz.errors import ParameterError
from cnnviz.networks import weights
from cnnviz.training import arguments, commands, control, data, export, runs
from cnnviz.training.files import digest
from cnnviz.training.loop import evaluate, prepare
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import stripes

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

WORDS = ["--epochs", "2", "--batch-size", "16", "--learning-rate", "0.01", "--augmentation", "crop", "--name", "first"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take stripes for digits: the same kind of pictures, fewer of them."""
    monkeypatch.setattr(data, "load", lambda *_, **__: stripes(64))


def command(folder: Path, *words: str) -> int:
    """Run a command with its runs in `folder`."""
    return commands.main([*words, "--runs", str(folder)])


def test_a_run_is_trained_listed_resumed_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first command to the loaded network, which answers as the card says."""
    assert command(tmp_path, *WORDS) == 0
    assert "epoch   2 of 2" in capsys.readouterr().out
    assert command(tmp_path, "resume", "first") == 0
    assert command(tmp_path, "list") == 0
    assert "2 of 2" in capsys.readouterr().out
    assert command(tmp_path, "export", "first", "--as", "lenet5-stripes", "--to", str(tmp_path / "models")) == 0
    trained = weights.load("lenet5-stripes", tmp_path / "models")
    pictures = stripes(64)
    images, labels = prepare(pictures.test, pictures)
    found = evaluate(trained.network, images, labels, 3)
    assert (
        trained.card["accuracy"]["top1"] == found.top1 == runs.open_run(tmp_path / "first").metrics[-1]["test_accuracy"]
    )
    assert trained.card["sha256"] == digest(tmp_path / "models" / "lenet5-stripes.safetensors")
    assert (trained.classes, trained.network.training) == (pictures.classes, False)
    assert len(trained.card["curve"]) == 2
    picture = PilImage.fromarray(np.asarray(pictures.test.images[3, 0]))
    torch.testing.assert_close(trained.preprocess(picture), images[3])


def test_the_card_tells_everything(tmp_path: Path) -> None:
    """Whoever finds the weights knows what they are, what they were trained on and how to train them again."""
    run = runs.create(tmp_path / "run", Recipe(epochs=1, batch_size=16, augmentation=("flip",)), stripes(64))
    list(runs.carry_on(run, stripes(64)))
    card = export.export(run, stripes(64), "net", tmp_path)
    assert json.loads((tmp_path / "net.json").read_text("utf-8")) == json.loads(json.dumps(card))
    told = {"architecture", "input", "classes", "data", "recipe", "command", "accuracy", "curve", "licence", "versions"}
    assert told | {"name", "bytes", "sha256"} == card.keys()
    assert card["bytes"] == (tmp_path / "net.safetensors").stat().st_size
    assert {"title", "licence", "source", "digest", "train_pictures"} <= card["data"].keys()
    assert sum(map(sum, card["accuracy"]["confusion"])) == 32


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(model="resnet20", options={"width": 0.5, "shortcut": "B"}, data="cifar10", epochs=3, learning_rate=0.2),
        Recipe(optimiser="adam", augmentation=("flip", "erasing"), channels_last=True, weight_decay=0, seed=4),
    ],
)
def test_the_command_on_a_card_asks_for_its_recipe(tmp_path: Path, recipe: Recipe) -> None:
    """Typed again, it is the same recipe."""
    words = shlex.split(export.command(runs.create(tmp_path / "run", recipe, stripes(8))))
    assert words[:3] == ["python", "-m", "cnnviz.training"]
    assert arguments.recipe(arguments.parse(words[3:])) == recipe


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "lenet6"], "lenet6"),
        (["--epochs", "0"], "epochs"),
        (["--option", "colour=3"], "colour"),
        (["--option", "width=wide"], "width"),
        (["--augmentation", "mirror"], "mirror"),
        (["--name", "../up"], "name"),
        (["resume", "nothing"], "not the folder of a run"),
        (["export", "nothing"], "not the folder of a run"),
    ],
)
def test_mistakes_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    """On the error stream, with status 1, and without a traceback or a folder."""
    assert command(tmp_path, *words) == 1
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_nothing_to_export_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run without an epoch has no weights."""
    runs.create(tmp_path / "run", Recipe(), stripes(64))
    assert command(tmp_path, "export", "run", "--to", str(tmp_path)) == 1
    assert "nothing to export" in capsys.readouterr().err


def test_runs_get_free_names(tmp_path: Path) -> None:
    """Two runs without a name do not meet."""
    for _ in range(2):
        assert command(tmp_path, *WORDS[:6], "--epochs", "1") == 0
    assert [run.folder.name for run in runs.listed(tmp_path)] == ["lenet5-digits-1", "lenet5-digits-2"]


def test_the_digest_of_own_pictures_is_short_in_a_name(tmp_path: Path) -> None:
    """Their file is named by 64 digits, which nobody reads."""
    recipe = Recipe(data=f"/somewhere/{'3fa9c2' + 'b' * 58}.zip")
    assert control.free_name(recipe, tmp_path) == "lenet5-3fa9c2-1"


@pytest.mark.parametrize("name", arguments.COMMANDS)
def test_help_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command tells its options; the help of the whole tells the commands, with examples that can be parsed."""
    with pytest.raises(SystemExit):
        commands.main([name, "--help"])
    text = capsys.readouterr().out
    assert "--runs" in text
    if name == "train":
        assert all(each in text for each in arguments.COMMANDS)
        lines = text.replace("\\\n", " ").splitlines()
        examples = [line.split("cnnviz.training", 1)[1] for line in lines if line.startswith("  python -m")]
        assert len(examples) >= 5
        for example in examples:
            arguments.parse(shlex.split(example))


def test_words_for_trained_and_own_networks() -> None:
    """The line that a card shows for such a run is the line that asks for it."""
    start = arguments.recipe(arguments.parse(["--model", "resnet20", "--start", "a-1", "--freeze", "conv2_x"]))
    assert (start.start, start.freeze) == ("a-1", "conv2_x")
    layers = "1x32x32:conv8k3p1-relu-gap-flat-fc10"
    assert arguments.recipe(arguments.parse(["--model", "custom", "--layers", layers])).layers == layers
    with pytest.raises(ParameterError, match="option"):
        arguments.recipe(arguments.parse(["--model", "custom", "--layers", layers, "--option", "width=2"]))
