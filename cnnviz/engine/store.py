"""Networks that are ready to run: each is loaded once, however many ask at a time, and kept while memory lasts."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnviz.engine.cache import Cache
from cnnviz.engine.devices import CPU, Device

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.networks.loaded import Loaded

__all__ = ["Store", "share_of_memory"]

_MOST_NETWORKS = 100


def share_of_memory(part: float) -> int:
    """Bytes: that part of this machine's memory."""
    return int(part * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


class Store:
    """Loaded networks by key and device; what was not used for longest goes first.

    Args:
        load: makes a network from its key, on the CPU.
        most_bytes: of the networks on one device. One that is larger alone is loaded each time.
    """

    def __init__(self, load: Callable[[str], Loaded], most_bytes: int) -> None:
        self._load = load
        self._most_bytes = most_bytes
        self._kept: dict[str, Cache[str, Loaded]] = {}
        self._coming: dict[tuple[str, str], Future[Loaded]] = {}
        self._lock = threading.Lock()

    def get(self, key: str, device: Device = CPU) -> Loaded:
        """The network on that device, from memory or loaded now; threads that ask meanwhile wait for the same one.

        Raises:
            CnnvizError: as the catalogue does, to everybody who waited; the next one who asks tries again.
        """
        with self._lock:
            if (loaded := self._on(device.key).get(key)) is not None:
                return loaded
            place = key, device.key
            coming = self._coming.get(place)
            first = coming is None
            if coming is None:
                coming = self._coming[place] = Future()
        if first:
            self._fetch(key, device, coming)
        return coming.result()

    def bytes_on(self, device: Device) -> int:
        """Of the networks that are kept there."""
        return self._on(device.key).bytes

    def drop(self, key: str) -> None:
        """Forget a network, on all devices; one that is just being loaded is not kept."""
        with self._lock:
            for cache in self._kept.values():
                cache.drop(lambda each: each == key)
            for place in [each for each in self._coming if each[0] == key]:
                del self._coming[place]

    def clear(self, device: Device) -> None:
        """Forget all networks on that device."""
        self._on(device.key).drop(lambda _: True)

    def _on(self, device: str) -> Cache[str, Loaded]:
        return self._kept.setdefault(device, Cache(self._most_bytes, _MOST_NETWORKS))

    def _fetch(self, key: str, device: Device, coming: Future[Loaded]) -> None:
        try:
            loaded = self._load(key) if device.key == CPU.key else _moved(self.get(key), device)
        except BaseException as error:  # whatever it was: those who wait must hear of it
            self._arrived(key, device, coming, None)
            coming.set_exception(error)
        else:
            self._arrived(key, device, coming, loaded)
            coming.set_result(loaded)

    def _arrived(self, key: str, device: Device, coming: Future[Loaded], loaded: Loaded | None) -> None:
        with self._lock:
            if self._coming.get((key, device.key)) is not coming:
                return  # forgotten meanwhile
            del self._coming[key, device.key]
            if loaded is not None:
                self._on(device.key).put(key, loaded, _bytes(loaded.network))


def _moved(loaded: Loaded, device: Device) -> Loaded:
    """The same on another device; the network on the CPU stays as it is."""
    return replace(loaded, network=copy.deepcopy(loaded.network).to(device.key))


def _bytes(network: nn.Module) -> int:
    """Of parameters and buffers; those that are used twice count once."""
    return sum(each.numel() * each.element_size() for each in (*network.parameters(), *network.buffers()))
