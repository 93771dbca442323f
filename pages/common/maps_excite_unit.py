"""The unit that the tab "What excites it?" is about: the channel that is open above, or a class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution.checks import Pair
from cnnviz.networks.facts import Layer
from pages.common.class_words import the_class
from pages.common.language import _, escaped
from pages.common.maps_looked import TOP, Looked
from pages.common.maps_overview import strongest
from pages.common.maps_settings import Place
from pages.common.maps_why_choice import ANSWER, class_titles
from pages.common.settings import Setting, Settings, bound, number

__all__ = ["EXCITE_SETTINGS", "Unit", "chosen_unit"]

_MOST_CLASSES = 100_000

EXCITE_SETTINGS: tuple[Setting, ...] = (
    number("excite_class", ANSWER, ANSWER, _MOST_CLASSES),
    number("excite_seed", 0, 0, 999),
)


@dataclass(frozen=True, eq=False)
class Unit:
    """A channel of a step on this picture.

    Attributes:
        layer: the step.
        channel: from 0.
        map: its activations, float32 (h, w); of a step without maps (1, 1).
        at: (row, column) of the pinned place, else of the largest activation; None for a step without maps.
        title: translated, as Markdown.
    """

    layer: Layer
    channel: int
    map: NDArray[np.float32]
    at: Pair | None
    title: str


def chosen_unit(settings: Settings, looked: Looked) -> Unit:
    """Say which unit it is, and draw the choice of a class where no step is open."""
    step = settings["step"]
    if step and looked.done.maps[step].ndim in (1, 3):
        return _of_step(settings, looked, step)
    summary = looked.done.summary
    target = _class(settings, looked)
    title = escaped(the_class(looked.about.classes[target]))
    score = looked.done.logits[target].reshape(1, 1)
    return Unit(summary.layers[summary.outputs[0]], target, score, None, title)


def _of_step(settings: Settings, looked: Looked, step: str) -> Unit:
    maps = looked.done.maps[step]
    channel = min(settings["channel"], len(maps) - 1)
    if channel < 0:
        channel = strongest(maps)[0] if maps.ndim == 3 else int(maps.argmax())
        st.caption(_("The strongest channel of {step}; open another one above.").format(step=escaped(step)))
    title = _("{step}, channel {channel}").format(step=escaped(step), channel=channel)
    values = maps[channel]
    if maps.ndim == 1:
        return Unit(looked.layer(step), channel, values.reshape(1, 1), None, title)
    return Unit(looked.layer(step), channel, values, _place(settings["at"], values), title)


def _place(pinned: Place | None, values: NDArray[np.float32]) -> Pair:
    if pinned is not None and pinned.row < values.shape[0] and pinned.column < values.shape[1]:
        return pinned.row, pinned.column
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    return int(row), int(column)


def _class(settings: Settings, looked: Looked) -> int:
    """The chosen class; one that the network does not have is the answer."""
    chosen = settings["excite_class"]
    count = len(looked.done.probabilities)
    order = [int(each) for each in np.argsort(-looked.done.probabilities, kind="stable")]
    titles = class_titles(looked)

    def title(key: int) -> str:
        name = titles[order[0] if key == ANSWER else key]
        return _("the answer: {name}").format(name=name) if key == ANSWER else name

    bound(
        f"{settings.page}/excite_class",
        chosen if chosen < count else ANSWER,
        partial(settings.__setitem__, "excite_class"),
        st.selectbox,
        _("Class (or open a channel above)"),
        [ANSWER, *order[:TOP], *sorted(order[TOP:])],
        format_func=title,
        width=280,
    )
    return order[0] if chosen == ANSWER or chosen >= count else chosen
