"""A filter as a multiplication of spectra: the panels, the controls, and what is told below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from cnnviz.convolution import notation
from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency import design as designs
from cnnviz.convolution.frequency.design import Design
from cnnviz.convolution.frequency.spectrum import WINDOWS
from cnnviz.convolution.frequency.theorem import compare
from cnnviz.errors import CnnvizError
from cnnviz.figures import colours
from cnnviz.figures.display import Display, display, display_signed
from cnnviz.figures.spectra import GRID
from pages.common.chain_controls import step_controls
from pages.common.frame import guarded
from pages.common.frequency_events import on_event
from pages.common.frequency_settings import BORDERS
from pages.common.frequency_source import Result, SpectralSource, send_source, spectral_source
from pages.common.frequency_tabs import tabs
from pages.common.language import _, sentence
from pages.common.percent import percent
from pages.common.pictures import Pictures, parameter_control
from pages.common.settings import Settings, bound
from pages.common.spectra import Filter, Message, spectra
from pages.common.viewer import automatic_mode

__all__ = ["kernel_mode"]

KERNEL_SHOWN = 65  # cells of a designed filter's kernel around its centre


def kernel_mode(settings: Settings, chosen: Pictures) -> None:
    """Draw the mode: the picture goes to the browser once, all else runs in a fragment."""
    source = spectral_source(chosen.shown.digest, settings["window"], None, chosen.shown)
    send_source(source)
    _filtered(settings, chosen, source)
    with st.sidebar:
        _engine_controls(settings)


def _engine_controls(settings: Settings) -> None:
    windows = {
        "none": _("None"),
        "hann": "Hann",
        "hamming": "Hamming",
        "blackman": "Blackman",
    }
    settings.control(
        "window", st.selectbox, _("Window before the shown spectrum"), WINDOWS, format_func=windows.__getitem__
    )


@st.fragment
@guarded
def _filtered(settings: Settings, chosen: Pictures, source: SpectralSource) -> None:
    """Everything that a change of the filter changes, what is looked at first."""
    settings.publish()
    result = None
    try:
        result = _result(settings, chosen, source)
        spectra("frequency/panels", _message(settings, source, result), on_event(settings))
    except CnnvizError as error:
        st.error(sentence(error), icon=":material/error:")
    finally:
        # Whatever went wrong: the controls that mend it stay.
        with st.sidebar:
            _filter_controls(settings)
    if result is not None:
        _result_line(settings, source, result)
        tabs(settings, chosen, source, result)


def _chosen_filter(settings: Settings) -> Filter:
    """The kernel or the design that is set."""
    if settings["filter"] == "design":
        return Filter(None, settings["design"].transfer((GRID, GRID)))
    return Filter(settings["chain"][0].kernel.weights, None, settings["operation"])


def _result(settings: Settings, chosen: Pictures, source: SpectralSource) -> Result:
    digest = chosen.shown.digest
    if settings["filter"] == "design":
        return _designed(digest, settings["design"], source)
    chain = notation.write(settings["chain"])
    return _compared(digest, chain, settings["border"], settings["operation"], source)


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # 11 MB for a megapixel
def _compared(digest: str, chain: str, border: str, operation: str, _source: SpectralSource) -> Result:
    steps = notation.read(chain)
    found = compare(_source.spectrum, steps[0].kernel.weights, border, operation=operation)  # type: ignore[union-attr]  # linear
    shown = display(found.by_spectra, automatic_mode(steps))
    return Result(found.by_spectra, shown, found.difference, found.largest, found.largest_inside)


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # 7 MB for a megapixel
def _designed(digest: str, chosen: Design, _source: SpectralSource) -> Result:
    values = designs.apply(_source.spectrum, chosen.transfer(_source.size))
    flat_stays = chosen.kind in ("low", "band_reject", "notch_reject")
    rings = designs.ringing(chosen, _source.size)
    return Result(values, display(values, "clip" if flat_stays else "signed"), None, 0.0, 0.0, rings)


def _message(settings: Settings, source: SpectralSource, result: Result) -> Message:
    message = Message(scale=settings["scale"], probe=settings["probe"], filter=_chosen_filter(settings))
    key, size = source.key, source.size
    shape = f"{size[0]} × {size[1]}"
    message.kept_picture("picture", _("Picture"), f"{key} picture", size, shape)
    message.kept_spectrum(
        "spectrum", _("Its spectrum |X|"), f"{key} spectrum", source.levels, sign="→", note=_("f column →, f row ↓")
    )
    message.response("response", _("Response |H|") if settings["scale"] != "phase" else _("Response: phase"), sign="×")
    message.kept_spectrum("product", _("Product |X·H|"), f"{key} spectrum", source.levels, sign="=", times=True)
    _signed_or_grey(message, "result", _("Filtered picture"), result.shown, sign="→")
    if result.difference is not None:
        _difference(message, result.difference, result.largest)
    else:
        _spatial_kernel(message, settings["design"], size)
    return message


def _signed_or_grey(message: Message, name: str, title: str, shown: Display, **more: Any) -> None:
    if shown.mode == "signed":
        more["palette"] = message.palette(colours.diverging())
        more["low"], more["high"] = (_short(-shown.high), _short(shown.high))
    message.picture(name, title, shown.rgb, **more)


def _short(value: float) -> str:
    return f"{value:.2g}".replace("-", "\u2212")


def _difference(message: Message, difference: Picture, largest: float) -> None:
    shown = display_signed(difference, max(largest, 1e-12))
    bar = {"low": _short(-shown.high), "high": _short(shown.high)}
    title = _("Difference from spatial filtering")
    message.picture("difference", title, shown.rgb, palette=message.palette(colours.diverging()), **bar)


def _spatial_kernel(message: Message, chosen: Design, size: tuple[int, int]) -> None:
    """The middle of the kernel that belongs to a design: its rings are what edges get."""
    kernel = chosen.spatial_kernel(size)
    rows, columns = ((n // 2 - min(n, KERNEL_SHOWN) // 2, min(n, KERNEL_SHOWN)) for n in size)
    middle = kernel[rows[0] : rows[0] + rows[1], columns[0] : columns[0] + columns[1]]
    # The peak is far higher than the rings, so the colours end at a fifth of it.
    largest = float(np.abs(middle).max()) / 5
    shown = display_signed(middle.astype(np.float32), largest or 1.0)
    message.picture(
        "kernel",
        _("Its kernel in space"),
        shown.rgb,
        _("middle {rows} × {columns}").format(rows=middle.shape[0], columns=middle.shape[1]),
        palette=message.palette(colours.diverging()),
        low="≤ " + _short(-largest),
        high="≥ " + _short(largest),
    )


def _result_line(settings: Settings, source: SpectralSource, result: Result) -> None:
    parts = []
    if result.difference is not None:
        text = _("Largest difference from spatial filtering: {largest:.1e}; away from the edges {inside:.1e}.")
        parts.append(text.format(largest=result.largest, inside=result.largest_inside))
        if settings["border"] in ("reflect", "replicate"):
            parts.append(
                _("The transform wraps the picture around, this border does not: so they differ at the edges.")
            )
    elif (found := result.ringing) is not None:
        lobe = percent(found.negative_lobe)
        parts.append(_("Deepest negative lobe of the kernel: {lobe} of its peak.").format(lobe=lobe))
        if found.overshoot is not None:
            overshoot = percent(found.overshoot)
            parts.append(_("An edge overshoots by {overshoot} of its height.").format(overshoot=overshoot))
    if source.is_reduced:
        parts.append(
            _("The picture was reduced to {rows} × {columns} (rows × columns).").format(
                rows=source.size[0], columns=source.size[1]
            )
        )
    st.caption(" ".join(parts))


# ---- controls


def _filter_controls(settings: Settings) -> None:
    names = {"kernel": _("A kernel"), "design": _("Drawn in frequency")}
    settings.control(
        "filter", st.segmented_control, _("The filter is"), list(names), format_func=names.__getitem__, required=True
    )
    if settings["filter"] == "design":
        _design_controls(settings)
        return
    step_controls(settings, 0, settings["chain"][0], only_kernel=True)
    borders = {
        "circular": _("Circular (wrap around)"),
        "zeros": _("Zeros"),
        "reflect": _("Reflect (edge not repeated)"),
        "replicate": _("Replicate the edge"),
    }
    settings.control(
        "border", st.selectbox, _("Border of the spatial filtering"), list(borders), format_func=borders.__getitem__
    )
    operations = {"correlation": _("Correlation (networks)"), "convolution": _("Convolution (flipped)")}
    settings.control("operation", st.selectbox, _("Operation"), list(operations), format_func=operations.__getitem__)
    assert set(borders) == set(BORDERS)  # noqa: S101 - one list


def _design_controls(settings: Settings) -> None:
    chosen: Design = settings["design"]
    for name, titles, label in (
        ("kind", designs.KINDS, _("Kind of filter")),
        ("shape", designs.SHAPES, _("Edge of the band")),
    ):
        shown = {key: _(title) for key, title in titles.items()}
        key, store = f"frequency/design/{name}", _storing(settings, name)
        bound(key, getattr(chosen, name), store, st.selectbox, label, list(shown), format_func=shown.__getitem__)
    for parameter in designs.PARAMETERS:
        if parameter.name in _used(chosen):
            key, store = f"frequency/design/{parameter.name}", _storing(settings, parameter.name)
            parameter_control(key, parameter, getattr(chosen, parameter.name), store)
    if chosen.kind in ("notch_reject", "notch_pass"):
        centre = _storing(settings, "centre")
        st.button(_("Centre at the probe"), key="frequency/design/centre", icon=":material/my_location:",
                  on_click=lambda: centre(settings["probe"]))  # fmt: skip
        text = _("Centre: f row {row:g}, f column {column:g}")
        st.caption(text.format(row=chosen.centre[0], column=chosen.centre[1]))


def _storing(settings: Settings, name: str) -> Callable[[Any], None]:
    def store(value: Any) -> None:
        settings["design"] = _legal(settings["design"], {name: value})

    return store


def _used(chosen: Design) -> tuple[str, ...]:
    numbers = {"low": ("cutoff",), "high": ("cutoff",), "band": ("low", "high"), "band_reject": ("low", "high")}
    return (*numbers.get(chosen.kind, ("radius",)), *(("order",) if chosen.shape == "butterworth" else ()))


def _legal(chosen: Design, values: dict[str, Any]) -> Design:
    """Change a design; the two edges of a band push each other."""
    gap = 0.005
    if "low" in values and values["low"] > chosen.high - gap:
        values["high"] = min(values["low"] + gap, 0.71)
    if "high" in values and values["high"] < chosen.low + gap:
        values["low"] = max(values["high"] - gap, 0.001)
    return replace(chosen, **values)
