"""A pad to draw on, with mouse, finger, pen or keys: what Python sends to the browser component and gets from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.figures import encode
from cnnviz.training.drawing import Stroke, ink, read_strokes
from pages.common.components import component, pack
from pages.common.language import _, current

__all__ = ["drawing_pad", "live_pad", "mount", "pad_labels", "png_of", "strokes_record"]

_SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "ink.js",
    "centring.js",
    "network.js",
    "strokes.js",
    "pad.js",
    "shifts.js",
    "maps.js",
    "answer.js",
    "lab.js",
    "main.js",
)


def drawing_pad(key: str, keep: str = "") -> bytes | None:
    """Draw an empty pad with a button that hands the drawing over and clears the pad for the next one.

    Args:
        key: of the component.
        keep: what the button says, translated; "Keep" when left out.

    Returns:
        In the run after the button was pressed, the drawing as PNG: grey, 280×280, white on black; else None.
    """
    header = {"mode": "keep", "key": key, "labels": {**pad_labels(), "keep": keep or _("Keep")}}
    result = mount(key, pack(header), on_kept_change=_nothing)
    try:
        strokes = read_strokes(result.kept) if result.kept is not None else ()
    except ParameterError:  # not from our pad
        return None
    return png_of(strokes) if strokes else None


def live_pad(
    key: str, pick: int, strokes: Sequence[Stroke] | None, asks: bool, on_drawn: Callable[[tuple[Stroke, ...]], None]
) -> None:
    """Draw a pad that tells every finished line.

    Args:
        key: of the component.
        pick: number of what the page has put on the pad; a larger one than before replaces the drawing.
        strokes: what to put there; None leaves what is on it.
        asks: whether a drawing that the browser remembers is to be told, because the page does not know it any more.
        on_drawn: gets all strokes, before the page runs again; none when the pad was cleared.
    """

    def drawn() -> None:
        try:
            on_drawn(read_strokes(st.session_state[key].get("drawn")))
        except ParameterError:  # not from our pad
            return

    header = {"mode": "live", "key": key, "pick": pick, "asks": asks, "labels": pad_labels()}
    header["strokes"] = None if strokes is None else strokes_record(strokes)
    mount(key, pack(header), on_drawn_change=drawn)


def _nothing() -> None:
    """A trigger needs a function to call; what was drawn is read when the page runs."""


def mount(key: str, data: bytes, **callbacks: Callable[[], None]) -> Any:
    """Draw the component; Streamlit's result has what the browser reported."""
    return component("pad", *_SCRIPTS)(key=key, data=data, **callbacks)


def png_of(strokes: Sequence[Stroke]) -> bytes:
    """PNG of a drawing: grey, 280×280, white on black."""
    return encode.png(np.rint(255 * ink(strokes)).astype(np.uint8))


def strokes_record(strokes: Sequence[Stroke]) -> list[Mapping[str, Any]]:
    """Strokes as the browser has them; `cnnviz.training.drawing.read_strokes` reads it back."""
    return [
        {"points": [round(number, 1) for point in each.points for number in point], "width": each.width}
        for each in strokes
    ]


def pad_labels() -> dict[str, str]:
    """The words of the pad."""
    return {
        "language": current(),
        "pad": _("Drawing pad. Arrow keys move the pen, the space bar sets it down and lifts it, Backspace undoes."),
        "tools": _("Tools of the pad"),
        "undo": _("Undo"),
        "clear": _("Clear"),
        "brush": _("Brush"),
        "save": _("Save the drawing as PNG"),
        "full": _("The pad is full: undo or clear something."),
    }
