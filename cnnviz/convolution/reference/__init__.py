"""Layers computed in several ways, in float64 NumPy, written to be read: loops, matrices, Fourier transforms.

Each module works one idea out (`loops`, `im2col`, `fourier`, `pointwise`, `normalisation`) and all of them follow the
axes of `cnnviz.convolution.arithmetic`. A `run(layer, cells, weights, bias)` returns the output together with the
arrays on the way to it (`Traced`). They are for small layers: none of them is fast, and none limits its memory.
"""

from cnnviz.convolution.reference.trace import Stage, Traced

__all__ = ["Stage", "Traced"]
