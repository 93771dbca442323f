"""Facts about networks against torchvision's published numbers, PyTorch's own counter, and gradients."""

from __future__ import annotations

import math
import threading
import warnings
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.errors import ParameterError
from cnnviz.networks import zoo
from cnnviz.networks.facts import FAMILIES, INPUT
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.zoo import parts

if TYPE_CHECKING:
    from cnnviz.networks.facts import Layer, Summary

torch.set_num_threads(1)

REFERENCES = {
    "alexnet": "AlexNet_Weights",
    "vgg16": "VGG16_Weights",
    "googlenet": "GoogLeNet_Weights",
    "inception_v3": "Inception_V3_Weights",
    "resnet18": "ResNet18_Weights",
    "resnet152": "ResNet152_Weights",
    "resnext50_32x4d": "ResNeXt50_32X4D_Weights",
    "densenet201": "DenseNet201_Weights",
    "mobilenet_v2": "MobileNet_V2_Weights",
    "efficientnet_b0": "EfficientNet_B0_Weights",
    "squeezenet1_1": "SqueezeNet1_1_Weights",
    "shufflenet_v2_x1_0": "ShuffleNet_V2_X1_0_Weights",
    "convnext_tiny": "ConvNeXt_Tiny_Weights",
    "swin_t": "Swin_T_Weights",  # folds its windows into the batch
}
AUXILIARY = {"googlenet": 6_379_984}  # parameters of the extra heads, which torchvision leaves out


def reference(name: str) -> nn.Module:
    """A network of torchvision without numbers."""
    models = torchvision().models
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("meta"):
        network: nn.Module = getattr(models, name)(**options)
    return network


def named(found: Summary, name: str) -> Layer:
    """The layer called `name`."""
    return next(layer for layer in found.layers if layer.name == name)


@pytest.mark.parametrize("name", REFERENCES)
def test_totals_are_those_that_torchvision_publishes(name: str) -> None:
    """Parameters to the last one, operations within 1 % of `_ops`, which has three decimals."""
    meta = getattr(torchvision().models, REFERENCES[name]).IMAGENET1K_V1.meta
    size = 299 if name == "inception_v3" else 224
    found = summarize(reference(name), (1, 3, size, size))
    assert (found.failure, found.untraced) == (None, "")
    assert found.parameters - AUXILIARY.get(name, 0) == meta["num_params"]
    assert found.macs / 1e9 == pytest.approx(meta["_ops"], rel=0.01)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "mobilenet_v2"])
def test_operations_agree_with_the_counter_of_torch(name: str) -> None:
    """Half of the floating-point operations that torch counts, exactly, at an odd size that is not square."""
    network = reference(name).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(1, 3, 97, 131, device="meta"))
    assert summarize(network, (1, 3, 97, 131)).macs == counter.get_total_flops() / 2


@pytest.mark.parametrize("name", ["densenet201", "efficientnet_b0"])
def test_the_products_in_words_give_the_numbers(name: str) -> None:
    """Parameters and operations are what their arithmetic says, layer by layer, and add up to the totals."""
    found = summarize(reference(name), (1, 3, 64, 64))
    for layer in found.layers:
        for number, words in ((layer.parameters, layer.parameters_words), (layer.macs, layer.macs_words)):
            products = [math.prod(map(int, product.split("·"))) for product in words.split(" + ") if product]
            assert number == sum(products), layer.name
        assert layer.family in FAMILIES
    assert sum(layer.parameters for layer in found.layers) == found.parameters
    assert sum(layer.macs for layer in found.layers) == found.macs


def test_shapes_are_those_of_a_real_run() -> None:
    """Every leaf's output has the shape that hooks on the network itself see."""
    torch.manual_seed(0)
    network = torchvision().models.resnet18(num_classes=7).eval()
    seen: list[tuple[int, ...]] = []
    for module in network.modules():
        if not list(module.children()):
            module.register_forward_hook(lambda _, __, output: seen.append(tuple(output.shape)))
    with torch.no_grad():
        network(torch.zeros(2, 3, 70, 50))
    found = summarize(network, (2, 3, 70, 50))
    modules = [layer for layer in found.layers if layer.kind not in ("add", "flatten")]
    assert [layer.output_shape for layer in modules] == seen
    assert all(layer.memory == 4 * math.prod(layer.output_shape[1:]) for layer in found.layers)


class Branches(nn.Module):
    """Two paths of unlike windows, added; then one by a function, dilated, and a gate that sees everything."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv2d(1, 1, 1, stride=2)
        self.far = nn.Conv2d(1, 1, (5, 3), stride=2, padding=(2, 1))
        self.wide = nn.Conv2d(1, 1, 3, padding=4, dilation=4)
        self.squeeze = nn.AdaptiveAvgPool2d(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add, widen, gate, join."""
        x = functional.max_pool2d(self.near(x) + self.far(x), 3, stride=2)
        gated = self.wide(x) * torch.sigmoid(self.squeeze(x))
        return torch.cat([gated, x], dim=1)


def support(network: nn.Module, size: tuple[int, int], unit: tuple[int, int]) -> tuple[int, int, int, int]:
    """First and last row, first and last column of the pixels with a gradient from a unit in the middle."""
    x = torch.ones(1, 1, *size, dtype=torch.float64, requires_grad=True)
    output = network(x)[:, :, unit[0], unit[1]].sum()
    (gradient,) = torch.autograd.grad(output, x)
    rows, columns = (gradient[0, 0].ne(0).any(dim=axis).nonzero()[:, 0] for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


class Averaging(Branches):
    """The same with positive weights, averages for maxima, and without the gate: every pixel seen has a gradient."""

    def __init__(self) -> None:
        super().__init__()
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add, widen, join."""
        x = functional.avg_pool2d(self.near(x) + self.far(x), 3, stride=2)
        return torch.cat([self.wide(x), x], dim=1)


def test_receptive_fields_through_branches_and_dilation_agree_with_gradients() -> None:
    """Size, start and jump of a network with an addition, a dilation, a functional pooling and a concatenation."""
    found = summarize(Branches(), (1, 1, 95, 90)).layers[-1].field
    network = Averaging().double()
    first, second = support(network, (95, 90), (11, 10)), support(network, (95, 90), (12, 11))
    assert found is not None
    assert found.rows.span(11) == first[:2]
    assert found.columns.span(10) == first[2:]
    assert (second[0] - first[0], second[2] - first[2]) == (found.rows.jump, found.columns.jump)


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [("alexnet", "features.12", 195), ("vgg16", "features.30", 212), ("resnet50", "layer4.2.relu#3", 427)],
)
def test_receptive_fields_of_known_networks(name: str, layer: str, size: int) -> None:
    """Araujo et al. 2019, table 1: AlexNet v2 195, VGG-16 212; torchvision's ResNet-50 by gradients (427)."""
    found = named(summarize(reference(name), (1, 3, 224, 224)), layer).field
    assert found is not None
    assert (found.rows.size, found.columns.size) == (size, size)


def test_what_sees_the_whole_picture_says_so() -> None:
    """After the global average no unit has a field of its own; before it each has."""
    found = summarize(reference("resnet18"), (1, 3, 224, 224))
    assert [layer.name for layer in found.layers if layer.whole] == ["avgpool", "flatten", "fc"]
    assert all(layer.field is not None for layer in found.layers if not layer.whole)


def test_the_output_of_lenet_is_counted() -> None:
    """84 differences are squared and added for each of ten classes; LeCun et al. 1998 count them as connections."""
    output = summarize(zoo.blueprint("lenet5_1998"), (1, 1, 32, 32)).layers[-1]
    assert (output.macs, output.macs_words, output.whole) == (840, "84·10", True)


def test_sources_follow_functions_and_in_place_operations() -> None:
    """The addition of a residual block reads the normalisation before it and the block's input."""
    found = summarize(reference("resnet18"), (1, 3, 32, 32))
    addition = named(found, "layer1.0.add")
    assert {found.layers[index].name for index in addition.sources} == {"layer1.0.bn2", "maxpool"}
    assert found.layers[0].sources == (INPUT,)
    assert [found.layers[index].name for index in found.outputs] == ["fc"]


def test_a_module_used_twice_is_listed_twice_and_counted_once() -> None:
    """Shared weights belong to their first use."""
    layer = nn.Linear(6, 6)
    found = summarize(nn.Sequential(layer, nn.Tanh(), layer), (1, 6))
    assert [each.parameters for each in found.layers] == [42, 0, 0]
    assert found.parameters == 42
    assert found.macs == 72


def test_a_layer_that_does_not_fit_is_named_with_both_shapes() -> None:
    """What ran before it stays."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(100, 2))
    found = summarize(network, (1, 3, 8, 8))
    assert [layer.kind for layer in found.layers] == ["Conv2d", "ReLU", "Flatten"]
    assert found.failure is not None
    assert (found.failure.layer, found.failure.given, found.failure.expected) == ("3", (288,), "100")
    assert str(found.failure) == "Layer 3 cannot be used on an input of 288; it needs 100."


@pytest.mark.parametrize(
    ("network", "shape", "expected"),
    [
        (nn.Sequential(nn.Conv2d(4, 8, 3)), (1, 3, 8, 8), "4 × ≥3 × ≥3"),
        (nn.Sequential(nn.Conv2d(3, 8, (5, 1), padding=(1, 0))), (1, 3, 2, 8), "3 × ≥3 × …"),
        (nn.Sequential(nn.BatchNorm2d(4)), (1, 3, 8, 8), "4 × … × …"),
        (nn.Sequential(nn.MaxPool2d(3)), (1, 3, 2, 8), "… × ≥3 × ≥3"),
        (nn.Sequential(nn.MaxPool2d(3, dilation=3)), (1, 3, 5, 8), "… × ≥7 × ≥7"),
        (nn.Sequential(nn.Conv2d(4, 8, 3, padding="same")), (1, 3, 2, 2), "4 × … × …"),
        (nn.Sequential(nn.BatchNorm1d(5)), (2, 8), "5 × …"),
        (nn.Sequential(nn.GroupNorm(2, 4)), (1, 6, 5, 5), "4 × …"),
        (nn.Sequential(nn.ConvTranspose2d(3, 2, 3)), (1, 5, 8, 8), "3 × … × …"),
    ],
)
def test_every_kind_of_layer_says_what_it_needs(network: nn.Module, shape: tuple[int, ...], expected: str) -> None:
    """PyTorch refuses the same input, and the sentence says what would do."""
    failure = summarize(network, shape).failure
    assert failure is not None
    assert (failure.layer, failure.given, failure.expected) == ("0", shape[1:], expected)
    with pytest.raises((RuntimeError, ValueError)):
        network(torch.zeros(shape))


def test_an_addition_of_unlike_maps_is_a_failure() -> None:
    """The function that joins them is named, with both shapes."""

    class Unlike(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.conv(x)

    failure = summarize(Unlike(), (1, 3, 8, 8)).failure
    assert failure is not None
    assert (failure.layer, failure.given, failure.expected) == ("add", (3, 6, 6), "3 × 8 × 8")


@pytest.mark.parametrize(("merging", "expected"), [(parts.Add(), "3 × 8 × 8"), (parts.Concatenate(), "… × 8 × 8")])
def test_merging_modules_say_what_they_need(merging: nn.Module, expected: str) -> None:
    """The odd input is given, with the shape of the first one."""

    class Unlike(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)
            self.merging = merging

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y: torch.Tensor = self.merging(x, self.conv(x))
            return y

    failure = summarize(Unlike(), (1, 3, 8, 8)).failure
    assert failure is not None
    assert (failure.layer, failure.given, failure.expected) == ("merging", (3, 6, 6), expected)


def test_weights_that_are_computed_are_counted_where_they_are_used() -> None:
    """A convolution with weight normalisation has the operations of a plain one."""
    plain, normed = nn.Conv2d(3, 4, 3), nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    counts = [summarize(nn.Sequential(each), (1, 3, 8, 8)).macs for each in (plain, normed)]
    assert counts == [3888, 3888]


def test_lazy_layers_are_refused() -> None:
    """Their weights have no shape yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = nn.Sequential(nn.LazyConv2d(4, 3))
    with pytest.raises(ParameterError, match="model"):
        summarize(network, (1, 3, 8, 8))


def test_a_run_that_asks_for_values_is_not_followed() -> None:
    """The modules are listed all the same, with their parameters."""

    class Asking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(x) if x.sum() > 0 else x

    found = summarize(Asking(), (1, 4))
    assert found.untraced
    assert (found.macs, found.memory) == (0, 0)
    assert [(layer.name, layer.parameters, layer.output_shape) for layer in found.layers] == [("fc", 10, ())]


def test_modules_that_do_not_run_are_listed() -> None:
    """GoogLeNet's auxiliary heads work in training only."""
    assert summarize(reference("googlenet"), (1, 3, 64, 64)).unused == ("aux1", "aux2")


def test_the_network_stays_as_it_was() -> None:
    """Mode, hooks and weights; also when the run fails."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    summarize(network, (1, 3, 8, 8))
    summarize(network, (1, 5, 8, 8))
    assert all(module.training and not module._forward_hooks for module in network.modules())
    assert all(value.device.type == "cpu" for value in network.state_dict().values())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_visitors_do_not_see_each_other() -> None:
    """One network, four threads, four sizes: each gets what it would get alone."""
    network = reference("resnet18")
    sizes = (32, 64, 96, 128)
    alone = {size: summarize(network, (1, 3, size, size)) for size in sizes}
    found: dict[int, Summary] = {}
    threads = [
        threading.Thread(target=lambda size=size: found.update({size: summarize(network, (1, 3, size, size))}))
        for size in sizes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


@pytest.mark.parametrize("shape", [(3,), (1, 0, 8, 8)])
def test_an_input_without_batch_or_pixels_is_refused(shape: tuple[int, ...]) -> None:
    """Nothing can be said about it."""
    with pytest.raises(ParameterError, match="input_shape"):
        summarize(nn.Flatten(), shape)
