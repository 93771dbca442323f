"""The spectrum of a picture: how much of each frequency it holds.

A real picture has X(-f) = conj(X(f)), so half of the columns say all; that half is kept, and mirrored for display.
A float32 picture is transformed in float32: there and back, rounding stays below 2e-6 for pixels from 0 to 1 up to
a megapixel, and a transform costs half of one in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Pair, Picture, checked_pixels
from cnnviz.convolution.companions import luminance
from cnnviz.convolution.frequency.response import Real, axis
from cnnviz.errors import ParameterError

__all__ = [
    "CHANNELS",
    "WINDOWS",
    "Channels",
    "Parseval",
    "Spectrum",
    "Window",
    "backward",
    "checked_window",
    "forward",
    "transform",
    "window_weights",
]

Channels = Literal["each", "luminance"]
Window = Literal["none", "hann", "hamming", "blackman"]
CHANNELS: tuple[Channels, ...] = get_args(Channels)
WINDOWS: tuple[Window, ...] = get_args(Window)

Half = NDArray[np.complex64]

_ALL_PROCESSORS = -1

# a0 - a1 cos(t) + a2 cos(2t): F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier
# transform", Proc. IEEE 66 (1978), sections V.C and V.D.
_COSINES: dict[Window, tuple[float, float, float]] = {
    "hann": (0.5, 0.5, 0.0),
    "hamming": (0.54, 0.46, 0.0),
    "blackman": (0.42, 0.5, 0.08),
}


@dataclass(frozen=True)
class Parseval:
    """The energy of a picture, counted twice.

    Attributes:
        pixels: sum of squared pixels.
        spectrum: sum of squared magnitudes of all frequencies, divided by the number of pixels; the same number.
    """

    pixels: float
    spectrum: float


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The discrete Fourier transform of a picture, and what was transformed.

    Attributes:
        pixels: float32 (H, W) or (H, W, C), the picture after `channels` and `window`, read-only.
        values: complex64 (H, W // 2 + 1) or (H, W // 2 + 1, C), read-only: rows as `np.fft.fftfreq(H)` orders
            them, columns as `np.fft.rfftfreq(W)`; what `np.fft.rfft2` gives.
        window: what the picture was multiplied by, one of `WINDOWS`.
    """

    pixels: Picture
    values: Half
    window: Window

    @property
    def size(self) -> Pair:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def rows(self) -> Real:
        """(H,) row frequencies of the centred arrays in cycles per pixel."""
        return axis(self.size[0])

    @property
    def columns(self) -> Real:
        """(W,) column frequencies of the centred arrays."""
        return axis(self.size[1])

    def centred(self) -> Half:
        """All frequencies, zero in the middle: complex64 (H, W) or (H, W, C)."""
        positive, mirrored = self._halves(self.values)
        return np.concatenate((mirrored.conj(), positive), axis=1)

    @property
    def magnitude(self) -> Picture:
        """|X| of all frequencies, zero in the middle: float32 (H, W) or (H, W, C)."""
        positive, mirrored = self._halves(np.abs(self.values))
        return np.concatenate((mirrored, positive), axis=1)

    @property
    def log_magnitude(self) -> Picture:
        """log(1 + |X|), natural logarithm: without it only the mean of the picture would be seen."""
        return np.log1p(self.magnitude)

    @property
    def parseval(self) -> Parseval:
        """The energy counted in the pixels and in the spectrum, all channels together."""
        columns = self.size[1]
        power = (np.abs(self.values).astype(np.float64) ** 2).reshape(*self.values.shape[:2], -1).sum(axis=(0, 2))
        # Every column but the first, and for an even width the last, stands for its mirror image too.
        total = 2 * power.sum() - power[0] - (power[-1] if columns % 2 == 0 else 0.0)
        energy = np.square(self.pixels, dtype=np.float64).sum()
        return Parseval(float(energy), float(total) / (self.size[0] * columns))

    def _halves(self, half: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Columns from zero up, and the mirror images of the others, both with row zero in the middle."""
        rows, columns = self.size
        turned = half[-np.arange(rows)]
        positive, mirrored = (np.fft.fftshift(each, axes=0) for each in (half, turned))
        return positive[:, : (columns + 1) // 2], mirrored[:, columns // 2 : 0 : -1]


def transform(pixels: ArrayLike, channels: str = "each", window: str = "none") -> Spectrum:
    """Transform a picture.

    Args:
        pixels: (H, W) or (H, W, C), finite.
        channels: "each" on its own, or the "luminance" of a picture with 1 or 3 channels.
        window: "none", or a window that lets the picture fade towards its edges, so that the jump from one edge to
            the opposite one, which the transform sees as well, does not draw a cross into the spectrum.

    Raises:
        ParameterError: when an argument is out of its range, or the picture holds a number that is not finite.
    """
    if channels not in CHANNELS:
        raise ParameterError("channels", channels, ", ".join(CHANNELS))
    fading = checked_window(window)
    picture = _faded(luminance(pixels) if channels == "luminance" else checked_pixels(pixels), fading)
    values = forward(picture, (picture.shape[0], picture.shape[1]))
    if not np.isfinite(values[0, 0]).all():  # the sum of all pixels
        raise ParameterError("pixels", "not finite", "finite numbers")
    return Spectrum(_read_only(picture), _read_only(values), fading)


def forward(picture: Picture, size: Pair) -> Half:
    """Transform (H, W) or (H, W, C), float32, padded with zeros to `size`; half of the columns."""
    from scipy import fft

    return cast("Half", fft.rfft2(picture, size, axes=(0, 1), workers=_ALL_PROCESSORS))


def backward(values: Half, size: Pair) -> Picture:
    """Return the picture of `size` whose half spectrum is `values`: float32."""
    from scipy import fft

    return cast("Picture", fft.irfft2(values, size, axes=(0, 1), workers=_ALL_PROCESSORS))


def window_weights(window: str, size: int) -> Real:
    """The factors (size,) of a window along one axis, periodic: the one after the last would be the first again.

    Raises:
        ParameterError: when there is no such window.
    """
    name = checked_window(window)
    if name == "none" or size == 1:
        return np.ones(size)
    t = 2 * np.pi * np.arange(size) / size
    a0, a1, a2 = _COSINES[name]
    return np.asarray(a0 - a1 * np.cos(t) + a2 * np.cos(2 * t))


def checked_window(window: str) -> Window:
    """Return `window` when it is one of `WINDOWS`.

    Raises:
        ParameterError: when it is not.
    """
    if window not in WINDOWS:
        raise ParameterError("window", window, ", ".join(WINDOWS))
    return window


def _faded(picture: Picture, window: Window) -> Picture:
    if window == "none":
        return picture
    rows, columns = (window_weights(window, n) for n in picture.shape[:2])
    factors = np.outer(rows, columns).astype(np.float32)
    return picture * factors.reshape(*factors.shape, *[1] * (picture.ndim - 2))


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to; the caller's own array stays as it is."""
    view = array.view()
    view.setflags(write=False)
    return view
