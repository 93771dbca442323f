"""The icon in the browser's tab: Sobel X in the colours of the page."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image

from cnnviz.convolution import kernels
from cnnviz.figures.display import display

__all__ = ["icon"]


@functools.cache
def icon() -> Image.Image:
    """The nine weights as coloured squares, 48 pixels wide. A picture of ours: named icons come from another host."""
    weights = kernels.get("sobel_x").weights.astype(np.float32)
    return Image.fromarray(np.kron(display(weights, "signed").rgb, np.ones((16, 16, 1), np.uint8)))
