"""A filter's result as something to look at: four ways to turn signed numbers into levels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.companions import luminance
from cnnviz.errors import ParameterError
from cnnviz.figures.colours import MIDDLE, directions, diverging
from cnnviz.text import N_

__all__ = ["MODES", "Display", "Mode", "display", "display_directions", "display_signed", "fit"]

_Number = TypeVar("_Number", np.float32, np.uint8)
Mode = Literal["signed", "clip", "absolute", "rescale"]

MODES: dict[Mode, str] = {
    "signed": N_("Signed: blue below zero, orange above"),
    "clip": N_("Clip: below 0 black, above 1 white"),
    "absolute": N_("Absolute value, clipped at 1"),
    "rescale": N_("Rescale: smallest black, largest white"),
}

_SAMPLED = 65_536  # pixels that a quantile is taken of


@dataclass(frozen=True)
class Display:
    """Levels to show, and what they mean.

    Attributes:
        rgb: uint8 (H, W, 3), or (H, W) when the picture is grey.
        mode: how the numbers became levels; "hue" for directions.
        low: the number shown as black (clip, absolute, rescale) or as the bluest colour (signed); smaller
            numbers look the same.
        high: the number shown as white or as the most orange colour; larger numbers look the same.
    """

    rgb: NDArray[np.uint8]
    mode: str
    low: float
    high: float


def fit(values: NDArray[_Number], longest: int) -> NDArray[_Number]:
    """Reduce (H, W) or (H, W, C) by area averaging until no side is longer than `longest`; never enlarge.

    Args:
        values: float32 numbers or uint8 levels; the type is kept, levels are rounded.
        longest: pixels, at least 1.
    """
    rows, columns = values.shape[:2]
    ratio = longest / max(rows, columns)
    if ratio >= 1:
        return values
    size = (max(1, round(columns * ratio)), max(1, round(rows * ratio)))
    reduced = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, values.dtype).reshape(*reduced.shape[:2], *values.shape[2:])


def display(values: NDArray[np.float32], mode: Mode, *, low: float | None = None, high: float | None = None) -> Display:
    """Turn a result into levels.

    Args:
        values: float32 (H, W), (H, W, 1) or (H, W, 3), any sign. "signed" shows the luminance of a colour
            result, because one colour map can show one number per pixel.
        mode: one of `MODES`.
        low: smallest number of the whole result, for "signed" and "rescale"; of `values` when left out. Give
            it when `values` is a reduced copy: averaging has taken the extremes away.
        high: largest number, likewise.

    Raises:
        ParameterError: unknown mode.
    """
    if mode not in MODES:
        raise ParameterError("mode", mode, ", ".join(MODES))
    if mode == "signed":
        values = luminance(values)
    low = float(values.min()) if low is None else low
    high = float(values.max()) if high is None else high
    if mode == "signed":
        return display_signed(values, _scale(values, max(abs(low), abs(high))))
    if mode == "rescale":
        return Display(_rescale(values, low, high), mode, low, high)
    shown = np.abs(values) if mode == "absolute" else values
    return Display(_levels(shown), mode, 0.0, 1.0)


def display_signed(values: NDArray[np.float32], scale: float) -> Display:
    """Signed numbers (H, W) in colours from -`scale` to `scale`; beyond, the strongest colour."""
    return Display(_colour(values, scale), "signed", -scale, scale)


def display_directions(angle: NDArray[np.float32], magnitude: NDArray[np.float32]) -> Display:
    """Directions (H, W) in radians as hues, the strongest edge brightest."""
    peak = float(magnitude.max()) or 1.0
    return Display(directions(angle, magnitude / np.float32(peak)), "hue", 0.0, peak)


def _scale(values: NDArray[np.float32], largest: float) -> float:
    """The number that gets the strongest colour: 99 of 100 pixels are below it; at least `largest` / 8.

    A few extreme pixels would otherwise leave all others pale; where nearly everything is zero, the largest
    counts.
    """
    step = max(1, round(math.sqrt(values.size / _SAMPLED)))
    usual = float(np.quantile(np.abs(values[::step, ::step]), 0.99))
    return min(largest, max(usual, largest / 8)) if usual > largest / 64 else largest


def _colour(values: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    if scale <= 0:
        return np.broadcast_to(diverging()[MIDDLE], (*values.shape, 3)).copy()
    # Divided first: MIDDLE / scale has no float32 for the tiniest scales. Clipped: OpenCV's conversion takes
    # numbers beyond 32-bit integers for 0. applyColorMap wants a 256th entry, which no number reaches.
    share = values / np.float32(scale)
    np.clip(share, -1.0, 1.0, out=share)
    index = cv2.addWeighted(share, MIDDLE, share, 0.0, MIDDLE, dtype=cv2.CV_8U)
    palette = np.concatenate([diverging(), diverging()[-1:]])
    return np.asarray(cv2.applyColorMap(index, palette[:, None]), np.uint8)


def _rescale(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    if high <= low:
        return np.full(_grey_or_colour(values).shape, 128, np.uint8)
    return _levels((values - np.float32(low)) / np.float32(high - low))


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    # Clipped before: OpenCV would mirror negative numbers and turn those beyond 32-bit integers black.
    flat = np.clip(_grey_or_colour(values), 0.0, 1.0)
    return np.asarray(cv2.convertScaleAbs(flat, alpha=255.0), np.uint8)


def _grey_or_colour(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values
