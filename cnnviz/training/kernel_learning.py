"""A convolution that learns a kernel from a picture and its answer: one layer, one loss, every step kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.training.kernel_lessons import Lesson
from cnnviz.training.kernel_options import BETA, EPSILON, MOMENTUM, Options

__all__ = ["Learned", "learn"]

Array = NDArray[np.float32]
_State = tuple[int, Tensor, Tensor, Tensor, Tensor]

_KEPT = 500  # steps that are kept in full; of more, every second, third, …
_TOO_LARGE = 1e6  # a weight beyond it has run away


@dataclass(frozen=True, eq=False)
class Learned:
    """What happened, step by step. n states are kept; k is the size of the kernel.

    Attributes:
        steps: number of steps done in each state, int64, shape (n,): 0 first, the end last.
        weights: the kernel in each state, float32, shape (n, k, k).
        gradients: of the loss by each weight there, float32, shape (n, k, k).
        first: what the optimiser makes of the gradients in the step from there, float32, shape (n, k, k): the velocity
            v of momentum, m̂ of Adam; the gradient itself for SGD.
        second: ŝ of Adam, float32, shape (n, k, k); zeros otherwise.
        losses: mean squared error before each step and after the last one, float32, shape (steps + 1,).
        diverged: the step after which the loss was no number any more, or a weight beyond a million; None otherwise.
            Nothing is kept from there on.
    """

    steps: NDArray[np.int64]
    weights: Array
    gradients: Array
    first: Array
    second: Array
    losses: Array
    diverged: int | None


def learn(lesson: Lesson, size: int, options: Options) -> Learned:
    """Let a convolution learn what made the target out of the picture.

    The whole picture is one batch, so that a step goes down the gradient itself, not an estimate of it.

    Args:
        lesson: picture and target.
        size: k; the target is k − 1 rows and columns smaller than the picture.
        options: how.
    """
    x, y = (torch.from_numpy(each)[None, None] for each in (lesson.picture, lesson.target))
    # `skip_init` draws nothing from the random numbers that all threads share; `first_weights` has its own.
    convolution: nn.Conv2d = nn.utils.skip_init(nn.Conv2d, 1, 1, size, bias=False)  # type: ignore[no-untyped-call]  # torch has no type for it
    with torch.no_grad():
        convolution.weight.copy_(first_weights(size, options))
    optimiser = _optimiser(convolution, options)
    keep_every = math.ceil(options.steps / _KEPT)
    states: list[_State] = []
    losses: list[float] = []
    diverged = None
    for step in range(options.steps + 1):
        loss = (convolution(x) - y).square().mean()
        if not (loss.isfinite() and convolution.weight.abs().max() <= _TOO_LARGE):
            diverged = step
            break
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        before = _copies(convolution)
        optimiser.step()
        if step % keep_every == 0 or step == options.steps:
            states.append((step, *before, *_moments(optimiser, convolution, step + 1)))
    return _gathered(states, losses, diverged)


def first_weights(size: int, options: Options) -> Tensor:
    """The kernel before the first step, shape (1, 1, k, k): zeros, or drawn as `nn.Conv2d` draws its weights."""
    if options.start == "zero":
        return torch.zeros(1, 1, size, size)
    bound = 1 / size  # of the uniform distribution: 1 / √(inputs of the neuron)
    generator = torch.Generator().manual_seed(options.seed)
    return (2 * torch.rand(1, 1, size, size, generator=generator) - 1) * bound


def _optimiser(convolution: nn.Conv2d, options: Options) -> torch.optim.Optimizer:
    match options.optimiser:
        case "adam":
            return torch.optim.Adam(convolution.parameters(), options.learning_rate, (MOMENTUM, BETA), EPSILON)
        case "momentum":
            return torch.optim.SGD(convolution.parameters(), options.learning_rate, MOMENTUM)
        case _:
            return torch.optim.SGD(convolution.parameters(), options.learning_rate)


def _copies(convolution: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """The kernel and its gradient, as they are now."""
    gradient = convolution.weight.grad
    assert gradient is not None  # noqa: S101 - the step before computed it
    return convolution.weight.detach().clone(), gradient.clone()


def _moments(optimiser: torch.optim.Optimizer, convolution: nn.Conv2d, step: int) -> tuple[Tensor, Tensor]:
    """What the step that was just done multiplied by the learning rate; for Adam with its start corrected."""
    state = optimiser.state[convolution.weight]
    if "exp_avg" in state:
        return state["exp_avg"] / (1 - MOMENTUM**step), state["exp_avg_sq"] / (1 - BETA**step)
    gradient = convolution.weight.grad
    assert gradient is not None  # noqa: S101 - the step before computed it
    velocity = state.get("momentum_buffer")
    return (gradient if velocity is None else velocity).clone(), torch.zeros_like(gradient)


def _gathered(states: list[_State], losses: list[float], diverged: int | None) -> Learned:
    steps, *tensors = zip(*states, strict=True)
    weights, gradients, first, second = (torch.cat(each)[:, 0].numpy() for each in tensors)
    return Learned(np.array(steps), weights, gradients, first, second, np.array(losses, np.float32), diverged)
