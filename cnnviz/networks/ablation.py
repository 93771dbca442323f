"""Which channels of a step does an answer depend on? Each of them switched off in turn, all others left on.

Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions for generalization", ICLR 2018,
section 2.2: ablation to zero of single feature maps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.capture import follow
from cnnviz.networks.facts import Layer
from cnnviz.networks.layouts import channels_first
from cnnviz.networks.passes import summary_of
from cnnviz.networks.progress import Asked, Progress, Report
from cnnviz.text import N_

__all__ = ["Ablation", "ablate"]

_MOST_BYTES = 64 * 2**20  # of the largest output of a step, for all pictures of a batch
_MOST_PICTURES = 16  # in a batch: one is asked between two of them whether to go on


@dataclass(frozen=True, eq=False)
class Ablation:
    """What a class is worth without each of a step's channels.

    Attributes:
        step: name of the step.
        target: class, from 0.
        before: its probability with all channels, 0-1.
        probabilities: (C,), its probability without each channel.
        answers: (C,), the likeliest class without each channel.
    """

    step: str
    target: int
    before: float
    probabilities: NDArray[np.float32]
    answers: NDArray[np.int64]

    @property
    def drops(self) -> NDArray[np.float32]:
        """(C,), what the probability loses without each channel, −1 … 1; negative where it gains."""
        drops: NDArray[np.float32] = np.float32(self.before) - self.probabilities
        return drops


def ablate(
    network: nn.Module,
    x: Tensor,
    step: str,
    target: int,
    *,
    report: Report | None = None,
    cancelled: Asked | None = None,
) -> Ablation:
    """Switch off each channel of a step in turn, and see what is left of a class.

    Args:
        network: stays as it is, and may be in use by others.
        x: (C, H, W), normalised, on the network's device.
        step: name of the step, as in `Summary.layers`; its output has channels along `Layer.channel_axis`.
        target: class, from 0.
        report: told the share that is done, 0-1.
        cancelled: asked between two batches of pictures.

    Raises:
        ParameterError: when there is no such step, or the class is none of the network's.
        Cancelled: when `cancelled` says so.
    """
    layer, batch = _sizes(network, x, step)
    with torch.no_grad():
        first, _ = follow(network, x[None], keep=())
        scores = first.double().softmax(dim=1)[0]
        if not 0 <= target < len(scores):
            raise ParameterError("target", target, f"0 … {len(scores) - 1}")
        batches = torch.split(torch.arange(layer.map_shape[0], device=x.device), batch)
        progress, parts = Progress(len(batches), report, cancelled), []
        for off in batches:
            progress.check()
            parts.append(_without(network, x, layer, off))
            progress.step()
    found = torch.cat(parts)
    return Ablation(
        step=step,
        target=target,
        before=float(scores[target]),
        probabilities=found[:, target].float().cpu().numpy(),
        answers=found.argmax(dim=1).cpu().numpy(),
    )


def _without(network: nn.Module, x: Tensor, layer: Layer, off: Tensor) -> Tensor:
    """Probabilities, one row for each of these channels, in which it is switched off: (len(off), classes)."""
    rows = torch.arange(len(off), device=x.device)

    def change(output: Tensor) -> Tensor:
        changed = output.clone()
        channels_first(changed, layer.channel_axis)[rows, off] = 0
        return changed

    scores, _ = follow(network, x.expand(len(off), *x.shape), keep=(), changes={layer.name: change})
    probabilities: Tensor = scores.double().softmax(dim=1)
    return probabilities


def _sizes(network: nn.Module, x: Tensor, step: str) -> tuple[Layer, int]:
    """The step, and how many of its channels one batch may try."""
    summary = summary_of(network, (1, *x.shape))
    layer = next((each for each in summary.layers if each.name == step and _has_channels(each)), None)
    if layer is None:
        raise ParameterError("step", step[:60], N_("one of the network's steps"))
    if not _has_pictures(network, x, layer):
        return layer, 1
    largest = max(each.memory for each in summary.layers)
    return layer, min(max(_MOST_BYTES // largest, 1), _MOST_PICTURES)


def _has_pictures(network: nn.Module, x: Tensor, layer: Layer) -> bool:
    """Whether the first axis is that of the pictures: what is made of weights alone has one row for all of them."""
    return summary_of(network, (2, *x.shape)).layers[layer.index].output_shape[0] == 2


def _has_channels(layer: Layer) -> bool:
    """Its output is (pictures, channels, …): a few networks have windows of a picture along the first axis."""
    return len(layer.output_shape) > 1 and layer.output_shape[0] == 1
