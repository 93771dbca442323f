"""One layer computed by PyTorch: the call in `torch.nn.functional` that it stands for, with explicit padding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cnnviz.convolution.arithmetic import (
    AveragePooling,
    Axis,
    Convolution,
    Layer,
    MaxPooling,
    TransposedConvolution,
)
from cnnviz.errors import ParameterError
from cnnviz.text import N_

if TYPE_CHECKING:
    import torch

__all__ = ["apply"]

Axes = tuple[Axis, Axis]


def apply(
    layer: Layer,
    cells: torch.Tensor | ArrayLike,
    weights: torch.Tensor | ArrayLike | None = None,
    bias: torch.Tensor | ArrayLike | None = None,
) -> torch.Tensor:
    """Compute the output of `layer` with PyTorch; padding that torch has no number for is added (or cropped) apart.

    Args:
        layer: of any kind.
        cells: (in_channels, H, W) or (N, in_channels, H, W); tensors stay as they are, arrays are copied as float64.
        weights: in torch's layout, `layer.weight_shape`; None for pooling.
        bias: (out_channels,), or None to add nothing.

    Returns:
        (out_channels, H', W') or (N, out_channels, H', W').

    Raises:
        ParameterError: when an array has the wrong shape, or the layer cannot be laid over the input.
    """
    x, w, b = _tensor(cells), _tensor_or_none(weights), _tensor_or_none(bias)
    _check(layer, x, w, b)
    axes = layer.axes((x.shape[-2], x.shape[-1]))
    match layer:
        case Convolution():
            return _convolve(layer, axes, x, w, b)
        case TransposedConvolution():
            return _transpose(layer, axes, x, w, b)
        case MaxPooling():
            return _max_pool(layer, axes, x)
        case AveragePooling():
            return _average_pool(layer, axes, x)
    raise TypeError(type(layer))


def _tensor(values: torch.Tensor | ArrayLike) -> torch.Tensor:
    import torch

    if isinstance(values, torch.Tensor):
        return values
    return torch.from_numpy(np.array(values, dtype=np.float64))


def _tensor_or_none(values: torch.Tensor | ArrayLike | None) -> torch.Tensor | None:
    return None if values is None else _tensor(values)


def _check(layer: Layer, x: torch.Tensor, weights: torch.Tensor | None, bias: torch.Tensor | None) -> None:
    if x.ndim not in (3, 4) or x.shape[-3] != layer.in_channels:
        raise ParameterError("cells", f"{tuple(x.shape)}", f"({layer.in_channels}, H, W)")
    if not layer.weight_shape:
        for name, given in (("weights", weights), ("bias", bias)):
            if given is not None:
                raise ParameterError(name, f"{tuple(given.shape)}", "None", N_("pooling has no weights"))
        return
    if weights is None or tuple(weights.shape) != layer.weight_shape:
        shape = None if weights is None else tuple(weights.shape)
        raise ParameterError("weights", f"{shape}", f"{layer.weight_shape}")
    if bias is not None and tuple(bias.shape) != (layer.out_channels,):
        raise ParameterError("bias", f"{tuple(bias.shape)}", f"({layer.out_channels},)")


def _symmetric(axes: Axes) -> bool:
    return all(axis.before == axis.after for axis in axes)


def _convolve(
    layer: Convolution, axes: Axes, x: torch.Tensor, weights: torch.Tensor | None, bias: torch.Tensor | None
) -> torch.Tensor:
    from torch.nn import functional

    assert weights is not None  # noqa: S101 - `_check` has looked
    if _symmetric(axes) and layer.padding_mode == "zeros":
        padding = axes[0].before, axes[1].before
        return functional.conv2d(x, weights, bias, layer.stride, padding, layer.dilation, layer.groups)
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    x = functional.pad(x, _widths(axes), mode)
    return functional.conv2d(x, weights, bias, layer.stride, 0, layer.dilation, layer.groups)


def _widths(axes: Axes) -> list[int]:
    """Padding as torch lists it, the last axis first; what the last window of `ceil_mode` needs is added."""
    rows, columns = axes
    return [columns.before, columns.after + _beyond(columns), rows.before, rows.after + _beyond(rows)]


def _beyond(axis: Axis) -> int:
    """Cells that the last window reaches beyond the padding."""
    return max(0, (axis.output - 1) * axis.stride + axis.extent - axis.padded)


def _transpose(
    layer: TransposedConvolution, axes: Axes, x: torch.Tensor, weights: torch.Tensor | None, bias: torch.Tensor | None
) -> torch.Tensor:
    from torch.nn import functional

    assert weights is not None  # noqa: S101 - `_check` has looked
    rows, columns = axes
    padding = (rows.before, columns.before) if _symmetric(axes) else (0, 0)
    y = functional.conv_transpose2d(
        x, weights, bias, layer.stride, padding, layer.output_padding, layer.groups, layer.dilation
    )
    if _symmetric(axes):
        return y
    return y[..., rows.before : rows.before + rows.output, columns.before : columns.before + columns.output]


def _max_pool(layer: MaxPooling, axes: Axes, x: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional

    # torch takes at most half of the kernel, whatever the dilation
    if _symmetric(axes) and all(axis.before <= axis.kernel_size // 2 for axis in axes):
        padding = axes[0].before, axes[1].before
        return functional.max_pool2d(x, layer.kernel_size, layer.stride, padding, layer.dilation, layer.ceil_mode)
    x = functional.pad(x, _widths(axes), value=-np.inf)
    return functional.max_pool2d(x, layer.kernel_size, layer.stride, 0, layer.dilation)


def _average_pool(layer: AveragePooling, axes: Axes, x: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional

    if _symmetric(axes):
        padding = axes[0].before, axes[1].before
        counted = layer.count_include_pad and layer.padding != "same_tensorflow"
        return functional.avg_pool2d(x, layer.kernel_size, layer.stride, padding, layer.ceil_mode, counted)
    x = functional.pad(x, _widths(axes))
    sums = functional.avg_pool2d(x, layer.kernel_size, layer.stride, divisor_override=1)
    rows, columns = layer.divisors((axes[0].size, axes[1].size))
    return sums / _tensor(np.outer(rows, columns)).to(sums)
