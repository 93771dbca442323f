"""Convolution and correlation along one axis: signals, kernels, and both sums written out to be read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.arithmetic import same_padding
from cnnviz.convolution.arithmetic.layer import checked
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = [
    "KERNELS",
    "LARGEST_WIDTH",
    "LONGEST_SIGNAL",
    "SIGNALS",
    "Samples",
    "centred",
    "convolve",
    "correlate",
    "is_antisymmetric",
    "is_symmetric",
    "kernel",
    "signal",
]

Samples = NDArray[np.float64]

LONGEST_SIGNAL = 1024
LARGEST_WIDTH = 31
_LARGEST_SEED = 2**32 - 1
_NOISE = 0.1  # standard deviation of the noisy step


SIGNALS: Mapping[str, str] = {
    "impulses": N_("Train of impulses"),
    "step": N_("Step edge"),
    "pulse": N_("Rectangular pulse"),
    "ramp": N_("Ramp"),
    "noisy_step": N_("Noisy step"),
    "alternating": N_("Alternating: 1, -1, 1, -1 …"),
}
KERNELS: Mapping[str, str] = {
    "box": N_("Box (moving average)"),
    "bell": N_("Bell (binomial)"),
    "difference": N_("Difference of neighbours"),
    "decay": N_("Decay: 1, 1/2, 1/4 …"),
}


def signal(kind: str, length: int = 21, spacing: int = 5, seed: int = 0) -> Samples:
    """Make a signal, float64 (length,), with values about 0 … 1 (-1 and 1 for "alternating").

    Args:
        kind: a key of `SIGNALS`. "impulses" has ones at spacing // 2, spacing // 2 + spacing, … and zeros between;
            "step" rises from 0 to 1 at length // 2; "pulse" is 1 in the middle third; "ramp" rises evenly from 0 to
            1; "noisy_step" is the step with normal noise (standard deviation 0.1), rounded to two decimals.
        length: samples, 1 … 1024.
        spacing: of "impulses", samples from one to the next, 1 … 1024.
        seed: of "noisy_step", 0 … 2**32 - 1.

    Raises:
        ParameterError: when one of them is not legal.
    """
    if kind not in SIGNALS:
        raise ParameterError("kind", kind, ", ".join(SIGNALS))
    checked("length", length, 1, LONGEST_SIGNAL)
    checked("spacing", spacing, 1, LONGEST_SIGNAL)
    checked("seed", seed, 0, _LARGEST_SEED)
    places = np.arange(length)
    step = (places >= length // 2).astype(np.float64)
    match kind:
        case "impulses":
            # The first one half a spacing from the edge, so that a wide kernel finds room on both sides of it.
            return np.asarray(places % spacing == spacing // 2, np.float64)
        case "step":
            return step
        case "pulse":
            return np.asarray((places >= length // 3) & (places < length - length // 3), np.float64)
        case "ramp":
            return np.linspace(0, 1, length)
        case "noisy_step":
            # Rounded, so that what is written on the screen is what is computed with.
            return np.round(step + np.random.default_rng(seed).normal(0, _NOISE, length), 2)
        case _:
            return np.where(places % 2 == 0, 1.0, -1.0)


def kernel(kind: str, width: int = 3) -> Samples:
    """Make a kernel, float64 (width,).

    Args:
        kind: a key of `KERNELS`. "box" has equal weights of sum 1; "bell" has the binomial coefficients, divided
            by their sum; "difference" is [-1, 1] smoothed by a bell (width 3: [-1/2, 0, 1/2], the central
            difference); "decay" halves from one weight to the next, beginning with 1.
        width: weights, 1 … 31 (from 2 for "difference").

    Raises:
        ParameterError: when one of them is not legal.
    """
    if kind not in KERNELS:
        raise ParameterError("kind", kind, ", ".join(KERNELS))
    checked("width", width, 2 if kind == "difference" else 1, LARGEST_WIDTH)
    match kind:
        case "box":
            return np.full(width, 1 / width)
        case "bell":
            return _bell(width)
        case "difference":
            return np.convolve([-1.0, 1.0], _bell(width - 1))
        case _:
            return np.ldexp(1.0, -np.arange(width))


def _bell(width: int) -> Samples:
    weights = np.ones(1)
    for _ in range(width - 1):
        weights = np.convolve(weights, [0.5, 0.5])  # Pascal's triangle
    return weights


def convolve(signal: ArrayLike, kernel: ArrayLike) -> Samples:
    """Convolve: y[n] = sum over k of kernel[k] * signal[n - k], with zeros outside the signal.

    Flip the kernel, shift it along, multiply what lies on top of each other, add.

    Args:
        signal: (n,) real numbers.
        kernel: (k,) real numbers.

    Returns:
        (n + k - 1,): every place where the two overlap, as `numpy.convolve`.

    Raises:
        ParameterError: when one of them is empty or has more than one axis.
    """
    flipped = _checked_line("kernel", kernel)[::-1]
    return correlate(signal, flipped)


def correlate(signal: ArrayLike, kernel: ArrayLike) -> Samples:
    """Cross-correlate: the same as `convolve` without the flip; this is what the layers of networks compute.

    Args:
        signal: (n,) real numbers.
        kernel: (k,) real numbers.

    Returns:
        (n + k - 1,): every place where the two overlap, as `numpy.correlate(…, "full")` of real numbers. The first
        output has the kernel's last weight on the signal's first sample.

    Raises:
        ParameterError: when one of them is empty or has more than one axis.
    """
    samples, weights = _checked_line("signal", signal), _checked_line("kernel", kernel)
    width = len(weights)
    padded = np.pad(samples, width - 1)
    sums = [np.sum(padded[shift : shift + width] * weights) for shift in range(len(samples) + width - 1)]
    return np.array(sums)


def centred(full: ArrayLike, width: int) -> Samples:
    """Cut from the full output of a kernel of `width` weights the n outputs centred on the signal.

    They are those of a layer with `padding="same"`: for an even width the window reaches one sample further behind
    its output than before it. (`numpy.convolve(…, "same")` has it the other way round.)

    Raises:
        ParameterError: when `full` is shorter than a kernel of this width makes it.
    """
    values = _checked_line("full", full)
    checked("width", width, 1, len(values))
    before, after = same_padding(width)
    return values[after : len(values) - before].copy()


def is_symmetric(kernel: ArrayLike) -> bool:
    """True when flipping changes nothing, so that convolution and correlation agree."""
    weights = _checked_line("kernel", kernel)
    return bool(np.allclose(weights, weights[::-1], rtol=0, atol=1e-12))


def is_antisymmetric(kernel: ArrayLike) -> bool:
    """True when flipping turns every sign, so that convolution is minus the correlation."""
    weights = _checked_line("kernel", kernel)
    return bool(np.allclose(weights, -weights[::-1], rtol=0, atol=1e-12))


def _checked_line(name: str, values: ArrayLike) -> Samples:
    line = np.asarray(values, np.float64)
    if line.ndim != 1 or line.size == 0:
        raise ParameterError(name, line.shape, "(1 …,)", N_("a signal and its kernel have one axis and are not empty"))
    return line
