"""Fetching published weights: a thread of the server does it, every visitor sees how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.catalogue import Entry
from pages.common.language import _, sentence

__all__ = ["fetch_offer"]


_STEP = 0.5  # seconds between two looks at a download


@dataclass
class _Fetch:
    """A download under way, or how it ended."""

    here: int = 0
    total: int = 0
    wanted: bool = True
    done: bool = False
    error: CnnvizError | None = None

    def progress(self, here: int, total: int) -> bool:
        """Take note; False stops the download."""
        self.here, self.total = here, total
        return self.wanted


@st.cache_resource(show_spinner=False)
def _fetches() -> dict[str, _Fetch]:
    """Key of a network -> its download; shared by all visitors."""
    return {}


def fetch_offer(entry: Entry | None) -> Callable[[], None]:
    """Offer to fetch the weights of a network, unless they are on this machine, or show how far that is.

    Returns:
        What follows a download to its end, to be called when everything else is drawn: it keeps the run until then.
    """
    if entry is None or entry.offline:
        return _nothing
    under_way = _fetches().get(entry.key)
    if under_way is not None and not under_way.done:
        return _watch(under_way)
    if under_way is not None and under_way.error is not None:
        st.error(sentence(under_way.error), icon=":material/cloud_off:")
    label = _("Fetch the weights ({size} MB)").format(size=f"{entry.bytes / 1e6:.0f}")
    st.button(label, key="maps/fetch", on_click=_start, args=(entry.key,), icon=":material/download:")
    return _nothing


def _start(key: str) -> None:
    known = _fetches().get(key)
    if known is not None and not known.done:  # another visitor was faster
        return
    fetch = _fetches()[key] = _Fetch()
    threading.Thread(target=_run, args=(key, fetch), daemon=True).start()


def _run(key: str, fetch: _Fetch) -> None:
    from cnnviz.networks import downloads, torchvision_models

    try:
        downloads.download(torchvision_models.record_of(key.partition(":")[2]), fetch.progress)
    except CnnvizError as error:
        fetch.error = error
    finally:
        fetch.done = True


def _nothing() -> None:
    """There is no download to follow."""


def _watch(fetch: _Fetch) -> Callable[[], None]:
    bar = st.progress(*_how_far(fetch))

    def follow() -> None:
        while not fetch.done:
            time.sleep(_STEP)
            bar.progress(*_how_far(fetch))
        st.rerun()

    st.button(_("Stop"), key="maps/fetch stop", on_click=setattr, args=(fetch, "wanted", False))
    return follow


def _how_far(fetch: _Fetch) -> tuple[float, str]:
    """A share, 0–1, and the same in words."""
    share = fetch.here / fetch.total if fetch.total else 0.0
    words = _("{here} of {total} MB").format(here=f"{fetch.here / 1e6:.1f}", total=f"{fetch.total / 1e6:.0f}")
    return min(share, 1.0), words
