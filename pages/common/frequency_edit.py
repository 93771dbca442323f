"""Editing a picture's spectrum by hand: brush, ring and wedge, and the picture that results."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency import editing, peaks
from cnnviz.convolution.frequency.editing import Edited, Mask, Region, Ring, Stroke, Wedge
from cnnviz.convolution.frequency.mask_text import read_mask, write_mask
from cnnviz.errors import CnnvizError
from cnnviz.figures import colours, encode
from cnnviz.figures.display import display, display_signed
from cnnviz.figures.spectra import GRID
from cnnviz.text import N_
from pages.common.frame import guarded
from pages.common.frequency_events import on_event
from pages.common.frequency_settings import MOST_STRENGTH
from pages.common.frequency_source import SpectralSource, Wave, send_source, spectral_source
from pages.common.language import _, ngettext, translate
from pages.common.pictures import Pictures
from pages.common.settings import Settings, bound
from pages.common.spectra import Filter, Message, spectra
from pages.common.take_away import page_link

__all__ = ["edit_mode"]

_REFUSED = "frequency/refused"  # session: why the last stroke was not taken
_NO_PEAKS = N_("No isolated peak was found: this spectrum holds no wave that stands out.")
_PEAK_RADIUS = 0.012
_BYTES = "application/octet-stream"
_POINTS = 60  # of a stroke that is kept: the address has to carry it


def edit_mode(settings: Settings, chosen: Pictures) -> None:
    """Draw the mode."""
    row, column = settings["wave"]
    wave = Wave(row, column, settings["strength"] / 100) if settings["strength"] else None
    with st.sidebar:
        _pattern_controls(settings)
    source = spectral_source(chosen.shown.digest, "none", wave, chosen.shown)
    send_source(source)
    _editing(settings, chosen, source)


def _pattern_controls(settings: Settings) -> None:
    """A periodic pattern to be removed again; it changes the picture, so it stands outside of the fragment."""
    settings.control("strength", st.slider, _("Wave laid over the picture (% of the range)"), 0, MOST_STRENGTH)
    if settings["strength"]:
        st.button(_("Its frequency: at the probe"), key="frequency/wave here", icon=":material/my_location:",
                  on_click=lambda: settings.__setitem__("wave", settings["probe"]))  # fmt: skip


@st.fragment
@guarded
def _editing(settings: Settings, chosen: Pictures, source: SpectralSource) -> None:
    settings.publish()
    try:
        found = _edited(source.key, write_mask(settings["mask"]), settings["keep"], source)
        spectra("frequency/editor", _message(settings, source, found), on_event(settings, _adding(settings)))
    except CnnvizError as error:
        st.error(translate(error), icon=":material/error:")
        found = None
    with st.sidebar:
        _mask_controls(settings, source)
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(translate(refused), icon=":material/brush:")
    if found is not None:
        _told(settings, found)
        _take_away(settings, chosen, found)


@st.cache_resource(max_entries=32, ttl="1h", show_spinner=False)
def _edited(key: str, mask: str, mode: str, _source: SpectralSource) -> Edited:
    return editing.edit(_source.pixels, read_mask(mask).selection(_source.size), mode)


def _message(settings: Settings, source: SpectralSource, found: Edited) -> Message:
    message = Message(probe=settings["probe"], brush=settings["brush"], filter=Filter(None, _gains(settings)))
    key, size = source.key, source.size
    message.kept_picture("picture", _("Picture"), f"{key} picture", size, f"{size[0]} × {size[1]}")
    message.kept_spectrum("spectrum", _("Paint on its spectrum"), f"{key} spectrum", source.levels, sign="→")
    message.picture("result", _("What remains"), display(found.pixels, "clip").rgb, sign="→")
    message.response("response", _("Gain of each frequency"))
    message.kept_spectrum("product", _("Spectrum that remains"), f"{key} spectrum", source.levels, times=True)
    removed = source.pixels - found.pixels
    shown = display_signed(removed, max(float(np.abs(removed).max()), 1e-6))
    bar = {"low": f"\u2212{shown.high:.2g}", "high": f"{shown.high:.2g}"}
    message.picture("removed", _("What was removed"), shown.rgb, palette=message.palette(colours.diverging()), **bar)
    return message


def _gains(settings: Settings) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    selection = settings["mask"].selection((GRID, GRID))
    gains = 1.0 - selection if settings["keep"] == "remove" else selection
    gains[GRID // 2, GRID // 2] = 1.0  # the mean is kept
    return gains


def _told(settings: Settings, found: Edited) -> None:
    text = _(
        "{removed:.2%} of the energy is gone (the mean is kept). f and −f are always treated alike, so the picture "
        "stays real: the largest imaginary part is {residue:.0e}."
    )
    count = len(settings["mask"].regions)
    regions = ngettext("{count} region.", "{count} regions.", count).format(count=count)
    st.caption(regions + " " + text.format(removed=found.removed, residue=found.residue))


def _take_away(settings: Settings, chosen: Pictures, found: Edited) -> None:
    with st.expander(_("Take away"), key="frequency/edit files", on_change="rerun") as drawer:
        if not drawer.open:
            return
        stem = f"{chosen.shown.name.rsplit('.', 1)[0]}-cnnviz"
        files = [
            (_("Edited picture (PNG)"), lambda: _png(found.pixels), f"{stem}.png", "image/png", "image"),
            (_("Edited picture (NPY)"), lambda: _npy(found.pixels), f"{stem}.npy", _BYTES, "data_array"),
        ]
        with st.container(horizontal=True):
            for title, make, name, mime, icon in files:
                st.download_button(title, make, name, mime, icon=f":material/{icon}:", on_click="ignore")
        page_link(settings, chosen)


def _png(values: Picture) -> bytes:
    return encode.png(display(values, "clip").rgb, level=6)


def _npy(values: Picture) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


# ---- changing the mask


def _adding(settings: Settings) -> Callable[[list[tuple[float, float]]], None]:
    """Store a stroke that the browser reports."""

    def add(points: list[tuple[float, float]]) -> None:
        step = -(-len(points) // _POINTS)
        kept = tuple(dict.fromkeys([*points[::step], points[-1]]))
        _try(settings, lambda mask: replace(mask, regions=(*mask.regions, Stroke(kept, settings["brush"]))))

    return add


def _try(settings: Settings, change: Callable[[Mask], Mask]) -> None:
    """Change the mask; when there would be too much in it, say so and leave it as it is."""
    try:
        settings["mask"] = change(settings["mask"])
    except CnnvizError as error:
        st.session_state[_REFUSED] = error


def _mask_controls(settings: Settings, source: SpectralSource) -> None:
    modes = {key: _(title) for key, title in editing.MODES.items()}
    settings.control("keep", st.selectbox, _("What to do"), list(modes), format_func=modes.__getitem__)
    settings.control("brush", st.slider, _("Radius of the brush"), 0.005, 0.15, step=0.005, format="%.3f")
    with st.container(horizontal=True, gap="small"):
        st.button(_("Undo"), key="frequency/undo", icon=":material/undo:", disabled=not settings["mask"].regions,
                  on_click=lambda: _try(settings, lambda mask: replace(mask, regions=mask.regions[:-1])))  # fmt: skip
        st.button(_("Clear"), key="frequency/clear", icon=":material/delete:", disabled=not settings["mask"].regions,
                  on_click=lambda: settings.__setitem__("mask", Mask()))  # fmt: skip
    st.button(_("Paint out isolated peaks"), key="frequency/peaks", icon=":material/auto_fix_high:",
              on_click=lambda: _paint_peaks(settings, source))  # fmt: skip
    _ring_controls(settings)
    _wedge_controls(settings)


def _paint_peaks(settings: Settings, source: SpectralSource) -> None:
    found = peaks.notches(peaks.peaks(source.pixels), _PEAK_RADIUS)
    if not found:
        st.session_state[_REFUSED] = CnnvizError(_NO_PEAKS)
        return
    _try(settings, lambda mask: replace(mask, regions=(*mask.regions, *found)))


def _region(settings: Settings, kind: type[Region]) -> Region | None:
    """The first region of this kind."""
    return next((each for each in settings["mask"].regions if isinstance(each, kind)), None)


def _exchange(settings: Settings, old: Region | None, new: Region | None) -> None:
    """Put `new` in the place of `old`; None adds or removes."""

    def change(mask: Mask) -> Mask:
        regions = [new if each is old else each for each in mask.regions]
        kept = [each for each in regions if each is not None]
        return replace(mask, regions=tuple(kept if old is not None or new is None else [*kept, new]))

    _try(settings, change)


def _ring_controls(settings: Settings) -> None:
    ring = _region(settings, Ring)
    bound("frequency/ring", ring is not None, lambda on: _exchange(settings, ring, Ring(0.1, 0.2) if on else None),
          st.toggle, _("A ring"))  # fmt: skip
    if isinstance(ring, Ring):
        store = lambda span: _exchange(settings, ring, replace(ring, low=span[0], high=span[1]))  # noqa: E731
        bound("frequency/ring span", (ring.low, ring.high), store, st.slider, _("From, to (cycles per pixel)"),
              0.0, 0.71, step=0.01)  # fmt: skip


def _wedge_controls(settings: Settings) -> None:
    wedge = _region(settings, Wedge)
    bound("frequency/wedge", wedge is not None, lambda on: _exchange(settings, wedge, Wedge(0.0, 30.0) if on else None),
          st.toggle, _("A wedge"))  # fmt: skip
    if isinstance(wedge, Wedge):
        for name, title, most in (
            ("angle", _("Direction of the waves (°)"), 180.0),
            ("width", _("Opening (°)"), 180.0),
        ):
            bound(f"frequency/wedge {name}", getattr(wedge, name), _wedge_storing(settings, wedge, name),
                  st.slider, title, 0.0 if name == "angle" else 1.0, most, step=1.0)  # fmt: skip


def _wedge_storing(settings: Settings, wedge: Wedge, name: str) -> Callable[[float], None]:
    return lambda value: _exchange(settings, wedge, replace(wedge, **{name: value}))
