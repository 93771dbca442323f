"""What the tab "Why this answer?" explains: the classes, the method and the layer, as the visitor chose them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import streamlit as st

from cnnviz.engine import AttributionJob
from cnnviz.networks.attribution_methods import METHODS, Method, methods_for
from cnnviz.networks.facts import Summary
from cnnviz.networks.landmarks import landmarks
from pages.common.class_words import class_word
from pages.common.language import _, current, escaped
from pages.common.maps_looked import TOP, Looked
from pages.common.maps_settings import read_step
from pages.common.percent import percent
from pages.common.settings import Setting, Settings, bound, choice, number

__all__ = [
    "ANSWER",
    "NONE",
    "OPEN",
    "WHY_SETTINGS",
    "Asked",
    "class_name",
    "class_titles",
    "layers_with_places",
    "why_controls",
]

ANSWER = -1  # the likeliest class, whichever that is
NONE = -2
OPEN = "@"  # the step that is open above; no step is called so

_MOST_CLASSES = 100_000


def _read_layer(text: str) -> str:
    return text if text == OPEN else read_step(text)


WHY_SETTINGS: tuple[Setting, ...] = (
    choice("why_method", METHODS[0].key, (each.key for each in METHODS)),
    Setting("why_layer", "", str, _read_layer),
    number("why_class", ANSWER, ANSWER, _MOST_CLASSES),
    number("why_other", NONE, NONE, _MOST_CLASSES),
)
"""why_layer "": the last one with places; "@": the one that is open above. why_other: a class to compare with."""


@dataclass(frozen=True)
class Asked:
    """What is to be explained.

    Attributes:
        method: how.
        targets: one class, or two to compare.
        step: the layer, for a method that needs one.
    """

    method: Method
    targets: tuple[int, ...]
    step: str | None

    def jobs(self, looked: Looked) -> list[AttributionJob]:
        """One for each class."""
        return [
            AttributionJob(looked.model, looked.image, self.method.key, target, self.step) for target in self.targets
        ]


@lru_cache(maxsize=64)
def layers_with_places(summary: Summary) -> tuple[str, ...]:
    """Ends of blocks that Grad-CAM can look at, in the order of the pass."""
    names = [summary.layers[index].name for index in landmarks(summary.layers)]
    return tuple(name for name in names if _has_places(summary, name))


@lru_cache(maxsize=4096)
def _has_places(summary: Summary, step: str) -> bool:
    return any(each.needs_layer for each in methods_for(summary, step))


def class_name(looked: Looked, target: int) -> str:
    """Name of a class in the visitor's language, as Markdown that shows it as it stands."""
    return escaped(class_word(looked.about.classes[target]))


def class_titles(looked: Looked) -> list[str]:
    """Names of all classes for a list of choices, of which Streamlit remembers the title: equal ones are numbered."""
    names = [class_word(each) for each in looked.about.classes]
    often = Counter(names)
    text = _("{name} (class {number})")
    return [text.format(name=name, number=i) if often[name] > 1 else name for i, name in enumerate(names)]


def why_controls(settings: Settings, looked: Looked) -> Asked | None:
    """Draw the choices; None when no method can be used on this network."""
    summary = looked.done.summary
    layers = layers_with_places(summary)
    methods = methods_for(summary, layers[-1] if layers else None)
    if not methods:
        st.info(_("This network cannot be followed step by step, so that none of the methods can be trusted with it."))
        return None
    method = next((each for each in methods if each.key == settings["why_method"]), methods[0])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="maps-why"):
        _method(settings, method, methods)
        targets = _classes(settings, looked)
        step = _layer(settings, looked, layers) if method.needs_layer else None
    return Asked(method, targets, step)


def _method(settings: Settings, method: Method, offered: Sequence[Method]) -> None:
    titles = {each.key: _(each.title) for each in offered}
    bound(
        f"{settings.page}/why_method",
        method.key,
        partial(settings.__setitem__, "why_method"),
        st.selectbox,
        _("Method"),
        list(titles),
        format_func=lambda key: titles.get(key, key),
        width=215,
    )


def _classes(settings: Settings, looked: Looked) -> tuple[int, ...]:
    """The class, and the one that it is compared with; those that the network does not have are the answer, or none."""
    count = len(looked.done.probabilities)
    target, other = settings["why_class"], settings["why_other"]
    target = target if target < count else ANSWER
    other = other if other < count else NONE
    options = _options(looked.key, current(), looked)
    answer = looked.answer

    for name, value, label, first in (
        ("why_class", target, _("Why"), ANSWER),
        ("why_other", other, _("and not"), NONE),
    ):
        bound(
            f"{settings.page}/{name}",
            value,
            partial(settings.__setitem__, name),
            st.selectbox,
            label,
            [first, *(key for key in options if key >= 0)],
            format_func=options.__getitem__,
            width=205,
        )
    shown = answer if target == ANSWER else target
    # A class is not compared with itself; -1 in an address is the answer here, too.
    other = answer if other == ANSWER else other
    return (shown,) if other in (NONE, shown) else (shown, other)


@st.cache_resource(max_entries=16, show_spinner=False)
def _options(key: Hashable, language: str, _looked: Looked) -> dict[int, str]:
    """What is offered, a thousand titles: those in question first, the others where one looks for them."""
    shares, titles = _looked.done.probabilities, class_titles(_looked)
    order = [int(each) for each in np.argsort(-shares, kind="stable")]
    said = {each: f"{titles[each]} ({percent(shares[each])})" for each in order}
    answer = _("the answer: {answer}").format(answer=said[order[0]])
    ordered = order[:TOP] + sorted(order[TOP:])
    return {NONE: _("nothing"), ANSWER: answer} | {each: said[each] for each in ordered}


def _layer(settings: Settings, looked: Looked, layers: tuple[str, ...]) -> str:
    summary = looked.done.summary
    opened = settings["step"] if settings["step"] and _has_places(summary, settings["step"]) else ""
    chosen = settings["why_layer"]
    if (chosen == OPEN and not opened) or (chosen not in ("", OPEN) and not _has_places(summary, chosen)):
        chosen = ""
    others = [name for name in reversed(layers) if name != layers[-1]]
    offered = ["", *([OPEN] if opened else []), *others]
    if chosen not in offered:
        offered.append(chosen)
    last, above = _("last: {step}"), _("open above: {step}")
    titles = {"": last.format(step=layers[-1]), OPEN: above.format(step=opened)}
    bound(
        f"{settings.page}/why_layer",
        chosen,
        partial(settings.__setitem__, "why_layer"),
        st.selectbox,
        _("Layer"),
        offered,
        format_func=lambda key: titles.get(key, key),
        width=240,
    )
    return {"": layers[-1], OPEN: opened}.get(chosen, chosen)
