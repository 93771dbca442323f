"""Programs of transfer learning: they run as pasted, freeze what the page says, and learn."""

from __future__ import annotations

import io
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.networks import shipped, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.weights import torchvision_names
from cnnviz.networks.written import write
from cnnviz.training import freezing, own_examples, own_zips, transfer
from cnnviz.training.recipe import Recipe
from cnnviz.training.transfer_program import transfer_program

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

torch.set_num_threads(1)

SHIPPED = {each.key: each for each in transfer.networks() if each.key in shipped.names()}


def built(network: nn.Module) -> nn.Module:
    """The network that the source builds."""
    found = write(network)
    names: dict[str, object] = {}
    exec("\n\n\n".join(["\n".join(found.imports), *found.definitions, f"model = {found.expression}"]), names)  # noqa: S102 - ours
    model = names["model"]
    assert isinstance(model, torch.nn.Module)
    return model


@pytest.mark.parametrize("name", ["resnet20", "mobilenet_v2", "inception_v3", "efficientnet_b0", "densenet121"])
def test_a_written_network_is_the_network(name: str) -> None:
    """Same names in one order; with the same weights, the same numbers."""
    ours = zoo.build(name, num_classes=3).eval()
    theirs = built(zoo.blueprint(name, num_classes=3)).eval()
    assert list(theirs.state_dict()) == list(ours.state_dict())
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(1, 3, 75, 75)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("key", SHIPPED)
def test_the_program_runs_as_pasted(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with the files that the page hands out: it learns, and what is frozen keeps its weights."""
    network = SHIPPED[key]
    layers = transfer.frozen_choices(network)
    freeze = layers[len(layers) // 2]
    program = transfer.program(network, freeze, 10, 3)
    assert "cnnviz" not in program
    with zipfile.ZipFile(io.BytesIO(own_zips.packed(own_examples.load("digits"), network.shape))) as archive:
        archive.extractall(tmp_path / "pictures")
    shutil.copy(shipped.MODELS / f"{key}.safetensors", tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(program, "program.py", "exec"), names)  # noqa: S102 - running it is the test
    model = names["model"]
    assert isinstance(model, torch.nn.Module)
    before = shipped.load(key).network.state_dict()
    blueprint = zoo.blueprint(network.model, **network.options, in_channels=network.shape[0], num_classes=2)
    freezing.freeze(blueprint, Recipe(network.model, network.options, freeze=freeze), network.shape)
    kept = {name for name, each in blueprint.named_parameters() if not each.requires_grad}
    changed = {name for name, each in model.named_parameters() if not _same(each, before[name])}
    assert changed == dict(model.named_parameters()).keys() - kept
    assert float(str(names["accuracy"])) > (0.9 if key == "lenet5-mnist" else 0.4)


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other)


def test_a_program_of_torchvisions_network_freezes_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own names, found from ours; run in a process of its own with weights that lie in torch's folder."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(torchvision().models.mobilenet_v2().state_dict(), folder / "mobilenet_v2-7ebf99e0.pth")
    network = next(each for each in transfer.networks() if each.key == "torchvision-mobilenet_v2")
    freeze = transfer.frozen_choices(network)[-2]
    recipe = transfer.recipes(network, freeze, "x", 4, 1)["transfer"]
    program = transfer_program(network, recipe)
    names: dict[str, object] = {}
    head = program.partition("# Pictures as")[0].replace("import torchvision", "").replace(
        "torchvision.models", "torchvision().models"
    )  # fmt: skip
    exec(compile(head, "program.py", "exec"), {"torchvision": torchvision}, names)  # noqa: S102 - ours
    ours = zoo.blueprint("mobilenet_v2")
    freezing.freeze(ours, recipe, (3, 64, 64))
    rename = torchvision_names("mobilenet_v2")
    model = names["model"]
    assert isinstance(model, torch.nn.Module)
    theirs = {rename(name): each.requires_grad for name, each in model.named_parameters()}
    assert theirs == {name: each.requires_grad for name, each in ours.named_parameters()}
    assert 'model.set_submodule("classifier.1"' in program
