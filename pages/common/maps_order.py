"""Which channels a comparison shows, in which order, and on which scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.networks.differences import channel_changes
from cnnviz.networks.switching import strongest
from pages.common.language import _
from pages.common.map_strips import ACROSS, SCALES, Maps
from pages.common.settings import Setting, Settings, bound, choice, number

__all__ = ["SORTS", "Order", "order_control", "order_of", "order_settings", "page_of"]

SORTS = ("difference", "strength", "index")
_MOST_PAGES = 10_000


@dataclass(frozen=True)
class Order:
    """Which channels are shown, and how.

    Attributes:
        sort: one of `SORTS`.
        page: of `ACROSS` channels, from 0.
        scale: one of `map_strips.SCALES`.
    """

    sort: str
    page: int = 0
    scale: str = SCALES[0]


def order_settings(prefix: str) -> tuple[Setting, ...]:
    """The settings of `order_control`; "": what is usual there."""
    return (
        choice(f"{prefix}_sort", "", ("", *SORTS)),
        choice(f"{prefix}_scale", "", ("", *SCALES)),
        number(f"{prefix}_page", 0, 0, _MOST_PAGES),
    )


def order_control(
    settings: Settings,
    prefix: str,
    channels: int,
    usual: str = SORTS[0],
    *,
    scale: str = SCALES[0],
    sorts: Sequence[str] = SORTS,
) -> Order:
    """Draw the choice of the order of channels, of a page of them and of the scale.

    Args:
        settings: of the page, with those of `order_settings`.
        prefix: of their names.
        channels: how many there are, at most.
        usual: what channels are sorted by as long as nobody says.
        scale: likewise, what colours are shared by.
        sorts: what channels can be sorted by.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        sort = _one_of(settings, f"{prefix}_sort", _("Sort channels by"), sorts, usual, _sort_title)
        scale = _one_of(settings, f"{prefix}_scale", _("Colour scale"), SCALES, scale, _scale_title)
        return Order(sort, _page_control(settings, f"{prefix}_page", channels), scale)


def _one_of(
    settings: Settings, name: str, label: str, options: Sequence[str], usual: str, title: Callable[[str], str]
) -> str:
    """Draw a choice that is the usual one as long as nobody says; return it."""
    chosen: str = settings[name] if settings[name] in options else usual

    def store(text: str) -> None:
        settings[name] = text

    key = f"{settings.page}/{name}"
    bound(key, chosen, store, st.segmented_control, label, options, format_func=title, required=True)
    return chosen


def _page_control(settings: Settings, name: str, channels: int) -> int:
    last = max(-(-channels // ACROSS), 1)
    if last == 1:
        return 0
    page = min(settings[name], last - 1)

    def store(shown: int) -> None:
        settings[name] = shown - 1

    title = _("Page of channels, of {count}").format(count=last)
    bound(f"{settings.page}/{name}", page + 1, store, st.slider, title, 1, last, width=200)
    return page


def _sort_title(sort: str) -> str:
    """What channels are sorted by."""
    return {"difference": _("difference"), "strength": _("strength"), "index": _("number")}[sort]


def _scale_title(scale: str) -> str:
    return {"step": _("per step"), "all": _("for all"), "row": _("per row")}[scale]


def order_of(first: Maps, second: Maps | None, sort: str) -> tuple[int, ...]:
    """All channels in the order in which they are shown.

    Args:
        first: (C, …).
        second: of the same shape, or None.
        sort: one of `SORTS`; without a second, "difference" is "strength".
    """
    if sort == "index":
        return tuple(range(len(first)))
    if sort == "difference" and second is not None:
        return tuple(int(each) for each in np.argsort(-channel_changes(first, second), kind="stable"))
    return strongest(first, len(first))


def page_of(order: Sequence[int], page: int) -> tuple[int, ...]:
    """The channels of a page, from 0; the last page where there are not so many."""
    last = max(-(-len(order) // ACROSS) - 1, 0)
    start = min(page, last) * ACROSS
    return tuple(order[start : start + ACROSS])
