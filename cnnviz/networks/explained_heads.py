"""What a chain of steps begins with: a convolution, a sum, a pooling, a concatenation, or what enters the chain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.captured_steps import CapturedSteps
from cnnviz.networks.explained import Carried, Convolved, Head, Joined, Merged, Part, Pooled, Windows
from cnnviz.networks.explained_convolution import as_read, convolved
from cnnviz.networks.explained_rest import agree
from cnnviz.networks.facts import FIRST, Layer
from cnnviz.networks.step_chains import ADDITIONS, PRODUCTS, Chain, roles

__all__ = ["head"]

_CONCATENATIONS = ("Concatenate", "cat", "concat")

Map = NDArray[np.float32]


def head(steps: CapturedSteps, chain: Chain, channel: int) -> Head | None:
    """Explain the head of a chain; None where we cannot say how it was made.

    Args:
        steps: of the pass.
        chain: whose head it is.
        channel: from 0.

    Raises:
        ParameterError: when the pass has not kept an input.
    """
    layer = chain.head
    if layer is None:
        return _carried(steps, chain, channel)
    if layer.family in ("convolution", "linear"):
        return _convolved(steps, layer, channel)
    if layer.kind in _CONCATENATIONS:
        return _joined(steps, layer, channel)
    if layer.kind in (*ADDITIONS, *PRODUCTS):
        return _merged(steps, layer, channel)
    return _pooled(steps, layer, channel)


def _carried(steps: CapturedSteps, chain: Chain, channel: int) -> Carried | None:
    first = chain.norm or chain.activation
    if first is None or len(first.sources) != 1:
        return None
    maps = steps.maps(first.sources[0])
    if maps.shape != steps.maps(first.index).shape:
        return None
    return Carried(steps.name(first.sources[0]), maps[channel])


def _convolved(steps: CapturedSteps, layer: Layer, channel: int) -> Convolved | None:
    if len(layer.sources) != 1:
        return None
    source, everywhere = layer.sources[0], layer.channel_axis != FIRST
    if layer.family == "linear" and not everywhere:
        source = steps.unflattened(source)
    read = as_read(steps.module(layer), steps.maps(source), channel, everywhere=everywhere)
    return None if read is None else convolved(read, layer.name, steps.name(source), steps.maps(layer.index)[channel])


def _merged(steps: CapturedSteps, layer: Layer, channel: int) -> Merged | None:
    maps, output = [steps.maps(each) for each in layer.sources], steps.maps(layer.index)
    if len(maps) < 2 or any(len(each) != len(output) for each in maps):
        return None
    adds = layer.kind in ADDITIONS
    parts = tuple(
        Part(steps.name(source), role, np.broadcast_to(each[channel], output.shape[1:]))
        for source, role, each in zip(
            layer.sources, roles(steps.layers, layer.sources) if adds else [""] * len(maps), maps, strict=True
        )
    )
    computed = (np.add if adds else np.multiply).reduce([each.map.astype(np.float64) for each in parts])
    largest = float(sum(np.abs(each.map).max() for each in parts)) if adds else 0.0
    operation = "add" if adds else "multiply"
    return Merged(layer.name, operation, parts, output[channel], agree(computed, output[channel], largest))


def _pooled(steps: CapturedSteps, layer: Layer, channel: int) -> Pooled | None:
    pool = steps.pooling(layer)
    if pool is None or len(layer.sources) != 1:
        return None
    given, output = steps.maps(layer.sources[0])[channel], steps.maps(layer.index)[channel]
    windows, divisors = pool.windows(given.shape, output.shape)
    divided = None if pool.operation == "max" else divisors
    computed = _pool(given, windows, divided)
    source = steps.name(layer.sources[0])
    agrees = agree(computed, output, float(np.abs(given).max()))
    return Pooled(layer.name, source, pool.operation, given, windows, divided, output, agrees)


def _pool(given: Map, windows: Windows, divisors: Map | None) -> NDArray[np.float64]:
    """The largest number of each window, or their sum divided."""
    filler = -np.inf if divisors is None else 0.0
    padded = np.pad(given.astype(np.float64), ((0, 1), (0, 1)), constant_values=filler)  # `OUTSIDE` is the last one
    merge = np.maximum if divisors is None else np.add
    over_rows = merge.reduce(padded[windows.rows], axis=1)
    pooled: NDArray[np.float64] = merge.reduce(over_rows[:, windows.columns], axis=2)
    return pooled if divisors is None else pooled / divisors


def _joined(steps: CapturedSteps, layer: Layer, channel: int) -> Joined | None:
    output = steps.maps(layer.index)
    branches = [steps.maps(each) for each in layer.sources]
    if sum(map(len, branches)) != len(output) or any(each.shape[1:] != output.shape[1:] for each in branches):
        return None  # joined along another axis
    ends = np.cumsum([len(each) for each in branches])
    branch = int(np.searchsorted(ends, channel, side="right"))
    inside = channel - int(ends[branch]) + len(branches[branch])
    names = tuple((steps.name(each), len(maps)) for each, maps in zip(layer.sources, branches, strict=True))
    same = np.array_equal(branches[branch][inside], output[channel])
    return Joined(layer.name, names, branch, inside, same)
