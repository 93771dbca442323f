"""Choosing the network that looks at the picture, and fetching its weights where they are not here yet."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.networks import catalogue
from cnnviz.networks.catalogue import Entry
from cnnviz.training import run_networks
from pages.common.language import _, sentence
from pages.common.maps_fetch import fetch_offer
from pages.common.maps_uploads import upload_title, uploads
from pages.common.settings import Settings, bound

__all__ = ["network_controls", "network_title", "source_of", "source_title", "stays_with"]

_SOURCES = ("shipped", "own", "run", "torchvision", "random", "upload")


def source_title(source: str) -> str:
    """How a kind of networks is called."""
    return {
        "shipped": _("Ours"),
        "own": _("The owner’s"),
        "run": _("Runs"),
        "torchvision": _("ImageNet"),
        "random": _("Random"),
        "upload": _("Uploaded"),
    }[source]


def network_title(entry: Entry) -> str:
    """How a network is called in lists; what is not on this machine is marked."""
    title = _("{title}, random weights").format(title=entry.title) if entry.source == "random" else entry.title
    return title if entry.offline else _("{title} (to be fetched)").format(title=title)


def source_of(key: str) -> str:
    """The kind of a key of the catalogue."""
    prefix = key.partition(":")[0] if ":" in key else "shipped"
    return prefix if prefix in _SOURCES else "own"


def network_controls(settings: Settings) -> None:
    """Draw the choice of the network; a change leaves the step where the other network has one of that name."""
    listed = (*catalogue.entries(), *run_networks.entries(), *uploads())
    known = {source: [each for each in listed if each.source == source] for source in _SOURCES}
    source = source_of(settings["model"])
    offered = [each for each in _SOURCES if known[each] or each == source]

    def change_source(fresh: str) -> None:
        entries = sorted(known[fresh], key=lambda each: not each.offline)
        if entries:
            _choose(settings, entries[0].key)

    bound(
        f"{settings.page}/source",
        source,
        change_source,
        st.segmented_control,
        _("Network"),
        offered,
        format_func=source_title,
        required=True,
    )
    _choice(settings, known[source])


def _choice(settings: Settings, entries: Sequence[Entry]) -> None:
    titles = {each.key: network_title(each) for each in entries}
    model = settings["model"]
    titles.setdefault(model, upload_title(model) if source_of(model) == "upload" else model)
    bound(
        f"{settings.page}/model",
        settings["model"],
        lambda key: _choose(settings, key),
        st.selectbox,
        _("Network"),
        list(titles),
        format_func=lambda key: titles.get(key, key),
        label_visibility="collapsed",
    )
    entry = next((each for each in entries if each.key == settings["model"]), None)
    if entry is None:
        return
    st.caption(_about(entry))
    if entry.note is not None:
        st.caption(sentence(entry.note))
    if not entry.offline:
        fetch_offer(entry)


def _about(entry: Entry) -> str:
    words = []
    if entry.shape:
        channels, rows, columns = entry.shape
        colours = _("grey") if channels == 1 else _("colour")
        words.append(_("{rows}×{columns}, {colours}").format(rows=rows, columns=columns, colours=colours))
    if entry.classes:
        words.append(_("{count} classes").format(count=f"{entry.classes:,}"))
    if entry.bytes:
        words.append(f"{entry.bytes / 1e6:.1f} MB")
    return " · ".join(words)


def _choose(settings: Settings, key: str) -> None:
    settings["model"] = key
    settings["off"] = ""  # names channels of the other network


def stays_with(settings: Settings, steps: Sequence[str]) -> None:
    """Leave a step that this network does not have."""
    if settings["step"] not in steps:
        settings["step"], settings["channel"], settings["at"] = "", -1, None
