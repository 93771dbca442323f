"""How close a picture is to a clean one, in two numbers that papers report."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError
from cnnviz.images.image import Image

__all__ = ["Quality", "compare"]

_WINDOW = 11  # Wang et al. (2004), section III-C: an 11 × 11 Gaussian window with a standard deviation of 1.5
_SIGMA = 1.5


@dataclass(frozen=True)
class Quality:
    """Distance of a picture from a clean one.

    Attributes:
        psnr: peak signal-to-noise ratio in dB, 10 log10(1 / mean squared error) over all channels; infinite
            when the pictures are equal.
        ssim: mean structural similarity of the luminance, at most 1 (equal); None when a side is shorter
            than the window of 11 pixels.
    """

    psnr: float
    ssim: float | None


def compare(clean: Image, other: Image) -> Quality:
    """Compare two pictures of the same size, both with values 0-1.

    SSIM follows Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error
    visibility to structural similarity", IEEE Transactions on Image Processing 13(4), 2004.

    Raises:
        ParameterError: when the sizes differ.
    """
    if clean.size != other.size:
        raise ParameterError("size", _size(other), _size(clean))
    error = float(np.mean(np.square(clean.pixels.astype(np.float64) - other.pixels)))
    psnr = 10.0 * math.log10(1.0 / error) if error > 0 else math.inf
    return Quality(psnr, _similarity(clean.luminance, other.luminance))


def _similarity(clean: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    if min(clean.shape) < _WINDOW:
        return None
    from skimage.metrics import structural_similarity  # loads SciPy: half a second

    similarity = structural_similarity(  # type: ignore[no-untyped-call]  # it has no types
        clean.astype(np.float64),
        other.astype(np.float64),
        gaussian_weights=True,
        sigma=_SIGMA,
        use_sample_covariance=False,
        data_range=1.0,
    )
    return float(similarity)


def _size(image: Image) -> str:
    return f"{image.size[0]} × {image.size[1]}"
