"""Compound scaling: one number, φ, makes EfficientNet deeper and wider and its pictures larger."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from cnnviz.errors import ParameterError
from cnnviz.networks import scaling
from cnnviz.networks.scaling import Coefficients, ScaledNetwork, Stage
from pages.common.charts import COLOURS, GREY, base, chart, short
from pages.common.language import _
from pages.common.settings import Setting, Settings

__all__ = ["SCALING_SETTINGS", "scaling_tab"]

_PAPER = Coefficients()
_MOST_PHI = 7.0
_MOST = {"alpha": 1.4, "beta": 1.3, "gamma": 1.3}
_POINTS = 36  # of a curve: a step of the slider is never far from one
_DASHES = {"": "solid", "depth": "dash", "width": "dashdot", "resolution": "dot"}


def _decimal(name: str, default: float, least: float, most: float) -> Setting:
    """A number with two decimals at most."""

    def decode(text: str) -> float:
        value = round(float(text[:12]), 2)
        if not least <= value <= most:
            raise ParameterError(name, text[:12], f"{least:g} … {most:g}")
        return value

    return Setting(name, default, "{:g}".format, decode)


SCALING_SETTINGS: tuple[Setting, ...] = (
    _decimal("scaling_phi", 3.0, 0.0, _MOST_PHI),
    *(_decimal(f"scaling_{name}", getattr(_PAPER, name), 1.0, most) for name, most in _MOST.items()),
)


def scaling_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `SCALING_SETTINGS`."""
    phi, chosen = settings["scaling_phi"], Coefficients(*(settings[f"scaling_{name}"] for name in _MOST))
    start, network = scaling.scaled(scaling.compound(0)), scaling.scaled(scaling.compound(phi, chosen))
    st.markdown(
        _(
            "**Move φ**: the network gets deeper and wider, and sees larger pictures, all at once. Adding 1 to φ "
            "should about double the operations; with these α, β and γ it multiplies them by about {growth}."
        ).format(growth=_growth(chosen))
    )
    left, right = st.columns([2, 5], gap="medium")
    with left:
        _controls(settings)
    with right:
        _numbers(network, start, phi, chosen)
        chart(_silhouettes(start, network, phi), "architectures/silhouettes")
    _single(phi, chosen)
    with st.expander(_("Stage by stage"), icon=":material/table:"):
        _stages(start, network)


def _controls(settings: Settings) -> None:
    settings.control("scaling_phi", st.slider, _("φ: how much larger"), 0.0, _MOST_PHI, step=0.1, format="%.1f")
    titles = {"alpha": _("α: depth"), "beta": _("β: width"), "gamma": _("γ: resolution")}
    for name, title in titles.items():
        settings.control(f"scaling_{name}", st.slider, title, 1.0, _MOST[name], step=0.01, format="%.2f")
    paper = {f"scaling_{name}": getattr(_PAPER, name) for name in _MOST}

    def reset() -> None:
        for name, value in paper.items():
            settings[name] = value

    changed = any(settings[name] != value for name, value in paper.items())
    st.button(
        _("The paper's α, β, γ"),
        key="architectures/paper",
        icon=":material/undo:",
        on_click=reset,
        disabled=not changed,
    )


def _growth(chosen: Coefficients) -> str:
    numbers = rf"{chosen.alpha:g}\cdot {chosen.beta:g}^2\cdot {chosen.gamma:g}^2"
    return rf"$\alpha\,\beta^2\,\gamma^2 = {numbers} = {chosen.growth:.2f}$"


def _numbers(network: ScaledNetwork, start: ScaledNetwork, phi: float, chosen: Coefficients) -> None:
    """The three multipliers, and what they make of the two costs."""
    by = network.multipliers
    powers = [rf"$\{name}^\phi$" for name in _MOST]
    facts = [
        (_("Depth") + " " + powers[0], f"× {by.depth:.2f}", ""),
        (_("Width") + " " + powers[1], f"× {by.width:.2f}", ""),
        (_("Picture") + " " + powers[2], _("{side} px").format(side=by.resolution), chosen.gamma**phi),
        (_("Parameters"), short(network.parameters), network.parameters / start.parameters),
        (_("Operations"), short(network.macs), network.macs / start.macs),
    ]
    with st.container(horizontal=True, gap="small"):
        for title, value, change in facts:
            delta = f"× {change:.2f}" if change else None
            st.metric(title, value, delta, delta_color="off", delta_arrow="off", width="content")


# ---- the networks as rows of blocks


def _silhouettes(start: ScaledNetwork, network: ScaledNetwork, phi: float) -> go.Figure:
    """B0 above the scaled network: a bar for each block, as high as it has channels."""
    titles = ["φ = 0 (B0)", f"φ = {phi:g}"]
    figure = make_subplots(2, 1, shared_xaxes=True, shared_yaxes=True, vertical_spacing=0.06)
    for row, (each, colour) in enumerate(((start, GREY), (network, COLOURS[0])), 1):
        stages = [stage for stage in each.stages if stage.stage.kind != "head" for _number in range(stage.layers)]
        figure.add_bar(
            x=np.arange(1, len(stages) + 1, dtype=np.float32),
            y=np.array([stage.channels for stage in stages], np.float32),
            marker={"color": colour, "line": {"width": 0}},
            hovertext=[
                _("{operator}: {channels} channels, input {side} × {side}").format(
                    operator=_operator(stage.stage), channels=stage.channels, side=stage.side
                )
                for stage in stages
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            row=row,
            col=1,
        )
        figure.add_annotation(
            text=f"<b>{titles[row - 1]}</b>", x=0.01, y=0.95, xref="x domain", yref="y domain", showarrow=False,
            xanchor="left", yanchor="top", font={"size": 16}, row=row, col=1,
        )  # fmt: skip
    most = max(stage.channels for stage in network.stages if stage.stage.kind != "head")
    figure.update_yaxes(range=[0, 1.05 * most], title=_("channels"), nticks=4)
    figure.update_xaxes(title=_("blocks, from the picture to the classifier"), row=2, col=1)
    return base(figure, 300, showlegend=False, bargap=0.15)


def _operator(stage: Stage) -> str:
    match stage.kind:
        case "conv":
            return f"Conv {stage.kernel_size}×{stage.kernel_size}"
        case "head":
            return _("Conv 1×1, pooling, classifier")
    return f"MBConv{stage.expansion} {stage.kernel_size}×{stage.kernel_size}"


# ---- all three against one alone


def _single(phi: float, chosen: Coefficients) -> None:
    """Curves of the two costs over φ, for the joint scaling and for each of its parts."""
    start = scaling.scaled(scaling.compound(0))
    ways = ("", *scaling.ALONE)
    factors = {only: scaling.scaled(scaling.compound(phi, chosen, only)).macs / start.macs for only in ways}
    st.markdown(
        _(
            "**Together or one alone?** At φ = {phi:g}, depth alone multiplies the operations by {depth:.2f}, width "
            "alone by {width:.2f}, resolution alone by {resolution:.2f}; together they make {joint:.2f}. Resolution "
            "adds no parameters: the same weights are used at more places."
        ).format(phi=phi, joint=factors[""], **{name: factors[name] for name in scaling.ALONE})
        + " "
        + _law(phi, chosen)
    )
    found = _costs(chosen)
    left, right = st.columns(2, gap="medium")
    for column, name, title in ((left, "macs", _("Operations")), (right, "parameters", _("Parameters"))):
        with column:
            chart(_curves([(way, found[way][name]) for way in ways], phi, title), f"architectures/scaling {name}")
    st.caption(_closest(scaling.scaled(scaling.compound(phi, chosen))))


def _law(phi: float, chosen: Coefficients) -> str:
    """What the operations would be multiplied by if nothing were rounded."""
    return _(
        "α, β² and γ² to the power φ promise {depth:.2f}, {width:.2f}, {resolution:.2f} and, together, {joint:.2f}; "
        "what differs is mostly rounding: blocks up to whole ones, channels to multiples of 8, maps up to whole pixels "
        "at each halving."
    ).format(
        depth=chosen.alpha**phi,
        width=chosen.beta ** (2 * phi),
        resolution=chosen.gamma ** (2 * phi),
        joint=chosen.growth**phi,
    )


@st.cache_data(max_entries=128, show_spinner=False)
def _costs(chosen: Coefficients) -> dict[str, dict[str, list[int]]]:
    """For the joint scaling ("") and each single one: both costs at every φ of the curves."""
    found = {}
    for only in ("", *scaling.ALONE):
        networks = [scaling.scaled(scaling.compound(phi, chosen, only)) for phi in _phis()]
        found[only] = {"macs": [each.macs for each in networks], "parameters": [each.parameters for each in networks]}
    return found


def _phis() -> list[float]:
    return [float(each) for each in np.linspace(0, _MOST_PHI, _POINTS)]


def _curves(lines: Sequence[tuple[str, Sequence[int]]], phi: float, title: str) -> go.Figure:
    names = {"": _("all three"), "depth": _("depth"), "width": _("width"), "resolution": _("resolution")}
    figure = go.Figure()
    for (way, values), colour in zip(lines, COLOURS, strict=False):
        figure.add_scatter(
            x=np.array(_phis(), np.float32),
            y=np.array(values, np.float32),
            name=names[way],
            mode="lines",
            line={"color": colour, "width": 2.5 if way else 4, "dash": _DASHES[way]},
            hovertemplate="%{y:.3s}",
        )
    figure.add_vline(x=phi, line={"color": GREY, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title="φ", dtick=1)
    figure.update_yaxes(title=title, type="log", **_ticks(values for _way, values in lines))
    return base(figure, 330, hovermode="x unified")


def _ticks(lines: Iterable[Sequence[int]]) -> dict[str, object]:
    """1, 2, 5, 10, … where the curves are, written in short."""
    values = [value for line in lines for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    ticks = [step * 10.0**power for power in range(low, high + 1) for step in (1, 2, 5)]
    around = [tick for tick in ticks if min(values) / 2.5 < tick < max(values) * 2.5]
    return {"tickvals": around, "ticktext": [short(tick) for tick in around]}


def _closest(network: ScaledNetwork) -> str:
    """The published network whose operations are nearest."""

    def distance(variant: str) -> float:
        return abs(math.log(published[variant].macs / network.macs))

    published = {name: scaling.scaled(by) for name, by in scaling.VARIANTS.items()}
    name = min(published, key=distance)
    found, by = published[name], scaling.VARIANTS[name]
    text = _(
        "Closest of the published networks by operations: EfficientNet-{name}, with depth × {depth:g}, width × "
        "{width:g} and {side} pixels: {parameters} parameters, {macs} operations."
    ).format(
        name=name,
        depth=by.depth,
        width=by.width,
        side=by.resolution,
        parameters=short(found.parameters),
        macs=short(found.macs),
    )
    return text + " " + _fitting(name, scaling.fitting_phis(by))


def _fitting(name: str, phis: Sequence[float]) -> str:
    return _(
        "The number in a name is not φ: with the paper's α, β and γ, the multipliers of {name} belong to φ = {low:.1f} "
        "to {high:.1f}."
    ).format(name=name, low=min(phis), high=max(phis))


def _stages(start: ScaledNetwork, network: ScaledNetwork) -> None:
    rows = [
        {
            _("Stage"): number,
            _("Operator"): _operator(now.stage),
            _("Input"): f"{now.side} × {now.side}",
            _("Channels, B0"): str(before.channels),
            _("Channels"): str(now.channels),
            _("Blocks, B0"): str(before.layers),
            _("Blocks"): str(now.layers),
            _("Parameters"): f"{now.parameters:,}",
            _("Operations"): f"{now.macs:,}",
        }
        for number, (before, now) in enumerate(zip(start.stages, network.stages, strict=True), 1)
    ]
    st.table(pd.DataFrame(rows).set_index(_("Stage")))
    st.caption(
        _(
            "Channels are rounded to multiples of 8, but never more than a tenth down; blocks are rounded up. Counted "
            "for 1000 classes, scale and shift of the batch norms included. After Tan and Le 2019, table 1 and "
            "equation 3, and the authors' code."
        )
    )
