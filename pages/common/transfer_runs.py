"""The runs of a comparison: started one after the other, found again by their names in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.training import control, launch, notes, transfer
from cnnviz.training.control import State
from cnnviz.training.recipe import Recipe
from cnnviz.training.transfer import KINDS, Network
from pages.common.settings import Settings
from pages.common.visitor import visitor

__all__ = ["REFUSED", "Followed", "begin", "continue_plan", "followed", "is_open", "read_names", "stop_all"]

REFUSED = "transfer/not started"
"""Key in the session of why a run could not be started."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", re.ASCII)


@dataclass(frozen=True)
class Followed:
    """A run of the comparison.

    Attributes:
        kind: one of `KINDS`.
        state: how it is.
        recipe: what was asked for.
        facts: of its pictures; empty while it has not read them.
        metrics: a record for each epoch.
    """

    kind: str
    state: State
    recipe: Recipe
    facts: dict[str, Any]
    metrics: list[dict[str, Any]]

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return control.RUNS / self.state.name


def read_names(text: str) -> tuple[str, ...]:
    """Names of runs as they stand in an address.

    Raises:
        ParameterError: for what is no name, and for more than three.
    """
    names = text[:300].split("~")
    if len(names) > len(KINDS) or not all(_NAME.fullmatch(name) for name in names):
        raise ParameterError("transfer_runs", text[:40], f"NAME~NAME, 1 … {len(KINDS)}")
    return tuple(names)


def followed(settings: Settings) -> list[Followed]:
    """The runs of the comparison that are there, one of each kind, in the order of `KINDS`."""
    found = {}
    for name in settings["transfer_runs"]:
        try:
            folder = control.find(name, control.RUNS)
            recipe = control.recipe(folder)
            facts = notes.read_object(folder / "data.json")
            kind = transfer.kind_of(recipe)
            found[kind] = Followed(kind, control.state(folder), recipe, facts, control.metrics(folder))
        except CnnvizError:
            continue  # removed
    return [found[kind] for kind in KINDS if kind in found]


def begin(settings: Settings, network: Network, freeze: str, data: Path, pictures: int) -> None:
    """Start the first run of a new comparison, and as many more as the visitor may have.

    Raises:
        RunError: when it cannot be started.
    """
    planned = transfer.recipes(network, freeze, str(data), pictures, settings["transfer_epochs"])
    folder = launch.start(planned[KINDS[0]], visitor(), control.RUNS)
    settings["transfer_runs"] = (folder.name,)
    continue_plan(settings, followed(settings))


def continue_plan(settings: Settings, found: Sequence[Followed]) -> None:
    """Start the kinds that have not been, as long as the visitor's limit admits them.

    What is still to come follows from the first run's recipe, so that a reload loses nothing. Who only follows a link
    to somebody else's comparison starts nothing.
    """
    if not is_open(settings, found):
        return
    owner = visitor()
    first = found[0].recipe
    network = Network("", first.start, first.model, (1, 1, 1), first.options)
    planned = transfer.recipes(network, first.freeze, first.data, 1, first.epochs, first.seed)
    for kind in KINDS[len(settings["transfer_runs"]) :]:
        if len(control.unfinished(owner, control.RUNS)) >= launch.LIMIT:
            return
        try:
            wanted = Recipe(**{**vars(planned[kind]), "batch_size": first.batch_size})
            folder = launch.start(wanted, owner, control.RUNS)
        except CnnvizError as error:
            st.session_state[REFUSED] = error
            return
        settings["transfer_runs"] = (*settings["transfer_runs"], folder.name)


def is_open(settings: Settings, found: Sequence[Followed]) -> bool:
    """Whether this visitor's comparison has runs that are still to be started: none after one was stopped or failed."""
    return (
        0 < len(settings["transfer_runs"]) < len(KINDS)
        and bool(found)
        and found[0].kind == KINDS[0]
        and found[0].state.owner == visitor()
        and all(each.state.live or each.state.state == "finished" for each in found)
        and REFUSED not in st.session_state
    )


def stop_all(found: Sequence[Followed]) -> None:
    """Ask the visitor's own runs to stop."""
    for each in found:
        if each.state.live and each.state.owner == visitor():
            control.wish(each.folder, "stop")
