"""How much each step of a pass differs from another pass: a curve over the steps, and what it says of skip paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from cnnviz.networks.differences import Bypass, bypasses
from cnnviz.networks.facts import Layer, Summary
from cnnviz.networks.landmarks import stage
from cnnviz.networks.what_if import is_addition
from pages.common.charts import COLOURS, GREY, base, chart
from pages.common.language import _
from pages.common.maps_blocks import relative
from pages.common.percent import percent_sign

__all__ = ["changes_caption", "changes_chart", "step_ticks"]

_HEIGHT = 300
_LETTER = 9 / 330  # of the axis' width


def changes_chart(key: str, summary: Summary, changes: Mapping[str, float], off: Sequence[str] = ()) -> None:
    """Draw the relative change of every step, additions marked.

    Args:
        key: of the chart.
        summary: of the network.
        changes: from `differences.relative_changes`.
        off: names of the steps in which something is switched off.
    """
    layers = [layer for layer in summary.layers if layer.name in changes]
    figure = go.Figure()
    figure.add_scatter(**_points(layers, changes), mode="lines", line={"color": GREY, "width": 2}, showlegend=False)
    added = [layer for layer in layers if is_addition(layer)]
    others = [layer for layer in layers if not is_addition(layer)]
    for name, part, colour, symbol, size in (
        (_("step"), others, COLOURS[0], "circle", 6),
        (_("addition: a branch and a shortcut meet"), added, COLOURS[1], "diamond", 10),
    ):
        if part:
            figure.add_scatter(
                **_points(part, changes), mode="markers", name=name,
                marker={"color": colour, "symbol": symbol, "size": size},
            )  # fmt: skip
    for layer in layers:
        if layer.name in off:
            figure.add_vline(x=layer.index, line_dash="dot", line_color=COLOURS[3])
    base(figure, _HEIGHT)
    figure.update_xaxes(**step_ticks(layers))
    figure.update_yaxes(title=_("Change, % of the step's norm"), rangemode="tozero")
    chart(figure, key)


def _points(layers: Sequence[Layer], changes: Mapping[str, float]) -> dict[str, object]:
    values = [100 * changes[layer.name] for layer in layers]
    return {
        "x": [layer.index for layer in layers],
        "y": [each if np.isfinite(each) else None for each in values],
        "text": [layer.name for layer in layers],
        "hovertemplate": "%{text}: %{y:.1f}" + percent_sign() + "<extra></extra>",
    }


def step_ticks(layers: Sequence[Layer]) -> dict[str, object]:
    """A name where a stage begins, unless the one before it leaves no room."""
    starts: dict[str, int] = {}
    end = -float("inf")
    for layer in layers:
        name = stage(layer.name)
        half = len(name) * _LETTER * len(layers) / 2
        if name not in starts and layer.index - half > end:
            starts[name], end = layer.index, layer.index + half
    return {"tickvals": list(starts.values()), "ticktext": list(starts), "tickangle": 0}


def changes_caption(summary: Summary, changes: Mapping[str, float]) -> str:
    """Where a way around carried information past the change; "" where there is no such place."""
    found = bypasses(summary, changes)
    if not found:
        return ""
    best: Bypass = max(found, key=lambda each: each.worst - each.after)
    return _(
        "At {step} the more changed summand differs by {worst}, the sum by {after} only: the other way carries what it "
        "carried before."
    ).format(step=best.step, worst=relative(best.worst), after=relative(best.after))
