"""From an opened file to whole levels: every mode that Pillow knows, without losing depth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, ImageFile
from PIL import Image as PilImage
from PIL import TiffImagePlugin as Tiff

from cnnviz.errors import ImageError
from cnnviz.images.colour import lab_to_rgb, over_white
from cnnviz.images.image import Levels
from cnnviz.text import N_, Sentence

__all__ = ["Decoded", "decode"]

_FIRST = N_("The file holds several pictures; only the first one is shown.")
_OVER_WHITE = N_("Transparent parts are shown over white.")
_INKS = N_("Converted from printing inks (CMYK) by a simple formula; printed colours may differ.")
_RESCALED = N_("Values from {low:g} to {high:g} were rescaled to the range from black to white.")

_NOT_FINITE = N_("{name} holds {count} values that are not finite numbers: replace them and save it again.")

_PLANAR, _MIN_IS_WHITE = 2, 0  # TIFF 6.0, pages 38 and 37: PlanarConfiguration and PhotometricInterpretation
_UNSPECIFIED, _ASSOCIATED = 0, 1  # TIFF 6.0, page 31: ExtraSamples


@dataclass(frozen=True)
class Decoded:
    """What a file holds, before any reduction.

    Attributes:
        levels: uint8 or uint16, shape (H, W) for grey or (H, W, 3) for colour.
        notes: what was done to get there.
        profile: the embedded ICC profile, or None.
        orientation: the EXIF orientation (1 to 8) still to be applied.
        is_photo: False for indexed and black-and-white pictures.
    """

    levels: Levels
    notes: tuple[Sentence, ...]
    profile: bytes | None
    orientation: int
    is_photo: bool


def decode(picture: ImageFile.ImageFile, data: bytes, name: str) -> Decoded:
    """Decode the first picture of a file whose size was found acceptable.

    Args:
        picture: the opened file, not yet loaded.
        data: the same file's bytes.
        name: the file's name, for the sentence of an error.

    Raises:
        ImageError: when a floating-point picture holds NaN or infinite values.
        Exception: whatever the decoder raises; the caller turns that into an `ImageError`.
    """
    mode, deep, several = picture.mode, _is_deep_colour(picture), _has_several(picture)
    # Loading raises when the file ends early, so that no half picture can come out of any of the routes.
    picture.load()
    levels, notes = _deep_colour(picture, data) if deep else _levels(picture, name)
    if several:
        notes = (Sentence(_FIRST), *notes)
    profile = picture.info.get("icc_profile")
    return Decoded(
        levels=levels,
        notes=notes,
        profile=profile if isinstance(profile, bytes) and levels.ndim == 3 and mode != "LAB" else None,
        orientation=_orientation(picture),
        is_photo=mode not in ("1", "P", "PA"),
    )


def _levels(picture: PilImage.Image, name: str) -> tuple[Levels, tuple[Sentence, ...]]:
    if picture.mode.startswith("I;16"):
        return _deep_grey(picture)
    if picture.mode == "I":
        return _whole_numbers(picture)
    if picture.mode == "F":
        return _real_numbers(np.asarray(picture), name)
    if picture.has_transparency_data:
        straight = picture.convert("LA") if picture.mode == "La" else picture
        return _blended(np.asarray(_in_mode(straight, "RGBA")))
    if picture.mode in ("1", "L"):
        return np.asarray(_in_mode(picture, "L")), ()
    if picture.mode == "LAB":
        return np.asarray(lab_to_rgb(picture)), ()
    return np.asarray(_in_mode(picture, "RGB")), (Sentence(_INKS),) if picture.mode == "CMYK" else ()


def _in_mode(picture: PilImage.Image, mode: str) -> PilImage.Image:
    # Pillow's convert would copy a picture that is in this mode already.
    return picture if picture.mode == mode else picture.convert(mode)


def _blended(rgba: Levels) -> tuple[Levels, tuple[Sentence, ...]]:
    alpha = rgba[..., 3]
    if alpha.min() == np.iinfo(rgba.dtype).max:
        return rgba[..., :3], ()
    return over_white(rgba[..., :3], alpha), (Sentence(_OVER_WHITE),)


def _deep_grey(picture: PilImage.Image) -> tuple[Levels, tuple[Sentence, ...]]:
    """Grey of 9 to 16 bits: Pillow has the right numbers, in the file's byte order and not yet stretched."""
    values = np.asarray(picture).astype(np.uint16)
    bits = max(_tiff_numbers(picture, Tiff.BITSPERSAMPLE, 16))
    if bits < 16:
        values = np.rint(values * (65535 / (2**bits - 1))).astype(np.uint16)
    if _MIN_IS_WHITE in _tiff_numbers(picture, Tiff.PHOTOMETRIC_INTERPRETATION, 1):
        values = 65535 - values
    key = picture.info.get("transparency")
    if isinstance(key, int) and np.any(values == key):
        return np.where(values == key, np.uint16(65535), values), (Sentence(_OVER_WHITE),)
    return values, ()


def _whole_numbers(picture: PilImage.Image) -> tuple[Levels, tuple[Sentence, ...]]:
    """32-bit whole numbers are levels of 8 or 16 bits if all of them fit, else they are rescaled."""
    values = np.asarray(picture)
    if _tiff_numbers(picture, Tiff.SAMPLEFORMAT, 1) == (1,) and 32 in _tiff_numbers(picture, Tiff.BITSPERSAMPLE, 0):
        values = values.view(np.uint32)  # Pillow keeps unsigned numbers in the bits of signed ones
    low, high = int(values.min()), int(values.max())
    if low >= 0 and high <= 65535:
        return (values.astype(np.uint8) if high <= 255 else values.astype(np.uint16)), ()
    return _rescaled(values, low, high)


def _real_numbers(values: NDArray[np.float32], name: str) -> tuple[Levels, tuple[Sentence, ...]]:
    """Real numbers from 0 to 1 are taken as they are, to the nearest of 65536 levels, else rescaled."""
    finite = np.isfinite(values)
    if not finite.all():
        raise ImageError(_NOT_FINITE, name=name, count=int(values.size - np.count_nonzero(finite)))
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1:
        return np.rint(values.astype(np.float64) * 65535).astype(np.uint16), ()
    return _rescaled(values, low, high)


def _rescaled(
    values: NDArray[np.float32] | NDArray[np.int32] | NDArray[np.uint32], low: float, high: float
) -> tuple[Levels, tuple[Sentence, ...]]:
    note = Sentence(_RESCALED, {"low": low, "high": high})
    unit = (values.astype(np.float64) - low) / ((high - low) or 1.0)
    return np.rint(unit * 65535).astype(np.uint16), (note,)


def _is_deep_colour(picture: ImageFile.ImageFile) -> bool:
    """Colour of more than 8 bits, which Pillow would cut to its upper 8 bits without a word."""
    bits = max(_tiff_numbers(picture, Tiff.BITSPERSAMPLE, 8))
    planar = _PLANAR in _tiff_numbers(picture, Tiff.PLANAR_CONFIGURATION, 1)
    if bits > 8 and planar and max(_tiff_numbers(picture, Tiff.SAMPLESPERPIXEL, 1)) > 1:
        raise ValueError("more than 8 bits in separate planes, which neither decoder reads right")
    if picture.format == "PNG":
        return picture.mode in ("RGB", "RGBA") and any(";16" in str(tile.args) for tile in picture.tile)
    return picture.mode in ("RGB", "RGBA", "RGBX") and bits > 8


def _deep_colour(picture: PilImage.Image, data: bytes) -> tuple[Levels, tuple[Sentence, ...]]:
    """Decode 16 bits per channel with OpenCV, which turns TIFF upright as Pillow does."""
    stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3:
        raise ValueError("not 16 bits per channel after all")
    channels = np.ascontiguousarray(stored[..., [2, 1, 0, 3][: stored.shape[2]]])
    levels: NDArray[np.uint16] = channels.astype(np.uint16, copy=False)
    extra = _tiff_numbers(picture, Tiff.EXTRASAMPLES, 2)
    if _ASSOCIATED in extra and levels.shape[2] == 4:
        return over_white(levels[..., :3], levels[..., 3], premultiplied=True), (Sentence(_OVER_WHITE),)
    _check_agreement(levels, picture)
    if _UNSPECIFIED in extra or levels.shape[2] == 3:
        return levels[..., :3], ()
    return _blended(levels)


def _check_agreement(levels: NDArray[np.uint16], picture: PilImage.Image) -> None:
    """Refuse a file unless the upper 8 bits of one decoder are the picture of the other."""
    if not np.array_equal((levels[..., :3] >> 8).astype(np.uint8), np.asarray(picture.convert("RGB"))):
        raise ValueError("the two decoders see different pictures")


def _has_several(picture: ImageFile.ImageFile) -> bool:
    # Counting them would walk through the whole file, so only ask whether there is a second one.
    try:
        return bool(getattr(picture, "is_animated", False))
    except Exception:  # damage behind the first picture does not concern us
        return False


def _orientation(picture: PilImage.Image) -> int:
    """Ask after loading: Pillow turns TIFF while loading, and then no longer reports an orientation."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged metadata is no reason to refuse the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _tiff_numbers(picture: PilImage.Image, tag: int, default: int) -> tuple[int, ...]:
    """The whole numbers of a TIFF tag; `default` when it is missing or the file is no TIFF."""
    if not isinstance(picture, Tiff.TiffImageFile):
        return (default,)
    value = picture.tag_v2.get(tag)
    numbers = value if isinstance(value, tuple) else (value,)
    return tuple(number for number in numbers if isinstance(number, int)) or (default,)
