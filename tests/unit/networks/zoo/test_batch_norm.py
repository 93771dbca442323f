"""Batch normalisation as written to be read, against PyTorch's; and the unit of layers around it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks import zoo
from cnnviz.networks.zoo.batch_norm import BatchNormalization, ConvNormActivation, make_unit, normalisation
from tests.unit.networks.zoo.later_cases import pictures

torch.set_num_threads(1)

SHAPES = [(4, 3, 5, 7), (1, 2, 3, 1), (2, 6, 1, 1), (3, 1, 2, 9)]


def pair(channels: int, **options: float | bool | None) -> tuple[BatchNormalization, nn.BatchNorm2d]:
    """Ours and PyTorch's with the same scale and shift, which are not those of a new network."""
    ours, theirs = BatchNormalization(channels, **options), nn.BatchNorm2d(channels, **options)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.linspace(-1.5, 2, channels))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
@pytest.mark.parametrize("affine", [True, False])
def test_training_and_prediction_equal_pytorchs(shape: tuple[int, ...], momentum: float | None, affine: bool) -> None:
    """Three batches: each output, the statistics after each, and then a prediction."""
    ours, theirs = pair(shape[1], momentum=momentum, affine=affine)
    for number in range(3):
        x = 2 * pictures(*shape) + number
        torch.testing.assert_close(ours(x), theirs(x))
        for name, value in theirs.state_dict().items():
            torch.testing.assert_close(ours.state_dict()[name], value)
    x = pictures(5, *shape[1:])
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))
    assert int(ours.num_batches_tracked) == 3


def test_gradients_equal_pytorchs_in_double_precision() -> None:
    """With respect to the input and both parameters, over several steps of training; to 1e-12."""
    ours, theirs = (each.double() for each in pair(3, eps=1e-3))
    first, second = (torch.optim.SGD(each.parameters(), lr=0.1, momentum=0.9) for each in (ours, theirs))
    for number in range(4):
        x = (pictures(4, 3, 6, 5).double() * (1 + number)).requires_grad_()
        twin = x.detach().clone().requires_grad_()
        for optimiser, module, given in ((first, ours, x), (second, theirs, twin)):
            optimiser.zero_grad()
            (module(given) ** 3).mean().backward()
            optimiser.step()
        torch.testing.assert_close(x.grad, twin.grad, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(ours.bias, theirs.bias, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(ours.running_var, theirs.running_var, rtol=1e-12, atol=1e-12)


def test_a_batch_comes_out_with_mean_0_and_variance_1() -> None:
    """Channel by channel; a constant channel becomes zero instead of a division by zero."""
    x = torch.cat([5 * pictures(8, 2, 4, 4) - 3, torch.full((8, 1, 4, 4), 7.0)], dim=1)
    y = BatchNormalization(3)(x)
    assert y.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    torch.testing.assert_close(y.var(dim=(0, 2, 3), correction=0)[:2], torch.ones(2), rtol=1e-4, atol=0)
    assert not y[:, 2].any()


def test_the_state_can_be_exchanged_with_pytorchs() -> None:
    """The names are the same."""
    for affine in (True, False):
        theirs = nn.BatchNorm2d(2, affine=affine).state_dict()
        assert BatchNormalization(2, affine=affine).state_dict().keys() == theirs.keys()


def test_prediction_leaves_the_statistics_and_training_leaves_the_input() -> None:
    """Neither changes what it only reads."""
    norm, x = BatchNormalization(2), pictures(3, 2, 4, 4)
    before, untouched = copy.deepcopy(norm.state_dict()), x.clone()
    norm.eval()(x)
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
    norm.train()(x)
    assert torch.equal(x, untouched)
    assert not torch.equal(norm.running_mean, before["running_mean"])


def test_one_value_has_no_variance() -> None:
    """PyTorch refuses it, too; in prediction it is no problem."""
    norm, x = BatchNormalization(3), pictures(1, 3, 1, 1)
    with pytest.raises(ParameterError, match="one value has no variance"):
        norm(x)
    assert norm.eval()(x).shape == x.shape


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (2, 2, 4), (2,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    """With what is needed."""
    with pytest.raises(ShapeError, match="2 × … × …"):
        BatchNormalization(2)(torch.zeros(shape))


def test_no_bias_where_a_normalisation_follows() -> None:
    """Section 3.2: β does its work."""
    assert [name for name, _ in ConvNormActivation(2, 3).named_children()] == ["conv", "norm", "activation"]
    assert ConvNormActivation(2, 3).conv.bias is None
    plain = ConvNormActivation(2, 3, norm=None, activation=None)
    assert [name for name, _ in plain.named_children()] == ["conv"]
    assert plain.conv.bias is not None


@pytest.mark.parametrize("kernel_size", [1, 3, 7, (1, 7), (5, 3)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_unit_keeps_the_size(kernel_size: int | tuple[int, int], stride: int) -> None:
    """At stride 1; at stride 2 it halves it and rounds up."""
    y = ConvNormActivation(2, 4, kernel_size, stride=stride).eval()(pictures(1, 2, 9, 12))
    assert y.shape == (1, 4, -(-9 // stride), -(-12 // stride))


def test_units_are_made_by_name() -> None:
    """Normalisation with its constants, or none; names that nobody knows are refused before anything is built."""
    unit = make_unit("batch", "gelu", eps=0.5, momentum=0.25)(3, 64, 3)
    assert (unit.norm.eps, unit.norm.momentum) == (0.5, 0.25)
    assert isinstance(unit.activation, nn.GELU)
    assert isinstance(make_unit("group", "relu")(3, 64).norm, nn.GroupNorm)
    assert normalisation("none") is None
    with pytest.raises(ParameterError, match="norm"):
        make_unit("layer", "relu")
    with pytest.raises(ParameterError, match="activation"):
        make_unit("batch", "step")


@pytest.mark.parametrize("key", ["resnet18", "resnet50", "resnet20", "plain20", "densenet121", "se_resnet50", "vgg11"])
def test_no_normalisation_is_no_layer(key: str) -> None:
    """Nothing takes its place: what does nothing would be counted, and would take memory."""
    kinds = {name: {type(each) for each in zoo.blueprint(key, norm=name).modules()} for name in ("none", "group")}
    assert kinds["group"] - kinds["none"] == {nn.GroupNorm}
    assert kinds["none"] < kinds["group"]
