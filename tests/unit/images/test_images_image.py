"""The record that all pictures become."""

from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pytest

from cnnviz.errors import ImageError
from cnnviz.images import Image
from cnnviz.text import N_, Sentence


@pytest.mark.parametrize(("depth", "kind"), [(8, np.uint8), (16, np.uint16)])
def test_every_pixel_is_the_float_next_to_its_level(depth: int, kind: type) -> None:
    """Pixel = level / (2**depth - 1), correctly rounded to float32, for every level there is."""
    top = 2**depth - 1
    levels = np.arange(top + 1, dtype=kind).reshape(-1, 16)
    image = Image.from_levels(levels, "ramp")
    exact = (levels.astype(np.float64) / top).astype(np.float32)
    assert image.depth == depth
    assert image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, np.repeat(exact[..., None], 3, axis=2))
    np.testing.assert_array_equal(image.levels[..., 1], levels)
    assert image.levels.dtype == kind


@pytest.mark.parametrize("depth", [8, 16])
def test_levels_come_back_from_pixels_alone(depth: int) -> None:
    """A picture built from its pixels only has the same levels and digest as the one built from levels."""
    levels = np.arange(2**depth).astype(np.uint8 if depth == 8 else np.uint16).reshape(8, -1)
    image = Image.from_levels(levels, "ramp")
    again = Image(image.pixels, "again", depth, image.size)
    np.testing.assert_array_equal(again.levels, image.levels)
    assert again == image


@pytest.mark.parametrize("depth", [8, 16])
def test_from_array_rounds_to_the_nearest_level(depth: int, rng: np.random.Generator) -> None:
    """No pixel moves by more than half a level."""
    array = rng.random((7, 5, 3))
    image = Image.from_array(array, "random", depth=depth)
    assert np.abs(image.pixels - array).max() <= 0.5 / (2**depth - 1) + 1e-7
    assert image.depth == depth


def test_from_array_clips_and_repeats_grey() -> None:
    """Values below 0 become black, above 1 white; one plane becomes three equal ones."""
    array = np.array([[-1.0, 0.0, 0.5], [1.0, 2.0, 1 / 255]])
    image = Image.from_array(array, "grey")
    np.testing.assert_array_equal(image.levels[..., 2], [[0, 0, 128], [255, 255, 1]])
    assert image.is_grey
    assert image.size == image.original_size == (2, 3)
    np.testing.assert_array_equal(array, [[-1.0, 0.0, 0.5], [1.0, 2.0, 1 / 255]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_from_array_refuses_what_is_not_finite(bad: float) -> None:
    """One NaN or infinity is one too many, and the message counts them."""
    array = np.full((3, 4), 0.5)
    array[1, 2] = bad
    with pytest.raises(ImageError, match="has 1 values"):
        Image.from_array(array, "bad")


@pytest.mark.parametrize(
    "array",
    [np.zeros((0, 3)), np.zeros(5), np.zeros((2, 2, 4)), np.zeros((2, 2, 1)), np.zeros((2, 2), np.uint8)],
)
def test_from_array_refuses_other_shapes_and_types(array: np.ndarray) -> None:
    """Only (H, W) and (H, W, 3) of floating-point numbers are pictures."""
    with pytest.raises(ImageError):
        Image.from_array(array, "bad")


def test_from_levels_refuses_other_types() -> None:
    """The type of the levels is the depth, so only uint8 and uint16 are allowed."""
    with pytest.raises(ImageError, match="int64"):
        Image.from_levels(np.zeros((2, 2), np.int64), "bad")


def test_nobody_can_change_a_picture(colour: np.ndarray) -> None:
    """Pixels, levels and luminance are read-only and share no memory with what they were made of."""
    pixels = (colour / np.float32(255)).astype(np.float32)
    image, other = Image(pixels, "own", 8, (11, 14)), Image.from_levels(colour, "levels")
    before = image.pixels.copy(), other.levels.copy()
    pixels[:], colour[:] = 0, 0
    np.testing.assert_array_equal(image.pixels, before[0])
    np.testing.assert_array_equal(other.levels, before[1])
    for array in (image.pixels, image.levels, image.luminance, other.pixels, other.levels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(
    ("pixels", "depth"),
    [(np.zeros((2, 2, 3)), 8), (np.zeros((2, 2), np.float32), 8), (np.zeros((2, 2, 3), np.float32), 12)],
)
def test_the_constructor_takes_only_what_it_promises(pixels: np.ndarray, depth: int) -> None:
    """float32 (H, W, 3) and a depth of 8 or 16: anything else is a bug of the caller."""
    with pytest.raises(ValueError, match="not"):
        Image(pixels, "bad", depth, (2, 2))


def test_digest_is_of_size_depth_and_levels_only(colour: np.ndarray) -> None:
    """Name and notes do not count; a pixel, the shape and the depth do."""
    image = Image.from_levels(colour, "one")
    expected = hashlib.sha256(b"11 14 8 " + colour.tobytes()).hexdigest()
    assert image.digest == expected
    assert Image.from_levels(colour, "two", notes=(Sentence(N_("x")),)) == image
    assert hash(Image.from_levels(colour, "two")) == hash(image)
    changed = colour.copy()
    changed[3, 4, 1] ^= 1
    others = [changed, colour.reshape(14, 11, 3), colour.astype(np.uint16) * 257]
    assert len({image, *(Image.from_levels(other, "one") for other in others)}) == 4
    assert image != "one"


def test_pickling_keeps_everything(colour: np.ndarray) -> None:
    """A job that travels finds the same picture, still read-only, in half the bytes of its pixels."""
    note = Sentence(N_("{n} things"), {"n": 2})
    levels = np.tile(colour, (9, 9, 1)).astype(np.uint16)
    image = Image.from_levels(levels, "one", original_size=(5, 6), notes=(note,), is_photo=False)
    data = pickle.dumps(image)
    again = pickle.loads(data)  # noqa: S301 - our own bytes
    assert again == image
    assert (again.name, again.depth, again.original_size, again.notes) == ("one", 16, (5, 6), (note,))
    assert again.is_photo is False
    assert not again.pixels.flags.writeable
    assert len(data) < image.pixels.nbytes * 0.6


def test_luminance_is_rec_601(colour: np.ndarray) -> None:
    """Y' = 0.299 R' + 0.587 G' + 0.114 B', and exactly the value itself where the three are equal."""
    image = Image.from_levels(colour, "colour")
    expected = (colour.astype(np.float64) @ [0.299, 0.587, 0.114]) / 255
    np.testing.assert_allclose(image.luminance, expected, atol=2e-7)
    assert image.luminance.dtype == np.float32
    grey = Image.from_levels(np.arange(256, dtype=np.uint8).reshape(16, 16), "grey")
    np.testing.assert_array_equal(grey.luminance, grey.pixels[..., 0])
    assert Image.from_levels(np.full((2, 2, 3), 255, np.uint8), "white").luminance.max() == 1


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_is_grey_notices_every_channel(channel: int) -> None:
    """One level in one channel of one pixel makes a picture coloured."""
    levels = np.full((4, 5, 3), 77, np.uint8)
    assert Image.from_levels(levels, "grey").is_grey
    levels[2, 3, channel] = 78
    assert not Image.from_levels(levels, "nearly").is_grey


def test_a_note_reads_as_english() -> None:
    """`str` fills the data into the template."""
    assert str(Sentence(N_("{a} of {b}"), {"a": 1, "b": 2})) == "1 of 2"
    assert hash(Sentence("{a}", {"a": 1})) == hash(Sentence("{a}", {"a": 1}))
