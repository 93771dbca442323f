"""Which steps of a network belong together: a head, perhaps a normalisation, perhaps an activation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.networks.facts import INPUT, Layer, upstream

__all__ = ["ADDITIONS", "PRODUCTS", "Chain", "chain", "roles"]

ADDITIONS = ("Add", "add", "iadd")
PRODUCTS = ("Multiply", "mul", "imul")
_NORMS = ("BatchNorm1d", "BatchNorm2d", "GroupNorm")  # one scale and one shift for a channel
_NOT_POINTWISE = ("Softmax", "softmax", "log_softmax")

HEAD, NORM, ACTIVATION = range(3)  # places in a chain


@dataclass(frozen=True)
class Chain:
    """Steps that follow each other; None where there is none of that kind."""

    head: Layer | None
    norm: Layer | None
    activation: Layer | None

    @property
    def first(self) -> Layer | None:
        """The one that the others follow."""
        return self.head or self.norm or self.activation


def chain(layers: Sequence[Layer], index: int) -> Chain:
    """The chain that a step belongs to.

    Args:
        layers: of a summary.
        index: of the step. One that fits into no chain (pooling, a concatenation) is its head alone.

    Returns:
        Before the step: what it reads, as long as that is the only thing. After it: what reads it, as long as
        nothing else does.
    """
    found = [layers[index]]
    if _place(found[0]) is None:
        return Chain(found[0], None, None)
    while (before := _before(found[0], layers)) is not None:
        found.insert(0, before)
    while (after := _after(found[-1], layers)) is not None:
        found.append(after)
    places = {_place(each): each for each in found}
    return Chain(places.get(HEAD), places.get(NORM), places.get(ACTIVATION))


def _place(layer: Layer) -> int | None:
    if layer.family in ("convolution", "linear") or layer.kind in (*ADDITIONS, *PRODUCTS):
        return HEAD
    if layer.kind in _NORMS:
        return NORM
    return ACTIVATION if layer.family == "activation" and layer.kind not in _NOT_POINTWISE else None


def _before(layer: Layer, layers: Sequence[Layer]) -> Layer | None:
    place, sources = _place(layer), set(layer.sources)
    if place == HEAD or len(sources) != 1 or sources == {INPUT}:
        return None
    return _fitting(layers[sources.pop()], layer)


def _after(layer: Layer, layers: Sequence[Layer]) -> Layer | None:
    readers = [each for each in layers if layer.index in each.sources]
    if len(readers) != 1 or len(set(readers[0].sources)) != 1 or _fitting(layer, readers[0]) is None:
        return None
    return readers[0]


def _fitting(first: Layer, second: Layer) -> Layer | None:
    """`first`, when `second` may follow it in a chain."""
    one, other = _place(first), _place(second)
    return first if one is not None and other is not None and one < other else None


def roles(layers: Sequence[Layer], sources: Sequence[int]) -> tuple[str, ...]:
    """What the inputs of an addition are in a residual block: the one with more convolutions is the residual.

    Returns:
        "residual" and "shortcut", or "" for each where there are not two, or both passed as many convolutions.
    """
    if len(sources) != 2:
        return ("",) * len(sources)
    behind = [upstream(layers, source) for source in sources]
    convolutions = [
        sum(layers[index].family == "convolution" for index in own - other) for own, other in (behind, reversed(behind))
    ]
    if convolutions[0] == convolutions[1]:
        return "", ""
    return ("residual", "shortcut") if convolutions[0] > convolutions[1] else ("shortcut", "residual")
