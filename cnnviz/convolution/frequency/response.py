"""The frequency response of a kernel: what it does to a wave of each frequency and direction.

A kernel multiplies the wave `exp(2 pi i (f_row m + f_column n))` by one complex number H(f_row, f_column), the
discrete-time Fourier transform of its weights (Oppenheim and Schafer, Discrete-Time Signal Processing, section
2.6). With the origin o at the kernel's centre, where `filtering` puts it,

    H = sum over u, v of w[u, v] exp(-2 pi i (f_row (u - o_row) + f_column (v - o_column))),  o = k // 2,

for a convolution; a correlation has +2 pi i and o = (k - 1) // 2, which is the conjugate for odd kernels.
The sum is evaluated as it stands, the waves of rows and columns apart: exact at every frequency, on a grid or not,
and for kernels larger than the grid. Frequencies are in cycles per pixel and repeat with period 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.checks import Pair, Weights, checked_pair, checked_weights
from cnnviz.errors import ParameterError

__all__ = [
    "DECIBEL_FLOOR",
    "MAX_SIZE",
    "NEGLIGIBLE",
    "OPERATIONS",
    "ORIGINS",
    "Operation",
    "Origin",
    "Response",
    "at",
    "axis",
    "checked_operation",
    "checked_origin",
    "decibels",
    "on_grid",
    "on_grid_single",
    "origin_index",
    "phase",
    "response",
]

Operation = Literal["convolution", "correlation"]
Origin = Literal["centre", "corner"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
ORIGINS: tuple[Origin, ...] = get_args(Origin)

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

MAX_SIZE = 4096
DECIBEL_FLOOR = -60.0
NEGLIGIBLE = 1e-6  # of the peak, -120 dB: below there is no phase to speak of
_ROUNDING = 1e-12  # of the peak: imaginary parts below are rounding, and must not turn pi into -pi


@dataclass(frozen=True, eq=False)
class Response:
    """H on a grid of frequencies, zero in the middle.

    Attributes:
        values: complex128 (R, C), read-only, as `np.fft.fftshift(np.fft.fft2(…))` orders them.
        rows: (R,) row frequencies in cycles per pixel, -0.5 to below 0.5.
        columns: (C,) column frequencies.
        origin: where the phase is measured from: "centre" of the kernel or its first weight, "corner".
        operation: what is done with the kernel, "convolution" or "correlation".
    """

    values: Complex
    rows: Real
    columns: Real
    origin: Origin
    operation: Operation

    def __post_init__(self) -> None:
        """Make the arrays read-only: results are cached and shared."""
        for array in (self.values, self.rows, self.columns):
            array.setflags(write=False)

    @property
    def size(self) -> Pair:
        """(R, C)."""
        return len(self.rows), len(self.columns)

    @property
    def magnitude(self) -> Real:
        """|H|, the factor of each frequency's amplitude."""
        return np.abs(self.values)

    @property
    def log_magnitude(self) -> Real:
        """log(1 + |H|), natural logarithm: shows weak gains beside strong ones, 0 stays 0."""
        return np.log1p(self.magnitude)

    @property
    def peak(self) -> float:
        """The largest |H| of the grid."""
        return float(self.magnitude.max())

    def decibels(self, floor: float = DECIBEL_FLOOR, reference: float = 1.0) -> Real:
        """20 log10(|H| / reference), nothing below `floor`; see the function `decibels`."""
        return decibels(self.values, floor, reference)

    def phase(self, negligible: float = NEGLIGIBLE) -> Real:
        """The angle of H in radians, NaN where |H| is at most `negligible` of the peak; see the function `phase`."""
        return phase(self.values, negligible)


def response(
    weights: ArrayLike,
    size: int | Pair = (256, 256),
    origin: str = "centre",
    operation: str = "convolution",
) -> Response:
    """H on the grid of a discrete Fourier transform of `size`.

    With the origin at the centre, the spectrum of `filtering.convolve(x, weights, "circular")` is that of x times
    H, for x of this size and kernels of every shape; likewise `filtering.correlate` for the operation
    "correlation". A kernel larger than the grid is sampled at its frequencies like any other, which is the
    transform of the kernel wrapped around. At the corner, H of a convolution is `fftshift(fft2(weights, size))`.

    Args:
        weights: (kh, kw), each side 1 to 255.
        size: (R, C) or one number, 1 to 4096 each.
        origin: one of `ORIGINS`.
        operation: one of `OPERATIONS`.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range.
    """
    rows, columns = (axis(n) for n in checked_pair("size", size, MAX_SIZE))
    values = on_grid(weights, rows, columns, origin, operation)
    return Response(values, rows, columns, checked_origin(origin), checked_operation(operation))


def axis(size: int) -> Real:
    """The frequencies of a transform of `size` samples in cycles per pixel, zero in the middle."""
    return np.fft.fftshift(np.fft.fftfreq(size))


def on_grid(
    weights: ArrayLike,
    rows: ArrayLike,
    columns: ArrayLike,
    origin: str = "centre",
    operation: str = "convolution",
) -> Complex:
    """H at every pair of the frequencies `rows` (R,) and `columns` (C,): complex128 (R, C).

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range.
    """
    left, right = _grid_factors(weights, rows, columns, origin, operation)
    return np.asarray(left @ right)


def on_grid_single(
    weights: ArrayLike,
    rows: ArrayLike,
    columns: ArrayLike,
    origin: str = "centre",
    operation: str = "convolution",
) -> NDArray[np.complex64]:
    """The same as `on_grid` in single precision, to 2e-7 of the sum of absolute weights, in a fraction of the time."""
    left, right = _grid_factors(weights, rows, columns, origin, operation)
    return np.asarray(left.astype(np.complex64) @ right.astype(np.complex64))


def _grid_factors(
    weights: ArrayLike, rows: ArrayLike, columns: ArrayLike, origin: str, operation: str
) -> tuple[Complex, Complex]:
    """(R, kw) and (kw, C), whose product is H."""
    kernel, waves = _prepared(weights, origin, operation)
    down, right = (_checked_frequencies(*each) for each in (("rows", rows), ("columns", columns)))
    if down.ndim != 1 or right.ndim != 1:
        raise ParameterError("rows, columns", f"{down.shape}, {right.shape}", "(R,), (C,)")
    return np.asarray(waves(down, 0) @ kernel), waves(right, 1).T


def at(
    weights: ArrayLike,
    f_row: ArrayLike,
    f_column: ArrayLike,
    origin: str = "centre",
    operation: str = "convolution",
) -> Complex:
    """H at single frequencies in cycles per pixel: complex128 of the shape that `f_row` and `f_column` broadcast to.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when a frequency is not finite, the two do not broadcast, or an argument is unknown.
    """
    kernel, waves = _prepared(weights, origin, operation)
    down, right = _checked_frequencies("f_row", f_row), _checked_frequencies("f_column", f_column)
    try:
        down, right = np.broadcast_arrays(down, right)
    except ValueError as error:
        raise ParameterError("f_column", f"{right.shape}", f"{down.shape}") from error
    return np.asarray(((waves(down, 0) @ kernel) * waves(right, 1)).sum(axis=-1))


def decibels(values: ArrayLike, floor: float = DECIBEL_FLOOR, reference: float = 1.0) -> Real:
    """20 log10(|values| / reference), nothing below `floor`, so that 0 is drawn and never minus infinity.

    With the reference 1, 0 dB is what a kernel leaves as it is. Pass the peak to compare shapes instead.

    Raises:
        ParameterError: when `floor` is not from -300 to 0 or `reference` is not positive.
    """
    if not -300 <= floor <= 0:
        raise ParameterError("floor", floor, "-300 … 0 dB")
    if not 0 < reference < np.inf:
        raise ParameterError("reference", reference, "> 0")
    return np.asarray(20 * np.log10(np.maximum(np.abs(values) / reference, 10 ** (floor / 20))))


def phase(values: ArrayLike, negligible: float = NEGLIGIBLE) -> Real:
    """The angle in radians, above -pi to pi; NaN where |values| is at most `negligible` of the largest.

    Imaginary parts below 1e-12 of the largest value are rounding and count as 0: a negative gain has the phase pi.

    Raises:
        ParameterError: when `negligible` is not from 0 to 1.
    """
    if not 0 <= negligible <= 1:
        raise ParameterError("negligible", negligible, "0 … 1")
    array = np.asarray(values, dtype=np.complex128)
    size = np.abs(array)
    peak = float(size.max(initial=0.0))
    imaginary = np.where(np.abs(array.imag) <= _ROUNDING * peak, 0.0, array.imag)
    return np.where(size > negligible * peak, np.arctan2(imaginary, array.real), np.nan)


def origin_index(side: int, origin: Origin, operation: Operation) -> int:
    """Which of `side` weights along an axis is the origin; "centre" is the one that `filtering` puts there."""
    before, after = same_padding(side)
    return 0 if origin == "corner" else before if operation == "correlation" else after


# ---- the sum


@dataclass(frozen=True)
class _Waves:
    """exp(∓2 pi i f (n - o)) for the weights n of one axis, last axis of the result."""

    sides: Pair
    origin: Origin
    operation: Operation

    def __call__(self, frequencies: Real, axis: int) -> Complex:
        side = self.sides[axis]
        distance = np.arange(side) - origin_index(side, self.origin, self.operation)
        # Whole turns are taken off, which is exact, before and after: the sine never sees a large angle.
        turns = (frequencies - np.round(frequencies))[..., np.newaxis] * distance
        angle = 2 * np.pi * (turns - np.round(turns))
        return np.asarray(np.exp(angle * (1j if self.operation == "correlation" else -1j)))


def _prepared(weights: ArrayLike, origin: str, operation: str) -> tuple[Weights, _Waves]:
    kernel = checked_weights(weights)
    sides = kernel.shape[0], kernel.shape[1]
    return kernel, _Waves(sides, checked_origin(origin), checked_operation(operation))


def _checked_frequencies(name: str, value: ArrayLike) -> Real:
    try:
        array = np.asarray(value)
        if array.dtype.kind in "buif" and np.isfinite(array).all():
            return array.astype(np.float64)
    except ValueError:
        pass
    raise ParameterError(name, str(value)[:40], "finite numbers, in cycles per pixel")


def checked_origin(origin: str) -> Origin:
    """Return `origin` when it is one of `ORIGINS`.

    Raises:
        ParameterError: when it is not.
    """
    if origin not in ORIGINS:
        raise ParameterError("origin", origin, ", ".join(ORIGINS))
    return origin


def checked_operation(operation: str) -> Operation:
    """Return `operation` when it is one of `OPERATIONS`.

    Raises:
        ParameterError: when it is not.
    """
    if operation not in OPERATIONS:
        raise ParameterError("operation", operation, ", ".join(OPERATIONS))
    return operation
