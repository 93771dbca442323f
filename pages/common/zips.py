"""A visitor's zip with a folder of pictures for each class: checked, and kept where `own_zips` keeps collections.

The zip's comment holds its title and whose it is, and its name is the digest of its content.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cnnviz.errors import DataError
from cnnviz.text import N_
from cnnviz.training import class_folders, control, own_zips, zip_end
from cnnviz.training.class_folders import Limits
from cnnviz.training.files import write_atomically

__all__ = ["LARGEST", "MOST", "Zip", "folder", "keep", "kept", "limits", "zips_of"]

LARGEST = 50  # MB of one zip
MOST = 5_000  # files in one zip
_EACH = 8  # uploads of one visitor
_ALL = 1000  # MB of all uploads
_MOST_ZIPS = 1000  # uploads of all visitors
_TRIED = 3  # pictures that are decoded at once, the smallest ones
_TRIED_PIXELS = 1_000_000  # of all of them
_TITLE = 40  # characters

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILES = N_("{name} holds more than {limit} files, which is the most.")
_MANY = N_("You have {limit} sets of pictures here, which is the most, and runs learn from all: remove a run first.")
_HEAVY = N_("{name} has more than {limit} MB, which is the most here: use fewer or smaller pictures.")
_FULL = N_("Runs learn from as many uploaded pictures as can be kept here: try again when some runs are removed.")
_NOT_KEPT = N_("The pictures cannot be kept: {reason}.")
_NO_ZIP = N_("{name} is not a zip file, or is damaged.")


@dataclass(frozen=True)
class Zip:
    """A zip of class folders that is kept, and its title."""

    title: str
    path: Path


def limits() -> Limits:
    """What a visitor's zip may hold: far less than the command line takes, for everyone shares the machine."""
    return Limits(
        members=MOST,
        member_bytes=10 * 2**20,
        member_pixels=25_000_000,
        pixels=25_000_000,
        classes=100,
        all_bytes=2 * LARGEST * 2**20,
        all_pixels=500_000_000,
    )


def folder() -> Path:
    """Where they are kept."""
    return control.RUNS / ".pictures"


def keep(data: bytes, name: str, owner: str) -> Zip:
    """Check a zip and keep it.

    Args:
        data: the zip.
        name: what the visitor calls it.
        owner: the visitor.

    Raises:
        DataError: when it is no zip of class folders or is too large, or runs use as many as may be kept. Where they do
            not, the oldest uploads make room.
    """
    title = " ".join(name.split())[:_TITLE] or "zip"
    if len(data) > LARGEST * 2**20:
        raise DataError(_HEAVY, name=title, limit=LARGEST)
    named = _named(data, title, owner)
    path = folder() / f"{hashlib.sha256(named).hexdigest()}.zip"
    try:
        if path.exists():
            path.touch()  # brought again: not old any more
        else:
            _check(named, title)
            _make_room(owner, len(named))
            write_atomically(path, named)
    except OSError as error:
        raise DataError(_NOT_KEPT, reason=error.strerror or error) from error
    return Zip(title, path)


def _named(data: bytes, title: str, owner: str) -> bytes:
    """The zip with title and owner as its comment."""
    stream = io.BytesIO(data)
    if zip_end.count(stream, MOST) > MOST:
        raise DataError(_FILES, name=title, limit=MOST)
    try:
        with zipfile.ZipFile(stream, "a") as archive:
            archive.comment = json.dumps({"title": title, "owner": owner}).encode()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(_NO_ZIP, name=title) from error
    return stream.getvalue()


def _make_room(owner: str, size: int) -> None:
    if not own_zips.make_room_for_uploads(control.RUNS, _ALL * 2**20, _EACH - 1, owner):
        raise DataError(_MANY, limit=_EACH)
    if not own_zips.make_room_for_uploads(control.RUNS, _ALL * 2**20 - size, _MOST_ZIPS):
        raise DataError(_FULL)


def _check(data: bytes, title: str) -> None:
    """Look at the list of files and at all headers, and decode a few small pictures.

    Whoever uploads waits for it, and so does everybody else; training decodes all, in its own process.
    """
    safe = re.sub(r"[^\w. -]", "_", title.removesuffix(".zip"))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{safe}.zip"
        path.write_bytes(data)
        found = class_folders.members([path], limits())
        counts = class_folders.check_headers(found, limits())
        smallest = sorted(range(len(found)), key=counts.__getitem__)[:_TRIED]
        if sum(counts[number] for number in smallest) <= _TRIED_PIXELS:
            class_folders.decode([found[number] for number in smallest], limits())


def kept(digest: str) -> Zip | None:
    """The zip with that digest, whoever brought it, or None."""
    path = folder() / f"{digest}.zip"
    if not _DIGEST.fullmatch(digest) or not path.exists():
        return None
    try:
        return Zip(str(own_zips.said(path)["title"])[:_TITLE], path)
    except LookupError:
        return None


def zips_of(owner: str) -> list[Zip]:
    """The visitor's zips, the newest first: those that were uploaded, and those that were collected in the page."""
    return [Zip(title[:_TITLE], path) for title, path in own_zips.zips(owner, control.RUNS)]
