"""Choosing the network that looks at the picture, and fetching its weights where they are not here yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.networks import catalogue, random_networks, torchvision_models
from cnnviz.networks.catalogue import Entry
from cnnviz.training import run_networks
from pages.common.language import _, escaped, sentence
from pages.common.maps_fetch import fetch_offer
from pages.common.maps_settings import NETWORK
from pages.common.maps_uploads import upload_title, uploads
from pages.common.percent import percent
from pages.common.settings import Settings, bound

__all__ = ["network_controls", "network_title", "others_offered", "source_of", "source_title", "stays_with"]

_SHOWN = 28  # letters that the select box has room for
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
    title = entry.title if entry.right is None else f"{entry.title} ({percent(entry.right)})"
    if entry.source == "random":
        title = _("{title}, random weights").format(title=title)
    return title if entry.offline else _("{title} (to be fetched)").format(title=title)


def source_of(key: str) -> str:
    """The kind of a key of the catalogue."""
    prefix = key.partition(":")[0] if ":" in key else "shipped"
    return prefix if prefix in _SOURCES else "own"


def network_controls(settings: Settings) -> Callable[[], None]:
    """Draw the choice of the network; a change leaves the step where the other network has one of that name.

    Returns:
        What is to be called when everything else is drawn, see `fetch_offer`.
    """
    listed = (*catalogue.entries(), *run_networks.entries(), *uploads())
    known = {source: [each for each in listed if each.source == source] for source in _SOURCES}
    source = source_of(settings["model"])
    offered = [each for each in _SOURCES if known[each] or each == source]

    left = st.session_state.setdefault("maps/left networks", {"shipped": NETWORK})
    left[source] = settings["model"]

    def change_source(fresh: str) -> None:
        entries = sorted(known[fresh], key=lambda each: (each.key != left.get(fresh), not each.offline))
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
        width="stretch",
    )
    return _choice(settings, known[source])


def others_offered(settings: Settings) -> bool:
    """Offer networks that are here instead of one whose weights are not; False when they are, or nobody has them."""
    key = settings["model"]
    missing = next((each for each in torchvision_models.entries() if each.key == key and not each.offline), None)
    if missing is None:
        return False
    text = _(
        "The weights of {title} are not on this server yet. Fetch them in the sidebar ({size} MB), or look into a "
        "network that is here."
    )
    st.info(text.format(title=missing.title, size=f"{missing.bytes / 1e6:.0f}"), icon=":material/cloud_download:")
    untrained = [each for each in random_networks.entries() if each.architecture == missing.architecture]
    with st.container(horizontal=True):
        for other, title in [
            *((each.key, network_title(each)) for each in untrained),
            (NETWORK, _("A network of ours, trained on CIFAR-10")),
        ]:
            st.button(title, key=f"maps/instead {other}", on_click=_choose, args=(settings, other))
    return True


def _choice(settings: Settings, entries: Sequence[Entry]) -> Callable[[], None]:
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
    if entry is not None:
        st.caption(_about(entry, titles[entry.key]))
        if entry.note is not None:
            st.caption(sentence(entry.note))
    return fetch_offer(entry)


def _about(entry: Entry, title: str) -> str:
    """What is known of a network; the select box above cuts a long title, so that it is said in full."""
    words = [escaped(title)] if len(title) > _SHOWN else []
    if entry.shape:
        channels, rows, columns = entry.shape
        colours = _("grey") if channels == 1 else _("colour")
        words.append(_("{rows}×{columns}, {colours}").format(rows=rows, columns=columns, colours=colours))
    if entry.classes:
        words.append(_("{count} classes").format(count=f"{entry.classes:,}"))
    if entry.right is not None:
        words.append(_("{share} of the test pictures right").format(share=percent(entry.right)))
    if entry.bytes:
        words.append(f"{entry.bytes / 1e6:.1f} MB")
    return " · ".join(words)


def _choose(settings: Settings, key: str) -> None:
    settings["model"] = key
    settings["off"] = ""  # names channels of the other network


def stays_with(settings: Settings, maps: Mapping[str, NDArray[np.float32]]) -> None:
    """Leave a step that this network does not have, and take the last channel for one beyond it."""
    step = settings["step"]
    if step not in maps:
        settings["step"], settings["channel"], settings["at"] = "", -1, None
    elif settings["channel"] >= len(maps[step]):
        settings["channel"] = len(maps[step]) - 1
