"""Tiny data sets and archives of pictures, made on the spot."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image as PilImage

from cnnviz.training.pictures import DataSet, Pictures, statistics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def picture(colour: tuple[int, int, int] | int, size: tuple[int, int] = (12, 10), kind: str = "PNG") -> bytes:
    """An evenly coloured picture of (columns, rows), as a file."""
    stream = io.BytesIO()
    PilImage.new("L" if isinstance(colour, int) else "RGB", size, colour).save(stream, kind)
    return stream.getvalue()


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def stripes(count: int = 96, test: int = 32, size: int = 32) -> DataSet:
    """Horizontal, vertical and no stripes, under noise: grey pictures that a small network learns in seconds."""
    random = np.random.default_rng(7)

    def part(number: int) -> Pictures:
        labels = np.arange(number) % 3
        rows, columns = np.indices((size, size)) // 4 % 2
        bases = np.stack([rows, columns, np.full_like(rows, 0.5, dtype=float)])
        levels = np.clip(255 * bases[labels] + random.normal(0, 40, (number, size, size)), 0, 255)
        return Pictures(torch.from_numpy(levels.astype(np.uint8))[:, None], torch.from_numpy(labels))

    train, held_out = part(count), part(test)
    mean, std = statistics(train.images)
    classes = ("lying", "standing", "none")
    return DataSet("stripes", "Stripes", classes, train, held_out, mean, std, "drawn apart", "MIT", "here", "5" * 64)
