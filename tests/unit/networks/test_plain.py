"""Networks written as plain arrays: computed from them alone, they answer as PyTorch does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.errors import ParameterError
from cnnviz.networks import plain, shipped, zoo
from cnnviz.networks.plain import Step

torch.set_num_threads(1)

ACTIVATIONS = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "elu": functional.elu,
    "silu": functional.silu,
}


def computed(steps: tuple[Step, ...], x: Tensor) -> Tensor:
    """What the arrays say, by PyTorch's functions."""
    for step in steps:
        x = one(step, x)
    return x


def one(step: Step, x: Tensor) -> Tensor:
    """One layer, its numbers as keywords."""
    numbers = {name: tuple(each) if isinstance(each, list) else each for name, each in step.numbers.items()}
    arrays = [torch.from_numpy(each) for each in (step.weight, step.bias) if each is not None]
    functions = {
        "convolution": lambda: functional.conv2d(x, *arrays, **numbers),
        "linear": lambda: functional.linear(x, *arrays),
        "max_pool": lambda: functional.max_pool2d(x, **numbers),
        "average_pool": lambda: functional.avg_pool2d(x, **numbers),
        "adaptive_average_pool": lambda: functional.adaptive_avg_pool2d(x, **numbers),
        "flatten": lambda: x.flatten(1),
        **{name: lambda f=function: f(x, **numbers) for name, function in ACTIVATIONS.items()},
    }
    return functions[step.kind]()


def awake(network: nn.Module) -> nn.Module:
    """Give batch normalisation something to do: statistics and weights that are not 0 and 1."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            for tensor in (module.running_mean, module.running_var, module.weight, module.bias):
                tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return network.eval()


def test_the_shipped_network_is_its_layers_in_order() -> None:
    """LeNet-5: 61,706 numbers, the layers of the paper, and PyTorch's scores for noise."""
    trained = shipped.load("lenet5-mnist")
    steps = plain.steps(trained.network)
    assert sum(each.weight.size + each.bias.size for each in steps if each.weight is not None) == 61_706
    assert [each.name for each in steps if each.weight is not None] == [
        "c1.conv",
        "c3.conv",
        "c5.conv",
        "f6.linear",
        "output",
    ]
    x = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(computed(steps, x), trained.network(x), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lenet5", {"padding": 2, "norm": "batch", "activation": "tanh", "dropout": 0.5}),
        ("simple_cnn", {"norm": "batch", "activation": "silu"}),
        ("simple_cnn", {"activation": "leaky_relu"}),
    ],
)
def test_batch_normalisation_is_folded_and_dropout_left_out(name: str, options: dict[str, zoo.Value]) -> None:
    """The scores stay; no layer is left that a reader would not know."""
    torch.manual_seed(0)
    network = awake(zoo.build(name, in_channels=1, num_classes=10, **options))
    steps = plain.steps(network)
    assert {each.kind for each in steps} <= set(plain.KINDS)
    x = torch.randn(2, 1, 28, 28)
    torch.testing.assert_close(computed(steps, x), network(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "network",
    [
        zoo.blueprint("resnet20"),
        zoo.blueprint("lenet5_1998"),
        zoo.blueprint("lenet5", activation="gelu"),
        nn.Sequential(nn.Linear(2000, 2000)),
        nn.Sequential(nn.MaxPool2d(2), nn.BatchNorm2d(3)),
    ],
    ids=lambda network: type(network).__name__,
)
def test_what_cannot_be_written_is_refused(network: nn.Module) -> None:
    """Shortcuts, unknown layers, too many numbers, and a normalisation with nothing to fold it into."""
    with pytest.raises(ParameterError):
        plain.steps(network.to_empty(device="cpu").eval())


def test_a_blueprint_tells_whether_its_network_can_be_written() -> None:
    """Without weights, so that a page can list what it offers."""
    assert plain.is_plain(zoo.blueprint("lenet5"))
    assert not plain.is_plain(zoo.blueprint("resnet20"))
    assert not plain.is_plain(zoo.blueprint("vgg16"))
