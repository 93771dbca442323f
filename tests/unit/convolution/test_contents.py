"""Numbers for the grids: shapes, laws, and OpenCV's and SciPy's own kernels."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution import contents
from cnnviz.convolution.arithmetic import Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

SIDES = st.integers(1, 8)
SIZES = st.tuples(SIDES, SIDES)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Convolutions of both kinds with groups."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution]))
    groups = draw(st.integers(1, 3))
    channels = {"in_channels": groups * draw(st.integers(1, 3)), "out_channels": groups * draw(st.integers(1, 3))}
    return kind(draw(SIZES), groups=groups, bias=draw(st.booleans()), **channels)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(contents.CELLS)), st.integers(1, 4), SIZES, st.integers(0, 99))
def test_cells_have_their_shape_and_are_the_same_again(
    kind: str, channels: int, size: tuple[int, int], seed: int
) -> None:
    """float64, channels first, finite whole numbers, drawn alike from the same seed."""
    found = contents.cells(kind, channels, size, seed)
    assert found.dtype == np.float64
    assert found.shape == (channels, *size)
    assert (found == np.rint(found)).all()
    np.testing.assert_array_equal(found, contents.cells(kind, channels, size, seed))


def test_cells_by_hand() -> None:
    """Written out for 3 x 4: the middle, the counting, the squares of a board."""
    ramp = contents.cells("ramp", 2, (3, 4))
    assert ramp[0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert ramp[1, 0].tolist() == [12, 13, 14, 15]
    assert contents.cells("ramp", 1, (11, 10))[0, 10].tolist() == list(range(10))
    board = contents.cells("checkerboard", 2, (3, 4))
    assert board.tolist() == [[[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]] * 2
    impulse = contents.cells("impulse", 2, (3, 4))
    assert np.argwhere(impulse).tolist() == [[0, 1, 2], [1, 1, 2]]
    assert impulse.sum() == 2
    assert contents.cells("ones", 1, 2).tolist() == [[[1, 1], [1, 1]]]


def test_integers_are_small_and_differ() -> None:
    """0 to 4, every one of them; other numbers in another channel and from another seed."""
    first = contents.cells("integers", 2, (9, 9), 1)
    assert set(np.unique(first)) == {0, 1, 2, 3, 4}
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first, contents.cells("integers", 2, (9, 9), 2))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(4, 6), (2, 3), (12, 12)])
def test_pictures_are_averaged_by_area(channels: int, size: tuple[int, int]) -> None:
    """Blocks of equal area: the average that reshape and mean give, of colours or of BT.601's luminance."""
    picture = np.random.default_rng(0).random((24, 36, 3), dtype=np.float32)
    wide = picture.astype(np.float64)
    source = wide.transpose(2, 0, 1) if channels == 3 else (wide @ [0.299, 0.587, 0.114])[None]
    rows, columns = 24 // size[0], 36 // size[1]
    blocks = source.reshape(-1, size[0], rows, size[1], columns).mean(axis=(2, 4))
    found = contents.from_picture(picture, channels, size)
    assert found.dtype == np.float64
    assert found.shape == (channels, *size)
    assert found.flags.c_contiguous
    assert (found == np.rint(found)).all()
    assert np.abs(found - 255 * blocks).max() <= 0.5001


def test_pictures_keep_black_and_white() -> None:
    """0 stays 0 and 1 becomes 255, for grey pictures and with more cells than pixels too."""
    half = np.zeros((4, 4), np.float32)
    half[:, 2:] = 1
    assert contents.from_picture(half, 1, (2, 2)).tolist() == [[[0, 255], [0, 255]]]
    assert contents.from_picture(half, 3, (2, 2)).tolist() == [[[0, 255], [0, 255]]] * 3
    assert contents.from_picture(np.ones((2, 2, 3), np.float32), 3, (5, 7)).tolist() == [[[255] * 7] * 5] * 3


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(contents.WEIGHTS)), layers(), st.integers(0, 99))
def test_weights_have_the_shape_of_the_layer(kind: str, layer: Layer, seed: int) -> None:
    """float64 as torch keeps them, the same again; biases for layers that have them, 0 unless "integers"."""
    found = contents.weights(kind, layer, seed)
    assert found.dtype == np.float64
    assert found.shape == layer.weight_shape
    assert found.flags.writeable
    np.testing.assert_array_equal(found, contents.weights(kind, layer, seed))
    biases = contents.bias(kind, layer, seed)
    if not layer.bias:
        assert biases is None
    else:
        assert biases is not None
        assert (biases.shape, biases.dtype) == ((layer.out_channels,), np.float64)
        assert kind == "integers" or not biases.any()
        assert np.abs(biases).max() <= 2


@settings(max_examples=150, deadline=None)
@given(layers(), st.integers(0, 10**6))
def test_integer_weights_are_small_not_zero_and_differ(layer: Layer, seed: int) -> None:
    """-1 to 2; no kernel of zeros; no two alike where there are more than twice as many to choose from."""
    found = contents.weights("integers", layer, seed)
    assert set(np.unique(found)) <= {-1, 0, 1, 2}
    kernels = found.reshape(-1, layer.kernel_size[0] * layer.kernel_size[1])
    assert kernels.any(axis=1).all()
    if 4 ** kernels.shape[1] - 1 >= 2 * len(kernels):
        assert len(np.unique(kernels, axis=0)) == len(kernels)


@settings(max_examples=100, deadline=None)
@given(layers())
def test_average_is_the_average_of_what_one_output_reads(layer: Layer) -> None:
    """torch: a constant input stays constant where all weights of a filter are used."""
    found = torch.from_numpy(contents.weights("average", layer))
    if isinstance(layer, TransposedConvolution):
        found = found.unflatten(0, (layer.groups, -1)).transpose(1, 2).flatten(0, 1)
    x = torch.full((1, layer.in_channels, *layer.kernel_size), 7.0, dtype=torch.float64)
    result = functional.conv2d(x, found, groups=layer.groups)
    np.testing.assert_allclose(result.numpy(), 7, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(SIZES)
def test_bell_is_binomial(size: tuple[int, int]) -> None:
    """Binomial coefficients by factorials, divided by powers of two: sum 1, symmetric."""
    bell = contents.weights("bell", Convolution(size, in_channels=2, out_channels=3))
    rows, columns = (np.array([math.comb(n - 1, k) for k in range(n)]) / 2 ** (n - 1) for n in size)
    np.testing.assert_allclose(bell, np.broadcast_to(np.outer(rows, columns), bell.shape), rtol=1e-14)
    np.testing.assert_allclose(bell.sum(axis=(2, 3)), 1, rtol=1e-14)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_edge_is_sobels(size: int) -> None:
    """OpenCV's derivative kernels of odd sizes."""
    across, along = cv2.getDerivKernels(1, 0, size, ktype=cv2.CV_64F)
    edge = contents.weights("edge", Convolution(size, in_channels=2))
    np.testing.assert_array_equal(edge[0, 1], along @ across.T)


@settings(max_examples=60, deadline=None)
@given(SIZES)
def test_edge_sees_only_change_across_columns(size: tuple[int, int]) -> None:
    """Antisymmetric across columns, symmetric along rows; a brighter right side is positive; 1 x 1 is 1."""
    edge = contents.weights("edge", Convolution(size))[0, 0]
    np.testing.assert_array_equal(edge, edge[::-1])
    if size[1] > 1:
        np.testing.assert_array_equal(edge, -edge[:, ::-1])
        assert (edge @ np.arange(size[1]) > 0).all()
    assert size != (1, 1) or edge.item() == 1


def test_long_kernels_stay_finite() -> None:
    """Pascal's triangle outgrows float64 at row 1030; a bell of 4096 still sums to 1."""
    layer = Convolution((2, 4096))
    assert contents.weights("bell", layer).sum() == pytest.approx(1)
    assert np.isfinite(contents.weights("edge", layer)).all()


@pytest.mark.parametrize("kind", ["photo", "", "Ones"])
def test_unknown_kinds_are_refused(kind: str) -> None:
    """The error lists what there is."""
    for call in (
        lambda: contents.cells(kind, 1, 3),
        lambda: contents.weights(kind, Convolution(3)),
        lambda: contents.bias(kind, Convolution(3)),
    ):
        with pytest.raises(ParameterError, match="integers, ones"):
            call()


def test_what_cannot_be_filled_is_refused() -> None:
    """Pooling has no weights; sizes, channels and seeds are whole numbers in range."""
    with pytest.raises(ParameterError, match="layer is max"):
        contents.weights("ones", MaxPooling(2))
    with pytest.raises(ParameterError, match="seed"):
        contents.cells("integers", 1, 3, -1)
    with pytest.raises(ParameterError, match="channels"):
        contents.cells("ones", 0, 3)
    with pytest.raises(ParameterError, match="size"):
        contents.from_picture(np.zeros((3, 3)), 1, (0, 3))
    assert contents.bias("ones", MaxPooling(2)) is None
