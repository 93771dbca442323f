"""A chain written out for one picture: for each step along each axis, what reads what.

The pixel lens in the browser follows these records; they come from the `arithmetic` that the engine uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnviz.convolution import kernels
from cnnviz.convolution.arithmetic import output_size, same_padding
from cnnviz.convolution.catalogue import entry, key_of
from cnnviz.convolution.checks import Pair, Weights
from cnnviz.convolution.steps import Bilateral, Canny, GradientMagnitude, Linear, Median, Step

__all__ = ["Axis", "Pass", "Placement", "passes", "placement"]


@dataclass(frozen=True)
class Axis:
    """One axis (rows or columns) of one pass: output i reads inputs `i * stride - before + k * dilation`.

    Attributes:
        size: length of the input.
        length: of the kernel, k = 0 … length - 1.
        stride: inputs from one output to the next.
        dilation: inputs from one weight to the next.
        before: padding in front of the first input.
        output: length of the output.
    """

    size: int
    length: int
    stride: int
    dilation: int
    before: int
    output: int

    @property
    def extent(self) -> int:
        """Inputs from the first to the last that a window spans."""
        return (self.length - 1) * self.dilation + 1


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass over the picture; a step that repeats makes several.

    Attributes:
        kind: "linear", "gradient", "median", "bilateral" or "canny".
        title: the step's name, marked with `N_`.
        rows: the axis of rows.
        columns: the axis of columns.
        weights: (kh, kw) as correlated (a flip is in them): of the kernel, of the X kernel, or the bilateral
            filter's weights by nearness; None for median and Canny.
        weights_y: the Y kernel of a gradient.
        sigma_range: of a bilateral filter.
    """

    kind: str
    title: str
    rows: Axis
    columns: Axis
    weights: Weights | None = None
    weights_y: Weights | None = None
    sigma_range: float | None = None


@dataclass(frozen=True)
class Placement:
    """Where output pixels lie on the input: (i, j) is centred at `start + jump * (i, j)`, in input pixels.

    Dumoulin and Visin call the jump the effective stride; both are (rows, columns).
    """

    jump: tuple[int, int]
    start: tuple[float, float]


def passes(steps: Sequence[Step], size: Pair, border: str, flip: bool = False) -> tuple[Pass, ...]:
    """Write out `steps` for a picture of `size` (rows, columns), as `chain.apply` runs them."""
    found: list[Pass] = []
    for step in steps:
        for _ in range(getattr(step, "repeat", 1)):
            found.append(_pass(step, size, border, flip))
            size = found[-1].rows.output, found[-1].columns.output
    return tuple(found)


def placement(written: Sequence[Pass]) -> Placement:
    """Where the last output lies on the first input (receptive-field arithmetic, Araujo et al. 2019)."""
    row_jump, row_start = _along([each.rows for each in written])
    column_jump, column_start = _along([each.columns for each in written])
    return Placement((row_jump, column_jump), (row_start, column_start))


def _along(axes: Sequence[Axis]) -> tuple[int, float]:
    jump, start = 1, 0.0
    for axis in axes:
        start += jump * ((axis.length - 1) * axis.dilation / 2 - axis.before)
        jump *= axis.stride
    return jump, start


def _pass(step: Step, size: Pair, border: str, flip: bool) -> Pass:
    title = entry(key_of(step)).title
    match step:
        case Linear():
            weights = step.kernel.weights[::-1, ::-1] if flip else step.kernel.weights
            axes = _axes(size, weights.shape, border, step.strides, step.dilations)
            return Pass("linear", title, *axes, weights=weights)
        case GradientMagnitude():
            x, y = (kernels.get(f"{step.pair}_{axis}").weights for axis in "xy")
            return Pass("gradient", title, *_axes(size, x.shape, border), weights=x, weights_y=y)
        case Median():
            return Pass("median", title, *_axes(size, (step.size, step.size), border))
        case Bilateral():
            axes = _axes(size, (step.size, step.size), border)
            return Pass("bilateral", title, *axes, weights=_nearness(step), sigma_range=step.sigma_range)
        case Canny():
            # Canny has no window of its own; with "valid" its blur and its Sobel kernels shrink the picture.
            return Pass("canny", title, *_axes(size, _canny_window(step), border))


def _axes(
    size: Pair, kernel: tuple[int, ...], border: str, stride: Pair = (1, 1), dilation: Pair = (1, 1)
) -> tuple[Axis, Axis]:
    rows, columns = (_axis(size[i], kernel[i], stride[i], dilation[i], border) for i in (0, 1))
    return rows, columns


def _axis(size: int, length: int, stride: int, dilation: int, border: str) -> Axis:
    padding = (0, 0) if border == "valid" else same_padding(length, dilation)
    output = output_size(size, length, stride, sum(padding), dilation)
    return Axis(size, length, stride, dilation, padding[0], output)


def _nearness(step: Bilateral) -> Weights:
    """Gaussian weights by distance inside the circle of OpenCV's bilateral filter."""
    radius = step.size // 2
    offsets = np.arange(-radius, radius + 1, dtype=np.float64)
    squared = offsets[:, None] ** 2 + offsets[None, :] ** 2
    weights: Weights = np.where(squared <= radius**2, np.exp(-squared / (2 * step.sigma_space**2)), 0.0)
    return weights


def _canny_window(step: Canny) -> Pair:
    blur = 2 * int(np.ceil(3 * step.sigma)) if step.sigma >= 0.3 else 0
    return blur + 3, blur + 3
