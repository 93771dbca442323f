"""What the tests of the zoo share: networks without numbers, their layers, cheap weights, torchvision's twins."""

from __future__ import annotations

import copy
import math
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from cnnviz.networks import weights, zoo
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from cnnviz.networks.facts import Summary

RECORDS = tuple(map(zoo.get, zoo.names()))
BUILDERS = {each.builder: each for each in reversed(RECORDS)}  # of each builder its first network
SHARED = (
    "googlenet",
    "inception_v3",
    *(f"densenet{depth}" for depth in (121, 169, 201)),
    "mobilenet_v2",
    *(f"efficientnet_b{number}" for number in range(8)),
)
"""Keys of the networks that torchvision has, too."""

_MORE = {"googlenet": {"init_weights": False}, "inception_v3": {"init_weights": False}}  # without it, torchvision warns


@cache
def blueprint(key: str) -> nn.Module:
    """A network as published, without numbers; not to be changed."""
    return zoo.blueprint(key)


@cache
def summary(key: str, side: int | None = None) -> Summary:
    """Its layers, at the size that it was published for or another one."""
    channels, *sides = zoo.get(key).input_shape
    shape = (1, channels, *((side, side) if side else sides))
    return summarize(blueprint(key), shape, words=not sides)


def published(key: str) -> tuple[nn.Module, Summary]:
    """A network and its layers, both not to be changed."""
    return blueprint(key), summary(key)


@cache
def torchvision_blueprint(key: str) -> nn.Module:
    """Torchvision's network of that name, without numbers and auxiliary heads; not to be changed."""
    options = {"aux_logits": False} if key in _MORE else {}
    return torchvision_network(key, **options)


def torchvision_network(key: str, **options: object) -> nn.Module:
    """Torchvision's network of that name, without numbers."""
    with torch.device("meta"):
        network: nn.Module = getattr(torchvision().models, key)(**_MORE.get(key, {}), **options)
    return network


def weight_count(network: nn.Module) -> int:
    """All parameters."""
    return sum(each.numel() for each in network.parameters())


def layer_count(network: nn.Module) -> int:
    """Layers with weights, as papers count them: convolutions and linear layers, not those of shortcuts."""
    return sum(
        isinstance(module, nn.Conv2d | nn.Linear) and "shortcut" not in name for name, module in network.named_modules()
    )


def last_field(found: Summary) -> int:
    """Side of the largest receptive field: of the last maps, before a global average or a linear layer."""
    return max(each.field.rows.size for each in found.layers if each.field is not None)


def random_state(network: nn.Module) -> dict[str, Tensor]:
    """Numbers for every parameter and buffer of a blueprint, such that signals keep their size.

    Statistics, scales and shifts of the normalisations are far from those of a new network. Many million random
    numbers take seconds: a million are repeated.
    """
    numbers = torch.Generator().manual_seed(0)
    row = torch.randn(1_000_003, generator=numbers)
    state = {}
    for name, value in network.state_dict().items():
        if value.dim() > 1:
            copies = math.ceil(value.numel() / len(row))
            state[name] = row.repeat(copies)[: value.numel()].view(value.shape) * math.sqrt(2 / value[0].numel())
        elif name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(1)
        elif name.endswith(("running_var", "weight")):
            state[name] = 0.5 + torch.rand(value.shape, generator=numbers)
        else:
            state[name] = 0.1 * torch.randn(value.shape, generator=numbers)
    return state


def with_weights_of(theirs: nn.Module, key: str, **options: zoo.Value) -> tuple[nn.Module, nn.Module]:
    """Our network with the random weights that `theirs` gets here, and a copy of `theirs` with them."""
    ours, theirs = zoo.blueprint(key, **options), copy.deepcopy(theirs)
    state = random_state(theirs)
    renamed = weights.from_torchvision(key, state, **options)
    ours.load_state_dict({name: value.clone() for name, value in renamed.items()}, assign=True)
    theirs.load_state_dict(state, assign=True)
    return ours, theirs


def pictures(*shape: int) -> Tensor:
    """Random numbers, the same ones every time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))
