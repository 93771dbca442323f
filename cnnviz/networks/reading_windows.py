"""Which cells of its input each output of a convolution or a pooling reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cnnviz.networks.explained import OUTSIDE, Windows

__all__ = ["LaidOut", "Pooling", "laid_out", "pooling"]

Size = tuple[int, int]
_MODES: Mapping[str, Literal["reflect", "edge", "wrap"]] = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


@dataclass(frozen=True, eq=False)
class LaidOut:
    """The input of a convolution with its padding, and how the kernel goes over it.

    Attributes:
        rows, columns: index of the input cell at each place of the padded input, or `OUTSIDE`.
        kernel, stride, dilation: (rows, columns).
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    kernel: Size
    stride: Size = (1, 1)
    dilation: Size = (1, 1)

    @property
    def windows(self) -> Windows:
        """Cells that each output reads."""
        return Windows(self._along(self.rows, 0), self._along(self.columns, 1))

    def _along(self, cells: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
        kernel, stride, dilation = self.kernel[axis], self.stride[axis], self.dilation[axis]
        outputs = (len(cells) - dilation * (kernel - 1) - 1) // stride + 1
        return cells[np.add.outer(np.arange(outputs) * stride, np.arange(kernel) * dilation)]


def laid_out(module: nn.Conv2d, size: Size) -> LaidOut:
    """Lay out an input of (rows, columns) for a convolution: any stride, padding, dilation and padding mode."""
    rows, columns = (_padded(size[axis], *_padding(module, axis), module.padding_mode) for axis in range(2))
    return LaidOut(rows, columns, _pair(module.kernel_size), _pair(module.stride), _pair(module.dilation))


def _padding(module: nn.Conv2d, axis: int) -> tuple[int, int]:
    """Cells before and after; "same" puts the odd one behind."""
    if not isinstance(module.padding, str):
        return module.padding[axis], module.padding[axis]
    if module.padding == "valid":
        return 0, 0
    both = module.dilation[axis] * (module.kernel_size[axis] - 1)
    return both // 2, both - both // 2


def _padded(size: int, before: int, after: int, mode: str) -> NDArray[np.int32]:
    """Index of the input cell that stands at each place of the padded input."""
    cells = np.arange(size, dtype=np.int32)
    if mode == "zeros":
        return np.pad(cells, (before, after), constant_values=OUTSIDE)
    return np.pad(cells, (before, after), mode=_MODES[mode])


@dataclass(frozen=True)
class Pooling:
    """A pooling's parameters, as in PyTorch; `kernel` is None for an adaptive one.

    Attributes:
        operation: "max" or "average".
        kernel, stride, padding, dilation: (rows, columns).
        counts_padding: an average divides by the cells of the padding, too.
        divisor: what an average divides by instead of the number of cells; 0 for that number.
    """

    operation: str
    kernel: Size | None = None
    stride: Size = (1, 1)
    padding: Size = (0, 0)
    dilation: Size = (1, 1)
    counts_padding: bool = True
    divisor: int = 0

    def windows(self, size: Size, output: Size) -> tuple[Windows, NDArray[np.float32]]:
        """Windows of a pooling and what their sums are divided by, (H', W').

        Args:
            size: of the input, (rows, columns).
            output: of the output: it knows how the last window was rounded.
        """
        (rows, high), (columns, wide) = (self._along(axis, size[axis], output[axis]) for axis in range(2))
        divisors = np.full(output, self.divisor) if self.divisor else np.multiply.outer(high, wide)
        return Windows(rows, columns), divisors.astype(np.float32)

    def _along(self, axis: int, size: int, output: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Cells of each window along an axis, and how many count."""
        outputs = np.arange(output)
        if self.kernel is None:
            starts, ends = outputs * size // output, -(-(outputs + 1) * size // output)
            cells = np.add.outer(starts, np.arange((ends - starts).max()))
            return np.where(cells < ends[:, None], cells, OUTSIDE).astype(np.int32), ends - starts
        kernel, padding = self.kernel[axis], self.padding[axis]
        starts = outputs * self.stride[axis] - padding
        cells = np.add.outer(starts, np.arange(kernel) * self.dilation[axis])
        inside = (cells >= 0) & (cells < size)
        counts = np.minimum(starts + kernel, size + padding) - starts if self.counts_padding else inside.sum(axis=1)
        return np.where(inside, cells, OUTSIDE).astype(np.int32), counts


_PARAMETERS = {
    "max": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "average": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
}  # of torch.nn.functional, by place
_OPERATIONS = {
    "MaxPool2d": "max", "max_pool2d": "max", "AvgPool2d": "average", "avg_pool2d": "average",
    "AdaptiveMaxPool2d": "max", "adaptive_max_pool2d": "max", "AdaptiveAvgPool2d": "average",
    "adaptive_avg_pool2d": "average", "mean": "average",
}  # fmt: skip


def pooling(
    kind: str, module: nn.Module | None, arguments: tuple[Any, ...] = (), keywords: Mapping[str, Any] | None = None
) -> Pooling | None:
    """Read the parameters of a module, or of a function's call; None for what is no pooling that we know.

    Args:
        kind: class or function.
        module: None for a function.
        arguments: of the function, by place, without the input.
        keywords: of the function, by name.
    """
    if kind not in _OPERATIONS:
        return None
    operation = _OPERATIONS[kind]
    if kind == "mean" or kind.lower().startswith("adaptive"):
        return Pooling(operation)
    names = _PARAMETERS[operation]
    if module is not None:
        given = {name: getattr(module, name) for name in names}
    else:
        given = {**dict(zip(names, arguments, strict=False)), **(keywords or {})}
    kernel = _pair(given["kernel_size"])
    stride = given.get("stride")
    return Pooling(
        operation,
        kernel,
        _pair(stride) if stride else kernel,
        _pair(given.get("padding", 0)),
        _pair(given.get("dilation", 1)),
        bool(given.get("count_include_pad", True)),
        given.get("divisor_override") or 0,
    )


def _pair(value: Any) -> Size:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
