"""Signal through depth: how activations and gradients grow or vanish in a network that has just been initialised."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.networks import signal
from cnnviz.networks.signal import Network, Signal
from pages.common.charts import COLOURS, base, chart
from pages.common.language import _
from pages.common.settings import Setting, Settings, bound, choice, number

__all__ = ["SIGNAL_DEPTH_SETTINGS", "signal_depth_tab"]

_SAMPLE = "cat"
_PICTURES = 8
_MOST_SEED = 999
_TURN = threading.Lock()  # one measurement at a time keeps all cores busy; a class would start thirty
_KINDS = {  # residual?, norm
    "plain": (False, "none"),
    "plain-batch": (False, "batch"),
    "residual": (True, "none"),
    "residual-batch": (True, "batch"),
}
_CLEAR = 1.0  # powers of ten that count as growing or shrinking
_STYLES = {  # of the curves: colour, dash
    "plain": (COLOURS[1], "solid"),
    "plain-batch": (COLOURS[1], "dot"),
    "residual": (COLOURS[0], "solid"),
    "residual-batch": (COLOURS[0], "dot"),
}


def _read_depth(text: str) -> int:
    depth = int(text[:4])
    if depth not in signal.DEPTHS:
        raise ParameterError("depth", depth, ", ".join(map(str, signal.DEPTHS)))
    return depth


def _read_kinds(text: str) -> tuple[str, ...]:
    names = text[:100].split(".")
    if not all(name in _KINDS for name in names):
        raise ParameterError("networks", text[:40], ", ".join(_KINDS))
    return _ordered(names)


def _ordered(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in _KINDS if name in names)


SIGNAL_DEPTH_SETTINGS: tuple[Setting, ...] = (
    Setting("signal_depth", 20, str, _read_depth),
    Setting("signal_networks", tuple(_KINDS), ".".join, _read_kinds),
    choice("signal_activation", "sigmoid", signal.ACTIVATIONS),
    choice("signal_weights", "he", signal.INITIALISATIONS),
    choice("signal_input", "picture", ("picture", "noise")),
    number("signal_seed", 0, 0, _MOST_SEED),
)


def signal_depth_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `SIGNAL_DEPTH_SETTINGS`."""
    _controls(settings)
    networks = [_network(settings, kind) for kind in settings["signal_networks"]]
    found = _measured_in_turn(networks, settings)
    names = _names()
    titles = [names[kind] for kind in settings["signal_networks"]]
    st.markdown(_finding(titles, found))
    left, right = st.columns(2, gap="medium")
    styles = [_STYLES[kind] for kind in settings["signal_networks"]]
    short = [_legend()[kind] for kind in settings["signal_networks"]]
    with left:
        curves = [each.activations for each in found]
        chart(_figure(short, styles, curves, _("Activations: root mean square")), "architectures/activations")
    with right:
        curves = [each.gradients for each in found]
        chart(_figure(short, styles, curves, _("Gradients: root mean square")), "architectures/gradients")
    st.markdown("**" + _("Why?") + "** " + " ".join(_reasons(networks)))
    st.caption(
        _(
            "Measured behind each activation, in 64 bits, before any training: {count} pictures of 32 × 32, one pass "
            "forward in training mode, one backward from the cross-entropy against classes drawn at random. In a "
            "residual network every second activation is inside a block. Networks of He et al. 2015, section 4.2."
        ).format(count=_PICTURES)
    )
    with st.expander(_("Copy as Python"), icon=":material/code:"):
        st.code(_program(networks, settings), language="python")


def _controls(settings: Settings) -> None:
    names = _names()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        settings.control(
            "signal_depth", st.segmented_control, _("Layers"), signal.DEPTHS, required=True, width="content"
        )
        activations = {"relu": "ReLU", "sigmoid": _("sigmoid")}
        settings.control(
            "signal_activation", st.segmented_control, _("Activation"), list(activations),
            format_func=activations.__getitem__, required=True, width="content",
        )  # fmt: skip
        weights = {"he": "He", "xavier": "Xavier", "small": _("small")}
        settings.control(
            "signal_weights", st.segmented_control, _("Weights"), list(weights), format_func=weights.__getitem__,
            required=True, width="content", help=_weights_help(),
        )  # fmt: skip
        inputs = {"picture": _("picture"), "noise": _("noise")}
        settings.control(
            "signal_input", st.segmented_control, _("Input"), list(inputs), format_func=inputs.__getitem__,
            required=True, width="content",
        )  # fmt: skip
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        bound(
            f"{settings.page}/signal_networks", list(settings["signal_networks"]),
            lambda chosen: _choose(settings, chosen), st.pills, _("Networks"), list(names), selection_mode="multi",
            format_func=names.__getitem__, label_visibility="collapsed", wrap=True,
        )  # fmt: skip
    right.button(
        _("Draw other weights"),
        key="architectures/redraw",
        icon=":material/casino:",
        on_click=_redraw,
        args=(settings,),
    )


def _redraw(settings: Settings) -> None:
    settings["signal_seed"] = (settings["signal_seed"] + 1) % (_MOST_SEED + 1)


def _choose(settings: Settings, chosen: Sequence[str]) -> None:
    """Networks that are shown; the last one cannot be taken away."""
    if chosen:
        settings["signal_networks"] = _ordered(chosen)


def _names() -> dict[str, str]:
    return {
        "plain": _("plain"),
        "plain-batch": _("plain, batch norm"),
        "residual": _("residual"),
        "residual-batch": _("residual, batch norm"),
    }


def _legend() -> dict[str, str]:
    """Names that fit above a chart."""
    return {
        "plain": _("plain"),
        "plain-batch": _("plain, BN"),
        "residual": _("residual"),
        "residual-batch": _("residual, BN"),
    }


def _weights_help() -> str:
    return _(
        "Normal distribution. He: variance 2 / fan-in, made for ReLU. Xavier: 2 / (fan-in + fan-out). Small: standard "
        "deviation 0.01, as in AlexNet. Fan-in is how many numbers one output sums up."
    )


def _network(settings: Settings, kind: str) -> Network:
    residual, norm = _KINDS[kind]
    return Network(settings["signal_depth"], residual, norm, settings["signal_activation"], settings["signal_weights"])


def _measured_in_turn(networks: Sequence[Network], settings: Settings) -> list[Signal]:
    """Measure one after the other, saying which one runs; the curves from before stay on screen until the end."""
    found = []
    place = st.empty()
    for position, each in enumerate(networks, 1):
        text = _("Running network {number} of {count} forward and backward …")
        with place, st.spinner(text.format(number=position, count=len(networks)), show_time=True):
            found.append(_measured(each, settings["signal_input"], settings["signal_seed"]))
    return found


@st.cache_data(max_entries=256, show_spinner=False)
def _measured(network: Network, source: str, seed: int) -> Signal:
    pictures = (
        signal.crops(samples.load(_SAMPLE).pixels, _PICTURES, seed)
        if source == "picture"
        else signal.noise(_PICTURES, seed)
    )
    with _TURN:
        return signal.measure(network, pictures, seed)


def _finding(titles: Sequence[str], found: Sequence[Signal]) -> str:
    """What happens to the gradient in every network that is shown."""
    start = _("**Read the gradients from right to left**, as they run. From the last layer to the first:")
    changes = (_change(title, each.gradient_decades) for title, each in zip(titles, found, strict=True))
    return start + " " + "; ".join(changes) + "."


def _change(title: str, decades: float) -> str:
    if decades <= -_CLEAR:
        text = _("{network} **shrinks** by {decades:.1f} powers of ten")
    elif decades >= _CLEAR:
        text = _("{network} **grows** by {decades:.1f} powers of ten")
    else:
        text = _("{network} stays within one power of ten (× {factor:.2g})")
    return text.format(network=f"*{title}*", decades=abs(decades), factor=10**decades)


def _reasons(networks: Sequence[Network]) -> list[str]:
    """Why the curves run as they do: a sentence for each kind of network that is shown."""
    kinds = {(each.residual, each.norm) for each in networks}
    activation, weights = networks[0].activation, networks[0].initialisation
    reasons = []
    if any(norm == "none" for _residual, norm in kinds):
        reasons.append(_without_norm(activation, weights))
    if (True, "none") in kinds:
        reasons.append(_with_shortcuts(activation, weights))
    if any(norm == "batch" for _residual, norm in kinds):
        reasons.append(_("Batch norm brings every channel back to variance 1, however large the weights are."))
    return reasons


def _without_norm(activation: str, weights: str) -> str:
    if activation == "sigmoid":
        return _("The slope of the sigmoid is at most 1/4, and each layer multiplies the gradient by it.")
    return {
        "he": _("ReLU halves the mean square, and He's weights double it again: a plain network about keeps it."),
        "xavier": _("ReLU halves the mean square, and Xavier's weights do not make up for it."),
        "small": _("Weights this small shrink the signal in every layer."),
    }[weights]


def _with_shortcuts(activation: str, weights: str) -> str:
    if activation == "sigmoid":
        return _("A shortcut leads around a block's first sigmoid, but not around the one behind the addition.")
    if weights == "he":
        return _("Every addition about doubles the mean square: a block adds as much as came in.")
    return _("A shortcut hands the signal on, past the weights of its block.")


def _figure(
    titles: Sequence[str], styles: Sequence[tuple[str, str]], curves: Sequence[signal.Array], title: str
) -> go.Figure:
    """Curves over the layers on a logarithmic scale."""
    figure = go.Figure()
    for name, (colour, dash), values in zip(titles, styles, curves, strict=True):
        figure.add_scatter(
            x=np.arange(1, len(values) + 1, dtype=np.float32),
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": 3.5},
            hovertemplate="%{y:.2e}",
        )
    figure.update_xaxes(title=_("layer, from input to output"))
    low, high = _decades(curves)
    figure.update_yaxes(title=title, type="log", range=[low, high], **_powers(low, high))
    return base(figure, 345, hovermode="x unified", showlegend=True)


def _powers(low: float, high: float) -> dict[str, object]:
    """Ticks at eight powers of ten at most: left alone, Plotly writes 2, 3, 5 between them."""
    step = math.ceil((high - low) / 8)
    powers = [power for power in range(math.ceil(low), math.floor(high) + 1) if power % step == 0]
    return {"tickvals": [10.0**power for power in powers], "ticktext": [f"10<sup>{power}</sup>" for power in powers]}


def _decades(curves: Sequence[signal.Array]) -> tuple[float, float]:
    """The range of the axis, as powers of ten: at least two, or a flat curve would look like mountains."""
    powers = np.log10(np.concatenate(list(curves)))
    low, high = float(powers.min()), float(powers.max())
    room = max(0.04 * (high - low), (2 - (high - low)) / 2)
    return low - room, high + room


def _program(networks: Sequence[Network], settings: Settings) -> str:
    """A program that measures the same networks."""
    seed = settings["signal_seed"]
    if settings["signal_input"] == "picture":
        imports = "from cnnviz.images import samples\nfrom cnnviz.networks import signal"
        pictures = f'signal.crops(samples.load("{_SAMPLE}").pixels, count={_PICTURES}, seed={seed})'
    else:
        imports, pictures = "from cnnviz.networks import signal", f"signal.noise(count={_PICTURES}, seed={seed})"
    lines = "\n".join(f"    signal.{each}," for each in networks)
    return f"""{imports}

pictures = {pictures}
for network in [
{lines}
]:
    found = signal.measure(network, pictures, seed={seed})
    print(network.key, network.norm, found.gradient_decades)
    print(found.gradients)
"""
