"""A cache that is bounded in bytes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages.common.shelf import Shelf


def test_texts_are_kept_up_to_so_many_bytes() -> None:
    """What was not asked for the longest goes first; what is larger than the shelf is not kept."""
    built: list[str] = []

    def ask(name: str, size: int = 1000) -> None:
        def build() -> str:
            built.append(name)
            return name * size

        assert shelf.get(name, build) == name * size

    shelf = Shelf(3 * 1100)
    for name in "abcab":  # all three are there
        ask(name)
    ask("d")  # the place of c
    for name in "abd":
        ask(name)
    assert "".join(built) == "abcd"
    ask("c")
    ask("e", 4000)
    ask("e", 4000)
    assert "".join(built) == "abcdcee"


def test_many_who_ask_at_once_cost_one_building() -> None:
    """They wait for it."""
    shelf: Shelf[str] = Shelf(10_000)
    built: list[int] = []
    everybody = threading.Barrier(6)
    going = threading.Event()

    def build() -> str:
        built.append(1)
        going.wait(10)
        return "text"

    def ask() -> str:
        everybody.wait(10)
        return shelf.get("key", build)

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask) for _ in range(6)]
        threading.Timer(0.2, going.set).start()
        assert [each.result(10) for each in asked] == ["text"] * 6
    assert len(built) == 1


def test_who_waits_for_one_that_is_stopped_builds_it() -> None:
    """The error is that of the stopped one alone."""
    shelf: Shelf[str] = Shelf(10_000)
    waits, goes = threading.Event(), threading.Event()

    def stopped() -> str:
        waits.set()
        goes.wait(10)
        raise RuntimeError("stopped")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shelf.get, "key", stopped)
        assert waits.wait(10)
        second = pool.submit(shelf.get, "key", lambda: "text")
        goes.set()
        assert second.result(10) == "text"
        with pytest.raises(RuntimeError, match="stopped"):
            first.result(10)
