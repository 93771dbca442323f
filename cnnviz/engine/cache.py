"""A memory of bounded size: what was not used for longest goes first. Threads may share it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Cache"]

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Cache(Generic[_Key, _Value]):
    """Values by key, within bounds of bytes and of entries.

    Args:
        most_bytes: of all values together.
        most_entries: how many values.
    """

    def __init__(self, most_bytes: int, most_entries: int) -> None:
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._entries: OrderedDict[_Key, tuple[_Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """Of all values, as they were told to `put`."""
        return self._bytes

    def get(self, key: _Key) -> _Value | None:
        """The value, which counts as used now; None when there is none."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: _Key, value: _Value, size: int) -> None:
        """Keep a value of `size` bytes and drop what no longer fits; one that is too large alone is not kept."""
        with self._lock:
            self._drop(key)
            if size > self._most_bytes:
                return
            self._entries[key] = value, size
            self._bytes += size
            while self._bytes > self._most_bytes or len(self._entries) > self._most_entries:
                self._drop(next(iter(self._entries)))

    def drop(self, unwanted: Callable[[_Key], bool]) -> None:
        """Drop the values whose keys are `unwanted`."""
        with self._lock:
            for key in [each for each in self._entries if unwanted(each)]:
                self._drop(key)

    def _drop(self, key: _Key) -> None:
        _, size = self._entries.pop(key, (None, 0))
        self._bytes -= size
