"""Loops, matrices and Fourier transforms compute what PyTorch computes, for every setting that is legal."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from scipy import fft

from cnnviz.convolution.arithmetic import (
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.convolution.reference import Traced, fourier, im2col, loops
from cnnviz.errors import ParameterError
from tests.unit.convolution.reference_cases import Case, convolutions, pooling, transposed

METHODS = (loops, im2col, fourier)
MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=350)


def lengths(layer: Layer, size: tuple[int, ...]) -> dict[str, int]:
    """The letters of the stages' formulas."""
    rows, columns = layer.axes(size)  # type: ignore[arg-type]  # rows and columns
    read = (layer.in_channels, layer.out_channels, getattr(layer, "groups", 1), *layer.kernel_size, *layer.dilation)
    found = dict(zip(("cin", "cout", "groups", "kh", "kw", "dh", "dw"), read, strict=True))
    found |= {"H": rows.size, "W": columns.size, "H_": rows.output, "W_": columns.output}
    found |= {"top": rows.before, "bottom": rows.after, "left": columns.before, "right": columns.after}
    walked = [axis.stretched() if axis.transposed else axis for axis in (rows, columns)]
    padded = [axis.size + axis.before + axis.after for axis in walked]
    return found | {name: fft.next_fast_len(side, real=True) for name, side in zip("UV", padded, strict=True)}


def check_stages(traced: Traced, layer: Layer, size: tuple[int, ...]) -> None:
    """Every shape is its array's and its formula's, every title is there, and the last array is the output."""
    letters = lengths(layer, size)
    for stage in traced.stages:
        formula = stage.formula.replace("H'", "H_").replace("W'", "W_")
        assert eval(formula, {}, letters) == stage.shape == stage.values.shape, stage.title  # noqa: S307 - our own
        assert stage.title
    assert traced.stages[-1].values is traced.values
    assert len({stage.title for stage in traced.stages}) == len(traced.stages) > 1


def check(case: Case, methods: tuple[ModuleType, ...]) -> None:
    """Shape, numbers and stages of each method, and untouched arguments."""
    given_arrays = [each for each in (case.cells, case.weights, case.bias) if each is not None]
    before = [each.copy() for each in given_arrays]
    for method in methods:
        traced = method.run(*case.arguments)
        assert traced.values.dtype == np.float64
        assert traced.values.shape == case.expected.shape
        np.testing.assert_allclose(traced.values, case.expected, rtol=1e-9, atol=1e-11, err_msg=method.__name__)
        check_stages(traced, case.layer, case.cells.shape[1:])
        for array in given_arrays:
            assert not any(np.shares_memory(array, stage.values) for stage in traced.stages)
    for array, old in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)


@MANY
@given(case=convolutions())
def test_convolution_as_torch(case: Case) -> None:
    """Convolution: every padding and mode, stride, dilation, groups, with and without bias."""
    check(case, METHODS)


@MANY
@given(case=transposed())
def test_transposed_as_torch(case: Case) -> None:
    """Transposed convolution: cropping, output padding, stride, dilation, groups, with and without bias."""
    check(case, METHODS)


@MANY
@given(case=pooling())
def test_pooling_as_torch(case: Case) -> None:
    """Both poolings: stride, padding, dilation, ceil mode, with and without counting the padding."""
    check(case, (loops, im2col))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_known_convolutions(method: ModuleType, groups: int) -> None:
    """A 2 x 2 kernel over 0 … 8 by hand, in every channel, whatever the groups."""
    layer = Convolution(2, groups=groups, in_channels=6, out_channels=6)
    cells = np.tile(np.arange(9.0).reshape(1, 3, 3), (6, 1, 1))
    weights = np.tile(np.array([[1.0, 2], [3, 4]]), (6, 6 // groups, 1, 1))
    values = method.run(layer, cells, weights, np.arange(6.0)).values
    by_hand = np.array([[27.0, 37], [57, 67]]) * (6 // groups)
    np.testing.assert_allclose(values, by_hand + np.arange(6)[:, None, None], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_known_transposed(method: ModuleType) -> None:
    """Two cells write two kernels of three weights, two places apart: they overlap in the middle."""
    values = method.run(TransposedConvolution((1, 3), (1, 2)), [[[1.0, 2.0]]], [[[[1.0, 10.0, 100.0]]]]).values
    np.testing.assert_allclose(values, [[[1, 10, 102, 20, 200]]], rtol=1e-12)


@pytest.mark.parametrize("method", [loops, im2col])
def test_known_pooling(method: ModuleType) -> None:
    """Windows of two with one cell of padding: the padding never is the maximum, and counts in the average or not."""
    cells = np.array([[[-4.0, -2.0, -8.0]]])
    np.testing.assert_array_equal(method.run(MaxPooling((1, 2), 2, (0, 1)), cells).values, [[[-4, -2]]])
    np.testing.assert_array_equal(method.run(AveragePooling((1, 2), 2, (0, 1)), cells).values, [[[-2, -5]]])
    excluding = AveragePooling((1, 2), 2, (0, 1), count_include_pad=False)
    np.testing.assert_array_equal(method.run(excluding, cells).values, [[[-4, -5]]])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("cells", {"cells": np.ones((5, 5))}),
        ("cells", {"cells": np.ones((1, 2, 5, 5))}),
        ("cells", {"cells": np.ones((3, 5, 5))}),
        ("cells", {"cells": np.full((2, 5, 5), np.nan)}),
        ("cells", {"cells": np.ones((2, 5, 5), dtype=complex)}),
        ("cells", {"cells": [[[1.0], [1.0, 2.0]]]}),
        ("size", {"cells": np.ones((2, 0, 5))}),
        ("kernel_size", {"cells": np.ones((2, 2, 5))}),
        ("weights", {"weights": None}),
        ("weights", {"weights": np.ones((3, 2, 3))}),
        ("weights", {"weights": np.ones((2, 3, 3, 3))}),
        ("weights", {"weights": np.full((3, 2, 3, 3), np.inf)}),
        ("bias", {"bias": np.ones(2)}),
        ("bias", {"bias": 1.0}),
    ],
)
def test_wrong_arguments_are_named(method: ModuleType, name: str, change: dict[str, object]) -> None:
    """Arrays of another shape and numbers that are none are refused by name."""
    arguments = {"cells": np.ones((2, 5, 5)), "weights": np.ones((3, 2, 3, 3)), "bias": np.ones(3)} | change
    with pytest.raises(ParameterError) as error:
        method.run(Convolution(3, in_channels=2, out_channels=3), **arguments)
    assert error.value.name == name


@pytest.mark.parametrize("method", [loops, im2col])
@pytest.mark.parametrize("layer", [MaxPooling(2), AveragePooling(2)])
@pytest.mark.parametrize(("weights", "bias"), [(np.ones((1, 1, 2, 2)), None), (None, np.ones(1))])
def test_pooling_takes_no_weights(method: ModuleType, layer: Layer, weights: object, bias: object) -> None:
    """Weights for a layer without any are a mistake, not ignored."""
    with pytest.raises(ParameterError, match="pooling has no weights"):
        method.run(layer, np.ones((1, 4, 4)), weights, bias)


@pytest.mark.parametrize("layer", [MaxPooling(2), AveragePooling(2)])
def test_no_spectrum_for_pooling(layer: Layer) -> None:
    """The Fourier method says which layers it takes."""
    with pytest.raises(ParameterError, match="TransposedConvolution"):
        fourier.run(layer, np.ones((1, 4, 4)))
