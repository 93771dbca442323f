"""The picture that a step's activations remember: inverted by search.

Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting Them", CVPR 2015, arXiv 1412.0035.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.networks.differentiation import batched, output_at
from cnnviz.networks.picture_search import Show, search
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.progress import Asked, Progress, Report

__all__ = ["STEPS", "Inverted", "invert"]

STEPS = 200

_ROUGHNESS = 0.05  # weight of the total variation; the loss begins near 1
_RATE = 0.05


@dataclass(frozen=True, eq=False)
class Inverted:
    """A picture that a network sees, at a step, as it saw another.

    Attributes:
        step: name of the step.
        seed: of the noise that it began with.
        picture: float32, (H, W, C), 0 … 1, read-only; without normalisation.
        frames: pictures on the way, the noise of the start first and `picture` last; read-only.
        curve: before each step of the search, the squared distance of the activations from those wanted, divided by
            their square (the article's equation 3, without its regularisers): 0 is the same; float32, (steps,).
        milliseconds: that it took.
    """

    step: str
    seed: int
    picture: NDArray[np.float32]
    frames: tuple[NDArray[np.float32], ...]
    curve: NDArray[np.float32]
    milliseconds: float


def invert(
    network: nn.Module,
    x: Tensor,
    preparation: Preparation,
    step: str,
    *,
    steps: int = STEPS,
    seed: int = 0,
    report: Report | None = None,
    cancelled: Asked | None = None,
    show: Show | None = None,
) -> Inverted:
    """Search, from noise, a picture with the activations that `x` has at a step.

    Details that the step has lost are not found again; neighbours are kept alike where nothing speaks against it.

    Args:
        network: in evaluation mode, with frozen weights; it is not changed, and other threads may use it meanwhile.
        x: the input as the network wants it, normalised, (C, H, W), on the network's device.
        preparation: of the network's pictures: their shape, and what normalises them.
        step: name of a step; what comes after it does not run.
        steps: of the search; each costs a pass forward and one backward, up to the step.
        seed: of the noise to begin with.
        report: told how far it is.
        cancelled: asked before each step whether to stop.
        show: given pictures on the way.

    Raises:
        ParameterError: for an unknown step, too many steps, or an input of another shape.
        Cancelled: when asked to stop.
    """
    wanted = output_at(network, batched(x), step).detach()
    size = wanted.square().sum().clamp(min=1e-12)
    found = search(
        lambda picture: (output_at(network, picture, step) - wanted).square().sum() / size,
        preparation,
        Progress(steps, report, cancelled),
        device=x.device,
        seed=seed,
        rate=_RATE,
        roughness=_ROUGHNESS,
        show=show,
    )
    return Inverted(step, seed, found.picture, found.frames, found.curve, found.milliseconds)
