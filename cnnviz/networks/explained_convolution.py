"""A channel of a convolution or a linear layer taken apart: inputs, kernels, and what each of them contributes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from cnnviz.networks.explained import Convolved
from cnnviz.networks.reading_windows import LaidOut, laid_out

__all__ = ["LEAST_INPUTS", "MOST_INPUTS", "MOST_VALUES", "Read", "as_read", "contributions", "convolved"]

MOST_VALUES = 1_500_000
"""Numbers of input maps that an explanation keeps: 6 MB on their way to a browser."""
MOST_INPUTS = 64  # input channels kept where all of them would be more numbers than that,
LEAST_INPUTS = 12  # and that many at least, however large their maps are

_RELATIVE = 1e-4  # of the sum of absolute products: more than what sums of 32-bit numbers differ by

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Read:
    """What one output channel reads.

    Attributes:
        inputs: (C, H, W).
        weights: (C, kernel rows, kernel columns).
        first: number of the first input channel in its source; not 0 in a convolution with groups.
        layout: where each output reads.
        bias: None where the layer has none.
    """

    inputs: Map
    weights: Map
    first: int
    layout: LaidOut
    bias: float | None


def as_read(module: nn.Module | None, inputs: Map, channel: int, *, everywhere: bool = False) -> Read | None:
    """What a channel of a convolution, or of a linear layer, reads of its input; None for other layers.

    Args:
        module: the layer; on any device.
        inputs: (C, H, W); of a linear layer the channels of each place are its features, or all numbers together.
        channel: of the output.
        everywhere: a linear layer works at each place, on its channels: a convolution with a kernel of 1×1.
    """
    if not isinstance(module, nn.Conv2d | nn.Linear):
        return None
    bias = None if module.bias is None else float(module.bias[channel].detach())
    weights = module.weight[channel].detach().cpu().numpy()
    if isinstance(module, nn.Linear):
        rows, columns = (np.arange(side, dtype=np.int32) for side in inputs.shape[1:])
        if everywhere and len(inputs) == weights.size:
            return Read(inputs, weights[:, None, None], 0, LaidOut(rows, columns, (1, 1)), bias)
        if inputs.size != weights.size:
            return None
        layout = LaidOut(rows, columns, (len(rows), len(columns)))
        return Read(inputs, weights.reshape(inputs.shape), 0, layout, bias)
    first = channel // (module.out_channels // module.groups) * len(weights)
    layout = laid_out(module, (inputs.shape[1], inputs.shape[2]))
    return Read(inputs[first : first + len(weights)], weights, first, layout, bias)


def contributions(read: Read) -> Map:
    """What each input channel adds to the output, float32 (C, H', W'); with the bias their sum is the output."""
    layout = read.layout
    padded = np.pad(read.inputs, ((0, 0), (0, 1), (0, 1)))  # `OUTSIDE`, the last row and column, reads a zero
    x = torch.from_numpy(padded[:, layout.rows][:, :, layout.columns])
    weights = torch.from_numpy(read.weights)[:, None]  # each channel has a kernel of its own: groups
    with torch.inference_mode():
        parts = functional.conv2d(x[None], weights, None, layout.stride, 0, layout.dilation, groups=len(x))
    found: Map = parts[0].numpy()
    return found


def convolved(read: Read, step: str, source: str, output: Map) -> Convolved:
    """Explain an output (H', W'), as captured, by what it reads; the strongest inputs first.

    Where all inputs together are more than `MOST_VALUES` numbers, those that contribute least are only kept as one sum.
    """
    parts = contributions(read)
    absolute = np.abs(parts)
    strengths = absolute.mean(axis=(1, 2), dtype=np.float64)
    order = np.argsort(-strengths, kind="stable")
    kept = order[: _kept(read.inputs)]
    computed = parts.sum(axis=0, dtype=np.float64) + (read.bias or 0)
    allowed = _RELATIVE * (absolute.sum(axis=0, dtype=np.float64) + abs(read.bias or 0))
    return Convolved(
        step=step,
        source=source,
        channels=kept + read.first,
        total=len(parts),
        inputs=read.inputs[kept],
        weights=read.weights[kept],
        strengths=strengths[kept],
        others=_sum(parts[order[len(kept) :]]),
        windows=read.layout.windows,
        bias=read.bias,
        output=output,
        agrees=computed.shape == output.shape and bool((np.abs(computed - output) <= allowed + 1e-12).all()),
    )


def _kept(inputs: Map) -> int:
    """How many input channels are kept."""
    if inputs.size <= MOST_VALUES:
        return len(inputs)
    return max(LEAST_INPUTS, min(MOST_INPUTS, MOST_VALUES // int(inputs[0].size)))


def _sum(parts: Map) -> Map | None:
    return parts.sum(axis=0, dtype=np.float64).astype(np.float32) if len(parts) else None
