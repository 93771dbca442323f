"""A program loads the picture that the page shows: samples, patterns, uploads, noise and luminance."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import ExifTags, ImageCms
from PIL import Image as PilImage

from cnnviz import images
from cnnviz.convolution.catalogue import make
from cnnviz.images import noise, patterns, samples
from cnnviz.images.source import Noise, Source
from cnnviz.snippets import pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

UPLOAD = Source("upload")
SOBEL = (make("sobel_x"),)


def _smooth(rows: int, columns: int, channels: int = 3) -> NDArray[np.uint8]:
    """A picture without fine detail, which JPEG keeps well."""
    y, x, c = np.mgrid[:rows, :columns, :channels]
    return (127 + 120 * np.sin(x / 40 + c) * np.cos(y / (50 + 9 * c))).astype(np.uint8)


def _read(path: Path) -> images.Image:
    return images.read(path.read_bytes(), path.name)


@pytest.mark.parametrize("key", samples.names())
def test_every_sample_is_loaded_from_scikit_image(check, key) -> None:
    """The pixels are those of `samples.load`, grey, transparent and Adobe RGB ones included."""
    ran = check(Source(key), SOBEL)
    np.testing.assert_array_equal(ran.picture, samples.load(key).pixels)


@pytest.mark.parametrize("luminance", [False, True])
@pytest.mark.parametrize("key", patterns.names())
def test_every_pattern_is_made_by_its_own_source(check, key, luminance) -> None:
    """The embedded function and the rounding to 8 bits give exactly the levels of `patterns.make`."""
    values = {"rows": 33, "columns": 46, "angle": 31.0, "frequency": 0.123456789, "cell": 5}
    known = {each.name for each in (*patterns.SIZE, *patterns.get(key).parameters)}
    source = Source(key, tuple((name, value) for name, value in values.items() if name in known))
    ran = check(source, SOBEL, luminance=luminance)
    np.testing.assert_array_equal(ran.picture[..., 0] if not luminance else ran.picture, source.load().pixels[..., 0])


@pytest.mark.parametrize("luminance", [False, True])
@pytest.mark.parametrize("kind", noise.names())
@pytest.mark.parametrize("key", ["text", "cat", "grating"])
def test_noise_is_the_same(check, key, kind, luminance) -> None:
    """Same seed, same noise; a grey picture stays grey."""
    ran = check(Source(key), (), noise=Noise(kind, 0.125, 7), luminance=luminance)
    if not luminance:
        assert np.array_equal(ran.picture[..., 0], ran.picture[..., 1]) == (key != "cat")


@pytest.mark.parametrize("tell", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("kind", noise.names())
def test_noise_on_an_upload(check, tmp_path, kind, grey, tell) -> None:
    """The program finds out by itself, or knows, that a file is grey: one noise for all channels then."""
    levels = _smooth(31, 42)
    path = tmp_path / "a.png"
    PilImage.fromarray(levels[..., 0] if grey else levels).save(path)
    for luminance in (False, True):
        chosen = Noise(kind, 0.25, 3)
        check(UPLOAD, (), noise=chosen, luminance=luminance, name="a.png", image=_read(path), tell=tell)


@pytest.mark.parametrize("tell", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(check, tmp_path, orientation, tell) -> None:
    """All eight EXIF orientations."""
    path, exif = tmp_path / "photo.jpg", PilImage.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    PilImage.fromarray(_smooth(30, 47)).save(path, exif=exif)
    ran = check(UPLOAD, SOBEL, name="photo.jpg", image=_read(path), tell=tell)
    assert ran.picture.shape[:2] == ((47, 30) if orientation >= 5 else (30, 47))


@pytest.mark.parametrize("tell", [False, True])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_laid_over_white(check, tmp_path, mode, tell) -> None:
    """Exactly the levels that `images.read` blends."""
    levels = np.dstack([_smooth(20, 31), _smooth(20, 31, 1)])
    path = tmp_path / "layer.png"
    PilImage.fromarray(levels).convert(mode).save(path, **({"transparency": 3} if mode == "P" else {}))
    image = _read(path)
    ran = check(UPLOAD, SOBEL, name="layer.png", image=image, tell=tell)
    np.testing.assert_array_equal(ran.picture, image.pixels)


@pytest.mark.parametrize("tell", [False, True])
@pytest.mark.parametrize("grey", [False, True])
def test_large_pictures_are_reduced(check, tmp_path, grey, tell) -> None:
    """2500 pixels become 2048, by area averaging, upright."""
    path, exif = tmp_path / "large.jpg", PilImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    levels = _smooth(111, 2500)
    PilImage.fromarray(levels[..., 0] if grey else levels).save(path, exif=exif)
    image = _read(path)
    ran = check(UPLOAD, (), name="large.jpg", image=image, tell=tell)
    assert ran.picture.shape == (2048, 91, 3)
    np.testing.assert_array_equal(ran.picture, image.pixels)


def test_colour_profiles_are_followed(check, tmp_path) -> None:
    """A file in another RGB space is converted to sRGB, after its reduction, when the page did so."""
    with PilImage.open(io.BytesIO(_adobe_rgb_file())) as file:
        profile = file.info["icc_profile"]
    path = tmp_path / "wide.png"
    PilImage.fromarray(_smooth(40, 2100)).save(path, icc_profile=profile)
    image = _read(path)
    assert np.abs(image.levels.astype(int)[:, :2000] - _smooth(40, 2100)[:39, :2000]).max() > 5
    ran = check(UPLOAD, SOBEL, name="wide.png", image=image)
    np.testing.assert_array_equal(ran.picture, image.pixels)


def _adobe_rgb_file() -> bytes:
    import importlib.resources

    return (importlib.resources.files("skimage") / "data" / "rocket.jpg").read_bytes()


def test_profiles_that_change_nothing_are_left_alone(check, tmp_path) -> None:
    """An sRGB profile stays without effect."""
    path = tmp_path / "plain.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    PilImage.fromarray(_smooth(30, 41)).save(path, icc_profile=profile)
    image = _read(path)
    np.testing.assert_array_equal(check(UPLOAD, SOBEL, name="plain.png", image=image).picture, image.pixels)


@pytest.mark.parametrize("chosen", [None, Noise("gaussian", 0.1, 2)])
def test_sixteen_bits_are_kept(check, tmp_path, chosen) -> None:
    """Grey and colour files of 16 bits per channel, and noise that is rounded to 16 bits."""
    import cv2

    rng = np.random.default_rng(0)
    for name, shape in (("deep.png", (20, 33, 3)), ("grey.png", (20, 33))):
        cv2.imwrite(str(tmp_path / name), rng.integers(0, 65536, shape, dtype=np.uint16))
        image = _read(tmp_path / name)
        assert image.depth == 16
        check(UPLOAD, SOBEL, noise=chosen, name=name, image=image)


def test_phone_pictures_are_read(check, tmp_path) -> None:
    """HEIC needs pillow-heif, which the program registers."""
    import pillow_heif

    pillow_heif.from_pillow(PilImage.fromarray(_smooth(64, 80))).save(tmp_path / "phone.HEIC")
    check(UPLOAD, SOBEL, name="phone.HEIC", image=_read(tmp_path / "phone.HEIC"))


@pytest.mark.parametrize("name", ['a"b.png', "a'b.png", "a'\"b.png", "nü\n1.png", "{0}%s.png", "x\\y.png"])
def test_any_file_name_is_only_a_name(check, tmp_path, name) -> None:
    """Quotes, line breaks and braces in a name do not break out of their string; folders are dropped."""
    stored = name.rsplit("\\", 1)[-1]
    PilImage.fromarray(_smooth(9, 12)).save(tmp_path / stored)
    check(UPLOAD, (), name=name, image=_read(tmp_path / stored))


@pytest.mark.parametrize("key", samples.names())
def test_the_size_of_a_sample_is_known_without_decoding_it(key) -> None:
    """`size_of` is (rows, columns) of the picture."""
    assert pictures.size_of(Source(key), None) == samples.load(key).size
