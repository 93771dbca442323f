"""What can be chosen is listed without loading anything; what is loaded is what its key says."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from cnnviz.errors import UnknownNetworkError, WeightsError
from cnnviz.images import samples
from cnnviz.networks import catalogue, own_networks, shipped, shipped_networks, torchvision_models, zoo
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

_ATTENTION = ("vit_", "swin_", "maxvit_")


def test_listing_is_cheap() -> None:
    """Neither torch nor torchvision is imported for it; every key is there once."""
    code = (
        "import sys; from cnnviz.networks import catalogue; keys = [each.key for each in catalogue.entries()];"
        "print(len(keys) == len(set(keys)) > 100, 'torch' in sys.modules, 'torchvision' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["True", "False", "False"]


def test_the_table_is_torchvisions() -> None:
    """All its convolutional networks, with the names, files, sizes and first choices that its records have."""
    models = torchvision().models
    expected = set()
    for name in models.list_models(module=models):
        if not name.startswith(_ATTENTION):
            records = models.get_model_weights(name)
            first = torchvision_models.of(name)[0]
            assert first.weights == records.DEFAULT.name
            for each in records:
                if each.meta["categories"]:
                    assert len(each.meta["categories"]) == torchvision_models.CLASSES
                    side = each.transforms().crop_size[0]
                    size = round(each.meta["_file_size"] * 2**20)
                    expected.add((name, each.name, each.url.rpartition("/")[2], size, side))
    ours = {(each.model, each.weights, each.file, each.bytes, each.side) for each in torchvision_models.RECORDS}
    assert ours == expected
    assert all(torchvision_models.title(each.model) for each in torchvision_models.RECORDS)


def test_shipped_networks_can_be_told_apart(tmp_path: Path) -> None:
    """One trained twice by how often it is right, and where that is the same by its file's name."""
    copies = {"lenet5-mnist": "lenet5-mnist", "resnet20-cifar10": "resnet20-cifar10", "again": "resnet20-cifar10"}
    for name, of in (copies | {"short": "resnet20-short-cifar10"}).items():
        for end in (".json", ".safetensors"):
            (tmp_path / f"{name}{end}").write_bytes((shipped.MODELS / f"{of}{end}").read_bytes())
    right = {name: shipped.read_card(name)["accuracy"]["top1"] for name in shipped.names()}
    assert {each.key: (each.title, each.right) for each in shipped_networks.entries(tmp_path)} == {
        "again": ("ResNet-20, CIFAR-10: again", right["resnet20-cifar10"]),
        "lenet5-mnist": (shipped_networks.load("lenet5-mnist").title, right["lenet5-mnist"]),
        "resnet20-cifar10": ("ResNet-20, CIFAR-10: resnet20-cifar10", right["resnet20-cifar10"]),
        "short": ("ResNet-20, CIFAR-10", right["resnet20-short-cifar10"]),
    }


@pytest.mark.parametrize("accuracy", [None, {}, {"top1": "good"}, {"top1": math.nan}, {"top1": -1}, {"top1": 10**400}])
def test_a_card_may_say_nothing_of_how_often_a_network_is_right(tmp_path: Path, accuracy: object) -> None:
    """Or nothing that can be true: the network is listed all the same."""
    for end in (".json", ".safetensors"):
        (tmp_path / f"lenet5-mnist{end}").write_bytes((shipped.MODELS / f"lenet5-mnist{end}").read_bytes())
    card = json.loads((tmp_path / "lenet5-mnist.json").read_text()) | {"accuracy": accuracy}
    (tmp_path / "lenet5-mnist.json").write_text(json.dumps(card))
    (entry,) = shipped_networks.entries(tmp_path)
    assert entry.right is None


@pytest.mark.parametrize("name", shipped.names())
def test_shipped_networks_are_what_their_entry_says(name: str) -> None:
    """Shape, classes and title; the network answers, and is at rest."""
    entry = next(each for each in catalogue.entries() if each.key == name)
    loaded = catalogue.load(name)
    assert (loaded.architecture, loaded.shape) == (entry.architecture, entry.shape)
    assert entry.title.startswith(loaded.title)
    assert len(loaded.classes) == entry.classes
    assert entry.offline
    image = samples.load("cat")
    x = loaded.prepare(image)
    assert x.shape == loaded.shape
    assert loaded.network(x[None]).shape == (1, entry.classes)
    np.testing.assert_allclose(
        x, ((loaded.seen(image) - loaded.mean) / loaded.std).transpose(2, 0, 1), rtol=1e-4, atol=1e-5
    )
    assert not loaded.network.training
    assert not any(each.requires_grad for each in loaded.network.parameters())


def test_digits_are_white_on_black() -> None:
    """Who draws black on white is told; colours have no such side."""
    assert "13%" in str(catalogue.load("lenet5-mnist").note)
    assert catalogue.load("resnet20-cifar10").note is None


def test_random_weights_are_the_same_each_time_and_said_to_be_random() -> None:
    """Whatever was drawn before; and what is drawn afterwards does not change."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second = catalogue.load("random:resnet20"), catalogue.load("random:resnet20")
    assert torch.equal(torch.rand(3), expected)
    states = first.network.state_dict(), second.network.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert float(states[0]["conv1.conv.weight"].std()) > 0.01
    assert "random" in str(first.note)
    assert {each.architecture for each in catalogue.entries() if each.source == "random"} == {
        name for name in zoo.names() if len(zoo.get(name).input_shape) == 3
    }


def test_a_replaced_file_has_another_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner's own, whatever was said about it, and shipped ones; others lie elsewhere, and do not change."""
    monkeypatch.setattr(own_networks, "files", partial(own_networks.files, folder=tmp_path))
    monkeypatch.setattr(shipped, "files", partial(shipped.files, folder=tmp_path))
    assert catalogue.stamp("own:mine.pth") == catalogue.stamp("shipped-one") == ()
    for name in ("mine.pth", "shipped-one.safetensors", "shipped-one.json"):
        (tmp_path / name).write_bytes(b"old")
    for key, name in (
        ("own:mine.pth", "mine.pth"),
        ("own:mine.pth@resnet18", "mine.txt"),
        ("shipped-one", "shipped-one.json"),
    ):
        before = catalogue.stamp(key)
        assert before == catalogue.stamp(key) != ()
        (tmp_path / name).write_bytes(b"newer")
        assert catalogue.stamp(key) != before
    for key in (
        "torchvision:resnet18",
        "random:resnet18",
        "upload:0@resnet18",
        "../models/x",
        "own:../mine.pth",
        "own:\0.pth",
    ):
        assert catalogue.stamp(key) == ()


def test_what_is_not_there_is_said() -> None:
    """Also for keys that somebody typed into an address."""
    for key in (
        "",
        "nothing",
        "../lenet5-mnist",
        "own:../x.pth",
        "own:x.pth@y",
        "other:x",
        "a\nb",
        "x" * 300,
        "upload:1@x",
    ):
        with pytest.raises(WeightsError):
            catalogue.load(key)
    for key in ("random:", "random:resnet19"):
        with pytest.raises(UnknownNetworkError):
            catalogue.load(key)
    for key in ("torchvision:lenet5", "torchvision:vit_b_16", "torchvision:resnet50@IMAGENET1K_V9", "random:text_cnn"):
        with pytest.raises(WeightsError):
            catalogue.load(key)


def test_others_can_bring_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Training lab's runs, for instance."""
    monkeypatch.setattr(catalogue, "_LOADERS", {})
    catalogue.register("run", lambda name: replace(catalogue.load("lenet5-mnist"), key=f"run:{name}"))
    assert catalogue.load("run:mine@3").key == "run:mine@3"
