"""Bars: how several totals are made up of the same parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

__all__ = ["shares"]

COLOURS = ("#0b5fa5", "#d95f02", "#1b9e77")  # told apart by readers who see no red or no green
_ROW = 22  # pixels for one bar
_EDGE = 70


def shares(parts: Sequence[str], totals: Mapping[str, Sequence[float]], axis: str) -> go.Figure:
    """Horizontal bars, for every part one of each total, in percent of that total.

    Args:
        parts: names, from the top.
        totals: name of the total -> its summands, one for each part; all 0 gives empty bars.
        axis: title of the axis.
    """
    figure = go.Figure()
    for (name, values), colour in zip(totals.items(), COLOURS, strict=False):
        numbers = np.asarray(values, np.float64)
        percent = 100 * numbers / numbers.sum() if numbers.sum() else numbers
        figure.add_bar(
            y=list(parts),
            x=percent.astype(np.float32),
            orientation="h",
            name=name,
            marker_color=colour,
            customdata=numbers,
            text=[f"{share:.1f}" if share >= 0.05 else "" for share in percent],
            textposition="auto",
            hovertemplate="%{y}<br>%{fullData.name}: %{customdata:,.0f} = %{x:.2f} %<extra></extra>",
        )
    figure.update_layout(
        height=_ROW * len(parts) * len(totals) + 2 * _EDGE,
        barmode="group",
        bargap=0.25,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_xaxes(title=axis, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", automargin=True, type="category")
    return figure
