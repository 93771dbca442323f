"""Sizes by header, against Pillow's."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

from cnnviz.training.picture_sizes import size

EXIF = PilImage.Exif()
EXIF[0x010E] = "a description " * 900


@pytest.mark.parametrize("shape", [(1, 1), (37, 5), (1000, 260)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("PNG", {"exif": EXIF}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "exif": EXIF, "icc_profile": b"p" * 150_000}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"lossless": False}),
        ("WEBP", {"lossless": False, "exif": EXIF}),
    ],
)
def test_sizes_are_those_of_pillow(kind: str, options: dict[str, Any], mode: str, shape: tuple[int, int]) -> None:
    """Every format in its kinds, with what stands before the picture."""
    levels = np.random.default_rng(1).integers(0, 256, (*shape[::-1], 3), dtype=np.uint8)
    stream = io.BytesIO()
    PilImage.fromarray(levels).convert(mode).save(stream, kind, **options)
    assert size(stream.getvalue()[: 2**18]) == PilImage.open(stream).size == shape


def test_other_bytes_have_no_size() -> None:
    """Another format, noise, and every beginning that is too short."""
    stream = io.BytesIO()
    PilImage.new("RGB", (9, 9)).save(stream, "GIF")
    assert size(stream.getvalue()) is None
    assert size(b"\xff\xd8" + b"\xff" * 99) is None
    assert size(b"\xff\xd8\xff\xe0\x00\x00" * 9) is None
    for kind in ("PNG", "JPEG", "WEBP"):
        stream = io.BytesIO()
        PilImage.new("RGB", (9, 9)).save(stream, kind)
        data = stream.getvalue()
        assert {size(data[:length]) for length in range(len(data))} <= {None, (9, 9)}
        assert size(data[:18]) is None
