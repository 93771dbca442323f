"""Every kind of file against the picture that was put into it."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from PIL import Image as PilImage

from cnnviz import images
from cnnviz.errors import ImageError

Encode = Callable[..., bytes]


def over_white(levels: np.ndarray, alpha: np.ndarray, top: int) -> np.ndarray:
    """The blend in exact arithmetic: c a + (1 - a), rounded half up."""
    share = alpha.astype(object)[..., None]
    return ((levels.astype(object) * share + top * (top - share) + top // 2) // top).astype(np.int64)


def notes(image: images.Image) -> str:
    """All notes as one text."""
    return " ".join(str(note) for note in image.notes)


# Lossless files of 8 bits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("WEBP", {"lossless": True}),
    ],
)
@pytest.mark.parametrize("grey", [False, True])
def test_lossless_files_of_8_bits_come_back_exactly(
    colour: np.ndarray, encode: Encode, kind: str, options: dict[str, object], grey: bool
) -> None:
    """What was written is what is read, to the level."""
    stored = colour[..., 0] if grey else colour
    image = images.read(encode(stored, kind, **options), "any.name")
    np.testing.assert_array_equal(image.levels, np.dstack([stored] * 3) if grey else stored)
    assert (image.name, image.depth, image.size, image.original_size) == ("any.name", 8, (11, 14), (11, 14))
    assert image.is_grey is grey
    assert image.notes == ()
    assert image.is_photo


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("JPEG", {"quality": 100, "subsampling": 0}, 3),
        ("JPEG", {"quality": 100, "subsampling": 0, "progressive": True}, 3),
        ("WEBP", {"quality": 100}, 8),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}, 4),
        ("HEIF", {"quality": 100, "chroma": 444}, 4),
    ],
)
def test_lossy_files_come_back_nearly(encode: Encode, kind: str, options: dict[str, object], tolerance: int) -> None:
    """A smooth picture survives every lossy format within a few levels, channels and axes in order."""
    y, x = np.mgrid[0:48, 0:64]
    stored = np.dstack([4 * x, 5 * y, 250 - 2 * x - 2 * y]).astype(np.uint8)
    if kind == "HEIF":
        file = io.BytesIO()
        pillow_heif.from_pillow(PilImage.fromarray(stored)).save(file, **options)
        data = file.getvalue()
    else:
        data = encode(stored, kind, **options)
    image = images.read(data, "photo")
    assert image.size == (48, 64)
    assert np.abs(image.levels.astype(int) - stored).max() <= tolerance
    assert image.is_photo


def test_jpeg_is_pillows_decoding(colour: np.ndarray, encode: Encode) -> None:
    """No colour of a JPEG is touched after decoding."""
    data = encode(np.kron(colour, np.ones((4, 4, 1), np.uint8)), "JPEG", quality=80)
    np.testing.assert_array_equal(images.read(data, "x").levels, np.asarray(PilImage.open(io.BytesIO(data))))


def test_black_and_white_and_palettes(colour: np.ndarray, encode: Encode) -> None:
    """1-bit and indexed pictures are read exactly, and marked to be encoded without loss."""
    bits = PilImage.fromarray(colour[..., 0]).point(lambda v: 255 * (v > 127)).convert("1")
    for kind in ("PNG", "BMP", "TIFF", "GIF"):
        image = images.read(encode(bits, kind), "bits")
        np.testing.assert_array_equal(image.levels[..., 1], 255 * (colour[..., 0] > 127))
    indexed = PilImage.fromarray(colour).quantize(16)
    for kind in ("PNG", "BMP", "TIFF", "GIF"):
        image = images.read(encode(indexed, kind), "indexed")
        np.testing.assert_array_equal(image.levels, np.asarray(indexed.convert("RGB")))
        assert not image.is_photo


# Depth ----------------------------------------------------------------------------------------------------


def test_16_bit_png_keeps_every_level(deep: np.ndarray, png: Encode) -> None:
    """Grey and RGB of 16 bits come back to the level, not cut to the upper 8 bits."""
    rgb = images.read(png(deep[..., :3], 2), "deep.png")
    assert rgb.depth == 16
    np.testing.assert_array_equal(rgb.levels, deep[..., :3])
    grey = images.read(png(deep[..., 0], 0), "deep.png")
    assert grey.depth == 16
    np.testing.assert_array_equal(grey.levels, np.dstack([deep[..., 0]] * 3))
    exact = (deep[..., 0] / 65535).astype(np.float32)
    np.testing.assert_array_equal(grey.pixels[..., 0], exact)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"rowsperstrip": 3}])
def test_16_bit_tiff_keeps_every_level(
    deep: np.ndarray, tiff: Encode, byteorder: str, options: dict[str, object]
) -> None:
    """The same for TIFF in both byte orders."""
    rgb = images.read(tiff(deep[..., :3], byteorder=byteorder, photometric="rgb", **options), "deep.tif")
    np.testing.assert_array_equal(rgb.levels, deep[..., :3])
    grey = images.read(tiff(deep[..., 1], byteorder=byteorder, **options), "deep.tif")
    np.testing.assert_array_equal(grey.levels[..., 2], deep[..., 1])
    assert rgb.depth == grey.depth == 16
    assert rgb.notes == grey.notes == ()


def test_white_can_be_zero(colour: np.ndarray, deep: np.ndarray, tiff: Encode) -> None:
    """TIFF may count from white (PhotometricInterpretation 0), in 8 and in 16 bits."""
    eight = images.read(tiff(colour[..., 0], photometric="miniswhite"), "x.tif")
    np.testing.assert_array_equal(eight.levels[..., 0], 255 - colour[..., 0])
    sixteen = images.read(tiff(deep[..., 0], photometric="miniswhite"), "x.tif")
    np.testing.assert_array_equal(sixteen.levels[..., 0], 65535 - deep[..., 0])


def test_12_bits_are_stretched_to_16(rng: np.random.Generator) -> None:
    """Level v of 4095 becomes the nearest level to v / 4095 (two pixels in three bytes, TIFF 6.0 page 15)."""
    levels = rng.integers(0, 4096, (5, 6))
    levels[0, :2] = 0, 4095
    packed = b"".join(int((a << 12) | b).to_bytes(3, "big") for a, b in levels.reshape(-1, 2))
    fields = [
        (256, 6),
        (257, 5),
        (258, 12),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, 5),
        (279, len(packed)),
    ]
    packed += b"\0" * (len(packed) % 2)
    directory = struct.pack("<H", len(fields)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in fields)
    data = b"II*\0" + struct.pack("<I", 8 + len(packed)) + packed + directory + b"\0" * 4
    image = images.read(data, "x.tif")
    assert image.depth == 16
    assert np.abs(image.levels[..., 0] / 65535 - levels / 4095).max() <= 0.5 / 65535


def test_16_bits_in_separate_planes_are_refused(deep: np.ndarray, tiff: Encode) -> None:
    """Both decoders read them wrong, and a wrong picture is worse than none."""
    planes = np.ascontiguousarray(np.moveaxis(deep[..., :3], 2, 0))
    for compression in (None, "zlib"):
        data = tiff(planes, photometric="rgb", planarconfig="separate", compression=compression)
        with pytest.raises(ImageError, match="unusual kind"):
            images.read(data, "x.tif")


def test_8_bits_in_separate_planes(colour: np.ndarray, tiff: Encode) -> None:
    """Planes of 8 bits are fine."""
    planes = np.ascontiguousarray(np.moveaxis(colour, 2, 0))
    image = images.read(tiff(planes, photometric="rgb", planarconfig="separate"), "x.tif")
    np.testing.assert_array_equal(image.levels, colour)


# Transparency ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_8_bit_transparency_is_over_white(deep: np.ndarray, encode: Encode, kind: str) -> None:
    """The blend is c a + (1 - a) in the stored values, to the level."""
    stored = (deep >> 8).astype(np.uint8)
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    image = images.read(encode(stored, kind, **options), "x")
    np.testing.assert_array_equal(image.levels, over_white(stored[..., :3], stored[..., 3], 255))
    assert "over white" in notes(image)


def test_8_bit_grey_with_transparency(deep: np.ndarray, encode: Encode, png: Encode) -> None:
    """Grey with alpha, and grey with a transparent level (tRNS)."""
    stored = (deep[..., 2:] >> 8).astype(np.uint8)
    image = images.read(encode(PilImage.fromarray(stored, "LA"), "PNG"), "x")
    np.testing.assert_array_equal(image.levels[..., :1], over_white(stored[..., :1], stored[..., 1], 255))
    key = int(stored[5, 5, 0])
    image = images.read(png(stored[..., 0], 0, (b"tRNS", struct.pack(">H", key))), "x")
    np.testing.assert_array_equal(image.levels[..., 0], np.where(stored[..., 0] == key, 255, stored[..., 0]))
    assert "over white" in notes(image)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white(colour: np.ndarray, encode: Encode, kind: str) -> None:
    """Indexed pictures with one transparent entry."""
    indexed = PilImage.fromarray(colour).quantize(8)
    image = images.read(encode(indexed, kind, transparency=3), "x")
    expected = np.where((np.asarray(indexed) == 3)[..., None], 255, np.asarray(indexed.convert("RGB")))
    np.testing.assert_array_equal(image.levels, expected)
    assert "over white" in notes(image)


def test_a_palette_with_alpha_is_blended(colour: np.ndarray, encode: Encode) -> None:
    """Indexed PNG with an alpha for every entry (tRNS of several bytes)."""
    indexed = PilImage.fromarray(colour).quantize(4)
    alphas = np.array([0, 100, 200, 255], np.uint8)
    image = images.read(encode(indexed, "PNG", transparency=alphas.tobytes()), "x")
    expected = over_white(np.asarray(indexed.convert("RGB")), alphas[np.asarray(indexed)], 255)
    np.testing.assert_array_equal(image.levels, expected)


def test_a_transparent_bit_is_white(encode: Encode) -> None:
    """1-bit PNG whose black is transparent."""
    bits = PilImage.fromarray(np.eye(9, dtype=np.uint8) * 255).convert("1")
    image = images.read(encode(bits, "PNG", transparency=0), "x")
    assert image.levels.min() == 255


def test_a_transparent_colour_is_white(colour: np.ndarray, deep: np.ndarray, png: Encode) -> None:
    """RGB with one transparent colour (tRNS), in 8 and 16 bits, and 16-bit grey."""
    for levels in (colour, deep[..., :3]):
        key = levels[5, 5]
        image = images.read(png(levels, 2, (b"tRNS", struct.pack(">HHH", *map(int, key)))), "x")
        expected = levels.copy()
        expected[5, 5] = np.iinfo(levels.dtype).max
        np.testing.assert_array_equal(image.levels, expected)
    image = images.read(png(deep[..., 0], 0, (b"tRNS", struct.pack(">H", int(deep[5, 5, 0])))), "x")
    assert image.levels[5, 5].tolist() == [65535] * 3
    np.testing.assert_array_equal(image.levels[6:, :, 0], deep[6:, :, 0])


def test_16_bit_transparency_is_over_white(deep: np.ndarray, png: Encode, tiff: Encode) -> None:
    """RGB and grey with alpha keep 16 bits through the blend."""
    expected = over_white(deep[..., :3], deep[..., 3], 65535)
    for data in (png(deep, 6), tiff(deep, photometric="rgb", extrasamples=["unassalpha"])):
        image = images.read(data, "x")
        np.testing.assert_array_equal(image.levels, expected)
        assert "over white" in notes(image)
    image = images.read(png(np.ascontiguousarray(deep[..., 2:]), 4), "x")
    np.testing.assert_array_equal(image.levels[..., :1], over_white(deep[..., 2:3], deep[..., 3], 65535))


def test_16_bit_tiff_says_what_its_fourth_channel_is(deep: np.ndarray, tiff: Encode) -> None:
    """ExtraSamples (TIFF 6.0, page 31): 1 was multiplied in already, 0 is unknown and left out."""
    share = deep[..., 3:] / 65535
    premultiplied = np.concatenate([np.rint(deep[..., :3] * share), deep[..., 3:]], axis=2).astype(np.uint16)
    image = images.read(tiff(premultiplied, photometric="rgb", extrasamples=["assocalpha"]), "x")
    expected = over_white(deep[..., :3], deep[..., 3], 65535)
    assert np.abs(image.levels.astype(int) - expected).max() <= 1
    image = images.read(tiff(deep, photometric="rgb", extrasamples=["unspecified"]), "x")
    np.testing.assert_array_equal(image.levels, deep[..., :3])


def test_an_opaque_alpha_needs_no_note(colour: np.ndarray, encode: Encode) -> None:
    """Nothing is said when nothing was blended."""
    opaque = np.dstack([colour, np.full(colour.shape[:2], 255, np.uint8)])
    image = images.read(encode(opaque, "PNG"), "x")
    np.testing.assert_array_equal(image.levels, colour)
    assert image.notes == ()


# Numbers that are not levels ------------------------------------------------------------------------------


def test_real_numbers_in_range_are_taken_as_they_are(rng: np.random.Generator, tiff: Encode) -> None:
    """A float TIFF from 0 to 1 is rounded to 16 bits, never stretched."""
    values = (0.2 + 0.5 * rng.random((7, 9))).astype(np.float32)
    image = images.read(tiff(values), "x.tif")
    assert image.depth == 16
    assert np.abs(image.pixels[..., 0] - values).max() <= 0.5 / 65535 + 1e-7
    assert image.notes == ()


@pytest.mark.parametrize(("low", "high"), [(-3.0, 8.0), (0.0, 255.0), (-3e38, 3e38)])
def test_real_numbers_out_of_range_are_rescaled(
    rng: np.random.Generator, tiff: Encode, low: float, high: float
) -> None:
    """The least becomes black, the greatest white, evenly between, and a note gives both."""
    values = (low + (high - low) * rng.random((7, 9))).astype(np.float32)
    values[0, :2] = low, high
    image = images.read(tiff(values), "x.tif")
    expected = (values.astype(np.float64) - low) / (high - low)
    assert np.abs(image.pixels[..., 0] - expected).max() <= 0.5 / 65535 + 1e-6
    assert f"{low:g} to {high:g}" in notes(image)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_real_numbers_must_be_finite(tiff: Encode, bad: float) -> None:
    """NaN and infinity have no grey: the message counts them."""
    values = np.zeros((7, 9), np.float32)
    values[2, 3:5] = bad
    with pytest.raises(ImageError, match="2 values that are not finite"):
        images.read(tiff(values), "x.tif")


@pytest.mark.parametrize(("kind", "top"), [("int32", 255), ("int32", 65535), ("uint32", 65535), ("int16", 200)])
def test_whole_numbers_that_fit_are_levels(rng: np.random.Generator, tiff: Encode, kind: str, top: int) -> None:
    """0 to 255 are levels of 8 bits, 0 to 65535 of 16."""
    values = rng.integers(0, top + 1, (7, 9)).astype(kind)
    values[0, 0] = top
    image = images.read(tiff(values), "x.tif")
    np.testing.assert_array_equal(image.levels[..., 0], values)
    assert image.depth == (8 if top <= 255 else 16)
    assert image.notes == ()


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("int32", -5, 100), ("int32", -(2**31), 2**31 - 1), ("uint32", 7, 2**32 - 1), ("int16", -300, 300)],
)
def test_whole_numbers_that_do_not_fit_are_rescaled(
    rng: np.random.Generator, tiff: Encode, kind: str, low: int, high: int
) -> None:
    """The least becomes black, the greatest white, also for numbers that need all 32 bits."""
    values = rng.integers(low, high, (7, 9), endpoint=True).astype(kind)
    values[0, :2] = low, high
    image = images.read(tiff(values), "x.tif")
    expected = (values.astype(np.float64) - low) / (high - low)
    assert np.abs(image.pixels[..., 0] - expected).max() <= 0.5 / 65535 + 1e-7
    assert "rescaled" in notes(image)


def test_one_value_everywhere_out_of_range(tiff: Encode) -> None:
    """Rescaling a constant divides by no zero."""
    assert images.read(tiff(np.full((7, 9), 5, np.float32)), "x").levels.max() == 0


# Several pictures in a file -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_first_of_several_is_shown(encode: Encode, kind: str) -> None:
    """Animations and documents of several pages: the first one, and a note."""
    frames = [PilImage.new("RGB", (40, 30), shade) for shade in ("#c80000", "#00c800", "#0000c8")]
    options = {"lossless": True} if kind == "WEBP" else {}
    image = images.read(encode(frames[0], kind, save_all=True, append_images=frames[1:], **options), "x")
    assert image.size == (30, 40)
    assert np.abs(image.levels.astype(int) - [200, 0, 0]).max() <= 3
    assert "first" in notes(image)


# Reduction ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "factor"), [((66, 4096, 3), 2), ((6144, 39), 3), ((4096, 30, 3), 2)])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_large_pictures_are_averaged(
    rng: np.random.Generator, png: Encode, shape: tuple[int, ...], factor: int, kind: type
) -> None:
    """A whole factor is the mean of blocks (scikit-image), rounded back to the depth of the file."""
    from skimage.transform import downscale_local_mean

    top = np.iinfo(kind).max
    levels = rng.integers(0, top + 1, shape, dtype=kind)
    image = images.read(png(levels, 2 if len(shape) == 3 else 0), "large.png")
    expected = downscale_local_mean(levels.astype(np.float64), (factor, factor, 1)[: len(shape)])
    assert max(image.size) == images.MAX_SIDE
    assert image.size == expected.shape[:2]
    assert image.depth == (8 if kind is np.uint8 else 16)
    measured = image.levels if len(shape) == 3 else image.levels[..., 0]
    assert np.abs(measured - expected).max() <= 0.5 + (0 if kind is np.uint8 else 0.01)
    assert image.original_size == shape[:2]
    assert notes(image).startswith(f"Reduced from {shape[1]} × {shape[0]} to {image.size[1]} × {image.size[0]}")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3000, 4000), (1536, 2048)),
        ((4001, 3001), (2048, 1536)),
        ((1, 5000), (1, 2048)),
        ((2049, 3), (2048, 3)),
    ],
)
def test_reduction_keeps_the_aspect(encode: Encode, size: tuple[int, int], expected: tuple[int, int]) -> None:
    """The longer side is exactly 2048, the other one in proportion and at least 1; a flat colour stays."""
    image = images.read(encode(PilImage.new("RGB", size[::-1], (1, 128, 254)), "PNG", compress_level=1), "x")
    assert image.size == expected
    assert (image.levels == [1, 128, 254]).all()


def test_2048_is_not_reduced(encode: Encode) -> None:
    """The limit itself is allowed."""
    image = images.read(encode(PilImage.new("L", (2048, 5)), "PNG"), "x")
    assert image.size == (5, 2048)
    assert image.notes == ()
