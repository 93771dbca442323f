"""Filters that stand beside convolution on the page but are none: they are not linear.

Gradient magnitude, median, bilateral filter and Canny's edges. All take float32 pictures of shape (H, W) or
(H, W, C) and the borders of `borders`; with "valid" the output is smaller by the window, otherwise it keeps
its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import kernels
from cnnviz.convolution.borders import checked_border, pad
from cnnviz.convolution.checks import Picture, checked_pixels
from cnnviz.convolution.filtering import correlate
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter, resolve
from cnnviz.text import N_

__all__ = [
    "BILATERAL_PARAMETERS",
    "CANNY_PARAMETERS",
    "LARGEST_SOBEL_GRADIENT",
    "MEDIAN_PARAMETERS",
    "Gradient",
    "bilateral",
    "canny",
    "gradient",
    "luminance",
    "median",
]

MEDIAN_PARAMETERS = (Parameter("size", N_("Size"), 3, 3, 5, 2, N_("pixels"), integer=True),)
BILATERAL_PARAMETERS = (
    Parameter("size", N_("Size"), 9, 3, 15, 2, N_("pixels"), integer=True),
    Parameter("sigma_range", N_("Similar brightness (sigma)"), 0.1, 0.01, 1.0, 0.01),
    Parameter("sigma_space", N_("Near pixels (sigma)"), 3.0, 0.3, 15.0, 0.1, N_("pixels")),
)
CANNY_PARAMETERS = (
    Parameter("low", N_("Low threshold"), 0.05, 0.0, 1.0, 0.01),
    Parameter("high", N_("High threshold"), 0.15, 0.0, 1.0, 0.01),
    Parameter("sigma", N_("Blur before (sigma)"), 1.4, 0.0, 5.0, 0.1, N_("pixels")),
)

# Pixels of 0 and 1 that make Sobel's (gx, gy) longest give (4, 2).
LARGEST_SOBEL_GRADIENT = math.sqrt(20)
_INT16_MAX = 32767


@dataclass(frozen=True, eq=False)
class Gradient:
    """How fast and in which direction a picture gets brighter.

    Attributes:
        magnitude: float32 (H', W'), `sqrt(gx^2 + gy^2)` in the scale of the kernels, never negative.
        direction: float32 (H', W'), `atan2(gy, gx)` in radians, -pi to pi: 0 gets brighter to the right,
            pi/2 downwards (rows count downwards, so angles turn clockwise on the screen).
    """

    magnitude: Picture
    direction: Picture


def luminance(pixels: ArrayLike) -> Picture:
    """Return the brightness of an RGB picture, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), shape (H, W).

    A picture with no or one channel is returned as (H, W) unchanged, possibly the same memory.

    Raises:
        ParameterError: when the picture has another number of channels than 1 or 3.
    """
    picture = checked_pixels(pixels)
    if picture.ndim == 2:
        return picture
    if picture.shape[2] == 1:
        return picture[..., 0]
    _require_channels(picture)
    return cast("Picture", cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def gradient(pixels: ArrayLike, x_weights: ArrayLike, y_weights: ArrayLike, border: str = "reflect") -> Gradient:
    """Join two derivative kernels, such as Sobel X and Y, into length and direction, on the luminance.

    Raises:
        KernelError: when weights are not a kernel.
        ParameterError: when the border or the picture does not fit, or the kernels differ in size.
    """
    sizes = np.shape(x_weights), np.shape(y_weights)
    if sizes[0] != sizes[1]:
        raise ParameterError("y_weights", f"{sizes[1]}", f"{sizes[0]}")
    grey = luminance(pixels)
    gx, gy = correlate(grey, x_weights, border), correlate(grey, y_weights, border)
    # cv2.magnitude rounds differently with where the arrays happen to lie in memory; these three do not.
    return Gradient(np.sqrt(gx * gx + gy * gy), np.arctan2(gy, gx))


def median(pixels: ArrayLike, size: int = 3, border: str = "reflect") -> Picture:
    """Replace every value by the middle one of its (size, size) neighbours, channel by channel (3 or 5).

    Raises:
        ParameterError: when the size or the border is not legal, or a "valid" window does not fit.
    """
    side = int(resolve(MEDIAN_PARAMETERS, {"size": size})["size"])
    padded = _padded(pixels, side // 2, border)
    channels = [padded] if padded.ndim == 2 else [padded[..., c] for c in range(padded.shape[2])]
    medians = [_inner(cv2.medianBlur(np.ascontiguousarray(each), side), side // 2) for each in channels]
    return medians[0] if padded.ndim == 2 else np.stack(medians, axis=2)


def bilateral(
    pixels: ArrayLike,
    size: int = 9,
    sigma_range: float = 0.1,
    sigma_space: float = 3.0,
    border: str = "reflect",
) -> Picture:
    """Smooth without crossing edges: a mean weighted by nearness and by similarity of colour.

    C. Tomasi, R. Manduchi: Bilateral filtering for gray and color images (ICCV 1998), as OpenCV computes
    it: a round window of diameter `size`, and the difference of two colours is the sum over channels of
    absolute differences. The weights are interpolated from a table, which
    changes the result by less than 1e-3.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3).
        size: diameter of the window in pixels, odd, 3 to 15.
        sigma_range: difference in pixel values (0.01 to 1) at which the weight has fallen to 61%.
        sigma_space: distance in pixels (0.3 to 15) at which the weight has fallen to 61%.
        border: one of `borders.BORDERS`.

    Raises:
        ParameterError: when an argument is out of its range, or a "valid" window does not fit.
    """
    given = {"size": size, "sigma_range": sigma_range, "sigma_space": sigma_space}
    values = resolve(BILATERAL_PARAMETERS, given)
    side = int(values["size"])
    padded = _padded(pixels, side // 2, border)
    if padded.ndim == 3 and padded.shape[2] != 1:
        _require_channels(padded)
    smooth = cv2.bilateralFilter(padded, side, values["sigma_range"], values["sigma_space"])
    return _inner(smooth.reshape(padded.shape), side // 2)


def canny(
    pixels: ArrayLike,
    low: float = 0.05,
    high: float = 0.15,
    sigma: float = 1.4,
    border: str = "reflect",
) -> Picture:
    """Find edges as thin lines on the luminance: blur, Sobel, thinning, two thresholds.

    J. Canny: A computational approach to edge detection, IEEE PAMI 8 (1986). The gradient is rounded to
    1/7327 for OpenCV's integer thinning; beyond the picture it counts as 0.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3).
        low: edges continue where the gradient is above this fraction of the largest possible one (Sobel, for
            a picture from 0 to 1: the square root of 20), 0 to 1.
        high: edges start where it is above this fraction, `low` to 1.
        sigma: width of the Gaussian blur in pixels, 0 (none) to 5.
        border: one of `borders.BORDERS`.

    Returns:
        float32 (H', W'), 1 on edges and 0 elsewhere.

    Raises:
        ParameterError: when an argument is out of its range, or a "valid" window does not fit.
    """
    values = resolve(CANNY_PARAMETERS, {"low": low, "high": high, "sigma": sigma})
    if values["high"] < values["low"]:
        raise ParameterError("high", high, f"{values['low']:g} … 1")
    smooth = _blurred(luminance(pixels), values["sigma"], border)
    scale = _INT16_MAX / LARGEST_SOBEL_GRADIENT
    sobel = (kernels.get(key).weights * scale for key in ("sobel_x", "sobel_y"))
    gx, gy = (_as_int16(correlate(smooth, weights, border)) for weights in sobel)
    thresholds = (values["low"] * _INT16_MAX, values["high"] * _INT16_MAX)
    edges = cv2.Canny(gx, gy, *thresholds, L2gradient=True)
    return (edges > 0).astype(np.float32)


def _blurred(grey: Picture, sigma: float, border: str) -> Picture:
    if sigma < 0.3:
        return grey
    size = 2 * math.ceil(3 * sigma) + 1
    return correlate(grey, kernels.get("gaussian", size=size, sigma=sigma).weights, border)


def _as_int16(values: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.clip(np.rint(values), -_INT16_MAX, _INT16_MAX).astype(np.int16)


def _padded(pixels: ArrayLike, reach: int, border: str) -> Picture:
    """Return the picture with `reach` pixels more on each side; for "valid" itself, if a window fits."""
    picture = checked_pixels(pixels)
    edge = checked_border(border)
    if edge == "valid" and min(picture.shape[:2]) <= 2 * reach:
        side = 2 * reach + 1
        legal = f"≥ {side} x {side} (border: valid)"
        raise ParameterError("pixels", f"{picture.shape[0]} x {picture.shape[1]}", legal)
    return pad(picture, (reach, reach), (reach, reach), edge)


def _inner(padded: np.ndarray[Any, Any], reach: int) -> Picture:
    return np.ascontiguousarray(padded[reach:-reach, reach:-reach], dtype=np.float32)


def _require_channels(picture: Picture) -> None:
    if picture.shape[2] != 3:
        raise ParameterError("pixels", f"{picture.shape}", "(H, W), (H, W, 1), (H, W, 3)")
