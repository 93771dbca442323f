"""Any bytes at all: a picture or an ImageError, and nothing else."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import ImageCms

from cnnviz import images
from cnnviz.errors import ImageError

pytestmark = pytest.mark.filterwarnings("ignore")


def _corpus() -> list[bytes]:
    """Small valid files of every kind, with what is parsed on the side: EXIF, profile, palette."""
    levels = np.random.default_rng(2).integers(0, 256, (12, 10, 4), dtype=np.uint8)
    colour, deep = PilImage.fromarray(levels[..., :3]), levels[..., :3].astype(np.uint16) * 257
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = PilImage.Exif()
    exif[274] = 6
    writes = [
        ("PNG", colour, {"exif": exif, "icc_profile": profile}),
        ("PNG", PilImage.fromarray(levels), {}),
        ("PNG", colour.quantize(8), {"transparency": 2}),
        ("PNG", colour, {"save_all": True, "append_images": [colour.rotate(180)]}),
        ("JPEG", colour, {"exif": exif, "icc_profile": profile}),
        ("JPEG", colour, {"progressive": True}),
        ("JPEG", colour.convert("CMYK"), {}),
        ("WEBP", colour, {}),
        ("WEBP", PilImage.fromarray(levels), {"lossless": True}),
        ("GIF", colour, {"save_all": True, "append_images": [colour.rotate(180)]}),
        ("BMP", colour, {}),
        ("BMP", colour.quantize(8), {}),
        ("TIFF", colour, {"compression": "tiff_lzw"}),
        ("TIFF", colour.convert("CMYK"), {}),
        ("AVIF", colour, {"exif": exif}),
    ]
    files = []
    for kind, picture, options in writes:
        file = io.BytesIO()
        picture.save(file, kind, **options)
        files.append(file.getvalue())
    for array, options in (
        (deep, {"photometric": "rgb"}),
        (deep[..., 0], {}),
        (levels[..., 0] / np.float32(255), {}),
    ):
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        files.append(file.getvalue())
    file = io.BytesIO()
    pillow_heif.from_pillow(colour.resize((64, 64))).save(file, exif=exif.tobytes())
    return [*files, file.getvalue()]


CORPUS = _corpus()


def _check(data: bytes) -> None:
    try:
        image = images.read(data, "fuzz")
    except ImageError:
        return
    assert 1 <= min(image.size) <= max(image.size) <= images.MAX_SIDE
    assert 0 <= image.pixels.min() <= image.pixels.max() <= 1


@pytest.mark.parametrize("index", range(len(CORPUS)))
def test_the_files_to_be_damaged_are_sound(index: int) -> None:
    """Without damage every one of them is a picture, so that the damage below is what is tested."""
    assert images.read(CORPUS[index], "sound").size in {(12, 10), (10, 12), (64, 64)}


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_are_pictures_or_refused(data: st.DataObject) -> None:
    """Some bytes changed, a part cut out, doubled or cut off: never another exception."""
    file = bytearray(data.draw(st.sampled_from(CORPUS)))
    places = st.integers(0, len(file) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        file[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    start, length = data.draw(places), data.draw(st.integers(0, 40))
    action = data.draw(st.sampled_from(["keep", "keep", "drop", "double", "end"]))
    if action == "drop":
        del file[start : start + length]
    elif action == "double":
        file[start:start] = file[start : start + length]
    elif action == "end":
        del file[start:]
    _check(bytes(file))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.sampled_from([file[:12] for file in CORPUS] + [b""]),
    st.binary(max_size=200),
)
def test_any_bytes_are_refused_or_a_picture(start: bytes, rest: bytes) -> None:
    """Noise, also behind a right beginning."""
    _check(start + rest)
