"""The weights that a visitor has uploaded: checked once, listed among the networks, forgotten with the session."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from cnnviz.networks import torchvision_models, zoo
from cnnviz.networks.catalogue import Entry
from cnnviz.networks.torchvision_table import TITLES
from pages.common.language import _

__all__ = ["accept", "read_classes", "upload_title", "uploads"]

_UPLOADS = "maps/uploads"  # session: key -> entry
_MOST_CLASSES = 22_000
_LONGEST = 100  # characters of a class's name
_LONGEST_NAME = 60  # of a file's


def uploads() -> tuple[Entry, ...]:
    """This visitor's networks, in the order in which they came."""
    return tuple(_known().values())


def upload_title(key: str) -> str:
    """How an uploaded network is called: by its architecture, and by its file where this visitor uploaded it."""
    if (entry := _known().get(key)) is not None:
        return entry.title
    return _("{network}, uploaded").format(network=_architecture(key))


def accept(data: bytes, name: str, architecture: str, classes: Sequence[str]) -> str:
    """Check a file of weights, keep it and list it; returns its key.

    Args:
        data: of a .safetensors file.
        name: of the file.
        architecture: what it is of; "" to find that out.
        classes: names of the classes; may be empty.

    Raises:
        WeightsError: when it is damaged or fits no network; `misfits` lists what did not fit.
    """
    from cnnviz.networks import own_networks, weight_files
    from cnnviz.networks.safetensors_metadata import with_metadata

    if classes:
        weight_files.from_bytes(data)  # says it better when this is another kind of file
        data = with_metadata(data, {"classes": json.dumps(list(classes))})
    key = own_networks.keep(data, architecture)
    title = f"{_architecture(key)}, {name[:_LONGEST_NAME]}"
    _known()[key] = Entry(key, title, key.rpartition("@")[2], own_networks.UPLOADED, (), 0, True, len(data))
    return key


def read_classes(text: str) -> list[str]:
    """Names of classes, one a line; lines without a name are left out."""
    names = (line.strip()[:_LONGEST] for line in text.splitlines())
    return [name for name in names if name][:_MOST_CLASSES]


def _architecture(key: str) -> str:
    name = key.rpartition("@")[2]
    known = name in zoo.names() or name in TITLES
    return torchvision_models.title(name) if known else name


def _known() -> dict[str, Entry]:
    found: dict[str, Entry] = st.session_state.setdefault(_UPLOADS, {})
    return found
