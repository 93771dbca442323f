"""Trained networks are loaded when card and weights agree, and in no other case."""

from __future__ import annotations

import hashlib
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
import torch
from PIL import Image as PilImage
from safetensors.torch import save

from cnnviz.errors import WeightsError
from cnnviz.networks import weights, zoo

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

CARD = {
    "architecture": {"key": "lenet5", "options": {"width": 0.5}},
    "input": {"shape": [1, 32, 32], "mean": [0.25], "std": [0.5]},
    "classes": ["a", "b", "c"],
}


def network() -> torch.nn.Module:
    """The network of the card."""
    return zoo.build("lenet5", width=0.5, num_classes=3).eval()


def ship(folder: Path, data: bytes, **changed: Any) -> None:
    """Write weights with a card whose checksum is right."""
    (folder / "net.safetensors").write_bytes(data)
    card = {**CARD, "sha256": hashlib.sha256(data).hexdigest(), **changed}
    (folder / "net.json").write_text(json.dumps(card))


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    """The same answers, in evaluation mode, with its classes and card; nothing in it can be trained by accident."""
    original = network()
    ship(tmp_path, save(original.state_dict()))
    loaded = weights.load("net", tmp_path)
    x = torch.randn(2, 1, 32, 32)
    assert torch.equal(loaded.network(x), original(x))
    assert not loaded.network.training
    assert not any(each.requires_grad for each in loaded.network.parameters())
    assert loaded.classes == ("a", "b", "c")
    assert weights.names(tmp_path) == ("net",)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_pictures_are_made_what_the_network_knows(tmp_path: Path, mode: str) -> None:
    """Any mode and size becomes (C, H, W): a white picture is (1 − mean) / std everywhere."""
    ship(tmp_path, save(network().state_dict()))
    picture = PilImage.new("RGB", (50, 41), (255, 255, 255)).convert(mode)
    found = weights.load("net", tmp_path).preprocess(picture)
    torch.testing.assert_close(found, torch.full((1, 32, 32), 1.5))


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """An unknown name, and one that leads elsewhere, are told what there is."""
    ship(tmp_path, save(network().state_dict()))
    for name in ("other", "../net", "", "net\n", "NET"):
        with pytest.raises(WeightsError, match="There are: net"):
            weights.load(name, tmp_path)


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    """One flipped bit is enough."""
    data = save(network().state_dict())
    ship(tmp_path, data, sha256=hashlib.sha256(data[:-1] + bytes([data[-1] ^ 1])).hexdigest())
    with pytest.raises(WeightsError, match="not those of its card"):
        weights.load("net", tmp_path)


@pytest.mark.parametrize("options", [{"width": 1.0}, {"norm": "batch"}, {"colour": 3}, {"width": 1e9}])
def test_weights_of_another_network_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    """Other shapes, more or fewer layers, and options that do not exist."""
    ship(tmp_path, save(network().state_dict()), architecture={"key": "lenet5", "options": options})
    with pytest.raises(WeightsError, match="do not fit"):
        weights.load("net", tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, pickle.dumps({"c1": 3})])
def test_only_safetensors_are_read(tmp_path: Path, data: bytes) -> None:
    """Pickles and noise with a right checksum are refused, not opened."""
    ship(tmp_path, data)
    with pytest.raises(WeightsError, match="do not fit"):
        weights.load("net", tmp_path)


def test_another_type_of_number_is_refused(tmp_path: Path) -> None:
    """Halves would be taken for floats, and answer a little differently."""
    ship(tmp_path, save(network().half().state_dict()))
    with pytest.raises(WeightsError, match="do not fit"):
        weights.load("net", tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"input": {"shape": [1, 32], "mean": [0.1], "std": [0.1]}},
        {"input": {"shape": [3, 32, 32], "mean": [0.1], "std": [0.1]}},
        {"classes": []},
        {"architecture": "lenet5"},
        {"sha256": None},
    ],
)
def test_damaged_cards_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    """What is missing or of another kind is told before any weight is read."""
    ship(tmp_path, save(network().state_dict()), **changed)
    with pytest.raises(WeightsError, match="card of net is damaged"):
        weights.load("net", tmp_path)


@pytest.mark.parametrize("name", weights.names())
def test_shipped_networks_load(name: str) -> None:
    """Every network in models/ fits its card, which says where it comes from and what it scored."""
    trained = weights.load(name)
    card = trained.card
    assert sum(each.numel() for each in trained.network.state_dict().values()) * 4 <= card["bytes"] + 4 * 1024
    assert card["name"] == name
    assert 0 < card["accuracy"]["top1"] <= card["accuracy"]["top5"] <= 1
    right = sum(row[number] for number, row in enumerate(card["accuracy"]["confusion"]))
    assert right / card["accuracy"]["test_pictures"] == pytest.approx(card["accuracy"]["top1"])
    assert trained.network(torch.zeros(1, *card["input"]["shape"])).shape == (1, len(trained.classes))
    assert all(card["data"][key] for key in ("title", "source", "licence"))
