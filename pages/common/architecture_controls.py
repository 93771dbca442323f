"""Choosing a network and how it is built, and what is known about it: for the page Architectures."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.networks import zoo
from cnnviz.networks.zoo import Architecture, Option, Published, Value
from pages.common.architecture_settings import LARGEST_SIDE, MOST_WORDS, offered, options_of, size_of
from pages.common.charts import short, short_bytes
from pages.common.diagram import Network
from pages.common.language import _
from pages.common.network_facts import is_text
from pages.common.settings import Settings, bound

__all__ = ["about", "network_title", "option_controls", "picker", "size_controls", "totals"]


def network_title(name: str) -> str:
    """A network in a list: with its year."""
    record = zoo.get(name)
    return f"{record.title} ({record.paper.year})"


def picker(settings: Settings) -> None:
    """The choice of the network; another one starts as it was published."""

    def change(name: str) -> None:
        settings["net"] = name
        for each in ("options", "size", "view"):
            settings[each] = settings.settings[each].default

    bound(
        f"{settings.page}/net",
        settings["net"],
        change,
        st.selectbox,
        _("Architecture"),
        zoo.names(),
        format_func=network_title,
    )


def option_controls(settings: Settings) -> None:
    """A control for each parameter of the builder."""
    values = dict(options_of(settings))
    for option in offered(zoo.get(settings["net"])):
        _option_control(settings, option, values.get(option.name, option.default))
    if values:
        st.button(
            _("As published"),
            key=f"{settings.page}/published",
            icon=":material/restart_alt:",
            on_click=lambda: settings.__setitem__("options", ()),
        )


def _option_control(settings: Settings, option: Option, value: Value) -> None:
    key = f"{settings.page}/option {settings['net']} {option.name}"

    def store(fresh: Value) -> None:
        texts = {**dict(settings["options"]), option.name: str(fresh)}
        if fresh == option.default:
            del texts[option.name]
        settings["options"] = tuple(texts.items())

    help_text = _(option.help) if option.help else None
    title = _(option.title)
    if isinstance(option.default, bool):
        bound(key, value, store, st.toggle, title, help=help_text)
    elif option.choices:
        names = _choice_names()
        bound(
            key, value, store, st.selectbox, title, option.choices,
            format_func=lambda choice: names.get(choice, str(choice)), help=help_text,
        )  # fmt: skip
    else:
        _number_control(key, value, store, option, title, help_text)


def _choice_names() -> dict[Value, str]:
    """Names of values that are words; others stand for themselves."""
    return {
        "none": _("none"),
        "batch": _("batch"),
        "group": _("group"),
        "table": _("table 1 of the paper"),
        "all": _("all maps"),
        "relu": "ReLU",
        "relu6": "ReLU6",
        "leaky_relu": "leaky ReLU",
        "elu": "ELU",
        "gelu": "GELU",
        "silu": "SiLU",
    }


def _number_control(
    key: str, value: Value, store: Callable[[Value], None], option: Option, title: str, help_text: str | None
) -> None:
    kind = int if isinstance(option.default, int) else float
    bound(
        key,
        value,
        store,
        st.number_input,
        title,
        kind(option.minimum),
        kind(option.maximum),
        step=1 if kind is int else 0.05,
        format=None if kind is int else "%g",
        help=help_text,
    )


def size_controls(settings: Settings) -> None:
    """Rows and columns of the input, or the number of words."""
    size = size_of(settings)
    if is_text(zoo.get(settings["net"])):
        _side(settings, _("Words"), size, 0, MOST_WORDS)
        return
    for column, axis, label in zip(st.columns(2), (0, 1), (_("Rows"), _("Columns")), strict=True):
        with column:
            _side(settings, label, size, axis, LARGEST_SIDE)


def _side(settings: Settings, label: str, size: tuple[int, ...], axis: int, most: int) -> None:
    def store(value: int) -> None:
        settings["size"] = tuple(value if place == axis else side for place, side in enumerate(size_of(settings)))

    limits = _("From 1 to {most}.").format(most=most)
    bound(f"{settings.page}/size {axis}", size[axis], store, st.number_input, label, 1, most, help=limits)


# ---- what is known


def about(record: Architecture, as_published: bool) -> None:
    """Paper, what was new, and what was reported, which holds for the network as it was published only."""
    paper = record.paper
    st.markdown(
        f"**{record.title}** · {paper.authors}, [{paper.title}]({paper.link}), {paper.year}. {_(record.novelty)}"
    )
    if record.published and not as_published:
        st.caption(_("You have changed the network or its input. What follows was reported for the original."))
    for each in record.published:
        st.caption(_published(each))


def _published(found: Published) -> str:
    parts = []
    if found.top1 is not None:
        parts.append(_("{percent:g}% right").format(percent=found.top1))
    if found.top5 is not None:
        parts.append(_("{percent:g}% among the first five").format(percent=found.top5))
    if found.parameters is not None:
        parts.append(_("{count} parameters").format(count=short(found.parameters)))
    if found.macs is not None:
        parts.append(_("{count} multiply-accumulates").format(count=short(found.macs)))
    return _("Published, {data}: {facts}. Source: {source}").format(
        data=_(found.data), facts=", ".join(parts), source=found.source
    )


def totals(network: Network, lesson: str = "") -> None:
    """What was counted here, and what to look at."""
    found = network.summary
    counted = f"**{network.title}** · " + _(
        "**{parameters:,}** parameters · **{macs}** multiply-accumulates · **{memory}** of activations · "
        "**{layers}** layers and steps"
    ).format(
        parameters=found.parameters, macs=short(found.macs), memory=short_bytes(found.memory), layers=len(found.layers)
    )
    if found.unused:
        counted += " · " + _("{count:,} of them in {modules}, which run in training only").format(
            count=found.parameters - sum(each.parameters for each in found.layers), modules=", ".join(found.unused)
        )
    st.markdown(f"{counted}  \n:gray[:material/visibility: {lesson}]" if lesson else counted)
