"""What can be said about a kernel by looking at its weights alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution import kernels
from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.checks import Weights, checked_weights
from cnnviz.convolution.kernels import Kernel
from cnnviz.convolution.separability import factors

__all__ = ["Facts", "Nearest", "facts"]

_EQUAL = 1e-9


@dataclass(frozen=True)
class Nearest:
    """The kernel of the registry that a kernel resembles most.

    Attributes:
        kernel: that kernel.
        similarity: cosine between the two, -1 to 1, both around their centres; the sign is that of `scale`.
        scale: the number that brings `kernel` closest: weights are about `scale` times `kernel.weights`.
        exact: True when they are exactly that (to 1e-9), so that a page may say "2 x Sobel X".
    """

    kernel: Kernel
    similarity: float
    scale: float
    exact: bool


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts about weights of shape (kh, kw).

    Attributes:
        size: (kh, kw).
        total: sum of the weights, the gain at frequency zero: what a flat area is multiplied by.
        total_absolute: sum of absolute weights, the largest gain of all (for inputs from -1 to 1).
        symmetric: equal to itself turned by 180 degrees: correlation and convolution are the same.
        antisymmetric: equal to minus itself turned by 180 degrees: convolution only changes the sign.
        separable: the product of a column and a row.
        factors: that (column, row), scaled to be readable, or None.
        nearest: the most similar kernel of the registry; None when all weights are 0.
        multiplications_direct: multiplications per pixel, all weights in one pass.
        multiplications_separable: the same in two passes; None when not separable.
    """

    size: tuple[int, int]
    total: float
    total_absolute: float
    symmetric: bool
    antisymmetric: bool
    separable: bool
    factors: tuple[NDArray[np.float64], NDArray[np.float64]] | None
    nearest: Nearest | None
    multiplications_direct: int
    multiplications_separable: int | None


def facts(weights: ArrayLike) -> Facts:
    """Return the facts about a kernel.

    Args:
        weights: (kh, kw), each side 1 to 255. Equality is judged to 1e-9 of the largest weight.

    Raises:
        KernelError: when `weights` is not a kernel.
    """
    array = checked_weights(weights)
    turned = array[::-1, ::-1]
    parts = factors(array)
    return Facts(
        size=(array.shape[0], array.shape[1]),
        total=_without_rounding(float(array.sum()), array),
        total_absolute=float(np.abs(array).sum()),
        symmetric=_equal(array, turned),
        antisymmetric=_equal(array, -turned),
        separable=parts is not None,
        factors=parts,
        nearest=_nearest(array),
        multiplications_direct=array.size,
        multiplications_separable=sum(array.shape) if parts is not None else None,
    )


def _equal(first: Weights, second: Weights) -> bool:
    return bool(np.abs(first - second).max() <= _EQUAL * np.abs(first).max())


def _without_rounding(total: float, weights: Weights) -> float:
    """Return 0.0 for a sum that is rounding only, such as that of a Laplacian of Gaussian."""
    return total if abs(total) > 1e-14 * float(np.abs(weights).sum()) else 0.0


def _nearest(weights: Weights) -> Nearest | None:
    if not weights.any():
        return None
    peak = float(np.abs(weights).max())
    found = [_compare(weights / peak, candidate) for candidate in _candidates(*weights.shape)]
    # Rounded, so that among equals a positive multiple wins, then the first of the registry.
    best = max(found, key=lambda each: (round(abs(each.similarity), 12), each.similarity > 0))
    return replace(best, scale=_rounded(best.scale * peak))


@cache
def _candidates(rows: int, columns: int) -> tuple[Kernel, ...]:
    """Return every family once: at this size where it has a size and takes it, else as it is by default."""
    return tuple(_build_candidates(rows if rows == columns else 0))


def _build_candidates(size: int) -> Iterator[Kernel]:
    for key in kernels.names():
        sizes = [p for p in kernels.family(key).parameters if p.name == "size"]
        fits = any(p.minimum <= size <= p.maximum and (size - p.minimum) % p.step == 0 for p in sizes)
        yield kernels.get(key, size=size) if fits else kernels.get(key)


def _compare(weights: Weights, candidate: Kernel) -> Nearest:
    ours, theirs = _aligned(weights, candidate.weights)
    product = float((ours * theirs).sum())
    scale = product / float((theirs**2).sum())
    similarity = product / float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    exact = _equal(ours, scale * theirs)
    return Nearest(candidate, float(np.clip(similarity, -1.0, 1.0)), scale, exact)


def _aligned(first: Weights, second: Weights) -> tuple[Weights, Weights]:
    """Pad both with zeros to one size, the pixels that produce the output on top of each other."""
    befores, afters = [], []
    for a, b in zip(first.shape, second.shape, strict=True):
        (before_a, after_a), (before_b, after_b) = same_padding(a), same_padding(b)
        befores.append((max(before_b - before_a, 0), max(before_a - before_b, 0)))
        afters.append((max(after_b - after_a, 0), max(after_a - after_b, 0)))
    padded = [
        np.pad(each, [(befores[axis][which], afters[axis][which]) for axis in (0, 1)])
        for which, each in enumerate((first, second))
    ]
    return padded[0], padded[1]


def _rounded(scale: float) -> float:
    nearest = round(scale, 9)
    return nearest if abs(scale - nearest) <= 1e-12 * abs(scale) else scale
