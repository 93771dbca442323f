"""Hooks on all modules of the process, in place only while somebody follows a pass, and heeded by their own thread.

A hook on a module that several threads use would see the passes of all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils.hooks import RemovableHandle

__all__ = ["Follower", "following"]


class Follower(Protocol):
    """Is told about every call of a module in its thread."""

    def before(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """`module` is about to run on `args`, and maybe on arguments by name, which hooks on all do not get."""

    def after(self, module: nn.Module, output: Any) -> Any:
        """`module` returned `output`; what this returns takes its place, unless it is None."""


class _Thread(threading.local):
    follower: Follower | None = None


_thread = _Thread()
_lock = threading.Lock()
_followers = 0
_handles: list[RemovableHandle] = []


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    """Tell `follower` about the modules that this thread runs inside of the block."""
    outer = _thread.follower
    _thread.follower = follower
    try:
        with _installed():
            yield
    finally:
        _thread.follower = outer


@contextmanager
def _installed() -> Iterator[None]:
    global _followers
    with _lock:
        if not _followers:
            _handles.extend((register_module_forward_pre_hook(_before), register_module_forward_hook(_after)))
        _followers += 1
    try:
        yield
    finally:
        with _lock:
            _followers -= 1
            while _handles and not _followers:
                _handles.pop().remove()


def _before(module: nn.Module, args: tuple[Any, ...]) -> None:
    if _thread.follower is not None:
        _thread.follower.before(module, args)


def _after(module: nn.Module, _: Any, output: Any) -> Any:
    return None if _thread.follower is None else _thread.follower.after(module, output)
