"""Which pixels, or which places of a layer, a score comes from.

attribution.attribute(network, x, "grad_cam", target=3, step="conv4_x.2.add").values  # (8, 8)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import ParameterError
from cnnviz.networks.attribution_methods import METHODS, Method, get, guidable, methods_for
from cnnviz.networks.facts import Shape
from cnnviz.networks.progress import Asked, Progress, Report
from cnnviz.text import N_

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["METHODS", "Attribution", "Method", "attribute", "get", "methods_for"]

Run = Callable[["nn.Module", "Tensor", int, Progress], "tuple[NDArray[np.float32], Tensor]"]

_OTHERS = N_("another method for this network")
_NOT_GUIDABLE = N_("it changes ReLU modules only, and this network has other activations or none")


@dataclass(frozen=True, eq=False)
class Attribution:
    """Where a score comes from.

    Attributes:
        values: float32, (H, W), read-only: of the input's size, or for a method that needs a layer of the size of its
            maps. Channels are summed.
        signed: whether values below 0 mean something; without, all are at least 0.
        method: its key.
        step: the layer, for a method that needs one.
        target: the class, from 0.
        score: the network's output for it.
        confidence: its probability by the softmax of all scores, 0 … 1.
        milliseconds: that it took.
    """

    values: NDArray[np.float32]
    signed: bool
    method: str
    step: str | None
    target: int
    score: float
    confidence: float
    milliseconds: float


def attribute(
    network: nn.Module,
    x: Tensor,
    method: str,
    target: int,
    step: str | None = None,
    report: Report | None = None,
    cancelled: Asked | None = None,
) -> Attribution:
    """Say where the score of a class comes from.

    Args:
        network: in evaluation mode, with frozen weights; (N, C, H, W) to (N, classes). It is not changed, and other
            threads may use it meanwhile.
        x: the input as the network wants it, normalised, (C, H, W), on the network's device; the baseline of the
            methods that need one is 0, the mean colour of the training pictures.
        method: a key of `METHODS`.
        target: class, from 0.
        step: name of a layer with maps, (C, H, W); for methods that need one.
        report: told how far it is.
        cancelled: asked, between two passes, whether to stop.

    Raises:
        ParameterError: for an unknown method, step or class, an input of another shape, a step without maps, or a
            network that the method cannot treat.
        Cancelled: when asked to stop.
    """
    from cnnviz.networks.differentiation import batched

    record, progress, picture = get(method), Progress(1, report, cancelled), batched(x)
    if record.key == "guided_backprop":
        _check_guidable(network, tuple(picture.shape))
    run = _with_layer(step or "") if record.needs_layer else _with_pixels(record.key)
    start = perf_counter()
    values, scores = run(network, picture, target, progress)
    values.flags.writeable = False
    return Attribution(
        values=values,
        signed=record.signed,
        method=record.key,
        step=step if record.needs_layer else None,
        target=target,
        score=float(scores[target]),
        confidence=float(scores.softmax(0)[target]),
        milliseconds=(perf_counter() - start) * 1000,
    )


def _check_guidable(network: nn.Module, shape: Shape) -> None:
    from cnnviz.networks.passes import summary_of

    if not guidable(summary_of(network, shape)):
        raise ParameterError("method", "guided_backprop", _OTHERS, _NOT_GUIDABLE)


def _with_layer(step: str) -> Run:
    from cnnviz.networks.grad_cam import grad_cam

    return partial(grad_cam, step)


def _with_pixels(key: str) -> Run:
    from cnnviz.networks import pixel_attribution  # here, since it brings captum

    return partial(pixel_attribution.run, key)
