"""Families over time: what networks scored on ImageNet, against what they cost, year by year."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cnnviz.networks import published
from cnnviz.networks.published import Result, Source
from pages.common.charts import COLOURS, GREY, base, chart, ink, short
from pages.common.files import File, download_row
from pages.common.language import _
from pages.common.settings import Setting, Settings, choice, number

__all__ = ["FAMILIES_SETTINGS", "families_tab"]

_COSTS = ("parameters", "macs")

FAMILIES_SETTINGS: tuple[Setting, ...] = (
    choice("families_cost", "parameters", _COSTS),
    number("families_year", published.YEARS[1], *published.YEARS),
)

_REFERENCE = "resnet50"
_HEIGHT = 460
_RANGES = {"parameters": (2.2e6, 2.6e8), "macs": (1.5e8, 1.1e11)}
_TICKS = {
    "parameters": (3e6, 5e6, 10e6, 20e6, 50e6, 100e6, 200e6),
    "macs": (0.2e9, 0.5e9, 1e9, 2e9, 5e9, 10e9, 20e9, 50e9, 100e9),
}
_ACCURACY = (55, 88.5)
_LARGEST = 46  # pixels across the bubble of the network that costs most
_SMALLEST = 8
_COLOURED = ("resnet", "efficientnet", "inception", "densenet", "mobilenet", "resnext", "senet", "vgg")
_SYMBOLS = {"xception": "diamond", "nasnet": "square"}  # tell the grey ones apart
_MILLISECONDS = 1100  # of a year when the years are played

# Networks named in the chart, and where their name stands: against parameters, against operations ("" where others
# leave no room). Those without a name tell it when they are pointed at; their families stand in the legend.
_NAMED = {
    "alexnet": ("top center", "top center"),
    "vgg19": ("top center", "middle right"),
    "googlenet": ("bottom right", "middle left"),
    "resnet18": ("bottom right", "bottom right"),
    "resnet50": ("bottom right", "bottom right"),
    "resnet152": ("bottom right", "bottom center"),
    "densenet121": ("top center", "top left"),
    "resnext101_64x4d": ("bottom right", "bottom center"),
    "xception": ("top left", "top left"),
    "nasnet_a": ("top center", ""),
    "senet154": ("middle right", "middle right"),
    "mobilenet_v1": ("bottom center", "bottom center"),
    "mobilenet_v2": ("top center", "top center"),
    "efficientnet_b0": ("top left", "top left"),
    "efficientnet_b4": ("top center", "top center"),
    "efficientnet_b7": ("top center", "top center"),
}
_SHORT = {"efficientnet_b4": "B4", "efficientnet_b7": "B7", "resnext101_64x4d": "ResNeXt-101"}

# On a phone the names would lie on each other.
_STYLE = "<style>@media (max-width: 600px) { .st-key-families-chart .textpoint { display: none; } }</style>"


def families_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `FAMILIES_SETTINGS`."""
    cost, year = settings["families_cost"], settings["families_year"]
    results = published.up_to(year)
    st.markdown(_("**Up and to the left is better**: more pictures named right, at a lower cost.") + " "
                + _finding(results, cost, year))  # fmt: skip
    left, right = st.columns([3, 4], gap="medium", vertical_alignment="bottom")
    titles = _titles()
    with left:
        settings.control(
            "families_cost", st.segmented_control, _("Accuracy against"), list(titles),
            format_func=titles.__getitem__, required=True,
        )  # fmt: skip
    with right:
        settings.control("families_year", st.slider, _("Published up to"), *published.YEARS)
    with st.container(key="families-chart"):
        st.html(_STYLE)
        chart(_figure(cost, year), "architectures/families")
    st.caption(
        _(
            "Share of the 50,000 validation pictures of ImageNet whose class is named right, one crop each. The area "
            "of a bubble is the other cost. Training differs: tenths of a percent mean little."
        )
    )
    _table(results)


def _titles() -> dict[str, str]:
    return {"parameters": _("Parameters"), "macs": _("Operations")}


def _finding(results: Sequence[Result], cost: str, year: int) -> str:
    """The most accurate network, and the cheapest one that is as good as ResNet-50.

    The year is named: while the chart plays the years before, the sentence stays.
    """
    best = max(results, key=lambda each: (each.top1.value, -getattr(each, cost).value))
    text = _("Of all that were published up to {year}, {network} is the most accurate, with {top1:.1f}%.")
    text = text.format(year=year, network=best.title, top1=best.top1.value)
    reference = published.get(_REFERENCE)
    if reference not in results:
        return text
    equals = [each for each in results if each.top1.value >= reference.top1.value]
    cheapest = min(equals, key=lambda each: getattr(each, cost).value)
    if cheapest is reference:
        return text
    ratio = getattr(reference, cost).value / getattr(cheapest, cost).value
    sentence = {
        "parameters": _("{network} reaches the accuracy of {reference} with {ratio:.1f} times fewer parameters."),
        "macs": _("{network} reaches the accuracy of {reference} with {ratio:.1f} times fewer operations."),
    }[cost]
    return text + " " + sentence.format(network=cheapest.title, reference=reference.title, ratio=ratio)


# ---- the chart


def _figure(cost: str, year: int) -> go.Figure:
    """Bubbles of all families up to a year, and a button that plays the years before."""
    years = range(published.YEARS[0], year + 1)
    figure = go.Figure(_traces(cost, year))
    figure.frames = [
        go.Frame(data=_traces(cost, each), name=str(each), layout={"annotations": _year_mark(each)}) for each in years
    ]
    base(
        figure,
        _HEIGHT,
        showlegend=True,
        annotations=_year_mark(year),
        xaxis={"title": _titles()[cost], "type": "log", "range": np.log10(_RANGES[cost]).tolist(),
               "tickvals": _TICKS[cost], "ticktext": [short(each) for each in _TICKS[cost]]},
        yaxis={"title": _("Top-1 accuracy, %"), "range": _ACCURACY},
        updatemenus=[_play_button([str(each) for each in years])],
        uirevision=cost,
    )  # fmt: skip
    return figure


def _year_mark(year: int) -> list[dict[str, object]]:
    """The year, large and pale, behind the lower right corner."""
    return [
        {"text": str(year), "xref": "paper", "yref": "paper", "x": 0.985, "y": 0.02, "xanchor": "right",
         "yanchor": "bottom", "showarrow": False, "opacity": 0.28, "font": {"size": 60, "color": GREY}}
    ]  # fmt: skip


def _play_button(names: list[str]) -> dict[str, object]:
    """A light button in both themes: the one that is pointed at is always light in Plotly."""
    timing = {"frame": {"duration": _MILLISECONDS, "redraw": True}, "transition": {"duration": 0}, "mode": "immediate"}
    return {
        "type": "buttons", "direction": "left", "x": 0.012, "y": 0.24, "xanchor": "left", "yanchor": "middle",
        "bgcolor": "#f0f2f6", "bordercolor": "#c4c8d0", "font": {"color": "#31333f", "size": 15}, "showactive": False,
        "buttons": [{"label": _("▶ Play the years"), "method": "animate", "args": [names, timing]}],
    }  # fmt: skip


def _traces(cost: str, year: int) -> list[go.Scatter]:
    """One line of bubbles for each family: every network has its place from the start, those to come are empty."""
    return [_trace(family, cost, year) for family in published.FAMILIES]


def _trace(family: str, cost: str, year: int) -> go.Scatter:
    members = [each for each in published.RESULTS if each.family == family]
    members.sort(key=lambda each: getattr(each, cost).value)
    shown = [each.year <= year for each in members]
    places = [_NAMED.get(each.key, ("", ""))[_COSTS.index(cost)] for each in members]
    colour = COLOURS[_COLOURED.index(family)] if family in _COLOURED else GREY
    return go.Scatter(
        x=np.where(shown, [getattr(each, cost).value for each in members], np.nan).astype(np.float32),
        y=np.where(shown, [each.top1.value for each in members], np.nan).astype(np.float32),
        mode="lines+markers+text",
        name=published.FAMILIES[family],
        connectgaps=True,
        line={"color": colour, "width": 2},
        marker={
            "color": colour, "symbol": _SYMBOLS.get(family, "circle"), "opacity": 0.75,
            "size": _sizes(members, cost), "line": {"width": 1},
        },
        text=[_SHORT.get(each.key, each.title) if place else "" for each, place in zip(members, places, strict=True)],
        textposition=[place or "top center" for place in places],
        textfont={"size": 14, **ink()},
        cliponaxis=False,
        hovertext=[_hover(each) for each in members],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def _sizes(members: Sequence[Result], cost: str) -> list[float]:
    """Pixels across; the area follows the cost that is not on the axis."""
    other = next(each for each in _COSTS if each != cost)
    most = max(getattr(each, other).value for each in published.RESULTS)
    return [max(_SMALLEST, _LARGEST * (getattr(each, other).value / most) ** 0.5) for each in members]


def _hover(result: Result) -> str:
    lines = [
        f"<b>{result.title}</b>, {result.year}",
        _("top-1 {top1:.1f}%").format(top1=result.top1.value),
        _("{count} parameters").format(count=short(result.parameters.value)),
        _("{count} operations").format(count=short(result.macs.value)),
        _("input {size} × {size}").format(size=result.input_size),
    ]
    return "<br>".join(lines)


# ---- the table


def _table(results: Sequence[Result]) -> None:
    sources = list(dict.fromkeys(source for each in results for source in each.sources))
    rows = [_table_row(each, sources) for each in sorted(results, key=lambda each: (each.year, each.top1.value))]
    formats = {_("Top-1, %"): "%.1f", _("Parameters, millions"): "%.1f", _("Operations, billions"): "%.2f"}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=320,
        column_config={
            _("Year"): st.column_config.NumberColumn(format="%d"),
            **{name: st.column_config.NumberColumn(format=form) for name, form in formats.items()},
        },
    )
    download_row([File(_("Table (CSV)"), "imagenet-results.csv", lambda: _csv(results))])
    with st.expander(_("Sources"), icon=":material/menu_book:"):
        st.caption(
            _(
                "The last column of the table names the sources of the accuracy, the parameters and the operations, in "
                "this order, or the one that has all three."
            )
        )
        st.markdown("\n".join(f"{i}. [{_(source.title)}]({source.link})" for i, source in enumerate(sources, 1)))


def _table_row(result: Result, sources: list[Source]) -> dict[str, object]:
    cited = [str(sources.index(each.source) + 1) for each in (result.top1, result.parameters, result.macs)]
    return {
        _("Network"): result.title,
        _("Year"): result.year,
        _("Top-1, %"): result.top1.value,
        _("Parameters, millions"): result.parameters.value / 1e6,
        _("Operations, billions"): result.macs.value / 1e9,
        _("Input"): f"{result.input_size} × {result.input_size}",
        _("Sources"): cited[0] if len(result.sources) == 1 else ", ".join(cited),
    }


def _csv(results: Sequence[Result]) -> bytes:
    """The table with full sources; the mark at its start tells spreadsheets that it is UTF-8."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    names = ("top1_percent", "parameters", "multiply_accumulates")
    writer.writerow(["network", "family", "year", "input", *names, *(f"{name}_source" for name in names)])
    for each in results:
        numbers = (each.top1, each.parameters, each.macs)
        facts = [each.title, published.FAMILIES[each.family], each.year, each.input_size]
        cited = [f"{number.source.title}, {number.source.link}" for number in numbers]
        writer.writerow([*facts, *(number.value for number in numbers), *cited])
    return stream.getvalue().encode("utf-8-sig")
