"""A private copy of a network's modules, for a run of one's own; what it is made of may be shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

__all__ = ["named", "shadow"]


def named(model: nn.Module) -> dict[nn.Module, str]:
    """Every module and its name, as `named_modules` has them, in a fraction of the time."""
    found: dict[nn.Module, str] = {}

    def visit(module: nn.Module, name: str) -> None:
        if module not in found:
            found[module] = name
            for key, child in module._modules.items():
                if child is not None:
                    visit(child, f"{name}.{key}" if name else key)

    visit(model, "")
    return found


def shadow(module: nn.Module, tensor: Callable[[Tensor], Tensor]) -> nn.Module:
    """The same modules with the same settings, in evaluation mode and without hooks; `module` stays as it is.

    `copy.deepcopy` would do it in ten times the time.

    Args:
        module: any network but one made by `torch.jit`.
        tensor: makes a parameter or buffer of the copy from the original's; is asked once for each.
    """
    return _copied(module, tensor, {})


def _copied(module: nn.Module, tensor: Callable[[Tensor], Tensor], memo: dict[int, Any]) -> nn.Module:
    if id(module) in memo:
        known: nn.Module = memo[id(module)]
        return known
    copy: nn.Module = object.__new__(type(module))
    memo[id(module)] = copy
    hooks = {name: type(value)() for name, value in module.__dict__.items() if name.endswith("_hooks")}
    copy.__dict__ = {**module.__dict__, **hooks, "training": False}
    for kind in ("_parameters", "_buffers"):
        values = getattr(module, kind).items()
        copy.__dict__[kind] = {name: None if each is None else _made(each, tensor, memo) for name, each in values}
    copy.__dict__["_modules"] = {
        name: None if child is None else _copied(child, tensor, memo) for name, child in module._modules.items()
    }
    return copy


def _made(value: Tensor, tensor: Callable[[Tensor], Tensor], memo: dict[int, Any]) -> Tensor:
    if id(value) not in memo:
        memo[id(value)] = tensor(value)
    known: Tensor = memo[id(value)]
    return known
