"""Small files that a run's process and its readers pass to each other: whole whenever they are read, never waited for.

They are not brought to the disk as `files.write_atomically` does, which may take longer than a step of training: after
a power cut they may be those of a moment before.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["lines", "put", "read", "read_object"]

_LONGEST = 2**20  # bytes: a recipe with a network of one's own is far smaller


def put(path: Path, text: str) -> None:
    """Let `text` take the place of a file: a reader sees the old one or the new one.

    Raises:
        OSError: when it cannot be written; the old file stays.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)  # mkstemp lets nobody else read
        Path(temporary).replace(path)
    except BaseException:  # Ctrl+C, too: nothing half done is left
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: Path) -> str:
    """The text of a small file; "" when it is missing, cannot be read or is not small."""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError:
        return ""
    return content.decode("utf-8", errors="replace") if len(content) <= _LONGEST else ""


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a small file; empty when there is none."""
    try:
        found = json.loads(read(path))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file with one a line, up to the first line that is not whole; none if it cannot be read."""
    try:
        content = path.read_text("utf-8", errors="replace")
    except OSError:
        return
    for line in content.splitlines():
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):  # the process was stopped within this line, or the file is damaged
            return
        if not isinstance(found, dict):
            return
        yield found
