"""The numbers in the grids of a layer: cells of the input, weights and biases; the same every time."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.arithmetic.layer import LARGEST_CHANNELS, checked, pair
from cnnviz.convolution.checks import Pair, checked_pixels
from cnnviz.convolution.companions import luminance
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["CELLS", "WEIGHTS", "Cells", "bias", "cells", "from_picture", "weights"]

Cells = NDArray[np.float64]

CELLS: Mapping[str, str] = {
    "integers": N_("Small whole numbers (0 to 4)"),
    "ones": N_("Ones"),
    "impulse": N_("Impulse (a single 1)"),
    "ramp": N_("Counting (0, 1, 2 …)"),
    "checkerboard": N_("Checkerboard"),
}
WEIGHTS: Mapping[str, str] = {
    "integers": N_("Small whole numbers (-1 to 2)"),
    "ones": N_("Ones"),
    "average": N_("Average"),
    "bell": N_("Bell (binomial)"),
    "edge": N_("Edge (derivative across columns)"),
}
_LARGEST_SEED = 2**32 - 1
_LARGEST_CELL = 4
_SMALLEST_WEIGHT, _LARGEST_WEIGHT = -1, 2
_COUNT_TO = 100
_WHITE = 255
_ROUNDS = 20  # of drawing kernels again that there are already; of 1 x 1 there are only three


def cells(kind: str, channels: int, size: int | Pair, seed: int = 0) -> Cells:
    """Fill an input of `size` (rows, columns): float64 (channels, rows, columns).

    Args:
        kind: a key of `CELLS`. "impulse" has its 1 in the middle cell of every channel (below and to the right
            of the middle where that is a line), "ramp" counts row by row through all channels and begins again
            at 100, "checkerboard" begins with 1 at the top left.
        channels: feature maps.
        size: rows and columns.
        seed: of "integers", 0 … 2**32 - 1.

    Raises:
        ParameterError: when one of them is not legal.
    """
    shape = (checked("channels", channels, 1, LARGEST_CHANNELS), *pair("size", size))
    match kind:
        case "integers":
            return _generator(seed).integers(0, _LARGEST_CELL + 1, shape).astype(np.float64)
        case "ones":
            return np.ones(shape)
        case "impulse":
            found = np.zeros(shape)
            found[:, shape[1] // 2, shape[2] // 2] = 1
            return found
        case "ramp":
            counted: Cells = (np.arange(np.prod(shape), dtype=np.float64) % _COUNT_TO).reshape(shape)
            return counted
        case "checkerboard":
            _, rows, columns = np.indices(shape)
            return np.where((rows + columns) % 2 == 0, 1.0, 0.0)
    raise ParameterError("cells", kind, ", ".join(CELLS))


def from_picture(pixels: ArrayLike, channels: int, size: int | Pair) -> Cells:
    """Scale a picture to an input of `size` (rows, columns): grey levels 0 … 255, float64 (channels, rows, columns).

    Each cell is the average of the pixels that it covers (OpenCV's `INTER_AREA`), rounded to a whole level.

    Args:
        pixels: (H, W), (H, W, 1) or (H, W, 3), range 0 … 1.
        channels: 3 gives red, green and blue; any other number the luminance, in every channel.
        size: rows and columns.

    Raises:
        ParameterError: when one of them is not legal.
    """
    count = checked("channels", channels, 1, LARGEST_CHANNELS)
    rows, columns = pair("size", size)
    picture = checked_pixels(pixels)
    if count != 3 or picture.ndim == 2 or picture.shape[2] != 3:
        picture = luminance(picture)
    scaled = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns, -1)
    levels = np.rint(np.clip(scaled, 0, 1).astype(np.float64) * _WHITE).transpose(2, 0, 1)
    return np.ascontiguousarray(levels if levels.shape[0] == count else np.repeat(levels, count, axis=0))


def weights(kind: str, layer: Layer, seed: int = 0) -> Cells:
    """Fill the kernels of a layer: float64 of `layer.weight_shape`.

    Args:
        kind: a key of `WEIGHTS`. "integers" has no kernel of zeros, and no two alike as long as there are
            enough; "average" makes each output the average of all cells of its window; "bell" is the outer
            product of two rows of Pascal's triangle, with sum 1; "edge" is a difference across the columns,
            smoothed along the rows (Sobel's for 3 x 3; for a single column nothing but smoothing is left).
        layer: a layer with weights.
        seed: of "integers", 0 … 2**32 - 1.

    Raises:
        ParameterError: when one of them is not legal.
    """
    shape = layer.weight_shape
    if not shape:
        raise ParameterError("layer", layer.kind, "convolution, transposed")
    if kind == "integers":
        return _integer_kernels(shape, _generator(seed, 1))
    return np.broadcast_to(_kernel(kind, layer), shape).copy()


def bias(kind: str, layer: Layer, seed: int = 0) -> Cells | None:
    """One number for every output channel, -2 … 2, or zeros unless `kind` is "integers"; None without biases.

    Raises:
        ParameterError: when `kind` is none of `WEIGHTS`, or the seed is not legal.
    """
    if not getattr(layer, "bias", False):
        return None
    if kind not in WEIGHTS:
        raise ParameterError("weights", kind, ", ".join(WEIGHTS))
    if kind != "integers":
        return np.zeros(layer.out_channels)
    return _generator(seed, 2).integers(-2, 3, layer.out_channels).astype(np.float64)


def _generator(seed: int, *stream: int) -> np.random.Generator:
    start = checked("seed", seed, 0, _LARGEST_SEED)
    return np.random.default_rng([start, *stream] if stream else start)


def _integer_kernels(shape: tuple[int, ...], generator: np.random.Generator) -> Cells:
    """Draw kernels; those of zeros and those that there are already are drawn again."""
    area = shape[2] * shape[3]

    def draw(count: int) -> NDArray[np.int64]:
        return generator.integers(_SMALLEST_WEIGHT, _LARGEST_WEIGHT + 1, (count, area))

    drawn = draw(shape[0] * shape[1])
    for _ in range(_ROUNDS):
        again = _repeated(drawn) | ~drawn.any(axis=1)
        if not again.any():
            break
        drawn[again] = draw(int(again.sum()))
    drawn[~drawn.any(axis=1), area // 2] = 1
    return drawn.reshape(shape).astype(np.float64)


def _repeated(kernels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True for every kernel that is like an earlier one."""
    _, first = np.unique(kernels, axis=0, return_index=True)
    repeated = np.ones(len(kernels), np.bool_)
    repeated[first] = False
    return repeated


def _kernel(kind: str, layer: Layer) -> Cells:
    rows, columns = layer.kernel_size
    match kind:
        case "ones":
            return np.ones((rows, columns))
        case "average":
            read = rows * columns * layer.in_channels // layer.groups  # type: ignore[attr-defined]  # it has weights
            return np.full((rows, columns), 1 / read)
        case "bell":
            bell = np.outer(_binomial(rows), _binomial(columns))
            scaled: Cells = bell / bell.sum()
            return scaled
        case "edge":
            return np.outer(_binomial(rows), _difference(columns))
    raise ParameterError("weights", kind, ", ".join(WEIGHTS))


def _binomial(length: int) -> Cells:
    """A row of Pascal's triangle; halved as it grows where it would be too large for whole numbers."""
    row = np.ones(1)
    for _ in range(length - 1):
        row = np.convolve(row, [1, 1])
        if row.max() > 2**52:
            row = row / 2
    return row


def _difference(length: int) -> Cells:
    """-1, 0, 1 smoothed to `length`; -1, 1 for two cells and 1 for a single one, which has no neighbours."""
    if length <= 2:
        return np.array([1.0] if length == 1 else [-1.0, 1.0])
    return np.convolve(_binomial(length - 2), [-1, 0, 1])
