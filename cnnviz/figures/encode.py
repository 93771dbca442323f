"""Levels to bytes that a browser shows: JPEG for photographs, PNG where every pixel must be exact."""

from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["exact_levels", "jpeg", "png"]


def jpeg(rgb: NDArray[np.uint8], quality: int = 88, *, full_colour: bool = False) -> bytes:
    """JPEG bytes of uint8 (H, W) or (H, W, 3); `full_colour` does not thin out the colours: for maps."""
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444 if full_colour else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR) if rgb.ndim == 3 else rgb
    return cv2.imencode(".jpg", bgr, options)[1].tobytes()


def png(rgb: NDArray[np.uint8], *, level: int = 1) -> bytes:
    """PNG bytes of uint8 (H, W) or (H, W, 3), exact; with a palette where 256 colours suffice.

    Args:
        rgb: the levels.
        level: zlib's level; 1 is fast and, for pictures, hardly larger than 6.
    """
    picture = Image.fromarray(rgb)
    if rgb.ndim == 3 and (colours := picture.getcolors(256)) is not None:
        picture = _with_palette(rgb, np.array([colour for _, colour in colours], np.uint8))
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=level)
    return stream.getvalue()


def _with_palette(rgb: NDArray[np.uint8], palette: NDArray[np.uint8]) -> Image.Image:
    codes = rgb.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    keys = palette.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    order = np.argsort(keys)
    indexed = Image.fromarray(np.searchsorted(keys[order], codes).astype(np.uint8))
    indexed.putpalette(palette[order].tobytes())
    return indexed


def exact_levels(levels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Integer levels (H, W, 3) for the browser's arithmetic: deflated differences of horizontal neighbours.

    Differences (modulo 256 or 65536, little-endian) are mostly small, so Huffman coding alone does nearly as
    well as a search for repetitions and takes half the time. The inverse is in picture_store/main.js.
    """
    differences = levels.copy()
    np.subtract(levels[:, 1:], levels[:, :-1], out=differences[:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(differences.astype(differences.dtype.newbyteorder("<")).tobytes()) + packer.flush()
