"""Random legal layers, each with the same computation in PyTorch, written from the settings that were drawn.

Nothing here asks cnnviz for a size or a padding, so that the comparison has two independent sides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from cnnviz.convolution.arithmetic import AveragePooling, Convolution, Layer, MaxPooling, TransposedConvolution
from cnnviz.errors import ParameterError

torch.set_num_threads(1)

Numbers = NDArray[np.float64]
Sides = tuple[tuple[int, int], tuple[int, int]]
Oracle = Callable[[torch.Tensor, "torch.Tensor | None", "torch.Tensor | None"], torch.Tensor]

KERNELS = st.tuples(st.integers(1, 4), st.integers(1, 4))
STEPS = st.tuples(st.integers(1, 3), st.integers(1, 3))
EXTRA = st.tuples(st.integers(0, 4), st.integers(0, 5))


@dataclass(frozen=True, eq=False)
class Case:
    """A layer, numbers for it, and what PyTorch makes of them."""

    layer: Layer
    cells: Numbers
    weights: Numbers | None
    bias: Numbers | None
    expected: Numbers

    @property
    def arguments(self) -> tuple[Layer, Numbers, Numbers | None, Numbers | None]:
        """As `run` takes them."""
        return self.layer, self.cells, self.weights, self.bias


@st.composite
def convolutions(draw: st.DrawFn) -> Case:
    """Every padding and mode, strides, dilations, groups; rectangles throughout."""
    kernel, stride, dilation = draw(KERNELS), draw(STEPS), draw(STEPS)
    extent = extents(kernel, dilation)
    padding = draw(
        st.one_of(plain((4, 4)), uneven((4, 4)), st.sampled_from(["valid", "same", "same_tensorflow", "full"]))
    )
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    groups, part_in, part_out = draw(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 3)))
    if padding == "same":
        stride = (1, 1)
    size = drawn_size(draw, extent, padding, mode)
    sides = resolved(padding, size, kernel, stride, dilation)
    channels = {"in_channels": groups * part_in, "out_channels": groups * part_out}
    layer = Convolution(kernel, stride, padding, dilation, mode, groups, **channels)

    def oracle(x: torch.Tensor, w: torch.Tensor | None, b: torch.Tensor | None) -> torch.Tensor:
        if (sides[0][0] == sides[0][1] and sides[1][0] == sides[1][1]) or padding == "same":
            number = padding if padding == "same" else (sides[0][0], sides[1][0])
            module = nn.Conv2d(
                **channels, kernel_size=kernel, stride=stride, padding=number, dilation=dilation, groups=groups,
                padding_mode=mode, bias=b is not None, dtype=torch.float64,
            )  # fmt: skip
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")  # said once
                return with_numbers(module, w, b)(x)
        x = functional.pad(x, (*sides[1], *sides[0]), "constant" if mode == "zeros" else mode)
        return functional.conv2d(x, w, b, stride, 0, dilation, groups)

    return finished(draw, layer, size, oracle)


@st.composite
def transposed(draw: st.DrawFn) -> Case:
    """Even and uneven cropping, output padding, strides, dilations, groups."""
    kernel, stride, dilation = draw(KERNELS), draw(STEPS), draw(STEPS)
    padding = draw(st.one_of(plain((3, 3)), uneven((3, 3))))
    more_rows, more_columns = (draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    groups, part_in, part_out = draw(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 3)))
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 6)))
    channels = {"in_channels": groups * part_in, "out_channels": groups * part_out}
    layer = TransposedConvolution(
        kernel, stride, padding, (more_rows, more_columns), dilation, groups=groups, **channels
    )
    (top, bottom), (left, right) = resolved(padding, size, kernel, stride, dilation)

    def oracle(x: torch.Tensor, w: torch.Tensor | None, b: torch.Tensor | None) -> torch.Tensor:
        even = top == bottom and left == right
        module = nn.ConvTranspose2d(
            **channels, kernel_size=kernel, stride=stride, padding=(top, left) if even else 0, dilation=dilation,
            output_padding=(more_rows, more_columns), groups=groups, bias=b is not None, dtype=torch.float64,
        )  # fmt: skip
        y = with_numbers(module, w, b)(x)
        return y if even else y[..., top : y.shape[-2] - bottom, left : y.shape[-1] - right]

    return finished(draw, layer, size, oracle)


@st.composite
def pooling(draw: st.DrawFn) -> Case:
    """Maximum and average, rounded up or down, every padding, padding counted or not."""
    kind = draw(st.sampled_from([MaxPooling, AveragePooling]))
    kernel, stride, channels = draw(KERNELS), draw(STEPS), draw(st.integers(1, 3))
    dilation = draw(STEPS) if kind is MaxPooling else (1, 1)
    extent = extents(kernel, dilation)
    most = kernel[0] // 2, kernel[1] // 2
    padding = draw(st.one_of(plain(most), uneven(most), st.sampled_from(["valid", "same_tensorflow"])))
    ceil_mode, counted = draw(st.booleans()), draw(st.booleans())
    size = drawn_size(draw, extent, padding, "zeros")
    sides = resolved(padding, size, kernel, stride, dilation)
    if kind is MaxPooling:
        layer: Layer = MaxPooling(kernel, stride, padding, dilation, ceil_mode, channels)
    else:
        layer = AveragePooling(kernel, stride, padding, ceil_mode, counted, channels)
        counted = counted and padding != "same_tensorflow"

    def oracle(x: torch.Tensor, w: torch.Tensor | None, b: torch.Tensor | None) -> torch.Tensor:  # noqa: ARG001 - as all
        (top, bottom), (left, right) = sides
        if top == bottom <= most[0] and left == right <= most[1]:  # torch takes no more, whatever the dilation
            if kind is MaxPooling:
                return nn.MaxPool2d(kernel, stride, (top, left), dilation, ceil_mode=ceil_mode)(x)
            return nn.AvgPool2d(kernel, stride, (top, left), ceil_mode, counted)(x)
        if kind is MaxPooling:
            y = functional.max_pool2d(padded(x, sides, -np.inf), kernel, stride, 0, dilation, ceil_mode)
        else:
            ones = padded(torch.ones_like(x), sides, float(counted))
            sums, counts = (
                functional.avg_pool2d(each, kernel, stride, 0, ceil_mode, divisor_override=1)
                for each in (padded(x, sides, 0.0), ones)
            )
            y = sums / counts
        # torch: every window begins in the input or in the padding before it
        return y[..., : -(-(size[0] + top) // stride[0]), : -(-(size[1] + left) // stride[1])]

    return finished(draw, layer, size, oracle)


def cases() -> st.SearchStrategy[Case]:
    """A layer of any kind."""
    return st.one_of(convolutions(), transposed(), pooling())


def plain(most: tuple[int, int]) -> st.SearchStrategy[tuple[int, int]]:
    """(rows, columns)."""
    return st.tuples(st.integers(0, most[0]), st.integers(0, most[1]))


def uneven(most: tuple[int, int]) -> st.SearchStrategy[Sides]:
    """((top, bottom), (left, right))."""
    return st.tuples(plain((most[0], most[0])), plain((most[1], most[1])))


def extents(kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """Cells that a window spans."""
    return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1


def drawn_size(draw: st.DrawFn, extent: tuple[int, int], padding: object, mode: str) -> tuple[int, int]:
    """A size near the smallest that is legal, often that one."""
    smallest = []
    for axis in (0, 1):
        if isinstance(padding, str):
            each = (
                (0, 0)
                if padding == "valid"
                else (extent[axis] - 1,) * 2
                if padding == "full"
                else (extent[axis] // 2,) * 2
            )
        else:
            each = padding[axis] if isinstance(padding[axis], tuple) else (padding[axis],) * 2
        mirror = {"reflect": max(each) + 1, "circular": max(each)}.get(mode, 1)
        smallest.append(max(1, extent[axis] - sum(each), mirror))
    extra = draw(EXTRA)
    return smallest[0] + extra[0], smallest[1] + extra[1]


def resolved(
    padding: object, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]
) -> Sides:
    """The padding in numbers, by the documents of PyTorch and TensorFlow."""
    extent = extents(kernel, dilation)
    found = []
    for axis in (0, 1):
        match padding:
            case "valid":
                found.append((0, 0))
            case "full":
                found.append((extent[axis] - 1, extent[axis] - 1))
            case "same" | "same_tensorflow":
                # tf.nn: "if in_height % strides[1] == 0: max(filter_height - stride_height, 0) else …"
                rest = size[axis] % stride[axis] or stride[axis]
                total = max(extent[axis] - rest, 0)
                found.append((total // 2, total - total // 2))
            case _:
                each = padding[axis]
                found.append(each if isinstance(each, tuple) else (each, each))
    return found[0], found[1]


def padded(x: torch.Tensor, sides: Sides, value: float) -> torch.Tensor:
    """With `value` all around."""
    return functional.pad(x, (*sides[1], *sides[0]), value=value)


def with_numbers(module: nn.Module, weights: torch.Tensor | None, bias: torch.Tensor | None) -> nn.Module:
    """The module with the given parameters."""
    for name, value in (("weight", weights), ("bias", bias)):
        if value is not None:
            setattr(module, name, nn.Parameter(value, requires_grad=False))
    return module


def finished(draw: st.DrawFn, layer: Layer, size: tuple[int, int], oracle: Oracle) -> Case:
    """Fill in the numbers; what does not fit is left out."""
    try:
        layer.axes(size)
    except ParameterError:
        assume(False)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    cells = rng.normal(size=(layer.in_channels, *size))
    weights = rng.normal(size=layer.weight_shape) if layer.weight_shape else None
    bias = rng.normal(size=layer.out_channels) if layer.weight_shape and draw(st.booleans()) else None
    x, w, b = (None if each is None else torch.from_numpy(each.copy()) for each in (cells, weights, bias))
    assert x is not None
    return Case(layer, cells, weights, bias, oracle(x, w, b).numpy())
