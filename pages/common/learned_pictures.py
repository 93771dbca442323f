"""Filters as pictures: signed numbers in two colours, three channels as a colour, and what a filter passes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.frequency.response import response
from cnnviz.figures import colours
from cnnviz.figures.display import display_signed

__all__ = ["VIEWS", "enlarged", "frequency_levels", "signed_levels", "view_levels"]

VIEWS = ("colour", "luminance", "red", "green", "blue")
_CHANNELS = ("red", "green", "blue")
_LUMA = (0.299, 0.587, 0.114)
_SIDE = 48  # frequencies of a side
_SHOWN = 192  # pixels of a side

Levels = NDArray[np.uint8]


def view_levels(weights: NDArray[np.floating], view: str) -> Levels:
    """A filter (C, h, w) as levels (h, w, 3), on a scale of its own.

    Args:
        weights: the filter.
        view: one of `VIEWS`; with other than three channels their mean is shown.
    """
    if len(weights) != 3:
        return _signed(weights.mean(axis=0))
    if view in _CHANNELS:
        return _signed(weights[_CHANNELS.index(view)])
    if view == "luminance":
        return _signed(np.tensordot(_LUMA, weights, axes=1))
    largest = float(np.abs(weights).max()) or 1.0
    return np.rint(255 * (0.5 + weights.transpose(1, 2, 0) / largest / 2)).clip(0, 255).astype(np.uint8)


def _signed(values: NDArray[np.floating]) -> Levels:
    return signed_levels(values, float(np.abs(values).max()))


def signed_levels(values: NDArray[np.floating], largest: float) -> Levels:
    """Numbers (h, w) in colours from −largest to largest, (h, w, 3)."""
    return display_signed(values.astype(np.float32), largest).rgb


def frequency_levels(pattern: NDArray[np.floating]) -> Levels:
    """|H| of a kernel (h, w): frequency zero in the middle, black none and yellow the largest, (48, 48, 3)."""
    gains = np.abs(response(pattern, (_SIDE, _SIDE)).values)
    return colours.sequential()[np.rint(255 * gains / (gains.max() or 1.0)).astype(int)]


def enlarged(levels: Levels) -> Levels:
    """Large pixels with sharp edges, at least 192 across."""
    times = max(1, -(-_SHOWN // levels.shape[0]))
    size = (levels.shape[1] * times, levels.shape[0] * times)
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_NEAREST), np.uint8)
