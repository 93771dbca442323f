"""Encoded bytes, read back by other decoders."""

from __future__ import annotations

import importlib.resources
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin
from skimage import metrics

from cnnviz.figures.colours import diverging
from cnnviz.figures.encode import exact_levels, jpeg, png


def decoded(content: bytes) -> np.ndarray:
    """OpenCV's decoder, as RGB or grey."""
    levels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert levels is not None
    return levels if levels.ndim == 2 else levels[:, :, 2::-1]


def photo(rows: int, columns: int) -> np.ndarray:
    """A corner of NASA's portrait of Eileen Collins, which scikit-image carries."""
    file = importlib.resources.files("skimage") / "data" / "astronaut.png"
    with Image.open(io.BytesIO(file.read_bytes())) as picture:
        return np.array(picture)[:rows, :columns, :3]


def random_levels(*shape: int) -> np.ndarray:
    """Levels without any order."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def two_colours() -> np.ndarray:
    """Black and orange in a chessboard of odd size."""
    board = np.indices((7, 11)).sum(axis=0) % 2
    return np.array([[0, 0, 0], [209, 70, 11]], np.uint8)[board]


# Name: levels, and the colour type of the header (PNG specification, table 11.1): 0 grey, 2 RGB, 3 palette.
PNGS = {
    "grey": (random_levels(13, 17), 0),
    "one colour": (np.full((5, 3, 3), [7, 8, 9], np.uint8), 3),
    "two colours": (two_colours(), 3),
    "17 colours": (random_levels(17, 3)[np.arange(17 * 6).reshape(6, 17) % 17], 3),
    "the diverging map": (diverging()[random_levels(40, 31) % 255], 3),
    "256 colours": (random_levels(256, 3).reshape(16, 16, 3), 3),
    "many colours": (random_levels(31, 27, 3), 2),
    "one pixel": (np.array([[[1, 2, 3]]], np.uint8), 3),
}


@pytest.mark.parametrize(("levels", "colour_type"), PNGS.values(), ids=PNGS)
@pytest.mark.parametrize("level", [0, 1, 9])
def test_png_is_exact(levels: np.ndarray, colour_type: int, level: int) -> None:
    """Two decoders give back every pixel; up to 256 colours are stored as a palette."""
    content = png(levels, level=level)
    assert struct.unpack(">IIBB", content[16:26])[0:2] == (levels.shape[1], levels.shape[0])
    assert content[25] == colour_type
    np.testing.assert_array_equal(decoded(content), levels)
    with Image.open(io.BytesIO(content)) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("L" if levels.ndim == 2 else "RGB")), levels)


def test_257_colours_are_too_many_for_a_palette() -> None:
    """One more than a palette holds, and none is lost."""
    codes = np.arange(257)
    levels = np.stack([codes % 256, codes // 256, 0 * codes], axis=-1).astype(np.uint8)[None]
    content = png(levels)
    assert content[25] == 2
    np.testing.assert_array_equal(decoded(content), levels)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    colours=st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=6),
)
def test_png_of_any_palette(rows: int, columns: int, colours: list[tuple[int, int, int]]) -> None:
    """Whatever the colours, each pixel finds its own again."""
    choice = np.random.default_rng(0).integers(0, len(colours), (rows, columns))
    levels = np.array(colours, np.uint8)[choice]
    np.testing.assert_array_equal(decoded(png(levels)), levels)


def test_a_palette_makes_maps_smaller() -> None:
    """A signed map takes less than half of what its three channels take."""
    index = np.random.default_rng(0).normal(127, 30, (100, 120)).clip(0, 254).astype(np.uint8)
    rgb = diverging()[index]
    assert len(png(rgb)) < len(cv2.imencode(".png", rgb)[1]) / 2


@pytest.mark.parametrize("full_colour", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_jpeg_is_close(grey: bool, full_colour: bool) -> None:
    """A photo keeps a PSNR of more than 35 dB, colours in their order, and takes far less than a PNG."""
    levels = np.ascontiguousarray(photo(301, 407)[:, :, 1]) if grey else photo(301, 407)
    content = jpeg(levels, full_colour=full_colour)
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "L" if grey else "RGB", (407, 301))
        got = np.asarray(picture)
    assert metrics.peak_signal_noise_ratio(levels, got) > 35
    assert len(content) < len(png(levels)) / 3


def test_quality_costs_bytes() -> None:
    """A higher quality is closer and larger."""
    levels = photo(200, 200)
    contents = [jpeg(levels, quality) for quality in (50, 88, 97)]
    sizes = [len(content) for content in contents]
    losses = [metrics.mean_squared_error(levels, decoded(content)) for content in contents]
    assert sizes == sorted(sizes)
    assert losses == sorted(losses, reverse=True)


def test_full_colour_keeps_every_colour_pixel() -> None:
    """4:4:4 stands in the file; columns of blue and orange stay apart, which 4:2:0 mixes."""
    stripes = np.where(np.arange(33)[None, :, None] % 2, diverging()[0], diverging()[-1])
    rgb = np.broadcast_to(stripes, (32, 33, 3)).astype(np.uint8)
    samplings, errors = [], []
    for full_colour in (True, False):
        content = jpeg(rgb, full_colour=full_colour)
        with Image.open(io.BytesIO(content)) as picture:
            samplings.append(JpegImagePlugin.get_sampling(picture))
        errors.append(metrics.mean_squared_error(rgb, decoded(content)))
    assert samplings == [0, 2]
    assert errors[0] < errors[1] / 20


def restored(content: bytes, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The inverse by its definition: running sums along the rows, modulo 256 or 65536."""
    differences = np.frombuffer(zlib.decompress(content), dtype).reshape(shape)
    modulus = 256 ** np.dtype(dtype).itemsize
    return np.cumsum(differences.astype(np.int64), axis=1) % modulus


@pytest.mark.parametrize("dtype", ["<u1", "<u2"])
@pytest.mark.parametrize("shape", [(7, 5, 3), (1, 9, 3), (9, 1, 3), (1, 1, 3), (64, 33, 3)])
def test_exact_levels_come_back(shape: tuple[int, ...], dtype: str) -> None:
    """Every level of 8 and 16 bits, with all differences there are: they wrap around."""
    top = np.iinfo(dtype).max
    native = np.dtype(dtype).newbyteorder("=")
    levels = np.random.default_rng(0).integers(0, top, shape, dtype=native, endpoint=True)
    before = levels.copy()
    np.testing.assert_array_equal(restored(exact_levels(levels), dtype, shape), levels)
    np.testing.assert_array_equal(levels, before)


@pytest.mark.parametrize(("dtype", "top"), [("<u1", 255), ("<u2", 65535)])
def test_the_largest_jumps_wrap_around(dtype: str, top: int) -> None:
    """From black to white and back is a difference of -1 and 1, modulo the number of levels."""
    levels = np.zeros((2, 6, 3), np.dtype(dtype).newbyteorder("="))
    levels[:, 1::2] = top
    content = exact_levels(levels)
    differences = np.frombuffer(zlib.decompress(content), dtype).reshape(levels.shape)
    np.testing.assert_array_equal(differences[0, :, 0], [0, top, 1, top, 1, top])
    np.testing.assert_array_equal(restored(content, dtype, levels.shape), levels)


def test_differences_of_a_photo_are_smaller() -> None:
    """The point of it: a photo takes fewer bytes than deflated plainly."""
    levels = photo(512, 512)
    assert len(exact_levels(levels)) < len(zlib.compress(levels.tobytes(), 6))
