"""The numbers of an explanation as bytes for the browser component `channel_view`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.explained import Carried, Convolved, Explanation, Head, Joined, Merged, Pooled
from cnnviz.networks.top_places import histogram
from pages.common.components import pack

__all__ = ["packed"]

Arrays = dict[str, NDArray[Any]]
_TYPES: Mapping[str, tuple[str, str]] = {"f": ("f4", "<f4"), "i": ("i4", "<i4")}  # kind -> in the browser, as bytes
_NORMALISED = ("step", "mean", "variance", "weight", "bias", "eps", "measured", "scale", "shift", "agrees")
_ACTIVATED = ("step", "kind", "formula", "agrees")

_packed: WeakKeyDictionary[Explanation, tuple[str, bytes]] = WeakKeyDictionary()


def packed(explanation: Explanation) -> tuple[str, bytes]:
    """The message and its name, which is that of its contents; packed once for each explanation."""
    if explanation not in _packed:
        message = _message(explanation)
        _packed[explanation] = hashlib.blake2b(message, digest_size=12).hexdigest(), message
    return _packed[explanation]


def _message(explanation: Explanation) -> bytes:
    arrays: Arrays = {"map": explanation.map}
    header: dict[str, Any] = {
        "step": explanation.step,
        "channel": explanation.channel,
        "start": _start(explanation.map),
        "histogram": _histogram(explanation.map),
        "head": _head(explanation.head, arrays),
        "normalised": None,
        "activated": None,
    }
    if (norm := explanation.normalised) is not None:
        arrays["normalised"] = norm.output
        header["normalised"] = {name: getattr(norm, name) for name in _NORMALISED}
    if (last := explanation.activated) is not None:
        arrays["activated"] = last.output
        header["activated"] = {name: getattr(last, name) for name in _ACTIVATED} | {"settings": dict(last.settings)}
    header["arrays"] = [
        {"name": name, "type": _TYPES[values.dtype.kind][0], "shape": values.shape} for name, values in arrays.items()
    ]
    blobs = (np.ascontiguousarray(values, _TYPES[values.dtype.kind][1]).tobytes() for values in arrays.values())
    return pack(header, *blobs)


def _start(values: NDArray[np.float32]) -> tuple[int, int]:
    """The place that is looked at first: the most active one, whose number a ReLU leaves; else that furthest from 0."""
    largest = values.argmax()
    row, column = divmod(int(largest if values.flat[largest] > 0 else np.abs(values).argmax()), values.shape[1])
    return row, column


def _histogram(values: NDArray[np.float32]) -> dict[str, Any]:
    found = histogram(values)
    counts = {"counts": found.counts.tolist(), "zeros": found.zeros, "total": values.size}
    return {"edges": found.edges.tolist(), "low": found.low, "high": found.high, **counts}


def _head(head: Head | None, arrays: Arrays) -> dict[str, Any] | None:
    """What the browser needs to know of a head; its numbers go into `arrays`."""
    match head:
        case Convolved():
            arrays |= {"inputs": head.inputs, "weights": head.weights, "channels": head.channels}
            arrays |= {"rows": head.windows.rows, "columns": head.windows.columns, "head": head.output}
            if head.others is not None:
                arrays["others"] = head.others
            about = {"step": head.step, "source": head.source, "total": head.total}
            return {"kind": "convolution", **about, "bias": head.bias, "agrees": head.agrees}
        case Merged():
            arrays |= {f"part{place}": part.map for place, part in enumerate(head.parts)} | {"head": head.output}
            parts = [{"step": part.step, "role": part.role} for part in head.parts]
            return {"kind": head.operation, "step": head.step, "parts": parts, "agrees": head.agrees}
        case Pooled():
            arrays |= {"input": head.input, "rows": head.windows.rows, "columns": head.windows.columns}
            arrays |= {"head": head.output} | ({} if head.divisors is None else {"divisors": head.divisors})
            return {"kind": head.operation, "step": head.step, "source": head.source, "agrees": head.agrees}
        case Carried():
            arrays["head"] = head.output
            return {"kind": "carried", "source": head.source}
        case Joined():
            branches = [{"step": step, "channels": channels} for step, channels in head.branches]
            about = {"branches": branches, "branch": head.branch, "agrees": head.agrees}
            return {"kind": "joined", "step": head.step, **about}
    return None
