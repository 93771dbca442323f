"""The data sets that the Training lab offers, and whether their pictures are on this machine: known without torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnnviz.errors import DataError
from cnnviz.text import N_
from cnnviz.training import class_folders
from cnnviz.training.class_folders import Limits
from pages.common.zips import Zip, kept, limits, zips_of

__all__ = ["NAMED", "OWN", "DataChoice", "choices", "data_root", "find"]

OWN = "own-"  # begins the setting of a visitor's own zip; its digest follows

_GONE = N_("These pictures are not on this machine any more: choose other data, or upload them again.")


@dataclass(frozen=True)
class DataChoice:
    """Data to choose.

    Attributes:
        key: in the address.
        title: as people write it.
        data: what the recipe calls it: a name, or a path.
        shape: (channels, rows, columns).
        pictures: to learn from.
        classes: how many.
        at_hand: whether the pictures are on this machine.
    """

    key: str
    title: str
    data: str
    shape: tuple[int, int, int]
    pictures: int
    classes: int
    at_hand: bool = True


# As published; a file in torchvision's folder tells that the pictures are there.
NAMED = {
    "digits": ("Digits (scikit-learn)", (1, 32, 32), 1435, 10, ""),
    "mnist": ("MNIST", (1, 28, 28), 60_000, 10, "MNIST/raw/train-images-idx3-ubyte"),
    "fashion_mnist": ("Fashion-MNIST", (1, 28, 28), 60_000, 10, "FashionMNIST/raw/train-images-idx3-ubyte"),
    "cifar10": ("CIFAR-10", (3, 32, 32), 50_000, 10, "cifar-10-batches-py/data_batch_1"),
    "cifar100": ("CIFAR-100", (3, 32, 32), 50_000, 100, "cifar-100-python/train"),
}


def data_root() -> Path:
    """Where the command line looks for data sets, see `cnnviz.training.data.ROOT`, which would load torch."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnviz" / "data"


def choices(owner: str) -> list[DataChoice]:
    """Everything that a visitor may choose: data sets with a name, then their own pictures, newest first."""
    return [*(_named(key) for key in NAMED), *_all_own(owner)]


def find(key: str, owner: str) -> DataChoice:
    """What a setting means; a link may lead to pictures of somebody else.

    Raises:
        DataError: when the pictures are not there any more.
    """
    if key in NAMED:
        return _named(key)
    digest = key.removeprefix(OWN)
    found = next((each for each in choices(owner) if each.key == key), None)
    if found is None:
        there = kept(digest)
        if there is None:
            raise DataError(_GONE)
        try:
            found = _own(there)
        except OSError as error:
            raise DataError(_GONE) from error
    return found


def _named(key: str) -> DataChoice:
    title, shape, pictures, classes, file = NAMED[key]
    root = data_root()
    zips = class_folders.archives(root, key) if file else []
    if zips:
        shape, pictures, classes = _counted(tuple((path, path.stat().st_mtime_ns) for path in zips), None)
    there = not file or bool(zips) or (root / file).exists() or (root / f"{file}.gz").exists()
    return DataChoice(key, title, key, shape, pictures, classes, there)


def _all_own(owner: str) -> Iterable[DataChoice]:
    """Those that can be read; another visitor's upload may remove an old one at any time."""
    for each in zips_of(owner):
        with suppress(DataError, OSError):
            yield _own(each)


def _own(zipped: Zip) -> DataChoice:
    shape, pictures, classes = _counted(((zipped.path, zipped.path.stat().st_mtime_ns),), limits())
    return DataChoice(OWN + zipped.path.stem, zipped.title, str(zipped.path), shape, pictures, classes)


@st.cache_data(max_entries=64, show_spinner=False)
def _counted(files: Sequence[tuple[Path, int]], most: Limits | None) -> tuple[tuple[int, int, int], int, int]:
    """Shape, pictures to learn from and classes, from the list of a zip's files and its first picture."""
    found = class_folders.members([path for path, _time in files], most)
    test = sum(each.split == "test" for each in found) or len(found) // 5
    return class_folders.shape(found[0], most), len(found) - test, len({each.label for each in found})
