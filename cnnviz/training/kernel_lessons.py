"""Lessons for one convolution: a picture and what a hidden operation makes of it, and what such a pair can teach.

What it teaches stands in the patches of the picture, whatever the hidden operation is: they decide how many directions
of the kernel show in the output at all, how fast gradient descent finds each of them, and which learning rate is too
large. No PyTorch here: these numbers are the yardstick for what `kernel_learning` does with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution import kernels
from cnnviz.convolution.catalogue import make
from cnnviz.convolution.chain import Step, apply
from cnnviz.convolution.companions import luminance
from cnnviz.convolution.steps import Linear
from cnnviz.errors import ParameterError
from cnnviz.images import patterns, samples
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = [
    "HIDDEN",
    "LINEAR",
    "LONGEST_OWN",
    "NOISE",
    "PICTURES",
    "SIDE",
    "SIZES",
    "Lesson",
    "Teaching",
    "answer",
    "hidden",
    "lesson",
    "patches",
    "teaching",
]

Array = NDArray[np.float64]
Picture = NDArray[np.float32]

SIDE = 128
"""Rows and columns of every picture."""

SIZES = (3, 5, 7)
LONGEST_OWN = 7
LINEAR = ("sobel_x", "laplacian", "gaussian", "sharpen", "emboss")
HIDDEN = (*LINEAR, kernels.CUSTOM, "median", "gradient_sobel")
"""Hidden operations; the last two are no convolutions."""

_PHOTOS = ("coffee", "camera", "brick", "text")
_CONSTANT, _STRIPES, _NOISE = "constant", "stripes", "noise"
PICTURES = (*_PHOTOS, "zone_plate", "step_edge", "checkerboard", _STRIPES, _CONSTANT, _NOISE)

NOISE = Parameter("noise", N_("noise"), 0.0, 0.0, 0.5, 0.01)
"""Standard deviation of what is added to the target."""

_FREQUENCY = 0.09  # of the stripes, in cycles per pixel: no whole number of pixels repeats
_NOTHING = 1e-10  # of the largest eigenvalue: rounding of float32 is far below, a photo's finest detail far above


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the convolution gets, and what it shall answer.

    Attributes:
        picture: float32, shape (H, W).
        target: float32, shape (H − k + 1, W − k + 1): the hidden operation's answer, where the kernel fits, and noise.
        kernel: float64, shape (k, k): the hidden kernel in the middle of zeros; None when k × k cannot hold it, or
            the operation is no convolution.
    """

    picture: Picture
    target: Picture
    kernel: Array | None


@dataclass(frozen=True, eq=False)
class Teaching:
    """What the patches of a picture can teach a kernel by gradient descent on the mean squared error.

    The Hessian of that error is twice the patches' autocorrelation C = mean of p·pᵀ, for every target. Along an
    eigenvector with eigenvalue λ of C, a step of plain gradient descent multiplies the error by 1 − 2ηλ.

    Attributes:
        eigenvalues: of C, float64, shape (k²,), the largest first, none negative.
        rank: directions that show in the output at all; the kernel is only known when it is k².
    """

    eigenvalues: Array
    rank: int

    @property
    def identifiable(self) -> bool:
        """Whether only one kernel explains the output."""
        return self.rank == len(self.eigenvalues)

    @property
    def condition(self) -> float:
        """Largest eigenvalue over the smallest that is not zero; 1 for a black picture."""
        return float(self.eigenvalues[0] / self.eigenvalues[self.rank - 1]) if self.rank else 1.0

    def largest_rate(self, momentum: float = 0.0) -> float:
        """Learning rate beyond which gradient descent runs away: 2 (1 + momentum) / (largest eigenvalue of 2C).

        B. T. Polyak: Some methods of speeding up the convergence of iteration methods (1964). Infinite for a black
        picture.
        """
        return float((1 + momentum) / self.eigenvalues[0]) if self.rank else float("inf")


def hidden(key: str, own: ArrayLike | None = None) -> Step:
    """The hidden operation.

    Args:
        key: one of `HIDDEN`.
        own: for "custom", (kh, kw), each side 1 to 7.

    Raises:
        ParameterError: for another key, or a kernel that is too large.
        KernelError: when `own` is not a kernel.
    """
    if key not in HIDDEN:
        raise ParameterError("hidden", key, ", ".join(HIDDEN))
    if key != kernels.CUSTOM:
        return make(key, {"size": 3, "sigma": 1.0} if key == "gaussian" else None)
    step = Linear(kernels.custom(np.zeros((1, 1)) if own is None else own))
    rows, columns = step.kernel.weights.shape
    if max(rows, columns) > LONGEST_OWN:
        raise ParameterError("kernel", f"{rows} × {columns}", f"1 × 1 … {LONGEST_OWN} × {LONGEST_OWN}")
    return step


def lesson(step: Step, picture: str, size: int, *, noise: float = 0.0, centred: bool = False, seed: int = 0) -> Lesson:
    """Make a picture and its answer.

    Args:
        step: what `hidden` returned.
        picture: one of `PICTURES`.
        size: k, one of `SIZES`: of the kernel that shall learn.
        noise: standard deviation of normal noise on the target, 0 to 0.5.
        centred: take the picture's mean away first.
        seed: of the noise, and of the picture "noise".

    Raises:
        ParameterError: for a value outside its range.
    """
    if size not in SIZES:
        raise ParameterError("size", size, ", ".join(map(str, SIZES)))
    deviation = NOISE.check(noise)
    pixels = _picture(picture, seed)
    if centred:
        pixels = pixels - pixels.mean(dtype=np.float64).astype(np.float32)
    # The hidden operation sees the border mirrored; the margin keeps its answers there out of the lesson.
    margin, inner = LONGEST_OWN // 2, size // 2
    whole = apply(pixels, [step]).values[margin:-margin, margin:-margin]
    disturbed = whole + np.random.default_rng([seed, 1]).normal(0.0, deviation, whole.shape)
    seen = pixels[margin - inner : SIDE - margin + inner, margin - inner : SIDE - margin + inner]
    return Lesson(np.ascontiguousarray(seen), disturbed.astype(np.float32), _embedded(step, size))


def _picture(key: str, seed: int) -> Picture:
    if key in _PHOTOS:
        return _photo(key)
    if key == _CONSTANT:
        return np.full((SIDE, SIDE), 0.5, np.float32)
    if key == _NOISE:
        return np.random.default_rng([seed, 0]).random((SIDE, SIDE), np.float32)
    if key == _STRIPES:
        return patterns.grating(SIDE, SIDE, _FREQUENCY)
    if key not in PICTURES:
        raise ParameterError("picture", key, ", ".join(PICTURES))
    return luminance(patterns.make(key, rows=SIDE, columns=SIDE).pixels)


def _photo(key: str) -> Picture:
    """The largest square in the middle of a sample, grey, reduced by averaging."""
    grey = luminance(samples.load(key).pixels)
    side = min(grey.shape)
    top, left = ((length - side) // 2 for length in grey.shape)
    square = grey[top : top + side, left : left + side]
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def _embedded(step: Step, size: int) -> Array | None:
    """The kernel of a linear step with its anchor in the middle of (size, size) zeros, or None."""
    if not isinstance(step, Linear):
        return None
    weights = step.kernel.weights
    top, left = (size // 2 - (side - 1) // 2 for side in weights.shape)
    rows, columns = weights.shape
    if min(top, left) < 0 or top + rows > size or left + columns > size:
        return None
    table = np.zeros((size, size))
    table[top : top + rows, left : left + columns] = weights
    return table


def patches(picture: ArrayLike, size: int) -> Array:
    """All (size, size) pieces, float64, shape (pieces, size²): correlation is `patches(…) @ kernel.ravel()`."""
    pixels = np.asarray(picture, np.float64)
    return np.lib.stride_tricks.sliding_window_view(pixels, (size, size)).reshape(-1, size * size)


def teaching(picture: ArrayLike, size: int) -> Teaching:
    """Find out what a picture can teach a kernel of (size, size)."""
    rows = patches(picture, size)
    eigenvalues = np.linalg.eigvalsh(rows.T @ rows / len(rows))[::-1].clip(min=0)
    rank = int((eigenvalues > _NOTHING * eigenvalues[0]).sum()) if eigenvalues[0] > 0 else 0
    return Teaching(eigenvalues, rank)


def answer(picture: ArrayLike, target: ArrayLike, start: ArrayLike) -> Array:
    """The kernel of least squared error that lies nearest to `start`: where gradient descent ends.

    A step moves the kernel only in directions that the patches have, so what they leave open stays as it began.

    Args:
        picture: (H, W).
        target: (H − k + 1, W − k + 1).
        start: (k, k).

    Returns:
        float64, shape (k, k).
    """
    first = np.asarray(start, np.float64)
    rows = patches(picture, first.shape[0])
    missing = np.asarray(target, np.float64).ravel() - rows @ first.ravel()
    step = np.linalg.lstsq(rows, missing, rcond=float(np.sqrt(_NOTHING)))[0]
    return np.asarray(first + step.reshape(first.shape), np.float64)
