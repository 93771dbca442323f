"""How far two passes of one network are apart, step by step. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.facts import INPUT, Summary
from cnnviz.networks.what_if import is_addition

__all__ = ["Bypass", "bypasses", "channel_changes", "relative_change", "relative_changes"]

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Bypass:
    """An addition in which less is changed than in one of its summands, because another one led around the change.

    Attributes:
        step: name of the addition.
        worst: relative change of the summand that changed most.
        after: relative change of the sum.
    """

    step: str
    worst: float
    after: float


def relative_change(before: Maps, after: Maps) -> float:
    """‖after − before‖ / ‖before‖, Euclidean over all activations; 0 when both are zero, ∞ when only `before` is.

    Raises:
        ValueError: when the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"{before.shape} and {after.shape}")
    change = float(np.linalg.norm((after - before).ravel().astype(np.float64)))
    size = float(np.linalg.norm(before.ravel().astype(np.float64)))
    if size == 0:
        return 0.0 if change == 0 else float("inf")
    return change / size


def relative_changes(before: Mapping[str, Maps], after: Mapping[str, Maps]) -> dict[str, float]:
    """`relative_change` of every step that both passes have in the same shape, in the order of `before`."""
    return {
        name: relative_change(maps, after[name])
        for name, maps in before.items()
        if name in after and after[name].shape == maps.shape
    }


def channel_changes(before: Maps, after: Maps) -> NDArray[np.float64]:
    """Root mean square of after − before for every channel of (C, …), in units of the activation.

    Raises:
        ValueError: when the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"{before.shape} and {after.shape}")
    squares = np.square((after - before).astype(np.float64)).reshape(len(before), -1)
    changes: NDArray[np.float64] = np.sqrt(squares.mean(axis=1))
    return changes


def bypasses(summary: Summary, changes: Mapping[str, float]) -> tuple[Bypass, ...]:
    """The additions in which a change became smaller, in the order of the pass.

    Args:
        summary: of the network.
        changes: from `relative_changes`.
    """
    found = []
    for layer in summary.layers:
        if not is_addition(layer) or layer.name not in changes:
            continue
        names = [summary.layers[source].name for source in layer.sources if source != INPUT]
        worst = max((changes[name] for name in names if name in changes), default=0.0)
        if worst > changes[layer.name]:
            found.append(Bypass(layer.name, worst, changes[layer.name]))
    return tuple(found)
