"""Uploads: what is hostile ends at once, and old ones make room for new ones."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image

from cnnviz.errors import DataError, WorkError
from cnnviz.training import control, own_zips
from cnnviz.training.own_pictures import Collection, Picture
from cnnviz.training.recipe import Recipe
from pages.common import training_controls, training_cost, training_data, zips
from pages.common.training_cost import Cost, check_work
from pages.common.training_data import DataChoice

torch.set_num_threads(1)

DIGITS = DataChoice("digits", "Digits", "digits", (1, 32, 32), 1435, 10)


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of runs for each test."""
    monkeypatch.setattr(control, "RUNS", tmp_path / "runs")
    return tmp_path / "runs"


def png(size: tuple[int, int] = (8, 8), level: int = 0, mode: str = "L") -> bytes:
    """An even picture."""
    stream = io.BytesIO()
    Image.new(mode, size, level).save(stream, "PNG")
    return stream.getvalue()


def claiming(columns: int, rows: int) -> bytes:
    """A small file whose header tells another size."""
    data = bytearray(png())
    data[16:24] = struct.pack(">II", columns, rows)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def packed(files: Mapping[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def pets(level: int) -> bytes:
    """A small collection that is another one for each level."""
    return packed({f"{name}/{number}.png": png(level=level + number) for name in "ab" for number in range(2)})


def listing(count: int) -> bytes:
    """A zip whose list has so many entries; what they would be is left out, nobody gets there."""
    with zipfile.ZipFile(stream := io.BytesIO(), "w") as archive:
        archive.writestr("a/0.png", b"")
    data = stream.getvalue()
    start = data.index(b"PK\x01\x02")
    entry, end = data[start:-22], bytearray(data[-22:])
    end[8:16] = struct.pack("<HHL", count & 0xFFFF, count & 0xFFFF, count * len(entry))
    return data[:start] + entry * count + bytes(end)


def test_a_small_zip_of_large_pictures_ends_at_once() -> None:
    """40 classes of 25 million pixels each, in a few kilobytes, are refused by their headers."""
    large = png((5000, 5000), mode="1")
    data = packed({f"{name}/0.png": large for name in range(40)})
    assert len(data) < 500_000
    before = time.process_time()
    with pytest.raises(DataError, match="more than 500 million pixels in all"):
        zips.keep(data, "x", "me")
    assert time.process_time() - before < 1


def test_a_few_large_pictures_are_kept_without_decoding() -> None:
    """What is allowed does not make the page wait, either."""
    large = png((5000, 5000), mode="1")
    data = packed({f"{name}/{number}.png": large for name in "ab" for number in range(10)})
    before = time.process_time()
    assert zips.keep(data, "x", "me").path.exists()
    assert time.process_time() - before < 1


@pytest.mark.parametrize("count", [zips.MOST + 1, 60_000, 300_000])
def test_a_list_that_is_too_long_is_not_read(count: int) -> None:
    """The entries are counted as far as the limit before they become objects."""
    data = listing(count)
    before = time.process_time()
    with pytest.raises(DataError, match=r"more than 5000 files"):
        zips.keep(data, "x", "me")
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("files", "packing", "told"),
    [
        ({f"{name}/0.png": png() for name in range(101)}, zipfile.ZIP_STORED, "101 folders of pictures, but 100"),
        ({f"{name}/0.png": claiming(9000, 9000) for name in "ab"}, zipfile.ZIP_STORED, "9000 × 9000"),
        ({f"{name}/0.png": b"\0" * 2_000_000 for name in range(60)}, zipfile.ZIP_DEFLATED, "more than 100 MB when"),
        ({f"{name}/0.png": png() for name in "ab"}, zipfile.ZIP_LZMA, "make an ordinary zip"),
        ({f"{name}/0.png": claiming(9, 9)[:-30] for name in "ab"}, zipfile.ZIP_STORED, "not a readable"),
        ({"a/0.png": png(), "b/0.jpg": b"\xff\xd8\xff nothing"}, zipfile.ZIP_STORED, "b/0.jpg” is not a readable"),
    ],
)
def test_what_goes_too_far_is_refused(files: Mapping[str, bytes], packing: int, told: str, runs: Path) -> None:
    """One sentence each, at once, and nothing is kept."""
    data = packed(files, packing)
    before = time.process_time()
    with pytest.raises(DataError, match=told):
        zips.keep(data, "x", "me")
    assert time.process_time() - before < 1
    assert not list(runs.glob(".pictures/*"))


def put(number: int, owner: str = "me", run: str = "") -> Path:
    """An upload, older than those with larger numbers, from which a run may learn."""
    path = zips.keep(pets(number), f"pets {number}", owner).path
    os.utime(path, (1000 + number, 1000 + number))
    if run:
        folder = control.RUNS / run
        folder.mkdir(parents=True)
        (folder / "asked.json").write_text(json.dumps({"recipe": {"data": str(path)}}))
    return path


def collected() -> Path:
    """What the Transfer tab keeps."""
    levels = np.random.default_rng(0).integers(0, 256, (2, 2, 64, 64, 3), dtype=np.uint8)
    found = Collection()
    for name, pictures in zip("ab", levels, strict=True):
        found = found.add(name, [Picture(each) for each in pictures])
    return own_zips.write(found, (1, 8, 8), "me", control.RUNS)


def test_the_ninth_upload_takes_the_place_of_the_oldest_unused_one() -> None:
    """A run keeps its pictures; what was collected in the page, and others' uploads, neither count nor go."""
    others = [collected(), put(200, "you")]
    paths = [put(number, run="first" if number == 0 else "") for number in range(8)]
    ninth = put(8)
    left = {path for path in [*others, *paths, ninth] if path.exists()}
    assert left == {*others, *paths, ninth} - {paths[1]}


def test_uploads_that_are_all_used_are_told(runs: Path) -> None:
    """Nothing may be removed: one sentence, and all are still there; without a run, its pictures may go."""
    paths = [put(number, run=f"run-{number}") for number in range(8)]
    with pytest.raises(DataError, match="remove a run"):
        zips.keep(pets(9), "pets", "me")
    assert all(path.exists() for path in paths)
    (runs / "run-3" / "asked.json").unlink()
    put(9)
    assert [path.exists() for path in paths] == [number != 3 for number in range(8)]


def test_uploads_of_all_visitors_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest upload goes, whoever brought it; a bad upload removes none."""
    first, second = put(0, "you"), put(1, "them")
    monkeypatch.setattr(zips, "_MOST_ZIPS", 1)
    with pytest.raises(DataError):
        zips.keep(b"noise", "x", "me")
    assert first.exists()
    put(2, "me")
    assert (first.exists(), second.exists()) == (False, True)


def test_bringing_a_zip_again_makes_it_young() -> None:
    """The same bytes are one file, and it is not the next one to go."""
    path = put(0)
    assert zips.keep(pets(0), "pets 0", "me").path == path
    assert path.stat().st_mtime > 2000


def test_an_upload_that_has_gone_is_told() -> None:
    """Its link says so, and the list goes on without it."""
    path = put(0)
    key = f"own-{path.stem}"
    assert training_data.find(key, "me").title == "pets 0"
    path.unlink()
    assert key not in [each.key for each in training_data.choices("me")]
    with pytest.raises(DataError, match="not on this machine any more"):
        training_data.find(key, "me")


def test_a_named_data_set_in_one_zip_may_be_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of uploads are not those of the machine's owner, and CIFAR-100's zip is not CIFAR-10."""
    monkeypatch.setattr(training_data, "data_root", lambda: tmp_path)
    st.cache_data.clear()
    picture = png()
    (tmp_path / "cifar100.zip").write_bytes(packed({f"{n % 101}/{n}.png": picture for n in range(303)}))
    assert not training_data.find("cifar10", "me").at_hand
    assert training_data.find("cifar100", "me").classes == 101


@pytest.mark.parametrize(
    ("parameters", "epochs", "free", "told"),
    [
        (31_000_000, 2, 9e9, "31 million parameters, but 30 million"),
        (1000, 201, 9e9, "200 epochs are the most"),
        (1000, 2, 1.9e9, "less than 2 GB free"),
    ],
)
def test_what_would_fill_the_disk_is_refused(
    monkeypatch: pytest.MonkeyPatch, parameters: int, epochs: int, free: float, told: str
) -> None:
    """Large checkpoints, many observations, and a disk that is nearly full: one sentence each."""

    class Usage:
        """As `shutil.disk_usage` answers."""

        def __init__(self, _path: Any) -> None:
            self.free = free

    monkeypatch.setattr(training_cost.shutil, "disk_usage", Usage)
    with pytest.raises(WorkError, match=told):
        check_work(Recipe(epochs=epochs), DIGITS, Cost(parameters, 1000))
    Usage.__init__ = lambda self, _path: setattr(self, "free", 9e9)
    check_work(Recipe(epochs=200), DIGITS, Cost(30_000_000, 1000))


@pytest.mark.parametrize(
    ("title", "typed"),
    [("my pets", "my pets.zip"), ("pets.zip", "pets.zip"), ("-x/*", "x--.zip"), ("../..", "pictures.zip")],
)
def test_the_command_line_names_the_zip_as_at_home(title: str, typed: str) -> None:
    """The title, no path of the server; other data keep their name."""
    path = zips.keep(pets(1), title, "me").path
    assert training_controls._typed_data(str(path)) == typed
    assert training_controls._typed_data("cifar10") == "cifar10"
