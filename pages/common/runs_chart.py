"""The curves of runs over each other: dashed in training, solid on test pictures, as in He et al. 2015, figure 6."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from cnnviz.training.comparison import Curve
from pages.common.charts import COLOURS, GREY, base
from pages.common.language import _
from pages.common.settings import Settings

__all__ = ["HEIGHT", "figure"]

HEIGHT = 430
_STROKES = {"training": {"width": 1.8, "dash": "dash"}, "test": {"width": 2.8, "dash": "solid"}}
_LETTER = 8.5  # pixels, at most, of the labels at the right
_LINE = 19  # pixels between two labels
_PLOT = HEIGHT - 95  # pixels that the axis has, about: letters below and the legend above take the rest
_ROOM = 0.04  # of the axis above and below the curves

_MEASURES = {  # what is drawn: (training, test), and whether it is a share that is turned round
    "error": ("train_accuracy", "test_accuracy"),
    "accuracy": ("train_accuracy", "test_accuracy"),
    "loss": ("train_loss", "test_loss"),
    "rate": ("learning_rate", ""),
}


def figure(curves: Sequence[Curve], names: Mapping[str, str], settings: Settings) -> go.Figure:
    """Draw the curves that the settings `runs_…` ask for, each with its name at its end.

    Args:
        curves: eight at most, each with an epoch at least.
        names: short ones, by key.
        settings: of the page.
    """
    measure, logarithmic = settings["runs_curve"], settings["runs_y"] == "log"
    parts = _parts(measure, settings["runs_parts"])
    drawn = go.Figure()
    ends, everything = [], []
    for number, curve in enumerate(curves):
        x = _across(curve, settings["runs_x"])
        for part in parts:
            y = _values(curve, measure, part, logarithmic)
            drawn.add_trace(_trace(x, y, part, names[curve.key], COLOURS[number % len(COLOURS)], part == parts[-1]))
            everything.append(y)
        ends.append((names[curve.key], COLOURS[number % len(COLOURS)], _end(everything[-1], logarithmic)))
    low, high = _range(everything, logarithmic)
    _explain(drawn, parts)
    return base(
        drawn,
        HEIGHT,
        margin={"l": 10, "r": 14 + _LETTER * max(map(len, names.values())), "t": 10, "b": 10},
        annotations=_labels(ends, low, high),
        xaxis={
            "title": _("Epoch") if settings["runs_x"] == "epochs" else _("Seconds of learning"),
            "rangemode": "tozero",
        },
        yaxis={"title": _titles()[measure], "type": "log" if logarithmic else "linear", "range": [low, high]},
        uirevision=f"{measure} {settings['runs_x']} {settings['runs_y']}",
    )


def _titles() -> dict[str, str]:
    return {
        "error": _("Error, %"),
        "accuracy": _("Accuracy, %"),
        "loss": _("Loss"),
        "rate": _("Learning rate"),
    }


def _parts(measure: str, wanted: str) -> tuple[str, ...]:
    if measure == "rate":
        return ("training",)
    return {"both": ("training", "test"), "training": ("training",), "test": ("test",)}[wanted]


def _across(curve: Curve, axis: str) -> np.ndarray:
    if axis == "epochs":
        return np.arange(1, len(curve.metrics) + 1, dtype=np.float32)
    return np.cumsum([each["seconds"] for each in curve.metrics]).astype(np.float32)


def _values(curve: Curve, measure: str, part: str, logarithmic: bool) -> np.ndarray:
    """One value for each epoch; what a logarithmic axis cannot show is left out."""
    name = _MEASURES[measure][0 if part == "training" else 1]
    values = np.array([each[name] for each in curve.metrics], np.float64)
    if measure == "error":
        values = 100 * (1 - values)
    elif measure == "accuracy":
        values = 100 * values
    return np.where(values > 1e-9, values, np.nan) if logarithmic else values


def _end(values: np.ndarray, logarithmic: bool) -> float:
    """The last value that can be shown, as the axis counts."""
    shown = values[np.isfinite(values)]
    if not len(shown):
        return math.nan
    return math.log10(shown[-1]) if logarithmic else float(shown[-1])


def _range(everything: Sequence[np.ndarray], logarithmic: bool) -> tuple[float, float]:
    """Both ends of the axis, as powers of ten where it is logarithmic."""
    values = np.concatenate(everything)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = (np.log10(values) if logarithmic else values)[[values.argmin(), values.argmax()]]
    room = _ROOM * (high - low) or 0.05
    return float(low - room), float(high + room)


def _trace(x: np.ndarray, y: np.ndarray, part: str, name: str, colour: str, in_legend: bool) -> go.Scatter:
    words = {"training": _("training"), "test": _("test")}
    return go.Scatter(
        x=x,
        y=y.astype(np.float32),
        name=name,
        legendgroup=name,
        showlegend=in_legend,
        mode="lines+markers" if len(x) == 1 else "lines",
        line={"color": colour, **_STROKES[part]},
        hovertemplate=f"{name}, {words[part]}: %{{y:.4g}}<extra></extra>",
    )  # fmt: skip


def _explain(drawn: go.Figure, parts: Sequence[str]) -> None:
    """Say in the legend what dashes mean."""
    if len(parts) == 1:
        return
    for name, dash in ((_("training"), "dash"), (_("test"), "solid")):
        drawn.add_trace(
            go.Scatter(
                x=[None], y=[None], mode="lines", name=name, line={"color": GREY, "dash": dash}, hoverinfo="skip"
            )
        )


def _labels(ends: Sequence[tuple[str, str, float]], low: float, high: float) -> list[dict[str, object]]:
    """The curves' names at the right, in the order of their ends, far enough apart to be read."""
    places = sorted(((end - low) / (high - low), name, colour) for name, colour, end in ends if math.isfinite(end))
    heights: list[float] = []
    for place, _name, _colour in places:
        heights.append(max(place, heights[-1] + _LINE / _PLOT) if heights else place)
    above = max(0.0, heights[-1] - 1) if heights else 0.0
    return [
        {"text": name, "x": 1, "xref": "paper", "xanchor": "left", "xshift": 6, "y": height - above, "yref": "paper",
         "yanchor": "middle", "showarrow": False, "font": {"size": 15, "color": colour}}
        for height, (_end_, name, colour) in zip(heights, places, strict=True)
    ]  # fmt: skip
