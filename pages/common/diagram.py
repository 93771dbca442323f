"""The diagram of one network or two: what Python sends to the browser component of that name, once for every network.

The browser gets the tree of blocks with all its facts; folding, choosing, painting and searching happen there. What is
looked at (the view) comes back a moment after the last change, so that the page can keep it in its address.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import streamlit as st

from cnnviz.convolution.receptive_field import Along
from cnnviz.figures import colours
from cnnviz.networks.comparison import SAME, Comparison, compare
from cnnviz.networks.facts import FAMILIES, Layer, Shape, Summary
from cnnviz.networks.structure import Group
from pages.common.components import component, pack
from pages.common.language import _, current, translate

__all__ = ["ALL", "PAINTS", "Network", "Picture", "View", "compared", "diagram", "message", "read_view"]

PAINTS = ("kind", "parameters", "macs", "memory", "field")
ALL = "*"  # in View.open: every group
MOST_OPEN = 400
LONGEST_NAME = 160
_SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "tree.js",
    "regions.js",
    "layout.js",
    "placing.js",
    "paint.js",
    "drawing.js",
    "diagram.js",
    "moving.js",
    "find.js",
    "words.js",
    "code.js",
    "facts.js",
    "unit.js",
    "export.js",
    "main.js",
)


@dataclass(frozen=True, eq=False)
class Network:
    """A network to draw.

    Attributes:
        title: its name as people write it.
        summary: facts of its layers.
        root: the same as a tree.
        code: code of its classes by name (`cnnviz.networks.sources`).
    """

    title: str
    summary: Summary
    root: Group
    code: Mapping[str, str]

    @property
    def reads_text(self) -> bool:
        """Whether the input is (N, words), not pictures."""
        return len(self.summary.input_shape) == 2


@dataclass(frozen=True, eq=False)
class Picture:
    """The picture on which receptive fields are drawn: JPEG bytes of the size that the network takes."""

    jpeg: bytes
    rows: int
    columns: int


@dataclass(frozen=True)
class View:
    """What is looked at.

    Attributes:
        open: names of the open groups, or only `ALL`. A run of equal blocks is called by the first one's name and
            its length: "conv2_x.1*2".
        selected: name of the chosen group or layer; of the second network with "2:" in front; empty for none.
        paint: one of `PAINTS`.
    """

    open: tuple[str, ...] = ()
    selected: str = ""
    paint: str = "kind"


def read_view(value: object) -> View | None:
    """Read what the browser reported, which may be anything; None when it is no view."""
    if not isinstance(value, Mapping):
        return None
    names, selected, paint = value.get("open"), value.get("selected"), value.get("paint")
    if not isinstance(names, list | tuple) or not isinstance(selected, str) or paint not in PAINTS:
        return None
    kept = [name for name in names if isinstance(name, str) and len(name) <= LONGEST_NAME]
    return View(tuple(kept[:MOST_OPEN]), selected[:LONGEST_NAME], paint)


def diagram(
    key: str,
    networks: Sequence[Network],
    picture: Picture | None = None,
    view: View = View(),
    on_view: Callable[[View], None] | None = None,
) -> None:
    """Draw one network, or two side by side.

    Args:
        key: of the component.
        networks: one or two; of two, what differs is marked.
        picture: for receptive fields; None for networks that do not read pictures.
        view: where to start. Another view than the last one given, and than the one reported, is shown at once.
        on_view: gets every view that the visitor arrives at, after a moment without changes.
    """

    def report() -> None:
        reported = read_view((st.session_state.get(key) or {}).get("view"))
        if reported is not None and on_view is not None:
            on_view(reported)

    for network in networks:
        if network.summary.untraced:
            st.info(_unfollowed(network), icon=":material/account_tree:")
    contents = _contents(tuple(networks), current())
    shown, turn = _steady(key, view, contents.signature)
    data = _message(contents, picture, shown, turn)
    component("diagram", *_SCRIPTS)(key=key, data=data, on_view_change=report)


def _unfollowed(network: Network) -> str:
    """Why there are no shapes and no paths: a run may ask for the value of a number, and there are none."""
    text = _(
        "The run of {network} cannot be followed ({reason}): this is the tree of its modules, with their parameters, "
        "without sizes, operations and paths."
    )
    return text.format(network=network.title, reason=f"`{network.summary.untraced.replace('`', '')}`")


def _steady(key: str, view: View, signature: str) -> tuple[View, int]:
    """The view to send, and a number that grows when the browser shall go there.

    A view that the browser has reported itself changes nothing in the message: it need not be sent again.
    """
    reported = read_view((st.session_state.get(key) or {}).get("view"))
    kept = st.session_state.setdefault(f"{key}/view", {"given": view, "shown": view, "turn": 0, "of": signature})
    if view not in (kept["given"], reported):
        kept["turn"] += 1
        kept["shown"] = view
    elif reported is None or signature != kept["of"]:  # a new page, or other networks: the browser starts here
        kept["shown"] = view
    kept["given"], kept["of"] = view, signature
    return kept["shown"], kept["turn"]


# ---- the message


@dataclass(frozen=True, eq=False)
class _Contents:
    """What is drawn, as JSON, and a signature of it."""

    text: bytes
    signature: str


@lru_cache(maxsize=16)  # about 1 MB for a pair of deep networks
def compared(left: Network, right: Network) -> Comparison:
    """What differs between two networks; found once for a pair of objects."""
    return compare(left.root, right.root)


@lru_cache(maxsize=16)
def _contents(networks: tuple[Network, ...], language: str) -> _Contents:
    """The same networks are written once in each language: most runs only change the view."""
    found = compared(*networks) if len(networks) == 2 else None
    marks: list[Mapping[str, str]] = [found.left, found.right] if found else [{}]
    stages = found.stages if found else ()
    record = {
        "networks": [_network(network, mark) for network, mark in zip(networks, marks, strict=True)],
        "pairs": [(pair.left.name, pair.right.name) for pair in stages if pair.left and pair.right],
    }
    text = json.dumps(record, separators=(",", ":")).encode()
    return _Contents(text, _digest(text))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def message(networks: Sequence[Network], picture: Picture | None = None, view: View = View(), turn: int = 0) -> bytes:
    """Everything that the browser needs; see `diagram`. `turn` grows when it shall go to another view."""
    return _message(_contents(tuple(networks), current()), picture, view, turn)


def _message(contents: _Contents, picture: Picture | None, view: View, turn: int) -> bytes:
    jpeg = picture.jpeg if picture else b""
    header = {
        "signature": contents.signature,
        "picture": [picture.rows, picture.columns] if picture else None,
        "pictured": _digest(jpeg),
        "view": asdict(view),
        "turn": turn,
        "labels": _labels(),
    }
    return pack(header, contents.text, jpeg, colours.sequential().tobytes())


# ---- records


def _network(network: Network, marks: Mapping[str, str]) -> dict[str, Any]:
    summary = network.summary
    failure = summary.failure
    totals = {"parameters": summary.parameters, "macs": summary.macs, "memory": summary.memory}
    known = {"parameters": summary.parameters} if failure else totals  # a run that stopped has no shares but these
    return {
        "title": network.title,
        "input": summary.input_shape[1:],
        "root": {**_node(network.root, marks), **totals},
        "code": dict(network.code),
        "failure": {"layer": failure.layer, "text": translate(failure)} if failure else None,
        "whole": _("the whole text") if network.reads_text else _("the whole picture"),
        **known,
    }


def _node(node: Group | Layer, marks: Mapping[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": node.name,
        "name": node.name.rpartition(".")[2],
        "kind": node.kind,
        "inputs": [_sides(shape) for shape in node.input_shapes],
        "shape": _sides(node.output_shape),
        "parameters": node.parameters,
        "macs": node.macs,
        "memory": node.memory,
        "field": {"rows": _along(node.field.rows), "columns": _along(node.field.columns)} if node.field else None,
        "whole": node.whole,
        "mark": marks.get(node.name, SAME),
    }
    return {**record, **(_group(node, marks) if isinstance(node, Group) else _layer(node))}


def _group(group: Group, marks: Mapping[str, str]) -> dict[str, Any]:
    return {
        "family": "",
        "label": "",
        "children": [_node(child, marks) for child in group.children],
        "links": group.links,
        "repeats": group.repeats,
        "skip": group.skip,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "family": layer.family if layer.family in FAMILIES else "other",  # a visitor's module may say anything
        "label": layer.label,
        "parametersWords": layer.parameters_words,
        "macsWords": layer.macs_words,
    }


def _sides(shape: Shape) -> Shape:
    """A shape without the batch."""
    return shape[1:]


def _along(along: Along) -> tuple[int, int, float]:
    return along.size, along.jump, along.start


# ---- words


def _labels() -> dict[str, Any]:
    """The words on the diagram, in the visitor's language."""
    return {
        "language": current(),
        "toolbar": _("Fold, paint, find, zoom and save"),
        "diagram": _("Diagram: arrow keys move from box to box, right opens, left folds, Enter does either"),
        "acts": {"fold": _("Fold all"), "level": _("One level"), "all": _("Open all"), "fit": _("Fit")},
        "titles": {
            "fold": _("Show the stages only"),
            "level": _("Open every folded block that is visible"),
            "all": _("Open every block down to its layers"),
            "fit": _("Fit into the width"),
            "smaller": _("Smaller (Ctrl and wheel)"),
            "larger": _("Larger (Ctrl and wheel)"),
            "large": _("Whole screen"),
            "previous": _("Previous hit (Shift and Enter)"),
            "next": _("Next hit (Enter)"),
        },
        "paint": _("Paint"),
        "paints": {
            "kind": _("kind of layer"),
            "parameters": _("parameters"),
            "macs": _("multiply-accumulates"),
            "memory": _("activation memory"),
            "field": _("receptive field"),
        },
        "find": _("Find layers"),
        "find_title": _("Find layers by name, kind or size: conv, 1×1, BatchNorm"),
        "nothing": _("none"),
        "save": _("Save"),
        "too_large": _("Too large for this browser as PNG: save it as SVG."),
        "tabs": {"facts": _("Facts"), "code": _("Code")},
        "families": _families(),
        **_marks(),
        **_facts(),
        **_picture(),
    }


def _families() -> dict[str, str]:
    names = {
        "convolution": _("convolution"),
        "normalisation": _("normalisation"),
        "activation": _("activation"),
        "pooling": _("pooling"),
        "linear": _("fully connected"),
        "merge": _("merging"),
        "reshape": _("reshaping"),
        "regularisation": _("regularisation"),
        "other": _("other"),
    }
    return {family: names[family] for family in FAMILIES}


def _marks() -> dict[str, str]:
    return {
        "skip": _("with a shortcut inside"),
        "skips": _("with blocks that have shortcuts: one small arc each"),
        "identity": _("identity"),
        "changed": _("differs between the two"),
        "only": _("only in this one"),
        "changed_long": _("The other network has something else in this place."),
        "only_long": _("The other network has nothing in this place."),
        "failed": _("stops at"),
        "scale": _("The brightest box has {share} of all {total}."),
        "scale_two": _("All in all: {first} and {second}."),
        "scale_field": _("pixels of the picture that one unit sees; “all” is the whole picture"),
        "scale_all": _("“all”: one unit sees {whole}"),
    }


def _facts() -> dict[str, str]:
    return {
        "network": _("the network"),
        "layers": _("{count} layers"),
        "parts": _("{count} parts"),
        "hint": _("Open a block with +, choose a box to see its facts here, and its code."),
        "input": _("input"),
        "output": _("output"),
        "share": _("({share} of all)"),
        "pixels": _("{rows} × {columns} pixels"),
        "jump": _("jump {jump}, start {start}"),
        "terms": _("Jump: pixels from one unit to the next. Start: the centre of what the first unit sees."),
        "whole_short": _("all"),
        "skip_inside": _("A shortcut inside leads past some of the layers."),
        "code_of": _("Class {class}"),
        "code_around": _("{name} in class {class}"),
        "no_code": _("The code of this class is not at hand."),
    }


def _picture() -> dict[str, str]:
    return {
        "picture": _("Picture with the receptive field of one unit. Arrow keys choose another unit."),
        "sees": _("Unit ({row}, {column}) sees rows {top} to {bottom} and columns {left} to {right}."),
        "padding": _("{share}% of that is padding (hatched)."),
        "whole_long": _("Every unit sees the whole picture."),
    }
