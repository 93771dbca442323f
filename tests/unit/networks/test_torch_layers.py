"""The call of PyTorch that a layer stands for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import ParameterError
from cnnviz.networks.torch_layers import apply
from tests.unit.convolution.reference_cases import Case, cases

torch.set_num_threads(1)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=cases())
def test_as_the_module(case: Case) -> None:
    """The module of torch.nn with the padding worked out by hand gives the same, one by one and in a batch."""
    values = apply(*case.arguments)
    assert values.dtype == torch.float64
    assert tuple(values.shape) == case.expected.shape
    np.testing.assert_allclose(values.numpy(), case.expected, rtol=1e-11, atol=1e-12)
    x, weights, bias = (None if each is None else torch.from_numpy(each) for each in case.arguments[1:])
    assert x is not None
    batch = apply(case.layer, torch.stack([x, 2 * x]), weights, bias)
    np.testing.assert_allclose(batch[0].numpy(), case.expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(batch[1].numpy(), apply(case.layer, 2 * x, weights, bias), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    "layer", [Convolution(3, padding=((0, 1), (1, 1))), TransposedConvolution(3), MaxPooling(2), AveragePooling(2)]
)
def test_tensors_keep_their_type_and_gradient(layer: Layer) -> None:
    """A float32 tensor stays one, and gradients flow through."""
    x = torch.ones((1, 4, 4), requires_grad=True)
    weights = torch.ones(layer.weight_shape) if layer.weight_shape else None
    y = apply(layer, x, weights)
    assert y.dtype == torch.float32
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_uneven_average_keeps_the_type() -> None:
    """Dividing apart does not widen float32."""
    y = apply(AveragePooling(2, padding=((0, 1), (0, 0))), torch.ones((1, 3, 4)))
    assert y.dtype == torch.float32
    assert y.tolist() == [[[1.0, 1.0], [0.5, 0.5]]]


def test_read_only_arrays_are_copied() -> None:
    """An array that may not be written is taken without a warning, and stays as it is."""
    cells = np.ones((1, 3, 3))
    cells.flags.writeable = False
    assert apply(MaxPooling(3), cells).tolist() == [[[1.0]]]


@pytest.mark.parametrize(
    ("name", "layer", "shapes"),
    [
        ("cells", Convolution(2), ((4, 4), (1, 1, 2, 2), None)),
        ("cells", Convolution(2), ((2, 4, 4), (1, 1, 2, 2), None)),
        ("weights", Convolution(2), ((1, 4, 4), None, None)),
        ("weights", Convolution(2), ((1, 4, 4), (1, 1, 3, 3), None)),
        ("bias", TransposedConvolution(2), ((1, 4, 4), (1, 1, 2, 2), (2,))),
        ("weights", MaxPooling(2), ((1, 4, 4), (1, 1, 2, 2), None)),
        ("bias", AveragePooling(2), ((1, 4, 4), None, (1,))),
        ("kernel_size", Convolution(5), ((1, 4, 4), (1, 1, 5, 5), None)),
    ],
)
def test_wrong_shapes_are_named(name: str, layer: Layer, shapes: tuple[tuple[int, ...] | None, ...]) -> None:
    """Shapes that do not belong together are refused by name, before torch sees them."""
    with pytest.raises(ParameterError) as error:
        apply(layer, *(None if shape is None else np.ones(shape) for shape in shapes))
    assert error.value.name == name
