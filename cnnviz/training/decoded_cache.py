"""Decoded pictures on disk: an archive is decoded once, the file named by the digest of what it came from."""

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

__all__ = ["CACHE", "recall", "remember"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnviz"
_VERSION = 1  # of what decoding does: another number, and everything is decoded anew


def recall(digest: str, folder: Path) -> Decoded | None:
    """Return what was decoded from files with that digest, or None when it was not, or the file is damaged."""
    try:
        with safe_open(_path(digest, folder), "numpy") as file:
            classes = tuple(json.loads(file.metadata()["classes"]))
            return Decoded(file.get_tensor("images"), file.get_tensor("labels"), file.get_tensor("is_test"), classes)
    except (OSError, SafetensorError, ValueError, LookupError, TypeError):
        return None


def remember(digest: str, folder: Path, decoded: Decoded) -> None:
    """Keep `decoded` for the next time; a disk that is full or not ours costs only that time."""
    arrays = {"images": decoded.images, "labels": decoded.labels, "is_test": decoded.is_test}
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    data = save(tensors, metadata={"classes": json.dumps(decoded.classes)})
    with contextlib.suppress(OSError):
        write_atomically(_path(digest, folder), data)


def _path(digest: str, folder: Path) -> Path:
    return folder / f"decoded-{_VERSION}-{digest}.safetensors"
