"""What a module says about the input that it needs: checked before it runs, so that a refusal names both shapes.

PyTorch's meta kernels do not check everything that the real ones do.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks.facts import Shape
from cnnviz.networks.zoo.parts import Add, Concatenate
from cnnviz.text import N_

__all__ = ["check_initialised", "check_input", "expected_input"]

_ANY = "…"
_RANKS: dict[type[nn.Module], int] = {nn.BatchNorm2d: 4, nn.BatchNorm3d: 5}


def check_initialised(model: nn.Module, weights: Iterable[Tensor | None]) -> None:
    """Raise a ParameterError when `model` has lazy layers, whose first real run would change its `weights`."""
    if any(isinstance(each, UninitializedParameter | UninitializedBuffer) for each in weights):
        raise ParameterError("model", type(model).__name__, N_("a network whose weights have shapes"))


def check_input(name: str, module: nn.Module, shapes: tuple[Shape, ...]) -> None:
    """Raise a ShapeError when `module`, called `name`, cannot be used on inputs of `shapes` (with the batch)."""
    if not shapes:
        return
    shape = shapes[0]
    if isinstance(module, Add | Concatenate):
        _check_merging(name, module, shapes)
    match module:
        case nn.Conv2d():
            windows = all(
                size + 2 * _padding(module, i) >= module.dilation[i] * (module.kernel_size[i] - 1) + 1
                for i, size in enumerate(shape[2:])
            )
            fits = len(shape) == 4 and shape[1] == module.in_channels and (windows or module.padding == "same")
        case nn.BatchNorm1d() | nn.BatchNorm2d() | nn.BatchNorm3d():
            fits = len(shape) == _RANKS.get(type(module), len(shape)) and shape[1] == module.num_features
        case nn.GroupNorm():
            fits = shape[1] == module.num_channels
        case nn.Conv1d() | nn.ConvTranspose2d():
            fits = shape[1] == module.in_channels
        case nn.Linear():
            fits = shape[-1] == module.in_features
        case _:
            fits = True
    if not fits:
        raise ShapeError(name, shape[1:], expected_input(module))


def expected_input(module: nn.Module) -> str:
    """The input that `module` needs, without the batch, in symbols; empty when it does not say."""
    match module:
        case nn.Conv2d():
            least = [module.dilation[i] * (module.kernel_size[i] - 1) + 1 - 2 * _padding(module, i) for i in (0, 1)]
            sides = [f"≥{size}" if size > 1 and module.padding != "same" else _ANY for size in least]
            return " × ".join([str(module.in_channels), *sides])
        case nn.BatchNorm2d():
            return f"{module.num_features} × {_ANY} × {_ANY}"
        case nn.BatchNorm1d() | nn.BatchNorm3d():
            return f"{module.num_features} × {_ANY}"
        case nn.GroupNorm():
            return f"{module.num_channels} × {_ANY}"
        case nn.Conv1d():
            return f"{module.in_channels} × {_ANY}"
        case nn.ConvTranspose2d():
            return f"{module.in_channels} × {_ANY} × {_ANY}"
        case nn.Linear():
            return str(module.in_features)
        case nn.MaxPool2d() | nn.AvgPool2d():
            kernel, padding = _pair(module.kernel_size), _pair(module.padding)
            dilation = _pair(module.dilation) if isinstance(module, nn.MaxPool2d) else (1, 1)
            least = [(k - 1) * d + 1 - 2 * p for k, p, d in zip(kernel, padding, dilation, strict=True)]
            return " × ".join([_ANY, *(f"≥{max(1, size)}" for size in least)])
    return ""


def _check_merging(name: str, module: Add | Concatenate, shapes: tuple[Shape, ...]) -> None:
    """All inputs of an addition have one shape, those of a concatenation but for their channels."""
    first, start = shapes[0], 2 if isinstance(module, Concatenate) else 0
    for shape in shapes[1:]:
        if shape[start:] != first[start:] or len(shape) != len(first):
            sides = [_ANY, *map(str, first[2:])] if start else map(str, first[1:])
            raise ShapeError(name, shape[1:], " × ".join(sides))


def _padding(module: nn.Conv2d, axis: int) -> int:
    return 0 if isinstance(module.padding, str) else module.padding[axis]


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
