"""Values are kept within bounds, the least recently used one goes first; results know their size."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass

import numpy as np
import pytest

from cnnviz.engine.cache import Cache
from cnnviz.engine.sizes import bytes_of, freeze


def test_the_least_recently_used_value_goes_first() -> None:
    """Reading counts as use; the bytes are those of what is left."""
    cache: Cache[str, int] = Cache(most_bytes=10, most_entries=9)
    for key, size in (("a", 4), ("b", 3), ("c", 3)):
        cache.put(key, ord(key), size)
    assert cache.get("a") == ord("a")
    cache.put("d", ord("d"), 5)
    assert [cache.get(key) for key in "abcd"] == [ord("a"), None, None, ord("d")]
    assert (cache.bytes, len(cache)) == (9, 2)


def test_entries_are_bounded_too() -> None:
    """However small they are."""
    cache: Cache[int, int] = Cache(most_bytes=10**9, most_entries=3)
    for number in range(10):
        cache.put(number, number, 0)
    assert [cache.get(number) for number in range(10)] == [None] * 7 + [7, 8, 9]


def test_a_value_that_is_too_large_alone_replaces_nothing_but_its_older_self() -> None:
    """What else was kept stays."""
    cache: Cache[str, int] = Cache(most_bytes=10, most_entries=9)
    cache.put("a", 1, 5)
    cache.put("b", 2, 5)
    cache.put("b", 3, 11)
    assert (cache.get("a"), cache.get("b"), cache.bytes) == (1, None, 5)


def test_putting_again_counts_the_bytes_once() -> None:
    """The new size takes the place of the old one; what is dropped counts no more."""
    cache: Cache[str, int] = Cache(most_bytes=10, most_entries=9)
    for size in (6, 7, 8):
        cache.put("a", size, size)
    assert cache.bytes == 8
    cache.put("b", 0, 2)
    cache.drop(lambda key: key == "a")
    assert (cache.get("a"), cache.get("b"), cache.bytes) == (None, 0, 2)


def test_threads_leave_the_books_right() -> None:
    """Many threads write, read and drop; the bytes are those of the entries afterwards."""
    cache: Cache[int, int] = Cache(most_bytes=50, most_entries=20)
    start = threading.Barrier(4)

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        start.wait()
        for key in rng.integers(0, 30, 500):
            cache.put(int(key), int(key), int(key) % 7)
            cache.get(int(key) // 2)
            cache.drop(lambda each, key=key: each == int(key) // 3)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    finally:
        sys.setswitchinterval(interval)
    left = [key for key in range(30) if cache.get(key) is not None]
    assert (len(cache), cache.bytes) == (len(left), sum(key % 7 for key in left))


@dataclass(frozen=True)
class Result:
    """As a job may return it."""

    maps: dict[str, np.ndarray]
    other: np.ndarray
    name: str = ""


def test_a_result_is_as_large_as_the_arrays_that_it_keeps_alive() -> None:
    """A view keeps all of its owner alive, and one array under two names is one."""
    large = np.zeros((100, 1000), np.float32)
    result = Result({"a": large[:1], "b": large}, np.zeros(5000, np.uint8))
    assert bytes_of(result) == pytest.approx(400_000 + 5000, abs=1000)
    assert bytes_of((b"x" * 10_000, "y" * 10_000, [3, None])) == pytest.approx(20_000, abs=1000)


def test_a_result_that_counts_itself_is_believed() -> None:
    """`Pass.bytes` knows better than a walk through it."""

    @dataclass(frozen=True)
    class Counted:
        bytes: int

    assert bytes_of(Counted(12345)) == 12345


def test_a_result_that_is_shared_is_read_only() -> None:
    """All of its arrays, however deep; what they are views of stays as it was."""
    large = np.zeros(10)
    result = Result({"a": large[:5]}, np.zeros(5), "name")
    freeze((result, [np.zeros(3)], None))
    for array in (result.maps["a"], result.other):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    large[0] = 1
