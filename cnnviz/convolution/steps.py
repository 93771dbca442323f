"""The steps that a chain is made of, as records: one linear filter, or one of the companions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.convolution.checks import Pair, checked_pair
from cnnviz.convolution.companions import BILATERAL_PARAMETERS, CANNY_PARAMETERS, MEDIAN_PARAMETERS
from cnnviz.convolution.filtering import MAX_DILATION, MAX_STRIDE
from cnnviz.convolution.kernels import Kernel
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter, resolve
from cnnviz.text import N_

__all__ = [
    "GRADIENT_PAIRS",
    "REPEAT",
    "Bilateral",
    "Canny",
    "GradientMagnitude",
    "Linear",
    "Median",
    "Pairs",
    "Step",
]

Pairs = Literal["sobel", "scharr", "prewitt"]
GRADIENT_PAIRS: tuple[Pairs, ...] = get_args(Pairs)
REPEAT = Parameter("repeat", N_("Repeat"), 1, 1, 10, 1, N_("times"), integer=True)


@dataclass(frozen=True)
class Linear:
    """Correlate with a kernel, `repeat` times; `stride` and `dilation` as (rows, columns) or one int.

    Raises:
        ParameterError: when stride, dilation or repeat is out of its range.
    """

    kernel: Kernel
    stride: int | Pair = (1, 1)
    dilation: int | Pair = (1, 1)
    repeat: int = 1

    def __post_init__(self) -> None:
        """Check the ranges and turn single ints into pairs."""
        object.__setattr__(self, "stride", checked_pair("stride", self.stride, MAX_STRIDE))
        object.__setattr__(self, "dilation", checked_pair("dilation", self.dilation, MAX_DILATION))
        _check(self, REPEAT)

    @property
    def strides(self) -> Pair:
        """The stride as (rows, columns)."""
        return checked_pair("stride", self.stride, MAX_STRIDE)

    @property
    def dilations(self) -> Pair:
        """The dilation as (rows, columns)."""
        return checked_pair("dilation", self.dilation, MAX_DILATION)


@dataclass(frozen=True)
class Median:
    """Take the median of (size, size) neighbours, `repeat` times (1 to 10).

    Raises:
        ParameterError: when size or repeat is out of its range.
    """

    size: int = 3
    repeat: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check(self, *MEDIAN_PARAMETERS, REPEAT)


@dataclass(frozen=True)
class Bilateral:
    """Smooth without crossing edges, `repeat` times (1 to 10); the rest as in `companions.bilateral`.

    Raises:
        ParameterError: when a number is out of its range.
    """

    size: int = 9
    sigma_range: float = 0.1
    sigma_space: float = 3.0
    repeat: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check(self, *BILATERAL_PARAMETERS, REPEAT)


@dataclass(frozen=True)
class Canny:
    """Find edges, 0 or 1; the numbers as in `companions.canny`.

    Raises:
        ParameterError: when a number is out of its range, or `high` is below `low`.
    """

    low: float = 0.05
    high: float = 0.15
    sigma: float = 1.4

    def __post_init__(self) -> None:
        """Check the ranges."""
        _check(self, *CANNY_PARAMETERS)
        if self.high < self.low:
            raise ParameterError("high", self.high, f"{self.low:g} … 1")


@dataclass(frozen=True)
class GradientMagnitude:
    """Join the X and Y kernels of a pair into the length of the gradient, on the luminance.

    Raises:
        ParameterError: when `pair` is not one of `GRADIENT_PAIRS`.
    """

    pair: Pairs = "sobel"

    def __post_init__(self) -> None:
        """Check the name."""
        if self.pair not in GRADIENT_PAIRS:
            raise ParameterError("pair", self.pair, ", ".join(GRADIENT_PAIRS))


Step = Linear | Median | Bilateral | Canny | GradientMagnitude


def _check(step: object, *parameters: Parameter) -> None:
    """Check the fields named by `parameters` and store them as plain numbers."""
    values = resolve(parameters, {parameter.name: getattr(step, parameter.name) for parameter in parameters})
    for name, value in values.items():
        object.__setattr__(step, name, value)
