"""Random settings that fit together, what a layer's taps read, and the same in PyTorch: for tests of its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from torch.nn import functional

from cnnviz.convolution.arithmetic import PADDING, Layer, TransposedConvolution

__all__ = [
    "STEPS",
    "Case",
    "Pair",
    "agree",
    "alike",
    "averages",
    "cases",
    "cropped",
    "documented_padding",
    "fits",
    "padded",
    "read",
    "spread",
    "summed",
    "transposed",
]

torch.set_num_threads(1)

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


@st.composite
def averages(draw: st.DrawFn) -> Case:
    """Pooling without dilation."""
    case = draw(cases(pooling=True))
    case.dilation = (1, 1)
    halves = [k // 2 for k in case.kernel_size]
    case.padding = tuple((min(b, h), min(a, h)) for (b, a), h in zip(case.padding, halves, strict=True))
    case.size = tuple(max(n, k) for n, k in zip(case.size, case.kernel_size, strict=True))
    return case


def padded(inputs: torch.Tensor, padding: tuple[Pair, Pair], mode: str = "zeros", value: float = 0.0) -> torch.Tensor:
    """Torch's own padding, columns first there; negative numbers crop."""
    (top, bottom), (left, right) = padding
    if mode == "zeros":
        return functional.pad(inputs, (left, right, top, bottom), value=value)
    return functional.pad(inputs, (left, right, top, bottom), mode=TORCH_MODES[mode])


def documented_padding(size: int, extent: int, stride: int) -> Pair:
    """The formula in TensorFlow's API documentation of `tf.nn` ("Notes on padding"), in its own form."""
    remainder = size % stride
    total = max(extent - (remainder if remainder else stride), 0)
    return total // 2, total - total // 2


def alike(case: Case) -> Pair:
    """The smaller side of each axis: what torch's pooling can be told."""
    return min(case.padding[0]), min(case.padding[1])


def fits(case: Case, padding: Pair) -> bool:
    """Whether one window fits into the padded input."""
    axes = zip(case.size, padding, case.kernel_size, case.dilation, strict=True)
    return all(n + 2 * p >= d * (k - 1) + 1 for n, p, k, d in axes)


def cropped(case: Case, layer: TransposedConvolution, whole: torch.Tensor) -> torch.Tensor:
    """Torch's whole result, extended by the output padding and then cropped."""
    longer = padded(whole, tuple((0, extra) for extra in layer.output_padding))
    return padded(longer, tuple((-before, -after) for before, after in case.padding))


def spread(case: Case, weights: torch.Tensor) -> torch.Tensor:
    """Torch's transposed convolution with nothing cropped."""
    return functional.conv_transpose2d(case.inputs, weights, None, case.stride, 0, 0, case.groups, case.dilation)


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
