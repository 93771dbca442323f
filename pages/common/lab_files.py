"""Files of the lab in Streamlit's media storage: each stays for some seconds after it was replaced.

A browser asks for a file a moment after it was told its address. Meanwhile the next run of the page may have offered
others in its place, and Streamlit deletes what no run of the page has offered.
"""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.runtime import get_instance

__all__ = ["KEPT", "Files"]

KEPT = 15.0
"""Seconds that a replaced file is offered on."""

_MIME = "application/octet-stream"


class Files:
    """The files of one run of the page: `offer` each, then `close`.

    Args:
        key: of the component that they belong to.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._kept: dict[str, Any] = st.session_state.setdefault(f"{key}/files", {"offered": {}, "late": []})
        self._fresh: dict[str, bytes] = {}

    def offer(self, name: str, data: bytes) -> str:
        """Keep bytes under a name of their place, and return their address."""
        self._fresh[name] = data
        return self._add(name, data)

    def close(self) -> None:
        """Offer on what has been replaced just now."""
        now = time.monotonic()
        replaced = [data for name, data in self._kept["offered"].items() if self._fresh.get(name) != data]
        late = [(data, since) for data, since in self._kept["late"] if now - since < KEPT]
        self._kept["late"] = [*late, *((data, now) for data in replaced)]
        self._kept["offered"] = self._fresh
        for number, (data, _since) in enumerate(self._kept["late"]):
            self._add(f"late {number}", data)

    def _add(self, name: str, data: bytes) -> str:
        return get_instance().media_file_mgr.add(data, _MIME, f"{self._key}/{name}")
