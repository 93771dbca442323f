"""Messages to the browser, taken apart as unpack.js does it."""

from __future__ import annotations

import json
import struct
from typing import Any

__all__ = ["unpacked"]


def unpacked(message: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and blobs; a header with numbers that a browser does not know, such as NaN, is an error."""
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length], parse_constant=_unknown)
    blobs, start = [], 4 + length
    for size in header["blobs"]:
        blobs.append(message[start : start + size])
        start += size
    assert start == len(message)
    return header, blobs


def _unknown(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
