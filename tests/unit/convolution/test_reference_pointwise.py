"""The 1 x 1 convolution and the ReLU against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.reference.pointwise import pointwise, relu
from cnnviz.errors import ParameterError

torch.set_num_threads(1)


@settings(max_examples=100, deadline=None)
@given(
    channels=st.tuples(st.integers(1, 6), st.integers(1, 5)),
    size=st.tuples(st.integers(1, 7), st.integers(1, 6)),
    seed=st.integers(0, 2**16),
    bias=st.booleans(),
    four=st.booleans(),
)
def test_pointwise_as_torch(
    channels: tuple[int, int], size: tuple[int, int], seed: int, bias: bool, four: bool
) -> None:
    """As conv2d of torch with a 1 x 1 kernel; the matrix may come in torch's layout."""
    rng = np.random.default_rng(seed)
    cells, weights = rng.normal(size=(channels[0], *size)), rng.normal(size=(channels[1], channels[0], 1, 1))
    added = rng.normal(size=channels[1]) if bias else None
    expected = functional.conv2d(
        torch.from_numpy(cells), torch.from_numpy(weights), None if added is None else torch.from_numpy(added)
    )
    values = pointwise(cells, weights if four else weights[:, :, 0, 0], added)
    np.testing.assert_allclose(values, expected.numpy(), rtol=1e-11, atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(shape=st.lists(st.integers(0, 4), max_size=4), seed=st.integers(0, 2**16))
def test_relu_as_torch(shape: list[int], seed: int) -> None:
    """Negative cells become 0, all others stay, in any shape; the argument stays as it is."""
    cells = np.random.default_rng(seed).normal(size=shape)
    before = cells.copy()
    values = relu(cells)
    np.testing.assert_array_equal(values, functional.relu(torch.from_numpy(cells.copy())).numpy())
    np.testing.assert_array_equal(cells, before)
    assert not np.shares_memory(values, cells)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("cells", (np.ones((3, 3)), np.ones((2, 3)))),
        ("weights", (np.ones((3, 2, 2)), np.ones((2, 4)))),
        ("weights", (np.ones((3, 2, 2)), np.ones((2, 3, 1)))),
        ("weights", (np.ones((3, 2, 2)), np.ones((2, 3, 3, 3)))),
        ("weights", (np.ones((3, 2, 2)), np.ones(3))),
        ("weights", (np.ones((3, 2, 2)), 1.0)),
        ("bias", (np.ones((3, 2, 2)), np.ones((2, 3)), np.ones(3))),
    ],
)
def test_wrong_shapes_are_named(name: str, arguments: tuple[object, ...]) -> None:
    """Shapes that do not belong together are refused by name."""
    with pytest.raises(ParameterError) as error:
        pointwise(*arguments)  # type: ignore[arg-type]  # that is the point
    assert error.value.name == name


def test_relu_refuses_what_is_no_number() -> None:
    """NaN is not larger than 0, nor smaller."""
    with pytest.raises(ParameterError):
        relu([1.0, np.nan])
