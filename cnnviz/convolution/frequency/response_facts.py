"""What can be said about a kernel by looking at its frequency response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.checks import Weights, checked_weights
from cnnviz.convolution.frequency.classes import TITLES, Class, Classified, Heading, classify
from cnnviz.convolution.frequency.extremes import Band, Peak, band, peak
from cnnviz.convolution.frequency.response import Operation, at, checked_operation, origin_index
from cnnviz.convolution.frequency.sections import DIRECTIONS
from cnnviz.convolution.separability import factors
from cnnviz.text import N_, Sentence

__all__ = ["Corners", "Phase", "PhaseKind", "ResponseFacts", "facts"]

PhaseKind = Literal["zero", "linear", "neither"]

_EQUAL = 1e-9  # of the largest weight
_ROUNDING = 1e-14  # of the sum of absolute weights


@dataclass(frozen=True)
class Corners:
    """H where it is a real number: at zero and at the three ends of the frequency axes.

    Negative where that pattern comes out as its negative. The origin is the kernel's centre.

    Attributes:
        zero: at (0, 0), a flat area: the sum of the weights.
        rows: at (0.5, 0), where bright and dark rows alternate.
        columns: at (0, 0.5), where columns alternate.
        both: at (0.5, 0.5), a chessboard of single pixels.
    """

    zero: float
    rows: float
    columns: float
    both: float


@dataclass(frozen=True)
class Phase:
    """Where the kernel moves waves of different frequencies to.

    Attributes:
        kind: "zero": nothing is moved (a negative gain turns a wave into its negative in place); "linear": waves of
            all frequencies are moved alike, by `delay`, and for antisymmetric kernels turned by a quarter of a wave
            besides; "neither": waves of different frequencies are moved by different distances.
        delay: (rows, columns) that the picture moves down and to the right, multiples of half a pixel; None for
            "neither".
        quarter: True for antisymmetric kernels: H is i times a real number, but for the delay.
        reason: why, in one sentence.
    """

    kind: PhaseKind
    delay: tuple[float, float] | None
    quarter: bool
    reason: Sentence


@dataclass(frozen=True, eq=False)
class ResponseFacts:
    """Facts about the response of a kernel.

    Attributes:
        corners: the gains at zero and at the ends of the axes, with sign.
        peak: the largest gain and its frequency.
        bands: -3 dB band for each of `DIRECTIONS`; None where the response is 0 all along.
        classified: what kind of filter it is, and why.
        phase: zero, linear or neither, and why.
        separable: H is the product of a function of the row and one of the column frequency.
    """

    corners: Corners
    peak: Peak
    bands: Mapping[str, Band | None]
    classified: Classified
    phase: Phase
    separable: bool

    @property
    def kind(self) -> Class:
        """The kind of filter: a key of `TITLES`."""
        return self.classified.key

    @property
    def title(self) -> str:
        """The kind of filter as a user reads it, marked for translation."""
        return TITLES[self.classified.key]

    @property
    def heading(self) -> Heading | None:
        """The direction that a directional kernel singles out."""
        return self.classified.heading

    def cutoff(self, direction: str) -> float | None:
        """The -3 dB frequency along one of `DIRECTIONS`; None where there is none, or two (see `bands`)."""
        found = self.bands[direction]
        return None if found is None else found.cutoff


def facts(weights: ArrayLike, operation: str = "convolution") -> ResponseFacts:
    """Return the facts about the response of a kernel.

    Args:
        weights: (kh, kw), each side 1 to 255.
        operation: "convolution" or "correlation"; matters for signs and delays of kernels that are not symmetric.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when the operation is unknown.
    """
    kernel, how = checked_weights(weights), checked_operation(operation)
    top = peak(kernel)
    return ResponseFacts(
        _corners(kernel, how),
        top,
        MappingProxyType({direction: band(kernel, direction) for direction in DIRECTIONS}),
        classify(kernel, top),
        _phase(kernel, how),
        factors(kernel) is not None,
    )


def _corners(kernel: Weights, operation: Operation) -> Corners:
    values = at(kernel, [0.0, 0.5, 0.0, 0.5], [0.0, 0.0, 0.5, 0.5], operation=operation).real
    values[0] = kernel.sum()
    rounding = np.abs(values) <= _ROUNDING * np.abs(kernel).sum()
    return Corners(*(float(each) for each in np.where(rounding, 0.0, values)))


# ---- phase

_ZERO = N_(
    "The kernel is equal to itself turned by 180°: waves of all frequencies stay where they are; where the gain is "
    "negative, bright and dark change places."
)
_SHIFTED = N_(
    "The kernel is symmetric about a point that is not its centre: waves of all frequencies "
    "move down by {rows:g} and to the right by {columns:g} (in pixels; negative: up, left)."
)
_QUARTER = N_(
    "The kernel is equal to minus itself turned by 180°: waves of all frequencies are turned by a quarter "
    "of their length."
)
_QUARTER_SHIFTED = N_(
    "The kernel is antisymmetric about a point that is not its centre: waves of all frequencies are turned by a "
    "quarter of their length, and move down by {rows:g} and to the right by {columns:g} (in pixels; "
    "negative: up, left)."
)
_NEITHER = N_("The kernel is not symmetric about any point: waves of different frequencies move differently.")


def _phase(kernel: Weights, operation: Operation) -> Phase:
    used = np.abs(kernel) > _EQUAL * np.abs(kernel).max()
    if not used.any():
        return Phase("zero", (0.0, 0.0), False, Sentence(_ZERO))
    spans = [np.flatnonzero(used.any(axis=1 - axis))[[0, -1]] for axis in (0, 1)]
    core = kernel[tuple(slice(first, last + 1) for first, last in spans)]
    turned = core[::-1, ::-1]
    even, odd = _equal(core, turned), _equal(core, -turned)
    if not (even or odd):
        return Phase("neither", None, False, Sentence(_NEITHER))
    rows, columns = (_delay(span, side, operation) for span, side in zip(spans, kernel.shape, strict=True))
    still = rows == columns == 0
    template = (_ZERO if still else _SHIFTED) if even else (_QUARTER if still else _QUARTER_SHIFTED)
    kind: PhaseKind = "zero" if even and still else "linear"
    return Phase(kind, (rows, columns), odd, Sentence(template, {"rows": rows, "columns": columns}))


def _equal(first: Weights, second: Weights) -> bool:
    return bool(np.abs(first - second).max() <= _EQUAL * np.abs(first).max())


def _delay(used: NDArray[np.intp], side: int, operation: Operation) -> float:
    """How far the picture moves along an axis when the weights from used[0] to used[1] are symmetric."""
    distance = float(used.sum()) / 2 - origin_index(side, "centre", operation)
    return (-distance if operation == "correlation" else distance) + 0.0
