"""Outputs of steps side by side with their difference, ready to be drawn as strips."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.differences import channel_changes, relative_change
from pages.common.language import _
from pages.common.map_strips import Block, Group, Maps, Row, as_maps, short_number
from pages.common.maps_looked import Looked
from pages.common.maps_order import Order, order_of, page_of
from pages.common.percent import percent
from pages.common.shelf import Shelf

__all__ = ["blocks_of", "changed_block", "group_of", "kept_strips", "relative", "shape_of"]

_STRIPS: Shelf[str] = Shelf(32 * 2**20)  # those of CIFAR take 20 to 300 kB, the largest of ImageNet 3 MB


def changed_block(
    title: str, labels: tuple[str, str], first: Maps, second: Maps, order: Order, *, paired: bool = True
) -> Block:
    """Two outputs with their difference; or under each other, the strongest channels of either.

    Args:
        title: the step or steps.
        labels: of the two.
        first: (C, H, W) or (F,).
        second: likewise; of another shape there is no difference.
        order: of channels.
        paired: channels of the same number belong together.
    """
    first, second = as_maps(first), as_maps(second)
    if first.shape != second.shape or not (paired or order.sort != "strength"):
        halves = zip(labels, (first, second), strict=True)
        groups = [
            Group(page_of(order_of(each, None, order.sort), order.page), [Row(label, each)]) for label, each in halves
        ]
        shapes = dict.fromkeys((shape_of(first), shape_of(second)))
        return Block(" · ".join((title, " | ".join(shapes))), groups)
    change = relative_change(first, second)
    text = _("{title} · {shape} · changed by {percent}").format(
        title=title, shape=shape_of(first), percent=relative(change)
    )
    rows = [Row(labels[0], first), Row(labels[1], second), Row(_("difference"), second - first, difference=True)]
    channels = order_of(first, second, order.sort)
    return Block(text, [group_of(rows, channels, order.page, channel_changes(first, second))])


def blocks_of(
    steps: Sequence[str], labels: tuple[str, str], first: Looked, second: Looked, order: Order, *, paired: bool = True
) -> list[Block]:
    """One block for each step of two passes of networks with the same steps."""
    return [
        changed_block(step, labels, first.done.maps[step], second.done.maps[step], order, paired=paired)
        for step in steps
        if step in second.done.maps
    ]


def group_of(rows: Sequence[Row], order: Sequence[int], page: int, changes: NDArray[np.float64]) -> Group:
    """The channels of a page with their root mean square changes."""
    channels = page_of(order, page)
    return Group(channels, rows, [f"Δ {short_number(float(changes[each]))}" for each in channels])


def shape_of(maps: Maps) -> str:
    """64 × 8 × 8."""
    return " × ".join(map(str, maps.shape))


def relative(share: float) -> str:
    """A relative change: 12.3%; ten times and more as a multiple."""
    if not np.isfinite(share):
        return "∞"
    return percent(share) if share < 10 else f"{share:,.0f}×"


def kept_strips(key: Hashable, build: Callable[[], str]) -> str:
    """HTML of strips, kept by what it was made of: `key` has to name everything, the language too."""
    return _STRIPS.get(key, build)
