"""Editing a picture's spectrum by hand: brush, ring and wedge, and the picture that results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz import snippets
from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency import editing, peaks
from cnnviz.convolution.frequency.editing import Edited, Mask, Region, Ring, Stroke, Wedge
from cnnviz.convolution.frequency.mask_text import read_mask, write_mask
from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.figures import colours, encode
from cnnviz.figures.display import display, display_signed
from cnnviz.figures.spectra import GRID
from cnnviz.text import N_
from pages.common.callbacks import to_the_end
from pages.common.files import File, download_row, npy_bytes
from pages.common.frame import guarded
from pages.common.frequency_events import on_event
from pages.common.frequency_settings import MOST_STRENGTH
from pages.common.frequency_source import SpectralSource, Wave, send_source, spectral_source
from pages.common.language import _, ngettext, sentence
from pages.common.percent import percent
from pages.common.pictures import Pictures, parameter_control
from pages.common.settings import Settings, bound
from pages.common.spectra import Filter, Message, spectra
from pages.common.take_away import page_link

__all__ = ["edit_mode"]

_REFUSED = "frequency/refused"  # session: why the last stroke was not taken
_NO_PEAKS = N_("No isolated peak was found: this spectrum holds no wave that stands out.")
_FULL = N_("There are {most} regions, which is the most: undo one, or clear them.")
_PEAK_RADIUS = 0.012
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
        st.error(sentence(error), icon=":material/error:")
        found = None
    with st.sidebar:
        _mask_controls(settings, source)
    if refused := st.session_state.pop(_REFUSED, None):
        st.warning(sentence(refused), icon=":material/brush:")
    if found is not None:
        _told(settings, found)
        _take_away(settings, chosen, found)


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # 12 MB for a megapixel
def _edited(key: str, mask: str, mode: str, _source: SpectralSource) -> Edited:
    return editing.edit(_source.spectrum, read_mask(mask).selection(_source.size), mode)


def _message(settings: Settings, source: SpectralSource, found: Edited) -> Message:
    message = Message(
        probe=settings["probe"],
        brush=settings["brush"],
        filter=Filter(None, _gains(write_mask(settings["mask"]), settings["keep"])),
    )
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


@st.cache_resource(max_entries=16, show_spinner=False)
def _gains(mask: str, mode: str) -> NDArray[np.float64]:
    """What each frequency of the panels' grid is multiplied by."""
    return editing.gains(read_mask(mask).selection((GRID, GRID)), mode)


def _told(settings: Settings, found: Edited) -> None:
    text = _(
        "{removed} of the energy is gone (the mean is kept). f and −f are always treated alike, so the picture "
        "stays real."
    )
    count = len(settings["mask"].regions)
    regions = ngettext("{count} region.", "{count} regions.", count).format(count=count)
    st.caption(regions + " " + text.format(removed=percent(found.removed, 2)))


def _take_away(settings: Settings, chosen: Pictures, found: Edited) -> None:
    with st.expander(_("Take away"), key="frequency/edit files", on_change="rerun") as drawer:
        if not drawer.open:
            return
        stem = f"{chosen.shown.name.rsplit('.', 1)[0]}-cnnviz"
        gains = _gains(write_mask(settings["mask"]), settings["keep"])
        download_row(
            [
                File(_("Edited picture (PNG)"), f"{stem}.png", lambda: _png(found.pixels)),
                File(_("Edited picture (NPY)"), f"{stem}.npy", lambda: npy_bytes(found.pixels)),
                File(_("Gains (NPY)"), "gains.npy", lambda: npy_bytes(gains)),
            ]
        )
        st.code(snippets.mask_program(), language="python")
        page_link(settings, chosen)


def _png(values: Picture) -> bytes:
    return encode.png(display(values, "clip").rgb, level=6)


# ---- changing the mask


def _adding(settings: Settings) -> Callable[[list[tuple[float, float]]], None]:
    """Store a stroke that the browser reports."""

    def add(points: list[tuple[float, float]]) -> None:
        step = -(-len(points) // _POINTS)
        kept = tuple(dict.fromkeys([*points[::step], points[-1]]))
        _try(settings, lambda mask: replace(mask, regions=(*mask.regions, Stroke(kept, settings["brush"]))))

    return add


@to_the_end
def _try(settings: Settings, change: Callable[[Mask], Mask]) -> None:
    """Change the mask; when there would be too much in it, say so and leave it as it is."""
    try:
        settings["mask"] = change(settings["mask"])
    except CnnvizError as error:
        full = isinstance(error, ParameterError) and error.name == "regions"
        st.session_state[_REFUSED] = CnnvizError(_FULL, most=editing.MOST_REGIONS) if full else error


def _mask_controls(settings: Settings, source: SpectralSource) -> None:
    modes = {key: _(title) for key, title in editing.MODES.items()}
    settings.control("keep", st.selectbox, _("What to do"), list(modes), format_func=modes.__getitem__)
    parameter_control(
        "frequency/brush", editing.PARAMETERS["radius"], settings["brush"], partial(settings.__setitem__, "brush")
    )
    with st.container(horizontal=True, gap="small"):
        st.button(_("Undo"), key="frequency/undo", icon=":material/undo:", disabled=not settings["mask"].regions,
                  on_click=lambda: _try(settings, lambda mask: replace(mask, regions=mask.regions[:-1])))  # fmt: skip
        st.button(_("Clear"), key="frequency/clear", icon=":material/delete:", disabled=not settings["mask"].regions,
                  on_click=lambda: settings.__setitem__("mask", Mask()))  # fmt: skip
    st.button(_("Paint out isolated peaks"), key="frequency/peaks", icon=":material/auto_fix_high:",
              on_click=lambda: _paint_peaks(settings, source))  # fmt: skip
    _region_controls(settings, Ring, _("A ring"), Ring(0.1, 0.2), ("low", "high"))
    _region_controls(settings, Wedge, _("A wedge"), Wedge(0.0, 30.0), ("angle", "width"))


@to_the_end
def _paint_peaks(settings: Settings, source: SpectralSource) -> None:
    found = peaks.notches(peaks.peaks(source.pixels), _PEAK_RADIUS)
    if not found:
        st.session_state[_REFUSED] = CnnvizError(_NO_PEAKS)
        return
    _try(settings, lambda mask: replace(mask, regions=(*mask.regions, *found)))


def _region(settings: Settings, kind: type[Region]) -> Region | None:
    """The first region of this kind, as it is now."""
    return next((each for each in settings["mask"].regions if isinstance(each, kind)), None)


def _exchange(settings: Settings, kind: type[Region], new: Region | None) -> None:
    """Put `new` in the place of the first region of its kind; add it where there is none, with None take it away."""
    old = _region(settings, kind)

    def change(mask: Mask) -> Mask:
        regions = [new if each is old else each for each in mask.regions] + ([new] if old is None else [])
        return replace(mask, regions=tuple(each for each in regions if each is not None))

    _try(settings, change)


def _region_controls(settings: Settings, kind: type[Region], title: str, first: Region, names: tuple[str, ...]) -> None:
    """A toggle for a ring or a wedge, and its numbers while it is there."""
    now = _region(settings, kind)
    key = f"frequency/{kind.__name__}"
    bound(key, now is not None, lambda on: _exchange(settings, kind, first if on else None), st.toggle, title)
    if now is None:
        return
    for name in names:
        parameter_control(
            f"{key}/{name}", editing.PARAMETERS[name], getattr(now, name), partial(_set_number, settings, kind, name)
        )


def _set_number(settings: Settings, kind: type[Region], name: str, value: float) -> None:
    """Change one number; the two radii of a ring push each other."""
    now = _region(settings, kind)
    if now is None:
        return
    values = {name: value}
    if isinstance(now, Ring) and name == "low" and value > now.high:
        values["high"] = value
    if isinstance(now, Ring) and name == "high" and value < now.low:
        values["low"] = value
    _exchange(settings, kind, replace(now, **values))  # type: ignore[arg-type]  # the numbers of its own kind
