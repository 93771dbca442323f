"""Small pictures, and files made of them without the code under test."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image as PilImage

Encode = Callable[..., bytes]


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every test."""
    return np.random.default_rng(0)


@pytest.fixture
def colour(rng: np.random.Generator) -> NDArray[np.uint8]:
    """An odd-sized, non-square picture of random colours, (11, 14, 3)."""
    return rng.integers(0, 256, (11, 14, 3), dtype=np.uint8)


@pytest.fixture
def deep(rng: np.random.Generator) -> NDArray[np.uint16]:
    """Sixteen bits with alpha, (11, 14, 4); the first row is transparent, the last one opaque."""
    levels = rng.integers(0, 65536, (11, 14, 4), dtype=np.uint16)
    levels[0, :, 3], levels[-1, :, 3] = 0, 65535
    return levels


@pytest.fixture(scope="session")
def encode() -> Encode:
    """A function (picture or array, "PNG", **options) -> bytes that writes with Pillow."""

    def write(picture: PilImage.Image | NDArray[np.generic], kind: str, **options: object) -> bytes:
        file = io.BytesIO()
        source = picture if isinstance(picture, PilImage.Image) else PilImage.fromarray(picture)
        source.save(file, kind, **options)
        return file.getvalue()

    return write


@pytest.fixture(scope="session")
def tiff() -> Encode:
    """A function (array, **options) -> bytes that writes with tifffile."""

    def write(array: NDArray[np.generic], **options: object) -> bytes:
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        return file.getvalue()

    return write


@pytest.fixture(scope="session")
def png() -> Encode:
    """A function (levels, colour type, *extra chunks as (kind, content)) -> bytes that writes a PNG.

    Colour types (PNG specification, table 11.1): 0 grey, 2 RGB, 4 grey and alpha, 6 RGB and alpha.
    """

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    def write(levels: NDArray[np.generic], colour_type: int, *extra: tuple[bytes, bytes]) -> bytes:
        rows, columns = levels.shape[:2]
        stored = levels.astype(levels.dtype.newbyteorder(">"))
        lines = b"".join(b"\0" + stored[row].tobytes() for row in range(rows))
        header = struct.pack(">IIBBBBB", columns, rows, 8 * levels.dtype.itemsize, colour_type, 0, 0, 0)
        chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in chunks)

    return write
