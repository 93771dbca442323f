"""Filters that are designed in frequency: what to pass is drawn first, and the kernel follows.

R. C. Gonzalez, R. E. Woods: Digital Image Processing, 3rd edition, sections 4.8 (low-pass), 4.9 (high-pass) and
4.10 (band and notch filters). Transfer functions are real, from 0 to 1, and equal at f and -f: they change how strong
a wave is and never move it. D is the distance from zero frequency, in cycles per pixel:

- low-pass: ideal 1 where D ≤ D0; Gaussian exp(-D^2 / (2 D0^2)); Butterworth 1 / (1 + (D / D0)^(2 n))
- band-pass, with W = high - low, D0^2 = low high and q = (D^2 - D0^2) / (D W), so that |q| is 1 at both edges:
  ideal 1 where low ≤ D ≤ high; Gaussian exp(-q^2); Butterworth 1 / (1 + q^(2 n))
- high-pass and band-reject: 1 minus these
- notch-reject: the product of two high-passes of cutoff `radius`, around `centre` and around -`centre`
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.checks import Pair, Picture
from cnnviz.convolution.frequency.grid import (
    ROUNDING,
    Array,
    checked_grid,
    checked_picture,
    frequencies,
    is_even,
    picture_from,
    wrapped_distance,
)
from cnnviz.convolution.frequency.spectrum import Spectrum as Transformed
from cnnviz.convolution.frequency.spectrum import backward, transform
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "KINDS",
    "PARAMETERS",
    "SHAPES",
    "Design",
    "Kind",
    "Ringing",
    "Shape",
    "apply",
    "checked_transfer",
    "half_power",
    "ringing",
]

Shape = Literal["ideal", "gaussian", "butterworth"]
Kind = Literal["low", "high", "band", "band_reject", "notch_reject", "notch_pass"]

SHAPES: Mapping[Shape, str] = {
    "ideal": N_("Ideal: everything or nothing"),
    "gaussian": N_("Gaussian"),
    "butterworth": N_("Butterworth"),
}
KINDS: Mapping[Kind, str] = {
    "low": N_("Low-pass: smooth areas stay"),
    "high": N_("High-pass: detail stays"),
    "band": N_("Band-pass: detail of one size stays"),
    "band_reject": N_("Band-reject: detail of one size goes"),
    "notch_reject": N_("Notch: one wave goes"),
    "notch_pass": N_("Notch, reversed: one wave stays"),
}

_CYCLES = N_("cycles per pixel")
PARAMETERS = (
    Parameter("cutoff", N_("Cutoff frequency"), 0.1, 0.001, 0.71, 0.005, _CYCLES),
    Parameter("low", N_("Lower edge"), 0.1, 0.001, 0.7, 0.005, _CYCLES),
    Parameter("high", N_("Upper edge"), 0.2, 0.002, 0.71, 0.005, _CYCLES),
    Parameter("radius", N_("Radius"), 0.03, 0.001, 0.5, 0.005, _CYCLES),
    Parameter("order", N_("Order"), 2, 1, 20, 1, integer=True),
)
_NARROWEST = 0.001
_KEEPS_FLAT: tuple[Kind, ...] = ("low", "band_reject", "notch_reject")


@dataclass(frozen=True)
class Design:
    """A filter drawn in frequency; equal, hashable and picklable by value.

    Attributes:
        shape: how it falls off, a key of `SHAPES`.
        kind: what it passes, a key of `KINDS`; decides which of the numbers below are used.
        cutoff: D0 of low- and high-pass, 0.001 to 0.71. There the ideal one jumps, the Gaussian low-pass is at
            exp(-1/2) = 0.61 and the Butterworth at 1/2.
        low: lower edge of a band, 0.001 to 0.7.
        high: upper edge of a band, at least 0.001 above `low`, to 0.71. At both edges the Gaussian band-pass is at
            exp(-1) = 0.37 and the Butterworth at 1/2.
        centre: (row, column) frequency of a notch, each -0.5 to 0.5; the mirror image goes with it.
        radius: of a notch, 0.001 to 0.5.
        order: steepness n of a Butterworth, 1 to 20.

    Raises:
        ParameterError: when one of them, used or not, is outside its range.
    """

    shape: Shape
    kind: Kind
    cutoff: float = 0.1
    low: float = 0.1
    high: float = 0.2
    centre: tuple[float, float] = (0.2, 0.2)
    radius: float = 0.03
    order: int = 2

    def __post_init__(self) -> None:
        """Check everything and store plain numbers."""
        _require_choice("shape", self.shape, get_args(Shape))
        _require_choice("kind", self.kind, get_args(Kind))
        for parameter in PARAMETERS:
            object.__setattr__(self, parameter.name, parameter.check(getattr(self, parameter.name)))
        if self.high - self.low < _NARROWEST:
            raise ParameterError(
                "high", self.high, f"≥ {self.low + _NARROWEST:g}", N_("it must be above the lower edge")
            )
        object.__setattr__(self, "centre", _checked_centre(self.centre))

    def at(self, rows: ArrayLike, columns: ArrayLike) -> Array:
        """What single frequencies are multiplied by: float64 of the shape that `rows` and `columns` broadcast to.

        Args:
            rows: row frequencies in cycles per pixel.
            columns: column frequencies.
        """
        down, right = np.asarray(rows, np.float64), np.asarray(columns, np.float64)
        match self.kind:
            case "low":
                return self._low_pass(np.hypot(down, right), self.cutoff)
            case "high":
                return 1.0 - self._low_pass(np.hypot(down, right), self.cutoff)
            case "band":
                return self._band_pass(np.hypot(down, right))
            case "band_reject":
                return 1.0 - self._band_pass(np.hypot(down, right))
            case "notch_reject":
                return self._notch(down, right)
            case "notch_pass":
                return 1.0 - self._notch(down, right)

    def transfer(self, size: int | Pair = (256, 256)) -> Array:
        """What the frequencies of a grid are multiplied by: float64 (rows, columns), 0 to 1, zero in the middle.

        Raises:
            ParameterError: when `size` is not 1 to 2048 in each side.
        """
        return self.at(*frequencies(checked_grid(size)))

    def spatial_kernel(self, size: int | Pair = (256, 256)) -> Array:
        """The kernel with this transfer function: its inverse transform, centred at (rows // 2, columns // 2).

        As large as the grid, and periodic with it; its sum is the transfer at zero frequency.

        Raises:
            ParameterError: as `transfer`.
        """
        return np.asarray(np.fft.fftshift(picture_from(self.transfer(size).astype(np.complex128)).real), np.float64)

    def _low_pass(self, distances: Array, cutoff: float) -> Array:
        ratio = distances / cutoff
        match self.shape:
            case "ideal":
                return (distances <= cutoff + ROUNDING).astype(np.float64)
            case "gaussian":
                return np.asarray(np.exp(-(ratio**2) / 2), np.float64)
            case "butterworth":
                return np.asarray(1.0 / (1.0 + ratio ** (2 * self.order)), np.float64)

    def _band_pass(self, distances: Array) -> Array:
        if self.shape == "ideal":
            return ((distances >= self.low - ROUNDING) & (distances <= self.high + ROUNDING)).astype(np.float64)
        passed = np.zeros_like(distances)
        away = distances > 0  # at zero frequency q is minus infinity, and nothing passes
        q = (distances[away] ** 2 - self.low * self.high) / (distances[away] * (self.high - self.low))
        passed[away] = np.exp(-(q**2)) if self.shape == "gaussian" else 1.0 / (1.0 + q ** (2 * self.order))
        return passed

    def _notch(self, rows: Array, columns: Array) -> Array:
        row, column = self.centre
        spots = (wrapped_distance(rows, columns, each) for each in ((row, column), (-row, -column)))
        first, second = (1.0 - self._low_pass(each, self.radius) for each in spots)
        return np.asarray(first * second, np.float64)


@dataclass(frozen=True)
class Ringing:
    """How much a filter rings: what a sharp end in frequency does to edges.

    Attributes:
        negative_lobe: depth of the kernel's deepest negative lobe as a share of its peak, 0 when it has none.
        overshoot: how far an upright edge from 0 to 1 leaves that range, as a share of its height; the ideal low-pass
            tends to 0.0895 (J. W. Gibbs, Nature 59, 1899). None for filters that take flat areas away.
    """

    negative_lobe: float
    overshoot: float | None


def ringing(design: Design, size: int | Pair = (256, 256)) -> Ringing:
    """Measure the ringing of a filter on a grid of `size`.

    Raises:
        ParameterError: when `size` is not 1 to 2048 in each side.
    """
    kernel = design.spatial_kernel(size)
    peak = float(np.abs(kernel).max())  # 0 where no frequency of the grid is passed
    lobe = max(0.0, -float(kernel.min())) / peak if peak > 0 else 0.0
    if design.kind not in _KEEPS_FLAT:
        return Ringing(lobe, None)
    # The edge is the same in every row: only the kernel's sum over the rows counts.
    profile = np.fft.ifftshift(kernel.sum(axis=0))
    edge = (np.arange(len(profile)) >= len(profile) // 2).astype(np.float64)
    answer = np.fft.ifft(np.fft.fft(edge) * np.fft.fft(profile)).real
    return Ringing(lobe, max(0.0, float(answer.max()) - 1.0, -float(answer.min())))


def half_power(design: Design) -> tuple[float, ...]:
    """Frequencies, ascending, at which the transfer is 1 / sqrt(2), so that half of a wave's energy passes.

    For the ideal filters where they jump; for a notch none, as its distance is not from zero.
    """
    level = math.sqrt(0.5)
    if design.kind in ("low", "high"):
        return (design.cutoff * _inverse(design, level if design.kind == "low" else 1 - level),)
    if design.kind in ("band", "band_reject"):
        if design.shape == "ideal":
            return design.low, design.high
        q = _inverse(design, level if design.kind == "band" else 1 - level)
        q /= math.sqrt(2) if design.shape == "gaussian" else 1.0  # exp(-q^2), where the low-pass has exp(-x^2 / 2)
        half = q * (design.high - design.low) / 2
        middle = math.hypot(half, math.sqrt(design.low * design.high))
        return middle - half, middle + half
    return ()


def apply(picture: Transformed | ArrayLike, transfer: ArrayLike) -> Picture:
    """Multiply a picture's spectrum by a transfer function, channel by channel; the picture is taken as periodic.

    Args:
        picture: (H, W) or (H, W, C), at most 2048 in a side, or what `spectrum.transform` made of it, which saves a
            transform; read, never changed.
        transfer: real (H, W), zero frequency in the middle, equal at f and -f.

    Returns:
        float32, the picture's shape; nothing is clipped.

    Raises:
        ParameterError: when one of them is something else.
    """
    whole = picture if isinstance(picture, Transformed) else transform(checked_picture(picture))
    gains = checked_transfer(transfer, whole.size)
    # Equal at f and -f: the half that the spectrum of a real picture keeps says all.
    half = np.fft.ifftshift(gains)[:, : whole.values.shape[1]].astype(np.float32)
    return backward(whole.values * half.reshape(half.shape + (1,) * (whole.values.ndim - 2)), whole.size)


def checked_transfer(transfer: ArrayLike, size: Pair) -> Array:
    """Return `transfer` as float64 of `size`.

    Raises:
        ParameterError: when it has another shape, is not real and finite, or differs at f and -f.
    """
    gains = np.asarray(transfer)
    if gains.shape != size or gains.dtype.kind not in "buif":
        raise ParameterError("transfer", f"{gains.dtype} {gains.shape}", f"float64 {size}")
    gains = gains.astype(np.float64)
    if not np.isfinite(gains).all() or not is_even(gains):
        raise ParameterError("transfer", "one-sided", "finite, equal at f and -f")
    return gains


def _inverse(design: Design, value: float) -> float:
    """The ratio x = D / D0 at which the low-pass of this shape has fallen to `value`."""
    match design.shape:
        case "ideal":
            return 1.0
        case "gaussian":
            return math.sqrt(-2 * math.log(value))
        case "butterworth":
            return float((1 / value - 1) ** (1 / (2 * design.order)))


def _require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ParameterError(name, str(value)[:40], ", ".join(choices))


def _checked_centre(centre: object) -> tuple[float, float]:
    if not isinstance(centre, (tuple, list)) or len(centre) != 2:
        raise ParameterError("centre", str(centre)[:40], "(row, column)")
    coordinate = Parameter("centre", N_("Centre"), 0.0, -0.5, 0.5, 0.005, _CYCLES)
    return float(coordinate.check(centre[0])), float(coordinate.check(centre[1]))
