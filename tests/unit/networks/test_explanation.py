"""Numbers taken apart add up to what hooks of our own captured, in every kind of convolution and in real networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from cnnviz.errors import ParameterError
from cnnviz.networks import explained_convolution, shipped, zoo
from cnnviz.networks.explained import Carried, Convolved, Explanation, Joined, Merged, Pooled
from cnnviz.networks.explanation import explain
from cnnviz.networks.passes import Pass
from cnnviz.networks.summary import summarize
from tests.unit.networks.explained_places import sums, value_at

from .own_pass import own_pass

torch.set_num_threads(1)

KINDS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 1, "bias": False},
    {"kernel_size": (2, 4), "stride": (3, 1), "padding": (1, 2), "dilation": (1, 2)},
    {"kernel_size": (4, 3), "padding": "same", "dilation": (1, 3)},
    {"kernel_size": 3, "padding": 1, "groups": 6},
    {"kernel_size": (3, 2), "groups": 2, "stride": 2},
    {"kernel_size": 3, "padding": 2, "padding_mode": "reflect"},
    {"kernel_size": (3, 5), "padding": (1, 3), "padding_mode": "circular", "stride": (1, 2)},
    {"kernel_size": 3, "padding": 1, "padding_mode": "replicate", "dilation": 2},
]


def random(*shape: int) -> torch.Tensor:
    """Numbers that are the same in every run."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def check_every_place(explanation: Explanation) -> None:
    """The chain's numbers, in 64 bits, against the captured ones: 1e-5 of the sum of absolute products."""
    head = explanation.head
    assert isinstance(head, Convolved)
    assert head.agrees
    last = explanation.activated or explanation.normalised or head
    for row, column in np.ndindex(head.output.shape):
        found = sums(head, row, column)
        room = 1e-5 * (np.abs(found.products).sum() + abs(found.others) + abs(found.bias)) + 1e-12
        assert abs(found.total - head.output[row, column]) <= room
        scale = 1.0 if explanation.normalised is None else abs(explanation.normalised.scale)
        value = value_at(explanation, row, column)
        assert value is not None
        assert abs(value - last.output[row, column]) <= 1e-6 * (1 + abs(value)) + 2 * scale * room
        assert found.products.sum(axis=(1, 2)) == pytest.approx(found.channels)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # slower there, says torch; not wrong
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_any_convolution(kind: dict) -> None:
    """Each step of a chain knows the whole chain, and its numbers add up at every place."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(6, 12, **kind), nn.BatchNorm2d(12), nn.SiLU())
    network.requires_grad_(False)
    nn.init.uniform_(network[1].running_mean)
    nn.init.uniform_(network[1].weight, -2, 2)
    pass_ = own_pass(network, random(6, 9, 11))
    for step in ("0", "1", "2"):
        explanation = explain(network, pass_, step, 7)
        assert np.array_equal(explanation.map, pass_.maps[step][7])
        assert (explanation.head.step, explanation.normalised.step, explanation.activated.step) == ("0", "1", "2")
        assert explanation.normalised.agrees
        assert explanation.activated.agrees
    check_every_place(explanation)


def test_contributions_sum_to_the_convolution() -> None:
    """Channel by channel, against torch's convolution of one input channel alone."""
    module = nn.Conv2d(5, 2, (3, 4), stride=2, padding=(1, 2), dilation=(2, 1))
    x = random(5, 10, 8)
    parts = explained_convolution.contributions(explained_convolution.as_read(module, x.numpy(), 1))
    for channel in range(5):
        weight = module.weight[1:2, channel : channel + 1]
        alone = functional.conv2d(x[None, channel : channel + 1], weight, None, 2, (1, 2), (2, 1))
        assert parts[channel] == pytest.approx(alone[0, 0].detach().numpy(), abs=1e-5)


@pytest.fixture(scope="module")
def resnet20() -> tuple[nn.Module, Pass]:
    """The shipped network, and a pass of it."""
    network = shipped.load("resnet20-cifar10").network
    return network, own_pass(network, random(3, 32, 32))


def test_shipped_resnet20(resnet20: tuple[nn.Module, Pass]) -> None:
    """Trained weights, with normalisation and steps of two."""
    network, pass_ = resnet20
    for name in ("conv1.activation", "conv3_x.0.conv1", "conv4_x.2.norm2", "fc"):
        check_every_place(explain(network, pass_, name, 5))


def test_residual_block(resnet20: tuple[nn.Module, Pass]) -> None:
    """The ReLU behind the sum knows shortcut and residual; the block's last norm ends with itself."""
    network, pass_ = resnet20
    explanation = explain(network, pass_, "conv2_x.1.activation2", 3)
    head = explanation.head
    assert isinstance(head, Merged)
    assert (head.step, head.operation, head.agrees) == ("conv2_x.1.add", "add", True)
    assert {part.role: part.step for part in head.parts} == {
        "residual": "conv2_x.1.norm2",
        "shortcut": "conv2_x.0.activation2",
    }
    assert head.parts[0].map + head.parts[1].map == pytest.approx(pass_.maps["conv2_x.1.add"][3], abs=1e-6)
    assert np.array_equal(explanation.activated.output, np.maximum(pass_.maps["conv2_x.1.add"][3], 0))
    assert explain(network, pass_, "conv2_x.1.norm2", 3).activated is None


def test_shipped_lenet5() -> None:
    """A linear layer reads through the flattening; a convolution without normalisation goes on to its activation."""
    trained = shipped.load("lenet5-mnist")
    pass_ = own_pass(trained.network, random(*trained.card["input"]["shape"]))
    for name, source in (("c3.activation", "s2"), ("c5.conv", "s4"), ("f6.activation", "c5.activation")):
        explanation = explain(trained.network, pass_, name, 2)
        check_every_place(explanation)
        assert explanation.head.source == source
        assert explanation.normalised is None
    assert explain(trained.network, pass_, "f6.flatten", 2).head is None


def test_linear_layer_of_a_map() -> None:
    """Its weights stand where they look: one kernel as large as the map for each channel."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(3 * 4 * 5, 7))
    explanation = explain(network, own_pass(network, random(3, 8, 10)), "3", 6)
    check_every_place(explanation)
    strongest = explanation.head.channels[0]
    expected = network[3].weight[6].detach().reshape(3, 4, 5)[strongest]
    assert np.array_equal(explanation.head.weights[0], expected.numpy())


@pytest.mark.parametrize(
    ("key", "heads", "dense"),
    [
        ("mobilenet_v2", {Convolved, Merged}, "bottleneck2.0.depthwise.activation"),
        ("efficientnet_b0", {Convolved, Merged, Pooled}, "stage2.0.squeeze_excitation.fc2"),
        ("densenet121", {Convolved, Carried, Joined, Pooled}, ""),
        ("inception_v3", {Convolved, Joined, Pooled}, ""),
    ],
)
def test_networks_of_the_zoo(key: str, heads: set[type], dense: str) -> None:
    """Depthwise, gates, concatenations, oblong kernels: whatever is explained agrees with what was captured."""
    torch.manual_seed(0)
    network = zoo.build(key).eval()
    pass_ = own_pass(network, random(3, 75, 83))
    found = set()
    for layer in pass_.summary.layers[:40]:
        explanation = explain(network, pass_, layer.name, 1)
        stages = [explanation.head, explanation.normalised, explanation.activated]
        assert all(stage.agrees for stage in stages if stage is not None and not isinstance(stage, Carried))
        found.add(type(explanation.head))
    assert found - {type(None)} == heads
    if dense:
        check_every_place(explain(network, pass_, dense, 1))


class Functions(nn.Module):
    """Pooling and activation called as functions, windows of unequal counts, and a normalisation by groups."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(2, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As networks are written by hand."""
        x = functional.max_pool2d(x, 3, 2, 1, 1, True)  # by place, as some networks do
        x = functional.avg_pool2d(x, (3, 2), stride=1, padding=1, ceil_mode=True, count_include_pad=False)
        x = functional.relu(self.norm(x))
        return functional.adaptive_avg_pool2d(x, (3, 2)).mean((2, 3))


def test_functions_and_groups() -> None:
    """Their parameters are found in a trace; the maps are computed here, step by step."""
    network, x = Functions(), random(6, 12, 9)
    maps = {"max_pool2d": functional.max_pool2d(x, 3, 2, 1, 1, ceil_mode=True)}
    maps["avg_pool2d"] = functional.avg_pool2d(
        maps["max_pool2d"], (3, 2), stride=1, padding=1, ceil_mode=True, count_include_pad=False
    )
    maps["norm"] = network.norm(maps["avg_pool2d"][None])[0].detach()
    maps["relu"] = maps["norm"].relu()
    maps["adaptive_avg_pool2d"] = functional.adaptive_avg_pool2d(maps["relu"], (3, 2))
    maps["mean"] = maps["adaptive_avg_pool2d"].mean((1, 2))
    summary = summarize(network, (1, 6, 12, 9))
    pass_ = Pass(
        "own", summary, x.numpy(), {name: each.numpy() for name, each in maps.items()}, x.numpy(), x.numpy(), 0.0, "cpu"
    )
    for step in ("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "mean"):
        head = explain(network, pass_, step, 4).head
        assert isinstance(head, Pooled)
        assert head.agrees
    explanation = explain(network, pass_, "norm", 4)
    assert explanation.normalised.measured
    assert explanation.normalised.agrees
    assert explanation.activated.agrees


def test_a_changed_map_is_not_explained_away(resnet20: tuple[nn.Module, Pass]) -> None:
    """A channel that was switched off after the convolution is not what the convolution gives."""
    network, pass_ = resnet20
    maps = {**pass_.maps, "conv2_x.0.norm1": np.zeros_like(pass_.maps["conv2_x.0.norm1"])}
    explanation = explain(network, replace(pass_, maps=maps), "conv2_x.0.norm1", 2)
    assert explanation.head.agrees
    assert not explanation.normalised.agrees


def test_weak_inputs_are_summed_up(resnet20: tuple[nn.Module, Pass], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the budget the strongest inputs stay, and with the sum of the others the numbers still add up."""
    network, pass_ = resnet20
    whole = explain(network, pass_, "conv2_x.1.conv2", 2).head
    monkeypatch.setattr(explained_convolution, "MOST_VALUES", 4000)
    monkeypatch.setattr(explained_convolution, "LEAST_INPUTS", 2)
    explanation = explain(network, pass_, "conv2_x.1.conv2", 2)
    assert list(explanation.head.channels) == list(whole.channels[:3])
    assert (explanation.head.total, whole.others) == (16, None)
    assert list(whole.strengths) == sorted(whole.strengths, reverse=True)
    check_every_place(explanation)


@pytest.mark.parametrize(("step", "channel"), [("conv9", 0), ("conv1.conv", 16), ("conv1.conv", -1), ("fc", 10)])
def test_unknown_steps_and_channels(resnet20: tuple[nn.Module, Pass], step: str, channel: int) -> None:
    """An address may name anything."""
    with pytest.raises(ParameterError):
        explain(*resnet20, step, channel)


def test_steps_that_were_not_kept(resnet20: tuple[nn.Module, Pass]) -> None:
    """A pass that was asked for less says so."""
    network, pass_ = resnet20
    alone = replace(pass_, maps={"conv2_x.0.conv2": pass_.maps["conv2_x.0.conv2"]})
    with pytest.raises(ParameterError, match="kept"):
        explain(network, alone, "conv2_x.0.conv2", 0)
