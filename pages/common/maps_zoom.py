"""The three nested zooms: the network, one step, one channel; going back leads up exactly one level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks.facts import Layer
from pages.common.callbacks import to_the_end
from pages.common.class_words import class_word
from pages.common.language import _, escaped, sentence
from pages.common.map_strips import as_maps
from pages.common.maps_channel import one_channel
from pages.common.maps_colours import colour_picture
from pages.common.maps_grid import View, extent, maps_grid, pack_grid
from pages.common.maps_looked import Looked, answers
from pages.common.maps_overview import Look, maps_overview, pack_overview
from pages.common.maps_partner import partner_control, partner_look
from pages.common.maps_settings import leave_channel
from pages.common.percent import percent
from pages.common.settings import Settings

__all__ = ["zoom"]

_LEFT = "maps/left"  # key of the step and the channel that this visitor left last for the network
_UNFINISHED = ("convolution", "normalisation", "linear", "merge")  # families: what follows may raise their numbers


def zoom(settings: Settings, looked: Looked) -> None:
    """Draw the level that the settings ask for."""
    _way(settings, looked)
    if not settings["step"]:
        _network(settings, looked)
    elif settings["channel"] < 0:
        _step(settings, looked)
    else:
        one_channel(settings, looked, lambda: _to_grid(settings))


def _way(settings: Settings, looked: Looked) -> None:
    """Where one is: network › step › channel, each of which leads back."""
    step, channel = settings["step"], settings["channel"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="maps-way"):
        _stop(escaped(_title(looked)), "network", step == "", lambda: _to_network(settings))
        if not step:
            st.caption(_caption(looked), width="content")
            if settings["off"]:
                st.caption(_("What is off in “What if?” is on here."), width="content")
            return
        st.caption("›", width="content")
        _stop(escaped(step), "step", channel < 0, lambda: _to_grid(settings))
        if channel >= 0:
            st.caption("›", width="content")
            st.markdown(
                "**" + _("channel {number}").format(number=channel) + _class(looked, step, channel) + "**",
                width="content",
            )
            _neighbours(settings, looked)
        st.caption(_facts(looked.layer(step)), width="content")


def _title(looked: Looked) -> str:
    title = looked.about.title
    return _("{title}, random weights").format(title=title) if looked.about.source == "random" else title


def _class(looked: Looked, step: str, channel: int) -> str:
    """Of a score: the class that it is of, as Markdown."""
    is_score = step == _scores(looked) and channel < len(looked.about.classes)
    return f": {escaped(class_word(looked.about.classes[channel]))}" if is_score else ""


def _scores(looked: Looked) -> str:
    """The step whose numbers are the scores of the classes; "" where there is none."""
    last = looked.steps[-1]
    return last if looked.done.maps[last].shape == (len(looked.about.classes),) else ""


def _neighbours(settings: Settings, looked: Looked) -> None:
    """The same channel of the step before and after; the grid of a step has such buttons of its own."""
    for by, icon, label in ((-1, "chevron_left", _("Layer before")), (1, "chevron_right", _("Layer after"))):
        st.button(
            label,
            key=f"maps/by {by}",
            icon=f":material/{icon}:",
            on_click=_turn,
            args=(settings, looked, by, settings["channel"]),
            disabled=_next(looked, settings["step"], by) is None,
        )


def _stop(title: str, name: str, here: bool, go: Callable[[], None]) -> None:
    if here:
        st.markdown(f"**{title}**", width="content")
    else:
        st.button(title, key=f"maps/to {name}", on_click=go)


def _caption(looked: Looked) -> str:
    name, share = answers(looked, 1)[0]
    text = _("answer: {name}, {share} · {milliseconds:.0f} ms on {device}")
    return text.format(
        name=escaped(name), share=percent(share), milliseconds=looked.done.milliseconds, device=looked.done.device
    )


def _facts(layer: Layer) -> str:
    words = [layer.label] if layer.label else []
    if layer.field is not None and not layer.whole:
        words.append(
            _("each unit sees {rows}×{columns} pixels").format(
                rows=layer.field.rows.size, columns=layer.field.columns.size
            )
        )
    elif layer.whole:
        words.append(_("each unit sees the whole picture"))
    return " · ".join(words)


def _selected() -> dict[str, Any]:
    """What this visitor has selected in the grid: the channel."""
    selected: dict[str, Any] = st.session_state.setdefault("maps/selected", {})
    return selected


@to_the_end
def _to_grid(settings: Settings) -> None:
    """Back from a channel, which the grid selects."""
    _selected()["channel"] = settings["channel"]
    leave_channel(settings)


@to_the_end
def _to_network(settings: Settings) -> None:
    """Back from a step, or from a channel of it; the overview shows the place."""
    if settings["channel"] >= 0:
        _to_grid(settings)
    st.session_state[_LEFT] = settings["step"], _selected().get("channel", 0)
    settings["step"] = ""


def _shown(looked: Looked) -> list[str]:
    """Steps that the grid can show."""
    return [name for name, maps in looked.done.maps.items() if maps.ndim in (1, 3)]


def _next(looked: Looked, step: str, by: int) -> str | None:
    steps = _shown(looked)
    place = steps.index(step) + by if step in steps else -1
    return steps[place] if 0 <= place < len(steps) else None


def _turn(settings: Settings, looked: Looked, by: int, channel: int) -> None:
    """To the step before or after; an open channel stays open, as far as the other step has it."""
    there = _next(looked, settings["step"], by)
    if there is None:
        return
    settings["step"], settings["at"] = there, None
    if channel >= 0:
        settings["channel"] = min(channel, len(looked.done.maps[there]) - 1)


# ---- the network


@st.cache_resource(max_entries=16, show_spinner=False)
def _overview_bytes(key: object, _looked: Looked) -> bytes:
    return pack_overview(_looked.done.summary, _looked.done.maps, _looked.seen)


def _network(settings: Settings, looked: Looked) -> None:
    def open_step(step: str, channel: int | None) -> None:
        if step in _shown(looked):
            settings["step"], settings["at"] = step, None
            settings["channel"] = -1 if channel is None else min(channel, len(looked.done.maps[step]) - 1)

    def look_changed(look: Look) -> None:
        settings["fold"], settings["scale"] = look.fold, look.scale

    maps_overview(
        "maps/overview",
        _overview_bytes(looked.key, looked),
        answers(looked),
        open_step,
        look=Look(settings["fold"], settings["scale"]),
        on_look=look_changed,
        scores=_scores(looked),
        left=st.session_state.get(_LEFT),
    )


# ---- one step


@st.cache_resource(max_entries=32, show_spinner=False)
def _grid_bytes(key: object, other_key: object, step: str, _looked: Looked, _other: Looked | None) -> bytes:
    can_die = _looked.layer(step).family not in _UNFINISHED
    other = None if _other is None else as_maps(_other.done.maps[step])
    return pack_grid(as_maps(_looked.done.maps[step]), other, can_die=can_die)


@st.cache_data(max_entries=64, show_spinner=False)
def _extent(key: object, _looked: Looked) -> float:
    return extent(_looked.done.maps)


def _step(settings: Settings, looked: Looked) -> None:
    step = settings["step"]
    selected = _selected()

    def open_channel(channel: int) -> None:
        settings["channel"] = selected["channel"] = min(channel, len(looked.done.maps[step]) - 1)

    def view_changed(view: View) -> None:
        settings["sort"], settings["scale"], settings["dead"] = view.sort, view.scale, view.dead
        selected["channel"] = view.channel

    def layer_changed(by: int, channel: int) -> None:
        selected["channel"] = channel
        _turn(settings, looked, by, -1)

    by_difference = settings["sort"] == "difference"
    other = _other(settings, looked) if by_difference else None
    maps_grid(
        "maps/grid",
        _grid_bytes(looked.key, other and other.key, step, looked, other),
        step=step,
        kind=looked.layer(step).kind,
        network=_extent(looked.key, looked),
        before=_next(looked, step, -1) is not None,
        after=_next(looked, step, 1) is not None,
        view=View(selected.get("channel", 0), settings["sort"], settings["scale"], settings["dead"]),
        on_open=open_channel,
        on_layer=layer_changed,
        on_up=lambda: _to_network(settings),
        on_view=view_changed,
    )
    colour_picture(settings, looked)


def _other(settings: Settings, looked: Looked) -> Looked | None:
    """The other picture's pass; without it the channels come by number, and the page goes on."""
    partner_control(settings, looked, "grid", _("Difference to"))
    try:
        return partner_look("maps/partner", settings, looked)
    except CnnvizError as error:
        st.error(sentence(error), icon=":material/error:")
        return None
