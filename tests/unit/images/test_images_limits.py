"""Hostile, damaged and mistaken files: one clear sentence each, and nothing is decoded that is too large."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PilImage

from cnnviz import images
from cnnviz.errors import ImageError
from cnnviz.images import decoding, reading

Encode = Callable[..., bytes]
KINDS = ("PNG", "JPEG", "progressive JPEG", "WEBP", "GIF", "BMP", "TIFF", "TIFF deflated", "AVIF", "HEIF",
         "16-bit PNG", "16-bit TIFF", "16-bit TIFF deflated")  # fmt: skip


@pytest.fixture(scope="module")
def files(encode: Encode, png: Encode, tiff: Encode) -> dict[str, bytes]:
    """One valid file of every kind, 64 pixels wide, with detail so that the end of the file matters."""
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    deep = rng.integers(0, 65536, (48, 64, 3), dtype=np.uint16)
    heic = io.BytesIO()
    pillow_heif.from_pillow(PilImage.fromarray(levels)).save(heic, quality=80)
    return {
        "PNG": encode(levels, "PNG"),
        "JPEG": encode(levels, "JPEG"),
        "progressive JPEG": encode(levels, "JPEG", progressive=True),
        "WEBP": encode(levels, "WEBP"),
        "GIF": encode(levels, "GIF"),
        "BMP": encode(levels, "BMP"),
        "TIFF": encode(levels, "TIFF"),
        "TIFF deflated": tiff(levels, photometric="rgb", compression="zlib"),
        "AVIF": encode(levels, "AVIF"),
        "HEIF": heic.getvalue(),
        "16-bit PNG": png(deep, 2),
        "16-bit TIFF": tiff(deep, photometric="rgb"),
        "16-bit TIFF deflated": tiff(deep, photometric="rgb", compression="zlib"),
    }


def refusal(data: bytes, name: str = "file.png") -> str:
    """The sentence with which `data` is refused: it names the file and is filled in."""
    with pytest.raises(ImageError) as caught:
        images.read(data, name)
    message = str(caught.value)
    assert name in message
    assert message == caught.value.template.format(**caught.value.data)
    assert message.endswith(".")
    assert "{" not in message
    return message


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["photo", "a.txt", "b.exe", "ñ{x}.PNG"])
def test_only_the_content_decides(files: dict[str, bytes], kind: str, name: str) -> None:
    """Every valid file is read whatever it is called, braces included."""
    image = images.read(files[kind], name)
    assert image.size == (48, 64)
    assert image.name == name


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty file"),
        (b"Dear all, the picture is attached.", "not a picture"),
        (b"\x00" * 5000, "not a picture"),
        (b"<html><body>404</body></html>", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<svg width='9'/>", "SVG"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"\r\n  %PDF-1.4", "PDF"),
        (b"PK\x03\x04" + b"\0" * 50, "archive"),
        (b"\x1f\x8b\x08" + b"\0" * 50, "archive"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + b"\0" * 50, "video"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00qt  ", "video"),
        (b"\x1aE\xdf\xa3" + b"\0" * 50, "video"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video"),
        (b"8BPS\0\1" + b"\0" * 40, "not a picture"),
    ],
)
def test_other_files_are_called_what_they_are(data: bytes, words: str) -> None:
    """The sentence says what the file is, not only that it is wrong."""
    assert words in refusal(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.filterwarnings("ignore")
def test_half_a_file_is_no_picture(files: dict[str, bytes], kind: str, share: float) -> None:
    """A file that ends early is refused whole, and the decoder's complaint is kept as the cause."""
    data = files[kind]
    with pytest.raises(ImageError) as caught:
        images.read(data[: int(len(data) * share)], "half.png")
    assert "damaged, incomplete" in str(caught.value) or share == 0.02
    assert caught.value.__cause__ is not None or share == 0.02


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypavif",
        b"\0\0\0\x18ftypheic",
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_signature_alone_is_no_picture(data: bytes) -> None:
    """The right first bytes with nothing behind them."""
    assert "damaged, incomplete" in refusal(data)


def bomb(kind: str, files: dict[str, bytes], side: int) -> bytes:
    """A small file whose header claims side x side pixels."""
    data = bytearray(files[kind])
    if kind == "PNG":
        data[16:24] = struct.pack(">II", side, side)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif kind == "JPEG":
        at = data.index(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    elif kind == "GIF":
        data[6:10] = struct.pack("<HH", side, side)
    elif kind == "BMP":
        data[18:26] = struct.pack("<ii", side, side)
    elif kind == "TIFF deflated":
        for tag in (256, 257):
            at = data.index(struct.pack("<H", tag) + b"\x04\0\1\0\0\0")
            data[at + 8 : at + 12] = struct.pack("<I", side)
    elif kind == "WEBP":
        data = bytearray(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0" + (side - 1).to_bytes(3, "little") * 2)
        data += b"ANIM\x06\0\0\0\xff\xff\xff\xff\0\0"
        frame = b"\0" * 6 + (63).to_bytes(3, "little") + (47).to_bytes(3, "little") + b"\x64\0\0\0" + files[kind][12:]
        data += b"ANMF" + struct.pack("<I", len(frame)) + frame + b"\0" * (len(frame) % 2)
        data[4:8] = struct.pack("<I", len(data) - 8)
    return bytes(data)


@pytest.mark.parametrize(
    ("kind", "side"),
    [("PNG", 30000), ("JPEG", 30000), ("GIF", 30000), ("BMP", 30000), ("WEBP", 16383), ("WEBP", 8000),
     ("TIFF deflated", 30000), ("PNG", 6325), ("JPEG", 9600), ("GIF", 9600)],
)  # fmt: skip
def test_bombs_are_refused_by_their_header(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, kind: str, side: int
) -> None:
    """More than 40 million pixels are never decoded: the decoder is not even called."""
    monkeypatch.setattr(reading, "decode", lambda *_: pytest.fail("decoded"))
    message = refusal(bomb(kind, files, side))
    assert "40 million" in message
    assert f"{side} × {side}" in message or side == 16383


def test_40_million_pixels_are_allowed(png: Encode) -> None:
    """The limit itself is read: 8000 x 5000 pixels."""
    image = images.read(png(np.full((5000, 8000), 99, np.uint8), 0), "large.png")
    assert image.original_size == (5000, 8000)
    assert image.size == (1280, 2048)
    assert (image.levels == 99).all()


def test_too_many_bytes_are_not_looked_at() -> None:
    """20 MB is the most; one byte more is refused before anything else, with numbers that make sense."""
    message = refusal(bytes(images.MAX_BYTES + 1), "large.png")
    assert message == "large.png has 20.1 MB, but 20 MB is the most: reduce it and try again."
    assert "not a picture" in refusal(bytes(images.MAX_BYTES))


@pytest.mark.parametrize("place", [16, 20])
def test_no_rows_or_columns_is_no_picture(files: dict[str, bytes], place: int) -> None:
    """A size of zero is refused."""
    data = bytearray(files["PNG"])
    data[place : place + 4] = b"\0" * 4
    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize("error", [MemoryError("no"), OSError("no"), SyntaxError("no"), struct.error("no"), EOFError()])
@pytest.mark.parametrize("stage", ["open_header", "decode"])
def test_whatever_a_decoder_raises_is_chained(
    files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, error: Exception, stage: str
) -> None:
    """Only ImageError comes out; the log can still tell what happened inside."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(reading, stage, fail)
    with pytest.raises(ImageError, match="memory" if isinstance(error, MemoryError) else "damaged") as caught:
        images.read(files["PNG"], "x.png")
    assert caught.value.__cause__ is error


def test_decoders_that_disagree_are_not_believed(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A 16-bit file that two decoders read as different pictures is refused."""
    other = np.zeros((48, 64, 3), np.uint16)
    monkeypatch.setattr(decoding.cv2, "imdecode", lambda *_: other)
    assert "unusual kind" in refusal(files["16-bit PNG"])


def test_pillow_is_left_as_it_was(files: dict[str, bytes]) -> None:
    """No setting of Pillow is changed: a limit that one session sets would be the limit of all."""
    before = PilImage.MAX_IMAGE_PIXELS, "HEIF" in PilImage.OPEN
    for data in files.values():
        images.read(data, "x")
    refusal(bomb("PNG", files, 30000))
    assert before == (PilImage.MAX_IMAGE_PIXELS, "HEIF" in PilImage.OPEN)


def test_many_can_read_at_once(files: dict[str, bytes]) -> None:
    """Threads that read good files and bombs side by side each get their own answer."""
    bad = bomb("PNG", files, 30000)
    expected = {kind: images.read(data, "x").digest for kind, data in files.items()}

    def work(kind: str) -> tuple[str, str]:
        return images.read(files[kind], "x").digest, refusal(bad)

    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(KINDS, pool.map(work, KINDS), strict=True))
    assert {kind: digest for kind, (digest, _) in answers.items()} == expected
    assert len({message for _, message in answers.values()}) == 1
