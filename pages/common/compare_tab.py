"""Two networks by stage, their differences marked."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from cnnviz.networks import zoo
from cnnviz.networks.comparison import CHANGED, ONLY, SAME, Comparison, Node
from pages.common.architecture_controls import network_title
from pages.common.architecture_settings import published_size
from pages.common.charts import COUNT
from pages.common.diagram import Network, View, compared, diagram
from pages.common.language import _
from pages.common.network_facts import facts, shown_shape
from pages.common.settings import Settings

__all__ = ["PAIRS", "compare_tab"]

PAIRS = (
    ("resnet34", "resnet50"),
    ("plain20", "resnet20"),
    ("vgg16", "nin"),
    ("googlenet", "inception_v3"),
    ("resnet50", "resnext50_32x4d"),
    ("resnet50", "densenet121"),
    ("mobilenet_v2", "efficientnet_b0"),
)


def compare_tab(settings: Settings, left: Network) -> None:
    """Draw the tab: the page's network on the left, `other` on the right."""
    _pairs(settings)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_("{network} with").format(network=f"**{left.title}**"), width="content")
        settings.control(
            "other",
            st.selectbox,
            _("Compare with"),
            zoo.names(),
            format_func=network_title,
            label_visibility="collapsed",
        )
    right = _partner(settings["other"], left)
    if not left.summary.failure:  # of a run that stopped, the totals are not those of the network
        _sentence(left, right)

    def keep(view: View) -> None:
        settings["compare_view"] = view

    diagram(f"{settings.page}/comparison", (left, right), view=settings["compare_view"], on_view=keep)
    st.dataframe(
        _table(compared(left, right)),
        hide_index=True,
        placeholder="",
        column_config=_columns(left, right),
        key=f"{settings.page}/compared",
    )


def _partner(name: str, left: Network) -> Network:
    """The other network, as published, at the size of the first one's input where it takes that."""
    size, published = left.summary.input_shape[2:], published_size(name)
    if len(size) == len(published) and not left.summary.failure:
        right = facts(name, (), size)
        if not right.summary.failure:
            return right
    return facts(name, (), published)


def _pairs(settings: Settings) -> None:
    with st.container(horizontal=True, gap="small", key="pairs"):
        for one, other in PAIRS:
            title = f"{zoo.get(one).title} | {zoo.get(other).title}"
            values = {"net": one, "other": other, "options": (), "size": None, "compare_view": View()}
            st.button(title, key=f"{settings.page}/pair {one} {other}", on_click=_choose, args=(settings, values))


def _choose(settings: Settings, values: dict[str, object]) -> None:
    for name, value in values.items():
        settings[name] = value


def _sentence(left: Network, right: Network) -> None:
    """Both totals as ratios, and the sizes that they were counted at."""
    one, other = left.summary, right.summary
    sizes = shown_shape(one.input_shape), shown_shape(other.input_shape)
    if sizes[0] == sizes[1]:
        counted = _("Both see {size}.").format(size=sizes[0])
    else:
        counted = _("{left} sees {left_size}, {right} {right_size}: the ratios of operations and memory mix both.")
        counted = counted.format(left=left.title, left_size=sizes[0], right=right.title, right_size=sizes[1])
    st.markdown(
        _(
            "{right} has **{parameters:.2f}×** the parameters of {left}, **{macs:.2f}×** the multiply-accumulates "
            "and **{memory:.2f}×** the activation memory."
        ).format(
            left=left.title,
            right=right.title,
            parameters=_ratio(other.parameters, one.parameters),
            macs=_ratio(other.macs, one.macs),
            memory=_ratio(other.memory, one.memory),
        )
        + " "
        + counted
    )


def _ratio(number: int, by: int) -> float:
    return number / by if by else float("inf")


def _table(found: Comparison) -> pd.DataFrame:
    marks = {SAME: "=", CHANGED: "≠ " + _("differs"), ONLY: "+ " + _("only here")}
    return pd.DataFrame(
        [
            {"mark": marks[pair.mark], **_cells("left", pair.left), **_cells("right", pair.right)}
            for pair in found.stages
        ]
    )


def _cells(side: str, node: Node | None) -> dict[str, object]:
    if node is None:
        return {f"{side}_stage": "", f"{side}_output": "", f"{side}_parameters": None, f"{side}_macs": None}
    return {
        f"{side}_stage": node.name,
        f"{side}_output": shown_shape(node.output_shape),
        f"{side}_parameters": node.parameters,
        f"{side}_macs": node.macs,
    }


def _columns(left: Network, right: Network) -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    columns: dict[str, Any] = {"mark": text("", width=90)}
    for side, network in (("left", left), ("right", right)):
        columns |= {
            f"{side}_stage": text(network.title),
            f"{side}_output": text(_("Output")),
            f"{side}_parameters": number(_("Parameters"), format=COUNT),
            f"{side}_macs": number(_("MACs"), format=COUNT, help=_("Multiply-accumulates")),
        }
    return columns
