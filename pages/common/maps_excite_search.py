"""Searching pictures from noise: the one that excites a channel most, and the one that a layer takes for this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from cnnviz.engine import InversionJob, MaximiseJob
from pages.common.charts import COLOURS, GREY, base, chart
from pages.common.language import _, escaped
from pages.common.map_strips import short_number
from pages.common.maps_excite_unit import Unit
from pages.common.maps_looked import Looked
from pages.common.maps_why_choice import layers_with_places
from pages.common.settings import Settings
from pages.common.small_figures import figure as small_figure
from pages.common.small_figures import in_a_row
from pages.common.work import asked, awaited, start

if TYPE_CHECKING:
    from cnnviz.networks.maximise import Maximised

__all__ = ["dream", "memory"]

_SLOT = "maps/excite"
_WIDTH = 200
_FRAME = 150
_SEEDS = 1000


def dream(settings: Settings, looked: Looked, unit: Unit) -> None:
    """The picture that the unit looks for, searched when a button is pressed."""
    from cnnviz.networks.maximise import STEPS

    st.markdown("**" + _("What it looks for: {unit}").format(unit=unit.title) + "**")
    job = MaximiseJob(looked.model, unit.layer.name, unit.channel, settings["excite_seed"])
    if not asked(_SLOT, job, _("Search the picture"), ":material/auto_awesome:"):
        st.caption(
            _("Noise is changed along the gradient until it excites the channel: {steps} passes each way.").format(
                steps=STEPS
            )
        )
        return
    found = awaited(_SLOT, job, _("Searching for the picture that excites it most"))
    if found is None:
        return
    _found(unit, found)
    st.button(
        _("Another start"),
        key=f"{_SLOT}/another",
        on_click=_another,
        args=(settings,),
        icon=":material/casino:",
        help=_("Noise number {seed} was the start; another one may lead elsewhere.").format(seed=found.seed),
    )


def _another(settings: Settings) -> None:
    settings["excite_seed"] = (settings["excite_seed"] + 1) % _SEEDS
    start(_SLOT)


def _found(unit: Unit, found: Maximised) -> None:
    here = float(unit.map.mean())
    if found.activation == found.curve[0]:
        text = _("Nothing was found: the activation stayed at {found} from the noise on. Try another start.")
        st.warning(text.format(found=short_number(found.activation)), icon=":material/search_off:")
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=_WIDTH):
            words = _("Found: mean activation {found}").format(found=short_number(found.activation))
            st.html(small_figure(found.picture, _WIDTH, words, _("The picture that excites the channel most")))
        with st.container(width="stretch"):
            _curve(found, here)
    frames = found.frames[:: max(1, len(found.frames) // 5)]
    st.html(in_a_row((small_figure(each, _FRAME) for each in frames), _("From noise to the picture, step by step")))
    st.caption(
        _(
            "Your picture: {here}. Noise {seed}, {steps} steps, {seconds} s; no picture of the training data, and "
            "others may excite it as much (Erhan et al., 2009; Olah et al., Distill 2017)."
        ).format(
            here=short_number(here), seed=found.seed, steps=len(found.curve), seconds=f"{found.milliseconds / 1000:.1f}"
        )
    )


def _curve(found: Maximised, here: float) -> None:
    figure = go.Figure(
        go.Scatter(
            x=list(range(len(found.curve))),
            y=found.curve.tolist(),
            line={"color": COLOURS[0]},
            hovertemplate=_("step {step}: {value}").format(step="%{x}", value="%{y:.3g}") + "<extra></extra>",
        )
    )
    figure.add_hline(here, line={"color": GREY, "dash": "dash"}, annotation={"text": _("your picture")})
    base(figure, 190, xaxis={"title": _("step")}, yaxis={"title": _("mean activation")})
    chart(figure, f"{_SLOT}/curve")


def memory(settings: Settings, looked: Looked) -> None:
    """What is left of the picture in the layer that is open, or in the last one with places."""
    layers = layers_with_places(looked.done.summary)
    step = settings["step"] or (layers[-1] if layers else looked.steps[-1])
    st.markdown("**" + _("What is left of my picture in {step}?").format(step=escaped(step)) + "**")
    slot = f"{_SLOT}/memory"
    job = InversionJob(looked.model, looked.image, step)
    if not asked(slot, job, _("Search it back"), ":material/history:"):
        st.caption(_("A picture is searched, from noise, that the layer cannot tell from yours."))
        return
    found = awaited(slot, job, _("Searching for a picture that the layer takes for yours"))
    if found is None:
        return
    with st.container(horizontal=True, gap="medium"):
        for picture, title in ((looked.seen, _("The network saw")), (found.picture, _("Found again"))):
            with st.container(width=_WIDTH):
                st.html(small_figure(picture, _WIDTH, title))
    st.caption(
        _(
            "The activations differ by {left}% of their square (at the start {first}%); what the layer has lost is not "
            "found again. {steps} steps, {seconds} s. Mahendran and Vedaldi, CVPR 2015, arXiv 1412.0035."
        ).format(
            left=f"{100 * found.curve[-1]:.1f}",
            first=f"{100 * found.curve[0]:.0f}",
            steps=len(found.curve),
            seconds=f"{found.milliseconds / 1000:.1f}",
        )
    )
