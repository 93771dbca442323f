"""What the charts of numbers have in common: letters that are read at the back of a room, and colours told apart."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

__all__ = ["COLOURS", "COUNT", "GREY", "base", "chart", "ink", "plain", "short", "short_bytes"]

# Okabe and Ito's colours, without yellow and black, which one of the two backgrounds swallows.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#9467bd", "#a0522d")
GREY = "#8a8f98"
# Of a column of a table: 25,557,032 as in the text around it. "localized" would follow the browser, whatever language
# the page is in, and write 25.557.032 below it.
COUNT = "%,d"

_CONFIG = {
    "displaylogo": False,
    # A drag and a double click do what these would.
    "modeBarButtonsToRemove": [
        *("select2d", "lasso2d", "autoScale2d"),
        *("zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"),
    ],
    "toImageButtonOptions": {"format": "svg"},
}

# The bar lies below the chart, where it covers neither titles nor legends; phones would show it all the time.
_STYLE = """<style>
.stPlotlyChart .modebar-container { top: auto !important; bottom: 34px; }
@media (hover: none), (max-width: 600px) { .stPlotlyChart .modebar-container { display: none; } }
</style>"""


def base(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Lay a figure out for a projector: large letters, thin margins, the legend above; return it."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        font={"size": 15, **ink()},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 15}},
        hoverlabel={"font": {"size": 15, **ink()}},
    )
    figure.update_layout(**layout)
    letters = {"title_font": {"size": 16, **ink()}, "tickfont": {"size": 14, **ink()}}
    figure.update_xaxes(automargin=True, **letters)
    figure.update_yaxes(automargin=True, **letters)
    return figure


def plain(text: str) -> str:
    """A visitor's text as Plotly shows it as it stands: Plotly reads a little HTML, and fills in %{names}."""
    return html.escape(text, quote=False).replace("%{", "%&#123;")


def ink() -> dict[str, str]:
    """The colour of letters on the visitor's background: Streamlit would make those of charts grey."""
    theme = st.context.theme.type
    return {"color": {"light": "#31333f", "dark": "#fafafa"}[theme]} if theme else {}


def chart(figure: go.Figure, key: str, on_select: Callable[[], None] | None = None) -> None:
    """Draw a figure as wide as there is room; `on_select` is called when a point was clicked."""
    st.html(_STYLE)
    st.plotly_chart(figure, key=key, config=_CONFIG, on_select=on_select or "ignore", selection_mode="points")


def short(number: float) -> str:
    """A number in three digits, with k, M or G for thousands, millions or billions: 25.6 M."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= 0.9995 * factor:
            return f"{float(f'{number / factor:.3g}'):g} {unit}"
    return f"{float(f'{number:.3g}'):g}"


def short_bytes(count: int) -> str:
    """Bytes in three digits, decimal: 58.4 kB, 32.9 MB."""
    return f"{short(count)}B" if count >= 1000 else f"{count} B"
