"""The weights that a visitor has uploaded: checked once, listed among the networks, forgotten with the session."""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from cnnviz.errors import WeightsError
from cnnviz.networks import torchvision_models, zoo
from cnnviz.networks.catalogue import Entry
from cnnviz.networks.own_facts import LONGEST, MOST_CLASSES
from cnnviz.networks.torchvision_table import TITLES
from cnnviz.text import N_
from pages.common.language import _

__all__ = ["accept", "read_facts", "upload_title", "uploads"]

_UPLOADS = "maps/uploads"  # session: key -> entry
_LONGEST_NAME = 60  # of a file's
_NO_JSON = N_("What you wrote about the weights looks like JSON but is not valid: check commas, quotes and brackets.")


def uploads() -> tuple[Entry, ...]:
    """This visitor's networks, in the order in which they came."""
    return tuple(_known().values())


def upload_title(key: str) -> str:
    """How an uploaded network is called: by its architecture, and by its file where this visitor uploaded it."""
    if (entry := _known().get(key)) is not None:
        return entry.title
    return _("{network}, uploaded").format(network=_architecture(key))


def accept(data: bytes, name: str, architecture: str, facts: Mapping[str, str]) -> str:
    """Check a file of weights, keep it and list it; returns its key.

    Args:
        data: of a .safetensors file.
        name: of the file.
        architecture: what it is of; "" to find that out.
        facts: from `read_facts`; they go before what the file's own metadata say.

    Raises:
        WeightsError: when it is damaged or fits no network; `misfits` lists what did not fit.
    """
    from cnnviz.networks import own_networks, weight_files
    from cnnviz.networks.safetensors_metadata import with_metadata

    if facts:
        weight_files.from_bytes(data)  # says it better when this is another kind of file
        data = with_metadata(data, facts)
    key = own_networks.keep(data, architecture)
    title = f"{_architecture(key)}, {name[:_LONGEST_NAME]}"
    known = _known()
    for other in [each for each, entry in known.items() if entry.title == title]:
        del known[other]  # another try with the same file
    known[key] = Entry(key, title, key.rpartition("@")[2], own_networks.UPLOADED, (), 0, True, len(data))
    return key


def read_facts(text: str) -> dict[str, str]:
    """What a visitor wrote about weights, as metadata of a .safetensors file.

    Args:
        text: names of the classes, one a line, lines without a name being left out; or the JSON of NAME.json, see
            `own_networks`.

    Raises:
        WeightsError: when it begins like JSON and is none.
    """
    if text.lstrip().startswith(("{", "[")):
        try:
            said = json.loads(text)
            json.dumps(said, ensure_ascii=False).encode()  # "\ud800" is JSON, but no text that can be shown
        except (ValueError, RecursionError) as error:
            raise WeightsError(_NO_JSON) from error
        if isinstance(said, list):
            said = {"classes": said}
        return {str(name): each if isinstance(each, str) else json.dumps(each) for name, each in said.items()}
    names = [name for line in text.splitlines() if (name := line.strip()[:LONGEST])][:MOST_CLASSES]
    return {"classes": json.dumps(names)} if names else {}


def _architecture(key: str) -> str:
    name = key.rpartition("@")[2]
    known = name in zoo.names() or name in TITLES
    return torchvision_models.title(name) if known else name


def _known() -> dict[str, Entry]:
    found: dict[str, Entry] = st.session_state.setdefault(_UPLOADS, {})
    return found
