"""The size of a picture, as the first bytes of its file tell it: nothing is decoded, and no decoder sees the bytes.

Sources: the PNG specification, 11.2.2; ITU-T T.81 (JPEG), B.2.2; RFC 9649 (WebP).
"""

from __future__ import annotations

import struct

__all__ = ["size"]

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers of a frame; the others are tables
_ALONE = {0x01, *range(0xD0, 0xD9)}  # JPEG's markers that have no length


def size(head: bytes) -> tuple[int, int] | None:
    """Columns and rows of a PNG, JPEG or WebP file that begins so; None when the bytes do not tell."""
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
            columns, rows = struct.unpack_from(">II", head, 16)
            return columns, rows
        if head.startswith(b"\xff\xd8"):
            return _jpeg(head)
        if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
            return _webp(head)
    except (struct.error, IndexError):  # it ends too early
        return None
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    position = 2
    while head[position] == 0xFF:
        marker = head[position + 1]
        if marker in _FRAMES:
            rows, columns = struct.unpack_from(">HH", head, position + 5)
            return columns, rows
        if marker == 0xFF:  # a byte that fills
            position += 1
        else:
            position += 2 + (0 if marker in _ALONE else struct.unpack_from(">H", head, position + 2)[0])
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = struct.unpack_from("<I", head, 21)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        columns, rows = struct.unpack_from("<HH", head, 26)
        return columns & 0x3FFF, rows & 0x3FFF
    return None
