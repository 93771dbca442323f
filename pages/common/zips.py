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
from cnnviz.training import class_folders, control, own_zips
from cnnviz.training.class_folders import Limits
from cnnviz.training.files import write_atomically

__all__ = ["LARGEST", "MOST", "Zip", "folder", "keep", "kept", "limits", "zips_of"]

LARGEST = 50  # MB of one zip
MOST = 5_000  # files in one zip
_EACH = 8  # zips of one visitor
_ALL = 1000  # MB of all zips
_TITLE = 40  # characters

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MANY = N_("You have {limit} sets of pictures here, which is the most.")
_HEAVY = N_("{name} has more than {limit} MB, which is the most here: use fewer or smaller pictures.")
_FULL = N_("The pictures of all visitors take more than {limit} MB here: no more can be kept.")
_NOT_KEPT = N_("The pictures cannot be kept: {reason}.")
_NO_ZIP = N_("{name} is not a zip file, or is damaged.")


@dataclass(frozen=True)
class Zip:
    """A zip of class folders that is kept, and its title."""

    title: str
    path: Path


def limits() -> Limits:
    """What a visitor's zip may hold: far less than the command line takes, for everyone shares the machine."""
    return Limits(members=MOST, member_bytes=10 * 2**20, member_pixels=25_000_000, pixels=25_000_000)


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
        DataError: when it is no zip of class folders or is too large, or there are too many.
    """
    title = " ".join(name.split())[:_TITLE] or "zip"
    if len(data) > LARGEST * 2**20:
        raise DataError(_HEAVY, name=title, limit=LARGEST)
    named = _named(data, title, owner)
    path = folder() / f"{hashlib.sha256(named).hexdigest()}.zip"
    if not path.exists():
        _check_room(owner, len(named))
        _check(named, title)
        try:
            write_atomically(path, named)
        except OSError as error:
            raise DataError(_NOT_KEPT, reason=error.strerror or error) from error
    return Zip(title, path)


def _named(data: bytes, title: str, owner: str) -> bytes:
    """The zip with title and owner as its comment."""
    stream = io.BytesIO(data)
    try:
        with zipfile.ZipFile(stream, "a") as archive:
            archive.comment = json.dumps({"title": title, "owner": owner}).encode()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(_NO_ZIP, name=title) from error
    return stream.getvalue()


def _check_room(owner: str, size: int) -> None:
    if len(zips_of(owner)) >= _EACH:
        raise DataError(_MANY, limit=_EACH)
    if sum(path.stat().st_size for path in folder().glob("*.zip")) + size > _ALL * 2**20:
        raise DataError(_FULL, limit=_ALL)


def _check(data: bytes, title: str) -> None:
    """Look at the list of files, and decode one picture of each class; training decodes all, in its own process."""
    safe = re.sub(r"[^\w. -]", "_", title.removesuffix(".zip"))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{safe}.zip"
        path.write_bytes(data)
        found = class_folders.members([path], limits())
        class_folders.decode(list({each.label: each for each in found}.values()), limits())


def kept(digest: str) -> Zip | None:
    """The zip with that digest, whoever brought it, or None."""
    path = folder() / f"{digest}.zip"
    if not _DIGEST.fullmatch(digest) or not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            return Zip(str(json.loads(archive.comment)["title"])[:_TITLE], path)
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile):
        return None


def zips_of(owner: str) -> list[Zip]:
    """The visitor's zips, the newest first: those that were uploaded, and those that were collected in the page."""
    return [Zip(title[:_TITLE], path) for title, path in own_zips.zips(owner, control.RUNS)]
