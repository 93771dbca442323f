"""How long the same layer takes by different methods on this machine, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.arithmetic import Axis, Layer
from cnnviz.convolution.reference import fourier, im2col, loops
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["MOST_LOOPED", "MOST_MEASURED", "MOST_NUMBERS", "TITLES", "Timing", "compare", "reasons"]

MOST_LOOPED = 300_000  # multiplications (of pooling: cells read) that nested Python loops do in about half a second
MOST_MEASURED = 2_000_000_000  # likewise in the library
MOST_NUMBERS = 10_000_000  # in the largest arrays that a method writes, 80 MB
_LONGEST_BUDGET = 60.0  # seconds
_MOST_RUNS = 200

_TOO_MANY = N_("Too many multiplications for loops in plain Python.")
_TOO_LARGE = N_("Its arrays would need too much memory.")
_TOO_LONG = N_("The layer is too large to be measured here.")
_NO_WEIGHTS = N_("Pooling has no weights whose spectrum could be multiplied.")


@dataclass(frozen=True)
class Timing:
    """What one method took.

    Attributes:
        method: "loops", "im2col", "fourier" or "torch".
        title: its name, marked with `N_`.
        milliseconds: median of the runs; None when it was not run.
        reason: why it was not run, marked with `N_`; empty when it was.
        largest_difference: from the library's output, absolute; None when it was not run.
        multiplications: of an input cell by a weight, as `Layer.macs` counts them; None where the method has an
            algorithm of its own or was not run, and 0 for pooling.
    """

    method: str
    title: str
    milliseconds: float | None
    reason: str = ""
    largest_difference: float | None = None
    multiplications: int | None = None


def compare(
    layer: Layer,
    cells: ArrayLike,
    weights: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    budget_s: float = 1.0,
) -> tuple[Timing, ...]:
    """Measure nested loops, im2col, Fourier transform and PyTorch on the same numbers, all in float64.

    Every method that is run gets an equal share of the time, is run at least once, and as often as fits. The first
    run warms up and counts only when there is no other. Ours include their checks and the arrays they show; torch
    starts from tensors. Methods that would take too long or too much memory are left out, with the reason.

    Args:
        layer: of any kind.
        cells: one input, (in_channels, H, W).
        weights: in torch's layout, `layer.weight_shape`; None for pooling.
        bias: (out_channels,), or None to add nothing.
        budget_s: seconds for all methods together, above 0, at most 60; exceeded only by first runs.

    Raises:
        ParameterError: when an array has the wrong shape, or the layer cannot be laid over the input.
    """
    if not 0 < budget_s <= _LONGEST_BUDGET:
        raise ParameterError("budget_s", budget_s, f"0 … {_LONGEST_BUDGET:g}")
    numbers = np.asarray(cells)
    if numbers.ndim != 3:
        raise ParameterError("cells", f"{numbers.shape}", f"({layer.in_channels}, H, W)")
    size = (numbers.shape[1], numbers.shape[2])
    left_out = reasons(layer, size)
    share = budget_s / max(1, sum(not reason for reason in left_out.values()))
    arguments = (layer, numbers, weights, bias)
    timed = {method: _timed(_call(method, *arguments), share) for method in left_out if not left_out[method]}
    expected = timed["torch"][1] if "torch" in timed else None
    macs = layer.macs(size)
    return tuple(_timing(method, reason, timed.get(method), expected, macs) for method, reason in left_out.items())


TITLES = {
    "loops": N_("Nested loops"),
    "im2col": N_("im2col and a matrix product"),
    "fourier": N_("Fourier transform"),
    "torch": N_("PyTorch"),
}


def reasons(layer: Layer, size: tuple[int, int]) -> dict[str, str]:
    """For every method, a key of `TITLES`, why it is not run, marked with `N_`; empty when it is."""
    axes = layer.axes(size)
    outputs = layer.out_channels * axes[0].output * axes[1].output
    work = layer.macs(size) or outputs * math.prod(layer.kernel_size)
    if work > MOST_MEASURED or outputs > MOST_NUMBERS:
        return dict.fromkeys(TITLES, _TOO_LONG)
    spectra = _spectral_numbers(layer, axes)
    return {
        "loops": _TOO_MANY if work > MOST_LOOPED else "",
        "im2col": _TOO_LARGE if _matrix_numbers(layer, axes) > MOST_NUMBERS else "",
        "fourier": _NO_WEIGHTS if not layer.weight_shape else _TOO_LARGE if spectra > MOST_NUMBERS else "",
        "torch": "",
    }


def _matrix_numbers(layer: Layer, axes: tuple[Axis, Axis]) -> int:
    """Numbers in the largest matrix of im2col: windows, or the scaled kernels of a transposed convolution."""
    if layer.kind == "transposed":
        places, channels = axes[0].size * axes[1].size, layer.out_channels
    else:
        places, channels = axes[0].output * axes[1].output, layer.in_channels
    return channels * math.prod(layer.kernel_size) * places


def _spectral_numbers(layer: Layer, axes: tuple[Axis, Axis]) -> int:
    """Numbers in the spectra of the input and the kernels, which are as large as the padded input each."""
    sides = [(axis.stretched() if axis.transposed else axis).padded for axis in axes]
    kernels = math.prod(layer.weight_shape[:2])
    return (layer.in_channels + kernels) * math.prod(sides)


def _call(
    method: str, layer: Layer, cells: NDArray[np.generic], weights: ArrayLike | None, bias: ArrayLike | None
) -> Callable[[], NDArray[np.float64]]:
    if method == "torch":
        return _torch_call(layer, cells, weights, bias)
    if method == "fourier":
        import scipy.fft  # noqa: F401 - a first import takes seconds, which are not the method's
    module = {"loops": loops, "im2col": im2col, "fourier": fourier}[method]
    return lambda: module.run(layer, cells, weights, bias).values


def _torch_call(
    layer: Layer, cells: NDArray[np.generic], weights: ArrayLike | None, bias: ArrayLike | None
) -> Callable[[], NDArray[np.float64]]:
    import torch

    from cnnviz.networks.torch_layers import apply

    arrays = (None if each is None else np.array(each, dtype=np.float64) for each in (cells, weights, bias))
    x, w, b = (None if each is None else torch.from_numpy(each) for each in arrays)
    assert x is not None  # noqa: S101 - cells were given
    return lambda: apply(layer, x, w, b).numpy()


def _timed(call: Callable[[], NDArray[np.float64]], share_s: float) -> tuple[float, NDArray[np.float64]]:
    """Milliseconds (median) and the output."""
    start = perf_counter()
    values = call()
    end = perf_counter()
    first = end - start
    seconds: list[float] = []
    while end - start + first <= share_s and len(seconds) < _MOST_RUNS:  # another one like the first still fits
        begin = perf_counter()
        call()
        end = perf_counter()
        seconds.append(end - begin)
    return median(seconds or [first]) * 1000, values


def _timing(
    method: str,
    reason: str,
    timed: tuple[float, NDArray[np.float64]] | None,
    expected: NDArray[np.float64] | None,
    macs: int,
) -> Timing:
    if timed is None or expected is None:
        return Timing(method, TITLES[method], None, reason)
    milliseconds, values = timed
    multiplications = macs if method in ("loops", "im2col") else None
    return Timing(method, TITLES[method], milliseconds, "", _largest_difference(values, expected), multiplications)


def _largest_difference(values: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    differ = values != expected  # minus infinity, the maximum of nothing but padding, equals itself
    return float(np.abs(values[differ] - expected[differ]).max(initial=0.0))
