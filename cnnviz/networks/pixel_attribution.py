"""Attribution to pixels by captum's methods: on the network itself where they leave it alone, else on a copy.

Import this module where it is used: captum (https://captum.ai) brings matplotlib, and takes a second.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from captum.attr import GuidedBackprop, InputXGradient, IntegratedGradients, Occlusion, Saliency
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.networks.attribution_cost import STEPS, squares, window
from cnnviz.networks.differentiation import checked_class, differentiable
from cnnviz.networks.progress import Progress
from cnnviz.networks.shadow import shadow

__all__ = ["BATCH", "STEPS", "run", "window"]

BATCH = 8
"""Pictures in one pass: between two passes the work can be stopped."""


class _Watched(nn.Module):
    """The network, which counts its passes, checks the class, and remembers the first picture's scores."""

    def __init__(self, network: nn.Module, target: int, progress: Progress) -> None:
        super().__init__()
        self.network = network
        self.target = target
        self.progress = progress
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.progress.check()
        scores: Tensor = self.network(x)
        if not self.seen:
            checked_class(self.target, scores)
            self.seen.append(scores.detach()[0])
        self.progress.step()
        return scores


def run(
    method: str, network: nn.Module, x: Tensor, target: int, progress: Progress
) -> tuple[NDArray[np.float32], Tensor]:
    """Attribute the score of class `target` to the pixels of `x`, (1, C, H, W), by the method of that key.

    Returns:
        Values summed over the channels, float32, (H, W); and the scores, (classes,).

    Raises:
        ParameterError: for an unknown class.
        Cancelled: when asked to stop.
    """
    passes, attribute = _METHODS[method]
    progress.total = passes(x)
    watched = _Watched(network, target, progress)
    with differentiable():
        values = attribute(watched, x.requires_grad_(), target)
    return values.detach()[0].cpu().numpy().astype(np.float32), watched.seen[0]


def _once(x: Tensor) -> int:  # noqa: ARG001 - others look at it
    return 1


def _saliency(network: _Watched, x: Tensor, target: int) -> Tensor:
    return cast("Tensor", Saliency(network).attribute(x, target=target)).sum(dim=1)


def _input_x_gradient(network: _Watched, x: Tensor, target: int) -> Tensor:
    return cast("Tensor", InputXGradient(network).attribute(x, target=target)).sum(dim=1)


def _integrated_gradients(network: _Watched, x: Tensor, target: int) -> Tensor:
    with torch.no_grad():
        network(x)  # the path does not reach the picture itself
    method = IntegratedGradients(network)
    return cast("Tensor", method.attribute(x, target=target, n_steps=STEPS, internal_batch_size=BATCH)).sum(dim=1)


def _guided_backprop(network: _Watched, x: Tensor, target: int) -> Tensor:
    """On a copy that shares the weights: captum hangs hooks on the network, which other threads would feel."""
    network.network = shadow(network.network, lambda tensor: tensor)
    warnings.filterwarnings("ignore", "Setting backward hooks on ReLU", UserWarning)  # they are meant
    return cast("Tensor", GuidedBackprop(network).attribute(x, target=target)).sum(dim=1)


def _occlusion(network: _Watched, x: Tensor, target: int) -> Tensor:
    """The same for all channels, which a square covers together."""
    (rows, down), (columns, right) = window(x.shape[2]), window(x.shape[3])
    values = Occlusion(network).attribute(
        x,
        sliding_window_shapes=(x.shape[1], rows, columns),
        strides=(x.shape[1], down, right),
        target=target,
        perturbations_per_eval=BATCH,
    )
    return cast("Tensor", values)[:, 0]


def _squares(x: Tensor) -> int:
    """Passes of occlusion: the picture alone, then squares in batches."""
    return 1 + math.ceil(squares((x.shape[2], x.shape[3])) / BATCH)


def _points(x: Tensor) -> int:  # noqa: ARG001 - as many for every picture
    return 1 + math.ceil(STEPS / BATCH)


_METHODS: dict[str, tuple[Callable[[Tensor], int], Callable[[_Watched, Tensor, int], Tensor]]] = {
    "saliency": (_once, _saliency),
    "input_x_gradient": (_once, _input_x_gradient),
    "integrated_gradients": (_points, _integrated_gradients),
    "guided_backprop": (_once, _guided_backprop),
    "occlusion": (_squares, _occlusion),
}
