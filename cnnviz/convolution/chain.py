"""Filters one after the other, and the single kernel that does the same when all of them are linear."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import companions, filtering, kernels, plan
from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.checks import MAX_ENGINE_SIZE, MAX_WEIGHT, Pair, Picture, Weights, checked_pixels
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Median, Step
from cnnviz.errors import ParameterError, WorkError
from cnnviz.text import N_

__all__ = [
    "MAX_STEPS",
    "Bilateral",
    "Canny",
    "Equivalent",
    "Filtered",
    "GradientMagnitude",
    "Linear",
    "Median",
    "Step",
    "apply",
    "equivalent",
]

MAX_STEPS = 8
MAX_WORK = 2e10
"""Multiplications that a chain may take: some seconds on two cores."""

_CELLS_OF_FFT = 400  # a larger kernel costs no more than about this many weights: spectra are multiplied
_TOO_MUCH = N_(
    "This chain needs {work:.0f} billion multiplications for this picture, and {limit:.0f} billion is the most: "
    "repeat less often, use smaller kernels or a smaller picture."
)
# Rounding of float32 sums, as a share of the largest value: what is closer to 0 counts as 0.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Filtered:
    """What came out of a chain.

    Attributes:
        values: float32, (H', W', C), or (H', W') for grey pictures and after a step on the luminance.
        minimum: smallest value.
        maximum: largest value.
        negative_share: share of values below 0, 0 to 1; values within rounding of 0 (1e-6 of the largest
            absolute value) do not count.
        milliseconds: time that the filters took here.
        direction: float32 (H', W') in radians when the last step is a gradient, else None.
    """

    values: Picture
    minimum: float
    maximum: float
    negative_share: float
    milliseconds: float
    direction: Picture | None = None


@dataclass(frozen=True, eq=False)
class Equivalent:
    """One kernel that stands for a chain.

    Attributes:
        weights: float64 (kh, kw), for `filtering.correlate`; a flip is in them already.
        stride: the strides of all steps multiplied, (rows, columns).
    """

    weights: Weights
    stride: Pair


def apply(pixels: ArrayLike, steps: Sequence[Step], border: str = "reflect", flip: bool = False) -> Filtered:
    """Run a picture through a chain of filters.

    Args:
        pixels: (H, W) or (H, W, C); read, never changed.
        steps: at most 8; none returns the picture itself.
        border: one of `filtering.BORDERS`, for every step.
        flip: True convolves (kernels of linear steps turned by 180 degrees), False correlates; the other
            steps do not change.

    Raises:
        ParameterError: when there are too many steps, or one is impossible: "valid" leaves no window, the
            channels do not fit, or values become infinite; the name then begins with "step N", N from 1.
        WorkError: when all passes together would take more than `MAX_WORK` multiplications.
    """
    values = checked_pixels(pixels)
    _check_work(values, _checked(steps), border)
    direction: Picture | None = None
    start = time.perf_counter()
    for number, step in enumerate(steps, 1):
        try:
            values, direction = _run(values, step, border, flip)
        except ParameterError as error:
            raise ParameterError(f"step {number}: {error.name}", error.value, error.legal) from error
    milliseconds = 1000 * (time.perf_counter() - start)
    return _described(values if steps else values.copy(), milliseconds, direction)


def equivalent(steps: Sequence[Step], flip: bool = False) -> Equivalent | None:
    """Return the single kernel for a chain of linear steps.

    `correlate(x, e.weights, stride=e.stride)` equals the chain wherever no window crosses an edge. Kernels
    are joined by full convolution; a later one is dilated by the strides before it. Where even kernels
    push the centre aside, zeros are added until `arithmetic.same_padding` finds it again.

    Returns:
        None when a step is not linear, or the kernel or its stride would exceed what the engine takes
        (255 in a side, weights of 1e6).

    Raises:
        ParameterError: when there are more than 8 steps.
    """
    joined: _Joined | None = _Joined(np.ones((1, 1)), (1, 1), (0, 0))
    for step in _checked(steps):
        if not isinstance(step, Linear):
            return None
        for _ in range(step.repeat):
            joined = _then(joined, step, flip) if joined else None
    weights = joined.centred() if joined else None
    if joined is None or weights is None or max(weights.shape) > MAX_ENGINE_SIZE:
        return None
    return Equivalent(weights, joined.stride)


@dataclass(frozen=True, eq=False)
class _Joined:
    """Steps joined so far: `out[i] = sum over m of weights[m] * x[i * stride - before + m]`."""

    weights: Weights
    stride: Pair
    before: Pair

    def centred(self) -> Weights:
        """Add the fewest zeros that put `before` where `same_padding` expects it."""
        margins = [
            (max(0, size - 2 - 2 * before), max(0, 2 * before - size + 1))
            for size, before in zip(self.weights.shape, self.before, strict=True)
        ]
        return np.pad(self.weights, margins)


def _then(first: _Joined, step: Linear, flip: bool) -> _Joined | None:
    """Join one more kernel; None when the engine could not take the result."""
    kernel = step.kernel.weights[::-1, ::-1] if flip else step.kernel.weights
    spacing = _multiply(first.stride, step.dilations)
    stride = _multiply(first.stride, step.strides)
    rows, columns = ((k - 1) * gap + n for k, gap, n in zip(kernel.shape, spacing, first.weights.shape, strict=True))
    if max(rows, columns) > MAX_ENGINE_SIZE or max(stride) > filtering.MAX_STRIDE:
        return None
    top, left = (same_padding(k, d)[0] for k, d in zip(kernel.shape, step.dilations, strict=True))
    before = first.stride[0] * top + first.before[0], first.stride[1] * left + first.before[1]
    weights = _full_convolution(first.weights, kernel, spacing, (rows, columns))
    return _Joined(weights, stride, before) if np.abs(weights).max() <= MAX_WEIGHT else None


def _full_convolution(first: Weights, kernel: Weights, spacing: Pair, shape: Pair) -> Weights:
    """Lay `first` down at every weight of `kernel`, `spacing` pixels apart, and add up."""
    weights = np.zeros(shape)
    for r, c in np.argwhere(kernel):
        top, left = r * spacing[0], c * spacing[1]
        weights[top : top + first.shape[0], left : left + first.shape[1]] += kernel[r, c] * first
    return weights


def _multiply(first: Pair, second: Pair) -> Pair:
    return first[0] * second[0], first[1] * second[1]


def _checked(steps: Sequence[Step]) -> Sequence[Step]:
    if len(steps) > MAX_STEPS:
        raise ParameterError("steps", len(steps), f"0 … {MAX_STEPS}")
    return steps


def _check_work(values: Picture, steps: Sequence[Step], border: str) -> None:
    channels = values.shape[2] if values.ndim == 3 else 1
    work = 0.0
    for each in plan.passes(steps, (values.shape[0], values.shape[1]), border):
        cells = each.rows.extent * each.columns.extent
        work += channels * each.rows.size * each.columns.size * min(cells, _CELLS_OF_FFT)
    if work > MAX_WORK:
        raise WorkError(_TOO_MUCH, work=work / 1e9, limit=MAX_WORK / 1e9)


def _run(values: Picture, step: Step, border: str, flip: bool) -> tuple[Picture, Picture | None]:
    if isinstance(step, GradientMagnitude):
        x, y = (kernels.get(f"{step.pair}_{axis}").weights for axis in "xy")
        found = companions.gradient(values, x, y, border)
        return found.magnitude, found.direction
    for _ in range(1 if isinstance(step, Canny) else step.repeat):
        values = _once(values, step, border, flip)
    if not np.isfinite(values).all():
        raise ParameterError("pixels", "inf", "< 3.4e38")
    return values, None


def _once(values: Picture, step: Linear | Median | Bilateral | Canny, border: str, flip: bool) -> Picture:
    match step:
        case Linear():
            run = filtering.convolve if flip else filtering.correlate
            return run(values, step.kernel.weights, border, step.strides, step.dilations)
        case Median():
            return companions.median(values, step.size, border)
        case Bilateral():
            return companions.bilateral(values, step.size, step.sigma_range, step.sigma_space, border)
        case Canny():
            return companions.canny(values, step.low, step.high, step.sigma, border)


def _described(values: Picture, milliseconds: float, direction: Picture | None) -> Filtered:
    minimum, maximum = float(values.min()), float(values.max())
    limit = _ROUNDING * max(-minimum, maximum)
    negative = float(np.count_nonzero(values < -limit) / values.size)
    return Filtered(values, minimum, maximum, negative, milliseconds, direction)
