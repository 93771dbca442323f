"""Activations as formulas of one number, the same here and in the browser (channel_view/arithmetic.js)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from torch import nn

from cnnviz.networks.facts import Layer

__all__ = ["FORMULAS", "formula"]

Numbers = NDArray[np.float64]
Settings = Mapping[str, float]


def _sigmoid(x: Numbers) -> Numbers:
    return 0.5 * (1 + np.tanh(x / 2))  # without overflow


def _hard_sigmoid(x: Numbers) -> Numbers:
    return np.clip(x + 3, 0, 6) / 6


FORMULAS: Mapping[str, Callable[[Numbers, Settings], Numbers]] = {
    "relu": lambda x, _: np.maximum(x, 0),
    "relu6": lambda x, _: np.clip(x, 0, 6),
    "leaky": lambda x, s: np.where(x > 0, x, s["slope"] * x),
    "elu": lambda x, s: np.where(x > 0, x, s["alpha"] * np.expm1(np.minimum(x, 0))),
    "sigmoid": lambda x, _: _sigmoid(x),
    "tanh": lambda x, _: np.tanh(x),
    "silu": lambda x, _: x * _sigmoid(x),
    "gelu": lambda x, _: x * ndtr(x),
    "hardsigmoid": lambda x, _: _hard_sigmoid(x),
    "hardswish": lambda x, _: x * _hard_sigmoid(x),
}
"""Key -> the formula; takes float64 numbers and its settings."""

_KEYS = {
    "ReLU": "relu", "relu": "relu", "relu_": "relu", "ReLU6": "relu6", "LeakyReLU": "leaky", "PReLU": "leaky",
    "ELU": "elu", "Sigmoid": "sigmoid", "sigmoid": "sigmoid", "Tanh": "tanh", "tanh": "tanh", "SiLU": "silu",
    "silu": "silu", "Hardsigmoid": "hardsigmoid", "Hardswish": "hardswish",
}  # fmt: skip


def formula(layer: Layer, module: nn.Module | None, channel: int) -> tuple[str, dict[str, float]]:
    """Key and settings of a step's activation for one channel; an empty key where there is no formula for it."""
    match module:
        case nn.LeakyReLU():
            return "leaky", {"slope": module.negative_slope}
        case nn.PReLU():
            slopes = module.weight.detach().flatten()
            return "leaky", {"slope": float(slopes[channel if len(slopes) > 1 else 0])}
        case nn.ELU():
            return "elu", {"alpha": module.alpha}
        case nn.GELU(approximate="none"):
            return "gelu", {}
    return _KEYS.get(layer.kind, ""), {}
