"""Transfer: features are taken over and, where frozen, kept bit by bit; the head is new; pictures are made to fit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from safetensors.torch import save

from cnnviz.errors import CnnvizError, DataError, ParameterError, ShapeError, WeightsError
from cnnviz.networks import shipped, torchvision_models, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.training import checkpoints, export, freezing, probes, runs, start, transfer
from cnnviz.training.loop import Loop, build
from cnnviz.training.pictures import Pictures
from cnnviz.training.recipe import Recipe
from cnnviz.training.refit import refit
from tests.unit.training.cases import stripes
from tests.unit.training.test_loop import timeless

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

LENET = Recipe(options={"padding": 2}, start="lenet5-mnist", freeze="c3", epochs=3, batch_size=8, learning_rate=0.02)
FEW = stripes(40)
RESIDUAL = "1x32x32:conv8k3p1-bn-relu-max2-res8-drop50-gap-flat-fc"


def own(folder: Path, text: str = f"{RESIDUAL}3", name: str = "own") -> None:
    """Ship a network of one's own, trained for an epoch."""
    run = runs.create(folder / f"run-{name}", Recipe(model="custom", layers=text, epochs=1, batch_size=8), FEW)
    list(runs.carry_on(run, FEW))
    export.export(run, FEW, name, folder)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of trained networks in the place of the shipped ones."""
    real = shipped.load
    monkeypatch.setattr(shipped, "load", lambda name: real(name, tmp_path))
    return tmp_path


def state(loop: Loop) -> dict[str, torch.Tensor]:
    """Weights and statistics, as they are now."""
    return {name: each.clone() for name, each in loop.network.state_dict().items()}


def test_what_is_frozen_stays_and_the_head_is_new() -> None:
    """LeNet's features from MNIST: frozen ones are bit-equal after training, the others have moved, from there."""
    loop = Loop(LENET, FEW)
    theirs, first = shipped.load("lenet5-mnist").network.state_dict(), state(loop)
    body = [name for name in first if not name.startswith("output.")]
    assert all(torch.equal(first[name], theirs[name]) for name in body)
    drawn = build(LENET, start.find(LENET).adapted(FEW)).state_dict()
    assert all(torch.equal(first[name], drawn[name]) for name in ("output.weight", "output.bias"))
    loop.run_epoch()
    for name, each in state(loop).items():
        assert torch.equal(each, first[name]) == name.startswith(("c1.", "c3.")), name
    learned = sum(each.numel() for group in loop.optimiser.param_groups for each in group["params"])
    assert learned == sum(first[name].numel() for name in first if not name.startswith(("c1.", "c3.")))


def test_few_pictures_are_enough_with_features_of_others() -> None:
    """40 grey pictures, all but the head frozen: what a class draws in the page is told apart."""
    loop = Loop(replace(LENET, freeze="f6", epochs=15, learning_rate=0.05), FEW)
    found = [loop.run_epoch() for _ in range(15)]
    assert found[-1]["test_accuracy"] > 0.9


def test_the_head_is_new_even_for_as_many_classes(models: Path) -> None:
    """Three classes again, other ones: nothing of the old head is left."""
    own(models)
    recipe = Recipe(model="custom", layers=f"{RESIDUAL}3", start="own", batch_size=8, seed=3)
    ours, theirs = Loop(recipe, FEW).network.state_dict(), shipped.load("own").network.state_dict()
    assert {name for name in ours if not torch.equal(ours[name], theirs[name])} == {"fc1.weight", "fc1.bias"}


def test_frozen_statistics_and_dropout_rest(models: Path) -> None:
    """Batch normalisation does not follow the new pictures, also after a look at the last batch; the rest learns."""
    own(models)
    recipe = Recipe(model="custom", layers=f"{RESIDUAL}5", start="own", freeze="residual1", batch_size=8)
    pictures = replace(FEW, classes=tuple("abcde"))
    loop = Loop(recipe, pictures)
    before = state(loop)
    loop.run_epoch(lambda _: loop.loss_of_last_batch())
    assert {name for name, each in state(loop).items() if not torch.equal(each, before[name])} == {
        "fc1.weight",
        "fc1.bias",
    }
    loop.set_to_learn()
    resting = {name for name, each in loop.network.named_modules() if not each.training}
    assert "bn1" in resting
    assert "dropout1" not in resting
    norms = probes.observe(loop, pictures).gradient_norms
    assert norms["conv1"] == 0 < norms["fc1"]


def test_a_stopped_transfer_goes_on_bit_by_bit(tmp_path: Path) -> None:
    """Checkpoints of runs with frozen layers hold what is needed, the optimiser's state of the others included."""
    straight, stopped = (runs.create(tmp_path / name, LENET, FEW) for name in ("straight", "stopped"))
    whole = [timeless(each) for each in runs.carry_on(straight, FEW)]
    going = runs.carry_on(stopped, FEW)
    parts = [timeless(next(going))]
    going.close()
    parts += [timeless(each) for each in runs.carry_on(runs.open_run(stopped.folder), FEW)]
    assert parts == whole
    ours, theirs = (checkpoints.latest(run.checkpoints).tensors for run in (stopped, straight))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_card_tells_where_features_come_from(tmp_path: Path) -> None:
    """Start, its checksum and the frozen part; the exported network answers pictures as the run did."""
    run = runs.create(tmp_path / "run", LENET, FEW)
    metrics = list(runs.carry_on(run, FEW))
    card = export.export(run, FEW, "net", tmp_path)
    origin = shipped.load("lenet5-mnist").card
    assert card["start"] == {"name": "lenet5-mnist", "origin": origin["sha256"], "frozen_up_to": "c3"}
    assert card["input"] == origin["input"]
    assert card["accuracy"]["top1"] == metrics[-1]["test_accuracy"]
    assert "lenet5-mnist" in card["data"]["statistics"]
    trained = shipped.load("net", tmp_path)
    x = torch.stack([trained.preprocess(PilImage.fromarray(each[0].numpy())) for each in FEW.test.images])
    right = (trained.network(x).argmax(1) == FEW.test.labels).double().mean().item()
    assert right == pytest.approx(metrics[-1]["test_accuracy"], abs=0.07)  # Pillow and PyTorch resize alike, but for ±1


def test_networks_of_ones_own_are_shipped_like_others(models: Path) -> None:
    """Written to a card as text, and refused when the text, the classes or the input are not those of the weights."""
    own(models)
    trained = shipped.load("own")
    assert trained.card["architecture"]["options"] == {"layers": f"{RESIDUAL}3"}
    assert trained.network(torch.zeros(2, 1, 32, 32)).shape == (2, 3)
    card = json.loads((models / "own.json").read_text("utf-8"))
    for text in (f"{RESIDUAL}4", RESIDUAL.replace("32x32", "36x36") + "3", "1x32x32:flat-fc3", "what", ""):
        card["architecture"]["options"]["layers"] = text
        (models / "own.json").write_text(json.dumps(card))
        with pytest.raises(WeightsError, match="do not fit"):
            shipped.load("own")


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("1x28x28:flat-fc3", "input is 1x28x28, but must be 1x32x32"),
        ("1x32x32:flat-fc4", "output is 4, but must be 3"),
        ("1x32x32:conv3k3", "output is 3 × 30 × 30, but must be 3"),
    ],
)
def test_own_networks_must_fit_the_pictures(layers: str, told: str) -> None:
    """One sentence says what does not fit."""
    with pytest.raises(ParameterError, match=told):
        Loop(Recipe(model="custom", layers=layers, batch_size=8), FEW)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"layers": "1x8x8:flat-fc3"}, ParameterError),
        ({"model": "custom"}, CnnvizError),
        ({"model": "custom", "layers": "1x8x8:conv3k9"}, ShapeError),
        ({"model": "custom", "layers": "1x8x8:flat-fc3", "options": {"width": 1.0}}, ParameterError),
        ({"model": "custom", "layers": "1x8x8:flat-fc3", "start": "torchvision"}, ParameterError),
        ({"start": "../../etc"}, ParameterError),
        ({"start": 3}, ParameterError),
        ({"freeze": "c1; rm"}, ParameterError),
        ({"freeze": "c1."}, ParameterError),
        ({"freeze": ["c1"]}, ParameterError),
    ],
)
def test_recipes_are_checked(values: dict[str, object], error: type[CnnvizError]) -> None:
    """Before anything is loaded."""
    with pytest.raises(error):
        Recipe.from_values(values)


def test_recipes_go_through_json() -> None:
    """New values come back; a recipe from before has none of them."""
    recipe = Recipe(model="custom", layers=f"{RESIDUAL}3", start="own", freeze="conv1")
    assert Recipe.from_json(recipe.to_json()) == recipe
    older = json.loads(Recipe().to_json())
    for name in ("start", "freeze", "layers"):
        del older[name]
    assert Recipe.from_json(json.dumps(older)) == Recipe()


@pytest.mark.parametrize("freeze", ["output", "nothing", "c", "c1.conv.weight"])
def test_only_layers_before_the_head_can_be_frozen(freeze: str) -> None:
    """The head and unknown names are refused with the names that are legal."""
    with pytest.raises(ParameterError, match="c1, c3, c5, f6"):
        Loop(replace(LENET, freeze=freeze), FEW)


@pytest.mark.parametrize(
    ("model", "options", "names"),
    [
        ("lenet5", {"padding": 2}, ("c1", "c3", "c5", "f6.linear")),
        ("nin_cifar", {}, tuple(f"mlpconv{i}.{part}" for i in (1, 2, 3) for part in ("conv", "cccp1", "cccp2"))[:-1]),
        ("densenet121", {}, ("stem", *(f"{kind}{i}" for i in (1, 2, 3) for kind in ("dense_block", "transition")),
                             "dense_block4", "norm")),
    ],
)  # fmt: skip
def test_layers_that_can_be_frozen_are_listed(model: str, options: dict[str, int], names: tuple[str, ...]) -> None:
    """The blocks with weights, in order, the head left out."""
    assert start.layers(model, options) == names


def test_every_listed_layer_can_be_frozen() -> None:
    """The names are those that `freeze` takes; the further, the more is frozen; auxiliary heads are left to learn."""
    recipe = Recipe(model="googlenet", options={"auxiliary": True, "width": 0.25})
    network = zoo.blueprint("googlenet", **recipe.options, num_classes=3)
    counts = []
    names = start.layers("googlenet", recipe.options)
    for name in (*names[::4], names[-1]):
        network.requires_grad_(True)
        freezing.freeze(network, replace(recipe, freeze=name), (3, 224, 224))
        counts.append(sum(not each.requires_grad for each in network.parameters()))
    learning = {name.split(".")[0] for name, each in network.named_parameters() if each.requires_grad}
    assert counts == sorted(set(counts))
    assert learning == {"auxiliary1", "auxiliary2", "fc"}
    assert freezing.head("googlenet", recipe.options) == ("auxiliary1.fc2", "auxiliary2.fc2", "fc")
    assert freezing.head("lenet5_1998") == ("output",)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(LENET, options={}),
        replace(LENET, options={"padding": 2, "width": 0.5}),
        Recipe(model="resnet20", start="lenet5-mnist"),
        Recipe(model="custom", layers="1x28x28:flat-fc3", start="lenet5-mnist"),
    ],
)
def test_a_start_must_be_the_same_network(recipe: Recipe) -> None:
    """Another architecture, or another option, is refused with what the start is."""
    with pytest.raises(WeightsError, match="lenet5; padding=2"):
        start.find(recipe)


def test_own_starts_must_have_the_same_layers(models: Path) -> None:
    """All but the last one."""
    own(models)
    with pytest.raises(WeightsError, match="All but the last one"):
        start.find(Recipe(model="custom", layers="1x32x32:conv8k3p1-relu-gap-flat-fc3", start="own"))
    with pytest.raises(WeightsError, match="There is no trained network"):
        start.find(replace(LENET, start="gone"))


def test_pictures_are_made_to_fit_as_preprocess_makes_them() -> None:
    """Channels, middle, size and normalisation agree with Pillow's to a level, for colour to grey and back."""
    images = torch.randint(0, 256, (5, 3, 40, 56), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    images = torch.nn.functional.avg_pool2d(images.float(), 5, 1, 2).to(torch.uint8)
    trained = shipped.load("lenet5-mnist")
    found = start.find(LENET).adapted(replace(FEW, train=Pictures(images, torch.zeros(5)), test=FEW.test))
    mean, std = found.mean[0], found.std[0]
    for ours, picture in zip(found.train.images, images, strict=True):
        theirs = trained.preprocess(PilImage.fromarray(picture.permute(1, 2, 0).numpy()))
        np.testing.assert_allclose(ours / 255, theirs * std + mean, atol=2.1 / 255)
    grey = refit(images, (1, 40, 56))[0, 0].numpy()
    np.testing.assert_array_equal(grey, PilImage.fromarray(images[0].permute(1, 2, 0).numpy()).convert("L"))
    coloured = refit(FEW.test.images, (3, 32, 32))
    assert all(torch.equal(coloured[:, [channel]], FEW.test.images) for channel in range(3))
    assert refit(FEW.test.images, (1, 32, 32)) is FEW.test.images
    with pytest.raises(DataError, match="2 channels"):
        refit(images[:, :2], (3, 40, 56))


def test_more_pictures_than_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before they are resized."""
    monkeypatch.setattr(start, "_MOST_NUMBERS", 28 * 28 * 70)
    with pytest.raises(DataError, match="72 pictures of the 28 × 28 pixels"):
        Loop(LENET, FEW)


def test_published_weights_are_taken_from_torchs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renamed, with the size and the mean of ImageNet; a sentence when they are not there, or are no weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    recipe = Recipe(model="mobilenet_v2", start="torchvision", freeze="bottleneck7.0", batch_size=2)
    assert not any(each.is_here for each in torchvision_models.of("mobilenet_v2"))
    with pytest.raises(WeightsError, match=r"mobilenet_v2-.*\.pth to .*checkpoints"):
        start.find(recipe)
    theirs = torchvision().models.mobilenet_v2().state_dict()
    file = torchvision_models.of("mobilenet_v2")[0].file
    path = tmp_path / "hub" / "checkpoints" / file
    path.parent.mkdir(parents=True)
    torch.save(theirs, path)
    assert "torchvision-mobilenet_v2" in [each.key for each in transfer.networks(tmp_path)]
    found = start.find(recipe)
    assert (found.shape, found.mean, found.origin) == ((3, 224, 224), (0.485, 0.456, 0.406), file)
    pictures = found.adapted(stripes(4, 4))
    network = build(recipe, pictures)
    found.put_into(network)
    assert torch.equal(network.state_dict()["conv1.conv.weight"], theirs["features.0.0.weight"])
    assert network.fc.weight.shape == (3, 1280)
    for damage in (b"", b"nothing", path.read_bytes()[:1000], save({"a": torch.zeros(1)})):
        path.write_bytes(damage)
        with pytest.raises(WeightsError, match="damaged"):
            start.find(recipe)
    with pytest.raises(WeightsError, match="torchvision has no weights for “lenet5”"):
        start.find(Recipe(start="torchvision"))
