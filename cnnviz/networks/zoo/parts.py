"""What the architectures share: merging as modules, and activations and normalisation by name.

Everything that changes a tensor is a module, used once, and never in place: so a hook sees every step, and what it
sees is not overwritten by the next one. A module of our own says to which family of layers it belongs (`family`, one of
`cnnviz.networks.facts.FAMILIES`), since nobody else knows.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError

__all__ = [
    "ACTIVATIONS",
    "NORMS",
    "Add",
    "Concatenate",
    "Multiply",
    "activation",
    "chain",
    "group_norm",
    "norm",
    "present",
    "through",
]


class Add(nn.Module):
    """The sum of its inputs: where a shortcut meets the residual."""

    family = "merge"

    def forward(self, *inputs: Tensor) -> Tensor:
        """Add tensors of one shape."""
        total = inputs[0]
        for each in inputs[1:]:
            total = total + each
        return total


class Concatenate(nn.Module):
    """Its inputs one behind the other along the channels: where branches meet."""

    family = "merge"

    def forward(self, *inputs: Tensor) -> Tensor:
        """Join (N, C1, H, W), (N, C2, H, W), … to (N, C1 + C2 + …, H, W)."""
        return torch.cat(inputs, dim=1)


class Multiply(nn.Module):
    """The product of a map and a gate: how squeeze-and-excitation weighs channels."""

    family = "merge"

    def forward(self, features: Tensor, gate: Tensor) -> Tensor:
        """Multiply (N, C, H, W) by (N, C, 1, 1)."""
        return features * gate


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}
NORMS = ("batch", "group", "none")
_GROUPS = 32  # Wu and He, "Group Normalization", 2018, table 3


def activation(name: str) -> nn.Module:
    """A new activation: one module per use.

    Raises:
        ParameterError: when there is none of that name.
    """
    if name not in ACTIVATIONS:
        raise ParameterError("activation", name, ", ".join(ACTIVATIONS))
    return ACTIVATIONS[name]()


def norm(name: str, channels: int) -> nn.Module | None:
    """A new normalisation of (N, channels, H, W): "batch" or "group"; None for "none".

    What does nothing is no layer: it would be counted, and take memory.

    Raises:
        ParameterError: when there is none of that name.
    """
    match name:
        case "batch":
            return nn.BatchNorm2d(channels)
        case "group":
            return group_norm(channels)
        case "none":
            return None
    raise ParameterError("norm", name, ", ".join(NORMS))


def group_norm(channels: int) -> nn.GroupNorm:
    """A new normalisation over 32 groups of channels, or as many below as divide them."""
    groups = next(count for count in range(min(_GROUPS, channels), 0, -1) if channels % count == 0)
    return nn.GroupNorm(groups, channels)


def present(**layers: nn.Module | None) -> OrderedDict[str, nn.Module]:
    """The layers that are there, by name and in order: those that are None are left out."""
    return OrderedDict((name, layer) for name, layer in layers.items() if layer is not None)


def chain(**layers: nn.Module | None) -> nn.Sequential:
    """One layer after the other, each with a name; those that are None are left out."""
    return nn.Sequential(present(**layers))


def through(x: Tensor, *layers: nn.Module | None) -> Tensor:
    """What becomes of x in one layer after the other; those that are None are passed by."""
    for layer in layers:
        x = x if layer is None else layer(x)
    return x
