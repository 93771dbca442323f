"""Own pictures on disk: zips with a folder for each class, which runs learn from, in a folder of bounded size."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image as PilImage
from PIL import ImageOps

from cnnviz.training import zip_end
from cnnviz.training.control import RUNS
from cnnviz.training.files import write_atomically

if TYPE_CHECKING:
    from cnnviz.training.own_pictures import Collection, Picture

__all__ = ["MOST_BYTES", "MOST_FILES", "make_room_for_uploads", "packed", "said", "write", "zips"]

MOST_BYTES = 200 * 2**20
MOST_FILES = 400
_LARGEST_SIDE = 64  # as the pictures are kept
_FOLDER = ".pictures"
_NAME = re.compile(r"[0-9a-f]{64}\.zip")
_TIME = (1980, 1, 1, 0, 0, 0)  # in every zip, so that the same pictures are the same bytes


def write(collection: Collection, shape: tuple[int, int, int], owner: str, runs: Path = RUNS) -> Path:
    """Write a collection as a data set for a network, and make room for it.

    Args:
        collection: at least two classes with two pictures each.
        shape: (channels, rows, columns) that the network takes; 1 channel makes the pictures grey. Larger pictures
            than 64×64 are not made.
        owner: whose pictures they are; a hash, not a name.
        runs: folder of the runs.

    Returns:
        Path of a zip with folders `train/CLASS` and `test/CLASS`, named by the SHA-256 of its content.

    Raises:
        OSError: when it cannot be written.
    """
    data = packed(collection, shape, owner)
    path = (runs / _FOLDER / f"{hashlib.sha256(data).hexdigest()}.zip").absolute()
    if path.exists():
        path.touch()  # used again: not old any more
    else:
        write_atomically(path, data)
    _make_room(path.parent, runs, path)
    return path


def zips(owner: str, runs: Path = RUNS) -> list[tuple[str, Path]]:
    """Titles and paths of what an owner has collected, the newest first."""
    found = []
    for path in sorted(_listed(runs / _FOLDER), key=_age, reverse=True):
        told = said(path)
        if told.get("owner") == owner and isinstance(told.get("title"), str):
            found.append((told["title"], path.absolute()))
    return found


def said(path: Path) -> dict[str, Any]:
    """What a zip's comment says: title, owner, and whether it was collected here; nothing when it is none of ours."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        told = json.loads(zip_end.comment(file))
        if isinstance(told, dict):
            return told
    return {}


def packed(collection: Collection, shape: tuple[int, int, int], owner: str = "") -> bytes:
    """What `write` writes: a zip with folders `train/CLASS` and `test/CLASS`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:  # pictures are compressed already
        for part, classes in zip(("train", "test"), collection.parts(), strict=True):
            for name, pictures in classes.items():
                for number, each in enumerate(pictures):
                    archive.writestr(zipfile.ZipInfo(f"{part}/{name}/{number:03}.png", _TIME), _png(each, shape))
        told = {"title": _title(collection, shape), "owner": owner, "collected": True}
        archive.comment = json.dumps(told).encode()
    return stream.getvalue()


def _title(collection: Collection, shape: tuple[int, int, int]) -> str:
    """Without words, so that it needs no translation: "cat / dog · 24 · 3×32×32"."""
    return f"{' / '.join(collection.classes)} · {collection.count} · {'×'.join(map(str, shape))}"


def _png(picture: Picture, shape: tuple[int, int, int]) -> bytes:
    channels, rows, columns = shape
    size = min(columns, _LARGEST_SIDE), min(rows, _LARGEST_SIDE)
    kept = PilImage.fromarray(picture.levels).convert("L" if channels == 1 else "RGB")
    stream = io.BytesIO()
    ImageOps.fit(kept, size, PilImage.Resampling.BILINEAR).save(stream, "PNG")
    return stream.getvalue()


def _listed(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.zip") if _NAME.fullmatch(path.name)]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another process made room
        return 0.0


def _make_room(folder: Path, runs: Path, fresh: Path) -> None:
    """Remove old collections, until all fit; not `fresh`, not what a run learns from, nor zips that were uploaded."""
    sizes = {}
    for path in sorted((path for path in _listed(folder) if said(path).get("collected")), key=_age):
        with contextlib.suppress(OSError):
            sizes[path] = path.stat().st_size
    kept = {fresh.name, *_used(runs)}
    for path in list(sizes):
        if sum(sizes.values()) <= MOST_BYTES and len(sizes) <= MOST_FILES:
            return
        if path.name not in kept:
            path.unlink(missing_ok=True)
            del sizes[path]


def make_room_for_uploads(runs: Path, most_bytes: int, most_files: int, owner: str = "") -> bool:
    """Remove the oldest uploads that no run learns from, until the others fit; none, when that is not enough.

    Args:
        runs: folder of the runs.
        most_bytes: that may be left.
        most_files: that may be left.
        owner: whose uploads; everybody's when empty.

    Returns:
        Whether they fit.
    """
    sizes = _uploads(runs, owner)
    used = _used(runs)
    goes = []
    for path in [path for path in sizes if path.name not in used]:
        if sum(sizes.values()) <= most_bytes and len(sizes) <= most_files:
            break
        goes.append(path)
        del sizes[path]
    fits = sum(sizes.values()) <= most_bytes and len(sizes) <= most_files
    for path in goes if fits else ():
        path.unlink(missing_ok=True)
    return fits


def _uploads(runs: Path, owner: str) -> dict[Path, int]:
    """Sizes in bytes of the zips that were not collected here, the oldest first."""
    found = {}
    for path in sorted(_listed(runs / _FOLDER), key=_age):
        told = said(path)
        if not told.get("collected") and owner in ("", told.get("owner")):
            with contextlib.suppress(OSError):
                found[path] = path.stat().st_size
    return found


def _used(runs: Path) -> set[str]:
    """Names of zips that runs have in their recipes, or were asked to learn from."""
    found: set[str] = set()
    for name in ("recipe.json", "asked.json"):
        for path in runs.glob(f"*/{name}"):
            with contextlib.suppress(OSError):
                found.update(_NAME.findall(path.read_text("utf-8", errors="replace")))
    return found
