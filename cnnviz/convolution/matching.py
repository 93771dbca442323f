"""Template matching: where does a picture look like this piece of a picture?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Picture, checked_pixels
from cnnviz.errors import ParameterError

__all__ = ["Match", "match"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Match:
    """How alike the template and every window of its size are.

    Attributes:
        response: float32 (H - h + 1, W - w + 1), -1 to 1; 1 where the window is the template up to brightness
            and contrast, 0 where the window is flat.
        peak: (row, column) of the upper left pixel of the best window.
        peak_value: the response there.
    """

    response: Picture
    peak: tuple[int, int]
    peak_value: float


def match(pixels: ArrayLike, template: ArrayLike) -> Match:
    """Correlate a template with every window, both with zero mean and unit norm.

    `sum(t' x') / sqrt(sum(t'^2) sum(x'^2))`, where t' and x' are the template and the window minus their
    means, channel by channel, and all sums run over the channels too. J. P. Lewis: Fast normalized
    cross-correlation (1995): the numerator by Fourier transform, the denominator by summed-area tables. The
    same number as OpenCV's TM_CCOEFF_NORMED.

    Args:
        pixels: (H, W) or (H, W, C).
        template: (h, w) or (h, w, C), not larger than the picture.

    Raises:
        ParameterError: when the template is flat, larger than the picture, or has other channels.
    """
    picture, piece = _planes(pixels), _planes(template)
    if piece.shape[0] != picture.shape[0] or np.ndim(template) != np.ndim(pixels):
        raise ParameterError("template", f"{np.shape(template)}", f"(h, w{_channels_text(pixels)})")
    if piece.shape[1] > picture.shape[1] or piece.shape[2] > picture.shape[2]:
        size = f"{piece.shape[1]} x {piece.shape[2]}"
        raise ParameterError("template", size, f"≤ {picture.shape[1]} x {picture.shape[2]}")
    picture = picture - picture.mean(axis=(1, 2), keepdims=True)
    original, piece = piece, piece - piece.mean(axis=(1, 2), keepdims=True)
    energy = float((piece**2).sum())
    if energy <= 1e-12 * max(float((original**2).sum()), np.finfo(np.float64).tiny):
        raise ParameterError("template", "flat", "varied")
    response = _normalised(_products(picture, piece), _deviations(picture, piece.shape[1:]), energy)
    row, column = np.unravel_index(int(response.argmax()), response.shape)
    return Match(response, (int(row), int(column)), float(response[row, column]))


def _planes(pixels: ArrayLike) -> Array:
    """Return float64 of shape (C, H, W)."""
    picture = checked_pixels(pixels).astype(np.float64)
    return picture[np.newaxis] if picture.ndim == 2 else np.ascontiguousarray(picture.transpose(2, 0, 1))


def _channels_text(pixels: ArrayLike) -> str:
    return f", {np.shape(pixels)[2]}" if np.ndim(pixels) == 3 else ""


def _products(picture: Array, piece: Array) -> Array:
    """Sum template times window, for all windows at once."""
    from scipy import fft

    shape = [fft.next_fast_len(n, real=True) for n in picture.shape[1:]]
    spectrum = fft.rfft2(picture, shape) * np.conj(fft.rfft2(piece, shape))
    whole = fft.irfft2(spectrum.sum(axis=0), shape)
    rows, columns = (n - k + 1 for n, k in zip(picture.shape[1:], piece.shape[1:], strict=True))
    return np.asarray(whole[:rows, :columns], dtype=np.float64)


def _deviations(picture: Array, window: tuple[int, ...]) -> Array:
    """Return the sum of squared deviations from the mean in every window, 0 where it is within rounding."""
    sums, squares = _window_sums(picture, window), _window_sums(picture**2, window)
    deviations = np.asarray((squares - sums**2 / (window[0] * window[1])).sum(axis=0), dtype=np.float64)
    rounding = 64 * np.finfo(np.float64).eps * float((picture**2).sum())
    return np.where(deviations > rounding, deviations, 0.0)


def _window_sums(planes: Array, window: tuple[int, ...]) -> Array:
    """Sum over every (h, w) window from a summed-area table (F. C. Crow, SIGGRAPH 1984)."""
    table = np.pad(planes, ((0, 0), (1, 0), (1, 0))).cumsum(axis=1).cumsum(axis=2)
    h, w = window
    return np.asarray(table[:, h:, w:] - table[:, :-h, w:] - table[:, h:, :-w] + table[:, :-h, :-w], dtype=np.float64)


def _normalised(products: Array, deviations: Array, energy: float) -> Picture:
    response = np.zeros(products.shape)
    np.divide(products, np.sqrt(deviations * energy), out=response, where=deviations > 0)
    return np.clip(response, -1.0, 1.0).astype(np.float32)
