"""Along which axis a step's output has its channels: the second of (N, C, H, W), or the last of (N, H, W, C).

Most layers of a network for pictures want channels first. Between two permutations, as in the blocks of ConvNeXt, or
nearly everywhere, as in Swin, they are last, because linear layers and layer normalisation work on the last axis. A
tensor does not say which it is; what makes it and what reads it do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.networks.costs import family, kind
from cnnviz.networks.facts import FIRST, INPUT, Shape
from cnnviz.networks.tracing import Call

if TYPE_CHECKING:
    from cnnviz.networks.facts import Summary

__all__ = ["channel_axes", "channel_axis", "channels_first"]

Axes = tuple[int, ...]
Edges = dict[int, list[tuple[int, Axes]]]  # step -> neighbours, and for each of their axes that of the step

_LAST = 3
_SAME = (0, 1, 2, 3)
_PERMUTATIONS = (
    "permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "Permute", "SwapAxes",
)  # fmt: skip
_KEEPING = ("pad", "cat", "concat", "Concatenate", "chunk", "split", "mean", "amax", "amin", "sum")
_MIXING = ("matmul", "bmm", "einsum", "rot90")  # their outputs may have the shape of an input, and other axes
_CHANNELS_FIRST = ("interpolate", "Upsample", "PixelShuffle", "pixel_shuffle", "batch_norm", "group_norm")


def channels_first(output: Tensor, axis: int) -> Tensor:
    """A view of a step's output, (N, …), with the channels along the second axis.

    Args:
        output: with the batch.
        axis: of its channels, `Layer.channel_axis`.
    """
    return output if axis == FIRST else output.movedim(axis, FIRST)


def channel_axis(summary: Summary, step: str) -> int:
    """`Layer.channel_axis` of a step by its name; of one that the summary does not list, 1."""
    return next((layer.channel_axis for layer in summary.layers if layer.name == step), FIRST)


def channel_axes(calls: Sequence[Call], input_shape: Shape) -> tuple[int, ...]:
    """The axis of every call's output with the channels; 1 for what has other than four axes, or stays unknown.

    Convolution, pooling and batch normalisation read and make channels first. From there what is known is handed on,
    forward and backward: by what treats all numbers alike, by what cuts out, joins or shifts, and by permutations,
    which turn it. Where that leads nowhere, a linear layer, or a normalisation over the last axis alone, has the
    channels last in what it reads and makes; so both are only believed where nothing that is known speaks against it.

    Args:
        calls: of a traced run, in the order of the forward pass.
        input_shape: of the network, with the batch.
    """
    edges: Edges = {}
    first, last = [INPUT], []
    for index, call in enumerate(calls):
        before = _sources(call, input_shape)
        around = [*before, *([index] if len(call.output) == 4 else [])]
        if _is_channels_first(call):
            first += around
        elif _is_channels_last(call):
            last += around
        if before and len(call.output) == 4 and (axes := _handed_on(call)):
            for source in before:
                _join(edges, source, index, axes)
    known: dict[int, int] = {}
    _spread(dict.fromkeys(first, FIRST), edges, known)
    _spread(dict.fromkeys(last, _LAST), edges, known)
    return tuple(known.get(index, FIRST) if len(call.output) == 4 else FIRST for index, call in enumerate(calls))


def _sources(call: Call, input_shape: Shape) -> list[int]:
    """What it reads with four axes. `INPUT` also stands for what no step has made, such as a buffer."""
    given = zip(call.sources, call.inputs, strict=False)
    return [each for each, shape in given if len(shape) == 4 and (each != INPUT or shape == tuple(input_shape))]


def _is_channels_first(call: Call) -> bool:
    norms = (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d, nn.LocalResponseNorm)
    if isinstance(call.module, norms) or kind(call) in _CHANNELS_FIRST:
        return True
    return family(call) in ("convolution", "pooling") and kind(call) not in _KEEPING


def _is_channels_last(call: Call) -> bool:
    if type(call.module) is nn.LayerNorm:  # a class of its own may work on another axis, as torchvision's LayerNorm2d
        return len(call.module.normalized_shape) == 1
    return _is_linear(call) or call.function in ("layer_norm", "rms_norm")


def _is_linear(call: Call) -> bool:
    return isinstance(call.module, nn.Linear) or call.function == "linear"


def _handed_on(call: Call) -> Axes | None:
    """For each axis of the output, the one of the inputs that it is; None where they are not the same axes."""
    name = kind(call)
    if name in _PERMUTATIONS:
        return _permutation(call)
    if name == "getitem":
        return _SAME if _is_cut(call.arguments) else None
    if name in _KEEPING or _is_linear(call):
        return _SAME
    shapes = [shape for shape in call.inputs if len(shape) == 4]
    return _SAME if name not in _MIXING and _broadcast(shapes) == call.output else None


def _permutation(call: Call) -> Axes | None:
    """Found by doing it to a tensor of four sides that can be told apart."""
    sides = (2, 3, 5, 7)
    probe = torch.empty(sides, device="meta")
    try:
        if call.module is not None:
            moved = call.module.forward(probe)
        else:
            moved = getattr(probe, call.function)(*call.arguments, **call.keywords)
    except (IndexError, RuntimeError, TypeError):
        return None
    return tuple(sides.index(side) for side in moved.shape) if len(moved.shape) == 4 else None


def _is_cut(arguments: tuple[object, ...]) -> bool:
    """Whether an index only cuts something out: four axes were read, four were made, by slices alone."""
    if len(arguments) != 1:
        return False
    index = arguments[0] if isinstance(arguments[0], tuple) else arguments
    return all(isinstance(each, slice) or each is Ellipsis for each in index)


def _broadcast(shapes: Sequence[Shape]) -> Shape:
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        return ()


def _join(edges: Edges, source: int, target: int, axes: Axes) -> None:
    """Both ways: `axes` are those of the source, by those of the target."""
    edges.setdefault(target, []).append((source, tuple(axes.index(axis) for axis in range(4))))
    edges.setdefault(source, []).append((target, axes))


def _spread(seeds: Mapping[int, int], edges: Edges, known: dict[int, int]) -> None:
    """Hand on what the seeds are, to steps that are not known yet."""
    waiting = [(step, axis) for step, axis in seeds.items() if step not in known]
    known.update(waiting)
    while waiting:
        step, axis = waiting.pop(0)
        for other, axes in edges.get(step, []):
            if other not in known:
                known[other] = axes.index(axis)
                waiting.append((other, known[other]))
