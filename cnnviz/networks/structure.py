"""The layers of a network as a tree of blocks, with the paths between them: what a diagram folds and opens.

A path from one layer to another becomes, in every block around either of them, a link between two of the block's
children, or from its input, or to its output. So each block can be drawn alone, open or folded.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from cnnviz.convolution.receptive_field import Field
from cnnviz.networks.facts import INPUT, Layer, Shape, Summary
from cnnviz.networks.step_chains import ADDITIONS

__all__ = ["OUTSIDE", "Group", "tree"]

OUTSIDE = -1  # in a link: the group's input, when it comes first; its output, when it comes second

Link = tuple[int, int]
Names = dict[tuple[str, str], None]  # links by names, "" for the outside; a dictionary keeps their order


@dataclass(frozen=True)
class Group:
    """A module with children.

    Attributes:
        name: dotted; the network itself has the name "".
        kind: its class.
        children: groups and layers, in the order in which they are first called.
        links: paths between children by their places, see `OUTSIDE`; each once.
        repeats: runs of neighbours of one form, as (first, count): the same layers in the same arrangement,
            whatever their channels.
        skip: a path in it leads past other layers into an addition, or one of its groups has one.
        parameters, macs, memory: of all its layers.
        input_shapes: what comes in, with the batch.
        output_shape: of the layer whose output leaves it last.
        field: of the units that leave it.
        whole: they see all of the picture.
    """

    name: str
    kind: str
    children: tuple[Group | Layer, ...]
    links: tuple[Link, ...]
    repeats: tuple[Link, ...]
    skip: bool
    parameters: int
    macs: int
    memory: int
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    field: Field | None
    whole: bool


@dataclass
class _Open:
    """A group while it is being filled: places of its children by name, and those of them that are layers."""

    places: dict[str, int] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)


def tree(summary: Summary) -> Group:
    """Arrange the layers of a run by the modules that they belong to."""
    groups: dict[str, _Open] = {"": _Open()}
    for layer in summary.layers:
        path = [*_around(layer.name), layer.name]
        for outer, inner in pairwise(path):
            places = groups.setdefault(outer, _Open()).places
            places.setdefault(inner, len(places))
        groups[path[-2]].layers[layer.name] = layer
    return _Builder(summary, groups).group("")


def _around(name: str) -> list[str]:
    """The groups around a layer, from the outermost: "a.b.c" -> "", "a", "a.b"."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(len(parts))]


class _Builder:
    """Closes groups, the innermost first."""

    def __init__(self, summary: Summary, groups: dict[str, _Open]) -> None:
        self.summary = summary
        self.groups = groups
        self.kinds = dict(summary.modules)
        self.links = _links(summary)

    def group(self, name: str) -> Group:
        """The group called `name`, its children closed."""
        opened = self.groups[name]
        children = tuple(
            opened.layers[child] if child in opened.layers else self.group(child) for child in opened.places
        )
        places = {**opened.places, "": OUTSIDE}
        links = tuple((places[source], places[target]) for source, target in self.links.get(name, {}))
        inside = self._inside(name)
        last = _leaving(inside, self.summary)
        return Group(
            name=name,
            kind=self.kinds.get(name, ""),
            children=children,
            links=links,
            repeats=_repeats(children) if name else (),  # the stages of a network are always shown one by one
            skip=_skips(children, links) or any(isinstance(each, Group) and each.skip for each in children),
            parameters=sum(each.parameters for each in children),
            macs=sum(each.macs for each in children),
            memory=sum(each.memory for each in children),
            input_shapes=_entering(inside, self.summary),
            output_shape=last.output_shape if last else (),
            field=last.field if last else None,
            whole=last is not None and last.whole,
        )

    def _inside(self, name: str) -> list[Layer]:
        layers = self.summary.layers
        return [each for each in layers if each.name.startswith(f"{name}.")] if name else list(layers)


def _links(summary: Summary) -> dict[str, Names]:
    """The links of each group."""
    names = {layer.index: layer.name for layer in summary.layers}
    paths = [(names.get(source, ""), layer.name) for layer in summary.layers for source in layer.sources]
    paths += [(names.get(output, ""), "") for output in summary.outputs]
    found: dict[str, Names] = {}
    for source, target in paths:
        for group, link in _steps(source, target):
            found.setdefault(group, {})[link] = None
    return found


def _steps(source: str, target: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The links, as (group, link), that a path between two layers is made of; "" is outside of the network."""
    above = [*_around(source), source] if source else [""]
    below = [*_around(target), target] if target else [""]
    outer, inner = above[:-1] or [""], below[:-1] or [""]
    shared = sum(1 for one, other in zip(outer, inner, strict=False) if one == other)
    for group, child in zip(above[shared:-1], above[shared + 1 :], strict=True):
        yield group, (child, "")
    yield outer[shared - 1], (above[shared] if source else "", below[shared] if target else "")
    for group, child in zip(below[shared:-1], below[shared + 1 :], strict=True):
        yield group, ("", child)


def _entering(inside: Sequence[Layer], summary: Summary) -> tuple[Shape, ...]:
    """Shapes of the outputs from elsewhere that layers of a group read; each output once."""
    own = {layer.index for layer in inside}
    found = {
        source: shape
        for layer in inside
        for source, shape in zip(layer.sources, layer.input_shapes, strict=False)
        if source not in own
    }
    return tuple(summary.input_shape if source == INPUT else shape for source, shape in found.items())


def _leaving(inside: Sequence[Layer], summary: Summary) -> Layer | None:
    """The last layer of a group whose output is read elsewhere, or is the network's."""
    own = {layer.index for layer in inside}
    read = {source for layer in summary.layers if layer.index not in own for source in layer.sources}
    leaving = [layer for layer in inside if layer.index in read or layer.index in summary.outputs]
    return leaving[-1] if leaving else (inside[-1] if inside else None)


# ---- what is special about a group


def _skips(children: Sequence[Group | Layer], links: Sequence[Link]) -> bool:
    """Whether a path leads past a layer: into an addition, or beside a longer one to the same place."""
    into: dict[int, set[int]] = {}
    for source, target in links:
        into.setdefault(target, set()).add(source)
    for target, sources in into.items():
        if len(sources) < 2 or target == OUTSIDE:
            continue
        child = children[target]
        if isinstance(child, Layer) and child.kind in ADDITIONS:
            return True
        if any(_reaches(one, other, into) for one in sources for other in sources if one != other):
            return True
    return False


def _reaches(start: int, end: int, into: dict[int, set[int]]) -> bool:
    """Whether a path leads from `start` to `end`, children or the group's input."""
    if end == OUTSIDE:
        return False
    behind, seen = [end], {end}
    while behind:
        for source in into.get(behind.pop(), set()) - seen:
            if source == start:
                return True
            if source != OUTSIDE:
                seen.add(source)
                behind.append(source)
    return False


def _repeats(children: Sequence[Group | Layer]) -> tuple[Link, ...]:
    """Runs of two and more groups of one form with outputs of one shape."""
    runs: list[Link] = []
    for _, run in groupby(enumerate(children), lambda each: (_form(each[1]), each[1].output_shape)):
        places = [place for place, child in run if isinstance(child, Group)]
        if len(places) > 1:
            runs.append((places[0], len(places)))
    return tuple(runs)


_CHANNELS = re.compile(r", \d+(?=,|$)|\d+ → \d+")


def _form(node: Group | Layer) -> Hashable:
    """Kinds and arrangement, without numbers of channels."""
    if isinstance(node, Layer):
        return node.kind, _CHANNELS.sub("", node.label)
    return node.kind, tuple(_form(child) for child in node.children), node.links
