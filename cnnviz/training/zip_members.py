"""Files in a zip, hostile until checked: nothing is extracted, and none is unpacked before somebody reads it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cnnviz.errors import DataError
from cnnviz.text import N_
from cnnviz.training import zip_end

if TYPE_CHECKING:
    from cnnviz.training.class_folders import Limits

__all__ = ["MANY", "Entry", "entries"]

Entry = tuple[tuple[str, ...], Callable[[int], bytes]]

MANY = N_("{name} holds more than {limit} files, which is the most.")

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what everybody uses; the others unpack slowly
_NO_ZIP = N_("{name} is not a zip file, or is damaged.")
_PATH = N_("{name} holds a file with the path “{path}”, which leads outside: it is not used.")
_ENCRYPTED = N_("“{path}” is locked with a password: save it without one.")
_PACKED = N_("“{path}” is packed in a way that is not read here: make an ordinary zip.")
_UNPACKED = N_("The files in {name} have more than {limit} MB when unpacked, which is the most.")


def entries(path: Path, limits: Limits) -> Iterable[Entry]:
    """The files in a zip: the parts of each path, and what reads the first so many bytes of it.

    Raises:
        DataError: for what is not a zip, for paths that lead outside, and beyond `limits`; reading raises it, too, for
            files with a password and for unusual packings.
    """
    archive = _opened(path, limits)
    unpacked = 0
    for entry in archive.infolist():
        parts = _safe_parts(entry.filename, path.name)
        if not entry.is_dir():
            unpacked += entry.file_size
            if unpacked > limits.all_bytes:
                raise DataError(_UNPACKED, name=path.name, limit=limits.all_bytes // 2**20)
            yield parts, _zip_reader(archive, entry)


def _opened(path: Path, limits: Limits) -> zipfile.ZipFile:
    """Open a zip, its files counted before they are listed."""
    try:
        with path.open("rb") as file:
            if zip_end.count(file, limits.members) > limits.members:
                raise DataError(MANY, name=path.name, limit=limits.members)
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(_NO_ZIP, name=path.name) from error
    if len(archive.infolist()) > limits.members:
        raise DataError(MANY, name=path.name, limit=limits.members)
    return archive


def _zip_reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        if entry.flag_bits & 1:
            raise DataError(_ENCRYPTED, path=entry.filename[:100])
        if entry.compress_type not in _PACKINGS:
            raise DataError(_PACKED, path=entry.filename[:100])
        with archive.open(entry) as file:  # unpacks no further than asked, whatever the header claims
            return file.read(most)

    return read


def _safe_parts(path: str, name: str) -> tuple[str, ...]:
    """Nothing is written to these paths, but who made such a zip means no good."""
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in (pure.parts or ("",))[0]:
        raise DataError(_PATH, name=name, path=path[:100])
    return pure.parts
