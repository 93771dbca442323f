"""Grad-CAM: a layer's maps, weighted by how much the score depends on each, on an unchanged network."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.differentiation import checked_class, differentiable, scores_from
from cnnviz.networks.layouts import channel_axis, channels_first
from cnnviz.networks.passes import summary_of
from cnnviz.networks.progress import Progress

__all__ = ["grad_cam"]


def grad_cam(
    step: str, network: nn.Module, x: Tensor, target: int, progress: Progress
) -> tuple[NDArray[np.float32], Tensor]:
    """Where a layer's maps speak for a class.

    Selvaraju et al., "Grad-CAM", ICCV 2017, arXiv 1610.02391: the weight of a map is the mean over its places of the
    score's gradient (equation 1); what is positive in the weighted sum of the maps remains (equation 2). The graph
    begins at the layer, so it costs one pass forward and the part of one backward that lies behind the layer.

    Args:
        step: name of a layer with maps.
        network: as for `attribution.attribute`.
        x: the picture, (1, C, H, W).
        target: class, from 0.
        progress: one part.

    Returns:
        The map, float32, of the size of the layer's maps, at least 0; and the scores, (classes,).

    Raises:
        ParameterError: for an unknown class or step, or a step without maps.
        Cancelled: when asked to stop.
    """
    progress.check()
    with differentiable():
        maps, scores = scores_from(network, x, step)
        if maps.ndim != 4:
            raise ParameterError("step", step, "(C, H, W)")
        (gradient,) = torch.autograd.grad(scores[0, checked_class(target, scores)], maps)
    axis = channel_axis(summary_of(network, tuple(x.shape)), step)
    weights = channels_first(gradient, axis)[0].mean(dim=(1, 2))
    weighted = torch.einsum("c,chw->hw", weights, channels_first(maps.detach(), axis)[0]).relu()
    progress.step()
    return weighted.cpu().numpy().astype(np.float32), scores.detach()[0]
