"""What a stride does to a picture's frequencies, with a blur before it and without, and what shifts do to pooling."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from cnnviz import snippets
from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency import sampling, shifts
from cnnviz.convolution.frequency.sampling import Subsampled
from cnnviz.convolution.frequency.shifts import POOLINGS, Pooling
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.figures import encode
from cnnviz.figures.display import display
from cnnviz.figures.spectra import LogLevels, log_levels, reduced
from pages.common.files import File, download_row, npy_bytes
from pages.common.frame import guarded
from pages.common.frequency_events import on_event
from pages.common.frequency_source import SpectralSource, send_source, spectral_source
from pages.common.language import _
from pages.common.percent import percent
from pages.common.pictures import Pictures
from pages.common.settings import Settings
from pages.common.spectra import Message, spectra
from pages.common.take_away import page_link

__all__ = ["sampling_mode"]


@dataclass(frozen=True, eq=False)
class _Sampled:
    """A picture subsampled without and with a blur, and the spectrum after the blur."""

    plain: Subsampled
    blurred: Subsampled
    levels: LogLevels


def sampling_mode(settings: Settings, chosen: Pictures) -> None:
    """Draw the mode."""
    source = spectral_source(chosen.shown.digest, "none", None, chosen.shown)
    send_source(source)
    _sampling(settings, chosen, source)


@st.fragment
@guarded
def _sampling(settings: Settings, chosen: Pictures, source: SpectralSource) -> None:
    settings.publish()
    stride, blur = settings["stride"], settings["blur"]
    found = _sampled(chosen.shown.digest, stride, blur, source)
    spectra("frequency/panels", _message(settings, source, found), on_event(settings))
    with st.sidebar:
        _controls(settings)
    _told(settings, found)
    _consistency(chosen.shown.digest, stride, source)
    _take_away(settings, chosen, found)


def _controls(settings: Settings) -> None:
    settings.control("stride", st.slider, _("Stride: every s-th pixel is kept"), 2, 8)
    blurs = {key: _(title) for key, title in sampling.BLURS.items() if key != "none"}
    settings.control("blur", st.selectbox, _("Blur before the stride"), list(blurs), format_func=blurs.__getitem__)


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # 9 MB for a megapixel
def _sampled(digest: str, stride: int, blur: str, _source: SpectralSource) -> _Sampled:
    plain, blurred = (sampling.subsample(_source.pixels, stride, each) for each in ("none", blur))
    power = reduced(transform(blurred.blurred).magnitude ** 2)
    return _Sampled(plain, blurred, log_levels(power, _source.levels.high))


def _message(settings: Settings, source: SpectralSource, found: _Sampled) -> Message:
    message = Message(scale=settings["scale"], probe=settings["probe"], stride=settings["stride"])
    key, size = source.key, source.size
    axes = _("f column →, f row ↓")
    message.kept_picture("picture", _("Picture"), f"{key} picture", size, f"{size[0]} × {size[1]}")
    message.kept_spectrum("spectrum", _("Its spectrum"), f"{key} spectrum", source.levels, zones=True, note=axes)
    _kept(message, "plain", found.plain)
    message.picture("blurred", _("Blurred first"), display(found.blurred.blurred, "clip").rgb)
    message.spectrum("blurred_spectrum", _("What the blur leaves"), found.levels, zones=True)
    _kept(message, "sampled", found.blurred)
    return message


def _kept(message: Message, name: str, found: Subsampled) -> None:
    rows, columns = found.pixels.shape
    message.picture(name, _("Pixels kept"), display(found.pixels, "clip").rgb, f"{rows} × {columns}", sign="→")


def _told(settings: Settings, found: _Sampled) -> None:
    limit = 0.5 / settings["stride"]
    text = _(
        "After stride {stride} only frequencies up to {limit:.4g} cycles per pixel can be told apart (white frame). "
        "Beyond it lie {before} of the picture’s energy (without its mean): they fold back in as waves that are "
        "not there. After the blur {after} of the energy is left there to fold."
    )
    before, after = percent(found.plain.aliased_before), percent(found.blurred.aliased_after, 2)
    st.markdown(text.format(stride=settings["stride"], limit=limit, before=before, after=after))


def _consistency(digest: str, stride: int, source: SpectralSource) -> None:
    """How far each kind of pooling follows a shift by one pixel."""
    with st.expander(
        _("Shift by one pixel: does the pooled picture move along?"), key="frequency/shift", on_change="rerun"
    ) as drawer:
        if not drawer.open:
            return
        head = (_("Pooling"), _("Shift consistency"))
        rows = [(_(POOLINGS[kind]), f"{value:.3f}") for kind, value in _shifted(digest, stride, source)]
        st.table(pd.DataFrame(rows, columns=list(head)).set_index(head[0]))
        st.caption(
            _(
                "The pooled picture, moved along by a fraction of an output pixel, against the pooled moved picture: 1 "
                "when they are equal, 0 when they have nothing in common. Zhang, Making Convolutional Networks "
                "Shift-Invariant Again, 2019."
            )
        )


@st.cache_data(max_entries=64, ttl="1h", show_spinner=False)
def _shifted(digest: str, stride: int, _source: SpectralSource) -> list[tuple[shifts.PoolingKind, float]]:
    return [
        (kind, shifts.shift_consistency(_source.pixels, Pooling(kind, (stride, stride)), (0, 1))) for kind in POOLINGS
    ]


def _take_away(settings: Settings, chosen: Pictures, found: _Sampled) -> None:
    with st.expander(_("Take away"), key="frequency/stride files", on_change="rerun") as drawer:
        if not drawer.open:
            return
        stem = f"{chosen.shown.name.rsplit('.', 1)[0]}-stride-{settings['stride']}"
        plain, blurred = found.plain.pixels, found.blurred.pixels
        download_row(
            [
                File(_("Pixels kept (PNG)"), f"{stem}.png", lambda: _png(plain)),
                File(_("Pixels kept (NPY)"), f"{stem}.npy", lambda: npy_bytes(plain)),
                File(_("After the blur (PNG)"), f"{stem}-blurred.png", lambda: _png(blurred)),
                File(_("After the blur (NPY)"), f"{stem}-blurred.npy", lambda: npy_bytes(blurred)),
            ]
        )
        st.code(snippets.subsample_program(found.blurred.weights, settings["stride"]), language="python")
        page_link(settings, chosen)


def _png(values: Picture) -> bytes:
    return encode.png(display(values, "clip").rgb, level=6)
