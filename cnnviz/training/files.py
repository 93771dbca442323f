"""Files that are whole or absent, whenever the process or the machine stops."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["digest", "write_atomically"]

_BLOCK = 2**20


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part.

    The bytes reach the disk under another name in the same folder, and then take the name of the old file: POSIX
    promises that renaming is one step. Missing folders are made.

    Raises:
        OSError: when it cannot be written; the old file, if any, is untouched then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp lets nobody else read
        Path(temporary).replace(path)
    except BaseException:  # Ctrl+C, too: nothing half done is left
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring the new name itself to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits, read in blocks.

    Raises:
        OSError: when it cannot be read.
    """
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
