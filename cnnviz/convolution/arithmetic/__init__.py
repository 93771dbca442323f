"""The arithmetic of layers: how size, stride, padding, dilation and groups decide the output, cell by cell.

A layer (`Convolution`, `TransposedConvolution`, `MaxPooling`, `AveragePooling`; parameters named as in torch.nn)
is laid over an input by `layer.axes((H, W))`. The two axes that come back know everything else: sizes, padding,
what each output reads, what no window reaches. Loops, matrices, the player in the browser and the formulas on
the page all follow these records.
"""

from cnnviz.convolution.arithmetic.axis import PADDING, PADDING_MODES, Axis, PaddingMode
from cnnviz.convolution.arithmetic.layer import Layer, Sides
from cnnviz.convolution.arithmetic.layers import Convolution, TransposedConvolution
from cnnviz.convolution.arithmetic.pooling import AveragePooling, MaxPooling
from cnnviz.convolution.arithmetic.sizes import output_size, same_padding, transposed_output_size
from cnnviz.convolution.arithmetic.windows import Windows, windows

__all__ = [
    "PADDING",
    "PADDING_MODES",
    "AveragePooling",
    "Axis",
    "Convolution",
    "Layer",
    "MaxPooling",
    "PaddingMode",
    "Sides",
    "TransposedConvolution",
    "Windows",
    "output_size",
    "same_padding",
    "transposed_output_size",
    "windows",
]
