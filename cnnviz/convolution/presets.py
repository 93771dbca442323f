"""Layers worth looking at: the figures of the guide that everybody cites, first layers of networks, and surprises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnviz.convolution.arithmetic import Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.convolution.checks import Pair
from cnnviz.errors import ParameterError
from cnnviz.text import N_

__all__ = ["Preset", "get", "names"]


@dataclass(frozen=True)
class Preset:
    """A layer, its input and what they show.

    Attributes:
        key: how it is called in a link or a notebook.
        title: its name, marked with `N_`.
        look: what to look at, true for exactly these settings, marked with `N_`.
        source: paper, section or figure.
        layer: the layer.
        size: (rows, columns) of the input.
        cells: what the input holds, a key of `contents.CELLS`, or "photo".
        weights: what the kernels hold, a key of `contents.WEIGHTS`.
        tab: part of the page that shows it best; "" for the first one.
    """

    key: str
    title: str
    look: str
    source: str
    layer: Layer
    size: Pair
    cells: str = "integers"
    weights: str = "integers"
    tab: str = ""


def _figure(number: str, title: str, look: str, layer: Layer, size: int) -> Preset:
    source = f"Dumoulin and Visin 2018, figure {number} (arXiv 1603.07285)"
    return Preset(f"figure_{number.replace('.', '_')}", title, look, source, layer, (size, size))


_FIGURES = (
    _figure(
        "2.1",
        N_("2.1 No padding, stride 1"),
        N_("The 3 × 3 window fits in 2 × 2 places. A corner is read once, each of the four middle cells four times."),
        Convolution(3, bias=False),
        4,
    ),
    _figure(
        "2.2",
        N_("2.2 Padding 2, even kernel"),
        N_(
            "Padding 2 makes the output one cell larger than the input, padding 1 would make it one smaller: "
            "with an even kernel no equal padding on both sides keeps the size."
        ),
        Convolution(4, padding=2, bias=False),
        5,
    ),
    _figure(
        "2.3",
        N_("2.3 Half padding"),
        N_("One ring of zeros keeps the size. In each corner, five of the nine numbers that are read are padding."),
        Convolution(3, padding=1, bias=False),
        5,
    ),
    _figure(
        "2.4",
        N_("2.4 Full padding"),
        N_("Every window that touches the input counts: the first reads a single cell. Each cell is read nine times."),
        Convolution(3, padding=2, bias=False),
        5,
    ),
    _figure(
        "2.5",
        N_("2.5 No padding, stride 2"),
        N_("The window jumps two cells at a time and fits in 2 × 2 places. All four read the cell in the middle."),
        Convolution(3, stride=2, bias=False),
        5,
    ),
    _figure(
        "2.6",
        N_("2.6 Padding 1, stride 2"),
        N_("With one ring of zeros the windows are centred on the cells of rows and columns 1, 3 and 5."),
        Convolution(3, stride=2, padding=1, bias=False),
        5,
    ),
    _figure(
        "2.7",
        N_("2.7 Padding 1, stride 2, a cell too many"),
        N_(
            "One row and one column more than in 2.6, and the output is as large: the padding at the bottom and on "
            "the right is never read."
        ),
        Convolution(3, stride=2, padding=1, bias=False),
        6,
    ),
    _figure(
        "4.1",
        N_("4.1 Transposed: no padding, stride 1"),
        N_("Each cell adds a scaled kernel to the output. The four outputs in the middle get a part of every cell."),
        TransposedConvolution(3, bias=False),
        2,
    ),
    _figure(
        "4.2",
        N_("4.2 Transposed: padding 2, even kernel"),
        N_("Padding crops here: of 9 × 9 outputs two rows and two columns go on every side, 5 × 5 remain."),
        TransposedConvolution(4, padding=2, bias=False),
        6,
    ),
    _figure(
        "4.3",
        N_("4.3 Transposed: half padding"),
        N_("The size stays. A convolution with half padding gives the same numbers when its kernel is turned around."),
        TransposedConvolution(3, padding=1, bias=False),
        5,
    ),
    _figure(
        "4.4",
        N_("4.4 Transposed: full padding"),
        N_("All outputs with fewer than nine parts are cropped: of 9 × 9, only 5 × 5 remain."),
        TransposedConvolution(3, padding=2, bias=False),
        7,
    ),
    _figure(
        "4.5",
        N_("4.5 Transposed: no padding, stride 2"),
        N_(
            "Stride 2 sets the kernels two cells apart: they overlap in one row and one column, all four in the middle."
        ),
        TransposedConvolution(3, stride=2, bias=False),
        2,
    ),
    _figure(
        "4.6",
        N_("4.6 Transposed: padding 1, stride 2"),
        N_("The way back from 2.6, from 3 × 3 to 5 × 5: the size comes back, the numbers do not."),
        TransposedConvolution(3, stride=2, padding=1, bias=False),
        3,
    ),
    _figure(
        "4.7",
        N_("4.7 Transposed: padding 1, stride 2, output padding 1"),
        N_(
            "5 × 5 and 6 × 6 both become 3 × 3 in 2.6 and 2.7. On the way back output padding decides: one row and "
            "one column less are cropped at the end."
        ),
        TransposedConvolution(3, stride=2, padding=1, output_padding=1, bias=False),
        3,
    ),
    _figure(
        "5.1",
        N_("5.1 Dilation 2"),
        N_("Nine weights span 5 × 5 cells and read every second one."),
        Convolution(3, dilation=2, bias=False),
        7,
    ),
)

_FROM_NETWORKS = (
    Preset(
        "lenet_c1",
        N_("LeNet-5: C1"),
        N_(
            "Six filters of 5 × 5 weights and one bias each: 156 numbers to learn for 122,304 connections. Without "
            "padding, 32 × 32 becomes 28 × 28."
        ),
        "LeCun et al. 1998, Gradient-based learning applied to document recognition, section II.B",
        Convolution(5, in_channels=1, out_channels=6),
        (32, 32),
        cells="photo",
    ),
    Preset(
        "alexnet_conv1",
        N_("AlexNet: first layer"),
        N_(
            "Windows of 11 × 11 in steps of 4 give 55 × 55. This is the variant for one GPU with 64 filters; the "
            "paper of 2012 has 96 on two, and its 224 × 224 cells without padding would give 54 × 54."
        ),
        "Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks (arXiv 1404.5997), "
        "torchvision; Krizhevsky et al. 2012, section 3.5",
        Convolution(11, stride=4, padding=2, in_channels=3, out_channels=64),
        (224, 224),
        cells="photo",
        weights="edge",
    ),
    Preset(
        "resnet_conv1",
        N_("ResNet: first layer"),
        N_(
            "Stride 2 halves 224 to 112 at once; 64 filters have 9,408 weights and no biases. Here they hold an edge "
            "pattern, not what a network has learned."
        ),
        "He et al. 2016, Deep residual learning for image recognition, table 1 (arXiv 1512.03385); torchvision",
        Convolution(7, stride=2, padding=3, in_channels=3, out_channels=64, bias=False),
        (224, 224),
        cells="photo",
        weights="edge",
    ),
)

_WORTH_SEEING = (
    Preset(
        "same",
        N_("Padding “same”"),
        N_(
            "The kernel decides the padding: one cell on every side. A kernel of 4 would need two after and one before."
        ),
        "PyTorch, torch.nn.Conv2d, padding='same'",
        Convolution(3, padding="same", bias=False),
        (5, 5),
    ),
    Preset(
        "strided",
        N_("Smaller by stride"),
        N_("The windows of 2 × 2 in steps of 2 read every cell once and halve the size, with four weights to learn."),
        "Springenberg et al. 2015, Striving for simplicity: the all convolutional net (arXiv 1412.6806)",
        Convolution(2, stride=2, bias=False),
        (8, 8),
    ),
    Preset(
        "max_pool",
        N_("Smaller by max pooling"),
        N_("The largest of every four numbers stays. The size is halved, and there is nothing to learn."),
        "Dumoulin and Visin 2018, chapter 3 (arXiv 1603.07285)",
        MaxPooling(2),
        (8, 8),
    ),
    Preset(
        "dilated",
        N_("Dilated convolution"),
        N_("Nine outputs, two cells apart, read the single 1: together they are the kernel, turned around."),
        "Yu and Koltun 2016, Multi-scale context aggregation by dilated convolutions (arXiv 1511.07122)",
        Convolution(3, dilation=2, bias=False),
        (9, 9),
        cells="impulse",
    ),
    Preset(
        "depthwise",
        N_("Depthwise convolution"),
        N_("As many groups as channels: each output channel reads one input channel, with 27 weights instead of 81."),
        "Howard et al. 2017, MobileNets (arXiv 1704.04861), section 3.1",
        Convolution(3, padding=1, groups=3, in_channels=3, out_channels=3, bias=False),
        (5, 5),
    ),
    Preset(
        "pointwise",
        N_("1 × 1 convolution"),
        N_("Each output mixes the three channels of one cell and sees no neighbours: six weights make two of three."),
        "Lin et al. 2014, Network in network (arXiv 1312.4400)",
        Convolution(1, in_channels=3, out_channels=2, bias=False),
        (5, 5),
    ),
    Preset(
        "grouped",
        N_("Grouped convolution"),
        N_("Output channels 1 and 2 read input channels 1 and 2 alone, 3 and 4 the others: 72 weights instead of 144."),
        "Krizhevsky et al. 2012, section 3.5; Xie et al. 2017, Aggregated residual transformations (arXiv 1611.05431)",
        Convolution(3, padding=1, groups=2, in_channels=4, out_channels=4, bias=False),
        (5, 5),
    ),
    Preset(
        "stacked",
        N_("One 5 × 5, or two 3 × 3"),
        N_("Two layers of 3 × 3 see as much and give as large an output, with 18 weights instead of 25."),
        "Simonyan and Zisserman 2015, Very deep convolutional networks (arXiv 1409.1556), section 2.3",
        Convolution(5, bias=False),
        (7, 7),
        tab="field",
    ),
    Preset(
        "checkerboard",
        N_("Checkerboard artefacts"),
        N_("All cells and weights are 1, yet the output is a pattern of 1, 2 and 4: 3 is no multiple of stride 2."),
        "Odena et al. 2016, Deconvolution and checkerboard artifacts, Distill, doi 10.23915/distill.00003",
        TransposedConvolution(3, stride=2, bias=False),
        (5, 5),
        cells="ones",
        weights="ones",
    ),
    Preset(
        "even_overlap",
        N_("Checkerboard artefacts avoided"),
        N_("The kernel of 4 is a multiple of stride 2: all outputs are 4, but for two rows and columns on every side."),
        "Odena et al. 2016, Deconvolution and checkerboard artifacts, Distill, doi 10.23915/distill.00003",
        TransposedConvolution(4, stride=2, bias=False),
        (5, 5),
        cells="ones",
        weights="ones",
    ),
    Preset(
        "same_tensorflow",
        N_("TensorFlow's “same” with stride 2"),
        N_(
            "Only one row at the bottom and one column on the right are padded. PyTorch's padding 1 gives the same "
            "size, but its windows begin one cell earlier."
        ),
        "TensorFlow, tf.nn, notes on padding",
        Convolution(3, stride=2, padding="same_tensorflow", bias=False),
        (6, 6),
    ),
)

_PRESETS: Mapping[str, Preset] = MappingProxyType(
    {each.key: each for each in (*_FIGURES, *_FROM_NETWORKS, *_WORTH_SEEING)}
)


def names() -> tuple[str, ...]:
    """The keys of all presets, in the order of a menu."""
    return tuple(_PRESETS)


def get(key: str) -> Preset:
    """Look up a preset.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in _PRESETS:
        raise ParameterError("preset", key, ", ".join(_PRESETS))
    return _PRESETS[key]
