"""Below the panels: facts about the response, sections, the surface, banks, a program, and files to take away."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from cnnviz import snippets
from cnnviz.convolution import frequency
from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency import design as designs
from cnnviz.figures import colours, encode
from cnnviz.figures.display import display
from cnnviz.figures.spectra import GRID
from pages.common.frequency_banks import banks
from pages.common.frequency_curves import curves, grid_response, scaled, sections, surface
from pages.common.language import _, current, translate
from pages.common.pictures import Pictures
from pages.common.settings import Settings, bound
from pages.common.take_away import page_link

__all__ = ["tabs"]

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]


def tabs(settings: Settings, chosen: Pictures, result: Picture) -> None:
    """Draw the tabs; only the one that is open is computed."""
    drawn: dict[str, tuple[str, Callable[[], None]]] = {
        "facts": (_("What kind of filter"), lambda: _facts(settings)),
        "sections": (_("Sections"), lambda: sections(settings)),
        "surface": (_("Surface"), lambda: surface(settings)),
        "banks": (_("Banks"), lambda: banks(chosen)),
        "program": (_("Copy as Python"), lambda: _program(settings)),
        "files": (_("Take away"), lambda: _files(settings, chosen, result)),
    }
    by_title = {title: name for name, (title, __) in drawn.items()}

    def change(title: str) -> None:
        settings["tab"] = by_title[title]

    # Streamlit knows a tab by its title, so each language has tabs of its own.
    containers = bound(f"frequency/tabs {current()}", drawn[settings["tab"]][0], change, st.tabs, list(by_title))
    for container, (__, draw) in zip(containers, drawn.values(), strict=True):
        if container.open:
            with container:
                draw()


# ---- facts


def _facts(settings: Settings) -> None:
    if settings["filter"] == "design":
        _design_facts(settings["design"])
        return
    found = frequency.facts(settings["chain"][0].kernel.weights, settings["operation"])
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


def _files(settings: Settings, chosen: Pictures, result: Picture) -> None:
    values = _response_values(settings)
    stem = f"{chosen.shown.name.rsplit('.', 1)[0]}-cnnviz"
    offered: list[tuple[str, Callable[[], bytes], str, str, str]] = [
        (_("Response (NPY, complex)"), lambda: _npy(values), "response.npy", "application/octet-stream", "data_array"),
        (_("Response (PNG)"), lambda: _response_png(values, settings["scale"]), "response.png", "image/png", "image"),
        (_("Sections (CSV)"), lambda: _csv(settings), "sections.csv", "text/csv", "table"),
        (_("Filtered picture (PNG)"), lambda: _png(result), f"{stem}.png", "image/png", "image"),
        (_("Filtered picture (NPY)"), lambda: _npy(result), f"{stem}.npy", "application/octet-stream", "data_array"),
    ]
    with st.container(horizontal=True):
        for title, make, name, mime, icon in offered:
            st.download_button(title, make, name, mime, icon=f":material/{icon}:", on_click="ignore")
    st.caption(_("Curves are saved as SVG by the camera button of their chart."))
    page_link(settings, chosen)


def _response_values(settings: Settings) -> Complex:
    if settings["filter"] == "design":
        return settings["design"].transfer((GRID, GRID)).astype(np.complex128)
    return grid_response(settings).values


def _response_png(values: Complex, scale: str) -> bytes:
    height = scaled(values, scale)
    low, high = (-180.0, 180.0) if scale == "phase" else (float(height.min()), float(height.max()))
    palette = colours.cyclic() if scale == "phase" else colours.sequential()
    share = np.clip((np.nan_to_num(height) - low) / ((high - low) or 1.0), 0, 1)
    return encode.png(palette[np.rint(255 * share).astype(np.uint8)], level=6)


def _csv(settings: Settings) -> bytes:
    """Frequency, |H|, dB and phase of the sections along columns, rows and the diagonal."""
    lines = ["curve,angle_degrees,frequency_cycles_per_pixel,gain,gain_db,phase_degrees"]
    for degrees in (0, 90, 45):
        for name, along, values in curves(settings, math.radians(degrees)):
            table = zip(
                along, np.abs(values), frequency.decibels(values, -300), np.degrees(np.angle(values)), strict=True
            )
            lines += [f'"{name}",{degrees},{f:.6f},{gain:.9g},{db:.4f},{angle:.4f}' for f, gain, db, angle in table]
    return ("\n".join(lines) + "\n").encode()


def _png(result: Picture) -> bytes:
    return encode.png(display(result, "clip").rgb, level=6)


def _npy(values: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
