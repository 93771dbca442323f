"""Decoded pictures on disk: an archive is decoded once, the file named by the digest of what it came from.

They take no more than `MOST_BYTES`: what was not used for the longest time goes.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from cnnviz.training.class_folders import Decoded
from cnnviz.training.files import write_atomically

__all__ = ["CACHE", "MOST_BYTES", "recall", "remember"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnviz"
MOST_BYTES = 2**30
"""Of all decoded pictures; those of CIFAR-10 take 184 MB."""

_VERSION = 1  # of what decoding does: another number, and everything is decoded anew


def recall(digest: str, folder: Path) -> Decoded | None:
    """Return what was decoded from files with that digest, or None when it was not, or the file is damaged."""
    try:
        with safe_open(_path(digest, folder), "numpy") as file:
            classes = tuple(json.loads(file.metadata()["classes"]))
            names = ("images", "labels", "is_test")
            images, labels, is_test = (file.get_tensor(name) for name in names)
    except (OSError, SafetensorError, ValueError, LookupError, TypeError):
        return None
    with contextlib.suppress(OSError):
        _path(digest, folder).touch()  # used again: not old any more
    return Decoded(images, labels, is_test, classes)


def remember(digest: str, folder: Path, decoded: Decoded) -> None:
    """Keep `decoded` for the next time; a disk that is full or not ours costs only that time."""
    arrays = {"images": decoded.images, "labels": decoded.labels, "is_test": decoded.is_test}
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    data = save(tensors, metadata={"classes": json.dumps(decoded.classes)})
    with contextlib.suppress(OSError):
        write_atomically(_path(digest, folder), data)
        _make_room(folder, _path(digest, folder))


def _make_room(folder: Path, fresh: Path) -> None:
    """Remove the oldest files until all fit, but not `fresh`. Who reads one of them still can, to its end."""
    others = [(path.stat(), path) for path in folder.glob("decoded-*.safetensors") if path != fresh]
    left = MOST_BYTES - fresh.stat().st_size
    for status, path in sorted(others, key=lambda each: each[0].st_mtime, reverse=True):
        left -= status.st_size
        if left < 0:
            path.unlink(missing_ok=True)


def _path(digest: str, folder: Path) -> Path:
    return folder / f"decoded-{_VERSION}-{digest}.safetensors"
