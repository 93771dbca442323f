"""What a module says about the input that it needs: checked before it runs, so that a refusal names both shapes.

PyTorch's meta kernels do not check everything that the real ones do.
"""

from __future__ import annotations

from torch import nn

from cnnviz.errors import ShapeError
from cnnviz.networks.facts import Shape
from cnnviz.text import N_

__all__ = ["check_input", "expected_input"]

_ANY = "…"
_SAME = N_("inputs of one shape")


def check_input(name: str, module: nn.Module, shapes: tuple[Shape, ...]) -> None:
    """Raise a ShapeError when `module`, called `name`, cannot be used on inputs of `shapes` (with the batch)."""
    if not shapes:
        return
    shape = shapes[0]
    match module:
        case nn.Conv2d():
            windows = all(
                size + 2 * _padding(module, i) >= module.dilation[i] * (module.kernel_size[i] - 1) + 1
                for i, size in enumerate(shape[2:])
            )
            fits = len(shape) == 4 and shape[1] == module.in_channels and (windows or module.padding == "same")
        case nn.BatchNorm2d():
            fits = len(shape) == 4 and shape[1] == module.num_features
        case nn.Linear():
            fits = shape[-1] == module.in_features
        case nn.MaxPool2d() | nn.AvgPool2d():
            fits = len(shape) in (3, 4) and min(shape[1:]) > 0
        case _:
            fits = True
    if not fits:
        raise ShapeError(name, shape[1:], expected_input(module))


def expected_input(module: nn.Module) -> str:
    """The input that `module` needs, without the batch, in symbols; empty when it does not say."""
    match module:
        case nn.Conv2d():
            least = [module.dilation[i] * (module.kernel_size[i] - 1) + 1 - 2 * _padding(module, i) for i in (0, 1)]
            sides = [f"≥{size}" if size > 1 else _ANY for size in least]
            return " × ".join([str(module.in_channels), *sides])
        case nn.BatchNorm2d():
            return f"{module.num_features} × {_ANY} × {_ANY}"
        case nn.Linear():
            return str(module.in_features)
        case nn.MaxPool2d() | nn.AvgPool2d():
            kernel, padding = _pair(module.kernel_size), _pair(module.padding)
            sides = [f"≥{max(1, k - 2 * p)}" for k, p in zip(kernel, padding, strict=True)]
            return " × ".join([_ANY, *sides])
    return ""


def _padding(module: nn.Conv2d, axis: int) -> int:
    return 0 if isinstance(module.padding, str) else module.padding[axis]


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
