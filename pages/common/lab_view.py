"""A run to watch, live and afterwards: what Python sends to the browser component `lab`.

Two parts: the lab itself, whose message holds words and colours and stays the same, and a feed, whose small message
says each second what there is. Observations travel as files of Streamlit's media storage, which the browser fetches
once each: the last epochs one by one, those before in bundles.
"""

from __future__ import annotations

import contextlib
import functools
import json
import operator
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.figures import colours
from pages.common.class_words import class_word
from pages.common.components import component, pack
from pages.common.lab_files import Files
from pages.common.lab_packing import finite, pack_observation, pack_pictures, summary
from pages.common.lab_words import lab_words

if TYPE_CHECKING:
    from cnnviz.training.observations import Observation

__all__ = ["BUNDLE", "COLUMNS", "Progress", "Seen", "feed_message", "lab_message", "lab_view", "seen"]

BUNDLE = 16  # epochs of a file that is full
ROWS_APART, STEPS_APART = 4, 16  # so many lines of metrics and steps come with the message; those before as a file
COLUMNS = (
    *("epoch", "learning_rate", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "test_top5"),
    *("seconds", "pictures_per_second"),
)
_STEPS = ("step", "loss", "learning_rate")
_SCRIPTS = (
    *("../unpack.js", "../colours.js"),
    *("numbers.js", "store.js", "axes.js", "curves.js", "filters.js", "maps.js", "predictions.js", "confusion.js"),
    *("norms.js", "controls.js", "lab.js", "export.js", "main.js"),
)

Lines = Sequence[Mapping[str, float]]


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run is.

    Attributes:
        name: of the run, unique: another name starts the view anew.
        metrics: lines of metrics.jsonl.
        steps: lines of steps.jsonl.
        epochs: that it shall have.
        steps_per_epoch: batches of an epoch; 0 while nobody knows.
    """

    name: str
    metrics: Lines
    steps: Lines
    epochs: int
    steps_per_epoch: int = 0


@dataclass(frozen=True, eq=False)
class Seen:
    """Observations of a run.

    Attributes:
        name: of their folder, for the process's cache.
        stamps: for every epoch that there is one of, a number that changes when it is written anew.
        read: reads the observation of an epoch.
    """

    name: str
    stamps: Mapping[int, int]
    read: Callable[[int], Observation]


def seen(folder: Path) -> Seen:
    """The observations in a run's folder."""
    from cnnviz.training import observations

    stamps = {}
    for epoch in observations.epochs(folder):
        with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
            stamps[epoch] = (folder / "observations" / f"epoch-{epoch:04}.safetensors").stat().st_mtime_ns
    return Seen(str(folder.resolve()), stamps, lambda epoch: observations.read(folder, epoch))


def lab_view(key: str, progress: Progress, observed: Seen, classes: Sequence[str]) -> None:
    """Draw the run; call it as often as there may be something new.

    Args:
        key: of the component.
        progress: how far the run is.
        observed: what was seen after its epochs.
        classes: names of the classes.
    """
    component("lab", *_SCRIPTS)(key=key, data=lab_message(key, classes))
    files = Files(key)
    message = feed_message(key, progress, observed, files.offer)
    files.close()
    component("lab_feed", "main.js")(key=f"{key}/feed", data=message, height=1)


# ---- messages


def lab_message(key: str, classes: Sequence[str]) -> bytes:
    """What does not change while one watches: names, words and colours."""
    header = {"feed": key, "classes": [class_word(each) for each in classes], "columns": COLUMNS, "labels": lab_words()}
    return pack(header, colours.sequential().tobytes(), colours.diverging().tobytes())


def feed_message(key: str, progress: Progress, observed: Seen, offer: Callable[[str, bytes], str]) -> dict[str, Any]:
    """What there is by now; `offer` gets names and bytes of files and returns their addresses."""
    rows, steps = (len(progress.metrics) // ROWS_APART * ROWS_APART, len(progress.steps) // STEPS_APART * STEPS_APART)
    history = _history(progress.name, rows, steps, _last(progress, rows, steps), progress) if rows or steps else None
    files = [_file(observed, epochs, offer) for epochs in _grouped(sorted(observed.stamps))]
    return {
        "feed": key,
        "run": progress.name,
        "epochs": progress.epochs,
        "perEpoch": progress.steps_per_epoch,
        "history": [offer("history", history), rows, steps] if history else None,
        "rows": _columns(progress.metrics[rows:], COLUMNS),
        "steps": _columns(progress.steps[steps:], _STEPS),
        "pictures": _shared(observed, offer),
        "files": files,
    }


def _columns(lines: Lines, names: Sequence[str]) -> list[list[float | None]]:
    return [[finite(float(line.get(name, float("nan")))) for name in names] for line in lines]


def _last(progress: Progress, rows: int, steps: int) -> str:
    """Tells a history from another one as long: a run that was resumed writes some lines anew."""
    return repr((progress.metrics[rows - 1] if rows else None, progress.steps[steps - 1] if steps else None))


@st.cache_resource(max_entries=64, show_spinner=False)  # up to 60 kB each
def _history(name: str, rows: int, steps: int, last: str, _progress: Progress) -> bytes:
    """The first lines of metrics and steps."""
    record = {"rows": _columns(_progress.metrics[:rows], COLUMNS), "steps": _columns(_progress.steps[:steps], _STEPS)}
    return zlib.compress(json.dumps(record, separators=(",", ":")).encode(), 6)


# ---- observations


def _grouped(epochs: Sequence[int]) -> list[tuple[int, ...]]:
    """Full bundles, then the epochs that do not fill another one, each by itself."""
    full = len(epochs) // BUNDLE * BUNDLE
    bundles = [tuple(epochs[start : start + BUNDLE]) for start in range(0, full, BUNDLE)]
    return [*bundles, *((epoch,) for epoch in epochs[full:])]


def _file(observed: Seen, epochs: tuple[int, ...], offer: Callable[[str, bytes], str]) -> list[Any]:
    """Address, first and last epoch and stamp of a file: who has those epochs with that stamp needs no file."""
    stamps = tuple(_stamp(observed.stamps[epoch]) for epoch in epochs)
    data = (_bundle if len(epochs) > 1 else _single)(observed.name, epochs, stamps, observed)
    return [offer(f"epoch {epochs[0]}", data), epochs[0], epochs[-1], functools.reduce(operator.xor, stamps)]


def _stamp(time: int) -> int:
    """A time in 32 bits."""
    return zlib.crc32(time.to_bytes(8, "little"))


# An epoch takes 7 kB (LeNet-5) to about 330 kB (many channels), so a full bundle up to 5 MB. A run of the most epochs,
# 1000, has 62 bundles and is looked at each second: with fewer entries each look would read all of them anew.
@st.cache_resource(max_entries=64, show_spinner=False)
def _bundle(name: str, epochs: tuple[int, ...], stamps: tuple[int, ...], _observed: Seen) -> bytes:
    """A file of `BUNDLE` epochs."""
    return _packed(epochs, stamps, _observed)


@st.cache_resource(max_entries=64, show_spinner=False)
def _single(name: str, epochs: tuple[int, ...], stamps: tuple[int, ...], _observed: Seen) -> bytes:
    """A file of one epoch."""
    return _packed(epochs, stamps, _observed)


def _packed(epochs: tuple[int, ...], stamps: tuple[int, ...], observed: Seen) -> bytes:
    """Observations of some epochs as one file: a summary of each in front. One that is damaged is left out."""
    records, packed = [], []
    for epoch, stamp in zip(epochs, stamps, strict=True):
        try:
            observation = observed.read(epoch)
        except CnnvizError:
            records.append({"epoch": epoch, "stamp": stamp})
            packed.append(b"")
            continue
        records.append({"epoch": epoch, "stamp": stamp, **summary(observation)})
        packed.append(pack_observation(observation))
    return pack({"epochs": records}, *packed)


def _shared(observed: Seen, offer: Callable[[str, bytes], str]) -> str | None:
    """Address of the pictures that all epochs share, as the first epoch has them."""
    if not observed.stamps:
        return None
    first = min(observed.stamps)
    data = _pictures(observed.name, first, observed.stamps[first], observed)
    return offer("pictures", data) if data else None


@st.cache_resource(max_entries=32, show_spinner=False)
def _pictures(name: str, epoch: int, stamp: int, _observed: Seen) -> bytes:
    try:
        return pack_pictures(_observed.read(epoch))
    except CnnvizError:
        return b""
