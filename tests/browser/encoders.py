"""Driving the encoders of exported animations: pictures drawn in the browser, and what other decoders make of them."""

from __future__ import annotations

import base64
import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageSequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["DIAGRAM", "FLAT", "Encoded", "encode", "encoding_page"]

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


@contextmanager
def encoding_page(browser: Browser, root: Path) -> Iterator[Page]:
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
