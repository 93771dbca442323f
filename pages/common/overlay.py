"""Maps over the picture that a network saw: what Python sends to the browser component "overlay"."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.receptive_field import Field, Region
from cnnviz.figures import colours
from cnnviz.figures.display import display
from pages.common.channel_view import placement
from pages.common.components import component, pack
from pages.common.language import _

__all__ = ["Box", "Panel", "overlay", "overlay_message"]

_FEW = 2048  # numbers of a map of which the largest is the end of the scale, and no quantile
_SCRIPTS = ("../unpack.js", "../colours.js", "../lab/numbers.js", "../maps.js", "panel.js", "main.js")


@dataclass(frozen=True)
class Box:
    """A rectangle on the picture.

    Attributes:
        region: pixels; may leave the picture.
        kind: "theoretical" (dashed) or "support".
        text: what it is, translated.
    """

    region: Region
    kind: str
    text: str


@dataclass(frozen=True, eq=False)
class Panel:
    """A map to show.

    Attributes:
        title: translated.
        alt: what can be seen, translated, for those who cannot.
        values: float32 (h, w).
        field: receptive field of the map's units, which decides where they lie; None spreads the map evenly.
        boxes: on top.
    """

    title: str
    alt: str
    values: NDArray[np.float32]
    field: Field | None = None
    boxes: tuple[Box, ...] = ()


def overlay(key: str, seen: NDArray[np.float32], panels: Sequence[Panel], signed: bool) -> None:
    """Draw maps over the picture and alone, all on one scale.

    Args:
        key: of the component.
        seen: what the network saw, (H, W, 1 or 3), 0–1.
        panels: one or two.
        signed: whether numbers below 0 mean something.
    """
    component("overlay", *_SCRIPTS)(key=key, data=overlay_message(seen, panels, signed))


def overlay_message(seen: NDArray[np.float32], panels: Sequence[Panel], signed: bool) -> bytes:
    """What the browser gets."""
    levels = np.rint(255 * seen.clip(0, 1)).astype(np.uint8)
    blobs = [levels.tobytes(), colours.diverging().tobytes(), colours.sequential().tobytes()]
    blobs += [np.ascontiguousarray(each.values, "<f4").tobytes() for each in panels]
    size = (seen.shape[0], seen.shape[1])
    records = [_record(each, size) for each in panels]
    legend = [{"kind": box.kind, "text": box.text} for box in panels[0].boxes]
    if not all(_covers(each["place"]) for each in records):
        legend.append({"kind": "uncovered", "text": _("no unit of the layer lies there")})
    header = {
        "name": hashlib.sha256(b"".join(blobs)).hexdigest()[:16],
        "seen": levels.shape,
        "signed": signed,
        "high": _high([each.values for each in panels]),
        "panels": records,
        "legend": legend,
        "labels": _labels(),
    }
    return pack(header, *blobs)


def _record(panel: Panel, size: tuple[int, int]) -> dict[str, Any]:
    rows, columns = panel.values.shape
    return {
        "title": panel.title,
        "alt": panel.alt,
        "shape": (rows, columns),
        "place": placement(panel.field, (rows, columns), size),
        "boxes": [box.region._asdict() | {"kind": box.kind} for box in panel.boxes],
    }


def _covers(place: dict[str, float]) -> bool:
    """Whether a map leaves less than a hundredth of the picture's sides uncovered."""
    ends = [place["top"], place["left"], 1 - place["top"] - place["height"], 1 - place["left"] - place["width"]]
    return max(ends) < 0.01


def _high(maps: Sequence[NDArray[np.float32]]) -> float:
    """The end of the common scale: of many pixels few extreme ones would leave the rest pale."""
    both = np.concatenate(maps)
    return float(np.abs(both).max()) if maps[0].size < _FEW else display(both, "signed").high


def _labels() -> dict[str, str]:
    return {
        "opacity": _("Opacity of the map"),
        "scale": _("Colour scale"),
        "signed": _("blue speaks against, orange for; over the picture, weak places are see-through"),
        "positive": _("brighter is more; over the picture, weak places are see-through"),
        "nothing": _("the map is 0 everywhere"),
        "said": _("row {row}, column {column}: {value}"),
    }
