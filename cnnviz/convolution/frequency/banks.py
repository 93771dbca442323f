"""Several kernels seen together: a bank of Gabor filters, the branches of an Inception block, 1 x 1 convolutions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import kernels
from cnnviz.convolution.checks import MAX_KERNEL_SIZE, Pair, checked_weights
from cnnviz.convolution.frequency.grid import Array, Spectrum, checked_grid, checked_picture, spectrum
from cnnviz.convolution.frequency.response import at, response
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "BANK_PARAMETERS",
    "BRANCHES",
    "MOST_KERNELS",
    "Contour",
    "GaborFilter",
    "Mixed",
    "Parallel",
    "contour",
    "gabor_bank",
    "mix",
    "parallel",
]

MOST_KERNELS = 64
BANK_PARAMETERS = (
    Parameter("octaves", N_("Bandwidth"), 1.0, 0.5, 3.0, 0.1, N_("octaves")),
    Parameter("aspect", N_("Aspect"), 1.0, 0.3, 2.0, 0.1),
    Parameter("phase", N_("Phase"), 0.0, 0.0, 360.0, 1.0, N_("degrees")),
)
_DECIMALS = 6  # of a peak: closer, gains differ by rounding only
_STEPS = 4096  # along the ray on which the half-peak points are sought


# ---- Gabor filters


@dataclass(frozen=True)
class Contour:
    """Where a kernel's gain is half of its peak: the numbers of the ellipse that is drawn around it.

    Attributes:
        gain: |H| at the peak.
        peak: (row, column) frequency of the peak in cycles per pixel, the column frequency not negative.
        frequency: its distance from zero.
        direction: of the wave at the peak, degrees from 0 to below 180, 0 along the columns, 90 down the rows; None
            when the peak is at zero frequency.
        low: frequency below the peak, in its direction, at which the gain has fallen to one half; None when it does
            not fall that far before zero.
        high: the same above the peak; None when it does not before the last frequency that pixels can hold.
    """

    gain: float
    peak: tuple[float, float]
    frequency: float
    direction: float | None
    low: float | None
    high: float | None

    @property
    def octaves(self) -> float | None:
        """Bandwidth log2(high / low); None where an end is missing."""
        return math.log2(self.high / self.low) if self.high and self.low else None


@dataclass(frozen=True, eq=False)
class GaborFilter:
    """One filter of a bank.

    Attributes:
        kernel: of the registry.
        wavelength: in pixels, what was asked for.
        angle: direction of its wave in degrees, what was asked for.
        gains: |H|, float64 (R, C), zero frequency in the middle.
        contour: what the kernel, sampled and cut to its size, really does.
    """

    kernel: Kernel
    wavelength: float
    angle: float
    gains: Array
    contour: Contour


def gabor_bank(
    orientations: int = 6,
    wavelengths: Sequence[float] = (3.0, 6.0, 12.0),
    octaves: float = 1.0,
    aspect: float = 1.0,
    phase: float = 0.0,
    size: int | Pair = (128, 128),
) -> tuple[GaborFilter, ...]:
    """Gabor filters of all wavelengths and of evenly spaced directions, wavelength by wavelength.

    The envelope grows with the wavelength, so that every filter has the same bandwidth b in octaves between its
    half-peak points: `sigma / wavelength = sqrt(ln 2 / 2) / pi * (2^b + 1) / (2^b - 1)` (J. G. Daugman, J. Opt. Soc.
    Am. A 2, 1985; N. Petkov, P. Kruizinga, Biological Cybernetics 76, 1997). Kernels reach to 3 sigma, but have at
    most 31 pixels in a side; the contours are measured on what is left.

    Args:
        orientations: 1 to 16; directions are 180 / orientations degrees apart.
        wavelengths: 1 to 8 numbers in pixels, 2 to 31.
        octaves: bandwidth, 0.5 to 3.
        aspect: 0.3 to 2; below 1 the filter is longer along its stripes, and more particular about direction.
        phase: in degrees; 0 is even, 90 odd.
        size: of the grid of frequencies, 1 to 2048.

    Raises:
        ParameterError: when an argument, or the sigma that follows (0.3 to 15 pixels), is not legal.
    """
    given = {"octaves": octaves, "aspect": aspect, "phase": phase}
    values = {each.name: each.check(given[each.name]) for each in BANK_PARAMETERS}
    count = _whole("orientations", 1, 16).check(orientations)
    waves = list(wavelengths)
    _whole("wavelengths", 1, 8).check(len(waves))
    ratio = math.sqrt(math.log(2) / 2) / math.pi * (2 ** values["octaves"] + 1) / (2 ** values["octaves"] - 1)
    angles = [180.0 * each / count for each in range(int(count))]
    return tuple(
        _gabor(wave, angle, ratio, values["aspect"], values["phase"], checked_grid(size))
        for wave in waves
        for angle in angles
    )


def _gabor(wavelength: float, angle: float, ratio: float, aspect: float, phase: float, grid: Pair) -> GaborFilter:
    allowed = {each.name: each for each in kernels.family("gabor").parameters}
    sigma = allowed["sigma"].check(ratio * float(allowed["wavelength"].check(wavelength)))
    reach = math.ceil(3 * sigma / min(aspect, 1.0))
    kernel = kernels.get(
        "gabor",
        size=min(2 * reach + 1, MAX_KERNEL_SIZE),
        wavelength=wavelength,
        angle=angle,
        sigma=sigma,
        aspect=aspect,
        phase=phase,
    )
    gains = response(kernel.weights, grid).magnitude
    return GaborFilter(kernel, float(wavelength), angle, gains, contour(kernel.weights))


def _whole(name: str, minimum: int, maximum: int) -> Parameter:
    return Parameter(name, name, minimum, minimum, maximum, 1, integer=True)


def contour(weights: ArrayLike) -> Contour:
    """Find a kernel's strongest frequency, and the half-peak points on the ray from zero through it.

    The peak is sought on a grid and then, closer and closer, between its points: good to 1e-6 cycles per pixel. Where
    several frequencies are equally strong, the one nearest to zero is taken.

    Args:
        weights: (kh, kw), each side 1 to 31.

    Raises:
        KernelError: when `weights` is not such a kernel.
    """
    array = checked_weights(weights, MAX_KERNEL_SIZE)
    row, column = _peak(array)
    gain = float(abs(at(array, row, column)))
    frequency = math.hypot(row, column)
    direction = math.degrees(math.atan2(row, column)) % 180.0 if frequency > 0 else None
    low, high = _half_points(array, row, column, gain)
    return Contour(gain, (row, column), frequency, direction, low, high)


def _peak(array: Array) -> tuple[float, float]:
    """(row, column) of the largest gain, column ≥ 0."""
    rows, columns = np.meshgrid(np.arange(-32, 33) / 64, np.arange(33) / 64, indexing="ij")
    row, column = _strongest(array, rows, columns)
    span = 1 / 64
    while span > 1e-7:
        around = np.linspace(-span, span, 9)
        rows, columns = np.meshgrid(np.clip(row + around, -0.5, 0.5), np.clip(column + around, 0, 0.5), indexing="ij")
        row, column = _strongest(array, rows, columns)
        span /= 3
    # On the axis of zero column frequency f and -f are both in sight: the positive one stands for the pair.
    row, column = round(row, _DECIMALS) + 0.0, round(column, _DECIMALS)
    return (abs(row) if column == 0 else row), column


def _strongest(array: Array, rows: Array, columns: Array) -> tuple[float, float]:
    gains = np.abs(at(array, rows, columns))
    distances = np.where(gains >= gains.max() * (1 - 1e-13), np.hypot(rows, columns), np.inf)
    place = np.unravel_index(int(distances.argmin()), distances.shape)
    return float(rows[place]), float(columns[place])


def _half_points(array: Array, row: float, column: float, gain: float) -> tuple[float | None, float | None]:
    """Frequencies on the ray through the peak at which the gain crosses one half, nearest to the peak."""
    frequency = math.hypot(row, column)
    down, right = (row / frequency, column / frequency) if frequency > 0 else (0.0, 1.0)
    ray = np.linspace(0, 0.5 / max(abs(down), abs(right)), _STEPS)
    gains = np.abs(at(array, ray * down, ray * right))
    below, above = ray[(ray < frequency) & (gains < gain / 2)], ray[(ray > frequency) & (gains < gain / 2)]
    half_step = float(ray[1]) / 2
    return (
        float(below[-1]) + half_step if below.size else None,
        float(above[0]) - half_step if above.size else None,
    )


# ---- kernels side by side


# The sigma that OpenCV gives a kernel of size k: 0.3 ((k - 1) / 2 - 1) + 0.8 (`cv2.getGaussianKernel`).
BRANCHES: tuple[Kernel, ...] = (
    kernels.get("identity"),
    kernels.get("gaussian", size=3, sigma=0.8),
    kernels.get("gaussian", size=5, sigma=1.1),
)


@dataclass(frozen=True, eq=False)
class Parallel:
    """Responses of kernels that look at the same picture side by side, on one grid.

    Attributes:
        gains: float64 (n, R, C), |H| of each, zero frequency in the middle.
        largest: the largest of all: the top of the scale that they share.
        sizes: (kh, kw) of each.
        half: for each the lowest frequency along the columns at which the gain is below half of that at zero, in
            cycles per pixel; None when there is none, or nothing passes at zero.
    """

    gains: Array
    largest: float
    sizes: tuple[Pair, ...]
    half: tuple[float | None, ...]


def parallel(weights: Sequence[ArrayLike] | None = None, size: int | Pair = (128, 128)) -> Parallel:
    """Compare what the parallel branches of an Inception block can see of a picture's frequencies.

    C. Szegedy et al.: Going Deeper with Convolutions, CVPR 2015, arXiv 1409.4842, figure 2: 1 x 1, 3 x 3 and 5 x 5
    convolutions of the same input. Without `weights` each branch is a Gaussian as wide as its size allows (`BRANCHES`).

    Args:
        weights: 1 to 64 kernels (kh, kw), each side 1 to 31.
        size: of the grid, 1 to 2048.

    Raises:
        KernelError: when one of them is not a kernel.
        ParameterError: when there are too few or too many, or `size` is not legal.
    """
    given = [each.weights for each in BRANCHES] if weights is None else list(weights)
    _whole("weights", 1, MOST_KERNELS).check(len(given))
    arrays = [checked_weights(each, MAX_KERNEL_SIZE) for each in given]
    grid = checked_grid(size)
    gains = np.stack([response(array, grid).magnitude for array in arrays])
    sizes = tuple((array.shape[0], array.shape[1]) for array in arrays)
    return Parallel(gains, float(gains.max()), sizes, tuple(_half(array) for array in arrays))


def _half(array: Array) -> float | None:
    gains = np.abs(at(array, 0.0, np.linspace(0, 0.5, _STEPS)))
    below = np.flatnonzero(gains < gains[0] / 2)
    return float(below[0]) * 0.5 / (_STEPS - 1) if below.size else None


# ---- 1 x 1 convolution


@dataclass(frozen=True, eq=False)
class Mixed:
    """A 1 x 1 convolution, seen in frequency from both sides.

    Attributes:
        picture: float64 (H, W), the weighted sum of the channels.
        spectrum: complex128 (H, W), of that picture, zero frequency in the middle.
        summed: complex128 (H, W), the weighted sum of the channels' spectra.
        largest_difference: between the two, as a share of the largest |spectrum|: rounding.
    """

    picture: Array
    spectrum: Spectrum
    summed: Spectrum
    largest_difference: float


def mix(pixels: ArrayLike, weights: ArrayLike) -> Mixed:
    """Mix channels: the spectrum of the mix is the mix of the spectra, so a 1 x 1 convolution changes no frequency.

    The Fourier transform is linear (Bracewell, The Fourier Transform and Its Applications, chapter 6).

    Args:
        pixels: (H, W, C), at most 2048 in a side.
        weights: (C,), one row of a 1 x 1 convolution's weights.

    Raises:
        ParameterError: when the shapes do not fit or a number is not finite.
    """
    picture = checked_picture(pixels)
    row = np.asarray(weights)
    if picture.ndim != 3:
        raise ParameterError("pixels", f"{picture.shape}", "(H, W, C)")
    if row.shape != picture.shape[2:] or row.dtype.kind not in "buif" or not np.isfinite(row).all():
        raise ParameterError("weights", f"{row.dtype} {row.shape}", f"finite ({picture.shape[2]},)")
    mixed = picture.astype(np.float64) @ row.astype(np.float64)
    one, other = spectrum(mixed), spectrum(picture) @ row.astype(np.float64)
    top = float(np.abs(one).max())
    difference = float(np.abs(one - other).max())
    return Mixed(mixed, one, other, difference / top if top > 0 else difference)
