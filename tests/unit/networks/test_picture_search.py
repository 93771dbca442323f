"""Pictures that were searched: by what they excite, and by what they repeat."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.networks import catalogue
from cnnviz.networks.inversion import invert
from cnnviz.networks.maximise import maximise
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.progress import Cancelled

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cnnviz.networks.loaded import Loaded

torch.set_num_threads(1)

MODULE = "conv3_x.1.norm2"
SAMPLES = samples.names()[:4]


@cache
def resnet20() -> Loaded:
    """The shipped one, shared."""
    return catalogue.load("resnet20-cifar10")


def excitement(x: Tensor, channel: int) -> float:
    """Mean of a channel behind `MODULE` for a normalised picture, by a hook of one's own."""
    caught: list[Tensor] = []
    network = resnet20().network
    hook = network.get_submodule(MODULE).register_forward_hook(lambda _, __, made: caught.append(made.clone()))
    try:
        network(x[None])
    finally:
        hook.remove()
    return caught[0][0, channel].mean().item()


def normalised(picture: NDArray[np.float32]) -> Tensor:
    """By the card's numbers."""
    loaded = resnet20()
    values = (picture - np.float32(loaded.mean)) / np.float32(loaded.std)
    return torch.from_numpy(values.transpose(2, 0, 1).astype(np.float32))


def test_maximised_is_far_above_noise_and_photographs() -> None:
    """The channel's mean, measured anew, beats every sample picture and noise by the range that they have."""
    told: list[float] = []
    shown: list[NDArray[np.float32]] = []
    found = maximise(
        resnet20().network, resnet20().preparation, MODULE, 4, steps=40, report=told.append, show=shown.append
    )
    photographs = [excitement(resnet20().prepare(samples.load(key)), 4) for key in SAMPLES]
    noise = torch.rand(32, 32, 3, generator=torch.Generator().manual_seed(0)).numpy()
    others = [*photographs, excitement(normalised(noise), 4)]
    assert found.activation == pytest.approx(excitement(normalised(found.picture), 4), rel=1e-4)
    assert found.activation > max(others) + 3 * (max(others) - min(others))
    assert (found.curve.shape, found.curve.flags.writeable) == ((40,), False)
    assert found.curve[-5:].mean() > found.curve[:5].mean() + 3 * (max(others) - min(others))
    assert found.picture.shape == (32, 32, 3)
    assert found.picture.dtype == np.float32
    assert found.picture.min() >= 0
    assert found.picture.max() <= 1
    assert told[-1] == 1
    assert np.array_equal(shown[-1], found.picture)
    assert len(shown) == len(found.frames) > 2


def test_a_seed_says_everything() -> None:
    """The same seed finds the same picture, another one another."""
    loaded = resnet20()
    first, same, other = (maximise(loaded.network, loaded.preparation, MODULE, 1, steps=3, seed=n) for n in (5, 5, 6))
    assert np.array_equal(first.picture, same.picture)
    assert not np.array_equal(first.picture, other.picture)


def test_a_shut_relu_is_opened() -> None:
    """Noise leaves the channel at 0, without a gradient: more noise finds one."""
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU())
    nn.init.ones_(network[0].weight)
    nn.init.constant_(network[0].bias, -2.7)  # of a sum of 3 levels, normalised by nothing
    plain = Preparation((3, 16, 16), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    found = maximise(network.requires_grad_(False), plain, "1", 0, steps=60)
    assert found.curve[0] == 0
    assert found.activation > 0.05


def test_inverted_repeats_the_activations() -> None:
    """The loss falls to a twentieth, and the picture is nearer to the original than the noise it began with."""
    loaded = resnet20()
    original = loaded.seen(samples.load(SAMPLES[0]))
    found = invert(loaded.network, normalised(original), loaded.preparation, "conv2_x.1.add", steps=60)
    assert found.curve[0] > 20 * found.curve[-1]
    first, last = (np.abs(each - original).mean() for each in (found.frames[0], found.picture))
    assert last < first / 3


def test_stops_when_told_to() -> None:
    """In the middle of the search."""
    told: list[float] = []
    with pytest.raises(Cancelled):
        maximise(
            resnet20().network, resnet20().preparation, MODULE, 0, report=told.append, cancelled=lambda: len(told) == 2
        )
    assert len(told) == 2


@pytest.mark.parametrize(
    ("step", "channel", "steps", "name"),
    [(MODULE, 32, 2, "channel"), (MODULE, -1, 2, "channel"), ("nowhere", 0, 2, "step"), (MODULE, 0, 5000, "steps")],
)
def test_what_is_not_there_is_named(step: str, channel: int, steps: int, name: str) -> None:
    """Unknown steps and channels, and too many steps of the search."""
    with pytest.raises(ParameterError) as caught:
        maximise(resnet20().network, resnet20().preparation, step, channel, steps=steps)
    assert caught.value.name == name
