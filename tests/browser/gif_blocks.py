"""Reading a GIF block by block, as strictly as GIF89a is written."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["GifFrame", "gif_frames", "lzw_codes"]


@dataclass(frozen=True)
class GifFrame:
    """A frame as it is stored: left, top, width, height; the packed fields; the LZW code size and data."""

    place: tuple[int, int, int, int]
    disposal: int
    table: int
    bits: int
    data: bytes


def gif_frames(file: bytes) -> list[GifFrame]:
    """Walk through all blocks of a GIF (GIF89a, appendix A) to its very last byte."""
    at = 13 + (3 << (file[10] & 7) + 1)
    frames, control = [], 0
    while (kind := file[at]) != 0x3B:
        table = 0
        if kind == 0x21:
            label, at = file[at + 1], at + 2
        else:
            place = struct.unpack_from("<4H", file, at + 1)
            table = 2 << (file[at + 9] & 7) if file[at + 9] & 0x80 else 0
            at += 10 + 3 * table + 1
            bits = file[at - 1]
        data = b""
        while file[at]:
            data += file[at + 1 : at + 1 + file[at]]
            at += 1 + file[at]
        at += 1
        if kind == 0x2C:
            frames.append(GifFrame(place, control >> 2 & 7, table, bits, data))
        elif label == 0xF9:
            control = data[0]
    assert at == len(file) - 1
    return frames


def lzw_codes(frame: GifFrame) -> tuple[int, int]:
    """Decode as strictly as GIF89a's appendix F is written; return the pixels and the clear codes."""
    stream, length = int.from_bytes(frame.data, "little"), 8 * len(frame.data)
    clear = 1 << frame.bits
    at = pixels = clears = 0
    lengths: list[int] = []  # of the strings, which suffice to count pixels
    width, previous = frame.bits + 1, None
    while True:
        assert at + width <= length
        code = stream >> at & (1 << width) - 1
        at += width
        if code == clear + 1:
            assert length - at < 8
            return pixels, clears
        if code == clear:
            lengths, width, previous, clears = [1] * clear + [0, 0], frame.bits + 1, None, clears + 1
            continue
        if previous is not None and len(lengths) < 4096:
            lengths.append(lengths[previous] + 1)
            width += len(lengths) == 1 << width and width < 12
        assert code < len(lengths)
        pixels += lengths[code]
        previous = code
