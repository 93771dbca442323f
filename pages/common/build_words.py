"""How a network of one's own is spoken of: its columns, its errors in the columns' words, and the words of its text."""

from __future__ import annotations

from typing import TypeGuard

import streamlit as st

from cnnviz.networks.custom import KINDS, Kind
from cnnviz.networks.custom.slots import Slot
from cnnviz.text import Sentence
from pages.common.language import Marked, _, translate

__all__ = ["COLUMN_OF", "column_titles", "said", "words_control"]

# The column of each value of a layer.
COLUMN_OF = {
    "out_channels": "channels",
    "out_features": "channels",
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "groups": "groups",
    "bias": "bias",
    "percent": "factor",
    "expansion": "factor",
    "reduction": "factor",
}


def column_titles() -> dict[str, str]:
    """The titles of the table's columns, in the visitor's language."""
    return {
        "place": "#",
        "kind": _("Kind"),
        "channels": _("Channels"),
        "kernel": _("Kernel"),
        "stride": _("Stride"),
        "padding": _("Padding"),
        "dilation": _("Dilation"),
        "groups": _("Groups"),
        "bias": _("Bias"),
        "factor": _("Factor"),
    }


def said(error: Marked) -> str:
    """The sentence of an error, in which every value is called as its column is, not as PyTorch's argument."""
    titles = column_titles()
    named = {name: titles[column] for name, column in COLUMN_OF.items()}
    named |= {"layers": _("Layers"), "input": _("Input")}
    sentence = translate(_renamed(error, named))
    for name in (name for name in COLUMN_OF if "_" in name):  # reasons speak of them, too
        sentence = sentence.replace(name, named[name])
    return sentence


def _renamed(error: Marked, named: dict[str, str]) -> Sentence:
    """The same sentence about a value with a title; a reason may be a sentence of that kind, too."""
    data = {key: _renamed(each, named) if _is_marked(each) else each for key, each in error.data.items()}
    if "name" in data:
        data["name"] = named.get(str(data["name"]), data["name"])
    return Sentence(error.template, data)


def _is_marked(value: object) -> TypeGuard[Marked]:
    return hasattr(value, "template") and hasattr(value, "data")


# ---- the words of the text


def words_control() -> None:
    """A button that opens the list of all layers that the text can name."""
    with st.popover(_("Layer words"), icon=":material/dictionary:"):
        st.markdown(_words_table())


def _words_table() -> str:
    head = [_("Kind"), _("Example"), _("What may follow the word")]
    lines = [head, ["---"] * len(head)]
    lines += [[_(kind.title), f"`{kind.example}`", _values(kind)] for kind in KINDS.values()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _values(kind: Kind) -> str:
    titles = column_titles()
    return ", ".join(_value(slot, titles[COLUMN_OF[slot.name]]) for slot in kind.slots)


def _value(slot: Slot, title: str) -> str:
    """A letter and what it stands for; the value without one comes first."""
    return f"`{slot.letter}` {title}" if slot.letter else _("number: {title}").format(title=title)
