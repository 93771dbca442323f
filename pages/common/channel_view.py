"""One channel of a network: what Python sends to the browser component of that name.

The numbers travel once, through the page's store of blobs; a pinned place changes only a small message. What follows
the pointer is computed in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution.receptive_field import Field
from cnnviz.figures import colours, encode
from cnnviz.networks.explained import Explanation
from cnnviz.networks.top_places import top_places
from pages.common.channel_packing import packed
from pages.common.channel_words import channel_labels, sentence
from pages.common.components import component, pack

__all__ = ["TOP", "channel_view", "placement", "read_place"]

TOP = 6  # most active places that are shown

_EXACT_SIDE = 128  # pixels: smaller pictures are sent exactly
_SCRIPTS = (
    *("../unpack.js", "../colours.js", "../viewer/lens.js", "../level.js"),
    *("arithmetic.js", "paint.js", "stage.js", "histogram.js", "steps.js", "cards.js", "numbers.js", "main.js"),
)


def channel_view(
    key: str,
    explanation: Explanation,
    seen: NDArray[np.float32] | None = None,
    *,
    at: tuple[int, int] | None = None,
    on_at: Callable[[tuple[int, int] | None], None] = lambda _: None,
    on_up: Callable[[], None] = lambda: None,
) -> None:
    """Draw the channel and how it was computed.

    Args:
        key: of the component.
        explanation: of the channel; keep it between runs: it is packed once.
        seen: the picture as the network saw it, before it was normalised: (H, W, 3) or (H, W, 1), 0 … 1.
        at: the pinned place, (row, column) from 0; None where none is.
        on_at: gets the place that was pinned, or None when it was let go, before the page runs again.
        on_up: called when Escape was pressed with no place pinned: the visitor wants to go back to the layer.
    """
    name, numbers = packed(explanation)
    component("blob_store", "../unpack.js", "main.js")(key=f"{key}/numbers", data=pack({"keys": [name]}, numbers))
    mount = f"{key}/view"

    def pinned() -> None:
        value = st.session_state[mount].get("at")
        if value is not None:
            on_at(read_place(value, explanation.size))

    component("channel_view", *_SCRIPTS)(
        key=mount,
        data=_message(name, explanation, seen, at),
        on_at_change=pinned,
        on_up_change=on_up,
    )


def read_place(value: Any, size: tuple[int, int]) -> tuple[int, int] | None:
    """A place from a browser, which may send anything: (row, column), or None where it is none of the map's."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    row, column = value
    if type(row) is not int or type(column) is not int or not (0 <= row < size[0] and 0 <= column < size[1]):
        return None
    return row, column


def placement(field: Field | None, size: tuple[int, int], picture: tuple[int, int]) -> dict[str, float]:
    """Where a map of `size` lies on a picture, in shares of the picture's sides: each unit on the middle of its field.

    Without a field the map covers the picture.
    """
    if field is None:
        return {"top": 0.0, "left": 0.0, "height": 1.0, "width": 1.0}
    rows, columns = field.rows, field.columns
    return {
        "top": (rows.start + 0.5 - rows.jump / 2) / picture[0],
        "left": (columns.start + 0.5 - columns.jump / 2) / picture[1],
        "height": size[0] * rows.jump / picture[0],
        "width": size[1] * columns.jump / picture[1],
    }


def _message(
    name: str, explanation: Explanation, seen: NDArray[np.float32] | None, at: tuple[int, int] | None
) -> bytes:
    data, mime = (b"", "") if seen is None else _picture(seen)
    size = explanation.size
    header = {
        "numbers": name,
        "mime": mime,
        "at": at if at is None else read_place(at, size),
        "places": _places(explanation),
        "field": None if explanation.field is None else asdict(explanation.field),
        "placement": None if seen is None else placement(explanation.field, size, (seen.shape[0], seen.shape[1])),
        "sentence": sentence(explanation),
        "labels": channel_labels(),
    }
    return pack(header, data, colours.diverging().tobytes(), colours.sequential().tobytes())


def _picture(seen: NDArray[np.float32]) -> tuple[bytes, str]:
    levels = np.rint(255 * seen.clip(0, 1)).astype(np.uint8)
    if levels.shape[2] == 1:
        levels = levels[:, :, 0]
    if max(levels.shape[:2]) <= _EXACT_SIDE:
        return encode.png(levels), "image/png"
    return encode.jpeg(levels), "image/jpeg"


def _places(explanation: Explanation) -> list[dict[str, Any]]:
    """The most active places; a single number is not one among others."""
    if explanation.map.size == 1:
        return []
    found = top_places(explanation.map, explanation.field, TOP)
    return [{"row": each.row, "column": each.column, "value": each.value} for each in found]
