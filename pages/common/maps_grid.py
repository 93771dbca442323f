"""All channels of one step as one picture in the browser, to be sorted, coloured and walked through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.figures import colours
from cnnviz.figures.tiles import tiles
from cnnviz.networks.channels import statistics
from pages.common.components import component, pack
from pages.common.language import _, current

__all__ = [
    "SCALES",
    "SCRIPTS",
    "SORTS",
    "View",
    "chosen_channel",
    "chosen_view",
    "extent",
    "labels",
    "maps_grid",
    "pack_grid",
]

SORTS = ("index", "mean", "maximum", "variance", "zeros", "difference")
SCALES = ("layer", "channel", "network")

_BYTES = 2**20  # of all tiles together
_LARGEST = 224  # pixels of a tile
_NUMBERS = ("minimum", "maximum", "mean", "variance", "zeros")  # statistics that the browser shows or sorts by

SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "../lab/numbers.js",
    "../maps.js",
    "../level.js",
    "../choices.js",
    "sheet.js",
    "aside.js",
    "main.js",
)

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """What the visitor looks at.

    Attributes:
        channel: selected, from 0; outside the layer, the nearest one is.
        sort: one of `SORTS`; "difference" without another picture sorts by index.
        scale: one of `SCALES`; what the colours are shared by.
        dead: only dead channels.
    """

    channel: int = 0
    sort: str = "index"
    scale: str = "layer"
    dead: bool = False


def extent(maps: Mapping[str, Maps]) -> float:
    """The largest absolute activation of all maps (C, H, W): the end of the scale that a network shares."""
    found = [max(-float(each.min()), float(each.max())) for each in maps.values() if each.ndim == 3]
    return max((each for each in found if np.isfinite(each)), default=0.0)


def pack_grid(maps: Maps, other: Maps | None = None, *, can_die: bool = True) -> bytes:
    """Everything that the grid paints, in no language: to be cached by what the maps are cached by.

    Args:
        maps: float32 (C, H, W).
        other: the same step's maps of another picture; then channels can be sorted by the mean absolute difference.
        can_die: whether a channel that is nowhere above zero is called dead: not where numbers are still to be added or
            normalised.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a broken network is shown, too
        found = statistics(maps)
    side = int((_BYTES / len(maps)) ** 0.5)
    shown = tiles(maps, min(_LARGEST, max(1, side)))
    numbers = {name: getattr(found, name) for name in _NUMBERS}
    if other is not None:
        numbers["difference"] = np.abs(maps - other).mean(axis=(1, 2))
    rows = [np.nan_to_num(each, posinf=0.0, neginf=0.0).astype("<f4") for each in numbers.values()]
    header = {"shape": maps.shape, "size": shown.levels.shape[1:], "factor": shown.factor, "numbers": list(numbers)}
    ranges = np.stack([shown.minimum, shown.maximum]).astype("<f4")
    flags = np.stack([found.dead & can_die, ~shown.finite]).astype(np.uint8)
    return pack(header, shown.levels.tobytes(), ranges.tobytes(), np.stack(rows).tobytes(), flags.tobytes())


def maps_grid(
    key: str,
    packed: bytes,
    *,
    step: str,
    kind: str,
    network: float,
    view: View,
    before: bool,
    after: bool,
    on_open: Callable[[int], None],
    on_layer: Callable[[int, int], None],
    on_up: Callable[[], None],
    on_view: Callable[[View], None] | None = None,
) -> None:
    """Draw the grid.

    Args:
        key: of the component.
        packed: from `pack_grid`.
        step: its name.
        kind: of the step, as in `Layer.kind`.
        network: from `extent`.
        view: what to start from; what the visitor chose since then in the same component wins until it changes.
        before: whether there is a layer before it.
        after: whether there is one after it.
        on_open: gets the channel that is opened.
        on_layer: gets −1 or 1, for the layer before or after, and the selected channel.
        on_up: is called when the visitor leaves the layer for the network.
        on_view: gets what the visitor chose; without it, choosing sends nothing. When the order by difference is
            chosen, the page is to pack the maps with the other picture's.
    """

    def hear(event: str, tell: Callable[[Any], None]) -> Callable[[], None]:
        def heard() -> None:
            value = st.session_state[key].get(event)
            if value is not None:
                tell(value)

        return heard

    def opened(value: Any) -> None:
        if (channel := chosen_channel(value)) is not None:
            on_open(channel)

    def turned(value: Any) -> None:
        channel, by = chosen_channel(value), value.get("by") if isinstance(value, dict) else None
        if channel is not None and by in (-1, 1):
            on_layer(int(by), channel)

    def viewed(value: Any) -> None:
        chosen = chosen_view(value)
        if chosen is not None and on_view is not None:
            on_view(chosen)

    header = {
        "step": step,
        "kind": kind,
        "network": network,
        "view": asdict(view),
        "leads": {"before": before, "after": after},
        "tells": on_view is not None,
        "labels": labels(),
    }
    component("maps_grid", *SCRIPTS)(
        key=key,
        data=pack(header, packed, colours.diverging().tobytes(), colours.sequential().tobytes()),
        on_open_change=hear("open", opened),
        on_layer_change=hear("layer", turned),
        on_up_change=hear("up", lambda _value: on_up()),
        on_view_change=hear("view", viewed),
    )


def chosen_channel(value: Any) -> int | None:
    """The channel that the browser reported; None when it reported none. The layer may not have it."""
    channel = value.get("channel") if isinstance(value, dict) else None
    return channel if isinstance(channel, int) and not isinstance(channel, bool) and channel >= 0 else None


def chosen_view(value: Any) -> View | None:
    """What the browser reported that the visitor looks at; None for what is no such report."""
    channel = chosen_channel(value)
    if channel is None or value.get("sort") not in SORTS or value.get("scale") not in SCALES:
        return None
    return View(channel, value["sort"], value["scale"], value.get("dead") is True)


def labels() -> dict[str, str]:
    """The words of the component, in the visitor's language."""
    return {
        "language": current(),
        "grid": _(
            "All channels of {step}. Arrow keys walk the grid, Enter opens a channel, "
            "comma and full stop change the layer, Escape goes back to the network."
        ),
        "before": _("Layer before"),
        "after": _("Layer after"),
        "up": _("Back to the network"),
        "sort": _("Sort by"),
        "sort_index": _("number"),
        "sort_mean": _("mean"),
        "sort_maximum": _("maximum"),
        "sort_variance": _("variance"),
        "sort_zeros": _("share of zeros"),
        "sort_difference": _("difference"),
        "scale": _("Colour scale"),
        "scale_channel": _("per channel"),
        "scale_layer": _("per layer"),
        "scale_network": _("whole network"),
        "dead": _("Only dead channels ({count})"),
        "dead_none": _("No dead channels"),
        "dead_here": _("Dead: never above zero on this picture."),
        "broken": _("Has numbers that are not finite."),
        "channel": _("Channel {number} · {count} in all"),
        "open": _("Open channel {number}"),
        "mean": _("mean"),
        "maximum": _("maximum"),
        "minimum": _("minimum"),
        "variance": _("variance"),
        "zeros": _("zeros"),
        "difference": _("difference"),
        "of_channel": _("Scale of channel {number}"),
        "of_layer": _("Scale of this layer"),
        "of_network": _("Scale of the whole network"),
        "reduced": _("One pixel is the mean of {factor}×{factor} activations."),
        "said": _("Channel {number}: mean {mean}, maximum {maximum}, zeros {zeros}"),
    }
