"""Untrusted bytes to an `Image`: the one door through which files come in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import cv2
import numpy as np
from PIL.Image import DecompressionBombError, DecompressionBombWarning

from cnnviz.errors import ImageError
from cnnviz.images.colour import to_srgb
from cnnviz.images.decoding import Decoded, decode
from cnnviz.images.formats import open_header, recognise
from cnnviz.images.image import Image, Levels
from cnnviz.text import N_, Sentence

__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SIDE", "read"]

MAX_BYTES = 20 * 1024 * 1024
"""Largest file that is looked at."""

MAX_PIXELS = 40_000_000
"""Most pixels that are decoded, as the file's header counts them."""

MAX_SIDE = 2048
"""Longest side of the picture that comes out; larger ones are reduced to it."""

_TOO_MANY_BYTES = N_("{name} has {megabytes:.1f} MB, but {limit} MB is the most: reduce it and try again.")
_TOO_MANY_PIXELS = N_(
    "{name} has {columns} × {rows} pixels, but {limit} million in all is the most: reduce it and try again."
)
_FAR_TOO_MANY_PIXELS = N_("{name} has more than {limit} million pixels: reduce it and try again.")
_UNREADABLE = N_(
    "{name} is damaged, incomplete or of an unusual kind and cannot be shown: save it again as PNG or JPEG."
)
_NO_MEMORY = N_("There is not enough memory to decode {name}: reduce it and try again.")
_REDUCED = N_("Reduced from {old_columns} × {old_rows} to {columns} × {rows} pixels (width × height).")


def read(data: bytes, name: str) -> Image:
    """Turn the bytes of a picture file into an `Image`.

    PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF and HEIC are recognised by their content. Of several pictures in a
    file the first is taken. It is turned upright (EXIF), blended over white, converted to sRGB if it carries
    another RGB profile, and reduced by area averaging to at most `MAX_SIDE` pixels a side; 16 bits per
    channel stay 16. `Image.notes` says what was done.

    Args:
        data: the whole file.
        name: the file's name: a label only, its ending is not trusted.

    Raises:
        ImageError: for every file that cannot be shown whole: empty, not a picture, damaged, larger than
            `MAX_BYTES` or `MAX_PIXELS`. Nothing else is raised, whatever the bytes.
    """
    if len(data) > MAX_BYTES:
        megabytes = math.ceil(len(data) / 2**20 * 10) / 10
        raise ImageError(_TOO_MANY_BYTES, name=name, megabytes=megabytes, limit=MAX_BYTES // 2**20)
    kind = recognise(data, name)
    with _decoder_errors(name):
        picture = open_header(data, kind)
        _check_size(picture.size, name)
        decoded = decode(picture, data, name)
    return _finish(decoded, name)


def _check_size(size: tuple[int, int], name: str) -> None:
    columns, rows = size
    if columns * rows > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ImageError(_TOO_MANY_PIXELS, name=name, columns=columns, rows=rows, limit=limit)


@contextmanager
def _decoder_errors(name: str) -> Iterator[None]:
    """Decoders raise almost anything for hostile bytes; all of it means that there is no picture."""
    try:
        yield
    except ImageError:
        raise
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise ImageError(_FAR_TOO_MANY_PIXELS, name=name, limit=MAX_PIXELS // 1_000_000) from error
    except MemoryError as error:
        raise ImageError(_NO_MEMORY, name=name) from error
    except Exception as error:
        raise ImageError(_UNREADABLE, name=name) from error


def _finish(decoded: Decoded, name: str) -> Image:
    """Reduce first: turning and converting colours then have less to do."""
    notes = decoded.notes
    full = _turned_size(decoded.levels, decoded.orientation)
    levels = _turned(_reduced(decoded.levels), decoded.orientation)
    if decoded.profile:
        levels, colour_notes = to_srgb(levels, decoded.profile)
        notes += colour_notes
    if levels.shape[:2] != full:
        rows, columns = levels.shape[:2]
        sizes = {"old_rows": full[0], "old_columns": full[1], "rows": rows, "columns": columns}
        notes += (Sentence(_REDUCED, sizes),)
    return Image.from_levels(levels, name, original_size=full, notes=notes, is_photo=decoded.is_photo)


def _reduced(levels: Levels) -> Levels:
    rows, columns = levels.shape[:2]
    factor = MAX_SIDE / max(rows, columns)
    if factor >= 1:
        return levels
    size = max(1, round(columns * factor)), max(1, round(rows * factor))
    smaller = cv2.resize(np.ascontiguousarray(levels), size, interpolation=cv2.INTER_AREA)
    return cast("Levels", smaller)


def _turned_size(levels: Levels, orientation: int) -> tuple[int, int]:
    rows, columns = levels.shape[:2]
    return (columns, rows) if orientation >= 5 else (rows, columns)


def _turned(levels: Levels, orientation: int) -> Levels:
    """Undo an EXIF orientation (Exif 2.32, tag 274): transpose for 5 to 8, then mirror rows and columns."""
    upright = np.swapaxes(levels, 0, 1) if orientation >= 5 else levels
    if orientation in (3, 4, 7, 8):
        upright = upright[::-1]
    if orientation in (2, 3, 6, 7):
        upright = upright[:, ::-1]
    return cast("Levels", np.ascontiguousarray(upright))
