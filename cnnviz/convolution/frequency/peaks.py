"""Where a periodic pattern lies in a picture's spectrum: peaks that stand out from their surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Pair
from cnnviz.convolution.frequency.editing import Stroke
from cnnviz.convolution.frequency.grid import Array, checked_picture, frequencies, radius, spectrum
from cnnviz.convolution.frequency.spectrum import window_weights
from cnnviz.parameters import Parameter, resolve
from cnnviz.text import N_

__all__ = ["PARAMETERS", "Peak", "notches", "peaks"]

PARAMETERS = (
    Parameter("count", N_("Number of peaks"), 4, 1, 20, 1, integer=True),
    Parameter("away", N_("Distance from zero"), 0.03, 0.0, 0.5, 0.005, N_("cycles per pixel")),
    Parameter("prominence", N_("How far a peak stands out"), 8.0, 1.0, 1000.0, 0.5),
)
_AROUND = 15  # frequencies in a side of the surroundings
_SMALLEST = 3  # of the window that a peak must be the largest of
_TINY = 1e-9  # of the largest magnitude: below is rounding, which stands out from nothing


@dataclass(frozen=True)
class Peak:
    """A frequency that is stronger than its surroundings.

    Attributes:
        row: frequency along the rows in cycles per pixel, -0.5 to 0.5.
        column: along the columns, 0 to 0.5; the mirror image at (-row, -column) goes with it.
        amplitude: of a wave of exactly this frequency that would make such a peak, in the picture's units.
        prominence: magnitude divided by the geometric mean of the magnitudes around it.
    """

    row: float
    column: float
    amplitude: float
    prominence: float


def peaks(pixels: ArrayLike, count: int = 4, away: float = 0.03, prominence: float = 8.0) -> tuple[Peak, ...]:
    """Find the strongest isolated peaks of a spectrum, those that stand out most first.

    The mean of the channels is multiplied by a Hann window, so that the picture's edges, which do not fit together,
    make no peaks of their own. A peak is larger than its eight neighbours and at least `prominence` times the
    geometric mean of the 15 x 15 frequencies around it. In noise the magnitudes of neighbours follow a Rayleigh
    distribution, of which 8 times that mean is exceeded once in 10^15.

    Args:
        pixels: (H, W) or (H, W, C), at most 2048 in a side.
        count: at most so many, 1 to 20.
        away: smallest distance from zero frequency in cycles per pixel, 0 to 0.5: near zero every photo is strong.
        prominence: 1 to 1000.

    Raises:
        ParameterError: when an argument is something else.
    """
    values = resolve(PARAMETERS, {"count": count, "away": away, "prominence": prominence})
    picture = checked_picture(pixels).astype(np.float64)
    grey = picture.mean(axis=2) if picture.ndim == 3 else picture
    size = grey.shape[0], grey.shape[1]
    window = np.outer(window_weights("hann", size[0]), window_weights("hann", size[1]))
    # The mean goes first: the window would spread it over the frequencies next to zero.
    magnitude = np.abs(spectrum((grey - grey.mean()) * window))
    standing = _prominence(magnitude)
    found = _largest_around(magnitude) & (standing >= values["prominence"]) & _upper_half(size)
    found &= radius(size) >= max(float(values["away"]), 1e-9)
    rows, columns = np.broadcast_arrays(*frequencies(size))
    places = sorted(np.argwhere(found), key=lambda place: -standing[tuple(place)])[: int(values["count"])]
    amplitudes = magnitude / window.sum()
    return tuple(
        Peak(
            float(rows[r, c]),
            float(abs(columns[r, c])),
            _copies(float(rows[r, c]), float(columns[r, c])) * float(amplitudes[r, c]),
            float(standing[r, c]),
        )
        for r, c in places
    )


def notches(found: tuple[Peak, ...], radius: float = 0.02, soft: float = 0.0) -> tuple[Stroke, ...]:
    """Dots over the peaks, for a `Mask` that takes them out.

    Raises:
        ParameterError: when `radius` or `soft` is not legal for a stroke.
    """
    return tuple(Stroke(((peak.row, peak.column),), radius, soft) for peak in found)


def _prominence(magnitude: Array) -> Array:
    """Magnitude over the geometric mean of its surroundings, itself included; the grid goes on periodically."""
    floor = max(float(magnitude.max()) * _TINY, np.finfo(np.float64).tiny)
    logarithm = np.log(np.maximum(magnitude, floor))
    half = _AROUND // 2
    around = cv2.blur(np.pad(logarithm, half, mode="wrap"), (_AROUND, _AROUND))[half:-half, half:-half]
    return np.asarray(np.exp(logarithm - around), np.float64)


def _largest_around(magnitude: Array) -> NDArray[np.bool_]:
    padded = np.pad(magnitude, _SMALLEST // 2, mode="wrap")
    largest = cv2.dilate(padded, np.ones((_SMALLEST, _SMALLEST), np.uint8))[1:-1, 1:-1]
    return np.asarray((magnitude >= largest) & (magnitude > _TINY * magnitude.max()), np.bool_)


def _upper_half(size: Pair) -> NDArray[np.bool_]:
    """One of every f and -f."""
    rows, columns = frequencies(size)
    # Column 0 and, of an even side, column -0.5 are mirrored onto themselves; so are rows 0 and -0.5 in them.
    upper = (rows >= 0) | (rows == -0.5)
    return np.asarray((columns > 0) | (((columns == 0) | (columns == -0.5)) & upper), np.bool_)


def _copies(row: float, column: float) -> int:
    """How many peaks a wave of this frequency has in the spectrum: at f and -f, or one where they are the same."""
    return 1 if row in (0.0, -0.5) and column in (0.0, -0.5) else 2
