"""What follows in a chain of steps: normalisation as scale and shift, and the activation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.networks.activations import FORMULAS, formula
from cnnviz.networks.captured_steps import CapturedSteps
from cnnviz.networks.explained import Activated, Normalised
from cnnviz.networks.facts import Layer

__all__ = ["activated", "agree", "normalised"]

_TOLERANCE = 1e-4  # of the largest number in a computation with 32 bits

Map = NDArray[np.float32]


def agree(computed: NDArray[np.float64], captured: Map, largest: float = 0.0) -> bool:
    """Whether numbers are the same but for the rounding of 32-bit arithmetic.

    Args:
        computed: with 64 bits.
        captured: with 32 bits.
        largest: absolute number on the way; their own, where they are larger.
    """
    allowed = _TOLERANCE * max(largest, float(np.abs(computed).max(initial=0.0)), 1e-6)
    return computed.shape == captured.shape and bool((np.abs(computed - captured) <= allowed).all())


def normalised(steps: CapturedSteps, layer: Layer, channel: int) -> Normalised | None:
    """Explain a batch or group normalisation of one channel; None for others.

    Args:
        steps: of the pass.
        layer: the normalisation.
        channel: from 0.
    """
    module, before = steps.module(layer), steps.maps(layer.sources[0])
    match module:
        case nn.GroupNorm():
            size = len(before) // module.num_groups
            group = before[channel // size * size :][:size].astype(np.float64)
            mean, variance = float(group.mean()), float(group.var())
        case nn.BatchNorm1d() | nn.BatchNorm2d() if module.running_mean is not None and module.running_var is not None:
            mean, variance = float(module.running_mean[channel]), float(module.running_var[channel])
        case _:
            return None
    weight, bias = _number(module.weight, channel, 1.0), _number(module.bias, channel, 0.0)
    scale = weight / np.sqrt(variance + module.eps)
    given, output = before[channel].astype(np.float64), steps.maps(layer.index)[channel]
    agrees = agree(
        scale * (given - mean) + bias, output, abs(scale) * (float(np.abs(given).max()) + abs(mean)) + abs(bias)
    )
    measured = isinstance(module, nn.GroupNorm)
    return Normalised(layer.name, mean, variance, weight, bias, module.eps, measured, output, agrees)


def _number(values: Tensor | None, channel: int, otherwise: float) -> float:
    return otherwise if values is None else float(values[channel].detach())


def activated(steps: CapturedSteps, layer: Layer, channel: int) -> Activated:
    """Explain an activation of one channel.

    Args:
        steps: of the pass.
        layer: the activation.
        channel: from 0.
    """
    key, settings = formula(layer, steps.module(layer), channel)
    before, output = steps.maps(layer.sources[0])[channel].astype(np.float64), steps.maps(layer.index)[channel]
    agrees = not key or agree(FORMULAS[key](before, settings), output)
    return Activated(layer.name, layer.kind, key, settings, output, agrees)
