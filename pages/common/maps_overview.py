"""The overview of a network on a picture: a strip of maps for every step, the picture before, the prediction after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.figures import colours
from cnnviz.figures.tiles import tiles
from cnnviz.networks.facts import Layer, Summary
from cnnviz.networks.landmarks import landmarks, stage
from pages.common.components import component, pack
from pages.common.language import _, current
from pages.common.maps_grid import SCALES
from pages.common.percent import percent

__all__ = [
    "FOLDS",
    "SCRIPTS",
    "SHOWN",
    "Look",
    "chosen_look",
    "chosen_step",
    "labels",
    "maps_overview",
    "pack_overview",
    "strongest",
]

FOLDS = ("ends", "all")

SHOWN = 8
"""Channels in a strip: those with the largest mean absolute activation."""

_LARGEST = 56  # pixels of a tile
_FOLDED = 28  # of a tile in a strip that is only there when all steps are shown
_BARS = 512  # a longer vector is shown by the smallest and the largest number of each part

SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "../lab/numbers.js",
    "../maps.js",
    "../level.js",
    "../choices.js",
    "strip.js",
    "answer.js",
    "main.js",
)

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """How a visitor looks at the overview.

    Attributes:
        fold: one of `FOLDS`: the ends of blocks or all steps.
        scale: one of `SCALES`; what the colours are shared by.
    """

    fold: str = "ends"
    scale: str = "layer"


def strongest(maps: Maps, count: int = SHOWN) -> list[int]:
    """Channels of maps (C, H, W) with the largest mean absolute activation, the largest first."""
    flat = maps.reshape(len(maps), -1)
    with np.errstate(invalid="ignore", over="ignore"):  # a broken network is shown, too
        strength = np.nan_to_num(np.abs(flat) @ np.ones(flat.shape[1], np.float32))  # four times faster than a sum
    return [int(channel) for channel in np.argsort(-strength, kind="stable")[:count]]


def pack_overview(summary: Summary, maps: Mapping[str, Maps], seen: NDArray[np.floating]) -> bytes:
    """Everything that the overview paints, in no language: to be cached by what the maps are cached by.

    Args:
        summary: of the network on this picture.
        maps: name of a step -> (C, H, W) or (F,); steps without maps, or of another shape, are left out.
        seen: what the network saw, (H, W, 1 or 3), 0–1.
    """
    levels = np.rint(255 * np.clip(seen, 0, 1)).astype(np.uint8)
    blobs = [levels.tobytes()]
    ends = set(landmarks(summary.layers))
    strips = [
        _strip(layer, maps[layer.name], layer.index in ends, blobs)
        for layer in summary.layers
        if layer.name in maps and maps[layer.name].ndim in (1, 3)
    ]
    return pack({"seen": levels.shape, "strips": strips}, *blobs)


def _strip(layer: Layer, maps: Maps, end: bool, blobs: list[bytes]) -> dict[str, Any]:
    record = {
        "name": layer.name,
        "stage": stage(layer.name),
        "kind": layer.kind,
        "label": layer.label,
        "shape": maps.shape,
        "end": end,
        "blob": len(blobs),
    }
    if maps.ndim == 1 or maps.shape[1:] == (1, 1):
        return record | _vector(maps.ravel(), blobs)
    channels = strongest(maps)
    found = tiles(maps[channels], _LARGEST if end else _FOLDED)
    blobs.append(found.levels.tobytes())
    ranges = {"low": _short(found.minimum), "high": _short(found.maximum)}
    return record | ranges | {"channels": channels, "size": found.levels.shape[1:], "factor": found.factor}


def _vector(numbers: Maps, blobs: list[bytes]) -> dict[str, Any]:
    """Smallest and largest number of each of at most `_BARS` parts, float32 (parts, 2)."""
    known = np.nan_to_num(numbers, posinf=0.0, neginf=0.0)
    starts = np.unique(np.linspace(0, known.size, _BARS, endpoint=False).astype(int))
    parts = np.stack([np.minimum.reduceat(known, starts), np.maximum.reduceat(known, starts)], axis=1)
    blobs.append(parts.astype("<f4").tobytes())
    return {"low": [_number(known.min())], "high": [_number(known.max())], "largest": int(known.argmax())}


def _number(value: np.floating) -> float:
    return float(f"{value:.5g}")


def _short(values: Maps) -> list[float]:
    return [_number(value) for value in values]


def maps_overview(
    key: str,
    packed: bytes,
    answers: Sequence[tuple[str, float]],
    on_open: Callable[[str, int | None], None],
    *,
    look: Look,
    on_look: Callable[[Look], None],
    scores: str = "",
    left: tuple[str, int] | None = None,
) -> None:
    """Draw the overview.

    Args:
        key: of the component.
        packed: from `pack_overview`.
        answers: names and probabilities of the likeliest classes, translated, the likeliest first.
        on_open: gets the step, and the channel when one was chosen, before the page runs again.
        look: how it is looked at.
        on_look: gets how the visitor wants to look at it, before the page runs again.
        scores: name of the step whose numbers are the scores of the classes; "" when there is none.
        left: step and channel from which the visitor comes back to the network.
    """

    def opened() -> None:
        chosen = chosen_step(st.session_state[key].get("open"))
        if chosen is not None:
            on_open(*chosen)

    def changed() -> None:
        wanted = chosen_look(st.session_state[key].get("look"))
        if wanted is not None:
            on_look(wanted)

    header = {
        "look": asdict(look),
        "answers": [{"name": name, "share": float(each), "text": percent(each)} for name, each in answers],
        "scores": scores,
        "left": None if left is None else {"step": left[0], "channel": left[1]},
        "labels": labels(),
    }
    data = pack(
        header,
        packed,
        colours.diverging().tobytes(),
        colours.sequential().tobytes(),
    )
    component("maps_overview", *SCRIPTS)(key=key, data=data, on_open_change=opened, on_look_change=changed)


def chosen_step(value: Any) -> tuple[str, int | None] | None:
    """Step and channel as the browser reported them; None for what is no such report. Both may not exist."""
    match value:
        case {"step": str(step), "channel": None}:
            return step, None
        case {"step": str(step), "channel": int(channel)} if channel >= 0 and not isinstance(channel, bool):
            return step, channel
    return None


def chosen_look(value: Any) -> Look | None:
    """How the browser reported that the visitor looks at the overview; None for what is no such report."""
    match value:
        case {"fold": str(fold), "scale": str(scale)} if fold in FOLDS and scale in SCALES:
            return Look(fold, scale)
    return None


def labels() -> dict[str, str]:
    """The words of the component, in the visitor's language."""
    return {
        "language": current(),
        "network": _("The network from left to right. Arrow keys walk the layers and their channels, Enter opens."),
        "seen": _("The network saw"),
        "prediction": _("Prediction"),
        "ends": _("Ends of blocks"),
        "all": _("All {count} steps"),
        "shown": _("Each strip: the {count} channels with the largest mean |activation|, the strongest on top."),
        "shown_rows": _("Each strip: the {count} channels with the largest mean |activation|, the strongest first."),
        "scale": _("Colour scale"),
        "scale_channel": _("per channel"),
        "scale_layer": _("per strip"),
        "scale_network": _("all strips"),
        "negative": _("negative"),
        "positive": _("positive"),
        "largest": _("largest"),
        "map": _("{step} · channel {number}, {count} in all: from {low} to {high}"),
        "step": _("{step} · {kind} · {shape} · shown from {low} to {high}"),
        "vector": _("{step} · {kind} · {count} numbers from {low} to {high}, the largest: {largest}"),
        "one": _("channel {number}"),
        "back": _("Layers before"),
        "on": _("Layers after"),
        "reduced": _("One pixel is the mean of {factor}×{factor} activations."),
        "hint": _("Point at a strip for its numbers; click a map to open it."),
    }
