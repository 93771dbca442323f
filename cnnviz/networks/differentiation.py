"""Derivatives of a network's steps, on a network that other threads use at the same time.

A step is one of `summary.summarize`'s layers, addition or module alike. Nothing is put on the network: `capture`
hands over what a step made, while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.capture import capture, follow
from cnnviz.text import N_

__all__ = ["batched", "checked_class", "differentiable", "output_at", "scores_from"]

_NO_OUTPUT = N_("a step with an output")


@contextmanager
def differentiable() -> Iterator[None]:
    """Gradients are recorded, even where the caller has switched them off."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def batched(x: Tensor) -> Tensor:
    """A batch of one out of `x`, (C, H, W): a copy that shares no history with it.

    Raises:
        ParameterError: when it has another number of axes.
    """
    if x.ndim != 3:
        raise ParameterError("x", tuple(x.shape), "(C, H, W)")
    with torch.inference_mode(False):  # what inference mode makes can have no gradient
        return x.detach().clone()[None]


def checked_class(target: int, scores: Tensor) -> int:
    """Return `target` when the scores, (N, classes), have such a class.

    Raises:
        ParameterError: when they do not.
    """
    if scores.ndim != 2 or not 0 <= target < scores.shape[1]:
        raise ParameterError("target", target, f"0 … {scores.shape[-1] - 1}")
    return target


class _Reached(BaseException):
    """The way out of a forward pass whose rest is not needed: nothing went wrong, so no network may catch it."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def _stop(output: Tensor) -> Tensor:
    raise _Reached(output)


def _leaf(output: Tensor) -> Tensor:
    return output.detach().clone().requires_grad_()


def output_at(network: nn.Module, x: Tensor, step: str) -> Tensor:
    """What `step` makes of the batch `x`, (N, C, H, W), with its graph; what comes after it does not run.

    Raises:
        ParameterError: when the network has no such step.
    """
    with differentiable():
        try:
            capture(network, x, keep=(), changes={step: _stop})
        except _Reached as reached:
            return reached.output
    raise ParameterError("step", step[:60], _NO_OUTPUT)


def scores_from(network: nn.Module, x: Tensor, step: str) -> tuple[Tensor, Tensor]:
    """What `step` makes of the batch `x`, (N, C, H, W), and the network's scores as a function of it.

    The graph begins at the step: with frozen weights nothing before it is recorded.

    Returns:
        The step's output, (N, …), a leaf of the graph; and the scores, (N, classes).

    Raises:
        ParameterError: when the network has no such step.
    """
    with differentiable():
        scores, kept = follow(network, x, keep=(step,), changes={step: _leaf})
    return kept[step], scores
