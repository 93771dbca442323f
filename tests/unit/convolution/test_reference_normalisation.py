"""Batch normalisation against PyTorch, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.convolution.reference.normalisation import predict, train
from cnnviz.errors import ParameterError

torch.set_num_threads(1)
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@settings(max_examples=200, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(1, 5)),
    momentum=st.floats(0, 1),
    eps=st.sampled_from([1e-5, 1e-3, 0.5]),
    batches=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
def test_as_torch(shape: tuple[int, int, int, int], momentum: float, eps: float, batches: int, seed: int) -> None:
    """Several batches in training, then one in prediction: outputs and running statistics are torch's."""
    assume(shape[0] * shape[2] * shape[3] > 1)
    rng = np.random.default_rng(seed)
    module = nn.BatchNorm2d(shape[1], eps, momentum, dtype=torch.float64)
    scale, shift = rng.normal(size=shape[1]), rng.normal(size=shape[1])
    module.weight.data, module.bias.data = torch.from_numpy(scale), torch.from_numpy(shift)
    running = np.zeros(shape[1]), np.ones(shape[1])
    for _ in range(batches):
        cells = rng.normal(rng.normal(), rng.uniform(0.1, 5), size=shape)
        found = train(cells, scale, shift, *running, momentum, eps)
        np.testing.assert_allclose(found.values, module(torch.from_numpy(cells)).detach().numpy(), **CLOSE)
        running = found.running_mean, found.running_variance
        np.testing.assert_allclose(running[0], module.running_mean.numpy(), **CLOSE)
        np.testing.assert_allclose(running[1], module.running_var.numpy(), **CLOSE)
    module.eval()
    predicted = predict(cells, scale, shift, *running, eps)
    np.testing.assert_allclose(predicted.values, module(torch.from_numpy(cells)).detach().numpy(), **CLOSE)
    for name, kept in zip(("mean", "variance"), running, strict=True):
        np.testing.assert_array_equal(getattr(predicted, name), kept)
        np.testing.assert_array_equal(getattr(predicted, f"running_{name}"), kept)


def test_by_hand() -> None:
    """1, 2, 3, 6: mean 3, biased variance 14 / 4, unbiased 14 / 3."""
    found = train(np.array([1.0, 2, 3, 6]).reshape(2, 1, 1, 2), [2.0], [1.0], [10.0], [1.0], momentum=0.5, eps=0.5)
    assert found.mean.tolist() == [3.0]
    assert found.variance.tolist() == [3.5]
    assert found.running_mean.tolist() == [6.5]
    np.testing.assert_allclose(found.running_variance, [0.5 + 7 / 3])
    np.testing.assert_allclose(found.values.ravel(), [-1, 0, 1, 4])  # (x - 3) / sqrt(3.5 + 0.5) * 2 + 1


def test_the_batch_has_mean_shift_and_deviation_scale() -> None:
    """Whatever went in, each channel comes out with mean beta and, for a tiny eps, deviation gamma."""
    cells = np.random.default_rng(3).normal(40, 7, size=(5, 2, 6, 3))
    found = train(cells, [0.5, 3.0], [-1.0, 2.0], [0.0, 0.0], [1.0, 1.0], eps=1e-14)
    np.testing.assert_allclose(found.values.mean(axis=(0, 2, 3)), [-1, 2], **CLOSE)
    np.testing.assert_allclose(found.values.std(axis=(0, 2, 3)), [0.5, 3], **CLOSE)


def test_prediction_treats_each_input_alone() -> None:
    """In prediction a picture comes out the same in any batch; in training it does not."""
    cells = np.random.default_rng(4).normal(size=(3, 2, 4, 4))
    others = ([1.0, 2.0], [0.0, 1.0], [0.1, 0.2], [0.9, 2.0])
    np.testing.assert_array_equal(predict(cells, *others).values[:1], predict(cells[:1], *others).values)
    assert not np.allclose(train(cells, *others).values[:1], train(cells[:1], *others).values)


def test_arguments_stay_as_they_are() -> None:
    """Neither the batch nor the running statistics are changed or handed out again."""
    arrays = [np.ones((2, 3, 2, 2)), *(np.full(3, n) for n in (2.0, 3.0, 4.0, 5.0))]
    before = [array.copy() for array in arrays]
    for found in (train(*arrays), predict(*arrays)):
        for name in ("values", "mean", "variance", "running_mean", "running_variance"):
            assert not any(np.shares_memory(getattr(found, name), array) for array in arrays)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("function", [train, predict])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cells", {"cells": np.ones((2, 4, 4))}),
        ("cells", {"cells": np.ones((0, 2, 4, 4))}),
        ("cells", {"cells": np.full((1, 2, 4, 4), np.inf)}),
        ("scale", {"scale": np.ones(3)}),
        ("shift", {"shift": np.ones((2, 1))}),
        ("running_mean", {"running_mean": np.ones(1)}),
        ("running_variance", {"running_variance": np.ones(4)}),
        ("running_variance", {"running_variance": [1.0, -0.1]}),
        ("eps", {"eps": 0.0}),
        ("eps", {"eps": np.nan}),
    ],
)
def test_wrong_arguments_are_named(function: object, name: str, change: dict[str, object]) -> None:
    """Shapes and numbers out of range are refused by name."""
    two = np.ones(2)
    arguments = {"cells": np.ones((1, 2, 4, 4)), "scale": two, "shift": two} | {
        "running_mean": two, "running_variance": two,
    } | change  # fmt: skip
    with pytest.raises(ParameterError) as error:
        function(**arguments)  # type: ignore[operator]  # one of two functions
    assert error.value.name == name


@pytest.mark.parametrize("momentum", [-0.1, 1.1, np.nan])
def test_momentum_out_of_range(momentum: float) -> None:
    """The running statistics move between old and new."""
    with pytest.raises(ParameterError, match="momentum"):
        train(np.ones((1, 1, 2, 2)), [1.0], [0.0], [0.0], [1.0], momentum)


def test_one_cell_cannot_be_trained_on() -> None:
    """One cell per channel has no variance, as in torch; prediction needs none."""
    one = (np.ones((1, 2, 1, 1)), *(np.ones(2),) * 4)
    with pytest.raises(ParameterError, match="one cell has no variance"):
        train(*one)
    assert predict(*one).values.shape == (1, 2, 1, 1)
