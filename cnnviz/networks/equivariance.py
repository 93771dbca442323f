"""Do the maps of a network move with the picture? Nothing here needs torch.

A layer f is equivariant to a change T of the picture when f(T x) = T f(x): the maps of the changed picture are the
changed maps. A convolution with stride 1 is, for shifts, but for the edges; a stride of s only for shifts by whole
multiples of s (Zhang, "Making convolutional networks shift-invariant again", ICML 2019, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.images.alterations import Alteration
from cnnviz.networks.differences import relative_change
from cnnviz.networks.facts import Layer

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["Following", "followed", "following", "jump_of"]

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Following:
    """How one step answers to a changed picture.

    Attributes:
        stayed: relative change of its output against the output for the picture as it was.
        moved: the same against that output moved along with the picture; `stayed` where nothing can be moved.
    """

    stayed: float
    moved: float


def jump_of(layer: Layer, input_columns: int) -> float:
    """Pixels of the picture from one place of a step's maps to the next, along a row."""
    if layer.field is not None:
        return layer.field.columns.jump
    return input_columns / layer.map_shape[-1]


def followed(maps: Maps, layer: Layer, alteration: Alteration, input_columns: int) -> Maps:
    """A step's output moved as the picture was; as it is where it has no places that could move.

    Args:
        maps: (C, H, W), or (F,), for the picture as it was.
        layer: the step.
        alteration: of the picture.
        input_columns: of the picture that the network got.
    """
    if not alteration.moves or maps.ndim != 3 or maps[0].size == 1:
        return maps
    return alteration.followed(maps, jump_of(layer, input_columns))


def following(before: Pass, after: Pass, alteration: Alteration) -> dict[str, Following]:
    """How every step answers, in the order of the pass.

    Args:
        before: of the picture as it was.
        after: of the changed picture, through the same network.
        alteration: the change.
    """
    columns = before.input.shape[-1]
    found = {}
    for layer in before.summary.layers:
        if layer.name not in before.maps or layer.name not in after.maps:
            continue
        first, second = before.maps[layer.name], after.maps[layer.name]
        stayed = relative_change(first, second)
        if alteration.moves and first.ndim == 3 and first[0].size > 1:
            moved = relative_change(followed(first, layer, alteration, columns), second)
            found[layer.name] = Following(stayed, moved)
        else:
            found[layer.name] = Following(stayed, stayed)
    return found
