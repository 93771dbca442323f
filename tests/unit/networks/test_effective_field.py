"""What one activation depends on: against autograd with a hook of one's own, and within what arithmetic allows."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnviz.convolution.receptive_field import Region
from cnnviz.errors import ParameterError
from cnnviz.networks import shipped
from cnnviz.networks.effective_field import effective_field
from cnnviz.networks.facts import Layer
from cnnviz.networks.summary import summarize

torch.set_num_threads(1)


@cache
def resnet20() -> nn.Module:
    """The shipped one, shared and frozen."""
    return shipped.load("resnet20-cifar10").network


@cache
def layers() -> dict[str, Layer]:
    """Its steps by name."""
    return {layer.name: layer for layer in summarize(resnet20(), (1, 3, 32, 32)).layers}


def picture() -> Tensor:
    """Random, normalised."""
    return torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["conv1.conv", "conv2_x.0.add", "conv2_x.2.norm2", "conv3_x.0.add", "conv4_x.0.norm1"])
@pytest.mark.parametrize("corner", [False, True])
def test_the_gradient_lies_within_the_theoretical_box(name: str, *, corner: bool) -> None:
    """In the middle and in a corner; the box of the first layers is not the whole picture."""
    layer = layers()[name]
    side = layer.output_shape[2]
    found = effective_field(resnet20(), picture(), layer, 1, (0, side - 1) if corner else (side // 2, side // 2))
    assert found.visible is not None
    assert found.support is not None
    top, bottom, left, right = found.visible
    inner = found.values[top : bottom + 1, left : right + 1]
    assert np.count_nonzero(found.values) == np.count_nonzero(inner) > 0
    assert found.values.shape == (32, 32)
    assert found.support.top >= top
    assert found.support.right <= right
    assert 0 < found.pixels <= np.count_nonzero(inner)
    assert (found.theoretical != found.visible) == (corner or name == "conv4_x.0.norm1")


def test_the_values_are_the_gradient() -> None:
    """Of a step that is a module, taken by a hook of one's own; its box by hand: 1 + 2·7 pixels for 7 layers."""
    caught: list[Tensor] = []
    hook = resnet20().get_submodule("conv2_x.2.norm2").register_forward_hook(lambda _, __, made: caught.append(made))
    leaf = picture()[None].requires_grad_()
    try:
        resnet20()(leaf)
    finally:
        hook.remove()
    expected = torch.autograd.grad(caught[0][0, 5, 16, 10], leaf)[0][0].abs().sum(0)
    found = effective_field(resnet20(), picture(), layers()["conv2_x.2.norm2"], 5, (16, 10))
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-7)
    assert found.activation == pytest.approx(caught[0][0, 5, 16, 10].item(), rel=1e-5)
    assert found.theoretical == Region(9, 23, 3, 17)


def test_a_score_sees_the_whole_picture() -> None:
    """The last step has units without a place."""
    name, layer = list(layers().items())[-1]
    found = effective_field(resnet20(), picture(), layer, 9)
    assert (found.step, found.unit, found.theoretical) == (name, None, Region(0, 31, 0, 31))
    assert found.support == found.theoretical


def test_a_shut_relu_depends_on_nothing() -> None:
    """No derivative, no rectangle, and the value 0 says why."""
    shut = nn.Sequential(nn.Conv2d(3, 1, 3), nn.ReLU()).requires_grad_(False)
    nn.init.constant_(shut[0].bias, -100)
    layer = summarize(shut, (1, 3, 32, 32)).layers[-1]
    found = effective_field(shut, picture(), layer, 0, (0, 0))
    assert (found.activation, found.support, found.pixels) == (0, None, 0)
    assert found.visible == Region(0, 2, 0, 2)


@pytest.mark.parametrize(("channel", "unit"), [(16, (0, 0)), (-1, (0, 0)), (0, (32, 0)), (0, (0, -1)), (0, None)])
def test_units_that_are_not_there(channel: int, unit: tuple[int, int] | None) -> None:
    """Named, with their range; negative ones do not count from the end."""
    with pytest.raises(ParameterError, match=r"unit|channel"):
        effective_field(resnet20(), picture(), layers()["conv1.conv"], channel, unit)
