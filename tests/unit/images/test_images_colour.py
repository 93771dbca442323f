"""Colour spaces and profiles against their formulas."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as PilImage
from PIL import ImageCms

from cnnviz import images

Encode = Callable[..., bytes]

# Red, green and blue as XYZ relative to D50, as the ICC profiles "sRGB" and "Display P3" give them.
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
D50 = np.array([0.9642, 1.0, 0.8249])


def linear(encoded: np.ndarray) -> np.ndarray:
    """The sRGB transfer function (IEC 61966-2-1), undone."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """The sRGB transfer function."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def profile(primaries: np.ndarray, name: str) -> bytes:
    """An ICC profile (version 4) of these primaries with the transfer function of sRGB."""
    text = name.encode("utf-16-be")
    description = b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(text), 28) + text
    curve = b"para" + struct.pack(">IHH", 0, 3, 0)
    curve += b"".join(struct.pack(">i", round(v * 65536)) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))

    def xyz(values: np.ndarray) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)

    tags = [(b"desc", description), (b"cprt", description), (b"wtpt", xyz(D50))]
    tags += [
        (b"rXYZ", xyz(primaries[:, 0])),
        (b"gXYZ", xyz(primaries[:, 1])),
        (b"bXYZ", xyz(primaries[:, 2])),
    ]
    tags += [(tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")]
    table, content, start = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags:
        table += tag + struct.pack(">II", start + len(content), len(data))
        content += data + b"\0" * (-len(data) % 4)
    body = struct.pack(">I", len(tags)) + table + content
    header = struct.pack(">I4xI", 128 + len(body), 0x04300000) + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    header = header.ljust(68, b"\0") + b"".join(struct.pack(">i", round(float(v) * 65536)) for v in D50)
    return header.ljust(128, b"\0") + body


def p3_to_srgb(levels: np.ndarray, top: int) -> np.ndarray:
    """Levels of Display P3 as sRGB in 8 bits, by the matrices; colours out of gamut are clipped."""
    return 255 * encoded(linear(levels / top) @ (np.linalg.inv(SRGB) @ P3).T)


def notes(image: images.Image) -> str:
    """All notes as one text."""
    return " ".join(str(note) for note in image.notes)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_display_p3_becomes_srgb(colour: np.ndarray, encode: Encode, kind: str) -> None:
    """Photos of phones: the profile's matrices and curves decide, within two levels."""
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(colour, kind, icc_profile=profile(P3, "Display P3"), **options)
    image = images.read(data, "phone")
    assert np.abs(image.levels - p3_to_srgb(colour, 255)).max() <= 2
    assert np.abs(image.levels.astype(int) - colour).max() > 20
    assert notes(image) == "Colours converted from the profile Display P3 to sRGB."


def test_display_p3_in_a_jpeg_agrees_with_the_colour_engine(colour: np.ndarray, encode: Encode) -> None:
    """The same as converting the decoded picture with ImageCms by hand."""
    data = encode(np.kron(colour, np.ones((8, 8, 1), np.uint8)), "JPEG", icc_profile=profile(P3, "P3"))
    decoded = PilImage.open(io.BytesIO(data))
    embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile(P3, "P3")))
    expected = ImageCms.profileToProfile(decoded, embedded, ImageCms.createProfile("sRGB"))
    np.testing.assert_array_equal(images.read(data, "x").levels, np.asarray(expected))


def test_display_p3_of_16_bits_comes_back_with_8(deep: np.ndarray, png: Encode) -> None:
    """The colour engine works on 8 bits; the note says so."""
    chunk = b"P3\0\0" + zlib.compress(profile(P3, "P3"))
    image = images.read(png(deep[..., :3], 2, (b"iCCP", chunk)), "x")
    assert image.depth == 8
    assert np.abs(image.levels - p3_to_srgb(deep[..., :3], 65535)).max() <= 2.5
    assert "8 bits" in notes(image)


def test_conversion_comes_after_reduction_and_blending(encode: Encode) -> None:
    """A large transparent picture with a profile: a flat colour stays flat, all notes are there."""
    picture = PilImage.new("RGBA", (2600, 40), (200, 40, 90, 128))
    image = images.read(encode(picture, "PNG", icc_profile=profile(P3, "P3")), "x")
    blended = (np.array([[[200, 40, 90]]]) * 128 + 255 * 127) / 255
    assert image.size == (32, 2048)
    assert np.abs(image.levels - p3_to_srgb(blended, 255)).max() <= 2
    assert [word in notes(image) for word in ("white", "profile", "Reduced")] == [True] * 3


@pytest.mark.parametrize("own", [False, True])
def test_srgb_profiles_change_nothing(colour: np.ndarray, encode: Encode, own: bool) -> None:
    """An embedded sRGB profile, however it is spelled, leaves every level alone and says nothing."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = images.read(encode(colour, "PNG", icc_profile=profile(SRGB, "any") if own else made), "x")
    np.testing.assert_array_equal(image.levels, colour)
    assert image.notes == ()


def test_srgb_of_16_bits_stays_16(deep: np.ndarray, tiff: Encode) -> None:
    """No profile that changes nothing costs depth."""
    image = images.read(tiff(deep[..., :3], photometric="rgb", iccprofile=profile(SRGB, "any")), "x")
    np.testing.assert_array_equal(image.levels, deep[..., :3])


@pytest.mark.parametrize("broken", [b"no profile", profile(P3, "P3")[:200], b"\0" * 128])
def test_a_broken_profile_is_ignored_with_a_note(colour: np.ndarray, encode: Encode, broken: bytes) -> None:
    """The picture matters more than its profile."""
    image = images.read(encode(colour, "PNG", icc_profile=broken), "x")
    np.testing.assert_array_equal(image.levels, colour)
    assert notes(image) == "The colour profile in the file is damaged and was ignored."


def test_profiles_of_other_colour_spaces_are_left_alone(colour: np.ndarray, encode: Encode) -> None:
    """A LAB profile in an RGB file makes no sense; a profile in a grey file is for its tones only."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = images.read(encode(colour, "PNG", icc_profile=lab), "x")
    np.testing.assert_array_equal(image.levels, colour)
    image = images.read(encode(colour[..., 0], "PNG", icc_profile=profile(P3, "P3")), "x")
    np.testing.assert_array_equal(image.levels[..., 0], colour[..., 0])


def test_cmyk_tiff_by_its_formula(rng: np.random.Generator, encode: Encode) -> None:
    """R = (1 - C)(1 - K), and so on, within one level."""
    inks = rng.integers(0, 256, (9, 7, 4), dtype=np.uint8)
    image = images.read(encode(PilImage.fromarray(inks, "CMYK"), "TIFF"), "x")
    share = inks / 255
    assert np.abs(image.levels / 255 - (1 - share[..., :3]) * (1 - share[..., 3:])).max() <= 1.01 / 255
    assert "CMYK" in notes(image)


@pytest.mark.parametrize("inks", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 200, 100, 50), (10, 20, 30, 255)])
def test_cmyk_jpeg_is_stored_inverted(encode: Encode, inks: tuple[int, int, int, int]) -> None:
    """JPEGs of printing programs hold 255 minus the ink (Adobe marker): no negative picture comes out."""
    data = encode(PilImage.new("CMYK", (16, 16), inks), "JPEG", quality=100)
    assert b"Adobe" in data
    cyan, magenta, yellow, black = np.array(inks) / 255
    expected = 255 * (1 - np.array([cyan, magenta, yellow])) * (1 - black)
    assert np.abs(images.read(data, "x").levels - expected).max() <= 2


def test_ycbcr_tiff_by_its_formula(rng: np.random.Generator, encode: Encode) -> None:
    """JFIF 1.02, page 3: R = Y + 1.402 (Cr - 128), and so on, within one level."""
    levels = rng.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    image = images.read(encode(PilImage.fromarray(levels, "YCbCr"), "TIFF"), "x")
    y, cb, cr = np.moveaxis(levels.astype(float), 2, 0) - np.array([0, 128, 128])[:, None, None]
    expected = np.dstack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb])
    assert np.abs(image.levels - np.clip(expected, 0, 255)).max() <= 1.5


def test_lab_tiff_by_its_formula(tiff: Encode) -> None:
    """L*a*b* of 1976 relative to D50 (TIFF 6.0, section 23: a*, b* are signed bytes), within two levels."""
    lab = np.array([[[255, 0, 0], [128, 0, 0], [140, 30, 20], [140, -30, 20], [100, 10, -25], [0, 0, 0]]])
    image = images.read(tiff(lab.astype(np.uint8), photometric="cielab"), "x")
    fy = (lab[..., 0] / 255 * 100 + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    xyz = D50 * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    expected = 255 * encoded(xyz @ np.linalg.inv(SRGB).T)
    assert np.abs(image.levels - expected).max() <= 2
