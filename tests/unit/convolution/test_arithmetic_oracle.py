"""Sizes, links, costs and refusals of all layers against PyTorch, over thousands of random settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.convolution.arithmetic import (
    PADDING,
    PADDING_MODES,
    AveragePooling,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.convolution.arithmetic.sizes import tensorflow_padding
from cnnviz.errors import ParameterError

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

Pair = tuple[int, int]
STEPS = st.integers(1, 4)
TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


@dataclass
class Case:
    """Numbers that fit together: each is (rows, columns), padding ((top, bottom), (left, right))."""

    size: Pair
    kernel_size: Pair
    stride: Pair
    dilation: Pair
    padding: tuple[Pair, Pair]
    groups: int
    in_channels: int
    out_channels: int
    seed: int

    def values(self, *shape: int) -> torch.Tensor:
        """Random numbers, the same for the same case."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    @property
    def inputs(self) -> torch.Tensor:
        """One input, (1, in_channels, H, W)."""
        return self.values(1, self.in_channels, *self.size)

    @property
    def channels(self) -> dict[str, int]:
        """What layers with weights take."""
        return {"groups": self.groups, "in_channels": self.in_channels, "out_channels": self.out_channels}


@st.composite
def cases(draw: st.DrawFn, side: int = 4, mode: str = "zeros", pooling: bool = False) -> Case:
    """Odd, even and rectangular kernels on inputs that are just large enough or up to seven cells larger."""
    kernel_size, stride = (draw(st.tuples(st.integers(1, 5), STEPS)) for _ in range(2))
    kernel_size, stride = draw(st.sampled_from([(kernel_size, stride), (kernel_size[::-1], stride[::-1])]))
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    extent = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True)]
    most = [k // 2 if pooling else side for k in kernel_size]
    padding = tuple((draw(st.integers(0, m)), draw(st.integers(0, m))) for m in most)
    least = {"reflect": 1, "circular": 0}.get(mode, -100)
    size = [max(1, e - sum(p), max(p) + least) for e, p in zip(extent, padding, strict=True)]
    size = [smallest + draw(st.integers(0, 7)) for smallest in size]
    groups, inputs, outputs = (draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    seed = draw(st.integers(0, 2**31))
    return Case(tuple(size), kernel_size, stride, dilation, padding, groups, groups * inputs, groups * outputs, seed)


def padded(inputs: torch.Tensor, padding: tuple[Pair, Pair], mode: str = "zeros", value: float = 0.0) -> torch.Tensor:
    """Torch's own padding, columns first there; negative numbers crop."""
    (top, bottom), (left, right) = padding
    if mode == "zeros":
        return functional.pad(inputs, (left, right, top, bottom), value=value)
    return functional.pad(inputs, (left, right, top, bottom), mode=TORCH_MODES[mode])


def read(layer: Layer, inputs: torch.Tensor, nothing: float = 0.0) -> np.ndarray:
    """What each output reads by our taps: (C, H', W', kh, kw), with `nothing` where there is no cell."""
    rows, columns = layer.taps(tuple(inputs.shape[2:]))
    assert PADDING == -1  # so that it picks the row and the column added here
    cells = np.pad(inputs[0].numpy(), ((0, 0), (0, 1), (0, 1)), constant_values=nothing)
    return cells[:, rows[:, None, :, None], columns[None, :, None, :]]


def summed(layer: Layer, inputs: torch.Tensor, weights: torch.Tensor) -> np.ndarray:
    """The layer's output by its taps and weights, group by group."""
    patches, groups = read(layer, inputs), layer.groups
    parts = patches.reshape(groups, -1, *patches.shape[1:])
    shaped = weights.numpy().reshape(groups, -1, *weights.shape[1:])
    rule = "gihwkl,giokl->gohw" if isinstance(layer, TransposedConvolution) else "gihwkl,goikl->gohw"
    result = np.einsum(rule, parts, shaped)
    return result.reshape(-1, *result.shape[2:])


def agree(ours: np.ndarray, theirs: torch.Tensor, layer: Layer, size: Pair) -> None:
    """Same numbers in the same places, and the size that was announced."""
    assert layer.output_size(size) == tuple(theirs.shape[2:])
    np.testing.assert_allclose(ours, theirs[0].numpy(), rtol=1e-9, atol=1e-9)


# ---- convolution


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PADDING_MODES).flatmap(lambda mode: st.tuples(st.just(mode), cases(mode=mode))))
def test_convolution_reads_what_torch_reads(drawn: tuple[str, Case]) -> None:
    """Any padding, of any mode, uneven sides too: torch pads first and then convolves without padding."""
    mode, case = drawn
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation, mode, **case.channels)
    weights = case.values(*layer.weight_shape)
    full = padded(case.inputs, case.padding, mode)
    theirs = functional.conv2d(full, weights, None, case.stride, 0, case.dilation, case.groups)
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)


@settings(max_examples=400, deadline=None)
@given(cases(side=0), st.sampled_from(["valid", "same"]), st.sampled_from(PADDING_MODES))
def test_rules_are_those_of_torch(case: Case, rule: str, mode: str) -> None:
    """By name with every padding mode: "valid" pads nothing, "same" keeps the size."""
    stride = (1, 1) if rule == "same" else case.stride
    layer = Convolution(case.kernel_size, stride, rule, case.dilation, mode, **case.channels)
    theirs = nn.Conv2d(
        case.in_channels, case.out_channels, case.kernel_size, stride, rule, case.dilation, case.groups, False, mode
    ).double()
    with torch.no_grad():
        agree(summed(layer, case.inputs, theirs.weight.detach()), theirs(case.inputs), layer, case.size)
    assert rule == "valid" or layer.output_size(case.size) == case.size


@settings(max_examples=200, deadline=None)
@given(cases(side=0))
def test_full_padding_reads_every_window_that_touches(case: Case) -> None:
    """The extent less one on every side: torch with that number; SciPy's and NumPy's "full" have this size."""
    layer = Convolution(case.kernel_size, case.stride, "full", case.dilation, **case.channels)
    weights = case.values(*layer.weight_shape)
    number = tuple(d * (k - 1) for k, d in zip(case.kernel_size, case.dilation, strict=True))
    theirs = functional.conv2d(case.inputs, weights, None, case.stride, number, case.dilation, case.groups)
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)


def documented_padding(size: int, extent: int, stride: int) -> Pair:
    """The formula in TensorFlow's API documentation of `tf.nn` ("Notes on padding"), in its own form."""
    remainder = size % stride
    total = max(extent - (remainder if remainder else stride), 0)
    return total // 2, total - total // 2


@settings(max_examples=300, deadline=None)
@given(cases(side=0), st.sampled_from(["zeros", "replicate"]))
def test_the_rule_of_tensorflow(case: Case, mode: str) -> None:
    """Padded as documented there, torch convolves the same cells; the size is divided by the stride, rounded up."""
    layer = Convolution(case.kernel_size, case.stride, "same_tensorflow", case.dilation, mode, **case.channels)
    weights = case.values(*layer.weight_shape)
    sides = tuple(map(documented_padding, case.size, layer.extent, case.stride))
    theirs = functional.conv2d(
        padded(case.inputs, sides, mode), weights, None, case.stride, 0, case.dilation, case.groups
    )
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)
    assert layer.output_size(case.size) == tuple(map(lambda n, s: math.ceil(n / s), case.size, case.stride))


# ---- transposed convolution


@st.composite
def transposed(draw: st.DrawFn) -> tuple[Case, TransposedConvolution]:
    """Crops on all four sides that leave at least one output, and output padding."""
    case = draw(cases(side=0))
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(case.stride, case.dilation, strict=True))
    crops = []
    for n, k, s, d, e in zip(case.size, case.kernel_size, case.stride, case.dilation, extra, strict=True):
        room = min((n - 1) * s + d * (k - 1) + e, 9)
        before = draw(st.integers(0, room))
        crops.append((before, draw(st.integers(0, room - before))))
    if draw(st.booleans()):
        crops = [(min(each),) * 2 for each in crops]
    case.padding = tuple(crops)
    return case, TransposedConvolution(
        case.kernel_size, case.stride, case.padding, extra, case.dilation, **case.channels
    )


def cropped(case: Case, layer: TransposedConvolution, whole: torch.Tensor) -> torch.Tensor:
    """Torch's whole result, extended by the output padding and then cropped."""
    longer = padded(whole, tuple((0, extra) for extra in layer.output_padding))
    return padded(longer, tuple((-before, -after) for before, after in case.padding))


def spread(case: Case, weights: torch.Tensor) -> torch.Tensor:
    """Torch's transposed convolution with nothing cropped."""
    return functional.conv_transpose2d(case.inputs, weights, None, case.stride, 0, 0, case.groups, case.dilation)


@settings(max_examples=350, deadline=None)
@given(transposed())
def test_transposed_convolution_reads_what_torch_spreads(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Cropped afterwards, and by torch's own parameters where both sides are alike."""
    case, layer = drawn
    weights = case.values(*layer.weight_shape)
    theirs = cropped(case, layer, spread(case, weights))
    agree(summed(layer, case.inputs, weights), theirs, layer, case.size)
    if all(before == after for before, after in case.padding):
        number = [before for before, _ in case.padding]
        by_torch = functional.conv_transpose2d(
            case.inputs, weights, None, case.stride, number, layer.output_padding, case.groups, case.dilation
        )
        torch.testing.assert_close(theirs, by_torch)


@settings(max_examples=150, deadline=None)
@given(transposed())
def test_stretched_is_the_same_as_a_convolution(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Zeros inserted, kernel flipped, stride 1: torch's convolution gives torch's transposed convolution."""
    case, layer = drawn
    layer = TransposedConvolution(
        case.kernel_size, case.stride, case.padding, layer.output_padding, case.dilation, 1,
        case.in_channels, case.out_channels,
    )  # fmt: skip
    case.groups = 1
    rows, columns = (axis.stretched() for axis in layer.axes(case.size))
    assert (rows.stride, columns.stride, rows.transposed, columns.transposed) == (1, 1, False, False)
    stretched = torch.zeros(1, case.in_channels, rows.size, columns.size, dtype=torch.float64)
    stretched[..., :: case.stride[0], :: case.stride[1]] = case.inputs
    weights = case.values(*layer.weight_shape)
    flipped = weights.transpose(0, 1).flip(2, 3)
    around = padded(stretched, ((rows.before, rows.after), (columns.before, columns.after)))
    convolved = functional.conv2d(around, flipped, dilation=(rows.dilation, columns.dilation))
    torch.testing.assert_close(convolved, cropped(case, layer, spread(case, weights)), rtol=1e-9, atol=1e-9)
    assert (rows.output, columns.output) == tuple(convolved.shape[2:])
    assert rows.left_over == columns.left_over == 0


# ---- pooling


def alike(case: Case) -> Pair:
    """The smaller side of each axis: what torch's pooling can be told."""
    return min(case.padding[0]), min(case.padding[1])


@settings(max_examples=400, deadline=None)
@given(cases(pooling=True), st.booleans())
def test_max_pooling_reads_what_torch_reads(case: Case, ceil_mode: bool) -> None:
    """The maximum over the taps that are cells; minus infinity where dilation steps over all of them, as in torch."""
    layer = MaxPooling(case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode, case.in_channels)
    if not fits(case, alike(case)):
        with pytest.raises(ParameterError):
            layer.output_size(case.size)
        return
    theirs = functional.max_pool2d(case.inputs, case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    agree(read(layer, case.inputs, -np.inf).max(axis=(3, 4)), theirs, layer, case.size)


def fits(case: Case, padding: Pair) -> bool:
    """Whether one window fits into the padded input."""
    axes = zip(case.size, padding, case.kernel_size, case.dilation, strict=True)
    return all(n + 2 * p >= d * (k - 1) + 1 for n, p, k, d in axes)


@settings(max_examples=200, deadline=None)
@given(cases(pooling=True))
def test_max_pooling_with_uneven_sides(case: Case) -> None:
    """Torch pads with minus infinity first."""
    layer = MaxPooling(case.kernel_size, case.stride, case.padding, case.dilation, channels=case.in_channels)
    lowest = padded(case.inputs, case.padding, value=-math.inf)
    theirs = functional.max_pool2d(lowest, case.kernel_size, case.stride, 0, case.dilation)
    agree(read(layer, case.inputs, -np.inf).max(axis=(3, 4)), theirs, layer, case.size)


@st.composite
def averages(draw: st.DrawFn) -> Case:
    """Pooling without dilation."""
    case = draw(cases(pooling=True))
    case.dilation = (1, 1)
    halves = [k // 2 for k in case.kernel_size]
    case.padding = tuple((min(b, h), min(a, h)) for (b, a), h in zip(case.padding, halves, strict=True))
    case.size = tuple(max(n, k) for n, k in zip(case.size, case.kernel_size, strict=True))
    return case


def averaged(layer: AveragePooling, inputs: torch.Tensor) -> np.ndarray:
    """The sums over the taps by our divisors."""
    rows, columns = layer.divisors(tuple(inputs.shape[2:]))
    return read(layer, inputs).sum(axis=(3, 4)) / np.outer(rows, columns)


@settings(max_examples=400, deadline=None)
@given(averages(), st.booleans(), st.booleans())
def test_average_pooling_divides_as_torch(case: Case, ceil_mode: bool, count_include_pad: bool) -> None:
    """Whether zeros of the padding count, and that what ceil_mode adds never does."""
    layer = AveragePooling(
        case.kernel_size, case.stride, alike(case), ceil_mode, count_include_pad, channels=case.in_channels
    )
    theirs = functional.avg_pool2d(
        case.inputs, case.kernel_size, case.stride, alike(case), ceil_mode, count_include_pad
    )
    agree(averaged(layer, case.inputs), theirs, layer, case.size)


@settings(max_examples=200, deadline=None)
@given(averages(), st.sampled_from(["uneven", "uneven, cells only", "same_tensorflow"]))
def test_average_pooling_with_uneven_sides(case: Case, how: str) -> None:
    """Torch pads first; without the padding, sums are divided by how many ones the window sums up."""
    rule = case.padding if how != "same_tensorflow" else how
    layer = AveragePooling(
        case.kernel_size, case.stride, rule, count_include_pad=how == "uneven", channels=case.in_channels
    )
    sides = case.padding
    if how == "same_tensorflow":
        sides = tuple(map(documented_padding, case.size, case.kernel_size, case.stride))
    theirs = functional.avg_pool2d(padded(case.inputs, sides), case.kernel_size, case.stride)
    if how != "uneven":
        ones = torch.ones(1, 1, *case.size, dtype=torch.float64)
        theirs = theirs / functional.avg_pool2d(padded(ones, sides), case.kernel_size, case.stride)
    agree(averaged(layer, case.inputs), theirs, layer, case.size)


# ---- what no window reaches


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PADDING_MODES).flatmap(lambda mode: st.tuples(st.just(mode), cases(mode=mode))))
def test_unreached_cells_have_no_gradient(drawn: tuple[str, Case]) -> None:
    """With weights of 1 the summed output depends on every cell that is read."""
    mode, case = drawn
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation, mode)
    cells = torch.zeros(1, 1, *case.size, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, *case.kernel_size, dtype=torch.float64)
    functional.conv2d(padded(cells, case.padding, mode), ones, None, case.stride, 0, case.dilation).sum().backward()
    assert_unreached(layer, case.size, cells.grad[0, 0].numpy() == 0)


def assert_unreached(layer: Layer, size: Pair, alone: np.ndarray) -> None:
    """Our rows and columns are exactly the cells that stand `alone`."""
    ours = np.zeros(size, bool)
    rows, columns = layer.unreached(size)
    ours[list(rows)] = True
    ours[:, list(columns)] = True
    np.testing.assert_array_equal(ours, alone)


@settings(max_examples=150, deadline=None)
@given(transposed())
def test_unreached_cells_of_a_transposed_convolution(drawn: tuple[Case, TransposedConvolution]) -> None:
    """Cells whose whole kernel is cropped have no gradient."""
    case, layer = drawn
    layer = TransposedConvolution(case.kernel_size, case.stride, case.padding, layer.output_padding, case.dilation)
    case.groups = case.in_channels = 1
    cells = torch.zeros(1, 1, *case.size, dtype=torch.float64, requires_grad=True)
    ones = torch.ones(1, 1, *case.kernel_size, dtype=torch.float64)
    whole = functional.conv_transpose2d(cells, ones, None, case.stride, dilation=case.dilation)
    cropped(case, layer, whole).sum().backward()
    assert_unreached(layer, case.size, cells.grad[0, 0].numpy() == 0)


@settings(max_examples=150, deadline=None)
@given(cases(pooling=True), st.booleans())
def test_unreached_cells_of_pooling(case: Case, ceil_mode: bool) -> None:
    """A single 1 among zeros wins wherever it is read: one input for every cell."""
    if not fits(case, alike(case)):
        return
    layer = MaxPooling(case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    count = math.prod(case.size)
    dots = torch.eye(count, dtype=torch.float64).reshape(count, 1, *case.size)
    found = functional.max_pool2d(dots, case.kernel_size, case.stride, alike(case), case.dilation, ceil_mode)
    assert_unreached(layer, case.size, (found.amax((1, 2, 3)) < 1).numpy().reshape(case.size))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_left_over_cells_can_be_cut_off(case: Case) -> None:
    """Without them torch's output is as large; with one cell fewer it is smaller, or there is none."""
    layer = Convolution(case.kernel_size, case.stride, case.padding, case.dilation)
    for index, axis in enumerate(layer.axes(case.size)):
        k, s, d = case.kernel_size[index], case.stride[index], case.dilation[index]
        kept = axis.padded - axis.left_over
        kernel = torch.ones(1, 1, k)
        assert functional.conv1d(torch.ones(1, 1, kept), kernel, None, s, 0, d).shape[-1] == axis.output
        if axis.output > 1:
            assert functional.conv1d(torch.ones(1, 1, kept - 1), kernel, None, s, 0, d).shape[-1] == axis.output - 1
        else:
            assert kept == layer.extent[index]


@settings(max_examples=100, deadline=None)
@given(averages(), st.booleans())
def test_left_over_of_pooling(case: Case, ceil_mode: bool) -> None:
    """Cells of the padded input behind the last window that torch makes; none where it reaches further."""
    layer = AveragePooling(case.kernel_size, case.stride, alike(case), ceil_mode)
    theirs = functional.avg_pool2d(case.inputs, case.kernel_size, case.stride, alike(case), ceil_mode).shape[2:]
    for axis, count, side in zip(layer.axes(case.size), theirs, alike(case), strict=True):
        cells = list(range(-side, axis.size + side))
        for window in range(count):
            start = window * axis.stride - side
            cells = [cell for cell in cells if cell >= start + axis.kernel_size]
        assert axis.left_over == len(cells)


# ---- costs


@settings(max_examples=150, deadline=None)
@given(transposed(), st.booleans(), st.booleans())
def test_costs_are_those_that_torch_counts(
    drawn: tuple[Case, TransposedConvolution], bias: bool, backwards: bool
) -> None:
    """Parameters, multiply-accumulates (half of torch's FLOPs) and bytes, on torch's meta device."""
    case, other = drawn
    names = {**case.channels, "bias": bias}
    if backwards:
        padding = alike(case)
        layer: Layer = TransposedConvolution(
            case.kernel_size, case.stride, padding, other.output_padding, case.dilation, **names
        )
        module: nn.Module = nn.ConvTranspose2d(
            **names, kernel_size=case.kernel_size, stride=case.stride, padding=padding,
            output_padding=other.output_padding, dilation=case.dilation, device="meta",
        )  # fmt: skip
    else:
        layer = Convolution(case.kernel_size, case.stride, 1, case.dilation, **names)
        module = nn.Conv2d(
            **names, kernel_size=case.kernel_size, stride=case.stride, padding=1, dilation=case.dilation, device="meta"
        )
    inputs = torch.empty(1, case.in_channels, *case.size, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        outputs = module(inputs)
    parameters = list(module.parameters())
    assert layer.parameters == sum(each.numel() for each in parameters)
    assert layer.weight_shape == tuple(parameters[0].shape)
    assert layer.macs(case.size) * 2 == counter.get_total_flops() > 0
    assert layer.memory(case.size) == (inputs.nbytes, sum(each.nbytes for each in parameters), outputs.nbytes)


def test_pooling_costs_by_hand() -> None:
    """Of 3 channels 5 x 7, windows of 2 x 3: 6 cells each, so 5 comparisons, in 2 x 2 outputs a channel."""
    layer = MaxPooling((2, 3), channels=3)
    assert layer.output_size((5, 7)) == (2, 2)
    assert (layer.parameters, layer.weight_shape, layer.macs((5, 7)), layer.operations((5, 7))) == (0, (), 0, 60)
    inputs = torch.empty(1, 3, 5, 7)
    assert layer.memory((5, 7)) == (inputs.nbytes, 0, functional.max_pool2d(inputs, (2, 3)).nbytes)


# ---- refusals


@st.composite
def anything(draw: st.DrawFn) -> tuple[type[Layer], dict[str, Any], Pair]:
    """Settings that need not go together."""
    kind = draw(st.sampled_from([Convolution, TransposedConvolution, MaxPooling, AveragePooling]))
    two = st.tuples(STEPS, STEPS)
    values: dict[str, Any] = {"kernel_size": draw(two), "stride": draw(two), "padding": draw(st.integers(0, 3))}
    if kind is not AveragePooling:
        values["dilation"] = draw(two)
    if kind is Convolution:
        values["padding_mode"] = draw(st.sampled_from(PADDING_MODES))
        values["padding"] = draw(st.sampled_from([values["padding"], "same", "valid", "diagonal"]))
    if kind is TransposedConvolution:
        values["output_padding"] = draw(st.integers(0, 3))
    if kind in (MaxPooling, AveragePooling):
        values["ceil_mode"] = draw(st.booleans())
    else:
        values |= {name: draw(st.integers(1, 4)) for name in ("groups", "in_channels", "out_channels")}
    return kind, values, draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))


TWINS = {
    Convolution: nn.Conv2d,
    TransposedConvolution: nn.ConvTranspose2d,
    MaxPooling: nn.MaxPool2d,
    AveragePooling: nn.AvgPool2d,
}


def torch_size(kind: type[Layer], values: dict[str, Any], size: Pair) -> Pair | None:
    """The size of torch's output; None where it refuses, or where nothing would be left."""
    try:
        shape = TWINS[kind](**values)(torch.zeros(1, values.get("in_channels", 1), *size)).shape
    except (RuntimeError, ValueError):
        return None
    return (shape[2], shape[3]) if min(shape) > 0 else None


@settings(max_examples=500, deadline=None)
@given(anything())
def test_torch_refuses_what_we_refuse(drawn: tuple[type[Layer], dict[str, Any], Pair]) -> None:
    """Of all settings of torch's own layers, one kind is refused here alone.

    A window larger than the whole padded input, of which torch makes an output with `ceil_mode` when the stride
    is large: a window that no position fits. (More is refused outside of this test: sizes beyond 4096, which
    nobody can look at, a stride of 0, and numbers where True or False is meant.)
    """
    kind, values, size = drawn
    try:
        ours: Pair | None = kind(**values).output_size(size)
    except ParameterError:
        ours = None
    if values.get("ceil_mode"):
        extents = (d * (k - 1) + 1 for k, d in zip(values["kernel_size"], values.get("dilation", (1, 1)), strict=True))
        if any(e > n + 2 * values["padding"] for e, n in zip(extents, size, strict=True)):
            assert ours is None
            return
    assert ours == torch_size(kind, values, size)


def test_the_window_that_fits_nowhere() -> None:
    """The difference by example: three cells on two, rounded up."""
    values = {"kernel_size": 3, "stride": 2, "ceil_mode": True}
    assert torch_size(MaxPooling, values, (2, 2)) == (1, 1)
    with pytest.raises(ParameterError, match="kernel_size is 3, but must be 1 … 2"):
        MaxPooling(**values).output_size(2)


# ---- TensorFlow's padding


@pytest.mark.parametrize(
    ("size", "kernel_size", "stride", "sides"),
    [
        (5, 3, 2, (1, 1)),
        (6, 3, 2, (0, 1)),
        (224, 7, 2, (2, 3)),
        (4, 2, 1, (0, 1)),
        (7, 1, 3, (0, 0)),
        (8, 2, 2, (0, 0)),
    ],
)
def test_padding_of_tensorflow_by_hand(size: int, kernel_size: int, stride: int, sides: Pair) -> None:
    """Ceil(size / stride) windows span (windows - 1) * stride + kernel cells: what is missing is padding."""
    assert tensorflow_padding(size, kernel_size, stride) == sides


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_padding_of_tensorflow_is_the_least(size: int, kernel_size: int, stride: int, dilation: int) -> None:
    """As many windows as the size divided by the stride, rounded up; one cell less and one would not fit."""
    before, after = tensorflow_padding(size, kernel_size, stride, dilation)
    extent, wanted = dilation * (kernel_size - 1) + 1, math.ceil(size / stride)
    spans = [start + extent for start in range(0, size + before + after, stride)]
    assert sum(end <= size + before + after for end in spans) == wanted
    assert before + after == 0 or sum(end <= size + before + after - 1 for end in spans) < wanted
    assert after - before in (0, 1)
    assert (before, after) == documented_padding(size, extent, stride)


def test_padding_of_tensorflow_is_not_that_of_resnet() -> None:
    """On 224 pixels, 7 x 7, stride 2: both give 112, but torch's padding of 3 lets windows begin one pixel earlier."""
    fixed, rule = Convolution(7, 2, 3), Convolution(7, 2, "same_tensorflow")
    assert fixed.output_size(224) == rule.output_size(224) == (112, 112)
    assert rule.padding_for((224, 224)) == ((2, 3), (2, 3))
    rows, other = fixed.taps(224)[0], rule.taps(224)[0]
    inside = (rows != PADDING) & (other != PADDING)
    assert set((other - rows)[inside]) == {1}
    assert rule.padding_for((225, 224)) == ((3, 3), (2, 3))  # it depends on the input
