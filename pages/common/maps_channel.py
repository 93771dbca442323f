"""One channel: its map, its kernels, and how every number of it was computed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.engine import ExplainJob
from pages.common.channel_view import channel_view
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.maps_settings import Place
from pages.common.settings import Settings
from pages.common.work import awaited

__all__ = ["SLOT", "one_channel"]

SLOT = "maps/channel"
"""Where the explanation of the open channel is waited for."""


def one_channel(settings: Settings, looked: Looked, leave: Callable[[], None]) -> None:
    """Draw the open channel; a channel that the step does not have becomes its last one."""
    step = settings["step"]
    count = len(looked.done.maps[step])
    if settings["channel"] >= count:
        st.caption(_("{step} has {count} channels; this is the last one.").format(step=step, count=count))
    channel = min(settings["channel"], count - 1)
    job = ExplainJob(looked.model, looked.image, step, channel, looked.off)
    explanation = awaited(SLOT, job, _("Taking the channel apart"))
    if explanation is None:
        return
    at: Place | None = settings["at"]

    def pin(place: tuple[int, int] | None) -> None:
        settings["at"] = None if place is None else Place(*place)

    channel_view(
        "maps/channel view",
        explanation,
        looked.seen,
        at=None if at is None else (at.row, at.column),
        on_at=pin,
        on_up=leave,
    )
