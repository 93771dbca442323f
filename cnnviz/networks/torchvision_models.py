"""The weights that torchvision publishes for its convolutional networks: what is there, how large, which file.

From a table instead of torchvision's own records, because those cost seconds of imports.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cnnviz.errors import WeightsError
from cnnviz.networks import zoo
from cnnviz.networks.loaded import Entry
from cnnviz.networks.torchvision_table import ROWS, TITLES
from cnnviz.text import N_

__all__ = ["CLASSES", "RECORDS", "SOURCE", "Record", "cache_folder", "entries", "of", "record_of", "title"]

SOURCE = "torchvision"
CLASSES = 1000
"""Of ImageNet (ILSVRC 2012)."""

_NONE = N_("torchvision has no weights for “{model}”.")


@dataclass(frozen=True)
class Record:
    """One file of weights.

    Attributes:
        model: torchvision's name of the network.
        weights: torchvision's name of the training, "IMAGENET1K_V1" for instance.
        file: its name; the digits before its ending begin its SHA-256.
        bytes: its size, to a megabyte's thousandth.
        side: pixels of the side of the network's input.
    """

    model: str
    weights: str
    file: str
    bytes: int
    side: int

    @property
    def path(self) -> Path:
        """Where torchvision keeps it."""
        return cache_folder() / self.file

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self.path.is_file()


def cache_folder() -> Path:
    """Where torchvision keeps its files: as `torch.hub.get_dir` says, without importing torch."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    home = os.environ.get("TORCH_HOME") or Path(cache) / "torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def title(model: str) -> str:
    """A network's name as people write it."""
    return TITLES.get(model) or zoo.get(model).title


def of(model: str) -> tuple[Record, ...]:
    """The weights of a network, torchvision's own choice first; empty when it has none."""
    return tuple(each for each in RECORDS if each.model == model)


def record_of(name: str) -> Record:
    """The record behind "resnet18", or "resnet50@IMAGENET1K_V1" for weights that are not torchvision's own choice.

    Raises:
        WeightsError: when torchvision has no such weights.
    """
    model, at, training = name.partition("@")
    found = [each for each in of(model) if not at or each.weights == training]
    if not found:
        raise WeightsError(_NONE, model=name[:60])
    return found[0]


def entries() -> tuple[Entry, ...]:
    """Each network with torchvision's own choice of weights, and with others where those are on this machine."""
    folder = cache_folder()
    here = {path.name for path in folder.glob("*.pth")} if folder.is_dir() else set()
    found = []
    for record in RECORDS:
        first = record == _FIRST[record.model]
        if first or record.file in here:
            found.append(_entry(record, first, record.file in here))
    return tuple(found)


def _entry(record: Record, first: bool, is_here: bool) -> Entry:
    name = record.model if first else f"{record.model}@{record.weights}"
    written = title(record.model) if first else f"{title(record.model)}, {record.weights}"
    shape = (3, record.side, record.side)
    return Entry(f"{SOURCE}:{name}", written, record.model, SOURCE, shape, CLASSES, is_here, record.bytes)


RECORDS = tuple(Record(*row) for row in ROWS)
"""By network; of each network torchvision's own choice first."""

_FIRST = {record.model: record for record in reversed(RECORDS)}
