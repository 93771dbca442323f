"""What the end of a zip tells, against what `zipfile` finds when it reads everything."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from cnnviz.training import zip_end


def packed(number: int, said: bytes = b"", before: bytes = b"") -> bytes:
    """A zip of so many small files, with a comment, and something before it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for each in range(number):
            archive.writestr(f"{'folder' * (each % 3)}/{each}.png", b"x" * each)
        archive.comment = said
    return before + stream.getvalue()


@pytest.mark.parametrize("number", [0, 1, 7, 40])
@pytest.mark.parametrize("said", [b"", b"PK\x05 no end", b"{}" * 30_000, b"\0\0"])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh" * 9])
def test_count_and_comment_are_those_of_zipfile(number: int, said: bytes, before: bytes) -> None:
    """With and without a comment, and with something before the zip."""
    file = io.BytesIO(packed(number, said, before))
    with zipfile.ZipFile(file) as archive:
        assert zip_end.count(file, 100) == len(archive.infolist()) == number
        assert zip_end.comment(file) == archive.comment == said


def test_counting_ends_at_the_limit() -> None:
    """One more than allowed is enough to know."""
    assert zip_end.count(io.BytesIO(packed(40)), 5) == 6


def test_a_count_that_lies_is_not_believed() -> None:
    """The record says 1, the list has 40 entries: `zipfile` reads 40, and they are counted."""
    data = bytearray(packed(40))
    data[-14:-10] = struct.pack("<HH", 1, 1)
    file = io.BytesIO(data)
    assert len(zipfile.ZipFile(file).infolist()) == zip_end.count(file, 100) == 40


def test_the_format_of_large_zips_counts_as_many() -> None:
    """`zipfile` writes it for more files than the short record can count."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"")
        archive.filelist *= zip_end.MANY + 1
    assert zip_end.count(stream, 5000) == zip_end.MANY


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"noise" * 100, packed(3)[:-1], packed(3)[40:], b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_zip_raises_nothing(data: bytes) -> None:
    """Whatever the bytes: `zipfile` says later that it is none, and there is no comment."""
    assert 0 <= zip_end.count(io.BytesIO(data), 100) <= 101
    assert zip_end.comment(io.BytesIO(data)) == b""
