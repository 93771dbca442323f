"""The picture of the page Frequency response and its spectrum: computed once for each picture and window."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st

from cnnviz.convolution.checks import Picture
from cnnviz.convolution.frequency.design import Ringing
from cnnviz.convolution.frequency.spectrum import Spectrum, transform
from cnnviz.figures import encode
from cnnviz.figures.display import Display, display, fit
from cnnviz.figures.spectra import LogLevels, log_levels, reduced
from cnnviz.images import Image
from pages.common.spectra import LONGEST_SHOWN, keep

__all__ = ["Result", "SpectralSource", "Wave", "send_source", "spectral_source"]

_LONGEST_SIDE = 1024  # a larger picture is reduced: a million frequencies are enough to look at


@dataclass(frozen=True)
class Wave:
    """A periodic pattern: `amplitude` times the cosine of frequency (row, column), in cycles per pixel."""

    row: float
    column: float
    amplitude: float

    def on(self, size: tuple[int, ...]) -> Picture:
        """The wave on a picture of `size` (rows, columns), float32."""
        rows, columns = np.ogrid[: size[0], : size[1]]
        turns = self.row * rows + self.column * columns
        return (self.amplitude * np.cos(2 * np.pi * turns)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class SpectralSource:
    """A picture's luminance, its spectrum, and both as the browser is given them.

    Attributes:
        key: names it in the browser.
        spectrum: of the luminance, without a window: what filters are applied to.
        levels: the spectrum that is shown, perhaps with a window.
        shown: JPEG.
        is_reduced: True when the picture was larger.
    """

    key: str
    spectrum: Spectrum
    levels: LogLevels
    shown: bytes
    is_reduced: bool

    @property
    def pixels(self) -> Picture:
        """Luminance, float32 (H, W), 0 to 1."""
        return self.spectrum.pixels

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.spectrum.size


@dataclass(frozen=True, eq=False)
class Result:
    """A filtered picture with what it is compared with.

    Attributes:
        values: by spectra, float32 (H, W).
        shown: in the colours of the page.
        difference: by spectra minus pixel by pixel; None for a designed filter.
        largest: largest absolute difference.
        largest_inside: the same where no window reaches beyond the picture.
        ringing: of a designed filter, on a grid of the picture's size.
    """

    values: Picture
    shown: Display
    difference: Picture | None
    largest: float
    largest_inside: float
    ringing: Ringing | None = None


@st.cache_resource(max_entries=8, ttl="1h", show_spinner=False)  # 12 MB for a megapixel
def spectral_source(digest: str, window: str, wave: Wave | None, _image: Image) -> SpectralSource:
    """Transform a picture, perhaps with a wave laid over it; `digest` is the picture's."""
    pixels: Picture = _image.luminance
    scale = _LONGEST_SIDE / max(pixels.shape)
    if scale < 1:
        pixels = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    if wave is not None:
        pixels = pixels + wave.on(pixels.shape)
    spectrum = transform(pixels)
    windowed = spectrum if window == "none" else transform(pixels, window=window)
    levels = log_levels(reduced(windowed.magnitude.astype(np.float64) ** 2))
    shown = encode.jpeg(fit(display(pixels, "clip").rgb, LONGEST_SHOWN))
    return SpectralSource(f"{digest} {window} {wave}", spectrum, levels, shown, scale < 1)


def send_source(source: SpectralSource) -> None:
    """Give the browser picture and spectrum, outside of the fragment that a filter runs."""
    keep({f"{source.key} picture": source.shown, f"{source.key} spectrum": source.levels.levels.tobytes()})
