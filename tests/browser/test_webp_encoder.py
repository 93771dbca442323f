"""The encoder of WebP animations, in a real browser: what it writes, other decoders read back."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from playwright.sync_api import Error

from tests.browser.encoders import DIAGRAM, FLAT, encode, encoding_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def page(browser: Browser, root: Path) -> Iterator[Page]:
    """An empty page with the encoders."""
    with encoding_page(browser, root) as page:
        yield page


def riff_chunks(file: bytes) -> list[bytes]:
    """The names of a WebP's chunks, whose sizes must add up."""
    assert struct.unpack_from("<I", file, 4)[0] == len(file) - 8
    names, at = [], 12
    while at < len(file):
        size = struct.unpack_from("<I", file, at + 4)[0]
        names.append(file[at : at + 4])
        at += 8 + size + size % 2
    assert at == len(file)
    return names


# quality 1 makes Chromium write lossless files (VP8L)
@pytest.mark.parametrize("quality", [0.9, 1])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (301, 173), (1, 1)])
def test_webp_holds_the_still_files(page: Page, width: int, height: int, quality: float) -> None:
    """Frames, times and pixels are those of the still files; it loops for ever on white."""
    paint = DIAGRAM.replace("(columns - 3)", "5")
    encoded = encode(page, "webp", width, height, [100, 33, 250], paint=paint, type="image/webp", quality=quality)

    assert encoded.info("duration") == [100, 33, 250]
    assert set(encoded.info("loop")) == {0}
    assert encoded.info("background")[0] == (255, 255, 255, 255)
    assert all((b"VP8L" in riff_chunks(still)) == (quality == 1) for still in encoded.stills)
    for still, shown in zip(encoded.stills, encoded.decoded(), strict=True):
        assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(still)).convert("RGB")), shown)
    assert max(error.mean() for error in encoded.errors()) <= (0 if quality == 1 else 10)  # colours at half resolution


@pytest.mark.parametrize("quality", [0.9, 1])
def test_webp_keeps_transparency(page: Page, quality: float) -> None:
    """A frame replaces what was there, its transparent pixels too, and the file says that it has some."""
    paint = """(context, i) => {
      context.clearRect(0, 0, 64, 48);
      context.fillStyle = "rgba(255, 0, 0, 0.5)";
      context.fillRect(8 * i, 8, 16, 16);
    }"""
    encoded = encode(page, "webp", 64, 48, [50] * 3, paint=paint, type="image/webp", quality=quality)

    assert encoded.file[20] == 0x12  # animation, alpha
    shown = encoded.decoded("RGBA")
    for drawn, frame in zip(encoded.frames, shown, strict=True):
        assert np.array_equal(drawn[..., 3], frame[..., 3])
    assert len({frame.tobytes() for frame in shown}) == 3


def test_webp_is_well_formed(page: Page) -> None:
    """The sizes of all chunks add up, their order is the specification's, opaque files do not claim transparency."""
    encoded = encode(page, "webp", 301, 173, [100] * 3, paint=FLAT, type="image/webp", quality=0.9)

    names = riff_chunks(encoded.file)
    assert names == [b"VP8X", b"ANIM", b"ANMF", b"ANMF", b"ANMF"]
    assert encoded.file[20] == 0x02  # animation alone


def test_webp_times_do_not_drift(page: Page) -> None:
    """Thirty frames of a thirtieth of a second last a second."""
    encoded = encode(page, "webp", 31, 17, [1000 / 30] * 30, paint=FLAT, type="image/webp", quality=0.5)

    assert set(encoded.info("duration")) == {33, 34}
    assert sum(encoded.info("duration")) == 1000


def test_webp_refuses_other_files(page: Page) -> None:
    """A browser that writes PNG where WebP was asked, and frames of another size, end in an error."""
    with pytest.raises(Error, match="not a WebP picture"):
        encode(page, "webp", 301, 173, [100], paint=FLAT, type="image/png")
    with pytest.raises(Error, match="a frame of 4x3 in a WebP of 3x4"):
        page.evaluate("""async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 3 });
          const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp"));
          return animatedWebp([{ blob, duration: 100 }], 3, 4);
        }""")
