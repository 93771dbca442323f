"""Small pictures with captions, as HTML: encoded once at their own size, enlarged by the browser, a pixel a square."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import encode

__all__ = ["figure", "in_a_row"]


def figure(picture: NDArray[np.floating] | NDArray[np.uint8], width: int, caption: str = "", alt: str = "") -> str:
    """A picture above its caption; cheap when the same was asked for lately.

    Args:
        picture: (H, W, 1) or (H, W, 3), 0–1, or uint8; pixels stay squares where it is narrower than `width`.
        width: on the screen, in pixels; less where there is no room.
        caption: below it, plain text.
        alt: for those who do not see it; the caption where it is left out.
    """
    levels = picture if picture.dtype == np.uint8 else np.rint(255 * picture.clip(0, 1)).astype(np.uint8)
    rendering = "pixelated" if levels.shape[1] < width else "auto"
    style = f"width:100%;max-width:{width}px;image-rendering:{rendering}"
    source = _source(levels.tobytes(), levels.shape)
    words = f'<figcaption style="font-size:.875rem;opacity:.8">{html.escape(caption)}</figcaption>' if caption else ""
    text = html.escape(alt or caption, quote=True)
    return f'<figure style="margin:0"><img alt="{text}" style="{style}" src="{source}">{words}</figure>'


def in_a_row(figures: Iterable[str]) -> str:
    """Figures side by side, each as wide as the others."""
    boxes = "".join(f'<div style="flex:1;min-width:0">{each}</div>' for each in figures)
    return f'<div style="display:flex;gap:6px">{boxes}</div>'


@lru_cache(maxsize=64)  # of pictures that networks see: 150 kB each, and their PNG
def _source(levels: bytes, shape: tuple[int, ...]) -> str:
    """A data URL."""
    pixels = np.frombuffer(levels, np.uint8).reshape(shape)
    data = encode.png(np.ascontiguousarray(pixels[:, :, 0] if shape[2] == 1 else pixels))
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"
