"""What is seen of a network is what it is, costs little, changes nothing, and is read back as it was written."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.errors import RunError
from cnnviz.networks import custom, zoo
from cnnviz.training import data, observations, probes
from cnnviz.training.aside import aside
from cnnviz.training.blocks import blocks
from cnnviz.training.loop import Loop
from cnnviz.training.observations import Answers, Observation
from cnnviz.training.pictures import DataSet, Pictures, statistics
from cnnviz.training.recipe import Recipe
from tests.unit.training.cases import stripes
from tests.unit.training.test_loop import timeless, weights

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

RECIPE = Recipe(epochs=3, batch_size=16, options={"dropout": 0.3, "norm": "batch"}, augmentation=("crop",))
PICTURES = stripes(64)


def trained(epochs: int = 1, recipe: Recipe = RECIPE, pictures: DataSet = PICTURES) -> Loop:
    """A loop after so many epochs."""
    loop = Loop(recipe, pictures)
    for _ in range(epochs):
        loop.run_epoch()
    return loop


@pytest.fixture(scope="module")
def loop() -> Loop:
    """A loop after one epoch."""
    return trained()


@pytest.fixture(scope="module")
def seen(loop: Loop) -> Observation:
    """What is seen of it."""
    return probes.observe(loop, PICTURES)


def same(ours: object, theirs: object) -> bool:
    """Equal, arrays and all."""
    if isinstance(ours, Answers):
        return all(same(getattr(ours, each.name), getattr(theirs, each.name)) for each in fields(ours))
    return bool(np.array_equal(ours, theirs)) if isinstance(ours, np.ndarray) else ours == theirs


def test_a_run_is_the_same_whether_it_is_watched_or_not(tmp_path: Path) -> None:
    """Metrics and weights come out bit by bit, before the first step as after an epoch."""
    quiet, watched = Loop(RECIPE, PICTURES), Loop(RECIPE, PICTURES)
    observations.write(tmp_path, watched, PICTURES)
    for _ in range(2):
        assert timeless(quiet.run_epoch()) == timeless(watched.run_epoch())
        observations.write(tmp_path, watched, PICTURES)
    assert torch.equal(weights(quiet), weights(watched))
    assert observations.epochs(tmp_path) == [0, 1, 2]


def test_what_is_written_is_read(tmp_path: Path, loop: Loop, seen: Observation) -> None:
    """Every part comes back; maps within the 16 bits that they are kept in."""
    observations.write(tmp_path, loop, PICTURES)
    found = observations.read(tmp_path, 1)
    for each in fields(Observation):
        if each.name != "maps" and not each.name.endswith("norms"):
            assert same(getattr(found, each.name), getattr(seen, each.name)), each.name
    assert list(found.maps) == list(seen.maps) == ["c1", "c3"]
    for name, values in found.maps.items():
        np.testing.assert_allclose(values, seen.maps[name], rtol=1e-3, atol=1e-6)
        assert values.dtype == np.float32
    for norms in ("gradient_norms", "weight_norms", "activation_norms"):
        assert getattr(found, norms) == pytest.approx(getattr(seen, norms), rel=1e-6)


def test_maps_are_what_the_network_computes(loop: Loop, seen: Observation) -> None:
    """Blocks called one after the other by hand, in evaluation mode, on the first picture of the strip."""
    with aside(loop.network), torch.no_grad():
        loop.network.eval()
        x = loop.test[0][seen.strip.indices[:1]]
        c1 = loop.network.c1(x)
        c3 = loop.network.c3(loop.network.s2(c1))
    np.testing.assert_allclose(seen.maps["c1"], c1[0, :16], atol=1e-6)
    np.testing.assert_allclose(seen.maps["c3"], c3[0, :16], atol=1e-6)
    np.testing.assert_array_equal(seen.picture, PICTURES.test.images[seen.strip.indices[0]])
    np.testing.assert_array_equal(seen.filters, loop.network.c1.conv.weight.detach())


def test_norms_are_those_of_numpy(loop: Loop, seen: Observation) -> None:
    """Of the last step's gradients, of the weights, and of the outputs of the first convolution."""
    first = loop.network.c1.conv
    assert seen.gradient_norms["c1.conv"] == pytest.approx(np.linalg.norm(first.weight.grad), rel=1e-5)
    assert seen.weight_norms["c1.conv"] == pytest.approx(np.linalg.norm(first.weight.detach()), rel=1e-5)
    output = first(loop.test[0][seen.strip.indices]).detach().numpy().astype(float)
    assert seen.activation_norms["c1.conv"] == pytest.approx(np.sqrt((output**2).mean()), rel=1e-5)
    assert list(seen.weight_norms) == ["c1.conv", "c3.conv", "c5.conv", "f6.linear", "output"]
    assert seen.weight_norms.keys() == seen.gradient_norms.keys() == seen.activation_norms.keys()


def test_before_training_the_gradient_is_that_of_a_batch() -> None:
    """No step was taken, so none has left gradients; the batch leaves none either."""
    loop = Loop(replace(RECIPE, options={}), PICTURES)
    seen = probes.observe(loop, PICTURES)
    assert all(each.grad is None for each in loop.network.parameters())
    images, labels = loop.train
    batch = torch.linspace(0, 63, 16).long()
    nn.functional.cross_entropy(loop.network(images[batch]), labels[batch]).backward()
    assert seen.epoch == 0
    for name, norm in seen.gradient_norms.items():
        assert norm == pytest.approx(loop.network.get_parameter(f"{name}.weight").grad.norm().item(), rel=1e-4)


def test_answers_are_those_of_the_network(loop: Loop, seen: Observation) -> None:
    """Strip, mistakes and confusion, computed anew."""
    with aside(loop.network), torch.no_grad():
        loop.network.eval()
        shares = loop.network(loop.test[0]).softmax(1).numpy()
    labels, given = PICTURES.test.labels.numpy(), shares.argmax(1)
    at = seen.strip.indices
    np.testing.assert_allclose(seen.strip.probabilities, shares[at, labels[at]], atol=1e-6)
    np.testing.assert_array_equal(seen.strip.answers, given[at])
    np.testing.assert_array_equal(seen.strip.pictures, PICTURES.test.images[at])
    wrong = sorted((i for i in range(32) if given[i] != labels[i]), key=lambda i: -shares[i].max())[:12]
    assert len(wrong) > 3
    assert seen.mistakes.indices.tolist() == wrong
    np.testing.assert_allclose(seen.mistakes.probabilities, shares[wrong, given[wrong]], atol=1e-6)
    assert (seen.mistakes.labels != seen.mistakes.answers).all()
    for right, answer in np.ndindex(3, 3):
        assert seen.confusion[right, answer] == ((labels == right) & (given == answer)).sum()


def test_nothing_is_measured_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an epoch, the loop's own evaluation serves; before the first one, one is made."""
    counts = []
    monkeypatch.setattr(Loop, "evaluate", _counted(Loop.evaluate, counts))
    loop = Loop(RECIPE, PICTURES)
    probes.observe(loop, PICTURES)
    loop.run_epoch()
    probes.observe(loop, PICTURES)
    assert len(counts) == 2


def test_before_training_some_pictures_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those from all over and the strip are asked about, and told as they are; the run is not evaluated."""
    monkeypatch.setattr(probes, "_BEFORE", 5)
    pictures = stripes(64, 90)
    loop = Loop(RECIPE, pictures)
    seen = probes.observe(loop, pictures)
    asked = {0, 22, 44, 67, 89, *seen.strip.indices.tolist()}
    assert loop.evaluation is None
    assert seen.confusion.sum() == len(asked) < 30
    assert set(seen.mistakes.indices.tolist()) <= asked
    everything = loop.evaluate().logits.softmax(1).numpy()
    labels = pictures.test.labels.numpy()
    for which, classes in ((seen.strip, seen.strip.labels), (seen.mistakes, seen.mistakes.answers)):
        np.testing.assert_allclose(which.probabilities, everything[which.indices, classes], atol=1e-6)
        np.testing.assert_array_equal(which.labels, labels[which.indices])
        np.testing.assert_array_equal(which.answers, everything[which.indices].argmax(1))


def _counted(function: object, counts: list[int]) -> object:
    def wrapped(self: Loop) -> object:
        counts.append(1)
        return function(self)

    return wrapped


@pytest.mark.parametrize(("classes", "pictures"), [(10, 300), (3, 5), (100, 400), (24, 24)])
def test_the_strip_shows_all_classes(classes: int, pictures: int) -> None:
    """As evenly as 24 pictures can, each once, and the same ones every time."""
    labels = np.random.default_rng(3).permutation(np.arange(pictures) % classes)
    chosen = probes.strip(labels)
    counts = np.bincount(labels[chosen], minlength=classes)
    assert len(set(chosen)) == len(chosen) == min(24, pictures)
    assert counts.max() - counts.min() <= 1
    if classes == 100:
        assert labels[chosen].max() == 99


class Odd(nn.Module):
    """A convolution that is used twice, an in-place activation, a normalisation; it may fail on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.twice = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(4, 3)
        self.fails = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """From (N, 1, H, W) to (N, 3)."""
        x = self.relu(self.twice(self.relu(self.twice(self.norm(self.stem(x))))))
        if self.fails:
            raise RuntimeError
        return self.fc(x.mean(dim=(2, 3)))


def test_awkward_networks_are_seen_right_and_left_alone() -> None:
    """A layer that works in place spoils no map; a layer used twice counts twice; hooks go, also after an error."""
    loop = Loop(RECIPE, PICTURES)
    loop.network = Odd().train()
    loop.network.norm.eval()
    before = {name: each.clone() for name, each in loop.network.state_dict().items()}
    seen = probes.observe(loop, PICTURES)
    x = loop.test[0][seen.strip.indices]
    with aside(loop.network), torch.no_grad():
        loop.network.eval()
        first = loop.network.twice(loop.network.norm(loop.network.stem(x)))
        second = loop.network.twice(first.relu())
    np.testing.assert_allclose(seen.maps["twice"], first[0], atol=1e-6)
    assert seen.maps["twice"].min() < 0
    both = torch.cat([first, second]).square().mean().sqrt().item()
    assert seen.activation_norms["twice"] == pytest.approx(both, rel=1e-5)
    loop.network.fails = True
    with pytest.raises(RuntimeError):
        probes.observe(loop, PICTURES)
    assert not any(each._forward_hooks for each in loop.network.modules())
    assert loop.network.training
    assert not loop.network.norm.training
    assert all(torch.equal(before[name], each) for name, each in loop.network.state_dict().items())
    assert all(each.grad is None for each in loop.network.parameters())


def test_blocks_are_those_of_the_diagram() -> None:
    """Stages are opened, blocks are not; a network of one's own is its layers."""
    names = [name for name, _ in blocks(zoo.blueprint("resnet20"))]
    stages = [f"conv{stage}_x.{block}" for stage in (2, 3, 4) for block in range(3)]
    assert names == ["conv1", *stages, "avgpool", "flatten", "fc"]
    own = Recipe(model="custom", layers="1x32x32:conv6k5-relu-max2-res8-gap-flat-fc3", batch_size=16)
    maps = probes.observe(trained(0, own), PICTURES).maps
    assert list(maps) == ["conv1", "residual1"]


def coloured(count: int) -> DataSet:
    """Noise of the shape of CIFAR-10."""
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    part = Pictures(images, torch.arange(count) % 10)
    names = tuple(map(str, range(10)))
    return DataSet("noise", "Noise", names, part, part, *statistics(images), "as drawn", "MIT", "here", "6" * 64)


def test_files_stay_small(tmp_path: Path) -> None:
    """300 kB for ResNet-20 on colour pictures of 32×32, 60 kB for LeNet-5 on the digits, also when all is wrong."""
    for recipe, pictures, most in (
        (Recipe(model="resnet20", batch_size=32), coloured(120), 300_000),
        (Recipe(), data.load(), 60_000),
    ):
        observations.write(tmp_path / recipe.model, Loop(recipe, pictures), pictures)
        path = next((tmp_path / recipe.model / "observations").iterdir())
        assert path.stat().st_size < most
        seen = observations.read(tmp_path / recipe.model, 0)
        assert 1 < len(seen.maps) <= 6
        assert len(seen.mistakes) == 12


def test_the_deepest_networks_are_thinned_out() -> None:
    """160 layers and 6 maps, the first and the last among them."""
    layers = probes.weighted(zoo.blueprint("densenet201"))
    names = [name for name, each in zoo.blueprint("densenet201").named_modules() if hasattr(each, "weight")]
    assert len(layers) == 160
    assert (next(iter(layers)), list(layers)[-1]) == (names[0], "fc")


def test_large_pictures_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps and pictures above the limit shrink to means of areas; a limit of 8 makes 32×32 large."""
    monkeypatch.setattr(probes, "_SIDE", 8)
    seen = probes.observe(trained(0), PICTURES)
    original = PICTURES.test.images[seen.strip.indices[0]].numpy().astype(float)
    assert seen.picture.shape == (1, 8, 8)
    np.testing.assert_allclose(seen.picture[0], original.reshape(8, 4, 8, 4).mean((1, 3)), atol=0.51)
    assert all(max(each.shape[1:]) <= 8 for each in seen.maps.values())


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "text", "other"])
def test_damaged_files_are_told(tmp_path: Path, loop: Loop, damage: str) -> None:
    """Cut off, overwritten or another safetensors file: one sentence."""
    observations.write(tmp_path, loop, PICTURES)
    path = tmp_path / "observations" / "epoch-0001.safetensors"
    content = path.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2],
        "noise": content[:8] + b"\xff" * 400 + content[408:],
        "empty": b"",
        "text": content.replace(b'"filters"', b'"fliters"'),
        "other": content.replace(b'"U8"', b'"I8"'),
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(RunError, match="damaged"):
        observations.read(tmp_path, 1)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """An epoch that has not come, a run that kept nothing; files of others are no epochs."""
    assert observations.epochs(tmp_path) == []
    with pytest.raises(RunError, match="nothing to look at after epoch 3"):
        observations.read(tmp_path, 3)
    (tmp_path / "observations").mkdir()
    for name in (".epoch-0001.safetensors.x", "epoch-1.safetensors", "epoch-000a.safetensors", "epoch-0001.json"):
        (tmp_path / "observations" / name).touch()
    assert observations.epochs(tmp_path) == []


def test_a_full_disk_is_told(tmp_path: Path, loop: Loop) -> None:
    """A file where the folder should be stops the writing with a sentence."""
    (tmp_path / "observations").touch()
    with pytest.raises(RunError, match="cannot be written"):
        observations.write(tmp_path, loop, PICTURES)


def test_reading_needs_no_torch(tmp_path: Path, loop: Loop, root: Path) -> None:
    """A page reads once a second, and must not wait for an import of seconds."""
    observations.write(tmp_path, loop, PICTURES)
    words = f"""
import pathlib, sys
from cnnviz.training import observations
folder = pathlib.Path({str(tmp_path)!r})
print(observations.read(folder, observations.epochs(folder)[0]).filters.shape, "torch" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", words], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "(6, 1, 5, 5) False"


def test_own_layers_are_written_in_one_way() -> None:
    """What a recipe keeps of them is what the notation writes, so that equal networks are equal recipes."""
    first = Recipe(model="custom", layers=" 1x32X32: conv6k5p0 -relu-flat-fc3")
    assert first == Recipe(model="custom", layers=custom.write(custom.read("1x32x32:conv6k5-relu-flat-fc3")))
