"""Where learned filters come from: a shipped network, one of torchvision's or a run of this lab, read once for all."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.convolution import likeness
from cnnviz.convolution.likeness import Baseline, Match
from cnnviz.errors import CnnvizError
from cnnviz.networks import shipped, torchvision_models

if TYPE_CHECKING:
    from cnnviz.training.first_filters import FirstFilters

__all__ = ["PUBLISHED", "RUN", "Ranked", "ranked", "source_names"]

RUN = "run."
"""Stands before the name of a run, to tell it from a shipped network."""

PUBLISHED = f"{torchvision_models.SOURCE}:"
"""Stands before the name of a network with torchvision's weights."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """A layer's filters with what each is most like.

    Attributes:
        filters: the layer.
        matches: one for each filter; empty when there is no bank of their size.
        before: likeness of each filter before training; empty when nobody knows.
        baseline: likeness of random filters; None without a bank.
    """

    filters: FirstFilters
    matches: tuple[Match | None, ...]
    before: NDArray[np.float64]
    baseline: Baseline | None


def source_names() -> list[str]:
    """Keys of what can be chosen: shipped networks, torchvision's that are on this machine, then runs by name."""
    from cnnviz.training import control, runs

    published = [each.key for each in torchvision_models.entries() if each.offline]
    return [
        *shipped.names(),
        *published,
        *(f"{RUN}{run.folder.name}" for run in runs.listed(control.RUNS) if run.metrics),
    ]


def ranked(name: str) -> Ranked:
    """Read a layer and compare its filters.

    Raises:
        WeightsError, RunError: when it cannot be read.
    """
    if not name.startswith(RUN):
        return _trained(name)
    from cnnviz.training import control

    folder = control.find(name.removeprefix(RUN))
    return _run(str(folder), _written(folder))


def _written(folder: Path) -> int:
    """When the run's weights were written last, in nanoseconds; 0 when they never were.

    The number of epochs is not enough: a run that was removed leaves its name to the next one.
    """
    times = [0]
    for pattern in ("observations/epoch-*", "checkpoints/*"):
        for path in folder.glob(pattern):
            with contextlib.suppress(FileNotFoundError):  # old checkpoints are taken away meanwhile
                times.append(path.stat().st_mtime_ns)
    return max(times)


@st.cache_resource(max_entries=16, show_spinner=False)
def _trained(name: str) -> Ranked:
    from cnnviz.training import first_filters

    if name.startswith(PUBLISHED):
        return _compared(first_filters.of_published(name.removeprefix(PUBLISHED)))
    return _compared(first_filters.of_shipped(name))


@st.cache_resource(max_entries=16, show_spinner=False)
def _run(folder: str, written: int) -> Ranked:
    """`written` makes it read anew when the run has come further, or is another one."""
    from cnnviz.training import first_filters

    return _compared(first_filters.of_run(Path(folder)))


def _compared(filters: FirstFilters) -> Ranked:
    matches = tuple(map(_match, filters.trained))
    if not any(matches):
        return Ranked(filters, (), np.zeros(0), None)
    _kernels, channels, size, _columns = filters.trained.shape
    before = [] if filters.before is None else [_match(each) for each in filters.before]
    found = np.array([each.likeness for each in before if each])
    return Ranked(filters, matches, found, likeness.baseline(channels, size))


def _match(weights: NDArray[np.float32]) -> Match | None:
    """None for a filter of zeros or of what is no number, or of a size without a bank."""
    try:
        return likeness.likeness(weights)
    except CnnvizError:
        return None
