"""Own pictures: a folder, or zips, with a folder for each class. Hostile until checked; nothing is extracted.

Layouts: `CLASS/picture.jpg`, or `train/CLASS/…` beside `test/CLASS/…`; a single folder around it all is skipped.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageOps

from cnnviz.errors import DataError
from cnnviz.text import N_
from cnnviz.training import picture_sizes, zip_members
from cnnviz.training.files import digest
from cnnviz.training.zip_members import Entry

__all__ = ["Decoded", "Limits", "Member", "archives", "check_headers", "decode", "fingerprint", "members", "shape"]

SPLITS = {"train": "train", "training": "train", "test": "test", "val": "test", "valid": "test", "validation": "test"}
ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
_FORMATS = ("JPEG", "PNG", "WEBP")
_GREY = ("1", "L")  # Pillow's modes
_LARGEST_KEPT = 96  # pixels a side that are kept as they are
_SIDE = 64  # of pictures that are larger
_HEAD = 2**18  # bytes of a file that are searched for the picture's size

_LARGE = N_("“{path}” has more than {limit} MB, which is the most for one picture.")
_PIXELS = N_("The pictures have more than {limit} million pixels in all, which is the most: use fewer or smaller ones.")
_ONE_PIXELS = N_("“{path}” has {columns} × {rows} pixels, but {limit} million is the most for one picture.")
_UNREADABLE = N_("“{path}” is not a readable JPEG, PNG or WebP picture: mend it or take it out.")
_MANY_CLASSES = N_("{name} has {count} folders of pictures, but {limit} classes are the most.")
_ALL_PIXELS = N_("The pictures have more than {limit} million pixels in all as they are: make them smaller.")
_CLASSES = N_("{name} has pictures in {count} folders; it needs a folder for each class, and at least two of them.")


@dataclass(frozen=True)
class Limits:
    """How much is looked at.

    Attributes:
        members: files in all folders or zips.
        member_bytes: of one file, unpacked.
        member_pixels: of one picture, as its header counts them.
        pixels: of all pictures, as they are kept.
        classes: folders of pictures.
        all_bytes: of all files in a zip, unpacked.
        all_pixels: of all pictures, as their headers count them; only `check_headers` looks.
    """

    members: int = 200_000
    member_bytes: int = 20 * 2**20
    member_pixels: int = 40_000_000
    pixels: int = 200_000_000
    classes: int = 10_000
    all_bytes: int = 2**40
    all_pixels: int = 10**12


@dataclass(frozen=True)
class Member:
    """One picture that has not been read: its split ("train", "test" or ""), class and path, and how to read it."""

    split: str
    label: str
    path: str
    read: Callable[[int], bytes] = field(compare=False)


@dataclass(frozen=True)
class Decoded:
    """Decoded pictures.

    Attributes:
        images: uint8, shape (N, C, H, W); one channel when every picture is grey.
        labels: int64, shape (N,).
        is_test: bool, shape (N,): which ones stood in a folder for tests.
        classes: names, in alphabetical order.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    is_test: NDArray[np.bool_]
    classes: tuple[str, ...]


def fingerprint(paths: Sequence[Path]) -> str:
    """A digest that changes when the files do: content of zips, names, sizes and times of a folder's files.

    Raises:
        OSError: when they cannot be read.
    """
    found = hashlib.sha256()
    for path in sorted(paths):
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                status = file.stat()
                found.update(f"{file.relative_to(path)} {status.st_size} {status.st_mtime_ns}\n".encode())
        else:
            found.update(digest(path).encode())
    return found.hexdigest()


def archives(root: Path, key: str) -> list[Path]:
    """The zips in `root` that hold the data set with that key: `KEY.zip`, `KEY-….zip` and `KEY_….zip`."""
    return sorted({*root.glob(f"{key}.zip"), *root.glob(f"{key}[-_]*.zip")})


def members(paths: Sequence[Path], limits: Limits | None = None) -> list[Member]:
    """List the pictures in `paths` (folders or zips that together are one data set), without decoding them.

    Hidden files, `__MACOSX` and files with other endings than JPEG, PNG and WebP are left out.

    Raises:
        DataError: for what is not a zip, for paths that lead outside, beyond `limits`, and without two classes.
    """
    limits = limits or Limits()
    listed = [entry for path in paths for entry in (_in_folder(path) if path.is_dir() else _in_zip(path, limits))]
    name = paths[0].name if len(paths) == 1 else f"{paths[0].name} …"
    if len(listed) > limits.members:
        raise DataError(zip_members.MANY, name=name, limit=limits.members)
    found = list(_told_apart(listed))
    classes = {member.label for member in found}
    if len(classes) < 2:
        raise DataError(_CLASSES, name=name, count=len(classes))
    if len(classes) > limits.classes:
        raise DataError(_MANY_CLASSES, name=name, count=len(classes), limit=limits.classes)
    return sorted(found, key=lambda member: (member.split, member.label, member.path))


def _in_folder(folder: Path) -> Iterable[Entry]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _is_picture(parts) and path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            yield parts, _file_reader(path)


def _file_reader(path: Path) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        with path.open("rb") as file:
            return file.read(most)

    return read


def _in_zip(path: Path, limits: Limits) -> Iterable[Entry]:
    return (entry for entry in zip_members.entries(path, limits) if _is_picture(entry[0]))


def _is_picture(parts: tuple[str, ...]) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return len(parts) > 1 and not hidden and PurePosixPath(parts[-1]).suffix.lower() in ENDINGS


def _told_apart(listed: list[Entry]) -> Iterable[Member]:
    """Skip a single folder around everything, then take split and class from the names of folders."""
    heads = {parts[0] for parts, _ in listed}
    around = len(heads) == 1 and all(len(parts) > 2 for parts, _ in listed) and not heads & SPLITS.keys()
    inner = [(parts[1:] if around else parts, read) for parts, read in listed]
    with_splits = all(len(parts) > 2 and parts[0].lower() in SPLITS for parts, _ in inner)
    for parts, read in inner:
        split = SPLITS[parts[0].lower()] if with_splits else ""
        yield Member(split, parts[1] if with_splits else parts[0], "/".join(parts), read)


def check_headers(found: Sequence[Member], limits: Limits) -> list[int]:
    """Check the sizes that the pictures' headers tell; nothing is decoded.

    Returns:
        Pixels of each picture, in the order of `found`.

    Raises:
        DataError: for a header that is none, naming the picture, and beyond `limits`.
    """
    sizes = [_size(member, limits) for member in found]
    counts = [columns * rows for columns, rows in sizes]
    if sum(counts) > limits.all_pixels:
        raise DataError(_ALL_PIXELS, limit=limits.all_pixels // 1_000_000)
    _check_kept(sizes[0], len(found), limits)
    return counts


def _size(member: Member, limits: Limits) -> tuple[int, int]:
    try:
        found = picture_sizes.size(member.read(_HEAD))
    except DataError:
        raise
    except Exception as error:  # unpacking hostile bytes raises almost anything
        raise DataError(_UNREADABLE, path=member.path[:100]) from error
    if not found or 0 in found:
        raise DataError(_UNREADABLE, path=member.path[:100])
    _check_one(member, *found, limits)
    return found


def _check_one(member: Member, columns: int, rows: int, limits: Limits) -> None:
    if columns * rows > limits.member_pixels:
        limit = limits.member_pixels // 1_000_000
        raise DataError(_ONE_PIXELS, path=member.path[:100], columns=columns, rows=rows, limit=limit)


def _check_kept(first: tuple[int, int], count: int, limits: Limits) -> tuple[int, int]:
    """The size that all pictures get."""
    size = first if max(first) <= _LARGEST_KEPT else (_SIDE, _SIDE)
    if size[0] * size[1] * count > limits.pixels:
        raise DataError(_PIXELS, limit=limits.pixels // 1_000_000)
    return size


def decode(found: Sequence[Member], limits: Limits | None = None) -> Decoded:
    """Decode pictures, one after the other.

    All get the size of the first one, or 64×64 when that is larger than 96 pixels a side: cropped in the middle to
    its proportions, then resized. Phones' photos are turned upright.

    Raises:
        DataError: for a picture that cannot be read or is too large, naming it.
    """
    limits = limits or Limits()
    classes = tuple(sorted({member.label for member in found}))
    first = _open(found[0], limits)
    size = _check_kept(first.size, len(found), limits)
    images = np.empty((len(found), size[1], size[0], 3), np.uint8)
    grey = True
    for number, member in enumerate(found):
        picture = _open(member, limits)
        grey = grey and picture.mode in _GREY
        images[number] = np.asarray(ImageOps.fit(picture.convert("RGB"), size, PilImage.Resampling.BILINEAR))
    return Decoded(
        np.ascontiguousarray(np.moveaxis(images[..., :1] if grey else images, 3, 1)),
        np.array([classes.index(member.label) for member in found], np.int64),
        np.array([member.split == "test" for member in found], np.bool_),
        classes,
    )


def shape(member: Member, limits: Limits | None = None) -> tuple[int, int, int]:
    """(channels, rows, columns) that `decode` gives pictures like this one; a large one is not decoded for it.

    Raises:
        DataError: as `decode`.
    """
    limits = limits or Limits()
    found = _open(member, limits, load=False)
    if max(found.size) <= _LARGEST_KEPT:  # decoded, it may turn out to lie on its side
        found = _open(member, limits)
    columns, rows = _check_kept(found.size, 1, limits)
    return 1 if found.mode in _GREY else 3, rows, columns


def _open(member: Member, limits: Limits, load: bool = True) -> PilImage.Image:
    """Decode one picture, its size read from its header before anything else is; or only read the header."""
    try:
        data = member.read(limits.member_bytes + 1)
        if len(data) > limits.member_bytes:
            raise DataError(_LARGE, path=member.path[:100], limit=limits.member_bytes // 2**20)
        with warnings.catch_warnings(action="ignore"):  # Pillow's own limit is larger than ours
            picture = PilImage.open(io.BytesIO(data), formats=_FORMATS)
            _check_one(member, *picture.size, limits)
            if not load:
                return picture
            picture.load()
            return ImageOps.exif_transpose(picture)
    except DataError:
        raise
    except Exception as error:  # decoders raise almost anything for hostile bytes
        raise DataError(_UNREADABLE, path=member.path[:100]) from error
