"""What attribution methods cost: pictures that arrive at the network, and gradients that come back, are counted."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from cnnviz.networks import pixel_attribution
from cnnviz.networks.attribution_cost import backward_passes, forward_passes
from cnnviz.networks.attribution_methods import METHODS
from cnnviz.networks.grad_cam import grad_cam
from cnnviz.networks.passes import summary_of
from cnnviz.networks.progress import Progress

torch.set_num_threads(1)


class Counting(nn.Module):
    """A small network that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.act, self.linear = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(2 * 14 * 10, 3)
        self.forwards: list[int] = []
        self.backwards: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        """Note the batch, and, when its gradient comes by, that."""
        self.forwards.append(len(x))
        maps = self.act(self.conv(x))
        if maps.requires_grad:
            maps.register_hook(lambda gradient: self.backwards.append(len(gradient)))
        return self.linear(maps.flatten(1))


@pytest.mark.parametrize("method", [each.key for each in METHODS])
def test_passes_are_counted(method: str) -> None:
    """On a picture whose sides ask for squares of different sizes."""
    torch.manual_seed(1)
    network = Counting().eval().requires_grad_(False)
    run = partial(grad_cam, "act") if method == "grad_cam" else partial(pixel_attribution.run, method)
    summary_of(network, (1, 1, 16, 12))  # without numbers, once for a network: whoever attributes has it
    network.forwards.clear()
    run(network, torch.randn(1, 1, 16, 12), 1, Progress(1))
    counted = sum(network.forwards), sum(network.backwards)
    assert counted == (forward_passes(method, (16, 12)), backward_passes(method))
