"""Texts beside the weights of a .safetensors file: what its maker said about them, and what a visitor adds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cnnviz.networks.safetensors_header import HEAD, header

__all__ = ["with_metadata"]

_METADATA = "__metadata__"
_ALIGNED = 8  # the header's length is a multiple of it, so that the numbers behind it lie well


def with_metadata(data: bytes, added: Mapping[str, str]) -> bytes:
    """The same file with texts added to its metadata, over those of the same names.

    Raises:
        WeightsError: when it is no .safetensors file, or damaged.
    """
    known = header(data).metadata
    length = int.from_bytes(data[:HEAD], "little")
    head = json.loads(data[HEAD : HEAD + length])
    head[_METADATA] = {**known, **added}
    written = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    written += b" " * (-len(written) % _ALIGNED)
    return len(written).to_bytes(HEAD, "little") + written + data[HEAD + length :]
