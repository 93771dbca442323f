"""The few steps that tell a network's story: the end of each block, where everything that follows reads through."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from cnnviz.networks.facts import Layer

__all__ = ["landmarks", "stage"]

_SILENT = ("reshape", "regularisation")  # families that show the same numbers as the step before them


def stage(name: str) -> str:
    """The part of the network that a step belongs to: "conv2_x" for "conv2_x.0.conv1"."""
    return name.split(".")[0].split("#")[0]


def landmarks(layers: Sequence[Layer]) -> tuple[int, ...]:
    """Indices of the steps that an overview shows: of each block the last step that nothing leads around.

    In a residual block that is its end, because the shortcut leads around everything else; in an Inception module the
    concatenation, in a dense block the last one; in a chain of convolutions, the activation after each of them. The
    last step, the network's answer, is always there.

    Args:
        layers: of a summary, in the order of the forward pass.
    """
    narrow = _narrow(layers)
    told = [layer for layer in layers if narrow[layer.index] and layer.family not in _SILENT]
    chosen = {list(group)[-1].index for _, group in groupby(told, key=_block)}
    return tuple(sorted(chosen | {layer.index for layer in layers[-1:]}))


def _block(layer: Layer) -> tuple[object, ...]:
    """A module of a stage, such as "conv2_x.0"; what stands in no such module goes by its stage and its size.

    torchvision's VGG is the case for the size: all of its convolutions are "features.0" … "features.30".
    """
    parts = layer.name.split(".")
    return tuple(parts[:2]) if len(parts) > 2 else (stage(layer.name), layer.output_shape[2:])


def _narrow(layers: Sequence[Layer]) -> list[bool]:
    """For each step: whether no path leads from a step before it, or the input, to one after it."""
    furthest = dict.fromkeys(range(-1, len(layers)), -1)  # -1 is the network's input, as in `Layer.sources`
    for layer in layers:
        for source in layer.sources:
            furthest[source] = max(furthest[source], layer.index)
    found, reached = [], -1
    for index in range(len(layers)):
        reached = max(reached, furthest[index - 1])
        found.append(reached <= index)
    return found
