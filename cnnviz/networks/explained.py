"""How one channel of one step was computed: the records that `explanation.explain` returns. Nothing here needs torch.

A step belongs to a chain: a head (convolution, linear layer, addition, product), perhaps a normalisation, perhaps an
activation. All steps of a chain have maps of one size, so a place in one is a place in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution.receptive_field import Field

__all__ = [
    "OUTSIDE",
    "Activated",
    "Carried",
    "Convolved",
    "Explanation",
    "Head",
    "Joined",
    "Merged",
    "Normalised",
    "Part",
    "Pooled",
    "Windows",
]

OUTSIDE = -1
"""In `Windows`: the cell lies in the padding, or is not part of this window."""

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Windows:
    """Which cells of the input the window of each output reads; one axis at a time.

    Attributes:
        rows: int32 (H', kernel rows): row of the input, from 0, or `OUTSIDE`.
        columns: int32 (W', kernel columns).
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Convolved:
    """A channel of a convolution or a linear layer: Σ over input channels of window · kernel, plus the bias.

    A linear layer after a flattened map is a convolution whose kernel is as large as the map; one after a vector has
    inputs of 1×1; one that works at each place, as in ConvNeXt, is a convolution with a kernel of 1×1.

    Attributes:
        step: the layer.
        source: the step whose output it reads; "" for the picture.
        channels: (K,) numbers of the input channels kept, in `source`, the strongest first.
        total: input channels that take part; those of the channel's group.
        inputs: float32 (K, H, W).
        weights: float32 (K, kernel rows, kernel columns).
        strengths: float64 (K,), mean over the map of |contribution|.
        others: float32 (H', W'), the sum of the contributions of those that are not kept; None where all are.
        windows: which input cells each output reads.
        bias: None where the layer has none.
        output: float32 (H', W'), as captured.
        agrees: what was captured is what the inputs give; otherwise somebody changed it on the way.
    """

    step: str
    source: str
    channels: NDArray[np.int64]
    total: int
    inputs: Map
    weights: Map
    strengths: NDArray[np.float64]
    others: Map | None
    windows: Windows
    bias: float | None
    output: Map
    agrees: bool


@dataclass(frozen=True, eq=False)
class Part:
    """One of several inputs.

    Attributes:
        step: where it comes from; "" for the picture.
        role: "shortcut" or "residual" in a residual block, else "".
        map: float32 (H, W).
    """

    step: str
    role: str
    map: Map


@dataclass(frozen=True, eq=False)
class Merged:
    """A channel of a sum or a product of maps; `operation` is "add" or "multiply"."""

    step: str
    operation: str
    parts: tuple[Part, ...]
    output: Map
    agrees: bool


@dataclass(frozen=True, eq=False)
class Pooled:
    """A channel of a pooling.

    Attributes:
        step: the layer.
        source: the step that it reads.
        operation: "max" or "average".
        input: float32 (H, W).
        windows: cells that each output reads.
        divisors: float32 (H', W'), what a sum is divided by; None for a maximum.
        output: float32 (H', W'), as captured.
        agrees: what was captured is what the input gives.
    """

    step: str
    source: str
    operation: str
    input: Map
    windows: Windows
    divisors: Map | None
    output: Map
    agrees: bool


@dataclass(frozen=True, eq=False)
class Joined:
    """A channel of a concatenation: which branch it comes from.

    Attributes:
        step: the concatenation.
        branches: (step, channels) of each, in order.
        branch: index of the one that it comes from.
        channel: its number there, from 0.
        agrees: what was captured is what the branch gave.
    """

    step: str
    branches: tuple[tuple[str, int], ...]
    branch: int
    channel: int
    agrees: bool


@dataclass(frozen=True, eq=False)
class Carried:
    """What enters a normalisation or an activation that follows no convolution, linear layer or sum."""

    source: str
    output: Map


Head = Convolved | Merged | Pooled | Joined | Carried


@dataclass(frozen=True, eq=False)
class Normalised:
    """A channel after normalisation: weight · (x − mean) / √(variance + eps) + bias = scale · x + shift.

    Attributes:
        step: the layer.
        mean, variance: running statistics of training, or, where `measured`, of this picture's group of channels.
        weight, bias: γ and β; 1 and 0 where the layer has none.
        eps: added to the variance.
        measured: group normalisation takes its statistics from the picture itself.
        output: float32 (H, W), as captured.
        agrees: what was captured is what the step before gives.
    """

    step: str
    mean: float
    variance: float
    weight: float
    bias: float
    eps: float
    measured: bool
    output: Map
    agrees: bool

    @property
    def scale(self) -> float:
        """What x is multiplied by."""
        return float(self.weight / np.sqrt(self.variance + self.eps))

    @property
    def shift(self) -> float:
        """What is added."""
        return self.bias - self.mean * self.scale


@dataclass(frozen=True, eq=False)
class Activated:
    """A channel after an activation.

    Attributes:
        step: the layer.
        kind: as PyTorch calls it: "ReLU".
        formula: key of `activations.FORMULAS`; "" where we cannot compute it, and show only what was captured.
        settings: numbers of the formula, such as a slope.
        output: float32 (H, W), as captured.
        agrees: what was captured is what the step before gives; true where there is no formula.
    """

    step: str
    kind: str
    formula: str
    settings: Mapping[str, float]
    output: Map
    agrees: bool


@dataclass(frozen=True, eq=False)
class Explanation:
    """One channel of one step, and where its numbers come from.

    Attributes:
        step: the one asked for.
        channel: from 0.
        channels: of the step.
        map: float32 (H, W), as captured; 1×1 for a vector's.
        head: what the chain begins with; None where we cannot say how the map was made.
        normalised, activated: the rest of the chain, where there is one.
        field: receptive field in pixels of the picture; None where units have none of their own.
        whole: each unit sees all of the picture.
    """

    step: str
    channel: int
    channels: int
    map: Map
    head: Head | None
    normalised: Normalised | None
    activated: Activated | None
    field: Field | None
    whole: bool

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns) of the map."""
        rows, columns = self.map.shape
        return rows, columns
