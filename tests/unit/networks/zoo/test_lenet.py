"""LeNet-5: every number of the paper, and what its parts compute."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.networks import zoo
from cnnviz.networks.zoo.lenet import (
    TABLE_1,
    OriginalLeNet5,
    PartialConvolution,
    RadialBasis,
    ScaledTanh,
    Subsampling,
)
from cnnviz.networks.zoo.lenet_codes import CODE_LENGTH, DIGITS, codes
from tests.unit.networks.zoo.later_cases import published, weight_count

torch.set_num_threads(1)

# As the paper prints it: a row for each map of S2, a column for each map of C3.
PRINTED = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)


@pytest.mark.parametrize(
    ("layer", "parameters", "connections"),
    [
        ("c1", 156, 122_304),
        ("s2", 12, 5_880),
        ("c3", 1_516, 151_600),
        ("s4", 32, 2_000),
        ("c5", 48_120, 48_120),
        ("f6", 10_164, 10_164),
    ],
)
def test_parameters_and_connections(layer: str, parameters: int, connections: int) -> None:
    """Section II.B prints both for each layer; a connection is a multiplication, or a bias."""
    network, found = published("lenet5_1998")
    assert weight_count(network.get_submodule(layer)) == parameters
    mine = [each for each in found.layers if each.name.startswith(f"{layer}.")]
    sums = 4 if layer.startswith("s") else 1  # four pixels share a weight
    biases = sum(math.prod(each.output_shape[1:]) for each in mine if each.parameters)
    assert sums * sum(each.macs for each in mine) + biases == connections


def test_all_parameters_and_connections() -> None:
    """60,000, and 340,908 with the 84 to each of ten outputs."""
    network, _ = published("lenet5_1998")
    assert weight_count(network) == 60_000
    assert 122_304 + 5_880 + 151_600 + 2_000 + 48_120 + 10_164 + 10 * 84 == 340_908


def test_shapes() -> None:
    """Figure 2."""
    _, found = published("lenet5_1998")
    shapes = {each.name.split(".")[0]: each.output_shape[1:] for each in found.layers}
    assert shapes == {
        "c1": (6, 28, 28),
        "s2": (6, 14, 14),
        "c3": (16, 10, 10),
        "s4": (16, 5, 5),
        "c5": (120, 1, 1),
        "f6": (84,),
        "output": (10,),
    }


def test_the_table_is_the_printed_one() -> None:
    """Column by column."""
    columns = [tuple(row for row in range(6) if PRINTED[row][column] == "X") for column in range(16)]
    assert tuple(columns) == TABLE_1


@pytest.mark.parametrize("place", range(16))
def test_a_map_of_c3_reads_the_maps_of_its_column(place: int) -> None:
    """The gradient of each map reaches exactly the maps of S2 that are marked."""
    torch.manual_seed(0)
    x = torch.randn((1, 6, 14, 14), requires_grad=True)
    y = PartialConvolution()(x)
    assert y.shape == (1, 16, 10, 10)
    (gradient,) = torch.autograd.grad(y[0, place].sum(), x)
    reached = gradient[0].abs().sum((1, 2)) > 0
    assert "".join("X" if each else "." for each in reached) == "".join(row[place] for row in PRINTED)


def test_squashing() -> None:
    """Appendix A: f(±1) = ±1, effective gain around 1, and the second derivative is largest at 1."""
    squash = ScaledTanh()
    one = torch.tensor([1.0, -1.0], dtype=torch.float64)
    torch.testing.assert_close(squash(one), one, atol=1e-4, rtol=0)
    torch.testing.assert_close(squash(100 * one), 1.7159 * one)
    x = torch.linspace(0.5, 1.5, 101, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(squash(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert x[second.abs().argmax()].item() == pytest.approx(1.0, abs=0.02)


def test_subsampling() -> None:
    """Each output: the four pixels added, times the map's weight, plus its bias, squashed."""
    torch.manual_seed(0)
    layer, x = Subsampling(3), torch.randn(2, 3, 4, 6)
    weight, bias = (each.flatten() for each in layer.get_submodule("scale").parameters())
    sums = x[..., 0::2, 0::2] + x[..., 0::2, 1::2] + x[..., 1::2, 0::2] + x[..., 1::2, 1::2]
    expected = 1.7159 * torch.tanh(2 / 3 * (sums * weight[:, None, None] + bias[:, None, None]))
    torch.testing.assert_close(layer(x), expected)


def test_output_is_the_distance_to_the_codes() -> None:
    """Equation 7, turned: zero at a code, minus four times the cells that differ from the others."""
    bitmaps = torch.from_numpy(codes(10))
    answers = RadialBasis(bitmaps)(bitmaps)
    assert answers.diagonal().tolist() == [0.0] * 10
    torch.testing.assert_close(answers, -(torch.cdist(bitmaps, bitmaps) ** 2), atol=1e-3, rtol=0)
    assert answers.argmax(1).tolist() == list(range(10))


def test_codes() -> None:
    """Ten pictures of 7×12, no two alike; further classes get codes by chance, the same ones every time."""
    assert all(len(digit) == 12 and {len(row) for row in digit} == {7} for digit in DIGITS)
    many = codes(1000)
    assert many.shape == (1000, CODE_LENGTH)
    assert set(np.unique(many)) == {-1.0, 1.0}
    assert len(np.unique(many, axis=0)) == 1000
    np.testing.assert_array_equal(many[:13], codes(13))
    np.testing.assert_array_equal(codes(4), codes(10)[:4])
    assert abs(many[10:].mean()) < 0.02


def test_codes_do_not_learn() -> None:
    """They move with the network and are saved with it, and are no parameters."""
    network = OriginalLeNet5()
    assert "output.codes" in network.state_dict()
    assert "output.codes" not in dict(network.named_parameters())


def test_initial_weights_of_1998() -> None:
    """Even between ±2.4 over the number of inputs, biases too: appendix A."""
    torch.manual_seed(0)
    network = OriginalLeNet5()
    inputs = {"c1.conv": 25, "s2.scale": 4, "s4.scale": 4, "c5.conv": 400, "f6.linear": 120}
    inputs |= {"c3.conv.three.conv": 75, "c3.conv.four.conv": 100, "c3.conv.six.conv": 150}
    for name, count in inputs.items():
        drawn = torch.cat([each.flatten() for each in network.get_submodule(name).parameters()]) * count / 2.4
        assert 0.6 < drawn.abs().max() <= 1
    wide = network.get_submodule("c5.conv").get_parameter("weight") * 400 / 2.4
    assert wide.std().item() == pytest.approx(1 / math.sqrt(3), rel=0.02)


def test_all_connections() -> None:
    """C3 with all of its connections has the 2,416 parameters of the modern one."""
    counts = [weight_count(zoo.build(key).get_submodule("c3")) for key in ("lenet5", "lenet5_1998")]
    assert counts == [2_416, 1_516]
    assert weight_count(zoo.build("lenet5_1998", connections="all").get_submodule("c3")) == 2_416


def test_modern_form() -> None:
    """61,706 parameters; batch norm has two for each of 22 maps and takes as many biases away; ReLU everywhere."""
    assert weight_count(zoo.build("lenet5")) == 61_706
    assert weight_count(zoo.build("lenet5_bn")) == 61_706 + 2 * (6 + 16) - (6 + 16)
    assert sum(isinstance(each, nn.ReLU) for each in zoo.build("lenet5").modules()) == 4


@pytest.mark.parametrize("key", ["lenet5_1998", "lenet5"])
def test_padding_takes_mnist(key: str) -> None:
    """28×28 padded by 2 is answered as 32×32 with that border drawn."""
    torch.manual_seed(0)
    padded = zoo.build(key, padding=2).eval()
    plain = zoo.build(key).eval()
    plain.load_state_dict(padded.state_dict())
    x = torch.rand(1, 1, 28, 28)
    torch.testing.assert_close(padded(x), plain(nn.functional.pad(x, (2, 2, 2, 2))))


def test_initial_weights_of_the_modern_form() -> None:
    """He's: N(0, 2 / fan-in), biases zero."""
    torch.manual_seed(0)
    network = zoo.build("lenet5")
    weight = network.get_submodule("c5.conv").get_parameter("weight")
    assert weight.std().item() == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert not any(each.any() for name, each in network.named_parameters() if name.endswith("bias"))
