"""Laws of the reference implementations, and the arrays on the way against other libraries."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.arithmetic import PADDING, Convolution, MaxPooling, TransposedConvolution
from cnnviz.convolution.reference import fourier, im2col, loops, pointwise
from cnnviz.errors import ParameterError
from tests.unit.convolution.reference_cases import Case, convolutions, pooling, transposed

METHODS = (loops, im2col, fourier)
SOME = settings(deadline=None, max_examples=60)
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


@SOME
@given(case=st.one_of(convolutions(), transposed()), seed=st.integers(0, 999), factor=st.floats(-3, 3))
def test_linear_in_cells_and_in_weights(case: Case, seed: int, factor: float) -> None:
    """f(a + t b) = f(a) + t f(b), for the cells and for the weights, without a bias."""
    assert case.weights is not None
    rng = np.random.default_rng(seed)
    other, others = rng.normal(size=case.cells.shape), rng.normal(size=case.weights.shape)
    for method in METHODS:
        first = method.run(case.layer, case.cells, case.weights).values
        by_cells = method.run(case.layer, case.cells + factor * other, case.weights).values
        by_weights = method.run(case.layer, case.cells, case.weights + factor * others).values
        np.testing.assert_allclose(
            by_cells, first + factor * method.run(case.layer, other, case.weights).values, **CLOSE
        )
        np.testing.assert_allclose(
            by_weights, first + factor * method.run(case.layer, case.cells, others).values, **CLOSE
        )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", [Convolution, TransposedConvolution])
def test_depthwise_treats_each_channel_alone(method: ModuleType, layer: type) -> None:
    """With one group per channel every output is that of a layer with one channel."""
    rng = np.random.default_rng(5)
    cells, weights = rng.normal(size=(4, 6, 7)), rng.normal(size=(4, 1, 3, 2))
    options = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
    together = method.run(layer((3, 2), groups=4, in_channels=4, out_channels=4, **options), cells, weights).values
    for channel in range(4):
        alone = method.run(layer((3, 2), **options), cells[channel : channel + 1], weights[channel : channel + 1])
        np.testing.assert_allclose(together[channel : channel + 1], alone.values, **CLOSE)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", [Convolution, TransposedConvolution])
def test_one_by_one_is_a_matrix_product(method: ModuleType, layer: type) -> None:
    """A 1 x 1 kernel, transposed or not, multiplies the channels of every cell by one matrix."""
    rng = np.random.default_rng(6)
    cells, matrix, bias = rng.normal(size=(5, 4, 3)), rng.normal(size=(2, 5)), rng.normal(size=2)
    weights = (matrix if layer is Convolution else matrix.T)[:, :, None, None]
    values = method.run(layer(1, in_channels=5, out_channels=2), cells, weights, bias).values
    np.testing.assert_allclose(values, pointwise.pointwise(cells, matrix, bias), **CLOSE)


@SOME
@given(case=transposed(), seed=st.integers(0, 999))
def test_transposed_is_the_transpose(case: Case, seed: int) -> None:
    """<convolve(x), y> = <x, transpose(y)> with the same weights: that is what transposed means."""
    layer, weights = case.layer, case.weights
    assert isinstance(layer, TransposedConvolution)
    forward = Convolution(
        layer.kernel_size, layer.stride, layer.padding, layer.dilation, groups=layer.groups,
        in_channels=layer.out_channels, out_channels=layer.in_channels,
    )  # fmt: skip
    x = np.random.default_rng(seed).normal(size=case.expected.shape)
    try:
        forward.axes(x.shape[1:])  # type: ignore[arg-type]  # rows and columns
    except ParameterError:
        assume(False)
    for method in METHODS:
        convolved = method.run(forward, x, weights).values
        assume(convolved.shape == case.cells.shape)  # output padding as large as the stride adds a window
        back = method.run(layer, case.cells, weights).values
        np.testing.assert_allclose((convolved * case.cells).sum(), (x * back).sum(), rtol=1e-8, atol=1e-9)


@SOME
@given(case=convolutions())
def test_columns_as_unfold(case: Case) -> None:
    """The im2col matrix is exactly torch's, of the input padded by NumPy, and the stages multiply up."""
    layer = case.layer
    assert isinstance(layer, Convolution)
    padded = padded_by_numpy(case)
    unfolded = functional.unfold(torch.from_numpy(padded[None]), layer.kernel_size, layer.dilation, 0, layer.stride)
    matrix = im2col.columns(layer, case.cells)
    np.testing.assert_array_equal(matrix, unfolded.numpy().reshape(matrix.shape))
    __, windows, filters, products, *__ = im2col.run(*case.arguments).stages
    np.testing.assert_array_equal(windows.values, matrix)
    np.testing.assert_array_equal(filters.values.ravel(), np.ravel(case.weights))
    np.testing.assert_allclose(np.einsum("gij,gjk->gik", filters.values, windows.values), products.values, **CLOSE)


def padded_by_numpy(case: Case) -> np.ndarray:
    """The input with its padding."""
    _, height, width = case.cells.shape
    rows, columns = case.layer.axes((height, width))
    widths = ((0, 0), (rows.before, rows.after), (columns.before, columns.after))
    modes = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(case.cells, widths, mode=modes[case.layer.padding_mode])


@settings(deadline=None, max_examples=60)
@given(data=st.data(), case=pooling())
def test_columns_of_pooling(data: st.DataObject, case: Case) -> None:
    """Each column holds one window, channel by channel; the padding is 0, or minus infinity for the maximum."""
    layer = case.layer
    matrix = im2col.columns(layer, case.cells)
    _, height, width = case.cells.shape
    rows, columns = layer.taps((height, width))
    channel, i, j, k, l = (  # noqa: E741 - (k, l) is the place in the window
        data.draw(st.integers(0, n - 1)) for n in (layer.in_channels, len(rows), len(columns), *layer.kernel_size)
    )
    empty = -np.inf if isinstance(layer, MaxPooling) else 0.0
    outside = PADDING in (rows[i, k], columns[j, l])
    expected = empty if outside else case.cells[channel, rows[i, k], columns[j, l]]
    assert matrix[channel, k * layer.kernel_size[1] + l, i * len(columns) + j] == expected


def test_no_columns_of_a_transposed_convolution() -> None:
    """It makes columns of the output, not of the input."""
    with pytest.raises(ParameterError, match="MaxPooling"):
        im2col.columns(TransposedConvolution(2), np.ones((1, 3, 3)))


@SOME
@given(case=transposed(), seed=st.integers(0, 999))
def test_fold_as_torch(case: Case, seed: int) -> None:
    """Columns add up where torch's fold adds them."""
    layer = case.layer
    assert isinstance(layer, TransposedConvolution)
    (top, bottom), (left, right) = layer.padding
    assume(all(more < stride for more, stride in zip(layer.output_padding, layer.stride, strict=True)))
    shape = (layer.groups, layer.out_channels // layer.groups * np.prod(layer.kernel_size), case.cells[0].size)
    products = np.random.default_rng(seed).normal(size=shape)
    __, height, width = case.expected.shape
    folded = functional.fold(
        torch.from_numpy(products.reshape(1, -1, shape[2])), (height + top + bottom, width + left + right),
        layer.kernel_size, layer.dilation, 0, layer.stride,
    )[0].numpy()  # fmt: skip
    expected = folded[:, top : top + height, left : left + width]
    np.testing.assert_allclose(im2col.fold(layer, products, case.cells.shape[1:]), expected, **CLOSE)


@SOME
@given(case=convolutions())
def test_fourier_stages_as_numpy(case: Case) -> None:
    """The padded input is NumPy's, the spread kernel Kronecker's, both spectra NumPy's."""
    __, padded, kernels, spectrum, spectra, product, back, *__ = fourier.run(*case.arguments).stages
    np.testing.assert_array_equal(padded.values, padded_by_numpy(case))
    dot = np.zeros(case.layer.dilation)
    dot[0, 0] = 1
    spread = np.kron(case.weights, dot)[..., : kernels.shape[2], : kernels.shape[3]]
    np.testing.assert_array_equal(kernels.values, spread)
    sides = back.shape[1:]
    np.testing.assert_allclose(spectrum.values, np.fft.rfft2(padded.values, sides), **CLOSE)
    np.testing.assert_allclose(spectra.values, np.fft.rfft2(spread, sides), **CLOSE)
    np.testing.assert_allclose(product.values, np.fft.rfft2(back.values), rtol=1e-8, atol=1e-9)


@SOME
@given(case=st.one_of(convolutions(), transposed()))
def test_no_bias_is_a_bias_of_zeros(case: Case) -> None:
    """Leaving the bias out changes no number, but the stage that adds it is gone."""
    for method in METHODS:
        without, zeros = (
            method.run(*replace(case, bias=bias).arguments) for bias in (None, np.zeros(case.layer.out_channels))
        )
        np.testing.assert_array_equal(without.values, zeros.values)
        if method is not loops:
            assert [stage.title for stage in zeros.stages] == [*(stage.title for stage in without.stages), "Bias added"]


@SOME
@given(taps=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2)))
def test_targets_turn_the_taps_around(taps: tuple[int, ...]) -> None:
    """Input i adds to output `i * stride - padding + k * dilation`, or to nothing when that is cropped."""
    size, kernel, stride, dilation, padding = taps
    layer = TransposedConvolution(kernel, stride, padding, dilation=dilation)
    try:
        rows, __ = layer.axes(size)
    except ParameterError:
        assume(False)
    places = np.arange(size)[:, None] * stride - padding + np.arange(kernel) * dilation
    expected = np.where((places >= 0) & (places < rows.output), places, PADDING)
    np.testing.assert_array_equal(loops.targets(rows.taps(), size), expected)
