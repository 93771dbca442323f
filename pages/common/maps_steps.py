"""Which steps a comparison shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from cnnviz.errors import ParameterError
from cnnviz.networks.landmarks import landmarks
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.maps_settings import read_step
from pages.common.settings import Setting, Settings, bound

__all__ = ["step_list", "steps_control", "usual_steps"]

_MOST = 4  # steps at a time
_USUAL = 3


def step_list(name: str) -> Setting:
    """A setting of a few steps, written with commas between them; none stands for the usual ones."""

    def decode(text: str) -> tuple[str, ...]:
        steps = tuple(filter(None, map(read_step, text.split(","))))
        if len(steps) > _MOST:
            raise ParameterError(name, len(steps), f"0 … {_MOST}")
        return steps

    return Setting(name, (), ",".join, decode)


def usual_steps(looked: Looked, after: int = -1) -> tuple[str, ...]:
    """The first, the middle and the last of the landmarks with maps that come after a step.

    Args:
        looked: the pass.
        after: index of the step in the summary; −1 for all.
    """
    layers = looked.done.summary.layers
    known = [layers[each].name for each in landmarks(layers) if each > after]
    shown = [name for name in known if name in looked.done.maps and looked.done.maps[name].ndim == 3]
    shown = [name for name in shown if looked.done.maps[name][0].size > 1] or shown or known[-1:]
    places = {round(each) for each in np.linspace(0, len(shown) - 1, _USUAL)} if shown else set()
    return tuple(shown[place] for place in sorted(places))


def steps_control(settings: Settings, name: str, offered: Sequence[str], usual: Sequence[str]) -> tuple[str, ...]:
    """Draw the choice of steps and return what is chosen; the usual ones where nothing is."""
    known = tuple(each for each in settings[name] if each in offered)
    chosen = known or tuple(each for each in usual if each in offered)

    def store(steps: list[str]) -> None:
        settings[name] = tuple(steps)

    bound(
        f"{settings.page}/{name}",
        list(chosen),
        store,
        st.multiselect,
        _("Steps"),
        list(offered),
        max_selections=_MOST,
        placeholder=_("Steps"),
    )
    return chosen
