"""The numbered relationships and figures of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning".

arXiv 1603.07285. Their i, k, s, p, a and d are input size, kernel size, stride, padding, cells added at the end and
dilation; a prime marks the transposed convolution that is associated with a convolution.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

from cnnviz.convolution.arithmetic import (
    PADDING,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import ParameterError

SIZES, KERNELS, STRIDES, PADDINGS, DILATIONS = range(1, 13), range(1, 8), range(1, 6), range(5), range(1, 5)


def outputs(layer: Layer, size: int) -> int:
    """Rows of the output; columns are checked to be as many."""
    rows, columns = layer.output_size((size, size))
    assert rows == columns
    return rows


def fitting(paddings: range = PADDINGS, strides: range = STRIDES) -> Iterator[tuple[int, int, int, int]]:
    """All i, k, s and p of the ranges above for which the kernel fits."""
    for i, k, s, p in itertools.product(SIZES, KERNELS, strides, paddings):
        if k <= i + 2 * p:
            yield i, k, s, p


NONE, UNIT = range(1), range(1, 2)

# ---- chapters 2 and 3: convolution and pooling


def test_relationship_1() -> None:
    """No padding, unit strides: o = (i - k) + 1."""
    for i, k, _, _ in fitting(NONE, UNIT):
        assert outputs(Convolution(k), i) == (i - k) + 1


def test_relationship_2() -> None:
    """Any padding, unit strides: o = (i - k) + 2p + 1."""
    for i, k, _, p in fitting(strides=UNIT):
        assert outputs(Convolution(k, padding=p), i) == (i - k) + 2 * p + 1


def test_relationship_3() -> None:
    """Half padding, k = 2n + 1, p = n: o = i, which "same" gives as well."""
    for i, n in itertools.product(SIZES, range(4)):
        k = 2 * n + 1
        assert outputs(Convolution(k, padding=n), i) == i + 2 * (k // 2) - (k - 1) == i
        assert Convolution(k, padding="same").padding_for((i, i)) == ((n, n), (n, n))


def test_relationship_4() -> None:
    """Full padding, p = k - 1: o = i + (k - 1), which "full" gives as well."""
    for i, k in itertools.product(SIZES, KERNELS):
        assert outputs(Convolution(k, padding=k - 1), i) == i + (k - 1)
        assert Convolution(k, padding="full").axes(i) == Convolution(k, padding=k - 1).axes(i)


def test_relationship_5() -> None:
    """No padding, any stride: o = floor((i - k) / s) + 1."""
    for i, k, s, _ in fitting(NONE):
        assert outputs(Convolution(k, s), i) == (i - k) // s + 1


def test_relationship_6() -> None:
    """Any padding and stride: o = floor((i + 2p - k) / s) + 1."""
    for i, k, s, p in fitting():
        assert outputs(Convolution(k, s, p), i) == (i + 2 * p - k) // s + 1


def test_several_inputs_share_a_size() -> None:
    """Section 2.4: where s divides i + 2p - k, inputs of i + a cells, a < s, give as much; a are left over."""
    for i, k, s, p in fitting():
        if (i + 2 * p - k) % s == 0:
            layer = Convolution(k, s, p)
            assert {outputs(layer, i + a) for a in range(s)} == {outputs(layer, i)}
            assert [layer.axes(i + a)[0].left_over for a in range(s)] == list(range(s))
            assert outputs(layer, i + s) == outputs(layer, i) + 1


def test_relationship_7() -> None:
    """Pooling of any kind: o = floor((i - k) / s) + 1."""
    for i, k, s, _ in fitting(NONE):
        assert outputs(MaxPooling(k, s), i) == outputs(AveragePooling(k, s), i) == (i - k) // s + 1


# ---- chapter 4: transposed convolution


def matrix(layer: Layer, size: int) -> np.ndarray:
    """Which weight joins which input to which output along one axis: (output, size), 0 where none does.

    Weight k is the power of two 2**k, so that none can stand for another.
    """
    axis = layer.axes((size, size))[0]
    found = np.zeros((axis.output, size), int)
    for output, weight in np.argwhere(axis.taps() != PADDING):
        found[output, axis.taps()[output, weight]] += 1 << weight
    return found


def transposed_pairs(paddings: range = PADDINGS, strides: range = STRIDES) -> Iterator[tuple[int, int, int, int, int]]:
    """All i, k, s, p of a convolution with i', the size of its output; p no larger than the kernel can use."""
    for i, k, s, p in fitting(paddings, strides):
        if p < k:
            yield i, k, s, p, (i + 2 * p - k) // s + 1


def assert_associated(i: int, k: int, s: int, p: int, a: int = 0) -> None:
    """Section 4.2: the matrix is that of the convolution, transposed; and 4.3 to 4.6: p' = k - p - 1, s' = 1."""
    direct = Convolution(k, s, p)
    i_prime = outputs(direct, i)
    layer = TransposedConvolution(k, s, p, a)
    np.testing.assert_array_equal(matrix(layer, i_prime), matrix(direct, i).T)
    equivalent = layer.axes((i_prime, i_prime))[0].stretched()
    assert (equivalent.kernel_size, equivalent.stride, equivalent.dilation) == (k, 1, 1)
    assert equivalent.size == i_prime + (i_prime - 1) * (s - 1)
    assert (equivalent.before, equivalent.after) == (k - p - 1, k - p - 1 + a)


def test_relationship_8() -> None:
    """The transpose of no padding, unit strides: p' = k - 1, o' = i' + (k - 1)."""
    for i, k, s, p, i_prime in transposed_pairs(NONE, UNIT):
        assert outputs(TransposedConvolution(k), i_prime) == i_prime + (k - 1) == i
        assert_associated(i, k, s, p)


def test_relationship_9() -> None:
    """The transpose of any padding, unit strides: p' = k - p - 1, o' = i' + (k - 1) - 2p."""
    for i, k, s, p, i_prime in transposed_pairs(strides=UNIT):
        assert outputs(TransposedConvolution(k, padding=p), i_prime) == i_prime + (k - 1) - 2 * p == i
        assert_associated(i, k, s, p)


def test_relationship_10() -> None:
    """The transpose of half padding is half padded: p' = p, o' = i'."""
    for i, n in itertools.product(SIZES, range(4)):
        layer = TransposedConvolution(2 * n + 1, padding=n)
        assert outputs(layer, i) == i
        assert layer.axes(i)[0].stretched().before == n
        assert_associated(i, 2 * n + 1, 1, n)


def test_relationship_11() -> None:
    """The transpose of full padding has none: p' = 0, o' = i' - (k - 1)."""
    for i, k in itertools.product(SIZES, KERNELS):
        i_prime = i + k - 1
        layer = TransposedConvolution(k, padding=k - 1)
        assert outputs(layer, i_prime) == i_prime - (k - 1) == i
        assert layer.axes(i_prime)[0].stretched().before == 0
        assert_associated(i, k, 1, k - 1)


def test_relationship_12() -> None:
    """The transpose of strides without padding, s dividing i - k: o' = s(i' - 1) + k."""
    for i, k, s, p, i_prime in transposed_pairs(NONE):
        if (i - k) % s == 0:
            assert outputs(TransposedConvolution(k, s), i_prime) == s * (i_prime - 1) + k == i
            assert_associated(i, k, s, p)


def test_relationship_13() -> None:
    """The transpose of strides and padding, s dividing i + 2p - k: o' = s(i' - 1) + k - 2p."""
    for i, k, s, p, i_prime in transposed_pairs():
        if (i + 2 * p - k) % s == 0:
            assert outputs(TransposedConvolution(k, s, p), i_prime) == s * (i_prime - 1) + k - 2 * p == i
            assert_associated(i, k, s, p)


def test_relationship_14() -> None:
    """The transpose of anything, a = (i + 2p - k) mod s: o' = s(i' - 1) + a + k - 2p."""
    for i, k, s, p, i_prime in transposed_pairs():
        a = (i + 2 * p - k) % s
        assert outputs(TransposedConvolution(k, s, p, a), i_prime) == s * (i_prime - 1) + a + k - 2 * p == i
        assert_associated(i, k, s, p, a)


# ---- chapter 5: dilation


def test_relationship_15() -> None:
    """Any dilation: o = floor((i + 2p - k - (k - 1)(d - 1)) / s) + 1; no output where that is not positive."""
    for (i, k, s, p), d in itertools.product(fitting(), DILATIONS):
        room = i + 2 * p - k - (k - 1) * (d - 1)
        layer = Convolution(k, s, p, d)
        assert layer.extent == (k + (k - 1) * (d - 1),) * 2
        if room >= 0:
            assert outputs(layer, i) == room // s + 1
        else:
            with pytest.raises(ParameterError):
                layer.output_size(i)


# ---- figures

FIGURES: dict[str, tuple[Layer, int, int]] = {
    "1.1": (Convolution(3), 5, 3),
    "1.2": (Convolution(3, 2, 1), 5, 3),
    "1.4": (Convolution(3, 2), 5, 2),
    "1.5": (AveragePooling(3, 1), 5, 3),
    "1.6": (MaxPooling(3, 1), 5, 3),
    "2.1": (Convolution(3), 4, 2),
    "2.2": (Convolution(4, padding=2), 5, 6),
    "2.3": (Convolution(3, padding=1), 5, 5),
    "2.4": (Convolution(3, padding=2), 5, 7),
    "2.5": (Convolution(3, 2), 5, 2),
    "2.6": (Convolution(3, 2, 1), 5, 3),
    "2.7": (Convolution(3, 2, 1), 6, 3),
    "2.8a": (Convolution(3), 5, 3),
    "2.8b": (Convolution(3, 2), 5, 2),
    "4.1": (TransposedConvolution(3), 2, 4),
    "4.2": (TransposedConvolution(4, padding=2), 6, 5),
    "4.3": (TransposedConvolution(3, padding=1), 5, 5),
    "4.4": (TransposedConvolution(3, padding=2), 7, 5),
    "4.5": (TransposedConvolution(3, 2), 2, 5),
    "4.6": (TransposedConvolution(3, 2, 1), 3, 5),
    "4.7": (TransposedConvolution(3, 2, 1, output_padding=1), 3, 6),
    "5.1": (Convolution(3, dilation=2), 7, 3),
}


@pytest.mark.parametrize("number", FIGURES)
def test_figure(number: str) -> None:
    """Settings as in the caption, size as drawn."""
    layer, size, expected = FIGURES[number]
    assert layer.output_size((size, size)) == (expected, expected)


@pytest.mark.parametrize(
    ("number", "stretched", "before", "after"),
    [
        ("4.1", 2, 2, 2),
        ("4.2", 6, 1, 1),
        ("4.3", 5, 1, 1),
        ("4.4", 7, 0, 0),
        ("4.5", 3, 2, 2),
        ("4.6", 5, 1, 1),
        ("4.7", 5, 1, 2),
    ],
)
def test_figure_of_a_transposed_convolution(number: str, stretched: int, before: int, after: int) -> None:
    """The stretched input and its border of zeros, as the captions of chapter 4 give them.

    4.7 has "an additional border of size 1 added to the bottom and right edges".
    """
    layer, size, _ = FIGURES[number]
    for axis in layer.axes((size, size)):
        equivalent = axis.stretched()
        assert (equivalent.size, equivalent.before, equivalent.after) == (stretched, before, after)


def test_figure_2_7_leaves_cells_out() -> None:
    """Not covered are "the bottom row and right column of the zero padded input": padding, so no cell is lost."""
    for axis in Convolution(3, 2, 1).axes((6, 6)):
        assert (axis.left_over, axis.unreached()) == (1, ())


def test_figure_1_4_is_every_second_output() -> None:
    """Strides as subsampling: the windows of stride 2 are one in two of those of stride 1."""
    whole, strided = Convolution(3).taps((5, 5))[0], Convolution(3, 2).taps((5, 5))[0]
    np.testing.assert_array_equal(strided, whole[::2])


CELLS = np.array([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]])
KERNEL = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])


def patches(layer: Layer) -> np.ndarray:
    """What each output reads of `CELLS`, (H', W', kh, kw); zeros outside."""
    rows, columns = layer.taps(CELLS.shape)
    return np.pad(CELLS, ((0, 1), (0, 1)))[rows[:, None, :, None], columns[None, :, None, :]]


def test_figures_1_1_and_1_2_by_number() -> None:
    """The sums as printed, without padding and with padding 1 and stride 2."""
    assert np.einsum("hwkl,kl->hw", patches(Convolution(3)), KERNEL).tolist() == [
        [12, 12, 17],
        [10, 17, 19],
        [9, 6, 14],
    ]
    assert np.einsum("hwkl,kl->hw", patches(Convolution(3, 2, 1)), KERNEL).tolist() == [
        [6, 17, 3],
        [8, 17, 13],
        [6, 4, 4],
    ]


def test_figures_1_5_and_1_6_by_number() -> None:
    """Averages, printed to one decimal, and maxima of the same input."""
    layer = AveragePooling(3, 1)
    averages = patches(layer).sum(axis=(2, 3)) / np.outer(*layer.divisors(CELLS.shape))
    assert np.round(averages, 1).tolist() == [[1.7, 1.7, 1.7], [1.0, 1.2, 1.8], [1.1, 0.8, 1.3]]
    assert patches(MaxPooling(3, 1)).max(axis=(2, 3)).tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
