"""Below the panels: facts about the response, sections, the surface, banks, a program, and files to take away."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from cnnviz import snippets
from cnnviz.convolution import frequency, notation
from cnnviz.convolution.frequency import design as designs
from cnnviz.figures import colours, encode
from cnnviz.figures.spectra import GRID
from pages.common.files import File, download_row, npy_bytes
from pages.common.frequency_banks import banks
from pages.common.frequency_curves import curves, grid_response, scaled, sections, surface
from pages.common.frequency_source import Result, SpectralSource
from pages.common.language import _, translate
from pages.common.pictures import Pictures
from pages.common.settings import Settings
from pages.common.tabs import lazy_tabs
from pages.common.take_away import page_link

__all__ = ["tabs"]

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]


def tabs(settings: Settings, chosen: Pictures, source: SpectralSource, result: Result) -> None:
    """Draw the tabs; only the one that is open is computed."""
    drawn: dict[str, tuple[str, Callable[[], None]]] = {
        "facts": (_("What kind of filter"), lambda: _facts(settings)),
        "sections": (_("Sections"), lambda: sections(settings)),
        "surface": (_("Surface"), lambda: surface(settings)),
        "banks": (_("Banks"), lambda: banks(chosen)),
        "program": (_("Copy as Python"), lambda: _program(settings)),
        "files": (_("Take away"), lambda: _files(settings, chosen, source, result)),
    }
    lazy_tabs(settings, drawn)


# ---- facts


def _facts(settings: Settings) -> None:
    if settings["filter"] == "design":
        _design_facts(settings["design"])
        return
    found = _response_facts(notation.write(settings["chain"]), settings["operation"])
    lines = [f"**{_(found.title)}.** " + " ".join(translate(reason) for reason in found.classified.reasons)]
    corners = found.corners
    lines.append(
        _(
            "Gain at zero: {zero:.4g}, the sum of the weights. Alternating rows {rows:.4g}, columns {columns:.4g}, "
            "both {both:.4g}."
        ).format(zero=corners.zero, rows=corners.rows, columns=corners.columns, both=corners.both)
    )
    lines.append(
        _("Largest gain {gain:.4g} at f row {row:.4f}, f column {column:.4f}.").format(
            gain=found.peak.gain, row=found.peak.f_row, column=found.peak.f_column
        )
    )
    lines.append(translate(found.phase.reason))
    lines.append(
        _("The response is separable: rows times columns.") if found.separable else _("The response is not separable.")
    )
    st.markdown("\n".join(f"- {line}" for line in lines))
    _bands(found)


@st.cache_resource(max_entries=200, show_spinner=False)  # 20 ms; a class tries the same kernels
def _response_facts(chain: str, operation: str) -> frequency.ResponseFacts:
    return frequency.facts(notation.read(chain)[0].kernel.weights, operation)  # type: ignore[union-attr]  # linear


def _bands(found: frequency.ResponseFacts) -> None:
    """Where the gain has fallen by 3 dB, in four directions."""
    names = {
        "rows": _("rows"),
        "columns": _("columns"),
        "diagonal": _("diagonal"),
        "antidiagonal": _("other diagonal"),
    }
    rows: list[tuple[str, ...]] = []
    for direction, title in names.items():
        band = found.bands[direction]
        if band is None:
            rows.append((title, "0", "–", "–", "–"))
            continue
        edges = [f"{each:.4f}" if each is not None else "–" for each in (band.low, band.high)]
        rows.append((title, f"{band.gain:.4g}", f"{band.peak:.4f}", *edges))
    head = [_("Frequency axis"), _("Largest gain"), _("at"), _("−3 dB below"), _("−3 dB above")]
    st.table(pd.DataFrame(rows, columns=head).set_index(head[0]))


def _design_facts(chosen: designs.Design) -> None:
    lines = [f"**{_(designs.KINDS[chosen.kind])}**, {_(designs.SHAPES[chosen.shape])}"]
    if chosen.kind in ("low", "high"):
        gain = float(chosen.at(0.0, chosen.cutoff))
        text = _("At the cutoff frequency the gain is {gain:.3f} (the definition of Gonzalez and Woods).")
        lines.append(text.format(gain=gain))
    points = ", ".join(f"{each:.4f}" for each in designs.half_power(chosen))
    if points:
        lines.append(_("Half of the power (−3 dB) at {points} cycles per pixel.").format(points=points))
    lines.append(_("Real and not negative: no wave is moved, only weakened (zero phase)."))
    st.markdown("\n".join(f"- {line}" for line in lines))


# ---- taking away


def _program(settings: Settings) -> None:
    if settings["filter"] == "design":
        st.code(snippets.design_program(settings["design"]), language="python")
        return
    kernel = settings["chain"][0].kernel
    st.code(snippets.response_program(kernel.weights, settings["operation"]), language="python")


def _files(settings: Settings, chosen: Pictures, source: SpectralSource, result: Result) -> None:
    values = _response_values(settings)
    stem = f"{chosen.shown.name.rsplit('.', 1)[0]}-cnnviz"
    files = [
        File(_("Response (NPY, complex)"), "response.npy", lambda: npy_bytes(values)),
        File(_("Response (PNG)"), "response.png", lambda: _response_png(values, settings["scale"])),
        File(_("Sections (CSV)"), "sections.csv", lambda: _csv(settings)),
        File(_("Spectrum of the picture (NPY)"), "spectrum.npy", lambda: npy_bytes(source.spectrum.centred())),
        File(_("Filtered picture (PNG)"), f"{stem}.png", lambda: encode.png(result.shown.rgb, level=6)),
        File(_("Filtered picture (NPY)"), f"{stem}.npy", lambda: npy_bytes(result.values)),
    ]
    difference = result.difference
    if difference is not None:
        files.append(File(_("Difference (NPY)"), "difference.npy", lambda: npy_bytes(difference)))
    download_row(files)
    st.caption(
        _("Each panel has a button that saves it as PNG; curves are saved as SVG by their chart's camera button.")
    )
    page_link(settings, chosen)


def _response_values(settings: Settings) -> Complex:
    if settings["filter"] == "design":
        return settings["design"].transfer((GRID, GRID)).astype(np.complex128)
    return grid_response(settings).values


def _response_png(values: Complex, scale: str) -> bytes:
    """As on the panel: from 0 or -60 dB to the peak, or the phase around the circle, grey where there is none."""
    height = scaled(values, scale)
    lows = {"phase": -180.0, "db": frequency.DECIBEL_FLOOR}
    low, high = lows.get(scale, 0.0), 180.0 if scale == "phase" else float(height.max())
    palette = colours.cyclic() if scale == "phase" else colours.sequential()
    share = np.clip((np.nan_to_num(height) - low) / ((high - low) or 1.0), 0, 1)
    rgb = palette[np.rint(255 * share).astype(np.uint8)]
    return encode.png(np.where(np.isnan(height)[..., None], np.uint8(128), rgb), level=6)


def _csv(settings: Settings) -> bytes:
    """Frequency, |H|, dB and phase of the sections along columns, rows and the diagonal."""
    lines = ["curve,angle_degrees,frequency_cycles_per_pixel,gain,gain_db,phase_degrees"]
    for degrees in (0, 90, 45):
        for name, along, values in curves(settings, math.radians(degrees)):
            columns = (along, np.abs(values), frequency.decibels(values, -300), np.degrees(np.angle(values)))
            table = zip(*columns, strict=True)
            lines += [f'"{name}",{degrees},{f:.9g},{gain:.9g},{db:.4f},{angle:.4f}' for f, gain, db, angle in table]
    return ("\n".join(lines) + "\n").encode()
