"""Data sets in memory: what they hold, and what becomes of archives that are odd, hostile or missing."""

from __future__ import annotations

import gzip
import io
import os
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image as PilImage
from sklearn.datasets import load_digits

from cnnviz.errors import DataError
from cnnviz.training import class_folders, data, decoded_cache
from cnnviz.training.class_folders import Limits
from cnnviz.training.pictures import statistics
from tests.unit.training.cases import archive, picture

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

RED, BLUE = (250, 0, 0), (0, 0, 250)


def two_classes(number: int = 5, size: tuple[int, int] = (12, 10), kind: str = "PNG") -> dict[str, bytes]:
    """Red and blue pictures in folders of that name."""
    return {
        f"{name}/{index}.{kind.lower()}": picture(colour, size, kind)
        for name, colour in (("red", RED), ("blue", BLUE))
        for index in range(number)
    }


def test_digits_are_those_of_scikit_learn() -> None:
    """All 1,797 pictures are there, each class in both parts, with their statistics; black stays black."""
    digits = data.load()
    assert (digits.shape, len(digits.classes)) == ((1, 32, 32), 10)
    assert len(digits.train) + len(digits.test) == len(load_digits().target)
    counts = torch.bincount(digits.test.labels) / torch.bincount(digits.train.labels)
    assert (counts - 0.25).abs().max() < 0.02
    shares = digits.train.images.numpy() / 255
    assert digits.mean[0] == pytest.approx(shares.mean())
    assert digits.std[0] == pytest.approx(shares.std())
    first = np.where(load_digits().images[0] == 0, 0, 1)
    assert digits.train.images[0, 0, 2::4, 2::4].numpy()[first == 0].max() < 128


def test_the_two_parts_of_digits_share_no_picture() -> None:
    """What is measured was not learned."""
    digits = data.load()
    train = {image.numpy().tobytes() for image in digits.train.images}
    assert not any(image.numpy().tobytes() in train for image in digits.test.images)


def test_statistics_agree_with_numpy() -> None:
    """Mean and deviation of each channel by counting are those of the levels; a flat channel is divided by 1."""
    images = torch.randint(0, 256, (7, 3, 5, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
    images[:, 2] = 9
    mean, std = statistics(images)
    shares = images.numpy() / 255
    np.testing.assert_allclose(mean, shares.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(std[:2], shares.std(axis=(0, 2, 3))[:2])
    assert std[2] == 1


def _idx(array: np.ndarray) -> bytes:
    """An array in the format of MNIST."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("key", ["mnist", "fashion_mnist"])
def test_files_of_torchvision_are_read_as_they_are(tmp_path: Path, key: str) -> None:
    """Pictures and classes keep their order and their levels."""
    folder = tmp_path / {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}[key] / "raw"
    folder.mkdir(parents=True)
    images = np.random.default_rng(1).integers(0, 256, (6, 28, 28))
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(_idx(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(_idx(np.arange(6)))
    found = data.load(key, tmp_path)
    np.testing.assert_array_equal(found.train.images[:, 0], images)
    assert found.test.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert len(found.classes) == 10


@pytest.mark.parametrize("key", data.names()[1:])
def test_a_missing_data_set_is_one_sentence(tmp_path: Path, key: str) -> None:
    """It says which one, where it was looked for and what to do; nothing is downloaded unasked."""
    with pytest.raises(DataError, match=r"is not in .*copy it there, or ask for the download") as caught:
        data.load(key, tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_damaged_file_of_torchvision_is_one_sentence(tmp_path: Path) -> None:
    """A file that ends early is named as damaged."""
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            (folder / f"{part}-{kind}").write_bytes(gzip.compress(b"no picture"))
    with pytest.raises(DataError, match="damaged"):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP"])
@pytest.mark.parametrize("around", ["", "my pictures/"])
def test_a_zip_of_class_folders_is_a_data_set(tmp_path: Path, kind: str, around: str) -> None:
    """Classes are the folders, every fifth picture is for the test, colours survive; a folder around is skipped."""
    files = {around + name: content for name, content in two_classes(5, kind=kind).items()}
    files |= {around + "red/.hidden.png": b"x", "__MACOSX/red/0.png": b"x", around + "red/notes.txt": b"x"}
    found = data.load(str(archive(tmp_path / "own.zip", files)), cache=tmp_path / "cache")
    assert (found.classes, found.shape) == (("blue", "red"), (3, 10, 12))
    assert (len(found.train), len(found.test)) == (8, 2)
    for part in (found.train, found.test):
        red = part.images[part.labels == 1].float()
        assert red[:, 0].min() > 240
        assert red[:, 1:].max() < 10


def test_a_folder_gives_what_its_zip_gives(tmp_path: Path) -> None:
    """The same pictures, classes and parts, in the same order."""
    for name, content in two_classes().items():
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder = data.load(str(tmp_path / "own"), cache=tmp_path / "cache")
    zipped = data.load(str(archive(tmp_path / "own.zip", two_classes())), cache=tmp_path / "cache")
    assert torch.equal(folder.train.images, zipped.train.images)
    assert torch.equal(folder.test.labels, zipped.test.labels)


def test_several_zips_with_parts_are_one_known_data_set(tmp_path: Path) -> None:
    """`cifar10-….zip` in the root with folders train and test is CIFAR-10, whole."""
    halves = [{f"train/{name}": content for name, content in two_classes(2, (32, 32)).items()}, {}]
    halves[1] = {name.replace("/0", "/7").replace("/1", "/8"): content for name, content in halves[0].items()}
    for number, files in enumerate(halves):
        archive(tmp_path / f"cifar10-train-{number}.zip", files)
    archive(tmp_path / "cifar10-test.zip", {f"test/{name}": content for name, content in two_classes(1).items()})
    found = data.load("cifar10", tmp_path, cache=tmp_path / "cache")
    assert (found.title, len(found.train), len(found.test)) == ("CIFAR-10", 8, 2)
    pattern = data.load(str(tmp_path / "cifar10*.zip"), cache=tmp_path / "cache")
    assert torch.equal(pattern.train.images, found.train.images)


def test_cifar_10_is_not_cifar_100(tmp_path: Path) -> None:
    """A key is no other key's beginning: the zips of one data set are not read for the other."""
    archive(tmp_path / "cifar100.zip", two_classes(4))
    archive(tmp_path / "cifar100-more.zip", two_classes(2))
    with pytest.raises(DataError, match="CIFAR-10 is not in"):
        data.load("cifar10", tmp_path, cache=tmp_path / "cache")
    archive(tmp_path / "cifar10.zip", two_classes(5))
    assert len(data.load("cifar10", tmp_path, cache=tmp_path / "cache").train) == 8
    assert [path.name for path in class_folders.archives(tmp_path, "cifar100")] == ["cifar100-more.zip", "cifar100.zip"]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "I;16"])
@pytest.mark.parametrize("size", [(12, 10), (120, 100)])
def test_the_shape_is_known_before_decoding(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    """Channels and size are those of the decoded pictures, also when a photo lies on its side."""
    stream = io.BytesIO()
    turned = PilImage.Exif()
    turned[0x0112] = 6  # orientation: a quarter turn
    PilImage.new(mode, size).save(stream, "PNG", exif=turned)
    path = archive(tmp_path / "own.zip", {f"{name}/{n}.png": stream.getvalue() for name in "ab" for n in range(2)})
    found = class_folders.members([path])
    assert class_folders.shape(found[0]) == class_folders.decode(found).images.shape[1:]


def test_old_decoded_pictures_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used last stays, what was not used for the longest time goes, and other files are not touched."""
    cache = tmp_path / "cache"
    paths = [archive(tmp_path / f"{number}.zip", two_classes(5 + number)) for number in range(3)]
    data.load(str(paths[0]), cache=cache)
    [first] = cache.iterdir()
    (cache / "other.safetensors").write_bytes(b"x" * 10_000)
    data.load(str(paths[1]), cache=cache)
    [second] = {path for path in cache.glob("decoded-*") if path != first}
    os.utime(first, (2, 2))
    os.utime(second, (3, 3))
    data.load(str(paths[0]), cache=cache)  # used again: now the second one is older
    monkeypatch.setattr(decoded_cache, "MOST_BYTES", int(2.6 * first.stat().st_size))
    data.load(str(paths[2]), cache=cache)
    left = set(cache.iterdir())
    assert first in left
    assert second not in left
    assert len(left) == 3


def test_grey_pictures_have_one_channel_and_large_ones_become_64(tmp_path: Path) -> None:
    """A picture of more than 96 pixels a side is reduced."""
    files = {f"{level}/{index}.png": picture(level, (120, 100)) for level in (30, 200) for index in range(2)}
    found = data.load(str(archive(tmp_path / "grey.zip", files)), cache=tmp_path / "cache")
    assert found.shape == (1, 64, 64)
    assert sorted(found.train.images.unique().tolist()) == [30, 200]


def test_decoding_happens_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the cache answers with the same numbers; another archive, or a damaged cache, is decoded."""
    decoded: list[int] = []
    decode = class_folders.decode
    monkeypatch.setattr(class_folders, "decode", lambda *given: decoded.append(1) or decode(*given))
    path, cache = archive(tmp_path / "own.zip", two_classes()), tmp_path / "cache"
    first, second = (data.load(str(path), cache=cache) for _ in range(2))
    assert torch.equal(first.train.images, second.train.images)
    assert (first.classes, first.digest, len(decoded)) == (second.classes, second.digest, 1)
    [kept] = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    data.load(str(path), cache=cache)
    assert len(decoded) == 2
    archive(path, two_classes(6))
    assert len(data.load(str(path), cache=cache).train) == 10


def hostile(name: str) -> tuple[dict[str, bytes], Limits]:
    """Archives that must be refused."""
    good = two_classes(2)
    return {
        "outside": ({**good, "../../red/9.png": good["red/0.png"]}, Limits()),
        "absolute": ({**good, "/etc/9.png": good["red/0.png"]}, Limits()),
        "drive": ({**good, "C:\\red\\9.png": good["red/0.png"]}, Limits()),
        "many": (good, Limits(members=3)),
        "bomb": ({**good, "red/9.png": b"\0" * 3_000_000}, Limits(member_bytes=1_000_000)),
        "pixels": ({**good, "red/9.png": picture(RED, (300, 300))}, Limits(member_pixels=50_000)),
        "all pixels": (good, Limits(pixels=400)),
        "damaged": ({**good, "red/9.jpg": b"\xff\xd8\xff nothing"}, Limits()),
        "disguised": ({**good, "red/9.png": picture(RED, kind="GIF")}, Limits()),
        "one class": ({name: content for name, content in good.items() if name.startswith("red")}, Limits()),
        "nothing": ({"readme.txt": b"x"}, Limits()),
        "too few": ({"red/0.png": good["red/0.png"], "blue/0.png": good["blue/0.png"]}, Limits()),
    }[name]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("outside", "leads outside"),
        ("absolute", "leads outside"),
        ("drive", "leads outside"),
        ("many", "more than 3 files"),
        ("bomb", "red/9.png"),
        ("pixels", "300 × 300"),
        ("all pixels", "in all"),
        ("damaged", "red/9.jpg"),
        ("disguised", "red/9.png"),
        ("one class", "at least two"),
        ("nothing", "at least two"),
        ("too few", "too few pictures"),
    ],
)
def test_hostile_archives_are_refused(tmp_path: Path, name: str, told: str) -> None:
    """One sentence that names the reason; nothing is written beside the archive."""
    files, limits = hostile(name)
    path = archive(tmp_path / "own.zip", files)
    with pytest.raises(DataError, match=told):
        data.load(str(path), cache=tmp_path / "cache", limits=limits)
    assert [file.name for file in tmp_path.iterdir() if file.name != "cache"] == ["own.zip"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x80\x04pickle"])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    """A name ending in .zip proves nothing."""
    path = tmp_path / "own.zip"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a zip"):
        data.load(str(path), cache=tmp_path)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """A link to nothing among the pictures is named."""
    (tmp_path / "own" / "red").mkdir(parents=True)
    (tmp_path / "own" / "red" / "0.png").symlink_to(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"0\.png cannot be read"):
        data.load(str(tmp_path / "own"), cache=tmp_path)


def test_an_unknown_name_is_told_the_known_ones(tmp_path: Path) -> None:
    """Neither a data set nor a path: the sentence lists what there is."""
    with pytest.raises(DataError, match="digits, mnist"):
        data.load(str(tmp_path / "nothing"))


@pytest.mark.parametrize("record", data.RECORDS, ids=lambda record: record.key)
def test_records_are_complete(record: data.Record) -> None:
    """Every data set says what it is, where it comes from and what may be done with it."""
    assert all((record.key, record.title, record.licence, record.split))
    assert record.source.startswith("http")
