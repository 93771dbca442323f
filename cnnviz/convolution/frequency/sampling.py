"""Dropping pixels, as stride does, with or without a blur before: what is kept and how much of it is false.

R. Zhang: Making Convolutional Networks Shift-Invariant Again, ICML 2019, arXiv 1904.11486. Where the frequencies go
is in `folding`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import filtering
from cnnviz.convolution.borders import checked_border
from cnnviz.convolution.checks import Pair, Picture, Weights
from cnnviz.convolution.frequency.folding import checked_stride, zones
from cnnviz.convolution.frequency.grid import Array, checked_picture, contrast_energy
from cnnviz.convolution.frequency.response import axis
from cnnviz.convolution.frequency.spectrum import transform
from cnnviz.convolution.signals import kernel
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "BLURS",
    "PARAMETERS",
    "Blur",
    "Subsampled",
    "aliased_share",
    "blur_weights",
    "subsample",
]

Blur = Literal["none", "box", "binomial", "gaussian"]
BLURS: Mapping[Blur, str] = {
    "none": N_("No blur"),
    "box": N_("Box: the mean of the pixels that become one"),
    "binomial": N_("Binomial, as in BlurPool"),
    "gaussian": N_("Gaussian"),
}
PARAMETERS = (
    Parameter("taps", N_("Weights of the binomial blur"), 3, 1, 31, 1, integer=True),
    Parameter("sigma", N_("Width (sigma)"), 1.0, 0.1, 10.0, 0.1, N_("pixels")),
)


@dataclass(frozen=True, eq=False)
class Subsampled:
    """A picture of which every s-th pixel was kept, and how much of it is false.

    Attributes:
        pixels: float32 (ceil(H / s), ceil(W / s)[, C]).
        blurred: float32, the picture before pixels were dropped; the picture itself for "none".
        weights: float64 (kh, kw), the blur.
        aliased_before: share of the picture's energy beyond the new limit, before the blur.
        aliased_after: what is left there after the blur, as a share of the same energy: it is what folds. Both leave
            the mean out.
    """

    pixels: Picture
    blurred: Picture
    weights: Weights
    aliased_before: float
    aliased_after: float


def subsample(
    pixels: ArrayLike,
    stride: int | Pair = 2,
    blur: str = "none",
    taps: int | None = None,
    sigma: float | None = None,
    border: str = "reflect",
) -> Subsampled:
    """Keep every s-th pixel, from the first on, after a blur or without.

    Args:
        pixels: (H, W) or (H, W, C), at most 2048 in a side.
        stride: (rows, columns) or one number, 1 to 16.
        blur: a key of `BLURS`; see `blur_weights`.
        taps: of "binomial".
        sigma: of "gaussian", in pixels.
        border: what the blur sees beyond the edge, one of `filtering.BORDERS` but "valid".

    Raises:
        ParameterError: when an argument is not legal.
    """
    picture, steps = checked_picture(pixels), checked_stride(stride)
    if checked_border(border) == "valid":
        raise ParameterError("border", border, "reflect, replicate, zeros, circular")
    weights = blur_weights(blur, steps, taps, sigma)
    blurred = filtering.correlate(picture, weights, border) if weights.size > 1 else picture
    before, total = _energies(picture, steps)
    # Measured on the picture as the transform sees it, edge to edge: another border would add a seam of its own.
    wrapped = filtering.correlate(picture, weights, "circular") if weights.size > 1 else picture
    after = _energies(wrapped, steps)[0]
    kept = np.ascontiguousarray(blurred[:: steps[0], :: steps[1]])
    return Subsampled(kept, blurred, weights, _share(before, total), _share(after, total))


def blur_weights(blur: str, stride: int | Pair = 2, taps: int | None = None, sigma: float | None = None) -> Weights:
    """The kernel that is laid over the picture before pixels are dropped: float64 (kh, kw), sum 1.

    An axis of stride 1 is not blurred. Along the others:

    - "none": 1
    - "box": the mean of `stride` pixels; for an even stride the window reaches one pixel further behind
    - "binomial": `taps` binomial coefficients, 2 stride - 1 of them when None: 1 2 1 for stride 2, the default of
      BlurPool (Zhang 2019, section 3.2)
    - "gaussian": of `sigma` pixels, stride / 2 when None: a wave at the new limit then keeps exp(-pi^2 / 8) = 29% of
      its amplitude, whatever the stride; cut at 3 sigma

    Raises:
        ParameterError: when an argument is not legal.
    """
    if blur not in BLURS:
        raise ParameterError("blur", str(blur)[:40], ", ".join(get_args(Blur)))
    given = {"taps": taps, "sigma": sigma}
    values = {each.name: each.check(given[each.name]) for each in PARAMETERS if given[each.name] is not None}
    column, row = (_line(blur, step, values) for step in checked_stride(stride))
    return np.outer(column, row)


def aliased_share(pixels: ArrayLike, stride: int | Pair = 2) -> float:
    """Share of a picture's energy, its mean left out, beyond the limit of 0.5 / stride along rows or columns: 0 to 1.

    Raises:
        ParameterError: when `pixels` is not a picture or `stride` not 1 to 16.
    """
    return _share(*_energies(checked_picture(pixels), checked_stride(stride)))


def _line(blur: str, stride: int, values: Mapping[str, float]) -> Array:
    if stride == 1 or blur == "none":
        return np.ones(1)
    if blur == "gaussian":
        sigma = values.get("sigma", stride / 2)
        reach = math.ceil(3 * sigma)
        profile = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
        return np.asarray(profile / profile.sum(), np.float64)
    if blur == "box":
        return kernel("box", stride)
    return kernel("bell", int(values.get("taps", 2 * stride - 1)))


def _energies(picture: Picture, steps: Pair) -> tuple[float, float]:
    """Energy beyond the new limit, and all of it, without the mean."""
    energy = contrast_energy(transform(picture).magnitude)
    rows, columns = (zones(axis(side), step) == 0 for side, step in zip(energy.shape, steps, strict=True))
    total, kept = float(energy.sum()), float(energy[np.ix_(rows, columns)].sum())
    return max(total - kept, 0.0), total


def _share(part: float, total: float) -> float:
    return part / total if total > 0 else 0.0
