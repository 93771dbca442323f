"""Compound scaling: how EfficientNet-B0 grows into deeper, wider networks for larger pictures, and what that costs.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, arXiv 1905.11946. Nothing
here builds a network: parameters and operations follow from the table of stages by arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.convolution.arithmetic import Convolution
from cnnviz.errors import ParameterError

__all__ = [
    "ALONE",
    "BASELINE",
    "MOST_PHI",
    "VARIANTS",
    "Block",
    "Coefficients",
    "Multipliers",
    "ScaledNetwork",
    "ScaledStage",
    "Stage",
    "compound",
    "fitting_phis",
    "round_channels",
    "round_repeats",
    "scaled",
]

RESOLUTION = 224  # pixels of a side, of B0
MOST_PHI = 8.0
_MOST = 16.0  # of the multipliers of depth and width; B7 has 3.1 and 2
_SIDES = (32, 4096)  # pixels; B7 has 600
_CLASSES = 1000
_CHANNEL_STEP = 8
_SQUEEZE = 4  # the gate of a block has a quarter of the block's input channels


@dataclass(frozen=True)
class Coefficients:
    """How much depth, width and resolution grow with each step of φ (equation 3 of the paper; found by a search on B0).

    Attributes:
        alpha: of the depth, d = α^φ.
        beta: of the width, w = β^φ.
        gamma: of the resolution, r = γ^φ.
    """

    alpha: float = 1.2
    beta: float = 1.1
    gamma: float = 1.15

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            if not 1 <= getattr(self, name) <= 2:
                raise ParameterError(name, getattr(self, name), "1 … 2")

    @property
    def growth(self) -> float:
        """α·β²·γ²: what one step of φ multiplies the operations by; about 2 in the paper."""
        return self.alpha * self.beta**2 * self.gamma**2


@dataclass(frozen=True)
class Multipliers:
    """How much deeper and wider than B0 a network is, and the side of its pictures in pixels."""

    depth: float
    width: float
    resolution: int


ALONE = ("depth", "width", "resolution")


def compound(phi: float, coefficients: Coefficients | None = None, only: str = "") -> Multipliers:
    """Scale all three together, d = α^φ, w = β^φ, r = γ^φ, or one of them alone as in figure 3 of the paper.

    Args:
        phi: 0 (B0) to 8.
        coefficients: α, β, γ; those of the paper by default.
        only: one of `ALONE`; empty for all three.

    Raises:
        ParameterError: when φ is outside its range, or the network would be larger than is counted here.
    """
    if not 0 <= phi <= MOST_PHI:
        raise ParameterError("phi", phi, f"0 … {MOST_PHI:g}")
    if only and only not in ALONE:
        raise ParameterError("only", only, ", ".join(ALONE))
    chosen = coefficients or Coefficients()
    depth, width, side = (
        base**phi if only in ("", name) else 1.0
        for name, base in zip(ALONE, (chosen.alpha, chosen.beta, chosen.gamma), strict=True)
    )
    return Multipliers(depth, width, round(RESOLUTION * side))


VARIANTS = {
    "B0": Multipliers(1.0, 1.0, 224),
    "B1": Multipliers(1.1, 1.0, 240),
    "B2": Multipliers(1.2, 1.1, 260),
    "B3": Multipliers(1.4, 1.2, 300),
    "B4": Multipliers(1.8, 1.4, 380),
    "B5": Multipliers(2.2, 1.6, 456),
    "B6": Multipliers(2.6, 1.8, 528),
    "B7": Multipliers(3.1, 2.0, 600),
}
"""The published networks: `efficientnet_params` in the authors' efficientnet_builder.py (github.com/tensorflow/tpu)."""


def fitting_phis(multipliers: Multipliers, coefficients: Coefficients | None = None) -> tuple[float, float, float]:
    """The φ at which depth, width and resolution, each by itself, have these multipliers: log d / log α, and so on.

    The published networks are not those of whole numbers φ: B1 is at 0.5, 0 and 0.5, B7 at 6.2, 7.3 and 7.0.

    Args:
        multipliers: those to explain.
        coefficients: α, β, γ, all above 1; those of the paper by default.

    Raises:
        ParameterError: when a coefficient is 1: no φ makes anything larger then.
    """
    chosen = coefficients or Coefficients()
    for name in ("alpha", "beta", "gamma"):
        if getattr(chosen, name) == 1:
            raise ParameterError(name, 1, "1 < … 2")
    return (
        math.log(multipliers.depth) / math.log(chosen.alpha),
        math.log(multipliers.width) / math.log(chosen.beta),
        math.log(multipliers.resolution / RESOLUTION) / math.log(chosen.gamma),
    )


def round_channels(channels: float) -> int:
    """The nearest multiple of 8, but never more than a tenth below: `round_filters` in the authors' code."""
    step = _CHANNEL_STEP
    rounded = max(step, int(channels + step / 2) // step * step)
    return rounded + step if rounded < 0.9 * channels else rounded


def round_repeats(layers: float) -> int:
    """Rounded up: `round_repeats` in the authors' code."""
    return math.ceil(layers)


@dataclass(frozen=True)
class Stage:
    """One row of table 1 of the paper.

    Attributes:
        kind: "conv" (with batch norm), "mbconv" (inverted residual with a gate), or "head" (1x1, pooling, classifier).
        expansion: how many times more channels there are inside an MBConv block.
        kernel_size: of the (depthwise) convolution.
        stride: of its first layer.
        channels: of its output.
        layers: blocks of one form behind each other.
    """

    kind: str
    expansion: int
    kernel_size: int
    stride: int
    channels: int
    layers: int


BASELINE = (
    Stage("conv", 1, 3, 2, 32, 1),
    Stage("mbconv", 1, 3, 1, 16, 1),
    Stage("mbconv", 6, 3, 2, 24, 2),
    Stage("mbconv", 6, 5, 2, 40, 2),
    Stage("mbconv", 6, 3, 2, 80, 3),
    Stage("mbconv", 6, 5, 1, 112, 3),
    Stage("mbconv", 6, 5, 2, 192, 4),
    Stage("mbconv", 6, 3, 1, 320, 1),
    Stage("head", 1, 1, 1, 1280, 1),
)
"""EfficientNet-B0; the paper prints resolutions of the inputs instead of strides."""


@dataclass(frozen=True)
class Block:
    """What one MBConv block, or one convolution, costs: parameters, multiply-accumulates, rows of its output."""

    parameters: int
    macs: int
    side: int


@dataclass(frozen=True)
class ScaledStage:
    """A stage after scaling.

    Attributes:
        stage: what it was in B0.
        channels: of its output.
        layers: blocks in it.
        side: rows, and columns, of its input.
        parameters: of all its blocks; scale and shift of the batch norms counted.
        macs: multiply-accumulates for one picture.
    """

    stage: Stage
    channels: int
    layers: int
    side: int
    parameters: int
    macs: int


@dataclass(frozen=True)
class ScaledNetwork:
    """A scaled network: what it was scaled by, its stages, and their sums."""

    multipliers: Multipliers
    stages: tuple[ScaledStage, ...]

    @property
    def parameters(self) -> int:
        """Numbers to learn."""
        return sum(each.parameters for each in self.stages)

    @property
    def macs(self) -> int:
        """Multiply-accumulates for one picture."""
        return sum(each.macs for each in self.stages)

    @property
    def layers(self) -> int:
        """Blocks and single convolutions behind each other."""
        return sum(each.layers for each in self.stages)


def scaled(multipliers: Multipliers) -> ScaledNetwork:
    """Count EfficientNet-B0 after scaling, with 1000 classes.

    Raises:
        ParameterError: when a multiplier is outside its range.
    """
    _check(multipliers)
    stages: list[ScaledStage] = []
    side, channels = multipliers.resolution, 3
    for stage in BASELINE:
        found, blocks = _stage(stage, multipliers, channels, side)
        stages.append(found)
        side, channels = blocks[-1].side, found.channels
    return ScaledNetwork(multipliers, tuple(stages))


def _check(multipliers: Multipliers) -> None:
    for name in ("depth", "width"):
        if not 1 <= getattr(multipliers, name) <= _MOST:
            raise ParameterError(name, round(getattr(multipliers, name), 2), f"1 … {_MOST:g}")
    if not _SIDES[0] <= multipliers.resolution <= _SIDES[1]:
        raise ParameterError("resolution", multipliers.resolution, f"{_SIDES[0]} … {_SIDES[1]}")


def _stage(stage: Stage, by: Multipliers, channels: int, side: int) -> tuple[ScaledStage, list[Block]]:
    out = round_channels(stage.channels * by.width)
    layers = round_repeats(stage.layers * by.depth) if stage.kind == "mbconv" else 1
    blocks = list(_blocks(stage, channels, out, layers, side))
    parameters, macs = sum(each.parameters for each in blocks), sum(each.macs for each in blocks)
    return ScaledStage(stage, out, layers, side, parameters, macs), blocks


def _blocks(stage: Stage, channels: int, out: int, layers: int, side: int) -> Iterator[Block]:
    """Only the first block of a stage has its stride and changes the number of channels."""
    for number in range(layers):
        stride = stage.stride if number == 0 else 1
        if stage.kind == "mbconv":
            block = _mbconv(stage, channels if number == 0 else out, out, stride, side)
        else:
            block = _convolution(channels, out, stage.kernel_size, stride, side)
        if stage.kind == "head":  # every classifier has a bias
            block = Block(block.parameters + (out + 1) * _CLASSES, block.macs + out * _CLASSES, 1)
        side = block.side
        yield block


@lru_cache(maxsize=2048)  # the blocks of a stage are alike
def _convolution(channels: int, out: int, kernel: int, stride: int, side: int, groups: int = 1) -> Block:
    """A convolution without bias, and the batch norm behind it: a scale and a shift per channel."""
    layer = Convolution(
        kernel, stride, (kernel - 1) // 2, in_channels=channels, out_channels=out, groups=groups, bias=False
    )
    return Block(layer.parameters + 2 * out, layer.macs(side), layer.output_size(side)[0])


def _mbconv(stage: Stage, channels: int, out: int, stride: int, side: int) -> Block:
    """Expansion 1x1, depthwise convolution, gate, projection 1x1 (Sandler et al. 2018; Hu et al. 2017)."""
    inner = channels * stage.expansion
    expand = _convolution(channels, inner, 1, 1, side) if inner != channels else Block(0, 0, side)
    depthwise = _convolution(inner, inner, stage.kernel_size, stride, side, groups=inner)
    squeezed = max(1, channels // _SQUEEZE)
    gate = Block(2 * inner * squeezed + squeezed + inner, 2 * inner * squeezed, 1)  # two layers on one pixel, biases
    project = _convolution(inner, out, 1, 1, depthwise.side)
    parts = (expand, depthwise, gate, project)
    return Block(sum(each.parameters for each in parts), sum(each.macs for each in parts), depthwise.side)
