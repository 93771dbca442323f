"""Choosing a picture: sample, test pattern, upload or camera, with noise on top if wanted.

Every page that works on a picture has the settings of `picture_settings`; the visitor's own picture belongs to
the session, so that it follows from page to page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cnnviz import images
from cnnviz.errors import ImageError
from cnnviz.images import Image, noise, patterns, samples, source
from cnnviz.images.source import Noise, Source
from cnnviz.parameters import Parameter
from pages.common.language import _, escaped, sentence
from pages.common.settings import Setting, Settings, bound, widget_key

__all__ = [
    "Pictures",
    "known_image",
    "own_image",
    "own_picture",
    "parameter_control",
    "picture_controls",
    "picture_settings",
    "pictures",
]

_OWN = "picture/own"  # session: the visitor's last good picture
_SEEN = "picture/seen"  # session: ids of the files already read
_ERROR = "picture/error"
_KINDS = ("sample", "pattern", source.UPLOAD, "camera")


def picture_settings(default: str = "coffee") -> tuple[Setting, Setting]:
    """The settings "picture" and "noise"."""
    return (
        Setting("picture", Source(default), source.write, source.read),
        Setting("noise", None, source.write_noise, source.read_noise),
    )


@dataclass(frozen=True, eq=False)
class Pictures:
    """The picture that is worked on, the same without noise (the same object when there is none), and its origin."""

    shown: Image
    clean: Image
    source: Source


@st.cache_resource(max_entries=8, show_spinner=False)  # up to 50 MB each
def known_image(text: str) -> Image:
    """A sample or a test pattern, as it stands in an address; loaded once for everybody."""
    return source.read(text).load()


@st.cache_resource(max_entries=4, show_spinner=False)
def _disturb(digest: str, chosen: Noise, is_photo: bool, _image: Image) -> Image:
    return chosen.add(_image)


def pictures(settings: Settings) -> Pictures:
    """The chosen picture; while there is no upload yet, the default sample stands in for it."""
    chosen: Source = settings["picture"]
    own = own_image()
    if chosen.kind == source.UPLOAD and own is None:
        chosen = settings.settings["picture"].default
    clean = own if chosen.kind == source.UPLOAD and own is not None else known_image(source.write(chosen))
    disturbance: Noise | None = settings["noise"]
    if disturbance is None:
        return Pictures(clean, clean, chosen)
    # The cache knows pixels, not visitors: name and notes are this visitor's own.
    disturbed = _disturb(clean.digest, disturbance, clean.is_photo, clean)
    return Pictures(replace(disturbed, name=clean.name, notes=clean.notes), clean, chosen)


def picture_controls(settings: Settings) -> None:
    """Draw the controls; what they say goes into the settings."""
    chosen: Source = settings["picture"]
    key = f"{settings.page}/picture kind"
    # The camera hands over an upload, so the two share the setting and only the control remembers which it was.
    shown = st.session_state.get(widget_key(key, map(_kind_name, _KINDS)))
    kind = "camera" if chosen.kind == source.UPLOAD and shown == "camera" else chosen.kind

    def change_kind(fresh: str) -> None:
        first = {"sample": samples.names()[0], "pattern": patterns.names()[0]}
        settings["picture"] = Source(first.get(fresh, source.UPLOAD))

    bound(
        key,
        kind,
        change_kind,
        st.segmented_control,
        _("Picture"),
        _KINDS,
        format_func=_kind_name,
        required=True,
        width="stretch",
    )
    if kind in ("sample", "pattern"):
        _registered(settings, kind)
    else:
        own_picture(kind)
    _noise_controls(settings)


def _kind_name(kind: str) -> str:
    names = {"sample": _("Sample"), "pattern": _("Pattern"), source.UPLOAD: _("Upload"), "camera": _("Camera")}
    return names[kind]


def _registered(settings: Settings, kind: str) -> None:
    chosen: Source = settings["picture"]
    registry: Any = samples if kind == "sample" else patterns

    def change(key: str) -> None:
        settings["picture"] = Source(key)

    bound(
        f"{settings.page}/{kind}",
        chosen.key,
        change,
        st.selectbox,
        _kind_name(kind),
        registry.names(),
        format_func=lambda name: _(registry.get(name).title),
        label_visibility="collapsed",
    )
    record = registry.get(chosen.key)
    st.caption(_(record.good_for))
    if kind == "sample":
        st.caption(f"{record.credit} · {record.licence}")
    values = dict(chosen.values)
    for parameter in source.parameters(chosen.key):
        key = f"{settings.page}/{chosen.key}/{parameter.name}"
        parameter_control(key, parameter, values[parameter.name], _storing(settings, parameter.name))


def _storing(settings: Settings, name: str) -> Callable[[float], None]:
    def store(value: float) -> None:
        chosen: Source = settings["picture"]
        settings["picture"] = Source(chosen.key, tuple({**dict(chosen.values), name: value}.items()))

    return store


def parameter_control(key: str, parameter: Parameter, value: float, store: Callable[[float], None]) -> None:
    """A slider for a parameter of the backend, with its unit and range."""
    number: type[float] | type[int] = int if parameter.integer else float
    unit = f" ({_(parameter.unit)})" if parameter.unit else ""
    decimals = len(f"{parameter.step:.10f}".rstrip("0").split(".")[1])
    bound(
        key,
        number(value),
        store,
        st.slider,
        _(parameter.title) + unit,
        number(parameter.minimum),
        number(parameter.maximum),
        step=number(parameter.step),
        format="%d" if parameter.integer else f"%.{decimals}f",
    )


def own_image() -> Image | None:
    """The visitor's last good picture, uploaded or taken on any page; None while there is none."""
    found: Image | None = st.session_state.get(_OWN)
    return found


def own_picture(kind: str = source.UPLOAD) -> None:
    """Draw the upload, or the camera, and what became of the file: `own_image` is its picture from then on.

    A file is read before the page runs again: most pages show their result first and their controls afterwards.
    """
    key = f"picture/{kind}"
    if kind == "camera":
        title = _("Take a picture")
        st.camera_input(title, key=key, label_visibility="collapsed", on_change=_take, args=(key,))
    else:
        st.file_uploader(
            _("Your picture"),
            key=key,
            label_visibility="collapsed",
            on_change=_take,
            args=(key,),
            help=_(
                "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC, up to 20 MB and 40 megapixels. "
                "It stays in this server's memory, at most for some hours, and is never written to a disk."
            ),
        )
    if _is_new(key):  # the answer was lost, because the next one came while it was handed over
        _take(key)
        st.rerun()
    if error := st.session_state.get(_ERROR):
        st.error(sentence(error) + " " + _("The picture from before stays."), icon=":material/broken_image:")
    own = own_image()
    if own is None:
        st.caption(_("Until there is a picture of yours, the sample is shown."))
        return
    rows, columns = own.size
    text = _("{name}: {columns} × {rows} pixels (width × height)")
    st.caption(text.format(name=escaped(own.name), columns=columns, rows=rows))
    for note in own.notes:
        st.caption(sentence(note))


def _is_new(key: str) -> bool:
    """Whether a control holds a file that was not read yet."""
    file = st.session_state.get(key)
    return file is not None and file.file_id != st.session_state.get(_SEEN)


def _take(key: str) -> None:
    """Read the file that a control holds, unless that was done."""
    if _is_new(key):
        file = st.session_state[key]
        st.session_state[_SEEN] = file.file_id
        _read(file.getvalue(), _("Camera picture") if key == "picture/camera" else file.name)


def _read(data: bytes, name: str) -> None:
    """Read the visitor's file; when it is no good, say why and keep the picture from before."""
    st.session_state.pop(_ERROR, None)
    try:
        st.session_state[_OWN] = images.read(data, name)
    except ImageError as error:
        st.session_state[_ERROR] = error


def _noise_controls(settings: Settings) -> None:
    now: Noise | None = settings["noise"]

    def change(kind: str) -> None:
        settings["noise"] = None if kind == "none" else Noise(kind, noise.get(kind).parameter.default)

    bound(
        f"{settings.page}/noise kind",
        now.kind if now else "none",
        change,
        st.selectbox,
        _("Noise on top"),
        ("none", *noise.names()),
        format_func=lambda name: _("None") if name == "none" else _(noise.get(name).title),
    )
    if now is None:
        return

    def amount(value: float) -> None:
        settings["noise"] = replace(settings["noise"] or now, amount=value)

    parameter_control(f"{settings.page}/noise/{now.kind}", noise.get(now.kind).parameter, now.amount, amount)
    st.caption(_(noise.get(now.kind).good_for))
