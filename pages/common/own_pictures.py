"""Pictures of one's own: classes with a name, filled by uploads, the camera, the drawing pad, or a zip of folders.

The collection belongs to the session; it is written to the disk only when a network is to learn from it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image as PilImage

from cnnviz.errors import CnnvizError
from cnnviz.figures import encode
from cnnviz.training.own_pictures import (
    MOST_CLASSES,
    MOST_PICTURES,
    Collection,
    Picture,
    read_picture,
    read_zip,
)
from pages.common.callbacks import to_the_end
from pages.common.drawing_pad import drawing_pad
from pages.common.language import _, ngettext, sentence

__all__ = ["collect", "collected", "thumbnails"]

_KEPT = "transfer/collection"
_ERRORS = "transfer/refused"
_TURN = "transfer/turn"  # another number makes another uploader, which is empty
_CLASS = "transfer/class"
_NEW = "transfer/new class"
_SHOWN = 16  # thumbnails of a class
_SIDE = 36  # pixels of a thumbnail

_STYLE = """<style>
.own-pictures { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; }
.own-pictures div { display: flex; flex-wrap: wrap; gap: 2px; align-items: center; }
.own-pictures b { margin-right: 0.3rem; } .own-pictures img { width: 36px; height: 36px; }
</style>"""


def collected() -> Collection:
    """What the visitor has collected."""
    found: Collection = st.session_state.setdefault(_KEPT, Collection())
    return found


def collect() -> None:
    """Draw what pictures are collected with, and the pictures."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _class_controls()
    with right:
        _sources()
    for error in st.session_state.pop(_ERRORS, []):
        st.error(sentence(error), icon=":material/broken_image:")
    thumbnails(collected())
    st.caption(
        _(
            "Up to {classes} classes and {pictures} pictures. Each is cropped to a square of 64 × 64 pixels. They stay "
            "in this server's memory, and are written to its disk when a network learns from them."
        ).format(classes=MOST_CLASSES, pictures=MOST_PICTURES)
    )


def _class_controls() -> None:
    names = list(collected().classes)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(_("New class"), key=_NEW, max_chars=24, placeholder=_("e.g. cat"))
        st.button(_("Add"), icon=":material/add:", key="transfer/add class", on_click=_open_class)
    if not names:
        st.caption(_("Name two classes or more, then give each of them pictures."))
        return
    if st.session_state.get(_CLASS) not in names:
        st.session_state[_CLASS] = names[-1]
    st.pills(_("Pictures go to"), names, key=_CLASS, format_func=_with_count, required=True)
    with st.container(horizontal=True, gap="small"):
        st.button(_("Remove last picture"), icon=":material/undo:", key="transfer/undo", on_click=_remove_last)
        st.button(_("Remove class"), icon=":material/delete:", key="transfer/remove", on_click=_remove_class)


def _with_count(name: str) -> str:
    return f"{name} · {len(collected().classes.get(name, ()))}"


def _sources() -> None:
    titles = {"upload": _("Upload"), "camera": _("Camera"), "draw": _("Draw"), "zip": _("Zip")}
    kind = st.segmented_control(
        _("From"), list(titles), format_func=titles.__getitem__, default="upload", required=True, key="transfer/source"
    )
    key = f"transfer/{kind} {st.session_state.setdefault(_TURN, 0)}"
    if kind == "zip":
        help_text = _("A zip with a folder for each class; it replaces what is here.")
        st.file_uploader(_("Zip of class folders"), "zip", key=key, help=help_text, on_change=_take_zip, args=(key,))
    elif not collected().classes:
        st.caption(_("Add a class first."))
    elif kind == "draw":
        if (drawn := drawing_pad("transfer/pad", _("Add to the class"))) is not None:
            _change(lambda kept: kept.add(st.session_state[_CLASS], [read_picture(drawn, _("Drawing"))]))
    elif kind == "camera":
        st.camera_input(_("Take a picture"), key=key, on_change=_take_pictures, args=(key,))
    else:
        st.file_uploader(
            _("Several pictures at once"), accept_multiple_files=True, key=key, on_change=_take_pictures, args=(key,)
        )


def _change(change: Callable[[Collection], Collection]) -> None:
    """Change the collection, or remember why that is not possible."""
    try:
        st.session_state[_KEPT] = change(collected())
    except CnnvizError as error:
        st.session_state.setdefault(_ERRORS, []).append(error)


@to_the_end
def _open_class() -> None:
    before = collected()
    _change(lambda kept: kept.named(st.session_state[_NEW]))
    if collected() is not before:
        st.session_state[_CLASS] = list(collected().classes)[-1]
        st.session_state[_NEW] = ""


@to_the_end
def _remove_last() -> None:
    _change(lambda kept: kept.without_last(st.session_state[_CLASS]))


@to_the_end
def _remove_class() -> None:
    _change(lambda kept: kept.without_class(st.session_state[_CLASS]))


def _with_picture(file: Any, kept: Collection) -> Collection:
    return kept.add(st.session_state[_CLASS], [read_picture(file.getvalue(), file.name)])


@to_the_end
def _take_pictures(key: str) -> None:
    """Take what came, each by itself: one that is no good keeps none of the others away."""
    came = st.session_state.get(key)
    files = came if isinstance(came, list) else [came] if came else []
    for file in files[: MOST_PICTURES + 1]:
        _change(partial(_with_picture, file))
    st.session_state[_TURN] += 1


@to_the_end
def _take_zip(key: str) -> None:
    file = st.session_state.get(key)
    if file is not None:
        _change(lambda _kept: read_zip(file.getvalue(), file.name))
        st.session_state[_TURN] += 1


# ---- what is there


def thumbnails(collection: Collection) -> None:
    """Draw the first pictures of each class that are learned from, and how many there are of each kind."""
    learn, test = collection.parts()
    parts = [_row(name, learn[name], len(test[name])) for name in collection.classes]
    if parts:
        st.html(f'{_STYLE}<div class="own-pictures">{"".join(parts)}</div>')


def _row(name: str, learn: Sequence[Picture], test: int) -> str:
    shown = "".join(f'<img src="{_address(each.levels)}" alt="">' for each in learn[:_SHOWN])
    counted = ngettext("{count} to learn from", "{count} to learn from", len(learn)).format(count=len(learn))
    tested = ngettext("{count} for the test", "{count} for the test", test).format(count=test)
    return f"<div><b>{escape(name)}</b>{shown}<small>&nbsp;{counted}, {tested}</small></div>"


def _address(levels: np.ndarray) -> str:
    small = PilImage.fromarray(levels).resize((_SIDE, _SIDE), PilImage.Resampling.BILINEAR)
    return f"data:image/jpeg;base64,{base64.b64encode(encode.jpeg(np.asarray(small))).decode()}"
