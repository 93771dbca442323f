"""torchvision's weights in our networks, and in its own: the same answers; nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image as PilImage

from cnnviz.errors import WeightsError
from cnnviz.images import samples
from cnnviz.networks import catalogue, torchvision_models, torchvision_networks
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's folder of weights, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = torchvision_models.cache_folder()
    folder.mkdir(parents=True)
    assert folder == tmp_path / "hub" / "checkpoints"
    assert str(folder.parent) == torch.hub.get_dir()
    return folder


def their_network(model: str, **options: object) -> torch.nn.Module:
    """Torchvision's network; its statistics are not those of a fresh one."""
    torch.manual_seed(1)
    network = torchvision().models.get_model(model, weights=None, **options).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("mobilenet_v2", {}),  # a network of the zoo
        ("googlenet", {"transform_input": True, "aux_logits": True, "init_weights": False}),  # normalises within
        ("squeezenet1_1", {}),  # torchvision's own
        ("mnasnet0_5", {}),  # its weights have versions
    ],
)
def test_the_same_answers_as_torchvision(cache: Path, model: str, options: dict[str, object]) -> None:
    """A file in torch's folder is enough; classes and preparation come with it, and its entry says that it is here."""
    theirs = their_network(model, **options)
    record = torchvision_models.of(model)[0]
    key = f"torchvision:{model}"
    with pytest.raises(WeightsError, match="are not on this machine"):
        catalogue.load(key)
    torch.save(theirs.state_dict(), cache / record.file)
    assert [each.key for each in torchvision_models.entries() if each.offline] == [key]
    loaded = catalogue.load(key)
    image = samples.load("cat")
    facts = torchvision().models.get_model_weights(model)[record.weights]
    x = facts.transforms()(PilImage.fromarray(image.levels))
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded.network(loaded.prepare(image)[None]), theirs(x[None]), rtol=1e-3, atol=1e-3
        )  # pictures may differ by a level
        if loaded.mean == tuple(facts.transforms().mean):
            torch.testing.assert_close(loaded.network(x[None]), theirs(x[None]), rtol=1e-5, atol=1e-5)
    assert loaded.classes == tuple(facts.meta["categories"])
    assert not any(getattr(each, "inplace", False) for each in loaded.network.modules())


def test_other_trainings_have_a_key_of_their_own(cache: Path) -> None:
    """So that a link means the same network, whatever is in the folder."""
    theirs = their_network("mobilenet_v2")
    first, second = torchvision_models.of("mobilenet_v2")
    torch.save(theirs.state_dict(), cache / second.file)
    found = {each.key: each.offline for each in torchvision_models.entries() if each.architecture == "mobilenet_v2"}
    assert found == {"torchvision:mobilenet_v2": False, "torchvision:mobilenet_v2@IMAGENET1K_V1": True}
    loaded = catalogue.load("torchvision:mobilenet_v2@IMAGENET1K_V1")
    assert loaded.card["file"] == second.file
    with pytest.raises(WeightsError, match=first.file):
        catalogue.load("torchvision:mobilenet_v2")


def test_anothers_weights_are_refused(cache: Path) -> None:
    """In a network of the zoo, and in torchvision's own."""
    state = their_network("mobilenet_v3_small").state_dict()
    for model in ("mobilenet_v2", "squeezenet1_1"):
        torch.save(state, cache / torchvision_models.of(model)[0].file)
        with pytest.raises(WeightsError, match="another network's"):
            catalogue.load(f"torchvision:{model}")


@pytest.mark.parametrize("model", ["convnext_tiny", "efficientnet_v2_s", "regnet_y_400mf", "shufflenet_v2_x0_5"])
def test_torchvisions_own_networks_can_be_built_without_numbers(model: str) -> None:
    """Nothing in them is computed while they are built: all their numbers come from the file."""
    network = torchvision_networks.blueprint(model, 7)
    state = network.state_dict()
    held = {*dict(network.named_parameters()), *dict(network.named_buffers())}
    assert held == set(state)
    network.to_empty(device="cpu")
    for each in network.state_dict().values():
        each.fill_(0.5)
    assert network.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 7)
