"""Sample pictures as networks get them: the shorter side fitted, the middle cut out."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from cnnviz.figures import encode
from cnnviz.images import samples

__all__ = ["cropped"]

_MARGIN = 256 / 224  # the shorter side is made this much longer than what is cut out, as is usual for ImageNet


@st.cache_resource(max_entries=32, show_spinner=False)
def cropped(sample: str, size: tuple[int, int], grey: bool = False) -> bytes:
    """The middle of a sample as JPEG.

    Args:
        sample: key in `cnnviz.images.samples`.
        size: rows and columns of the result.
        grey: for networks that see one channel.
    """
    levels = np.asarray(samples.load(sample).levels, np.uint8)
    if grey:
        levels = np.repeat(np.asarray(cv2.cvtColor(levels, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, axis=2)
    rows, columns = size
    scale = _MARGIN * max(rows / levels.shape[0], columns / levels.shape[1])
    fitted = (max(columns, round(levels.shape[1] * scale)), max(rows, round(levels.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(levels, fitted, interpolation=interpolation)
    top, left = (resized.shape[0] - rows) // 2, (resized.shape[1] - columns) // 2
    return encode.jpeg(np.ascontiguousarray(resized[top : top + rows, left : left + columns], np.uint8))
