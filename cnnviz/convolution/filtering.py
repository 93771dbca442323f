"""The engine: one kernel over one picture, as networks do it and as mathematics does.

`correlate` is what networks call a convolution; `convolve` turns the kernel by 180 degrees first. OpenCV does
the work; how it does it is chosen by `method`:

- direct: every weight times every pixel (`cv2.filter2D`), for kernels of less than 130 cells; above,
- separable: a column, then a row (`cv2.sepFilter2D`), when the kernel has rank 1 (and, should OpenCV have one
  thread only, at most 42 weights in column and row), otherwise
- fft: `cv2.filter2D` multiplies spectra, block by block and in float64, from 130 cells on (50 on processors
  without SSE3; OpenCV, modules/imgproc/src/filter.dispatch.cpp).

For pixels from 0 to 1, rounding stays below 1e-6 of the sum of absolute weights with each of them.
"""

from __future__ import annotations

from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution import separability
from cnnviz.convolution.arithmetic import output_size, same_padding
from cnnviz.convolution.borders import BORDERS, Border, checked_border, opencv_code, pad
from cnnviz.convolution.checks import (
    MAX_ENGINE_SIZE,
    Pair,
    Picture,
    Weights,
    checked_pair,
    checked_pixels,
    checked_weights,
)
from cnnviz.errors import ParameterError

__all__ = ["BORDERS", "MAX_DILATION", "MAX_STRIDE", "Border", "Method", "convolve", "correlate", "method"]

Method = Literal["direct", "separable", "fft"]

MAX_STRIDE = 255
MAX_DILATION = 31

_CPU_SSE3 = 4
_FFT_CELLS = 130 if cv2.checkHardwareSupport(_CPU_SSE3) else 50
# With a single thread OpenCV's two passes take three times the work per weight: beyond 21 + 21 spectra win.
_ONE_THREAD_WEIGHTS = 42


def correlate(
    pixels: ArrayLike,
    weights: ArrayLike,
    border: str = "reflect",
    stride: int | Pair = (1, 1),
    dilation: int | Pair = (1, 1),
) -> Picture:
    """Slide a kernel over a picture: each output is the sum of the weights times the pixels under them.

    `out[i, j, c] = sum over u, v of weights[u, v] * pixels[i * stride - before + u * dilation, …, c]`, with
    `before` from `arithmetic.same_padding`. Every channel is filtered on its own; nothing is clipped, so the
    sign is kept. Equal to `torch.nn.functional.conv2d` after that padding.

    Args:
        pixels: (H, W) or (H, W, C); read, never changed.
        weights: (kh, kw), each side 1 to 255; even and rectangular kernels are welcome.
        border: one of `BORDERS`; "valid" takes whole windows only, the others keep the size at stride 1.
        stride: pixels from one output to the next, 1 to 255, as (rows, columns) or one int.
        dilation: pixels from one weight to the next, 1 to 31, as (rows, columns) or one int; the spread kernel
            may be 255 in a side.

    Returns:
        float32 of shape (H', W') or (H', W', C), with H' and W' from `arithmetic.output_size`.

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when another argument is out of its range, or a window of "valid" does not fit.
    """
    picture = checked_pixels(pixels)
    steps = checked_pair("stride", stride, MAX_STRIDE)
    kernel = _dilated(checked_weights(weights), checked_pair("dilation", dilation, MAX_DILATION))
    edge = checked_border(border)
    if edge == "valid":
        result = _valid(picture, kernel)
    elif edge == "circular":
        result = _circular(picture, kernel)
    elif _exceeds(kernel, picture):
        result = _valid(pad(picture, *_padding(kernel), edge), kernel)
    else:
        result = _run(picture, kernel, opencv_code(edge))
    return result if steps == (1, 1) else np.ascontiguousarray(result[:: steps[0], :: steps[1]])


def convolve(
    pixels: ArrayLike,
    weights: ArrayLike,
    border: str = "reflect",
    stride: int | Pair = (1, 1),
    dilation: int | Pair = (1, 1),
) -> Picture:
    """Convolve in the mathematical sense: `correlate` with the kernel turned by 180 degrees.

    Arguments, result and errors are those of `correlate`. For symmetric kernels the two are the same.
    """
    return correlate(pixels, checked_weights(weights)[::-1, ::-1], border, stride, dilation)


def method(weights: ArrayLike, dilation: int | Pair = (1, 1)) -> Method:
    """Say how `correlate` computes with these weights: "direct", "separable" or "fft".

    Raises:
        KernelError: when `weights` is not a kernel.
        ParameterError: when `dilation` is out of its range.
    """
    kernel = _dilated(checked_weights(weights), checked_pair("dilation", dilation, MAX_DILATION))
    if _passes(kernel) is not None:
        return "separable"
    return "fft" if kernel.size >= _FFT_CELLS else "direct"


def _dilated(weights: Weights, dilation: Pair) -> Weights:
    if dilation == (1, 1):
        return weights
    rows, columns = ((n - 1) * d + 1 for n, d in zip(weights.shape, dilation, strict=True))
    if max(rows, columns) > MAX_ENGINE_SIZE:
        raise ParameterError("dilation", f"{dilation[0]} x {dilation[1]}", f"≤ {MAX_ENGINE_SIZE} (size x dilation)")
    spread = np.zeros((rows, columns))
    spread[:: dilation[0], :: dilation[1]] = weights
    return spread


def _padding(kernel: Weights) -> tuple[Pair, Pair]:
    return same_padding(kernel.shape[0]), same_padding(kernel.shape[1])


def _exceeds(kernel: Weights, picture: Picture) -> bool:
    return any(k > n for k, n in zip(kernel.shape, picture.shape, strict=False))


def _passes(kernel: Weights) -> tuple[Weights, Weights] | None:
    """Return (column, row) when two passes are possible and, measured, faster: three times at 15 x 15."""
    long_for_one_thread = sum(kernel.shape) > _ONE_THREAD_WEIGHTS and cv2.getNumThreads() == 1
    if kernel.size < _FFT_CELLS or long_for_one_thread:
        return None
    return separability.factors(kernel)


def _run(picture: Picture, kernel: Weights, code: int) -> Picture:
    """Filter at the picture's own size with one of OpenCV's borders."""
    (top, _), (left, _) = _padding(kernel)
    passes = _passes(kernel)
    if passes is None:
        result = cv2.filter2D(picture, cv2.CV_32F, kernel, anchor=(left, top), borderType=code)
    else:
        column, row = passes
        result = cv2.sepFilter2D(picture, cv2.CV_32F, row, column, anchor=(left, top), borderType=code)
    return cast("Picture", result.reshape(picture.shape))


def _valid(picture: Picture, kernel: Weights) -> Picture:
    rows, columns = (output_size(n, k) for n, k in zip(picture.shape[:2], kernel.shape, strict=True))
    if not (rows and columns):
        size = f"{picture.shape[0]} x {picture.shape[1]}"
        raise ParameterError("pixels", size, f"≥ {kernel.shape[0]} x {kernel.shape[1]} (border: valid)")
    (top, _), (left, _) = _padding(kernel)
    return _run(picture, kernel, cv2.BORDER_CONSTANT)[top : top + rows, left : left + columns]


def _circular(picture: Picture, kernel: Weights) -> Picture:
    """Filter once with a cheap border, then again only the strips whose windows cross the edges."""
    if _exceeds(kernel, picture):
        return _valid(pad(picture, *_padding(kernel), "circular"), kernel)
    result = _run(picture, kernel, cv2.BORDER_REPLICATE)
    (top, bottom), (left, right) = _padding(kernel)
    if left + right:
        strip = np.concatenate((picture[:, -(left + right) :], picture[:, : left + right]), axis=1)
        # Lying on its side: OpenCV is fast along long rows.
        lying = _run(np.ascontiguousarray(strip.swapaxes(0, 1)), kernel.T, cv2.BORDER_REPLICATE)
        _lay_seam(result.swapaxes(0, 1), lying[left : left + left + right], right)
    if top + bottom:
        strip = np.concatenate((picture[-(top + bottom) :], picture[: top + bottom]))
        seam = _valid(pad(strip, (0, 0), (left, right), "circular"), kernel)
        _lay_seam(result, seam, bottom)
    return result


def _lay_seam(result: Picture, seam: Picture, after: int) -> None:
    """Write a strip filtered across the edge: its first `after` lines end the picture, the rest begin it."""
    if after:
        result[-after:] = seam[:after]
    result[: len(seam) - after] = seam[after:]
