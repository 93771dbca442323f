"""A forward pass written down by plain hooks, to hold explanations against: an oracle, not our capture."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cnnviz.networks.passes import Pass
from cnnviz.networks.summary import summarize


def own_pass(network: nn.Module, x: Tensor) -> Pass:
    """Run `network`, whose every step is a module, on x (C, H, W)."""
    maps: dict[str, np.ndarray] = {}
    counts: dict[str, int] = {}

    def remember(name: str, output: Tensor) -> None:
        counts[name] = counts.get(name, 0) + 1
        maps[name if counts[name] == 1 else f"{name}#{counts[name]}"] = output[0].detach().clone().numpy()

    handles = [
        module.register_forward_hook(lambda _m, _i, output, name=name: remember(name, output))
        for name, module in network.named_modules()
        if not module._modules
    ]
    with torch.no_grad():
        output = network.eval()(x[None])
    for handle in handles:
        handle.remove()
    summary = summarize(network, (1, *x.shape))
    assert list(maps) == [layer.name for layer in summary.layers]
    flat = output.flatten().numpy()
    return Pass("own", summary, x.numpy(), maps, flat, flat, 0.0, "cpu")
