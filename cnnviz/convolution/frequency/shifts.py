"""What a shift by one pixel does to pooling: the price of aliasing in a network.

R. Zhang: Making Convolutional Networks Shift-Invariant Again, ICML 2019, arXiv 1904.11486. Pictures are taken as
periodic, so that a shift brings nothing new in at the edge, and cut at the bottom and on the right to multiples of the
stride.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.checks import Pair, Picture, checked_pair
from cnnviz.convolution.frequency.folding import LARGEST_STRIDE, checked_stride
from cnnviz.convolution.frequency.grid import LARGEST_SIDE, Array, checked_picture
from cnnviz.convolution.frequency.response import axis
from cnnviz.convolution.frequency.sampling import blur_weights
from cnnviz.errors import ParameterError
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "POOLINGS",
    "Consistency",
    "Pooling",
    "PoolingKind",
    "consistency",
    "pool",
    "shift_consistency",
]

PoolingKind = Literal["strided", "average", "max", "blur", "max_blur"]
POOLINGS: Mapping[PoolingKind, str] = {
    "strided": N_("Every s-th pixel"),
    "average": N_("Average pooling"),
    "max": N_("Max pooling"),
    "blur": N_("Blur, then every s-th pixel (BlurPool)"),
    "max_blur": N_("Maximum around every pixel, blur, then every s-th pixel (MaxBlurPool)"),
}
_SHIFT = Parameter("shift", N_("Shift"), 0, -LARGEST_SIDE, LARGEST_SIDE, 1, N_("pixels"), integer=True)
_FLAT = 1e-24  # of the energy: deviations below are rounding


@dataclass(frozen=True)
class Pooling:
    """A way to make a picture smaller.

    Attributes:
        kind: a key of `POOLINGS`.
        stride: (rows, columns) or one number, 1 to 16.
        window: of average and maximum, 1 to 16, (rows, columns) or one number; the stride if None. Output i looks at
            the pixels from i * stride on, as torch without padding.
        taps: weights of the binomial blur, 1 to 31; 2 stride - 1 along each axis if None.

    Raises:
        ParameterError: when one of them is not legal.
    """

    kind: PoolingKind
    stride: Pair = (2, 2)
    window: Pair | None = None
    taps: int | None = None

    def __post_init__(self) -> None:
        """Check everything; afterwards stride and window are pairs."""
        if str(self.kind) not in POOLINGS:
            raise ParameterError("kind", str(self.kind)[:40], ", ".join(get_args(PoolingKind)))
        object.__setattr__(self, "stride", checked_stride(self.stride))
        window = self.stride if self.window is None else self.window
        object.__setattr__(self, "window", checked_pair("window", window, LARGEST_STRIDE))
        blur_weights("binomial", self.stride, self.taps)


@dataclass(frozen=True, eq=False)
class Consistency:
    """How far pooling follows shifts of the picture.

    Attributes:
        by_shift: float64 (sr, sc), the consistency for a shift by r pixels down and c to the right; 1 at (0, 0).
        mean: over all shifts but none; 1 for stride 1.
        worst: the lowest of `by_shift`.
        worst_shift: (rows, columns) of that shift.
    """

    by_shift: Array
    mean: float
    worst: float
    worst_shift: Pair


def pool(pixels: ArrayLike, pooling: Pooling) -> Picture:
    """Pool a picture, channel by channel: float32 (H // sr, W // sc[, C]).

    Raises:
        ParameterError: when `pixels` is not a picture or smaller than the stride.
    """
    found = _pooled(_whole_steps(pixels, pooling), pooling).astype(np.float32)
    return found[..., 0] if np.ndim(pixels) == 2 else found


def shift_consistency(pixels: ArrayLike, pooling: Pooling, shift: Pair = (0, 1)) -> float:
    """Correlate the pooled picture, moved along, with the pooled moved picture: 1 when they are equal.

    With a = pooled picture moved by shift / stride output pixels (by its spectrum, so that fractions are legal), and b
    = pooling of the picture moved by `shift`: 1 - sum (a - b)^2 / (sum (a - m)^2 + sum (b - m)^2), where m is the
    mean of both together. This is the intraclass correlation of R. A. Fisher, Statistical Methods for Research
    Workers (1925), section 38. Below 0, when the two are more different than strangers, it is given as 0; two flat
    and equal pictures have 1.

    Args:
        pixels: (H, W) or (H, W, C), sides not smaller than the stride.
        pooling: how to make it smaller.
        shift: pixels (down, to the right).

    Returns:
        0 to 1.

    Raises:
        ParameterError: when an argument is not legal.
    """
    picture = _whole_steps(pixels, pooling)
    return _compared(picture, _pooled(picture, pooling), pooling, _checked_shift(shift))


def consistency(pixels: ArrayLike, pooling: Pooling) -> Consistency:
    """`shift_consistency` for all shifts of less than a stride: those that are not whole output pixels.

    Raises:
        ParameterError: when `pixels` is not a picture or smaller than the stride.
    """
    picture = _whole_steps(pixels, pooling)
    pooled = _pooled(picture, pooling)
    found = np.ones(pooling.stride)
    moves = [shift for shift in np.ndindex(pooling.stride) if any(shift)]
    for shift in moves:
        found[shift] = _compared(picture, pooled, pooling, (shift[0], shift[1]))
    worst = np.unravel_index(int(found.argmin()), found.shape)
    mean = float(np.mean([found[shift] for shift in moves])) if moves else 1.0
    return Consistency(found, mean, float(found.min()), (int(worst[0]), int(worst[1])))


def _compared(picture: Array, pooled: Array, pooling: Pooling, shift: Pair) -> float:
    ideal = _moved(pooled, (shift[0] / pooling.stride[0], shift[1] / pooling.stride[1]))
    real = _pooled(np.roll(picture, shift, (0, 1)), pooling)
    middle = (ideal.mean() + real.mean()) / 2
    spread = float(((ideal - middle) ** 2).sum() + ((real - middle) ** 2).sum())
    if spread <= _FLAT * float((ideal**2).sum() + (real**2).sum()):
        return 1.0
    return max(0.0, 1.0 - float(((ideal - real) ** 2).sum()) / spread)


def _moved(values: Array, by: tuple[float, float]) -> Array:
    """Move down and to the right by fractions of a pixel: the shift theorem (Bracewell, chapter 6)."""
    rows, columns = (
        np.exp(-2j * np.pi * np.fft.ifftshift(axis(side)) * pixels)
        for side, pixels in zip(values.shape, by, strict=False)
    )
    turned = np.fft.fft2(values, axes=(0, 1)) * np.outer(rows, columns)[..., np.newaxis]
    return np.asarray(np.fft.ifft2(turned, axes=(0, 1)).real, np.float64)


def _pooled(picture: Array, pooling: Pooling) -> Array:
    values = picture
    if pooling.kind in ("max", "max_blur"):
        values = _over_windows(np.maximum, values, pooling)
    elif pooling.kind == "average":
        rows, columns = pooling.window or pooling.stride
        values = _over_windows(np.add, values, pooling) / (rows * columns)
    if pooling.kind in ("blur", "max_blur"):
        values = _blurred(values, pooling)
    return values[:: pooling.stride[0], :: pooling.stride[1]]


def _over_windows(join: np.ufunc, values: Array, pooling: Pooling) -> Array:
    """Join the window from every pixel on, rows first, then columns."""
    for each, side in enumerate(pooling.window or pooling.stride):
        values = reduce(join, (np.roll(values, -step, each) for step in range(side)))
    return values


def _blurred(values: Array, pooling: Pooling) -> Array:
    for each in (0, 1):
        along = (pooling.stride[0], 1) if each == 0 else (1, pooling.stride[1])
        line = blur_weights("binomial", along, pooling.taps).ravel()
        before = (len(line) - 1) // 2
        values = sum((weight * np.roll(values, before - n, each) for n, weight in enumerate(line)), np.zeros(1))
    return values


def _whole_steps(pixels: ArrayLike, pooling: Pooling) -> Array:
    """The picture as float64 (H, W, C), cut to multiples of the stride."""
    picture = checked_picture(pixels)
    rows, columns = (side - side % step for side, step in zip(picture.shape, pooling.stride, strict=False))
    if not (rows and columns):
        size = f"{picture.shape[0]} x {picture.shape[1]}"
        raise ParameterError("pixels", size, f"≥ {pooling.stride[0]} x {pooling.stride[1]}")
    return np.atleast_3d(picture[:rows, :columns]).astype(np.float64)


def _checked_shift(shift: object) -> Pair:
    pair = tuple(shift) if isinstance(shift, (tuple, list)) else ()
    if len(pair) != 2:
        raise ParameterError("shift", str(shift)[:40], "(rows, columns)")
    rows, columns = (_SHIFT.check(each) for each in pair)
    return int(rows), int(columns)
