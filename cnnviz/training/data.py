"""Data sets by name or path: `load("digits")`, `load("mnist", root)`, `load("my-pictures.zip")`.

digits come with scikit-learn and need no network; the others are read from a folder, and downloaded only when asked.
"""

from __future__ import annotations

import glob
import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import DataError
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.text import N_
from cnnviz.training import class_folders, decoded_cache
from cnnviz.training.class_folders import Decoded, Limits
from cnnviz.training.pictures import DataSet, Pictures, statistics

__all__ = ["RECORDS", "ROOT", "Record", "load", "names"]

ROOT = decoded_cache.CACHE / "data"
"""Where data sets are looked for when no other folder is named."""

_TEST_SHARE = 5  # one picture of so many is for the test, where nobody has told them apart

_MISSING = N_("{title} is not in {folder}: copy it there, or ask for the download.")
_NO_DOWNLOAD = N_("{title} could not be downloaded ({reason}): try again, or copy it to {folder}.")
_DAMAGED = N_("{title} in {folder} is damaged ({reason}): delete it there and copy it anew.")
_NO_SUCH = N_("There is no data set “{name}”: give one of {names}, or the path of a folder or zip of class folders.")
_UNREADABLE = N_("{path} cannot be read: {reason}.")
_NO_SKLEARN = N_("The digits come with scikit-learn, which is not installed here.")
_FEW = N_("{name} has too few pictures: every class needs at least one to learn from and one for the test.")


@dataclass(frozen=True)
class Record:
    """A data set that has a name.

    Attributes:
        key: its name here.
        title: its name as people write it.
        reader: its class in `torchvision.datasets`; "" for the digits of scikit-learn.
        licence: of the pictures, as its makers state it.
        source: page that it comes from.
        split: how training and test pictures were told apart.
    """

    key: str
    title: str
    reader: str
    licence: str
    source: str
    split: str = "as published"


_TORONTO = "https://www.cs.toronto.edu/~kriz/cifar.html"
RECORDS = (
    Record(
        "digits",
        "Optical recognition of handwritten digits",
        "",
        "CC BY 4.0",
        "https://doi.org/10.24432/C50P49",
        "every fifth picture of each class for the test",
    ),
    Record("mnist", "MNIST", "MNIST", "CC BY-SA 3.0", "http://yann.lecun.com/exdb/mnist/"),
    Record("fashion_mnist", "Fashion-MNIST", "FashionMNIST", "MIT", "https://github.com/zalandoresearch/fashion-mnist"),
    Record("cifar10", "CIFAR-10", "CIFAR10", "none stated; to be cited: Krizhevsky 2009", _TORONTO),
    Record("cifar100", "CIFAR-100", "CIFAR100", "none stated; to be cited: Krizhevsky 2009", _TORONTO),
)
_BY_KEY = {record.key: record for record in RECORDS}


def names() -> tuple[str, ...]:
    """Keys of the data sets that have a name; the first one needs no network."""
    return tuple(_BY_KEY)


def load(
    name: str = "digits",
    root: Path = ROOT,
    *,
    download: bool = False,
    cache: Path = decoded_cache.CACHE,
    limits: Limits | None = None,
) -> DataSet:
    """Return a data set, decoded into memory.

    Args:
        name: one of `names()`; or the path of a folder or zip of class folders; a path with `*` takes several zips.
        root: folder with the files of torchvision's data sets, or with zips of class folders: `KEY.zip`, `KEY-….zip`.
        download: fetch torchvision's files to `root` when they are not there.
        cache: folder where decoded zips and folders are kept.
        limits: of zips and folders.

    Raises:
        DataError: when it is missing, damaged, too large or laid out in another way.
    """
    record = _BY_KEY.get(name)
    if record is None:
        paths = [Path(path) for path in sorted(glob.glob(name))] if "*" in name else [Path(name)]  # noqa: PTH207 - absolute
        if not paths or not all(path.exists() for path in paths):
            raise DataError(_NO_SUCH, name=name[:100], names=", ".join(names()))
        unknown = Record(name, Path(name).stem, "", "the owner's", name, "as it lies in folders")
        return _from_class_folders(unknown, paths, cache, limits)
    if not record.reader:
        return _digits(record)
    zips = class_folders.archives(root, record.key)
    return _from_class_folders(record, zips, cache, limits) if zips else _from_torchvision(record, root, download)


def _digits(record: Record) -> DataSet:
    """1,797 pictures of 8×8 with 17 levels, enlarged to the 32×32 of LeNet-5 by linear interpolation."""
    table = torch.from_numpy(np.loadtxt(_digits_file(), np.uint8, delimiter=","))  # 64 pixels and the digit in a row
    small = table[:, :64].view(-1, 1, 8, 8).float() * (255 / 16)
    images = functional.interpolate(small, size=(32, 32), mode="bilinear", align_corners=False).round().to(torch.uint8)
    labels = table[:, 64].long()
    train, test = _apart(Pictures(images, labels), _every_fifth(labels))
    return _data_set(record, tuple(map(str, range(10))), train, test, _digest_of(train, test))


def _digits_file() -> Path:
    """Where scikit-learn keeps them. Importing it, which takes four seconds, is not needed to read a table."""
    package = importlib.util.find_spec("sklearn")
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise DataError(_NO_SKLEARN)
    return Path(folders[0]) / "datasets" / "data" / "digits.csv.gz"


def _from_torchvision(record: Record, root: Path, download: bool) -> DataSet:
    # CIFAR's own files are pickles: torchvision opens them only when their MD5 is that of the published ones.
    reader = getattr(torchvision().datasets, record.reader)
    try:
        parts = [reader(str(root), train=train, download=download) for train in (True, False)]
    except Exception as error:  # readers raise almost anything: no network, a wrong hash, a file cut short
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        if download:
            raise DataError(_NO_DOWNLOAD, title=record.title, folder=root, reason=reason) from error
        if "not found" in reason:
            raise DataError(_MISSING, title=record.title, folder=root) from error
        raise DataError(_DAMAGED, title=record.title, folder=root, reason=reason) from error
    train, test = (Pictures(_channels_first(part.data), torch.as_tensor(part.targets).long()) for part in parts)
    classes = tuple(name.split(" - ")[0] for name in parts[0].classes)  # MNIST's are written "7 - seven"
    return _data_set(record, classes, train, test, _digest_of(train, test))


def _channels_first(data: Any) -> Tensor:
    """Take torchvision's (N, H, W), a tensor, or (N, H, W, 3), an array, to (N, C, H, W)."""
    images = torch.as_tensor(data)
    return (images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)).contiguous()


def _from_class_folders(record: Record, paths: list[Path], cache: Path, limits: Limits | None) -> DataSet:
    try:
        digest = class_folders.fingerprint(paths)
    except OSError as error:
        raise DataError(_UNREADABLE, path=error.filename or paths[0], reason=error.strerror or error) from error
    decoded = decoded_cache.recall(digest, cache)
    if decoded is None:
        decoded = class_folders.decode(class_folders.members(paths, limits), limits)
        decoded_cache.remember(digest, cache, decoded)
    train, test = _told_apart(decoded, record.title)
    return _data_set(record, decoded.classes, train, test, digest)


def _told_apart(decoded: Decoded, name: str) -> tuple[Pictures, Pictures]:
    labels = torch.from_numpy(decoded.labels)
    is_test = torch.from_numpy(decoded.is_test) if decoded.is_test.any() else _every_fifth(labels)
    train, test = _apart(Pictures(torch.from_numpy(decoded.images), labels), is_test)
    if len(np.unique(train.labels)) < len(decoded.classes) or len(test) == 0:
        raise DataError(_FEW, name=name)
    return train, test


def _every_fifth(labels: Tensor) -> Tensor:
    """Mark every fifth picture of each class, from its second one on: bool, shape (N,)."""
    turns = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        of_class = labels.numpy() == label
        turns[of_class] = np.arange(of_class.sum())
    return torch.from_numpy(turns % _TEST_SHARE == 1)


def _apart(pictures: Pictures, is_test: Tensor) -> tuple[Pictures, Pictures]:
    train, test = (Pictures(pictures.images[which], pictures.labels[which]) for which in (~is_test, is_test))
    return train, test


def _digest_of(*parts: Pictures) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part.images.numpy().tobytes())
        found.update(part.labels.numpy().tobytes())
    return found.hexdigest()


def _data_set(record: Record, classes: tuple[str, ...], train: Pictures, test: Pictures, digest: str) -> DataSet:
    mean, std = statistics(train.images)
    return DataSet(
        record.key, record.title, classes, train, test, mean, std, record.split, record.licence, record.source, digest
    )
