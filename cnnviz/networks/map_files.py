"""What the steps of a pass returned, as files: NPZ for programs, CSV for spreadsheets. Nothing here needs torch."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.networks.channels import statistics

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["COLUMNS", "npz", "size", "statistics_csv"]

COLUMNS = (
    "step", "channel", "rows", "columns", "minimum", "maximum", "mean", "variance", "zeros", "dead", "top_row",
    "top_column",
)  # fmt: skip
"""Of the table of statistics; channels, rows and columns count from 0, see `channels.ChannelStatistics`."""


def size(done: Pass, steps: Sequence[str], *, half: bool = False) -> int:
    """Bytes of the activations of these steps, in 32 bits or in 16."""
    return sum(done.maps[step].size for step in steps) * (2 if half else 4)


def npz(done: Pass, steps: Sequence[str], classes: Sequence[str], *, half: bool = False) -> bytes:
    """The activations, for `numpy.load`: an array for each step under its name, (C, H, W) or (F,).

    Beside them `input`, as the network got it, `logits`, `probabilities` and `classes`; a step of such a name stands in
    their place.

    Args:
        done: the pass.
        steps: names.
        classes: names.
        half: float16 instead of float32: three digits; what is beyond ±65504 becomes infinite.
    """
    extras = {"input": done.input, "logits": done.logits, "probabilities": done.probabilities}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, {**extras, "classes": np.array(classes), **_taken(done.maps, steps, half)})
    return stream.getvalue()


def _taken(
    maps: Mapping[str, NDArray[np.float32]], steps: Sequence[str], half: bool
) -> dict[str, NDArray[np.floating]]:
    with np.errstate(over="ignore"):
        return {step: maps[step].astype(np.float16 if half else np.float32, copy=False) for step in steps}


def _add(archive: zipfile.ZipFile, arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """As `numpy.savez`, whose arguments cannot have every name."""
    for name, array in arrays.items():
        with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def statistics_csv(done: Pass, steps: Sequence[str]) -> bytes:
    """A line for each channel of each step; a vector's numbers are channels of 1×1. UTF-8, see `COLUMNS`.

    Steps that are neither (C, H, W) nor (F,) are left out.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for step in steps:
        maps = done.maps[step]
        if maps.ndim in (1, 3) and maps.size:
            writer.writerows(_lines(step, maps if maps.ndim == 3 else maps.reshape(-1, 1, 1)))
    return stream.getvalue().encode()


def _lines(step: str, maps: NDArray[np.float32]) -> list[list[object]]:
    with np.errstate(over="ignore", invalid="ignore"):  # a broken network is described, too
        found = statistics(maps)
    rows, columns = maps.shape[1:]
    numbers = (found.minimum, found.maximum, found.mean, found.variance, found.zeros)
    return [
        [step, channel, rows, columns, *(f"{each[channel]:.9g}" for each in numbers), int(found.dead[channel]),
         *map(int, found.top[channel])]
        for channel in range(len(maps))
    ]  # fmt: skip
