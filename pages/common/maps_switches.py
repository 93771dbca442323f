"""Switching parts of a network off and on again: channels of a step, or a way that leads into an addition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from cnnviz.networks import switching, what_if
from cnnviz.networks.branches import additions, branches
from cnnviz.networks.facts import Summary
from cnnviz.networks.what_if import LONGEST, NOTHING, Off, WhatIf
from pages.common.language import _, escaped
from pages.common.map_strips import ACROSS
from pages.common.maps_looked import Looked
from pages.common.maps_steps import usual_steps
from pages.common.settings import Settings, bound

__all__ = ["Ways", "off_list", "off_text", "step_of", "switch_off", "switches", "ways_of"]

_MOST_AT_ONCE = 64  # channels in a list of choices
_SHOWN = 6  # numbers of channels in a line

Ways = Mapping[Off, tuple[str, bool]]
"""What switches a way off -> the addition that it leads to, and whether it is the shortcut."""


@st.cache_data(max_entries=32, show_spinner=False)
def ways_of(model: str, _summary: Summary) -> dict[Off, tuple[str, bool]]:
    """The ways of all blocks."""
    found = {}
    for addition in additions(_summary):
        for branch in branches(_summary, addition):
            found[branch.off] = addition, branch.shortcut
    return found


def step_of(settings: Settings, looked: Looked) -> str:
    """The step whose channels are switched: the one that was chosen here, else the open one, else a late one."""
    steps = steps_with_channels(looked)
    wanted = (settings["whatif_step"], settings["step"])
    return next((each for each in wanted if each in steps), [*steps[-1:], *usual_steps(looked)][-1])


def steps_with_channels(looked: Looked) -> tuple[str, ...]:
    """Steps whose output is (channels, …) for one picture."""
    layers = {layer.name: layer for layer in looked.done.summary.layers if layer.output_shape}
    return tuple(
        name for name, maps in looked.done.maps.items() if name not in layers or layers[name].map_shape == maps.shape
    )


def switch_off(settings: Settings, fresh: WhatIf) -> None:
    """Take a what-if into the settings, unless it is too long for an address."""
    text = what_if.write(fresh)
    if len(text) > LONGEST:
        st.toast(_("This is too much for one link: switch something on again first."))
        return
    settings["off"] = text


def switches(settings: Settings, looked: Looked, off: WhatIf) -> None:
    """Draw the controls that switch something off."""
    ways = ways_of(looked.model, looked.done.summary)
    kinds = ["channels", "block"] if ways else ["channels"]
    kind = settings["whatif_kind"] if settings["whatif_kind"] in kinds else kinds[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if len(kinds) > 1:
            settings.control(
                "whatif_kind", st.segmented_control, _("Switch off"), kinds, format_func=_kind_title, required=True
            )
        if kind == "block":
            _block(settings, looked, off, ways)
        else:
            _channels(settings, looked, off)


def _kind_title(kind: str) -> str:
    return {"channels": _("Channels"), "block": _("A way of a block")}[kind]


def _channels(settings: Settings, looked: Looked, off: WhatIf) -> None:
    step = step_of(settings, looked)
    maps = looked.done.maps[step]
    steps = list(steps_with_channels(looked))
    key = f"{settings.page}/whatif step"
    bound(key, step, lambda name: _choose_step(settings, name), st.selectbox, _("of the step"), steps, width=230)

    def cut(title: str, name: str, channels: Sequence[int]) -> None:
        _button(title, name, partial(switch_off, settings, switching.with_channels(off, step, channels)))

    channel = settings["channel"]
    if settings["step"] == step and 0 <= channel < len(maps):
        cut(_("Channel {number}").format(number=channel), "one", (channel,))
        cut(_("All but channel {number}").format(number=channel), "others", switching.all_but(len(maps), channel))
    most = min(len(maps), _MOST_AT_ONCE)
    count = min(settings["whatif_count"], most)
    store = partial(settings.__setitem__, "whatif_count")
    bound(f"{settings.page}/whatif_count", count, store, st.number_input, _("How many"), 1, most, width=120)
    cut(_("The {count} strongest").format(count=count), "strongest", switching.strongest(maps, count))
    _pick(settings, off, step, len(maps))


def _choose_step(settings: Settings, name: str) -> None:
    settings["whatif_step"] = name


def _pick(settings: Settings, off: WhatIf, step: str, count: int) -> None:
    """Any channels by their numbers."""
    known = sorted({channel for each in off.off if each.step == step for channel in each.channels if channel < count})

    def store(channels: list[int]) -> None:
        others = WhatIf(frozenset(each for each in off.off if each.step != step or each.summand >= 0))
        switch_off(settings, switching.with_channels(others, step, channels))

    if len(known) <= _MOST_AT_ONCE:
        bound(
            f"{settings.page}/whatif/pick/{step}", known, store, st.multiselect, _("By number"), list(range(count)),
            placeholder=_("channels"), width=260,
        )  # fmt: skip


def _block(settings: Settings, looked: Looked, off: WhatIf, ways: Ways) -> None:
    blocks = list(dict.fromkeys(addition for addition, _shortcut in ways.values()))
    wanted = (settings["whatif_block"], settings["step"])
    block = next((each for each in wanted if each in blocks), blocks[-1])

    def choose(name: str) -> None:
        settings["whatif_block"] = name

    bound(f"{settings.page}/whatif block", block, choose, st.selectbox, _("that ends in"), blocks, width=230)
    for number, (way, (addition, shortcut)) in enumerate(ways.items()):
        if addition == block:
            title = _("Shortcut") if shortcut else _("Residual branch")
            _button(title, f"way {number}", partial(switch_off, settings, switching.with_off(off, way)))


def _button(title: str, name: str, switch: Callable[[], None]) -> None:
    st.button(title, key=f"maps/whatif/{name}", on_click=switch, icon=":material/power_settings_new:")


def off_text(off: Off, looked: Looked, ways: Ways) -> str:
    """What is switched off, in a few words; names are not to be trusted."""
    if off in ways:
        addition, shortcut = ways[off]
        text = _("shortcut of {step}") if shortcut else _("residual branch of {step}")
        return text.format(step=addition)
    if off.summand >= 0:
        return _("summand {number} of {step}").format(number=off.summand, step=off.step)
    if not off.channels:
        return _("all of {step}").format(step=off.step)
    total = len(looked.done.maps.get(off.step, ()))
    numbers = ", ".join(map(str, off.channels[:_SHOWN])) + (" …" if len(off.channels) > _SHOWN else "")
    return _("{step}: channels {numbers} ({count} of {total})").format(
        step=off.step, numbers=numbers, count=len(off.channels), total=total
    )


def off_list(settings: Settings, looked: Looked, off: WhatIf) -> None:
    """What is switched off, each with a button that switches it on again."""
    if off == NOTHING:
        st.caption(_("Nothing is switched off: the network is as it is."))
        return
    ways = ways_of(looked.model, looked.done.summary)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**" + _("Off:") + "**", width="content")
        for number, each in enumerate(sorted(off.off)[:ACROSS]):
            st.button(
                escaped(off_text(each, looked, ways)),
                key=f"maps/whatif/on {number}",
                icon=":material/close:",
                help=_("Switch it on again"),
                on_click=switch_off,
                args=(settings, switching.without(off, each)),
            )
        if len(off.off) > ACROSS:
            st.caption(_("and {count} more").format(count=len(off.off) - ACROSS), width="content")
        st.button(_("All on again"), key="maps/whatif/all on", on_click=switch_off, args=(settings, NOTHING))
