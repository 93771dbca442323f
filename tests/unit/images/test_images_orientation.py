"""Pictures come out upright, however the camera was held."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PilImage

from cnnviz import images

Encode = Callable[..., bytes]

# Exif 2.32, tag 274: which side of the upright picture the first row and the first column of the file are.
# Here: where the stored pixel (row, column) of a picture of (rows, columns) belongs.
PLACES: dict[int, Callable[[int, int, int, int], tuple[int, int]]] = {
    1: lambda r, c, _h, _w: (r, c),  # row 0 at the top, column 0 at the left
    2: lambda r, c, _h, w: (r, w - 1 - c),  # top, right
    3: lambda r, c, h, w: (h - 1 - r, w - 1 - c),  # bottom, right
    4: lambda r, c, h, _w: (h - 1 - r, c),  # bottom, left
    5: lambda r, c, _h, _w: (c, r),  # left, top
    6: lambda r, c, h, _w: (c, h - 1 - r),  # right, top
    7: lambda r, c, h, w: (w - 1 - c, h - 1 - r),  # right, bottom
    8: lambda r, c, _h, w: (w - 1 - c, r),  # left, bottom
}


def upright(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Move every pixel to its place, one by one."""
    rows, columns = stored.shape[:2]
    shape = (columns, rows) if orientation >= 5 else (rows, columns)
    result = np.zeros((*shape, *stored.shape[2:]), stored.dtype)
    for row in range(rows):
        for column in range(columns):
            result[PLACES[orientation](row, column, rows, columns)] = stored[row, column]
    return result


def exif(orientation: int) -> bytes:
    """An EXIF block that holds nothing else."""
    block = PilImage.Exif()
    block[274] = orientation
    return block.tobytes()


@pytest.mark.parametrize("orientation", PLACES)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "TIFF deflated", "16-bit PNG", "16-bit TIFF"])
def test_every_orientation_is_undone_once(
    colour: np.ndarray,
    deep: np.ndarray,
    encode: Encode,
    png: Encode,
    tiff: Encode,
    kind: str,
    orientation: int,
) -> None:
    """All eight orientations in lossless files, in 8 bits and on the other route of 16 bits."""
    stored = deep[..., :3] if "16" in kind else colour
    tag = (274, "H", 1, orientation, True)
    if kind == "16-bit PNG":
        data = png(stored, 2, (b"eXIf", exif(orientation).removeprefix(b"Exif\0\0")))
    elif kind.endswith("TIFF"):
        data = tiff(stored, photometric="rgb", extratags=[tag])
    elif kind == "TIFF deflated":
        data = tiff(stored, photometric="rgb", extratags=[tag], compression="zlib")
    else:
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encode(stored, kind, exif=exif(orientation), **options)
    image = images.read(data, "x")
    expected = upright(stored, orientation)
    np.testing.assert_array_equal(image.levels, expected)
    assert image.original_size == expected.shape[:2]


@pytest.mark.parametrize("orientation", PLACES)
@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "HEIF"])
def test_every_orientation_of_lossy_files(encode: Encode, kind: str, orientation: int) -> None:
    """The same for cameras; HEIC and AVIF keep the turn outside of EXIF as well, and it counts once."""
    y, x = np.mgrid[0:48, 0:64]
    stored = np.dstack([4 * x, 5 * y, 0 * x]).astype(np.uint8)
    if kind == "HEIF":
        file = io.BytesIO()
        heif = pillow_heif.from_pillow(PilImage.fromarray(stored))
        heif.save(file, quality=100, chroma=444, exif=exif(orientation))
        data = file.getvalue()
    else:
        data = encode(stored, kind, exif=exif(orientation), quality=100)
    image = images.read(data, "x")
    expected = upright(stored, orientation)
    assert image.original_size == image.size == expected.shape[:2]
    assert np.abs(image.levels.astype(int) - expected).max() <= 8


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_grey_of_16_bits_is_turned(deep: np.ndarray, tiff: Encode, png: Encode, orientation: int) -> None:
    """The route of deep grey."""
    stored = deep[..., 0]
    block = exif(orientation).removeprefix(b"Exif\0\0")
    for data in (
        png(stored, 0, (b"eXIf", block)),
        tiff(stored, extratags=[(274, "H", 1, orientation, True)]),
    ):
        np.testing.assert_array_equal(images.read(data, "x").levels[..., 0], upright(stored, orientation))


def test_turning_comes_with_reduction(encode: Encode) -> None:
    """The sizes in the note and in the record are those of the upright picture."""
    data = encode(PilImage.new("RGB", (4096, 1024)), "JPEG", exif=exif(6))
    image = images.read(data, "x")
    assert image.size == (2048, 512)
    assert image.original_size == (4096, 1024)
    assert str(image.notes[-1]).startswith("Reduced from 1024 × 4096 to 512 × 2048")


@pytest.mark.parametrize(
    "block", [exif(0), exif(9), b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MMgarbage"]
)
@pytest.mark.filterwarnings("ignore")
def test_nonsense_in_exif_is_no_reason_to_refuse(colour: np.ndarray, encode: Encode, block: bytes) -> None:
    """Unknown orientations and damaged blocks leave the picture as it is stored."""
    np.testing.assert_array_equal(images.read(encode(colour, "PNG", exif=block), "x").levels, colour)
