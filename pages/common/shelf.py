"""A cache that is bounded in bytes and builds each value once, however many visitors ask for it at the same time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from sys import getsizeof
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Shelf"]

_Value = TypeVar("_Value")


class Shelf(Generic[_Value]):
    """Values by their keys: those that were asked for last.

    Args:
        most: bytes of all of them together.
        size: bytes of a value.
    """

    def __init__(self, most: int, size: Callable[[_Value], int] = getsizeof) -> None:
        self._most = most
        self._size = size
        self._futures: dict[Hashable, Future[_Value]] = {}
        self._bytes: dict[Hashable, int] = {}  # of those that are built
        self._lock = Lock()

    def get(self, key: Hashable, build: Callable[[], _Value]) -> _Value:
        """The value, built where it is not kept; whoever asks meanwhile waits for it."""
        while True:
            with self._lock:
                known = self._futures.pop(key, None)
                future = self._futures[key] = known or Future()  # behind all others
            if known is None:
                return self._built(key, future, build)
            try:
                return known.result()
            except CancelledError:  # who built it was stopped
                continue

    def _built(self, key: Hashable, future: Future[_Value], build: Callable[[], _Value]) -> _Value:
        try:
            value = build()
        except BaseException:  # also when Streamlit stops the run: others are not to wait for ever
            with self._lock:
                self._futures.pop(key, None)
            future.cancel()
            raise
        future.set_result(value)
        with self._lock:
            self._bytes[key] = self._size(value)
            for oldest in [each for each in self._futures if each in self._bytes]:
                if sum(self._bytes.values()) <= self._most:
                    break
                del self._futures[oldest], self._bytes[oldest]
        return value
