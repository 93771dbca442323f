"""What the steps of a forward pass are called, while it runs.

A step is one call of a module without children, or of a function outside of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Steps", "function_name", "is_leaf", "tensors"]


class Steps:
    """The modules that are under way, and how often each name was used."""

    def __init__(self) -> None:
        self.open: list[tuple[str, nn.Module]] = []
        self._uses: dict[str, int] = {}

    @property
    def leaf(self) -> tuple[str, nn.Module] | None:
        """The module without children that is under way, if one is."""
        return self.open[-1] if self.open and is_leaf(self.open[-1][1]) else None

    @property
    def between(self) -> bool:
        """Functions are steps now: a module with children is under way."""
        return bool(self.open) and not is_leaf(self.open[-1][1])

    def child(self, function: str) -> str:
        """Name of a function that is called now: the module's around it and its own."""
        around = self.open[-1][0]
        return f"{around}.{function}" if around else function

    def numbered(self, name: str) -> str:
        """The name of one more step called `name`: its second use ends in "#2"."""
        use = self._uses[name] = self._uses.get(name, 0) + 1
        return name if use == 1 else f"{name}#{use}"


def is_leaf(module: nn.Module) -> bool:
    """One step: a module without children, or one made by `torch.jit`, into which Python does not see."""
    return not module._modules or isinstance(module, torch.jit.ScriptModule)


def function_name(function: Callable[..., Any]) -> str:
    """As it is written in names of steps: "add" for `Tensor.add_`."""
    return str(getattr(function, "__name__", function)).strip("_")


def tensors(values: Any) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists and dictionaries."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, list | tuple):
        for each in values:
            yield from tensors(each)
    elif isinstance(values, Mapping):
        for each in values.values():
            yield from tensors(each)
