"""What kind of file some bytes are, judged by their content only, and opening its header."""

from __future__ import annotations

import io
import re

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from cnnviz.errors import ImageError
from cnnviz.text import N_

__all__ = ["open_header", "recognise"]

_EMPTY = N_("{name} is an empty file: choose another one.")
_SVG = N_("{name} is an SVG drawing, which has no pixels yet: export it as PNG and open that.")
_PDF = N_("{name} is a PDF document: save the page or the figure in it as PNG and open that.")
_ARCHIVE = N_("{name} is an archive or an office document: take one picture out of it and open that.")
_VIDEO = N_("{name} is a video: save one of its frames as PNG or JPEG and open that.")
_UNKNOWN = N_("{name} is not a picture: choose a PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC file.")

_REFUSALS = {"SVG": _SVG, "PDF": _PDF, "ARCHIVE": _ARCHIVE, "VIDEO": _VIDEO, "": _UNKNOWN}

# The first bytes of each kind, as its specification fixes them.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"\x89PNG\r\n\x1a\n", "PNG"),
        (rb"\xff\xd8\xff", "JPEG"),
        (rb"RIFF....WEBP", "WEBP"),
        (rb"GIF8[79]a", "GIF"),
        (rb"BM", "BMP"),
        (rb"II[\x2a\x2b]\x00|MM\x00[\x2a\x2b]", "TIFF"),
        (rb".{0,1019}%PDF-", "PDF"),
        (rb"PK\x03\x04|PK\x05\x06|Rar!|7z\xbc\xaf\x27\x1c|\x1f\x8b", "ARCHIVE"),
        (rb"RIFF....AVI |\x1aE\xdf\xa3|\x00\x00\x01[\xb3\xba]", "VIDEO"),
        (rb"(\xef\xbb\xbf)?\s*(<.{0,4096}?)?<svg", "SVG"),
    )
)

# ISO base media files name their contents in brands; AVIF and HEIC share the general ones (mif1, msf1).
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})

# The plugin classes are called one by one rather than through PIL.Image.open: a file can then reach only the
# decoder of its own kind, and no process-wide list of formats or limit of pixels takes part.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}


def recognise(data: bytes, name: str) -> str:
    """Return "PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF" or "HEIF".

    Args:
        data: the file's bytes; only the first few kilobytes are looked at.
        name: the file's name, for the sentence of the error.

    Raises:
        ImageError: when the bytes are empty or of another kind.
    """
    if not data:
        raise ImageError(_EMPTY, name=name)
    kind = _media_kind(data) if data[4:8] == b"ftyp" else _signed_kind(data[:5120])
    if kind in _REFUSALS:
        raise ImageError(_REFUSALS[kind], name=name)
    return kind


def open_header(data: bytes, kind: str) -> ImageFile.ImageFile:
    """Read the header of a picture of this `kind`; the pixels are decoded later, by `load()`.

    Raises whatever the decoder raises: the caller turns that into an `ImageError`.
    """
    if kind == "HEIF":
        # Used directly, never registered, so that opening pictures elsewhere in the process is unchanged.
        from pillow_heif.as_plugin import HeifImageFile  # 30 ms that only phone photos need

        heif: ImageFile.ImageFile = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]  # it has no types
        return heif
    return _PLUGINS[kind](io.BytesIO(data))


def _signed_kind(head: bytes) -> str:
    return next((kind for pattern, kind in _SIGNATURES if pattern.match(head)), "")


def _media_kind(data: bytes) -> str:
    """The major brand stands at byte 8, the compatible ones from 16 to the end of the first box."""
    end = min(int.from_bytes(data[:4], "big"), 1024)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else "VIDEO"
