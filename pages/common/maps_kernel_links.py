"""The kernel of a channel, sent to the pages that explain filters."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.engine import ExplainJob
from cnnviz.errors import KernelError
from cnnviz.figures import encode
from cnnviz.networks.explained import Convolved
from pages.common import site
from pages.common.kernel_address import kernel_address
from pages.common.language import _
from pages.common.learned_pictures import enlarged, signed_levels
from pages.common.map_strips import short_number
from pages.common.maps_channel import SLOT
from pages.common.maps_looked import Looked
from pages.common.settings import Settings
from pages.common.work import awaited, stopped

__all__ = ["kernel_links"]

_ALL = -1  # all three colours at once
_LARGEST = 31  # rows and columns of a kernel that those pages take


def kernel_links(settings: Settings, looked: Looked) -> None:
    """Where a channel of a convolution is open: choose an input channel, and follow its kernel to other pages."""
    step = settings["step"]
    if settings["channel"] < 0 or step not in looked.done.maps or looked.layer(step).family != "convolution":
        return
    channel = min(settings["channel"], len(looked.done.maps[step]) - 1)
    job = ExplainJob(looked.model, looked.image, step, channel, looked.off)
    if stopped(SLOT, job):
        return
    explanation = awaited("maps/kernel", job, _("Taking the channel apart"))
    if explanation is None or not isinstance(explanation.head, Convolved):
        return
    head = explanation.head
    if not 1 < max(head.weights.shape[1:]) <= _LARGEST:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="maps-kernel"):
        weights = _chosen(settings, head)
        picture = encode.png(enlarged(signed_levels(weights, float(np.abs(weights).max()))))
        st.image(picture, width=64, output_format="PNG", alt=_words(weights))
        _links(weights)
    st.caption(_words(weights))


def _chosen(settings: Settings, head: Convolved) -> NDArray[np.float32]:
    """The kernel of the input channel that the visitor chooses; the strongest one first."""
    titles = {number: _title(head, place) for place, number in enumerate(map(int, head.channels))}
    if _is_colour(head):
        titles = {_ALL: _("all colours, summed"), **dict(sorted(titles.items()))}
    chosen = st.selectbox(
        _("Kernel on"), list(titles), format_func=lambda number: titles.get(number, ""),
        key=f"maps/kernel {head.step} {settings['channel']} {settings['model']}", width=300,
    )  # fmt: skip
    if chosen == _ALL:
        return head.weights.sum(axis=0)
    return head.weights[_place(head, chosen)]


def _place(head: Convolved, number: int) -> int:
    """Place of an input channel among those that are kept."""
    return int(np.flatnonzero(head.channels == number)[0])


def _is_colour(head: Convolved) -> bool:
    """It reads the picture's red, green and blue."""
    return not head.source and head.total == len(head.channels) == 3


def _title(head: Convolved, place: int) -> str:
    number = int(head.channels[place])
    if _is_colour(head):
        return (_("red"), _("green"), _("blue"))[number]
    if not head.source:
        return _("the grey picture")
    title = _("{step}, channel {number}").format(step=head.source, number=number)
    return _("{title} (strongest)").format(title=title) if place == 0 else title


def _links(weights: NDArray[np.float32]) -> None:
    try:
        chain = kernel_address(weights)
    except KernelError:  # numbers that are none
        st.caption(_("This kernel holds numbers that are not finite."))
        return
    site.link(site.FILTERS, _("Open this kernel in Filter playground"), {"chain": chain})
    site.link(site.FREQUENCY, _("Open it in Frequency response"), {"chain": chain})


def _words(weights: NDArray[np.float32]) -> str:
    low, high, total = (short_number(float(each)) for each in (weights.min(), weights.max(), weights.sum()))
    text = _("{rows}×{columns} weights from {low} to {high}, their sum is {total}; blue is negative, orange positive.")
    return text.format(rows=weights.shape[0], columns=weights.shape[1], low=low, high=high, total=total)
