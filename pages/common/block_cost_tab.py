"""Cost of a block: the ways to turn C maps into N maps, and what each of them saves against a standard convolution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.networks import block_costs
from cnnviz.networks.block_costs import BLOCKS, BlockCost, Design
from pages.common.charts import COLOURS, GREY, base, chart, ink, short
from pages.common.language import _
from pages.common.percent import percent
from pages.common.settings import Setting, Settings, choice

__all__ = ["BLOCK_COST_SETTINGS", "block_cost_tab"]

# Every number of channels is a multiple of every number of groups and of every reduction.
_CHANNELS = (32, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
_ROOM = 2.3  # of the axis, in longest bars: "627 M · 136%" stands behind the longest
_CHOICES = {
    "in_channels": _CHANNELS,
    "out_channels": _CHANNELS,
    "kernel_size": block_costs.KERNELS,
    "size": (7, 14, 28, 56, 112),
    "stride": (1, 2),
    "groups": (2, 4, 8, 16, 32),
    "reduction": (2, 4, 8, 16),
    "expansion": (1, 2, 3, 4, 5, 6),
}


def _one_of(name: str) -> Setting:
    """A number out of a list."""

    def decode(text: str) -> int:
        value = int(text[:6])
        if value not in _CHOICES[name]:
            raise ParameterError(name, value, ", ".join(map(str, _CHOICES[name])))
        return value

    return Setting(f"cost_{name}", getattr(Design(), name), str, decode)


BLOCK_COST_SETTINGS: tuple[Setting, ...] = (
    choice("cost_block", "separable", BLOCKS),
    *(_one_of(name) for name in _CHOICES),
)


def block_cost_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `BLOCK_COST_SETTINGS`."""
    design = Design(**{name: settings[f"cost_{name}"] for name in _CHOICES})
    costs = block_costs.costs(design)
    st.markdown(
        _("**Compare the bars**: every block turns C maps into N maps, with windows of k × k.") + " " + _cheapest(costs)
    )
    left, right = st.columns([2, 5], gap="medium")
    with left:
        _controls(settings)
    with right:
        _bars(costs, settings["cost_block"])
    _explanation(settings, design, {each.key: each for each in costs})


def _cheapest(costs: Sequence[BlockCost]) -> str:
    standard, cheapest = costs[0], min(costs, key=lambda each: each.macs)
    return _("Cheapest here: **{block}**, with {share:.1f}% of the operations of a standard convolution.").format(
        block=_(BLOCKS[cheapest.key].title), share=100 * cheapest.macs / standard.macs
    )


def _controls(settings: Settings) -> None:
    """Two sliders beside each other: eight below each other would leave the chart."""
    titles = {
        "in_channels": _("C: channels in"),
        "out_channels": _("N: channels out"),
        "kernel_size": _("k: kernel"),
        "size": _("Rows and columns"),
        "stride": _("Stride"),
        "groups": _("g: groups"),
        "reduction": _("r: reduction"),
        "expansion": _("t: expansion"),
    }
    names = list(titles)
    for pair in zip(names[::2], names[1::2], strict=True):
        for name, column in zip(pair, st.columns(2, gap="medium", vertical_alignment="bottom"), strict=True):
            with column:
                settings.control(f"cost_{name}", st.select_slider, titles[name], _CHOICES[name])


# ---- the bars


def _bars(costs: Sequence[BlockCost], chosen: str) -> None:
    """Parameters and operations side by side, below each other where there is no room."""
    left, right = st.columns(2, gap="small")
    with left:
        chart(_figure(costs, [each.parameters for each in costs], chosen, _("Parameters")), "architectures/block sizes")
    with right:
        chart(_figure(costs, [each.macs for each in costs], chosen, _("Operations")), "architectures/block operations")


def _figure(costs: Sequence[BlockCost], values: Sequence[int], chosen: str, title: str) -> go.Figure:
    """One bar for each kind of block, the chosen one in colour."""
    figure = go.Figure(
        go.Bar(
            x=np.array(values, np.float32),
            y=[_(BLOCKS[each.key].title) for each in costs],
            orientation="h",
            marker={"color": [COLOURS[1] if each.key == chosen else GREY for each in costs]},
            text=[f"{short(value)} · {percent(value / values[0], 0)}" for value in values],
            textposition="outside",
            textfont={"size": 14, **ink()},
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, _ROOM * max(values)], showticklabels=False, showgrid=False, title=title, side="top")
    figure.update_yaxes(autorange="reversed")
    # Plotly's buttons have their room below the bars.
    return base(figure, 415, showlegend=False, bargap=0.3, margin_b=36)


# ---- one block in detail


def _explanation(settings: Settings, design: Design, costs: dict[str, BlockCost]) -> None:
    """The chosen block: its idea, its formula, and the formula with the numbers filled in."""
    titles = {key: _(recipe.title) for key, recipe in BLOCKS.items()}
    settings.control(
        "cost_block", st.pills, _("How is it counted?"), list(titles), format_func=titles.__getitem__, required=True
    )
    chosen, standard = costs[settings["cost_block"]], costs["standard"]
    recipe = BLOCKS[chosen.key]
    st.markdown(_(recipe.idea) + " :gray[" + recipe.source + "]")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**" + _("Parameters") + f"** $\\;{recipe.formula}$")
        st.markdown(_sum(chosen, operations=False))
    with right:
        st.markdown("**" + _("Operations") + "** " + _("every weight once at each place of the output"))
        st.markdown(_sum(chosen, operations=True))
    if chosen is not standard:
        st.markdown(_ratio(chosen, standard, design))
    st.caption(
        _("Without biases: a batch norm follows each convolution, and its scale and shift are not counted here.")
    )


def _sum(chosen: BlockCost, operations: bool) -> str:
    """A line for each convolution with its product, and the total."""
    lines = [
        f"- {_(step.title)}: {step.macs_words if operations else step.parameters_words}"
        f" = {step.macs if operations else step.parameters:,}"
        for step in chosen.steps
    ]
    total = chosen.macs if operations else chosen.parameters
    if len(lines) > 1:
        lines.append("- " + _("together **{total:,}**").format(total=total))
    return "\n".join(lines)


def _ratio(chosen: BlockCost, standard: BlockCost, design: Design) -> str:
    """What the block costs of a standard convolution; for the separable one also by its law."""
    text = _(
        "Against the standard convolution: {parameters:.1f}% of the parameters, {macs:.1f}% of the operations."
    ).format(parameters=100 * chosen.parameters / standard.parameters, macs=100 * chosen.macs / standard.macs)
    if chosen.key != "separable":
        return text
    n, k = design.out_channels, design.kernel_size
    share = rf"{100 * block_costs.separable_ratio(k, n):.1f}\,\%"
    law = rf"\frac1N + \frac1{{k^2}} = \frac1{{{n}}} + \frac1{{{k}^2}} = {share}"
    return text + f" ${law}$"
