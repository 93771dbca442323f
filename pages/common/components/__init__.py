"""The parts of a page that live in the browser: plain JavaScript without a build step, a folder each.

Python sends one message of bytes (`pack`), JavaScript reads it with `unpack` (unpack.js); no base64 and no
second copy. A component's files are joined in the order given, `main.js` last: it exports the function
that Streamlit calls whenever the data change.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.common.callbacks import to_the_end

__all__ = ["component", "pack"]

_FOLDER = Path(__file__).parent


def pack(header: dict[str, Any], *blobs: bytes) -> bytes:
    """Pack a JSON-ready header and binary blobs into one message for `unpack` in the browser."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}, separators=(",", ":")).encode()
    return b"".join([struct.pack("<I", len(text)), text, *blobs])


@functools.cache
def _source(folder: str, *names: str) -> str:
    return "\n".join((_FOLDER / folder / name).read_text(encoding="utf-8") for name in names)


def component(folder: str, *scripts: str) -> Callable[..., Any]:
    """Register the component in `folder`, made of `scripts` (paths relative to it) and its style.css.

    Registering belongs to the running server, not to the process: a test may start several, so it happens at
    each call and costs a dictionary entry.
    """
    style = _source(folder, "style.css") if (_FOLDER / folder / "style.css").exists() else None
    draw = st.components.v2.component(f"cnnviz_{folder}", js=_source(folder, *scripts), css=style)

    def drawn(**options: Any) -> Any:
        safe: dict[str, Any] = {
            name: to_the_end(each) if name.startswith("on_") else each for name, each in options.items()
        }
        return draw(**safe)

    return drawn
