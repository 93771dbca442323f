"""Tensors kept as they were: copied only when something is about to change them, or when the pass is over."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from cnnviz.networks.steps import tensors

__all__ = ["Copies", "copied", "overwritten"]


class Copies:
    """Outputs of steps by name; nothing that the network does later reaches them.

    Args:
        at_once: copy every tensor when it is added.
    """

    def __init__(self, *, at_once: bool = False) -> None:
        self.kept: dict[str, Tensor] = {}
        self._at_once = at_once
        self._missed = False
        self._shared: dict[int, dict[str, int]] = {}  # storage -> names of tensors in it, and their versions then

    def add(self, name: str, tensor: Tensor) -> None:
        """Keep `tensor` as it is now. A part of a larger tensor is copied: it would hold the whole."""
        if self._at_once or tensor.is_inference() or tensor.untyped_storage().nbytes() > tensor.nbytes:
            self.kept[name] = copied(tensor)
        else:
            self.kept[name] = tensor
            self._shared.setdefault(storage(tensor), {})[name] = tensor._version

    def save(self, doomed: Iterable[Tensor]) -> None:
        """Copy what shares memory with a tensor that is about to be overwritten."""
        for each in doomed:
            for name, version in self._shared.pop(storage(each), {}).items():
                self._missed = self._missed or self.kept[name]._version != version
                self.kept[name] = copied(self.kept[name])

    @property
    def intact(self) -> bool:
        """Nothing was overwritten without a call of `save` before, as code that is not Python can do."""
        left = (item for names in self._shared.values() for item in names.items())
        return not self._missed and all(self.kept[name]._version == version for name, version in left)

    def separate(self, others: Iterable[Tensor]) -> None:
        """Let no two tensors share memory, nor one with `others`; but those with gradients stay in their graph."""
        taken = {storage(each) for each in others}
        for place, names in self._shared.items():
            for name in list(names)[place not in taken :]:
                if not self.kept[name].requires_grad:
                    self.kept[name] = copied(self.kept[name])


def copied(tensor: Tensor) -> Tensor:
    """A copy that may be used in any mode."""
    with torch.inference_mode(False):
        return tensor.clone()


def storage(tensor: Tensor) -> int:
    """Which memory `tensor` lies in."""
    key: int = tensor.untyped_storage()._cdata
    return key


def overwritten(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """Tensors that a call of torch is going to overwrite, as far as its name and arguments tell."""
    if kwargs.get("out") is not None:
        return list(tensors(kwargs["out"]))
    always, place = _habits(function)
    if not always and not kwargs.get("inplace") and not (place is not None and len(args) > place and args[place]):
        return []
    return list(tensors(args[:1] if args else kwargs))


@lru_cache(maxsize=1024)
def _habits(function: Callable[..., Any]) -> tuple[bool, int | None]:
    """Whether `function` always overwrites its first argument, and the place of its argument `inplace`."""
    name = getattr(function, "__name__", "")
    if name == "__setitem__" or (name.endswith("_") and not name.endswith("__")):
        return True, None
    if not inspect.isfunction(function):
        return False, None
    names = list(inspect.signature(function).parameters)
    return False, names.index("inplace") if "inplace" in names else None
