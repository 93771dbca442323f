"""Grad-CAM against autograd with a hook of one's own, and against captum."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from cnnviz.networks import shipped
from cnnviz.networks.attribution import attribute
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

torch.set_num_threads(1)

ADDITION = "conv3_x.1.add"


@cache
def resnet20() -> nn.Module:
    """The shipped one, shared and frozen."""
    return shipped.load("resnet20-cifar10").network


@cache
def resnet18() -> nn.Module:
    """torchvision's, whose ReLUs work in place, with random weights."""
    torch.manual_seed(0)
    network: nn.Module = torchvision().models.resnet18(weights=None, num_classes=10)
    return network.eval().requires_grad_(False)


@cache
def picture() -> Tensor:
    """Random, normalised."""
    return torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("step", ["conv1.conv", "conv2_x.1.norm1", ADDITION, "conv4_x.2.activation2"])
@pytest.mark.parametrize("target", [0, 9])
def test_against_autograd(step: str, target: int) -> None:
    """At every kind of step: the maps and their gradient are taken with a hook on the step, or its successor."""
    network = resnet20()
    successor = {ADDITION: "conv3_x.1.activation2"}.get(step)
    module = network.get_submodule(successor or step)
    caught: list[Tensor] = []

    def keep(_: nn.Module, given: tuple[Tensor, ...], made: Tensor | None = None) -> Tensor:
        caught.append((given[0] if made is None else made).clone())
        return caught[0].clone()

    hook = module.register_forward_pre_hook(keep) if successor else module.register_forward_hook(keep)
    leaf = picture().clone()[None].requires_grad_()
    try:
        score = network(leaf)[0, target]
    finally:
        hook.remove()
    weights = torch.autograd.grad(score, caught[0])[0][0].mean(dim=(1, 2), keepdim=True)
    expected = (weights * caught[0][0]).sum(0).relu().detach()
    found = attribute(network, picture(), "grad_cam", target, step)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.step == step


@pytest.mark.parametrize(
    ("network", "step"),
    [
        (resnet20, "conv2_x.0.conv2"),
        (resnet20, "conv4_x.2.norm2"),
        (resnet18, "layer2.0.conv1"),
        (resnet18, "layer3.1.bn1"),
    ],
)
def test_equals_captum(network: Callable[[], nn.Module], step: str) -> None:
    """The library's, on modules, also before a ReLU that works in place."""
    found = attribute(network(), picture(), "grad_cam", 1, step)
    leaf = picture().clone()[None].requires_grad_()
    method = LayerGradCam(network(), network().get_submodule(step))
    expected = method.attribute(leaf, target=1, relu_attributions=True)[0, 0].detach()
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.values.max() > 1e-3
