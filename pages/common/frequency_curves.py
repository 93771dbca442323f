"""The response as curves along a direction and as a surface that can be turned."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import frequency
from cnnviz.convolution.frequency import design as designs
from cnnviz.convolution.steps import Linear
from cnnviz.figures import colours
from cnnviz.figures.spectra import GRID
from pages.common.chain_controls import step_title
from pages.common.frequency_settings import MOST_COMPARED
from pages.common.language import _
from pages.common.settings import Settings

__all__ = ["curves", "grid_response", "scaled", "sections", "surface"]

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_POINTS = 1025  # of a section: so many that zeros are met closely
_SURFACE = 65  # frequencies of a side
_COLOURS = ("#0b5fa5", "#d95f02", "#1b9e77", "#7b4fa3", "#8a8f98")  # told apart by readers who see no red or no green
_DASHES = ("solid", "dash", "dot", "dashdot", "solid")


def sections(settings: Settings) -> None:
    """Draw curves through zero, perhaps of several kernels."""
    left, right = st.columns([1, 3], gap="medium")
    with left:
        settings.control("angle", st.slider, _("Direction in degrees: 0 columns, 90 rows"), 0, 179)
        if settings["filter"] == "kernel":
            settings.control("rings", st.toggle, _("Mean over all directions"))
            _compared(settings)
    angle = math.radians(settings["angle"])
    with right:
        lines = curves(settings, angle)
        if settings["rings"] and settings["filter"] == "kernel" and settings["scale"] != "phase":
            lines.append(_ring_mean(settings))
        st.plotly_chart(_section_figure(settings, lines), key="frequency/sections", config=_CONFIG)


_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
    "toImageButtonOptions": {"format": "svg"},
}


def _compared(settings: Settings) -> None:
    """Kernels that are kept beside the present one."""
    kept = settings["compare"]
    own = settings["chain"][0]

    def keep() -> None:
        settings["compare"] = (*settings["compare"], own)[-MOST_COMPARED:]

    st.button(
        _("Keep this kernel beside"),
        key="frequency/keep",
        icon=":material/add:",
        on_click=keep,
        disabled=own in kept or len(kept) >= MOST_COMPARED,
    )
    if kept:
        st.button(_("Remove the others"), key="frequency/forget", icon=":material/delete:",
                  on_click=lambda: settings.__setitem__("compare", ()))  # fmt: skip


def curves(settings: Settings, angle: float) -> list[tuple[str, Real, Complex]]:
    """(name, frequencies, H) of every curve."""
    if settings["filter"] == "design":
        return [(_("Design"), *_design_section(settings["design"], angle))]
    found = []
    for step in (settings["chain"][0], *settings["compare"]):
        cut = frequency.section(step.kernel.weights, angle, _POINTS, operation=settings["operation"])
        found.append((_name(step), cut.frequency, cut.values))
    return found


def _name(step: Linear) -> str:
    """The kernel with its size and whatever else tells it from others of its family."""
    rows, columns = step.kernel.weights.shape
    numbers = [f"{name} {value:g}" for name, value in step.kernel.parameters.items() if name != "size"]
    return " ".join([f"{step_title(step)} {rows} × {columns}", *numbers])


def _ring_mean(settings: Settings) -> tuple[str, Real, Complex]:
    """|H| averaged on rings around zero, for the present kernel."""
    found = frequency.radial_mean(grid_response(settings))
    whole = found.frequency <= 0.5  # beyond, only the corners of the square are left
    return _("mean over all directions"), found.frequency[whole], found.mean[whole].astype(np.complex128)


def grid_response(settings: Settings) -> frequency.Response:
    """The present kernel's response on the grid that the panels show."""
    weights = settings["chain"][0].kernel.weights
    return frequency.response(weights, (GRID, GRID), operation=settings["operation"])


def _design_section(chosen: designs.Design, angle: float) -> tuple[Real, Complex]:
    along = np.linspace(-1, 1, _POINTS) * 0.5 / max(abs(math.sin(angle)), abs(math.cos(angle)))
    return along, chosen.at(along * math.sin(angle), along * math.cos(angle)).astype(np.complex128)


def scaled(values: Complex, scale: str) -> Real:
    """H on the chosen scale: |H|, log(1 + |H|), dB or degrees."""
    match scale:
        case "db":
            return frequency.decibels(values)
        case "log":
            return np.asarray(np.log1p(np.abs(values)))
        case "phase":
            return np.asarray(np.degrees(frequency.phase(values)))
    return np.abs(values)


def _scale_title(scale: str) -> str:
    titles = {"db": _("|H| in dB"), "log": "log(1 + |H|)", "phase": _("phase in degrees"), "linear": "|H|"}
    return titles[scale]


def _section_figure(settings: Settings, lines: list[tuple[str, Real, Complex]]) -> go.Figure:
    figure = go.Figure()
    for (name, along, values), colour, dash in zip(lines, _COLOURS, _DASHES, strict=False):
        figure.add_scatter(
            x=along.astype(np.float32),
            y=scaled(values, settings["scale"]).astype(np.float32),
            name=name,
            line={"color": colour, "dash": dash, "width": 2.5},
        )
    figure.update_layout(
        height=340,
        margin={"l": 60, "r": 10, "t": 10, "b": 45},
        legend={"orientation": "h", "y": 1.12},
        showlegend=True,
        hovermode="x unified",
        xaxis={"title": _("frequency, cycles per pixel"), "zeroline": True},
        yaxis={"title": _scale_title(settings["scale"])},
    )
    return figure


def surface(settings: Settings) -> None:
    """Draw the response as a surface."""
    side = np.linspace(-0.5, 0.5, _SURFACE)
    if settings["filter"] == "design":
        values = settings["design"].at(side[:, None], side).astype(np.complex128)
    else:
        values = frequency.on_grid(settings["chain"][0].kernel.weights, side, side, operation=settings["operation"])
    height = scaled(values, settings["scale"])
    palette = colours.cyclic() if settings["scale"] == "phase" else colours.sequential()
    stops = [[i / 15, "rgb({}, {}, {})".format(*palette[i * 17])] for i in range(16)]
    figure = go.Figure(
        go.Surface(
            x=side.astype(np.float32),
            y=side.astype(np.float32),
            z=height.astype(np.float32),
            colorscale=stops,
            colorbar={"title": _scale_title(settings["scale"]), "thickness": 14},
            hovertemplate=_("f column") + " %{x:.3f}<br>" + _("f row") + " %{y:.3f}<br>%{z:.4f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=460,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene={
            "xaxis": {"title": _("f column")},
            "yaxis": {"title": _("f row"), "autorange": "reversed"},
            "zaxis": {"title": _scale_title(settings["scale"])},
            "aspectratio": {"x": 1, "y": 1, "z": 0.6},
        },
        uirevision="kept",  # a change of the kernel does not turn the surface back
    )
    st.plotly_chart(figure, key="frequency/surface", config=_CONFIG)
    st.caption(_("Drag to turn the surface, scroll to come nearer."))
