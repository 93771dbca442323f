"""Attribution against autograd, captum, loops of one's own, and the laws of the papers."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop
from torch import nn
from torch.nn import functional

from cnnviz.errors import ParameterError
from cnnviz.networks import shipped, zoo
from cnnviz.networks.attribution import attribute
from cnnviz.networks.attribution_methods import METHODS, Method, methods_for
from cnnviz.networks.pixel_attribution import window
from cnnviz.networks.progress import Cancelled
from cnnviz.networks.summary import summarize

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

torch.set_num_threads(1)

STEP = "conv3_x.1.add"


@cache
def resnet20() -> nn.Module:
    """The shipped one, shared and frozen."""
    return shipped.load("resnet20-cifar10").network


@cache
def picture() -> Tensor:
    """Smooth random colours, (3, 32, 32)."""
    coarse = torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(3))
    return functional.interpolate(coarse, (32, 32), mode="bicubic")[0]


def gradient(network: nn.Module, x: Tensor, target: int) -> Tensor:
    """Of one score by the pixels, (C, H, W)."""
    leaf = x.clone()[None].requires_grad_()
    return torch.autograd.grad(network(leaf)[0, target], leaf)[0][0]


def test_saliency_is_the_gradient() -> None:
    """Its size, summed over the channels; score and confidence are the network's."""
    found = attribute(resnet20(), picture(), "saliency", 4)
    np.testing.assert_allclose(found.values, gradient(resnet20(), picture(), 4).abs().sum(0), rtol=1e-4, atol=1e-6)
    scores = resnet20()(picture()[None])[0]
    assert found.score == pytest.approx(scores[4].item(), rel=1e-5)
    assert found.confidence == pytest.approx(scores.softmax(0)[4].item(), rel=1e-5)
    assert found.milliseconds > 0
    assert not found.values.flags.writeable


def test_input_x_gradient() -> None:
    """The product, summed over the channels."""
    found = attribute(resnet20(), picture(), "input_x_gradient", 4)
    expected = (gradient(resnet20(), picture(), 4) * picture()).sum(0)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-5)


def test_integrated_gradients_are_complete() -> None:
    """Proposition 1 of Sundararajan et al.: they sum to the difference of the scores of picture and baseline."""
    x = 0.6 * picture()
    difference = resnet20()(x[None])[0, 3] - resnet20()(torch.zeros(1, 3, 32, 32))[0, 3]
    assert difference.item() > 0.5  # far more than the tolerance below
    found = attribute(resnet20(), x, "integrated_gradients", 3)
    assert found.values.sum() == pytest.approx(difference.item(), abs=0.03)
    assert found.values.shape == (32, 32)


def test_occlusion_against_a_loop() -> None:
    """Every square that covers a pixel lowers the score by something: the mean of it."""
    network, x, size = resnet20(), picture(), 32
    found = attribute(network, x, "occlusion", 2)
    side, stride = window(size)
    sums, counts = np.zeros((size, size)), np.zeros((size, size))
    with torch.no_grad():
        before = network(x[None])[0, 2].item()
        for top in range(0, size - side + stride, stride):
            for left in range(0, size - side + stride, stride):
                covered = x.clone()
                place = (slice(top, top + side), slice(left, left + side))
                covered[:, *place] = 0
                sums[place] += before - network(covered[None])[0, 2].item()
                counts[place] += 1
    np.testing.assert_allclose(found.values, sums / counts, atol=1e-4)


class Guided(torch.autograd.Function):
    """A ReLU that passes back what is positive, where its input was."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        """Keep the input."""
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:
        """Springenberg et al., figure 1."""
        (x,) = ctx.saved_tensors
        return grad.clamp(min=0) * (x > 0)


def test_guided_backprop_against_a_relu_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient through ReLUs whose backward pass is written by hand."""
    found = attribute(resnet20(), picture(), "guided_backprop", 5)
    monkeypatch.setattr(nn.ReLU, "forward", lambda _, x: Guided.apply(x))
    expected = gradient(resnet20(), picture(), 5).sum(0)
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_progress_cancel_and_an_unchanged_network(method: Method) -> None:
    """Every method tells how far it is, stops when told to, keeps its sign, and leaves network and input alone."""
    network, x, told = resnet20(), picture(), []
    before = {key: (each.clone(), each._version) for key, each in network.state_dict().items()}
    keys = set(vars(network))
    step = STEP if method.needs_layer else None
    with torch.inference_mode():  # as whoever runs many forward passes has it
        found = attribute(network, x, method.key, 1, step, report=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert (found.values.min() < 0) == found.signed == method.signed
    with pytest.raises(Cancelled):
        attribute(network, x, method.key, 1, step, cancelled=lambda: True)
    assert all(torch.equal(before[key][0], each) for key, each in network.state_dict().items())
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in network.modules())
    assert set(vars(network)) == keys
    assert not x.requires_grad


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_stops_in_the_middle(method: str) -> None:
    """Long methods ask again between passes."""
    told: list[float] = []
    with pytest.raises(Cancelled):
        attribute(resnet20(), picture(), method, 1, report=told.append, cancelled=lambda: len(told) > 2)
    assert len(told) == 3
    assert 0 < told[-1] < 1


def test_threads_do_not_disturb_each_other() -> None:
    """Guided backpropagation changes gradients: on a copy, so that plain ones beside it stay as they are."""
    barrier = threading.Barrier(4)

    def one(number: int) -> bool:
        method = "guided_backprop" if number % 2 else "saliency"
        barrier.wait()
        found = [attribute(resnet20(), picture(), method, 3).values for _ in range(4)]
        return all(np.array_equal(each, expected[method]) for each in found)

    expected = {key: attribute(resnet20(), picture(), key, 3).values for key in ("guided_backprop", "saliency")}
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(4)))


def test_only_compatible_methods_are_offered() -> None:
    """A layer with maps for Grad-CAM, ReLU modules for guided backpropagation, one vector of scores for all."""
    found = summarize(resnet20(), (1, 3, 32, 32))
    keys = {each.key for each in METHODS}
    assert {each.key for each in methods_for(found, STEP)} == keys
    for step in (None, found.layers[-1].name, "no such step"):
        assert {each.key for each in methods_for(found, step)} == keys - {"grad_cam"}
    mobile = summarize(zoo.build("mobilenet_v2", num_classes=10), (1, 3, 32, 32))
    assert "guided_backprop" not in {each.key for each in methods_for(mobile)}
    assert methods_for(summarize(nn.Conv2d(3, 4, 3), (1, 3, 32, 32))) == ()


@pytest.mark.parametrize(
    ("method", "target", "step", "name"),
    [
        ("lime", 0, None, "method"),
        ("saliency", 10, None, "target"),
        ("grad_cam", -1, STEP, "target"),
        ("grad_cam", 0, None, "step"),
        ("grad_cam", 0, "conv9", "step"),
    ],
)
def test_what_is_not_there_is_named(method: str, target: int, step: str | None, name: str) -> None:
    """Unknown methods, classes and steps end in a sentence."""
    with pytest.raises(ParameterError) as caught:
        attribute(resnet20(), picture(), method, target, step)
    assert caught.value.name == name


def test_networks_and_inputs_that_do_not_fit() -> None:
    """A step without maps, activations that guided backpropagation would not change, a batch as input."""
    last = summarize(resnet20(), (1, 3, 32, 32)).layers[-1].name
    with pytest.raises(ParameterError, match="C, H, W"):
        attribute(resnet20(), picture(), "grad_cam", 0, last)
    smooth = nn.Sequential(nn.Conv2d(3, 4, 3), nn.SiLU(), nn.Flatten(), nn.LazyLinear(2))
    smooth(picture()[None])
    with pytest.raises(ParameterError, match="ReLU"):
        attribute(smooth.requires_grad_(False), picture(), "guided_backprop", 0)
    with pytest.raises(ParameterError, match="C, H, W"):
        attribute(resnet20(), picture()[None], "saliency", 0)


def test_guided_backprop_equals_captum() -> None:
    """On the copy, the library gives what it gives on the network itself."""
    network = shipped.load("resnet20-cifar10").network
    leaf = picture().clone()[None].requires_grad_()
    with pytest.warns(UserWarning, match="backward hooks"):
        expected = GuidedBackprop(network).attribute(leaf, target=8)
    found = attribute(resnet20(), picture(), "guided_backprop", 8)
    np.testing.assert_array_equal(found.values, expected[0].sum(0))


def test_captum_comes_with_the_first_attribution(root: Path) -> None:
    """A list of methods costs neither torch nor captum, which brings matplotlib."""
    program = "import sys, cnnviz.networks.attribution as a; a.METHODS; print(*{'torch', 'captum'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
