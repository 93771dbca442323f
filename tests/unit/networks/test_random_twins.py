"""The same network with random weights: same layers, same pictures, same classes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.images import samples
from cnnviz.networks import catalogue, shipped, zoo
from cnnviz.networks.random_networks import SEED, twin_key

torch.set_num_threads(1)


@pytest.mark.parametrize("name", shipped.names())
def test_a_twin_differs_in_its_weights_alone(name: str) -> None:
    """Names and shapes of all tensors, classes and preparation; the weights are those that the seed draws."""
    trained, twin = catalogue.load(name), catalogue.load(twin_key(name))
    state, other = trained.network.state_dict(), twin.network.state_dict()
    assert {key: each.shape for key, each in state.items()} == {key: each.shape for key, each in other.items()}
    assert not any(torch.equal(each, other[key]) for key, each in state.items() if each.ndim > 1)
    assert (twin.classes, twin.preparation, twin.source) == (trained.classes, trained.preparation, "random")
    assert "random" in str(twin.note)
    image = samples.load("cat")
    torch.testing.assert_close(twin.prepare(image), trained.prepare(image))
    architecture = trained.card["architecture"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        sizes = {"in_channels": trained.shape[0], "num_classes": len(trained.classes)}
        drawn = zoo.build(architecture["key"], **architecture["options"], **sizes).eval()
    x = trained.prepare(image)[None]
    np.testing.assert_allclose(twin.network(x), drawn(x).detach(), rtol=1e-4, atol=1e-5)
    assert not any(each.requires_grad for each in twin.network.parameters())


@pytest.mark.parametrize(
    "key", ["random:nothing", "random:own:nothing.pth", "random:torchvision:nothing", "random:x:y"]
)
def test_twins_of_nothing(key: str) -> None:
    """One sentence."""
    with pytest.raises(CnnvizError):
        catalogue.load(key)


def test_what_is_random_has_no_twin() -> None:
    """It would be itself, and is."""
    assert twin_key("random:lenet5") == ""
    assert catalogue.load("random:random:lenet5").key == "random:lenet5"
