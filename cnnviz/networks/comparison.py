"""Two networks side by side: which parts belong together, and what differs between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cnnviz.networks.facts import Layer
from cnnviz.networks.structure import Group

__all__ = ["CHANGED", "ONLY", "SAME", "Comparison", "Pair", "compare"]

SAME, CHANGED, ONLY = "", "changed", "only"

Node = Group | Layer


@dataclass(frozen=True)
class Pair:
    """Two parts that belong together, or one that the other network lacks.

    Attributes:
        left, right: the parts; None on the side that lacks it.
        mark: SAME, CHANGED (other layers, shapes or weights) or ONLY.
    """

    left: Node | None
    right: Node | None
    mark: str


@dataclass(frozen=True)
class Comparison:
    """The stages of two networks in pairs, and a mark for every part of either: by name."""

    stages: tuple[Pair, ...]
    left: dict[str, str] = field(hash=False)
    right: dict[str, str] = field(hash=False)


def compare(left: Group, right: Group) -> Comparison:
    """Pair the stages of two networks, and inside of paired stages their blocks and layers, in their order.

    Parts are paired so that as many as possible agree in name, in class and in the size of their output; the
    order is kept (Needleman and Wunsch 1970).
    """
    marks_left: dict[str, str] = {}
    marks_right: dict[str, str] = {}
    stages = tuple(_Pairing(_rows(left), _rows(right), marks_left, marks_right).marked(left.children, right.children))
    return Comparison(stages, marks_left, marks_right)


@dataclass(frozen=True)
class _Pairing:
    """Rows of both inputs, to tell places in the networks apart by what is left of them, and the marks to fill."""

    left_rows: int
    right_rows: int
    left_marks: dict[str, str]
    right_marks: dict[str, str]

    def marked(self, left: Sequence[Node], right: Sequence[Node]) -> Iterator[Pair]:
        """Pair two lists of parts, and mark them and everything in them."""
        for one, other in self._aligned(left, right):
            mark = ONLY if one is None or other is None else SAME if _facts(one) == _facts(other) else CHANGED
            if one is not None:
                self.left_marks[one.name] = mark
            if other is not None:
                self.right_marks[other.name] = mark
            if isinstance(one, Group) and isinstance(other, Group):
                for _ in self.marked(one.children, other.children):
                    pass
            else:
                _mark_inside(one, mark, self.left_marks)
                _mark_inside(other, mark, self.right_marks)
            yield Pair(one, other, mark)

    def _aligned(self, left: Sequence[Node], right: Sequence[Node]) -> list[tuple[Node | None, Node | None]]:
        """Pairs in order, with None for a gap, of the highest total likeness."""
        best = self._scores(left, right)
        pairs: list[tuple[Node | None, Node | None]] = []
        i, j = len(left), len(right)
        while i or j:
            if i and j and best[i][j] == best[i - 1][j - 1] + self._likeness(left[i - 1], right[j - 1]):
                i, j = i - 1, j - 1
                pairs.append((left[i], right[j]))
            elif i and best[i][j] == best[i - 1][j]:
                i -= 1
                pairs.append((left[i], None))
            else:
                j -= 1
                pairs.append((None, right[j]))
        return pairs[::-1]

    def _scores(self, left: Sequence[Node], right: Sequence[Node]) -> list[list[int]]:
        best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
        for i, one in enumerate(left, 1):
            for j, other in enumerate(right, 1):
                pair = best[i - 1][j - 1] + self._likeness(one, other)
                best[i][j] = max(best[i - 1][j], best[i][j - 1], pair)
        return best

    def _likeness(self, one: Node, other: Node) -> int:
        """How much speaks for a pair; less than 0 for a layer and a group, and for layers of two kinds."""
        if isinstance(one, Layer) and isinstance(other, Layer) and one.family != other.family:
            return -1
        if isinstance(one, Group) != isinstance(other, Group) and one.name != other.name:
            return -1
        place = _halvings(one, self.left_rows) == _halvings(other, self.right_rows)
        return 3 * (_last(one) == _last(other)) + 2 * place + 2 * (one.kind == other.kind)


def _rows(network: Group) -> int:
    """Rows of the network's input; 1 for what is no picture."""
    shape = network.input_shapes[0] if network.input_shapes else ()
    return shape[2] if len(shape) == 4 else 1


def _halvings(node: Node, rows: int) -> int | None:
    """How often the picture was halved on the way to the output of a part; None when nothing is left to see."""
    shape = node.output_shape
    return round(math.log2(rows / shape[2])) if len(shape) == 4 and shape[2] else None


def _mark_inside(node: Node | None, mark: str, marks: dict[str, str]) -> None:
    """What has no partner as a whole has none in its parts."""
    for child in node.children if isinstance(node, Group) else ():
        marks[child.name] = ONLY if mark != SAME else SAME
        _mark_inside(child, mark, marks)


def _facts(node: Node) -> object:
    """What has to agree for two parts to be the same: everything but the names."""
    if isinstance(node, Layer):
        return (node.family, node.label, node.output_shape[1:], node.parameters, node.macs)
    return (tuple(_facts(child) for child in node.children), node.links)


def _last(node: Node) -> str:
    return node.name.rpartition(".")[2]
