"""The end of a zip file: how many files it lists, and its comment, before `zipfile` reads the whole list.

`zipfile` makes an object of every entry, which takes it half a minute for a million of them; here none is made. The
list is found as `zipfile` finds it, so that no file has one list for this module and another one for the reader.
Source: PKWARE's APPNOTE.TXT, 4.3.12 (entries) and 4.3.16 (end of the list).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

__all__ = ["MANY", "comment", "count"]

MANY = 0xFFFF
"""What files in the format for large zips (ZIP64) are counted as, which may list more."""

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s24x3H12x")  # signature, and the lengths of name, extra field and comment that follow
_LONGEST = 2**16 + _END.size  # of the record and the comment behind it
_LOCATOR = 20  # bytes before the record, in ZIP64


def count(file: BinaryIO, most: int) -> int:
    """How many files are listed; counting ends beyond `most`. 0 for what is no zip, which `zipfile` refuses, too."""
    found, tail, where = _end(file)
    if not found:
        return 0
    if tail[max(where - _LOCATOR, 0) : where].startswith(b"PK\x06\x07"):
        return MANY
    size = found[5]
    file.seek(0, 2)
    start = file.tell() - len(tail) + where - size
    if start < 0:
        return 0
    return _entries(file, start, size, most)


def _entries(file: BinaryIO, start: int, size: int, most: int) -> int:
    found, position = 0, start
    while position < start + size and found <= most:
        file.seek(position)
        record = file.read(_ENTRY.size)
        if len(record) < _ENTRY.size:
            break
        _signature, *lengths = _ENTRY.unpack(record)
        position += _ENTRY.size + sum(lengths)
        found += 1
    return found


def comment(file: BinaryIO) -> bytes:
    """The comment of a zip; empty for what is no zip."""
    found, tail, where = _end(file)
    return tail[where + _END.size :][: found[7]] if found else b""


def _end(file: BinaryIO) -> tuple[tuple[int, ...], bytes, int]:
    """The fields of the record (nothing when there is none), the file's last bytes, and where in them it begins."""
    size = file.seek(0, 2)
    file.seek(max(size - _LONGEST - _LOCATOR, 0))
    tail = file.read()
    where = len(tail) - _END.size
    if where < 0:
        return (), tail, 0
    if not (tail[where:].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0")):  # the record is not the last thing
        where = tail.rfind(b"PK\x05\x06", max(len(tail) - _LONGEST, 0))
    if where < 0 or len(tail) - where < _END.size:
        return (), tail, 0
    return _END.unpack_from(tail, where), tail, where
