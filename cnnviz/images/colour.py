"""Colours of stored pictures: transparency over white, colour spaces to RGB, embedded profiles to sRGB."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageCms

from cnnviz.images.image import Levels
from cnnviz.text import N_, Sentence

__all__ = ["lab_to_rgb", "over_white", "to_srgb"]

_CONVERTED = N_("Colours converted from the profile {profile} to sRGB.")
_CONVERTED_IN_8_BITS = N_("Colours converted from the profile {profile} to sRGB, and to 8 bits for that.")
_BROKEN_PROFILE = N_("The colour profile in the file is damaged and was ignored.")

_PIXELS_AT_A_TIME = 2**20


def over_white(colours: Levels, alpha: Levels, *, premultiplied: bool = False) -> Levels:
    """Blend over white in the stored values, as browsers do: c * a + (1 - a), rounded to the nearest level.

    Args:
        colours: uint8 or uint16, shape (H, W, 3).
        alpha: the same type, shape (H, W); 0 is transparent.
        premultiplied: True when `colours` were multiplied by alpha already.
    """
    top = np.uint32(np.iinfo(colours.dtype).max)
    out = np.empty_like(colours, order="C")
    # In blocks, because the products need four times the memory of an 8-bit picture. They fit in 32 bits:
    # c * a + top * (top - a) is at most top squared, and half of top is added for rounding.
    step = max(1, _PIXELS_AT_A_TIME // colours.shape[1])
    for start in range(0, colours.shape[0], step):
        rows = slice(start, start + step)
        opacity = alpha[rows, :, np.newaxis].astype(np.uint32)
        colour = colours[rows].astype(np.uint32)
        if premultiplied:
            out[rows] = np.minimum(colour + (top - opacity), top)
        else:
            out[rows] = (colour * opacity + top * (top - opacity) + top // 2) // top
    return out


def lab_to_rgb(picture: PilImage.Image) -> PilImage.Image:
    """Convert a CIE L*a*b* picture (white point D50, as in TIFF) to sRGB."""
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    if converted is None:
        raise ValueError("no conversion from LAB")
    return converted


def to_srgb(levels: Levels, profile: bytes) -> tuple[Levels, tuple[Sentence, ...]]:
    """Convert RGB levels, shape (H, W, 3), from an embedded ICC profile to sRGB.

    A profile of another colour space, and one that changes no colour by more than one level of 8 bits (sRGB
    itself, in its many spellings), leaves the levels alone. A broken one does too, with a note. The colour
    engine works on 8 bits, so a 16-bit picture comes back with 8.

    Returns:
        The levels, and a note when something happened to them.
    """
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if embedded.profile.xcolor_space.strip() != "RGB":
            return levels, ()
        transform = ImageCms.buildTransform(embedded, ImageCms.createProfile("sRGB"), "RGB", "RGB")
        if _changes_nothing(transform):
            return levels, ()
        return _apply(transform, _in_8_bits(levels)), (_converted_note(embedded, levels),)
    except Exception:  # whatever the colour engine says about hostile bytes, the picture itself stands
        return levels, (Sentence(_BROKEN_PROFILE),)


def _apply(transform: ImageCms.ImageCmsTransform, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    picture = PilImage.fromarray(np.ascontiguousarray(levels))
    ImageCms.applyTransform(picture, transform, inPlace=True)
    return np.asarray(picture)


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Try six levels of each channel in all combinations."""
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    probe = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(6, 36, 3)
    return bool(np.abs(_apply(transform, probe).astype(int) - probe).max() <= 1)


def _in_8_bits(levels: Levels) -> NDArray[np.uint8]:
    return levels.astype(np.uint8) if levels.dtype == np.uint8 else np.rint(levels / 257).astype(np.uint8)


def _converted_note(embedded: ImageCms.ImageCmsProfile, levels: Levels) -> Sentence:
    template = _CONVERTED if levels.dtype == np.uint8 else _CONVERTED_IN_8_BITS
    return Sentence(template, {"profile": ImageCms.getProfileDescription(embedded).strip()[:60]})
