"""What is observed of a run, as bytes for the browser: an observation for each epoch, and what all epochs share.

An observation is packed once in the process. A file for the browser holds one or several of them, each compressed on
its own, with a summary of each in front: what a scale for all epochs needs to know without opening them.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pages.common.components import pack

if TYPE_CHECKING:
    from cnnviz.training.observations import Observation

__all__ = ["MOST_FILTERS", "NORMS", "finite", "pack_observation", "pack_pictures", "summary"]

MOST_FILTERS = 48  # 3 rows of 16
NORMS = ("gradient_norms", "activation_norms", "weight_norms")

Array = NDArray[Any]


def finite(number: float, digits: int = 6) -> float | None:
    """A number as JSON can have it; None for those that are none."""
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None


def summary(observation: Observation) -> dict[str, Any]:
    """What scales for all epochs are made of: the largest weight shown, and the range of each kind of norm above 0."""
    return {"extent": _extent(_shown(observation.filters)), "norms": [_range(norms) for norms in _norms(observation)]}


def pack_observation(observation: Observation) -> bytes:
    """One epoch, compressed; without the pictures that all epochs share."""
    blobs: list[bytes] = []
    header = {
        "filters": _filters(observation.filters, blobs),
        "maps": [_map(name, maps, blobs) for name, maps in observation.maps.items()],
        "norms": [_norm_record(norms) for norms in _norms(observation)],
        "confusion": _blob(observation.confusion.astype("<u4"), blobs),
        "strip": _answers(observation.strip),
        "mistakes": _answers(observation.mistakes),
        "wrong": _blob(observation.mistakes.pictures, blobs),
    }
    return zlib.compress(pack(header, *blobs), 1)


def pack_pictures(observation: Observation) -> bytes:
    """What is the same in all epochs: the picture that the feature maps are of, and those of the strip; compressed."""
    blobs: list[bytes] = []
    header = {"picture": _blob(observation.picture, blobs), "strip": _blob(observation.strip.pictures, blobs)}
    return zlib.compress(pack(header, *blobs), 1)


def _blob(values: Array, blobs: list[bytes]) -> dict[str, Any]:
    """Append the bytes of an array and return its record."""
    blobs.append(np.ascontiguousarray(values).tobytes())
    return {"blob": len(blobs) - 1, "shape": values.shape}


# ---- filters


def _shown(filters: Array) -> Array:
    """The filters that are drawn, (K, 1 or 3, kh, kw): in colour where there are three channels, else the first."""
    first = filters[:MOST_FILTERS]
    return first if first.shape[1] == 3 else first[:, :1]


def _extent(values: Array) -> float:
    """The largest of the absolute values that are numbers; 0 when there is none."""
    known = np.abs(values[np.isfinite(values)])
    return float(known.max()) if known.size else 0.0


def _filters(filters: Array, blobs: list[bytes]) -> dict[str, Any]:
    of = {"of": filters.shape[0], "channels": filters.shape[1]}
    return {**_blob(_shown(filters).astype("<f4"), blobs), **of}


# ---- feature maps


def _map(name: str, maps: Array, blobs: list[bytes]) -> dict[str, Any]:
    """Maps of a layer as levels 0 … 255 of one scale: from 0 to the largest, or symmetric about 0 at level 127."""
    shown = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    extent, signed = _extent(maps), bool((shown < 0).any())
    share = shown / extent if extent else shown * 0
    levels = 127 + np.rint(127 * share) if signed else np.rint(255 * share)
    record = {"name": name, "extent": finite(extent), "signed": signed}
    return {**record, **_blob(levels.clip(0, 255).astype(np.uint8), blobs)}


# ---- norms


def _norms(observation: Observation) -> list[Mapping[str, float]]:
    return [getattr(observation, name) for name in NORMS]


def _range(norms: Mapping[str, float]) -> tuple[float, float] | None:
    above = [value for value in norms.values() if value > 0 and math.isfinite(value)]
    return (min(above), max(above)) if above else None


def _norm_record(norms: Mapping[str, float]) -> list[tuple[str, float | None]]:
    return [(name, finite(value)) for name, value in norms.items()]


# ---- answers


def _answers(answers: Any) -> dict[str, list[Any]]:
    """Labels, answers and probabilities of some pictures, and their numbers in the test set."""
    whole = {name: [int(each) for each in getattr(answers, name)] for name in ("indices", "labels", "answers")}
    return {**whole, "probabilities": _finite(answers.probabilities)}


def _finite(numbers: Iterable[float]) -> list[float | None]:
    return [finite(float(each), 5) for each in numbers]
