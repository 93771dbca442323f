"""A drawing instead of a picture: for networks that read digits and other grey pictures."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from cnnviz.images import Image
from cnnviz.networks import catalogue
from cnnviz.training.drawing import EXAMPLES, PAD, Stroke, as_drawn, centred, frame_of, ink
from pages.common.drawing_pad import live_pad
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.settings import Setting, Settings, bound, choice

__all__ = ["INPUT_SETTINGS", "drawing_controls", "drawing_input", "is_drawn"]

_NONE, _OWN = "", "own"
_KEY = "maps/pad"
_STROKES, _PICK = "maps/strokes", "maps/pick"  # session: the visitor's drawing; how often the page filled the pad
_FIRST = "3"

INPUT_SETTINGS: tuple[Setting, ...] = (
    choice("draw", _NONE, (_NONE, _OWN, *EXAMPLES)),
    choice("draw_way", "centred", ("centred", "drawn")),
)
"""draw: a digit that lies ready, "own" for the visitor's drawing, "" for the chosen picture."""


def is_drawn(settings: Settings) -> bool:
    """Whether the visitor's own drawing is looked at."""
    return settings["draw"] == _OWN


def drawing_input(settings: Settings) -> Image | None:
    """The drawing that the network is to look at; None when it is to look at the chosen picture.

    Returns:
        White on black, all black when nothing is drawn; centred as MNIST's digits are, if so chosen, at the size that
        the network takes where that is known beforehand.
    """
    drawn = settings["draw"]
    if drawn == _NONE:
        return None
    strokes = _own() if drawn == _OWN else EXAMPLES[drawn]
    return _image(strokes, settings["draw_way"], _side(settings["model"]))


def drawing_controls(settings: Settings, looked: Looked | None) -> None:
    """Draw the pad, where the network takes one channel or a drawing is looked at already; nothing elsewhere.

    Args:
        settings: the page has `INPUT_SETTINGS`.
        looked: what is shown; None while there is nothing.
    """
    grey = looked is not None and looked.about.preparation.shape[0] == 1
    if not grey and settings["draw"] == _NONE:
        return

    def switch(on: bool) -> None:
        _put(settings, (_OWN if _own() else _FIRST) if on else _NONE)

    bound(f"{settings.page}/draws", settings["draw"] != _NONE, switch, st.toggle, _("Draw instead"))
    if settings["draw"] != _NONE:
        _pad(settings)


def _pad(settings: Settings) -> None:
    def drew(strokes: tuple[Stroke, ...]) -> None:
        st.session_state[_STROKES] = strokes
        settings["draw"] = _OWN

    def pick(digit: str | None) -> None:
        if digit is not None:
            _put(settings, digit)

    drawn = settings["draw"]
    strokes = _own() or None if drawn == _OWN else EXAMPLES[drawn]
    live_pad(_KEY, st.session_state.get(_PICK, 0), strokes, drawn == _OWN and not strokes, drew)
    if strokes is None:
        st.caption(_("Nothing is drawn yet: the network sees black."))
    bound(
        f"{settings.page}/example",
        drawn if drawn in EXAMPLES else None,
        pick,
        st.segmented_control,
        _("Or take one:"),
        list(EXAMPLES),
    )
    ways = {"centred": _("centred"), "drawn": _("as drawn")}
    settings.control(
        "draw_way", st.segmented_control, _("What the network sees"), list(ways), format_func=lambda way: ways[way],
        required=True,
    )  # fmt: skip


def _put(settings: Settings, drawn: str) -> None:
    """Look at something else, and put it on the pad."""
    settings["draw"] = drawn
    st.session_state[_PICK] = st.session_state.get(_PICK, 0) + 1


def _own() -> tuple[Stroke, ...]:
    strokes: tuple[Stroke, ...] = st.session_state.get(_STROKES, ())
    return strokes


def _side(model: str) -> int:
    """Pixels of the side of the network's input; those of the pad where only its weights tell, or it is no square."""
    shape = next((each.shape for each in catalogue.entries() if each.key == model), ())
    return shape[1] if len(shape) == 3 and shape[1] == shape[2] else PAD


@lru_cache(maxsize=32)
def _image(strokes: tuple[Stroke, ...], way: str, side: int) -> Image:
    frame = frame_of("", min(side, PAD))
    values = (centred if way == "centred" else as_drawn)(ink(strokes), frame)
    return Image.from_array(values, "drawing.png", is_photo=False)
