"""A visitor's own pictures: collected class by class, or read from a zip of class folders. Hostile until checked.

    collection = Collection().add("cat", [read_picture(data, "cat.jpg")])
    path = own_zips.write(collection, (3, 32, 32), owner)          # a data set for `data.load(str(path))`

Every picture becomes 64×64 at once, so a full collection takes 2.4 MB. Nothing here needs torch.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageOps

from cnnviz import images
from cnnviz.errors import DataError, ImageError
from cnnviz.images import Image
from cnnviz.text import N_, Sentence
from cnnviz.training import class_folders
from cnnviz.training.class_folders import Limits, Member
from cnnviz.training.own_zips import write, zips

__all__ = [
    "MOST_CLASSES",
    "MOST_PICTURES",
    "SIDE",
    "Collection",
    "Picture",
    "class_name",
    "fitted",
    "read_picture",
    "read_zip",
    "write",
    "zips",
]

MOST_CLASSES = 6
MOST_PICTURES = 200
SIDE = 64
_TEST_SHARE = 3  # one picture of so many is for the test: of few pictures, a fifth would measure nothing
_LONGEST_NAME = 24
_SIGNS = " -_+&'.,()"  # what a name may hold beside letters and digits; none of them leads anywhere
_ZIP_LIMITS = Limits(members=1000)  # hidden files and notes count, too
_ZIP_BYTES = 100 * 2**20  # unpacked
_ZIP_PIXELS = 400_000_000

_NO_NAME = N_("A class needs a name with at least one letter or digit.")
_TWICE = N_("There is a class “{name}” already: give this one another name.")
_MANY_CLASSES = N_("{limit} classes are the most here.")
_MANY_PICTURES = N_("{limit} pictures are the most here: remove some, or use fewer.")
_ZIP_CLASSES = N_("{name} holds {count} classes, but {limit} are the most here.")
_ZIP_PICTURES = N_("{name} holds {count} pictures, but {limit} are the most here.")
_ZIP_LARGE = N_("The pictures in {name} are too large when unpacked: make them smaller.")
_BAD_MEMBER = N_("“{path}” in {name} is damaged or locked with a password: make the zip anew.")
_TWO_CLASSES = N_("At least two classes are needed; there are {count}.")
_TWO_PICTURES = N_("“{name}” has {count} pictures; it needs at least two: one to learn from, one for the test.")


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: uint8 levels of shape (64, 64, 3), and its part: "train", "test" or "", where nobody said."""

    levels: NDArray[np.uint8]
    part: str = ""


@dataclass(frozen=True, eq=False)
class Collection:
    """Pictures by class.

    Attributes:
        classes: names, in the order in which they were made, and their pictures.
    """

    classes: Mapping[str, tuple[Picture, ...]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many pictures there are in all."""
        return sum(map(len, self.classes.values()))

    def named(self, text: str) -> Collection:
        """Open a new class.

        Raises:
            DataError: without a usable name, for a name that is there already, and beyond `MOST_CLASSES`.
        """
        name = class_name(text)
        if name.casefold() in map(str.casefold, self.classes):
            raise DataError(_TWICE, name=name)
        if len(self.classes) == MOST_CLASSES:
            raise DataError(_MANY_CLASSES, limit=MOST_CLASSES)
        return Collection({**self.classes, name: ()})

    def add(self, name: str, pictures: Iterable[Picture]) -> Collection:
        """Add pictures to a class, which is opened when it is new; one that is there already is not taken twice.

        The same picture on both sides of the test would be an answer that was told before.

        Raises:
            DataError: as `named`, and beyond `MOST_PICTURES`.
        """
        opened = self if name in self.classes else self.named(name)
        name = name if name in opened.classes else class_name(name)
        seen = {each.levels.tobytes() for kept in opened.classes.values() for each in kept}
        fresh = {each.levels.tobytes(): each for each in pictures}
        added = tuple(each for levels, each in fresh.items() if levels not in seen)
        if opened.count + len(added) > MOST_PICTURES:
            raise DataError(_MANY_PICTURES, limit=MOST_PICTURES)
        return Collection({**opened.classes, name: opened.classes[name] + added})

    def without_class(self, name: str) -> Collection:
        """Leave a class out."""
        return Collection({key: kept for key, kept in self.classes.items() if key != name})

    def without_last(self, name: str) -> Collection:
        """Leave the last picture of a class out."""
        return Collection({**self.classes, name: self.classes[name][:-1]})

    def inverted(self) -> Collection:
        """Make black white and white black."""
        turned = {
            name: tuple(Picture(255 - each.levels, each.part) for each in kept) for name, kept in self.classes.items()
        }
        return Collection(turned)

    def missing(self) -> Sentence | None:
        """What is missing before a network can learn from it, or None."""
        if len(self.classes) < 2:
            return Sentence(_TWO_CLASSES, {"count": len(self.classes)})
        for name, kept in self.classes.items():
            if len(kept) < 2:
                return Sentence(_TWO_PICTURES, {"name": name, "count": len(kept)})
        return None

    def parts(self) -> tuple[dict[str, list[Picture]], dict[str, list[Picture]]]:
        """Pictures to learn from and pictures for the test, by class.

        As marked, when every class has marks for both; else every third picture of each class, from its second one
        on, is for the test.
        """
        marked = all({"train", "test"} <= {each.part for each in kept} for kept in self.classes.values())
        is_test = {
            name: [each.part == "test" if marked else number % _TEST_SHARE == 1 for number, each in enumerate(kept)]
            for name, kept in self.classes.items()
        }
        learn, test = (
            {
                name: [each for each, tests in zip(kept, is_test[name], strict=True) if tests == wanted]
                for name, kept in self.classes.items()
            }
            for wanted in (False, True)
        )
        return learn, test


def class_name(text: str) -> str:
    """Make a name of a class safe as a folder's and short: letters, digits, marks and a few signs.

    Raises:
        DataError: when nothing is left.
    """
    plain = unicodedata.normalize("NFC", text[:200])
    kept = "".join(each if each in _SIGNS or unicodedata.category(each)[0] in "LMN" else " " for each in plain)
    name = " ".join(kept.split())[:_LONGEST_NAME].strip(" ._")
    if not any(each.isalnum() for each in name):
        raise DataError(_NO_NAME)
    return name


def fitted(image: Image) -> NDArray[np.uint8]:
    """The middle of a picture as 64×64 levels: cropped to a square, then resized; uint8, shape (64, 64, 3)."""
    levels = np.rint(image.pixels * 255).astype(np.uint8)
    square = ImageOps.fit(PilImage.fromarray(levels), (SIDE, SIDE), PilImage.Resampling.BILINEAR)
    return np.array(square)


def read_picture(data: bytes, name: str) -> Picture:
    """Check and decode the bytes of one picture file.

    Raises:
        ImageError: as `cnnviz.images.read`, whatever the bytes.
    """
    return Picture(fitted(images.read(data, name)))


def read_zip(data: bytes, name: str) -> Collection:
    """Check and decode a zip with a folder for each class; parts are kept where it has folders for them.

    Raises:
        DataError: when it is not a zip, holds paths that lead outside, fewer than two classes, more than
            `MOST_CLASSES` or `MOST_PICTURES`, unpacks to too much, or a picture cannot be read.
    """
    label = name[:100].replace("/", "_").replace("\\", "_").replace("\0", "") or "zip"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (label if len(label.encode()) < 200 and label.strip(".") else "zip")
        path.write_bytes(data)
        found = class_folders.members([path], _ZIP_LIMITS)
        _check_counts(found, label)
        return _collected(found, label)


def _check_counts(found: Sequence[Member], name: str) -> None:
    labels = {member.label for member in found}
    if len(labels) > MOST_CLASSES:
        raise DataError(_ZIP_CLASSES, name=name, count=len(labels), limit=MOST_CLASSES)
    if len(found) > MOST_PICTURES:
        raise DataError(_ZIP_PICTURES, name=name, count=len(found), limit=MOST_PICTURES)


def _collected(found: Sequence[Member], name: str) -> Collection:
    collection, size, pixels = Collection(), 0, 0
    names: dict[str, str] = {}
    for member in found:
        if member.label not in names:
            collection = collection.named(member.label)
            names[member.label] = list(collection.classes)[-1]
        data = _unpacked(member, name)
        image = _decoded(data, member)
        size, pixels = size + len(data), pixels + image.original_size[0] * image.original_size[1]
        if size > _ZIP_BYTES or pixels > _ZIP_PIXELS:
            raise DataError(_ZIP_LARGE, name=name)
        collection = collection.add(names[member.label], [Picture(fitted(image), member.split)])
    return collection


def _unpacked(member: Member, name: str) -> bytes:
    try:
        return member.read(images.MAX_BYTES + 1)
    except DataError:
        raise
    except Exception as error:  # decoders of zips raise almost anything for hostile bytes
        raise DataError(_BAD_MEMBER, path=member.path[:100], name=name) from error


def _decoded(data: bytes, member: Member) -> Image:
    try:
        return images.read(data, member.path[:100])
    except ImageError as error:
        raise DataError(error.template, **error.data) from error
