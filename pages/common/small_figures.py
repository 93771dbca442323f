"""Small pictures with captions, as HTML: encoded once at their own size, enlarged by the browser, a pixel a square."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import encode
from pages.common.shelf import Shelf

__all__ = ["figure", "in_a_row"]

_SOURCES: Shelf[str] = Shelf(16 * 2**20)


def figure(picture: NDArray[np.floating] | NDArray[np.uint8], width: int, caption: str = "", alt: str = "") -> str:
    """A picture above its caption; cheap when the same was asked for lately.

    Args:
        picture: (H, W, 1) or (H, W, 3), 0–1, or uint8; pixels stay squares where it is narrower than `width`.
        width: on the screen, in pixels; less where there is no room.
        caption: below it, plain text.
        alt: for those who do not see it; not needed where the caption says the same.
    """
    levels = (picture if picture.dtype == np.uint8 else np.rint(255 * picture.clip(0, 1))).astype(np.uint8, copy=False)
    rendering = "pixelated" if levels.shape[1] < width else "auto"
    style = f"width:100%;max-width:{width}px;image-rendering:{rendering}"
    digest = hashlib.sha256(levels.tobytes()).hexdigest()
    source = _SOURCES.get((digest, levels.shape), lambda: _source(levels))
    words = f'<figcaption style="font-size:.875rem;opacity:.8">{html.escape(caption)}</figcaption>' if caption else ""
    text = html.escape(alt, quote=True)
    return f'<figure style="margin:0"><img alt="{text}" style="{style}" src="{source}">{words}</figure>'


def in_a_row(figures: Iterable[str], alt: str = "") -> str:
    """Figures side by side, each as wide as the others; with `alt`, they are one picture to those who do not see it."""
    boxes = "".join(f'<div style="flex:1;min-width:0">{each}</div>' for each in figures)
    role = f' role="img" aria-label="{html.escape(alt, quote=True)}"' if alt else ""
    return f'<div style="display:flex;gap:6px"{role}>{boxes}</div>'


def _source(levels: NDArray[np.uint8]) -> str:
    """A data URL."""
    data = encode.png(np.ascontiguousarray(levels[:, :, 0] if levels.shape[2] == 1 else levels))
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"
