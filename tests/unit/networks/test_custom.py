"""Networks of one's own: what is calculated without torch is what PyTorch's modules do."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks import summary
from cnnviz.networks.custom import Custom, UnfitError, read, steps
from cnnviz.networks.custom.building import build
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.networks.custom.layers import FUNCTIONS, Activation, Conv, Flatten, Linear
from cnnviz.networks.custom.network import MOST_LAYERS, MOST_MACS, MOST_MEMORY, MOST_PARAMETERS
from cnnviz.networks.custom.pooling import MaxPool
from cnnviz.networks.zoo.cifar_resnet import CifarResNet
from cnnviz.networks.zoo.parts import ACTIVATIONS
from tests.unit.networks.custom_cases import networks

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

EXAMPLE_TEXTS = [pytest.param(each.text, id=each.key) for each in EXAMPLES]


def outputs(module: nn.Sequential, custom: Custom) -> dict[str, tuple[int, ...]]:
    """Shape of what each module at the top returns for two pictures, without the batch."""
    x = torch.zeros(2, *custom.input_shape)
    shapes = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")  # only slower
        for name, part in module.named_children():
            x = part(x)
            shapes[name] = tuple(x.shape[1:])
    return shapes


@given(custom=networks())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_shapes_and_parameters_are_those_of_pytorch(custom: Custom) -> None:
    """Every layer of a random network: name, output, number of weights."""
    module = build(custom)
    done = steps(custom)
    assert {step.name: step.cost.output for step in done} == outputs(module.eval(), custom)
    assert [step.cost.parameters for step in done] == [
        sum(weights.numel() for weights in part.parameters()) for part in module
    ]


@given(custom=networks())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_costs_are_those_of_a_traced_run(custom: Custom) -> None:
    """Multiply-accumulates, memory and receptive field of random networks, by the route that runs the modules."""
    done = steps(custom)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
        found = summary.summarize(build(custom), (1, *custom.input_shape))
    assert not found.failure
    assert not found.untraced
    assert sum(step.cost.macs for step in done) == found.macs
    assert sum(step.cost.memory for step in done) == found.memory
    assert done[-1].field == found.layers[-1].field


@pytest.mark.parametrize("text", EXAMPLE_TEXTS)
def test_every_example_learns(text: str) -> None:
    """In training mode, every weight of every starting point gets a gradient; the answer has ten numbers."""
    custom = read(text)
    torch.manual_seed(0)
    module = build(custom)
    scores = module(torch.randn(2, *custom.input_shape))
    assert scores.shape == (2, 10)
    scores.square().sum().backward()
    assert all(weights.grad is not None for weights in module.parameters())


def test_the_examples_weigh_what_their_models_do() -> None:
    """LeNet-5's published layers have 61,706 weights; ResNet-20 with 1x1 shortcuts has its paper's 0.27 million."""
    lenet, resnet = (
        sum(step.cost.parameters for step in steps(each.custom)) for each in EXAMPLES if each.key in ("lenet", "resnet")
    )
    assert lenet == (25 + 1) * 6 + (150 + 1) * 16 + (400 + 1) * 120 + (120 + 1) * 84 + (84 + 1) * 10
    assert round(resnet / 1e6, 2) == 0.27


def test_resnets_example_says_how_it_differs_from_the_paper() -> None:
    """Both numbers of its lesson, from the modules: the zoo's ResNet-20 pads its shortcuts with zeros."""
    (example,) = (each for each in EXAMPLES if each.key == "resnet")
    paper, own = (
        sum(weights.numel() for weights in net.parameters()) for net in (CifarResNet(20), build(example.custom))
    )
    assert f" {paper:,}," in example.lesson
    assert f" {own - paper:,} of them" in example.lesson


def test_units_after_a_global_average_see_everything() -> None:
    """Two 3x3 convolutions see five pixels; a vector has no place in the picture; an average sees all of it."""
    done = steps(read("3x8x8:conv4p1-conv4p1-flat-fc3"))
    assert [step.field and step.field.rows.size for step in done] == [3, 5, None, None]
    assert [step.whole for step in done] == [False, False, False, True]
    assert [step.whole for step in steps(read("3x8x8:conv4-gap-se2-flat"))] == [False, True, True, True]


def test_modules_are_named_in_order_and_change_nothing_in_place() -> None:
    """Names count within a kind; no module writes over its input, so that every step can be looked at."""
    module = build(read("3x8x8:conv4-bn-relu-conv4-bn-relu-max2-flat-fc3"))
    assert [name for name, _ in module.named_children()] == [
        "conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "maxpool1", "flatten1", "fc1",
    ]  # fmt: skip
    parts = [part for each in EXAMPLES for part in build(each.custom).modules()]
    assert not any(getattr(part, "inplace", False) for part in parts)


def test_a_layer_that_does_not_fit_is_named_and_those_before_it_are_kept() -> None:
    """The second convolution is larger than what the pooling leaves of the picture."""
    custom = Custom((3, 8, 8), (Conv(4), MaxPool((3, 3)), Conv(4, (5, 5)), Flatten(), Linear(2)))
    with pytest.raises(
        UnfitError, match=r"Layer 3, conv2, does not fit its input of 4 × 2 × 2: kernel_size is 5"
    ) as at:
        steps(custom)
    assert isinstance(at.value, ShapeError)
    assert (at.value.number, at.value.layer, at.value.given) == (3, "conv2", (4, 2, 2))
    assert [step.cost.output for step in at.value.steps] == [(4, 6, 6), (4, 2, 2)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3x8x8:fc10", "a flatten layer before it"),
        ("3x8x8:flat-conv3", "a vector of 192 numbers"),
        ("3x8x8:conv6-conv4g3", "groups is 3, but must be 1, 2"),
        ("3x8x8:conv4s2psame", "stride is 2, but must be 1"),
        ("3x8x8:max2p2", "padding is 2, but must be 0 … 1"),
    ],
)
def test_what_cannot_be_is_explained(text: str, why: str) -> None:
    """The usual mistakes, each with its remedy."""
    with pytest.raises(UnfitError, match=why):
        read(text)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("3x8x8:conv4096k9p4-conv4096k9p4", MOST_PARAMETERS),
        ("64x99x99:conv4096k9p4-conv1", MOST_MACS),
        ("3x512x512:conv2048k1-gap", MOST_MEMORY),
    ],
)
def test_no_address_can_ask_for_too_much(text: str, most: int) -> None:
    """Weights, operations and memory are bounded, and the layer that goes too far is named."""
    with pytest.raises(UnfitError, match=rf"{most:,} are the most here"):
        read(text)


def test_the_list_and_the_input_are_bounded() -> None:
    """Neither no layer nor more than sixty, and no endless picture."""
    for shape, count in (((3, 8, 8), 0), ((3, 8, 8), MOST_LAYERS + 1), ((3, 8, 513), 1), ((0, 8, 8), 1)):
        with pytest.raises(ParameterError):
            Custom(shape, (Activation(),) * count)


def test_the_activations_are_those_of_the_zoo() -> None:
    """Same names, same classes."""
    assert {name: getattr(nn, function) for name, function in FUNCTIONS.items()} == ACTIVATIONS


def test_checking_needs_no_torch(root: Path) -> None:
    """What runs at every key that is typed does not wait for torch to be imported."""
    program = (
        "import math, sys; from cnnviz.networks.custom import read, steps;"
        f"print(math.prod(steps(read({EXAMPLES[0].text!r}))[-1].cost.output), 'torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["10", "False"]
    assert math.prod(steps(EXAMPLES[0].custom)[-1].cost.output) == 10
