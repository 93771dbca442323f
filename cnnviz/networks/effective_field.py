"""Which pixels one activation depends on for this picture, and how much: the effective receptive field.

Luo, Li, Urtasun and Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks",
NeurIPS 2016, arXiv 1701.04128: the size of the derivative of one unit by every pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.convolution.checks import Pair
from cnnviz.convolution.receptive_field import Region, inside, region
from cnnviz.errors import ParameterError
from cnnviz.networks.differentiation import batched, output_at
from cnnviz.networks.facts import Layer
from cnnviz.networks.gradient_field import bounding_box
from cnnviz.networks.layouts import channels_first

__all__ = ["EffectiveField", "effective_field", "theoretical"]

_FAINT = 1 - 0.9545  # as in section 3 of the article


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """What one activation depends on.

    Attributes:
        step: name of the step.
        channel: from 0; of a step without maps, the unit.
        unit: (row, column) in the map; None for a step without maps.
        values: size of the derivative by each pixel, summed over its channels, float32, (H, W), at least 0, read-only.
            All are 0 behind a ReLU that is shut.
        activation: the unit's value.
        theoretical: the pixels that the unit may see by the arithmetic of the layers, also those outside of the
            picture, which are padding; None where the layers leave no such rectangle. Gates and norms that look at
            whole maps are left out, so that a little may lie outside of it.
        visible: the part of it inside the picture.
        support: the smallest rectangle around all pixels with a derivative; None without any.
        pixels: how many pixels count: their derivative is more than `threshold`.
        threshold: a share of the largest derivative, what two standard deviations of a Gaussian leave.
        milliseconds: that it took.
    """

    step: str
    channel: int
    unit: Pair | None
    values: NDArray[np.float32]
    activation: float
    theoretical: Region | None
    visible: Region | None
    support: Region | None
    pixels: int
    threshold: float
    milliseconds: float


def effective_field(
    network: nn.Module, x: Tensor, layer: Layer, channel: int, unit: Pair | None = None
) -> EffectiveField:
    """Differentiate one activation by the pixels. It costs a pass forward and one backward, up to the step.

    Args:
        network: in evaluation mode, with frozen weights; it is not changed, and other threads may use it meanwhile.
        x: the input as the network wants it, normalised, (C, H, W), on the network's device.
        layer: the step, out of the network's summary for this shape.
        channel: from 0; of a step without maps, the unit.
        unit: (row, column) in the map, from 0; None for a step without maps.

    Raises:
        ParameterError: when the network has no such step or activation, or the input another shape.
    """
    start = perf_counter()
    picture = batched(x).requires_grad_()
    output = channels_first(output_at(network, picture, layer.name), layer.channel_axis)
    activation = _activation(output, channel, unit)
    (gradient,) = torch.autograd.grad(activation, picture)
    absolute = gradient[0].abs().sum(dim=0)
    values = absolute.cpu().numpy()
    values.flags.writeable = False
    size = (picture.shape[2], picture.shape[3])
    seen = theoretical(layer, size, unit)
    return EffectiveField(
        step=layer.name,
        channel=channel,
        unit=unit,
        values=values,
        activation=activation.item(),
        theoretical=seen,
        visible=None if seen is None else inside(seen, size),
        support=bounding_box(absolute),
        pixels=int((values > _FAINT * values.max()).sum()),
        threshold=_FAINT,
        milliseconds=(perf_counter() - start) * 1000,
    )


def theoretical(layer: Layer, size: Pair, unit: Pair | None) -> Region | None:
    """The pixels of a picture of `size` (rows, columns), and around it, that a unit sees by arithmetic alone.

    Args:
        layer: out of the network's summary for this size.
        size: of the picture.
        unit: (row, column) in the map; None for a step without maps.

    Returns:
        A rectangle, not cut at the picture's edge; None where the layers leave none.
    """
    if layer.whole:
        return Region(0, size[0] - 1, 0, size[1] - 1)
    return None if layer.field is None or unit is None else region(layer.field, *unit)


def _activation(output: Tensor, channel: int, unit: Pair | None) -> Tensor:
    """One number of a step's output, (1, C, H, W) with a unit or (1, F) without."""
    places = output.shape[2:]
    if not 0 <= channel < output.shape[1]:
        raise ParameterError("channel", channel, f"0 … {output.shape[1] - 1}")
    if len(places) != len(unit or ()) or not all(0 <= at < side for at, side in zip(unit or (), places, strict=True)):
        raise ParameterError("unit", unit, ", ".join(f"0 … {side - 1}" for side in places) or "None")
    return output[(0, channel, *(unit or ()))]
