"""Channels that stand last in a network are channels everywhere, against hooks of our own on torchvision's modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.networks import zoo
from cnnviz.networks.ablation import ablate
from cnnviz.networks.attribution import attribute, methods_for
from cnnviz.networks.channels import statistics
from cnnviz.networks.effective_field import effective_field
from cnnviz.networks.equivariance import jump_of
from cnnviz.networks.explained import Convolved
from cnnviz.networks.explanation import explain
from cnnviz.networks.facts import Layer
from cnnviz.networks.maximise import activation
from cnnviz.networks.passes import run_pass, summary_of
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.what_if import read

torch.set_num_threads(1)

SHAPE = (3, 48, 64)
LINEAR = "features.1.0.block.3"  # of ConvNeXt: Linear, (1, 12, 16, 8) -> (1, 12, 16, 32)


@cache
def convnext() -> nn.Module:
    """Two stages of one block each."""
    convnext = torchvision().models.convnext
    torch.manual_seed(0)
    blocks = [convnext.CNBlockConfig(8, 12, 1), convnext.CNBlockConfig(12, None, 1)]
    return convnext.ConvNeXt(blocks, layer_scale=1.0, num_classes=5).eval().requires_grad_(False)


@cache
def swin(version: int) -> nn.Module:
    """Windows of 4×4 that are padded and shifted; the second stage is one window."""
    models = torchvision().models.swin_transformer
    torch.manual_seed(0)
    parts = {
        1: {},
        2: {"block": models.SwinTransformerBlockV2, "downsample_layer": models.PatchMergingV2},
    }[version]
    network = models.SwinTransformer([4, 4], 8, [2, 1], [2, 2], [5, 5], num_classes=5, **parts)
    return network.eval().requires_grad_(False)


def picture() -> Tensor:
    """Noise."""
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))


def layers(network: nn.Module) -> dict[str, Layer]:
    """Its steps by name."""
    return {layer.name: layer for layer in summary_of(network, (1, *SHAPE)).layers}


@contextmanager
def hooked(network: nn.Module, hooks: dict[str, Callable[..., Any]]) -> Iterator[None]:
    """Our own hooks, for a while."""
    handles = [network.get_submodule(name).register_forward_hook(hook) for name, hook in hooks.items()]
    try:
        yield
    finally:
        for each in handles:
            each.remove()


def outputs(network: nn.Module) -> dict[str, Tensor]:
    """What every module without children returns, by name; of those that run more than once, the last."""
    caught: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        return lambda _module, _given, output: caught.update({name: output.clone()})

    names = [name for name, module in network.named_modules() if not module._modules]
    with hooked(network, {name: keep(name) for name in names}), torch.no_grad():
        network(picture()[None])
    return caught


def is_last(name: str, network: nn.Module) -> bool:
    """By hand, from torchvision's source."""
    if isinstance(network, torchvision().models.ConvNeXt):
        return ".block." in name and name.split(".")[-1] in "12345"
    return name not in ("features.0.0", "permute", "avgpool", "flatten", "head")


@pytest.mark.parametrize(("make", "version"), [(convnext, None), (swin, 1), (swin, 2)])
def test_maps_have_channels_first(make: Callable[..., nn.Module], version: int | None) -> None:
    """Every module's map is what a hook caught, permuted where channels are last, and in order in memory."""
    network = make() if version is None else make(version)
    done = run_pass("", network, picture())
    caught = outputs(network)
    seen = 0
    for name, values in caught.items():
        if values.ndim == 4 and len(values) == 1 and f"{name}#2" not in done.maps:
            expected = values.permute(0, 3, 1, 2) if is_last(name, network) else values
            assert np.array_equal(done.maps[name], expected[0].numpy()), name
            assert done.maps[name].flags.c_contiguous
            assert layers(network)[name].map_shape == done.maps[name].shape
            seen += is_last(name, network)
    assert seen >= 10
    with torch.no_grad():
        assert np.array_equal(done.logits, network(picture()[None])[0].numpy())


@pytest.mark.parametrize("version", [1, 2])
def test_functions_between_swins_modules(version: int) -> None:
    """Padding, rolling, windows put together again, what is cut out of them, sums, and neighbours that are joined."""
    found = layers(swin(version))
    last = {name for name, layer in found.items() if layer.channel_axis == 3}
    assert {"features.1.0.attn.pad", "features.1.1.attn.roll", "features.1.1.attn.roll#2", "features.1.0.add"} <= last
    cut = [name for name, layer in found.items() if layer.kind == "getitem" and layer.output_shape == (1, 12, 16, 8)]
    assert len(cut) == 2
    assert set(cut) <= last
    whole = [found[index].output_shape for name in cut for index in _names(found, name)]
    assert whole == [(1, 15, 20, 8)] * 2
    assert {name for each in cut for name in _names(found, each)} <= last
    assert {"features.2.cat", "features.2.getitem", "features.2.reduction"} <= last
    heads = [layer for layer in found.values() if layer.kind == "softmax"]
    assert heads
    assert all(layer.channel_axis == 1 for layer in heads)


def _names(found: dict[str, Layer], name: str) -> list[str]:
    names = list(found)
    return [names[source] for source in found[name].sources]


def test_networks_of_the_zoo_have_channels_first() -> None:
    """All of those that take pictures, but for the largest, which are more of the same."""
    for name in zoo.names():
        model, shape = zoo.blueprint(name), zoo.get(name).input_shape
        if len(shape) == 3 and sum(1 for _ in model.modules()) < 250:
            found = summarize(model, (1, *shape))
            assert {layer.channel_axis for layer in found.layers} == {1}, name


class Turning(nn.Module):
    """A cube of numbers: sides of 4 do not tell which axis is which."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear, self.norm = nn.Conv2d(3, 4, 1), nn.Linear(4, 4), nn.LayerNorm(4)

    def forward(self, x: Tensor) -> Tensor:
        """Permutations, each with a name of its own."""
        x = self.conv(x).permute(0, 2, 3, 1)
        x = functional.gelu(self.linear(x)).transpose(1, 3)  # (N, C, W, H)
        x = torch.movedim(torch.swapaxes(x, 2, 3), 1, 2)  # (N, H, C, W)
        x = x.permute((0, 1, 3, 2)).flip(1) * torch.ones(4)
        return self.norm(x).permute(dims=(0, 3, 1, 2)).mean(dim=(2, 3))


def test_permutations_are_followed_by_their_axes() -> None:
    """Not by the sizes of the axes."""
    found = summarize(Turning(), (1, 3, 4, 4)).layers
    assert [(layer.kind, layer.channel_axis) for layer in found] == [
        ("Conv2d", 1), ("permute", 3), ("Linear", 3), ("gelu", 3), ("transpose", 1), ("swapaxes", 1), ("movedim", 2),
        ("permute", 3), ("flip", 3), ("mul", 3), ("LayerNorm", 3), ("permute", 1), ("mean", 1),
    ]  # fmt: skip


def test_what_speaks_against_it_counts_more_than_a_linear_layer() -> None:
    """One that mixes the columns of a convolution's maps; and a norm of whole maps says nothing."""
    mixing = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Linear(8, 8), nn.GELU(), nn.LayerNorm([4, 6, 8]), nn.Conv2d(4, 2, 1))
    assert {layer.channel_axis for layer in summarize(mixing, (1, 3, 6, 8)).layers} == {1}
    unknown = nn.Sequential(nn.Unflatten(1, (6, 8, 3)), nn.GELU(), nn.Linear(3, 5), nn.Flatten(), nn.Linear(240, 2))
    assert [layer.channel_axis for layer in summarize(unknown, (1, 144)).layers] == [3, 3, 3, 1, 1]


def test_statistics_are_of_channels() -> None:
    """Smallest, largest, mean, and where."""
    maps, output = run_pass("", convnext(), picture()).maps[LINEAR], outputs(convnext())[LINEAR][0]
    found = statistics(maps)
    assert maps.shape == (32, 12, 16)
    assert np.array_equal(found.minimum, output.amin(dim=(0, 1)).numpy())
    assert found.mean == pytest.approx(output.double().mean(dim=(0, 1)).numpy(), abs=1e-6)
    row, column = found.top[5]
    assert output[row, column, 5] == output[..., 5].max()


@pytest.mark.parametrize(("network", "step"), [(convnext(), LINEAR), (swin(1), "features.1.0.mlp.0")])
def test_a_channel_that_is_off(network: nn.Module, step: str) -> None:
    """In what-if and in the search for the channel that matters: the last axis, as a hook sets it to zero."""
    done = run_pass("", network, picture(), what_if=read(f"{step}:3,31"))
    assert not done.maps[step][[3, 31]].any()
    assert done.maps[step][[2, 4]].any(axis=(1, 2)).all()
    assert np.array_equal(done.logits, _without(network, step, [3, 31]).numpy())
    found = ablate(network, picture(), step, 2)
    assert found.probabilities.shape == (32,)
    expected = [float(_without(network, step, [channel]).softmax(0)[2]) for channel in (0, 17, 31)]
    assert found.probabilities[[0, 17, 31]] == pytest.approx(np.array(expected), abs=1e-6)


def _without(network: nn.Module, step: str, channels: list[int]) -> Tensor:
    def off(_module: nn.Module, _given: Any, output: Tensor) -> Tensor:
        output = output.clone()
        output[..., channels] = 0
        return output

    with hooked(network, {step: off}), torch.no_grad():
        scores: Tensor = network(picture()[None])[0]
    return scores


def test_what_no_picture_enters_has_one_row_for_all() -> None:
    """Swin's second version computes how places lie to each other out of its weights."""
    step = "features.1.0.attn.cpb_mlp.2"
    done = run_pass("", swin(2), picture())
    assert done.maps[step].shape == (2, 9, 9)
    found = ablate(swin(2), picture(), step, 1)
    expected = [float(_without(swin(2), step, [channel]).softmax(0)[1]) for channel in range(2)]
    assert found.probabilities == pytest.approx(np.array(expected), abs=1e-6)


def test_gradients_of_one_channel() -> None:
    """What excites it, which pixels one place of it depends on, and Grad-CAM of the step, by autograd from a hook."""
    network, x = convnext(), picture()[None].requires_grad_()
    caught: list[Tensor] = []
    with hooked(network, {LINEAR: lambda _module, _given, output: caught.append(output)}):
        score = network(x)[0, 2]
    output = caught[0]
    assert activation(network, picture()[None], LINEAR, 31).item() == pytest.approx(output[..., 31].mean().item())
    (gradient,) = torch.autograd.grad(output[0, 11, 4, 31], x, retain_graph=True)
    field = effective_field(network, picture(), layers(network)[LINEAR], 31, (11, 4))
    assert field.activation == pytest.approx(output[0, 11, 4, 31].item())
    np.testing.assert_allclose(field.values, gradient[0].abs().sum(dim=0), rtol=1e-4, atol=1e-8)
    (gradient,) = torch.autograd.grad(score, output)
    expected = (output * gradient.mean(dim=(1, 2), keepdim=True)).sum(dim=-1).relu()[0]
    assert "grad_cam" in {each.key for each in methods_for(summary_of(network, (1, *SHAPE)), LINEAR)}
    found = attribute(network, picture(), "grad_cam", 2, LINEAR)
    np.testing.assert_allclose(found.values, expected.detach(), rtol=1e-4, atol=1e-7)


def test_a_linear_layer_at_each_place_is_a_convolution() -> None:
    """With a kernel of 1×1, whose products add up; what enters the activation is taken apart, too."""
    network, done = convnext(), run_pass("", convnext(), picture())
    module = network.get_submodule(LINEAR)
    assert isinstance(module, nn.Linear)
    found = explain(network, done, "features.1.0.block.4", 7)
    head = found.head
    assert isinstance(head, Convolved)
    assert (head.source, head.total, head.weights.shape, head.agrees) == ("features.1.0.block.2", 8, (8, 1, 1), True)
    assert np.array_equal(head.weights[:, 0, 0], module.weight[7, head.channels].numpy())
    assert np.array_equal(head.inputs, done.maps["features.1.0.block.2"][head.channels])
    total = (head.inputs * head.weights).sum(axis=0) + float(module.bias[7])
    np.testing.assert_allclose(total, done.maps[LINEAR][7], rtol=1e-4, atol=1e-6)
    assert found.activated is not None
    assert found.activated.agrees


def test_pixels_from_one_place_to_the_next() -> None:
    """Along a row: columns are counted, not channels."""
    assert jump_of(layers(convnext())[LINEAR], SHAPE[2]) == 4
