"""Presets: every record is complete, sizes are those that were published, and each sentence is true."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.convolution import contents, presets
from cnnviz.convolution.arithmetic import PADDING, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import ParameterError

OUTPUTS = {
    "figure_2_1": 2,
    "figure_2_2": 6,
    "figure_2_3": 5,
    "figure_2_4": 7,
    "figure_2_5": 2,
    "figure_2_6": 3,
    "figure_2_7": 3,
    "figure_4_1": 4,
    "figure_4_2": 5,
    "figure_4_3": 5,
    "figure_4_4": 5,
    "figure_4_5": 5,
    "figure_4_6": 5,
    "figure_4_7": 6,
    "figure_5_1": 3,
    "lenet_c1": 28,
    "alexnet_conv1": 55,
    "resnet_conv1": 112,
    "same": 5,
    "strided": 4,
    "max_pool": 4,
    "dilated": 5,
    "depthwise": 5,
    "pointwise": 5,
    "grouped": 5,
    "stacked": 3,
    "checkerboard": 11,
    "even_overlap": 12,
    "same_tensorflow": 3,
}
PARAMETERS = {"lenet_c1": 156, "alexnet_conv1": 23_296, "resnet_conv1": 9_408, "max_pool": 0, "pointwise": 6}
EVERY = pytest.mark.parametrize("key", presets.names())


@EVERY
def test_a_record_is_complete(key: str) -> None:
    """Texts to read, a source to look up, contents that exist, and a link that is found again."""
    preset = presets.get(key)
    assert preset.key == key
    assert preset.title == preset.title.strip() != ""
    assert preset.look.endswith(".")
    assert 1 <= preset.look.count(". ") + 1 <= 2
    assert len(preset.look) <= 220
    assert preset.source.strip()
    assert preset.cells in (*contents.CELLS, "photo")
    assert preset.weights in contents.WEIGHTS
    assert preset.tab in ("", "field")


def test_no_two_are_alike() -> None:
    """Keys, titles, sentences, and what they set."""
    records = [presets.get(key) for key in presets.names()]
    for facts in ("key", "title", "look"):
        assert len({getattr(each, facts) for each in records}) == len(records)
    assert len({(each.layer, each.size, each.cells, each.weights) for each in records}) == len(records)


def test_an_unknown_key_names_the_known_ones() -> None:
    """The sentence lists what there is."""
    with pytest.raises(ParameterError) as caught:
        presets.get("figure_9_9")
    assert caught.value.legal.split(", ") == list(presets.names())


@EVERY
def test_sizes_are_as_published(key: str) -> None:
    """Figures as drawn, networks as in their papers, the others counted by hand; every one is in the table."""
    preset = presets.get(key)
    assert preset.layer.output_size(preset.size) == (OUTPUTS[key], OUTPUTS[key])
    assert preset.layer.parameters == PARAMETERS.get(key, preset.layer.parameters)


@EVERY
def test_contents_fit(key: str) -> None:
    """The cells and weights named can be made for the layer."""
    preset = presets.get(key)
    if preset.cells != "photo":
        made = contents.cells(preset.cells, preset.layer.in_channels, preset.size)
        assert made.shape == (preset.layer.in_channels, *preset.size)
    if preset.layer.weight_shape:
        assert contents.weights(preset.weights, preset.layer).shape == preset.layer.weight_shape


# ---- what the sentences say


def reads(layer: Layer, size: tuple[int, int]) -> np.ndarray:
    """How many outputs read each input cell, or how many parts each output of a transposed convolution gets."""
    counts = []
    for axis in layer.axes(size):
        taps = axis.taps()
        if axis.transposed:
            counts.append(np.count_nonzero(taps != PADDING, axis=1))
        else:
            counts.append(np.bincount(taps[taps != PADDING], minlength=axis.size))
    return np.outer(*counts)


def of(key: str) -> np.ndarray:
    """The same, of a preset."""
    return reads(presets.get(key).layer, presets.get(key).size)


def test_figures_of_convolutions() -> None:
    """Cells counted: how often each is read, and how many of a window are padding."""
    assert of("figure_2_1").tolist() == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    sizes = [Convolution(4, padding=p).output_size(5)[0] for p in range(5)]
    assert (sizes[2], sizes[1]) == (6, 4)
    assert 5 not in sizes
    rows, columns = presets.get("figure_2_3").layer.taps(5)
    assert 9 - np.sum(rows[0] != PADDING) * np.sum(columns[0] != PADDING) == 5
    rows, columns = presets.get("figure_2_4").layer.taps(5)
    assert np.sum(rows[0] != PADDING) * np.sum(columns[0] != PADDING) == 1
    assert set(of("figure_2_4").flat) == {9}
    assert of("figure_2_5")[2, 2] == 4 == of("figure_2_5").max()
    assert (presets.get("figure_2_6").layer.taps(5)[0][:, 1] + 1).tolist() == [1, 3, 5]
    axis = presets.get("figure_2_7").layer.axes(6)[0]
    assert axis.left_over == axis.after == 1
    assert presets.get("figure_2_6").layer == presets.get("figure_2_7").layer
    assert presets.get("figure_5_1").layer.extent == (5, 5)
    assert np.diff(presets.get("figure_5_1").layer.taps(7)[0][0]).tolist() == [2, 2]


def test_figures_of_transposed_convolutions() -> None:
    """Parts counted: how many kernels reach each output, and what is cropped."""
    assert np.argwhere(of("figure_4_1") == 4).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    assert TransposedConvolution(4).output_size(6) == TransposedConvolution(3).output_size(7) == (9, 9)
    equivalent = presets.get("figure_4_3").layer.axes(5)[0].stretched()
    assert (equivalent.size, equivalent.before, equivalent.after) == (5, 1, 1)
    whole = reads(TransposedConvolution(3), (7, 7))
    assert np.argwhere(whole == 9).min() == 2
    assert np.argwhere(whole == 9).max() == 6
    assert of("figure_4_4").tolist() == whole[2:7, 2:7].tolist() == np.full((5, 5), 9).tolist()
    assert of("figure_4_5").tolist() == np.outer([1, 1, 2, 1, 1], [1, 1, 2, 1, 1]).tolist()
    for back, there in (("figure_4_6", "figure_2_6"), ("figure_4_7", "figure_2_7")):
        assert presets.get(back).layer.output_size(presets.get(back).size) == presets.get(there).size


def test_networks() -> None:
    """LeCun et al. count 122,304 connections; the paper's AlexNet without padding; batch norm in place of biases."""
    lenet, alexnet, resnet = (presets.get(key).layer for key in ("lenet_c1", "alexnet_conv1", "resnet_conv1"))
    assert lenet.macs(32) + 28 * 28 * 6 == 122_304
    assert alexnet.out_channels == resnet.out_channels == 64
    assert Convolution(11, stride=4, in_channels=3, out_channels=96).output_size(224) == (54, 54)
    assert not resnet.bias


def test_what_is_worth_seeing() -> None:
    """Numbers that the sentences name."""
    assert presets.get("same").layer.padding_for((5, 5)) == ((1, 1), (1, 1))
    assert Convolution(4, padding="same").padding_for((5, 5)) == ((1, 2), (1, 2))
    assert set(of("strided").flat) == set(of("max_pool").flat) == {1}
    assert (presets.get("strided").layer.parameters, presets.get("max_pool").layer) == (4, MaxPooling(2))
    axis = presets.get("dilated").layer.axes(9)[0]
    assert np.argwhere(axis.taps() == 4).tolist() == [[0, 2], [2, 1], [4, 0]]
    for key, grouped, whole in (("depthwise", 27, 81), ("grouped", 72, 144)):
        layer = presets.get(key).layer
        alone = Convolution(3, in_channels=layer.in_channels, out_channels=layer.out_channels, bias=False)
        assert (layer.parameters, alone.parameters) == (grouped, whole)
    small = Convolution(3, bias=False)
    assert small.output_size(small.output_size(7)) == presets.get("stacked").layer.output_size(7)
    assert (2 * small.parameters, presets.get("stacked").layer.parameters) == (18, 25)
    first, torchs = presets.get("same_tensorflow").layer, Convolution(3, 2, 1)
    assert first.padding_for((6, 6)) == ((0, 1), (0, 1))
    assert torchs.output_size(6) == first.output_size(6)
    assert (first.taps(6)[0][1] - torchs.taps(6)[0][1]).tolist() == [1, 1, 1]


def test_overlap_is_uneven_or_even() -> None:
    """Ones spread by ones: the number of kernels that overlap (Odena et al. 2016)."""
    uneven, even = of("checkerboard"), of("even_overlap")
    line = [1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]
    assert uneven.tolist() == np.outer(line, line).tolist()
    assert set(uneven.flat) == {1, 2, 4}
    assert set(even[2:-2, 2:-2].flat) == {4}
    even[2:-2, 2:-2] = 0
    assert even.max() < 4
