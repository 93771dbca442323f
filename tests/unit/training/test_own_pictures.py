"""Own pictures: collected within limits, hostile files refused, kept as zips in a folder of bounded size."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from cnnviz import images
from cnnviz.errors import DataError, ImageError
from cnnviz.networks import shipped
from cnnviz.training import data, own_examples, own_pictures, own_zips
from cnnviz.training.own_pictures import Collection, Picture, class_name, read_picture, read_zip
from tests.unit.training.cases import archive, picture

if TYPE_CHECKING:
    from pathlib import Path

torch.set_num_threads(1)

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def _large() -> bytes:
    """A picture with more pixels than are decoded: a header that says so is enough."""
    small = bytearray(picture((1, 2, 3), (60, 50)))
    small[16:24] = struct.pack(">II", 9000, 9000)
    small[29:33] = struct.pack(">I", zlib.crc32(small[12:29]))
    return bytes(small)


def noise(count: int, seed: int = 0, part: str = "") -> list[Picture]:
    """Pictures of which no two are the same."""
    levels = np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)
    return [Picture(each, part) for each in levels]


def collected(number: int = 6, names: tuple[str, ...] = ("cat", "dog")) -> Collection:
    """So many pictures in each class."""
    found = Collection()
    for seed, name in enumerate(names):
        found = found.add(name, noise(number, seed))
    return found


def zipped(folder: Path, files: dict[str, bytes]) -> bytes:
    """The bytes of a zip."""
    return archive(folder / "made.zip", files).read_bytes()


def several(number: int = 3, names: tuple[str, ...] = ("cat", "dog"), around: str = "") -> dict[str, bytes]:
    """Files of pictures that differ, in class folders."""
    return {
        f"{around}{name}/{index}.png": picture((10 * index + 1, 60 * place, 99))
        for place, name in enumerate(names)
        for index in range(number)
    }


# ---- single pictures


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not a picture",
        b"\xff\xd8\xff nothing more",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        picture((1, 2, 3), (60, 50))[:80],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04" + b"\0" * 60,
        b"\x80\x04\x95pickle",
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00;",
        b"\0" * (images.MAX_BYTES + 1),
        _large(),
    ],
    ids=range(11),
)
def test_files_that_are_no_pictures_are_refused(hostile: bytes) -> None:
    """Empty, cut short, of another kind, too many bytes, too many pixels: one sentence with the file's name."""
    with pytest.raises(ImageError, match=r"evil\.png"):
        read_picture(hostile, "evil.png")


def test_a_picture_is_its_middle_at_64_pixels() -> None:
    """A wide picture loses its sides, whatever its size; colours stay."""
    levels = np.zeros((40, 120, 3), np.uint8)
    levels[:, 40:80] = (200, 100, 50)
    stream = io.BytesIO()
    PilImage.fromarray(levels).save(stream, "PNG")
    found = read_picture(stream.getvalue(), "wide.png").levels
    assert found.shape == (64, 64, 3)
    np.testing.assert_array_equal(found[:, 2:-2], np.broadcast_to([200, 100, 50], (64, 60, 3)))


# ---- names and limits


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cat", "cat"),
        ("  my \n cat ", "my cat"),
        ("../../etc/passwd", "etc passwd"),
        ("C:\\cats", "C cats"),
        (".hidden", "hidden"),
        ("__MACOSX", "MACOSX"),
        ("<b>ñandú</b>", "b ñandú b"),
        ("क्षि", "क्षि"),
        ("a\u202eb\0c", "a b c"),
        ("x" * 5000, "x" * 24),
    ],
)
def test_names_of_classes_are_safe_as_folders(text: str, name: str) -> None:
    """Letters of all scripts, digits and a few signs; nothing that leads elsewhere, hides or turns the writing."""
    assert class_name(text) == name


@pytest.mark.parametrize("text", ["", "  ", "...", "/", "\0", "🙂", "-"])
def test_a_class_needs_a_letter_or_digit(text: str) -> None:
    """Nothing is left of these."""
    with pytest.raises(DataError, match="needs a name"):
        Collection().named(text)


def test_there_are_limits_of_classes_and_pictures() -> None:
    """Six classes, 200 pictures, each name once: also in capitals."""
    six = collected(1, tuple("abcdef"))
    with pytest.raises(DataError, match="6 classes are the most"):
        six.named("g")
    with pytest.raises(DataError, match="“A” already"):
        six.named("A")
    full = Collection().add("a", noise(200))
    with pytest.raises(DataError, match="200 pictures are the most"):
        full.add("a", noise(1, 1))


def test_the_same_picture_is_taken_once() -> None:
    """Also in another class: it would stand on both sides of the test."""
    found = collected(3).add("dog", noise(3)).add("cat", noise(4))
    assert {name: len(kept) for name, kept in found.classes.items()} == {"cat": 4, "dog": 3}


def test_what_is_missing_is_said() -> None:
    """Two classes with two pictures each are enough, and nothing less."""
    assert "there are 0" in str(Collection().missing())
    assert "there are 1" in str(Collection().add("a", noise(5)).missing())
    assert "“b” has 1 pictures" in str(Collection().add("a", noise(2)).add("b", noise(1, 1)).missing())
    assert collected(2).missing() is None


def test_a_class_can_lose_a_picture_or_go() -> None:
    """The last one that came; the rest stays in its order."""
    found = collected(3)
    assert found.without_last("cat").classes["cat"] == found.classes["cat"][:2]
    assert list(found.without_class("cat").classes) == ["dog"]
    assert (found.inverted().classes["cat"][0].levels == 255 - found.classes["cat"][0].levels).all()


@pytest.mark.parametrize(("count", "test"), [(2, 1), (3, 1), (5, 2), (6, 2), (30, 10)])
def test_every_third_picture_is_for_the_test(count: int, test: int) -> None:
    """Of each class at least one on both sides, and none on both."""
    learn, held_out = collected(count).parts()
    assert {len(kept) for kept in held_out.values()} == {test}
    assert {len(kept) for kept in learn.values()} == {count - test}
    assert not {id(each) for each in learn["cat"]} & {id(each) for each in held_out["cat"]}


# ---- zips that come in


def test_a_zip_of_class_folders_is_a_collection(tmp_path: Path) -> None:
    """Folders are the classes, a folder around them is skipped, odd names are mended; parts are kept."""
    found = read_zip(zipped(tmp_path, several(3, ("a:b", "dog"), "mine/")), "x.zip")
    assert {name: len(kept) for name, kept in found.classes.items()} == {"a b": 3, "dog": 3}
    parts = {f"{part}/{name}": each for part in ("train", "test") for name, each in several(3).items()}
    parts = {name: picture((place, 7, 7)) for place, name in enumerate(parts)}
    learn, test = read_zip(zipped(tmp_path, parts), "x.zip").parts()
    assert [len(kept) for kept in (*learn.values(), *test.values())] == [3] * 4


def hostile_zip(kind: str, folder: Path) -> bytes:
    """Zips that must be refused."""
    good = several(3)
    odd = {
        "outside": {**good, "../../cat/9.png": good["cat/0.png"]},
        "absolute": {**good, "/etc/9.png": good["cat/0.png"]},
        "drive": {**good, "C:\\cat\\9.png": good["cat/0.png"]},
        "one class": {name: each for name, each in good.items() if name < "d"},
        "classes": several(2, tuple("abcdefg")),
        "pictures": several(101),
        "members": {**good, **{f"notes/{number}.txt": b"" for number in range(1000)}},
        "bomb": {**good, "cat/9.png": b"\0" * (images.MAX_BYTES + 1)},
        "damaged": {**good, "cat/9.jpg": b"\xff\xd8\xff nothing"},
        "pixels": {**good, "cat/9.png": _large()},
        "no name": {**good, "🙂/9.png": good["cat/0.png"]},
        "twice": {**good, "Cat/9.png": picture((9, 9, 9))},
    }
    if kind in odd:
        return zipped(folder, odd[kind])
    whole = zipped(folder, good)
    if kind == "locked":  # the flag of encryption in the list at the end
        place = whole.index(b"PK\x01\x02") + 8
        return whole[:place] + b"\x01" + whole[place + 1 :]
    if kind == "checksum":
        place = whole.index(b"cat/0.png") + 30
        return whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
    return {"empty": b"", "cut": whole[: len(whole) // 2], "pickle": b"\x80\x04\x95"}[kind]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("outside", "leads outside"),
        ("absolute", "leads outside"),
        ("drive", "leads outside"),
        ("one class", "at least two"),
        ("classes", "7 classes, but 6"),
        ("pictures", "202 pictures, but 200"),
        ("members", "more than 1000 files"),
        ("bomb", "20 MB"),
        ("damaged", "9.jpg"),
        ("pixels", "megapixels|million"),
        ("no name", "needs a name"),
        ("twice", "already"),
        ("locked", "password"),
        ("checksum", "cat/0.png"),
        ("empty", "not a zip"),
        ("cut", "not a zip"),
        ("pickle", "not a zip"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, kind: str, told: str) -> None:
    """One sentence that names the reason."""
    with pytest.raises(DataError, match=told):
        read_zip(hostile_zip(kind, tmp_path), "own.zip")


@pytest.mark.parametrize("name", ["../\0" * 200, "", "..", "ñ" * 300])
def test_the_name_of_a_zip_is_a_label_only(tmp_path: Path, name: str) -> None:
    """It leads nowhere, and no file is called so."""
    assert read_zip(zipped(tmp_path, several(2)), name).count == 4


def test_a_zip_may_not_unpack_to_more_than_all_pictures_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and pixels are summed up over its pictures."""
    for name, most in (("_ZIP_BYTES", 200), ("_ZIP_PIXELS", 300)):
        monkeypatch.undo()
        monkeypatch.setattr(own_pictures, name, most)
        with pytest.raises(DataError, match="too large when unpacked"):
            read_zip(zipped(tmp_path, several(3)), "own.zip")


# ---- zips that are kept


@pytest.mark.parametrize("shape", [GREY, COLOUR, (3, 224, 224)])
def test_what_is_written_is_what_a_run_learns_from(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    """Channels and size are the network's, up to 64×64; parts and classes are the collection's."""
    path = own_zips.write(collected(6), shape, "me", tmp_path)
    found = data.load(str(path), cache=tmp_path / "cache")
    assert found.shape == (shape[0], min(shape[1], 64), min(shape[2], 64))
    assert (found.classes, len(found.train), len(found.test)) == (("cat", "dog"), 8, 4)
    first = PilImage.fromarray(collected(6).classes["cat"][0].levels).convert("L" if shape[0] == 1 else "RGB")
    levels = np.array(first.resize(found.shape[:0:-1], PilImage.Resampling.BILINEAR))
    np.testing.assert_array_equal(found.train.images[0].permute(1, 2, 0).squeeze(2).numpy(), levels)


def test_the_same_pictures_are_one_file_and_owners_see_their_own(tmp_path: Path) -> None:
    """Whoever writes twice has one zip; another owner's is another one, and is not listed."""
    first, again = (own_zips.write(collected(), GREY, "me", tmp_path) for _ in range(2))
    other = own_zips.write(collected(), GREY, "you", tmp_path)
    assert first == again != other
    assert own_zips.zips("me", tmp_path) == [("cat / dog · 12 · 1×28×28", first)]
    assert own_zips.zips("nobody", tmp_path) == []
    assert [file.name for file in first.parent.iterdir() if file.name.startswith(".")] == []


def test_damaged_or_foreign_zips_are_not_listed(tmp_path: Path) -> None:
    """A file that is no zip, a comment that is none of ours, another name."""
    good = own_zips.write(collected(), GREY, "me", tmp_path)
    (good.parent / f"{'0' * 64}.zip").write_bytes(b"nothing")
    for number, comment in enumerate((b"", b"[]", b'{"owner": "me"}', b"\xff")):
        with zipfile.ZipFile(good.parent / f"{number}{'a' * 63}.zip", "w") as odd:
            odd.comment = comment
    (good.parent / "copy.zip").write_bytes(good.read_bytes())
    assert [path for _title, path in own_zips.zips("me", tmp_path)] == [good]


def test_old_collections_go_but_not_what_a_run_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest goes first; a recipe, a run that waits, and an upload keep theirs."""
    written = [own_zips.write(collected(2, ("a", str(number))), GREY, "me", tmp_path) for number in range(5)]
    for age, path in enumerate(written):
        os.utime(path, (1000 + age, 1000 + age))
    for number, name in ((0, "recipe.json"), (1, "asked.json")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / name).write_text(f'{{"data": "{written[number]}"}}')
    upload = written[0].parent / f"{'b' * 64}.zip"
    archive(upload, several())
    os.utime(upload, (1, 1))
    monkeypatch.setattr(own_zips, "MOST_BYTES", sum(path.stat().st_size for path in written) - 1)
    fresh = own_zips.write(collected(2, ("a", "new")), GREY, "me", tmp_path)
    left = {path.name for path in fresh.parent.iterdir()}
    assert left == {path.name for path in (*written[:2], written[4], fresh, upload)}


def test_so_many_files_are_the_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small collections go, too, when they are many."""
    monkeypatch.setattr(own_zips, "MOST_FILES", 2)
    for number in range(4):
        own_zips.write(collected(2, ("a", str(number))), GREY, "me", tmp_path)
    assert len(own_zips.zips("me", tmp_path)) == 2


# ---- ready examples


@pytest.mark.parametrize("key", own_examples.EXAMPLES)
def test_examples_fit_the_limits(key: str) -> None:
    """Enough to learn from and to test, no picture on both sides."""
    example = own_examples.load(key)
    learn, test = example.parts()
    assert example.missing() is None
    assert example.count <= own_pictures.MOST_PICTURES
    assert {len(kept) for kept in learn.values()} == {5}
    assert {len(kept) for kept in test.values()} == {own_examples._TEST[key]}


def test_the_shipped_network_reads_the_digits_of_the_example(tmp_path: Path) -> None:
    """Size, margin and colours are as in MNIST: LeNet-5 knows most of them without having learned a single one."""
    trained = shipped.load("lenet5-mnist")
    found = data.load(str(own_zips.write(own_examples.load("digits"), GREY, "me", tmp_path)), cache=tmp_path)
    mean, std = trained.card["input"]["mean"][0], trained.card["input"]["std"][0]
    answers = trained.network((found.test.images.float() / 255 - mean) / std).argmax(1)
    digits = torch.tensor([int(found.classes[label]) for label in found.test.labels])
    assert (answers == digits).float().mean() > 0.85
