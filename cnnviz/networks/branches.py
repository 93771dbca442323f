"""The ways that meet in an addition: the residual branch and the shortcut of a block."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.errors import ParameterError
from cnnviz.networks.facts import INPUT, Layer, Summary, upstream
from cnnviz.networks.what_if import Off, is_addition
from cnnviz.text import N_

__all__ = ["Branch", "additions", "branches"]


@dataclass(frozen=True)
class Branch:
    """One of the ways from where they part to an addition.

    Attributes:
        steps: names, in the order of the pass, without the addition; none for a shortcut that changes nothing.
        end: name of the step whose output is added; empty when that is the network's input.
        shortcut: of two ways, the one with fewer steps.
        off: what switches it off: the step that ends it, or the summand when it has no steps.
    """

    steps: tuple[str, ...]
    end: str
    shortcut: bool
    off: Off


def additions(summary: Summary) -> tuple[str, ...]:
    """Names of the steps in which branches are added."""
    return tuple(layer.name for layer in summary.layers if is_addition(layer))


def branches(summary: Summary, addition: str) -> tuple[Branch, ...]:
    """The branches that meet in the step `addition`, in the order of its sources.

    Raises:
        ParameterError: when it is not one of `additions(summary)`.
    """
    layer = next((each for each in summary.layers if each.name == addition and is_addition(each)), None)
    if layer is None:
        raise ParameterError("addition", addition[:60], N_("a step that adds branches"))
    own = [upstream(summary.layers, source) for source in layer.sources]
    common = set.intersection(*own)
    ways = [sorted(each - common) for each in own]
    least = min(map(len, ways))
    alone = [len(way) for way in ways].count(least) == 1
    return tuple(_branch(summary, layer, place, way, alone and len(way) == least) for place, way in enumerate(ways))


def _branch(summary: Summary, layer: Layer, place: int, way: list[int], shortcut: bool) -> Branch:
    source = layer.sources[place]
    end = summary.layers[source].name if source != INPUT else ""
    off = Off(end) if way else Off(layer.name, summand=place)
    return Branch(tuple(summary.layers[each].name for each in way), end, shortcut, off)
