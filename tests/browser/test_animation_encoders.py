"""The encoders of exported animations, in a real browser: what they write, other decoders read back."""

from __future__ import annotations

import base64
import io
import itertools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence
from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

ENCODERS = ("gif.js", "webp.js")

# Paints with `paint(context, i)` or shows given pixels; hands back the file, the pixels of each frame, the still files.
HARNESS = """
const coded = async (bytes) => {
  const reader = new FileReader();
  const done = new Promise((resolve) => (reader.onload = resolve));
  reader.readAsDataURL(new Blob([bytes]));
  await done;
  return reader.result.slice(reader.result.indexOf(",") + 1);
};
const decoded = (text) => Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));

async function encode({ kind, width, height, delays, paint, pixels, colours, type, quality }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const draw = paint ? eval(`(${paint})`) : null;
  const encoder = kind === "gif" ? new GifEncoder(width, height, { colours }) : null;
  const [frames, stills] = [[], []];
  for (const [i, duration] of delays.entries()) {
    if (draw) draw(context, i);
    else context.putImageData(new ImageData(decoded(pixels[i]), width, height), 0, 0);
    const data = context.getImageData(0, 0, width, height);
    frames.push(await coded(data.data));
    if (encoder) encoder.addFrame(data, duration);
    else stills.push({ blob: await new Promise((resolve) => canvas.toBlob(resolve, type, quality)), duration });
  }
  const file = encoder ? encoder.finish() : await animatedWebp(stills, width, height);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([file], { type: `image/${kind}` }));
  await image.decode();
  return {
    file: await coded(file),
    frames,
    stills: await Promise.all(stills.map(({ blob }) => coded(blob))),
    shown: [image.naturalWidth, image.naturalHeight],
  };
}
"""

# A grid of cells, a window that moves over it, a cell that fills up: flat colours, edges on whole pixels.
FLAT = """(context, i) => {
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, 301, 173);
  for (let cell = 0; cell < 60; cell++) {
    context.fillStyle = `rgb(${4 * cell}, ${255 - 3 * cell}, ${(37 * cell) % 256})`;
    context.fillRect(10 + 25 * (cell % 10), 10 + 25 * Math.floor(cell / 10), 24, 24);
  }
  context.fillStyle = "#d62728";
  context.fillRect(10 + 25 * i, 35, 75, 3);
  context.fillRect(270, 10, 20, 9 * (i + 1));
}"""

# A diagram: cells of a two-sided scale with antialiased numbers, hatching, a window that moves.
DIAGRAM = """(context, i) => {
  const { width, height } = context.canvas;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const columns = Math.floor(width / 32);
  for (let cell = 0; cell < columns * Math.floor(height / 32); cell++) {
    const [x, y] = [32 * (cell % columns), 32 * Math.floor(cell / columns)];
    const share = ((cell * 37) % 201) / 100 - 1;
    const pale = Math.round(255 * (1 - Math.abs(share)));
    context.fillStyle = share < 0 ? `rgb(${pale}, ${pale}, 255)` : `rgb(255, ${pale}, ${pale})`;
    context.fillRect(x, y, 31, 31);
    context.fillStyle = "#111";
    context.font = "11px sans-serif";
    context.fillText(share.toFixed(2), x + 15.5, y + 16);
  }
  const left = 32 * (i % (columns - 3));
  context.strokeStyle = "#2ca02c";
  context.lineWidth = 3;
  context.strokeRect(left + 0.5, 64.5, 96, 96);
  context.lineWidth = 1;
  for (let d = 0; d < 96; d += 6) {
    context.beginPath();
    context.moveTo(left + d, 64);
    context.lineTo(left + d + 30, 160);
    context.stroke();
  }
  context.fillStyle = "#333";
  context.font = "16px sans-serif";
  context.fillText(`step ${i + 1}: sum of 9 products`, width / 2, height - 12);
}"""


@dataclass(frozen=True)
class Encoded:
    """A file, the frames it was made from, each (height, width, 4), and the still files (WebP alone)."""

    file: bytes
    frames: list[np.ndarray]
    stills: list[bytes]

    def decoded(self, mode: str = "RGB") -> list[np.ndarray]:
        """All frames as Pillow shows them."""
        with Pillow.open(io.BytesIO(self.file)) as animation:
            return [np.asarray(frame.convert(mode)) for frame in ImageSequence.Iterator(animation)]

    def info(self, key: str) -> list[Any]:
        """What Pillow says about each frame."""
        with Pillow.open(io.BytesIO(self.file)) as animation:
            return [frame.info[key] for frame in ImageSequence.Iterator(animation) if frame.load()]

    def errors(self) -> list[np.ndarray]:
        """Each frame's absolute differences from what was drawn, in levels of 255."""
        pairs = zip(self.frames, self.decoded(), strict=True)
        return [np.abs(drawn[..., :3].astype(int) - shown.astype(int)) for drawn, shown in pairs]


@pytest.fixture(scope="module")
def page(browser: Browser, root: Path) -> Iterator[Page]:
    """An empty page with the encoders."""
    with browser.new_context() as context:
        page = context.new_page()
        for name in ENCODERS:
            page.add_script_tag(content=(root / "pages/common/components/player" / name).read_text())
        page.add_script_tag(content=HARNESS)
        yield page


def encode(page: Page, kind: str, width: int, height: int, delays: list[float], **options: Any) -> Encoded:
    """Draw and encode in the browser; the browser itself must be able to show the file."""
    arguments = {"kind": kind, "width": width, "height": height, "delays": delays, **options}
    result = page.evaluate("(options) => encode(options)", arguments)
    assert result["shown"] == [width, height]
    frames = [np.frombuffer(base64.b64decode(frame), np.uint8).reshape(height, width, 4) for frame in result["frames"]]
    return Encoded(base64.b64decode(result["file"]), frames, [base64.b64decode(still) for still in result["stills"]])


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


@dataclass(frozen=True)
class GifFrame:
    """A frame as it is stored: left, top, width, height; the packed fields; the LZW code size and data."""

    place: tuple[int, int, int, int]
    disposal: int
    table: int
    bits: int
    data: bytes


def gif_frames(file: bytes) -> list[GifFrame]:
    """Walk through all blocks of a GIF (GIF89a, appendix A) to its very last byte."""
    at = 13 + (3 << (file[10] & 7) + 1)
    frames, control = [], 0
    while (kind := file[at]) != 0x3B:
        table = 0
        if kind == 0x21:
            label, at = file[at + 1], at + 2
        else:
            place = struct.unpack_from("<4H", file, at + 1)
            table = 2 << (file[at + 9] & 7) if file[at + 9] & 0x80 else 0
            at += 10 + 3 * table + 1
            bits = file[at - 1]
        data = b""
        while file[at]:
            data += file[at + 1 : at + 1 + file[at]]
            at += 1 + file[at]
        at += 1
        if kind == 0x2C:
            frames.append(GifFrame(place, control >> 2 & 7, table, bits, data))
        elif label == 0xF9:
            control = data[0]
    assert at == len(file) - 1
    return frames


def lzw_codes(frame: GifFrame) -> tuple[int, int]:
    """Decode as strictly as GIF89a's appendix F is written; return the pixels and the clear codes."""
    stream, length = int.from_bytes(frame.data, "little"), 8 * len(frame.data)
    clear = 1 << frame.bits
    at = pixels = clears = 0
    lengths: list[int] = []  # of the strings, which suffice to count pixels
    width, previous = frame.bits + 1, None
    while True:
        assert at + width <= length
        code = stream >> at & (1 << width) - 1
        at += width
        if code == clear + 1:
            assert length - at < 8
            return pixels, clears
        if code == clear:
            lengths, width, previous, clears = [1] * clear + [0, 0], frame.bits + 1, None, clears + 1
            continue
        if previous is not None and len(lengths) < 4096:
            lengths.append(lengths[previous] + 1)
            width += len(lengths) == 1 << width and width < 12
        assert code < len(lengths)
        pixels += lengths[code]
        previous = code


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
