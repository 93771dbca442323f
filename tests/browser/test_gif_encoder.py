"""The encoder of GIF animations, in a real browser: what it writes, other decoders read back."""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Error

from tests.browser.encoders import DIAGRAM, FLAT, Encoded, encode, encoding_page
from tests.browser.gif_blocks import gif_frames, lzw_codes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def page(browser: Browser, root: Path) -> Iterator[Page]:
    """An empty page with the encoders."""
    with encoding_page(browser, root) as page:
        yield page


def encode_pixels(page: Page, kind: str, frames: np.ndarray, **options: Any) -> Encoded:
    """Encode frames x height x width x 3 values of 0 to 255."""
    pixels = [opaque(frame) for frame in frames]
    count, height, width, _ = frames.shape
    return encode(page, kind, width, height, [100] * count, pixels=pixels, **options)


def opaque(pixels: np.ndarray) -> str:
    """Pixels as the browser wants them: with an alpha of 255, in base64."""
    return base64.b64encode(np.pad(pixels, ((0, 0), (0, 0), (0, 1)), constant_values=255).tobytes()).decode()


def count_colours(pixels: np.ndarray) -> int:
    """The number of different colours."""
    return len(np.unique(pixels[..., :3].astype(int) @ [1 << 16, 1 << 8, 1]))


def different_colours(seed: int, colours: int) -> np.ndarray:
    """So many random colours, each once: colours x 3."""
    packed = np.random.default_rng(seed).choice(1 << 24, colours, replace=False)
    return np.stack([packed & 255, packed >> 8 & 255, packed >> 16], axis=-1).astype(np.uint8)


def noise(seed: int, count: int, height: int, width: int, colours: int) -> np.ndarray:
    """Frames of noise in so many colours."""
    random = np.random.default_rng(seed)
    return different_colours(seed, colours)[random.integers(colours, size=(count, height, width))]


def test_gif_of_flat_colours_is_exact(page: Page) -> None:
    """A drawing of at most 256 colours is stored as it is: every pixel, the time of every frame, for ever."""
    encoded = encode(page, "gif", 301, 173, [100, 40, 250, 1000, 20, 70], paint=FLAT)

    assert max(error.max() for error in encoded.errors()) == 0
    assert len({frame.tobytes() for frame in encoded.frames}) == 6
    assert encoded.info("duration") == [100, 40, 250, 1000, 20, 70]
    assert set(encoded.info("loop")) == {0}


@pytest.mark.parametrize("colours", [1, 2, 3, 5, 16, 17, 255, 256])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 13), (37, 23), (255, 61)])
def test_gif_of_noise_is_exact(page: Page, width: int, height: int, colours: int) -> None:
    """Up to 256 colours stay exact in any order, for any length of code; the strict decoder counts all pixels."""
    frames = noise(colours, 3, height, width, colours)
    encoded = encode_pixels(page, "gif", frames)

    assert max(error.max() for error in encoded.errors()) == 0
    assert np.array_equal(encoded.decoded(), frames)
    for stored in gif_frames(encoded.file):
        assert lzw_codes(stored)[0] == stored.place[2] * stored.place[3]


def test_gif_codes_grow_and_start_again(page: Page) -> None:
    """Every length of a picture ends well, also where a code just became longer; a full table is cleared."""
    row = noise(0, 1, 1, 9000, 4)
    lengths = [*range(1, 150), *range(506, 520), *range(8995, 9000)]
    files = page.evaluate(
        """([pixels, lengths]) => Promise.all(lengths.map((width) => {
          const encoder = new GifEncoder(width, 1);
          encoder.addFrame(new ImageData(decoded(pixels).slice(0, 4 * width), width, 1), 50);
          return coded(encoder.finish());
        }))""",
        [opaque(row[0]), lengths],
    )
    for width, file in zip(lengths, map(base64.b64decode, files), strict=True):
        assert lzw_codes(gif_frames(file)[0])[0] == width
        assert np.array_equal(Encoded(file, [], []).decoded()[0], row[0, :, :width])

    encoded = encode_pixels(page, "gif", noise(1, 2, 97, 301, 256))
    assert [lzw_codes(frame)[1] > 3 for frame in gif_frames(encoded.file)] == [True, True]
    assert max(error.max() for error in encoded.errors()) == 0


def test_gif_stores_what_changed(page: Page) -> None:
    """A frame is the smallest rectangle around the changes, a frame without any is one pixel; the rest stays."""
    frames = np.repeat(noise(2, 1, 40, 60, 200), 6, axis=0)
    frames[1:, 7, 11] = frames[1:, 29, 5] = (1, 2, 3)
    frames[3:, 39, 59] = (9, 8, 7)
    frames[4:, 0] = (200, 100, 50)
    frames[5:, 10:20, 30] ^= 255
    encoded = encode_pixels(page, "gif", frames)

    stored = gif_frames(encoded.file)
    assert [frame.place for frame in stored] == [
        (0, 0, 60, 40), (5, 7, 7, 23), (0, 0, 1, 1), (59, 39, 1, 1), (0, 0, 60, 1), (30, 10, 1, 10),
    ]  # fmt: skip
    assert {frame.disposal for frame in stored} == {1}  # leave in place
    assert np.array_equal(encoded.decoded(), frames)


@pytest.mark.parametrize("more", [0, 300])
def test_gif_of_256_new_colours(page: Page, more: int) -> None:
    """Without an index left for "stays", 256 colours are exact; with more, those that stay are, the new ones nearly."""
    new = np.repeat(different_colours(3, 256), 4, axis=0)
    second = np.random.default_rng(3).permutation(new).reshape(32, 32, 3)
    first = 255 - second
    kept = np.zeros((32, 32), bool)
    kept.flat[100 : 104 + more // 2] = True
    if more:  # colours that stay, beside 256 that are new
        second[kept] = first[kept] = different_colours(4, kept.sum())
    first[kept] = second[kept]
    assert count_colours(second[~kept]) == 256
    encoded = encode_pixels(page, "gif", np.stack([first, second]))

    _, error = encoded.errors()
    assert gif_frames(encoded.file)[1].table == 256
    if not more:
        assert error.max() == 0
    else:
        assert np.array_equal(encoded.decoded()[1][kept], encoded.decoded()[0][kept])
        assert np.count_nonzero(error[~kept].any(axis=-1)) <= 4  # one colour of 256


def test_gif_of_a_diagram_stays_readable(page: Page) -> None:
    """Antialiased numbers on 200 colours: on average within 2 levels of 255, no value off by more than 40."""
    encoded = encode(page, "gif", 640, 400, [100] * 4, paint=DIAGRAM)

    assert count_colours(encoded.frames[0]) > 4096
    for error in encoded.errors():
        assert 0 < error.mean() <= 2
        assert error.max() <= 40


def test_gif_keeps_flat_areas_among_many_colours(page: Page) -> None:
    """A large flat area stays exact beside full-colour noise, which is met within 26 levels on average."""
    random = np.random.default_rng(4)
    frames = random.integers(256, size=(2, 120, 160, 3), dtype=np.uint8)
    frames[:, :60, :100] = (214, 39, 40)
    frames[:, :60, 100:] = (215, 39, 41)
    frames[:, 119, 159] = (208, 32, 47)  # all three in one bin of 5 bits: the many speak for it, not the last
    frames[1, :30] = (17, 17, 17)
    encoded = encode_pixels(page, "gif", frames)

    first, second = encoded.errors()
    assert first[:60, :100].max() == 0
    assert first[:60, 100:].max() == 1
    assert second[:30].max() == 0
    assert max(first[60:].mean(), second[60:].mean()) <= 26


def test_gif_with_fewer_colours(page: Page) -> None:
    """A limit of colours holds for every frame; the nearest of them replaces the others."""
    frames = np.zeros((2, 8, 64, 3), np.uint8)
    frames[0] = np.arange(64, dtype=np.uint8)[:, None] * 4
    frames[1] = 255 - frames[0]
    encoded = encode_pixels(page, "gif", frames, colours=8)

    for shown in encoded.decoded():
        assert count_colours(shown) <= 8
    assert max(error.max() for error in encoded.errors()) <= 36  # 8 levels over 0 to 252, none at the very best place


@pytest.mark.parametrize(("delay", "near"), [(1000 / 30, {30, 40}), (24, {20, 30}), (20, {20}), (5, {20})])
def test_gif_delays_do_not_drift(page: Page, delay: float, near: set[int]) -> None:
    """Delays are whole hundredths of a second whose sum stays right; those that browsers would slow down grow to 2."""
    frames = noise(5, 31, 2, 2, 256)
    pixels = [opaque(frame) for frame in frames]
    encoded = encode(page, "gif", 2, 2, [delay] * 31, pixels=pixels)

    durations = encoded.info("duration")
    assert set(durations) == near
    for shown, asked in zip(itertools.accumulate(durations), itertools.count(1), strict=False):
        assert abs(shown - asked * max(delay, 20)) <= 5


def test_gif_refuses_another_size(page: Page) -> None:
    """A frame of another size is an error, not a garbled picture; so is a file without a frame."""
    with pytest.raises(Error, match="a frame of 3x4 in a GIF of 4x3"):
        page.evaluate("() => new GifEncoder(4, 3).addFrame(new ImageData(3, 4), 100)")
    with pytest.raises(Error, match="without a frame"):
        page.evaluate("() => new GifEncoder(4, 3).finish()")
