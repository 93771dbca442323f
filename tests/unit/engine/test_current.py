"""A process has one engine, until somebody puts another in its place."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cnnviz import engine as package
from tests.unit.engine.cases import Called, engine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def own() -> Iterator[None]:
    """What the process has is put back afterwards."""
    before = package.use(None)
    yield
    package.use(before)


def test_all_threads_get_the_same_engine() -> None:
    """Also when they are the first to ask."""
    start = threading.Barrier(8)

    def ask(_: int) -> int:
        start.wait()
        return id(package.get())

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_another_one_takes_the_jobs_from_now_on() -> None:
    """Pages cannot tell."""
    first = package.get()
    other = engine()
    assert package.use(other) is first
    assert package.run(Called("a", lambda context: context.loaded.title)) == "a"
    assert package.submit(Called("b", lambda context: context.loaded.title)).result(20) == "b"
    assert other.networks.get("a").title == "a"
    other.close()
