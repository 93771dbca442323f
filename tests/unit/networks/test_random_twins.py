"""The same network with random weights: same layers, same pictures, same classes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.images import samples
from cnnviz.networks import catalogue, shipped, zoo
from cnnviz.networks.random_networks import SEED, entries, twin_key

torch.set_num_threads(1)

SMALL = [each.architecture for each in entries() if each.bytes < 80_000_000]  # larger ones draw as their families do


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


@pytest.mark.parametrize("name", SMALL)
def test_weights_are_drawn_from_a_generator_of_their_own(name: str) -> None:
    """The numbers that the seed gives; the generator of all threads, from which another may draw, is left alone."""
    before = torch.get_rng_state()
    network = catalogue.load(f"random:{name}").network
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        expected = zoo.build(name).state_dict()
    for key, each in network.state_dict().items():
        torch.testing.assert_close(each, expected[key], rtol=0, atol=0, msg=key)


def test_a_thread_that_draws_does_not_disturb() -> None:
    """As the reader of sentences does, which a server trains while its first visitor chooses a network."""
    calm = catalogue.load("random:resnet18").network.state_dict()
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            torch.manual_seed(1)
            torch.rand(1000)

    with torch.random.fork_rng(devices=[]):
        thread = threading.Thread(target=draw)
        thread.start()
        try:
            state = catalogue.load("random:resnet18").network.state_dict()
        finally:
            over.set()
            thread.join()
    assert all(torch.equal(each, calm[key]) for key, each in state.items())
