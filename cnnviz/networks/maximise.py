"""The picture that excites one channel of a step most: what the channel looks for.

Erhan, Bengio, Courville and Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009; with the jitter and
the Fourier coefficients of Olah et al. 2017 (see `picture_search`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.differentiation import output_at
from cnnviz.networks.layouts import channel_axis, channels_first
from cnnviz.networks.passes import summary_of
from cnnviz.networks.picture_search import Show, normalised, search
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.progress import Asked, Progress, Report

__all__ = ["STEPS", "Maximised", "activation", "maximise"]

STEPS = 128

_RATE = 0.05
_JITTER = 1 / 16  # of the shorter side


@dataclass(frozen=True, eq=False)
class Maximised:
    """A picture that excites a channel.

    Attributes:
        step: name of the step.
        channel: from 0; of a step without maps, the unit.
        seed: of the noise that it began with.
        picture: float32, (H, W, C), 0 … 1, read-only; without normalisation.
        frames: pictures on the way, the noise of the start first and `picture` last; read-only.
        curve: the channel's mean before each step, of the shifted picture, float32, (steps,), read-only.
        activation: the channel's mean for `picture`.
        milliseconds: that it took.
    """

    step: str
    channel: int
    seed: int
    picture: NDArray[np.float32]
    frames: tuple[NDArray[np.float32], ...]
    curve: NDArray[np.float32]
    activation: float
    milliseconds: float


def activation(network: nn.Module, x: Tensor, step: str, channel: int) -> Tensor:
    """The mean of one channel of a step for `x`, (1, C, H, W): a number with its graph.

    Raises:
        ParameterError: for an unknown step or channel.
    """
    axis = channel_axis(summary_of(network, tuple(x.shape)), step)
    output = channels_first(output_at(network, x, step), axis)
    if not 0 <= channel < output.shape[1]:
        raise ParameterError("channel", channel, f"0 … {output.shape[1] - 1}")
    return output[0, channel].mean()


def maximise(
    network: nn.Module,
    preparation: Preparation,
    step: str,
    channel: int,
    *,
    steps: int = STEPS,
    seed: int = 0,
    report: Report | None = None,
    cancelled: Asked | None = None,
    show: Show | None = None,
) -> Maximised:
    """Search the picture for which the mean of a channel over its places is largest.

    Args:
        network: in evaluation mode, with frozen weights; it is not changed, and other threads may use it meanwhile.
        preparation: of the network's pictures: their shape, and what normalises them.
        step: name of a step; what comes after it does not run.
        channel: from 0; of a step without maps, the unit.
        steps: of the search; each costs a pass forward and one backward, up to the step.
        seed: of the noise to begin with.
        report: told how far it is.
        cancelled: asked before each step whether to stop.
        show: given pictures on the way.

    Raises:
        ParameterError: for an unknown step or channel, or too many steps.
        Cancelled: when asked to stop.
    """
    found = search(
        lambda x: -activation(network, x, step, channel),
        preparation,
        Progress(steps, report, cancelled),
        device=_device(network),
        seed=seed,
        rate=_RATE,
        jitter=round(min(preparation.shape[1:]) * _JITTER),
        show=show,
    )
    best = torch.from_numpy(found.picture.copy()).permute(2, 0, 1)[None].to(_device(network))
    reached = activation(network, normalised(best, preparation), step, channel).item()
    curve = -found.curve
    curve.flags.writeable = False
    return Maximised(step, channel, seed, found.picture, found.frames, curve, reached, found.milliseconds)


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
