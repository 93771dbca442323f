"""Look at a network in the middle of its training, and leave no trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

__all__ = ["aside", "random_state", "set_random_state"]


@contextmanager
def aside(network: nn.Module) -> Iterator[None]:
    """Run a network as one likes; its modes, its buffers and PyTorch's random numbers are as before afterwards.

    Buffers are the statistics of batch normalisation. Weights are not looked after: who runs a network does not
    change them.
    """
    modes = [(module, module.training) for module in network.modules()]
    buffers = [(each, each.clone()) for each in network.buffers()]
    try:
        with torch.random.fork_rng([torch.cuda.current_device()] if torch.cuda.is_available() else []):
            yield
    finally:
        for module, training in modes:
            module.training = training
        with torch.no_grad():
            for each, before in buffers:
                each.copy_(before)


def random_state(device: str) -> Tensor:
    """The state of the random numbers that dropout on `device` ("cpu" or "cuda") draws from."""
    return torch.cuda.get_rng_state() if device == "cuda" else torch.get_rng_state()


def set_random_state(device: str, state: Tensor) -> None:
    """Let dropout on `device` draw the same numbers as it did from `state` on."""
    if device == "cuda":
        torch.cuda.set_rng_state(state)
    else:
        torch.set_rng_state(state)
