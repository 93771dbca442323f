"""Panels of pictures and spectra: what Python sends to the browser component of that name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution.frequency.response import origin_index
from cnnviz.figures import colours, encode
from cnnviz.figures.display import fit
from cnnviz.figures.spectra import GRID, LogLevels
from pages.common.components import component, pack
from pages.common.language import _, current

__all__ = ["Filter", "Message", "keep", "spectra"]

LONGEST_SHOWN = 600  # pixels of a panel, on a screen with two dots per pixel
_SCRIPTS = (
    "../unpack.js",
    "../colours.js",
    "response.js",
    "panels.js",
    "spectra.js",
    "paint.js",
    "pointing.js",
    "readout.js",
    "main.js",
)


@dataclass(frozen=True, eq=False)
class Filter:
    """What pictures are filtered with: a kernel, or a real gain for every frequency.

    Attributes:
        weights: (kh, kw), or None.
        gains: (GRID, GRID), 0 to 1, zero frequency in the middle; None when there are weights.
        operation: what is done with the kernel.
    """

    weights: NDArray[np.float64] | None
    gains: NDArray[np.float64] | None = None
    operation: str = "correlation"


@dataclass(eq=False)
class Message:
    """One message in the making: records of panels, and the bytes that go with them.

    Attributes:
        across: panels in a row.
        scale: of the response: linear, log, db or phase.
        probe: (row, column) frequency, or None.
        stride: of the subsampling whose folding is drawn; 1 for none.
        brush: radius of the brush in cycles per pixel, or None.
    """

    across: int = 3
    scale: str = "linear"
    probe: tuple[float, float] | None = None
    stride: int = 1
    brush: float | None = None
    panels: list[dict[str, Any]] = field(default_factory=list)
    blobs: list[bytes] = field(default_factory=list)
    filter: Filter | None = None

    def picture(self, name: str, title: str, levels: NDArray[np.uint8], note: str = "", **more: Any) -> None:
        """A panel with grey or colour levels, encoded at the size shown; `more` goes into its record."""
        shown = fit(levels, LONGEST_SHOWN)
        exact = max(levels.shape[:2]) <= GRID
        data = encode.png(shown) if exact else encode.jpeg(shown, full_colour=levels.ndim == 3)
        record = {"mime": "image/png" if exact else "image/jpeg", "blob": self._blob(data), **more}
        self._panel(name, "picture", title, note, rows=levels.shape[0], columns=levels.shape[1], **record)

    def kept_picture(self, name: str, title: str, key: str, size: tuple[int, int], note: str = "") -> None:
        """A panel whose JPEG the browser has been given by `keep`."""
        self._panel(name, "picture", title, note, key=key, mime="image/jpeg", rows=size[0], columns=size[1])

    def kept_spectrum(self, name: str, title: str, key: str, levels: LogLevels, **more: Any) -> None:
        """A panel with a spectrum that the browser has been given; with `times` multiplied by the response."""
        self._panel(name, "spectrum", title, spectrum={"key": key, "low": levels.low, "high": levels.high}, **more)

    def spectrum(self, name: str, title: str, levels: LogLevels, **more: Any) -> None:
        """A panel with a spectrum that is sent along."""
        record = {"blob": self._blob(levels.levels.tobytes()), "low": levels.low, "high": levels.high}
        self._panel(name, "spectrum", title, spectrum=record, **more)

    def response(self, name: str, title: str, **more: Any) -> None:
        """The panel with |H| or its phase; the browser computes it."""
        self._panel(name, "response", title, **more)

    def palette(self, colours_of: NDArray[np.uint8]) -> int:
        """Send a palette of 256 colours for a picture's colour bar; returns its number."""
        stretched = colours_of[np.linspace(0, len(colours_of) - 1, 256).round().astype(int)]
        return self._blob(stretched.tobytes())

    def _panel(self, name: str, kind: str, title: str, note: str = "", **record: Any) -> None:
        self.panels.append({"name": name, "kind": kind, "title": title, "note": note, **record})

    def _blob(self, data: bytes) -> int:
        self.blobs.append(data)
        return len(self.blobs) - 1

    def packed(self) -> bytes:
        """The whole message."""
        header: dict[str, Any] = {
            "across": self.across,
            "scale": self.scale,
            "probe": self.probe,
            "stride": self.stride,
            "brush": None if self.brush is None else {"radius": self.brush},
            "panels": self.panels,
            "labels": _labels(),
            "palettes": {
                "sequential": self._blob(colours.sequential().tobytes()),
                "cyclic": self._blob(colours.cyclic().tobytes()),
            },
            **self._filter_record(),
        }
        digest = hashlib.blake2b(digest_size=8)
        for blob in self.blobs:
            digest.update(blob)
        digest.update(repr((self.panels, self.stride)).encode())
        return pack({**header, "signature": digest.hexdigest()}, *self.blobs)

    def _filter_record(self) -> dict[str, Any]:
        if self.filter is None:
            return {}
        weights, gains = self.filter.weights, self.filter.gains
        if weights is not None:
            rows, columns = weights.shape
            operation: Any = self.filter.operation
            record = {
                "rows": rows,
                "columns": columns,
                "origin": [origin_index(side, "centre", operation) for side in (rows, columns)],
                "sign": 1 if operation == "correlation" else -1,
                "blob": self._blob(np.ascontiguousarray(weights, np.float64).tobytes()),
            }
            return {"kernel": record}
        assert gains is not None  # noqa: S101 - a filter is one of the two
        levels = np.rint(gains * 65535).astype("<u2")
        return {"design": {"size": GRID, "blob": self._blob(levels.tobytes())}}


def keep(blobs: Mapping[str, bytes]) -> None:
    """Give the browser bytes under names; sent when they change, and never twice."""
    component("blob_store", "../unpack.js", "main.js")(
        key="blob_store", data=pack({"keys": list(blobs)}, *blobs.values())
    )


def spectra(key: str, message: Message, on_event: Callable[[str, Any], None]) -> None:
    """Draw the component; `on_event` gets "scale", "probe" or "stroke" with what the browser reports."""

    def report(name: str) -> Callable[[], None]:
        return lambda: on_event(name, st.session_state[key].get(name))

    component("spectra", *_SCRIPTS)(
        key=key,
        data=message.packed(),
        on_scale_change=report("scale"),
        on_probe_change=report("probe"),
        on_stroke_change=report("stroke"),
    )


def _labels() -> dict[str, Any]:
    return {
        "language": current(),
        "keys": _("Arrow keys move the probe, with Shift in small steps."),
        "hint": _("Point at a spectrum or at the response to read a frequency; drag to move the probe."),
        "place": _(
            "f row {row}, f column {column} cycles per pixel; wavelength {wavelength} pixels, direction {angle}°"
        ),
        "gain": _("|H| = {gain}, {decibels} dB, phase {phase}"),
        "save": _("Save this panel as PNG"),
        "limit": _(
            "At the limit of the stride: it becomes {out_row}, {out_column} cycles per output pixel, and 0.5 and −0.5 "
            "are the same wave there."
        ),
        "paint": _("Enter paints at the probe."),
        "by_gain": _("multiplied by its gain {gain}"),
        "kept": _(
            "Below the limit of the stride: it stays where it is ({out_row}, {out_column} cycles per output pixel)."
        ),
        "folds": _(
            "Beyond the limit: it folds to {row}, {column} (orange), that is {out_row}, {out_column} cycles per "
            "output pixel."
        ),
        "probe": _("The probe’s wave before and after:"),
        "amplitudes": _("measured amplitude {before} → {after},"),
        "ratio": _("ratio {ratio}, |H| = {gain}"),
        "scales": {"linear": _("linear"), "log": "log(1 + |H|)", "db": "dB", "phase": _("phase")},
    }
