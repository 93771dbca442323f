"""Networks are loaded once, kept within a budget, on each device a copy."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import torch

from cnnviz.engine.devices import CPU, Device
from cnnviz.engine.store import Store
from cnnviz.errors import WeightsError
from tests.unit.engine.cases import LONG, SIZE, load

if TYPE_CHECKING:
    from cnnviz.networks.loaded import Loaded

META = Device("meta", "a device without numbers")


class Counting:
    """Loads networks and remembers which; waits for `open` on the way."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.reached = threading.Event()

    def __call__(self, key: str) -> Loaded:
        """Load one of `cases`."""
        self.asked.append(key)
        self.reached.set()
        assert self.open.wait(LONG)
        if key == "broken":
            raise WeightsError("{name} is broken.", name=key)
        return load(key)


def test_many_threads_at_once_load_a_network_once() -> None:
    """Seven come while it is being loaded, and all get the same one."""
    loading = Counting()
    loading.open.clear()
    store = Store(loading, 10 * SIZE)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(store.get, "a")
        assert loading.reached.wait(LONG)
        others = [pool.submit(store.get, "a") for _ in range(7)]
        loading.open.set()
        found = {id(each.result(LONG)) for each in (first, *others)}
    assert len(found) == 1
    assert loading.asked == ["a"]


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    """The next one who asks tries again."""
    loading = Counting()
    loading.open.clear()
    store = Store(loading, 10 * SIZE)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(store.get, "broken")
        assert loading.reached.wait(LONG)
        second = pool.submit(store.get, "broken")
        loading.open.set()
        for each in (first, second):
            with pytest.raises(WeightsError, match="broken is broken"):
                each.result(LONG)
    before = len(loading.asked)
    with pytest.raises(WeightsError):
        store.get("broken")
    assert len(loading.asked) == before + 1


def test_the_least_recently_used_network_is_dropped_over_the_budget() -> None:
    """Two of three fit."""
    loading = Counting()
    store = Store(loading, 2 * SIZE)
    for key in ("a", "b", "a", "c", "a", "b"):
        store.get(key)
    assert loading.asked == ["a", "b", "c", "b"]
    assert store.bytes_on(CPU) == 2 * SIZE


def test_each_device_has_a_copy_and_the_first_one_stays_where_it_is() -> None:
    """Loaded once, moved once; clearing the device leaves the CPU's."""
    loading = Counting()
    store = Store(loading, 10 * SIZE)
    there = store.get("a", META)
    assert {each.device.type for each in there.network.parameters()} == {"meta"}
    assert {each.device.type for each in store.get("a").network.parameters()} == {"cpu"}
    assert store.get("a", META) is there
    store.clear(META)
    assert store.bytes_on(META) == 0
    assert store.get("a", META) is not there
    assert loading.asked == ["a"]


def test_a_network_that_is_dropped_while_it_is_loaded_is_not_kept() -> None:
    """It may be the old one: who comes afterwards gets a new one."""
    loading = Counting()
    loading.open.clear()
    store = Store(loading, 10 * SIZE)
    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(store.get, "a")
        assert loading.reached.wait(LONG)
        store.drop("a")
        loading.open.set()
        assert store.get("a") is not old.result(LONG)
    assert loading.asked == ["a", "a"]


def test_shared_weights_count_once() -> None:
    """Two layers that are one take the memory of one."""

    def tied(key: str) -> Loaded:
        loaded = load(key)
        loaded.network.twin = torch.nn.Linear(10, 10)
        loaded.network.twin.weight = loaded.network.weight
        return loaded

    store = Store(tied, 10 * SIZE)
    store.get("a")
    assert store.bytes_on(CPU) == SIZE + 10 * 4
