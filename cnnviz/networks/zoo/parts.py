"""What the architectures share: merging as modules, and activations and normalisation by name.

Everything that changes a tensor is a module, used once, and never in place: so a hook sees every step, and what it
sees is not overwritten by the next one. A module of our own says to which family of layers it belongs (`family`, one of
`cnnviz.networks.facts.FAMILIES`), since nobody else knows.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError

__all__ = ["ACTIVATIONS", "NORMS", "Add", "Concatenate", "Multiply", "activation", "norm"]


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


def norm(name: str, channels: int) -> nn.Module:
    """A new normalisation of (N, channels, H, W): "batch", "group" (32 groups, or the most that divide), "none".

    Raises:
        ParameterError: when there is none of that name.
    """
    match name:
        case "batch":
            return nn.BatchNorm2d(channels)
        case "group":
            groups = next(count for count in range(min(_GROUPS, channels), 0, -1) if channels % count == 0)
            return nn.GroupNorm(groups, channels)
        case "none":
            return nn.Identity()
    raise ParameterError("norm", name, ", ".join(NORMS))
