"""Visitors' files of weights, kept in memory while there is room: found again by their digest, never on disk."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from cnnviz.errors import WeightsError
from cnnviz.text import N_

__all__ = ["MOST_BYTES", "Store", "store"]

MOST_BYTES = 512 * 2**20
"""Of all visitors' files together."""

_GONE = N_("The weights that were uploaded are no longer kept: upload the file again.")


class Store:
    """Bytes by digest; those that were not asked for longest make room for new ones.

    Args:
        most: bytes of all files together; a larger file is not kept.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, data: bytes) -> str:
        """Keep a file; returns its digest: 32 hexadecimal digits of its SHA-256."""
        digest = hashlib.sha256(data).hexdigest()[:32]
        with self._lock:
            self._files[digest] = data
            self._files.move_to_end(digest)
            while sum(map(len, self._files.values())) > self._most:
                self._files.popitem(last=False)
        return digest

    def get(self, digest: str) -> bytes:
        """The file of a digest.

        Raises:
            WeightsError: when it is not kept, or no longer.
        """
        with self._lock:
            if digest not in self._files:
                raise WeightsError(_GONE)
            self._files.move_to_end(digest)
            return self._files[digest]


store = Store()
"""The one of this process."""
