"""The runs of a comparison: started one after the other, found again by their names in the address."""

from __future__ import annotations

import contextlib
import threading
import time
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
from pages.common.resuming import seen_shape
from pages.common.settings import Settings
from pages.common.training_cost import check_work, cost
from pages.common.training_data import DataChoice
from pages.common.visitor import visitor

__all__ = ["REFUSED", "Followed", "begin", "continue_plan", "followed", "is_open", "read_names", "stop_all"]

REFUSED = "transfer/not started"
"""Key in the session of why a run could not be started."""

_BEGUN = "transfer/begun"  # key in the session of the first run that its button has started
_RECENT = 600  # seconds in which a reload still goes on with the plan
_ONE_AT_A_TIME = threading.Lock()


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
    if len(names) > len(KINDS) or not all(control.NAME.fullmatch(name) for name in names):
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


def begin(settings: Settings, network: Network, freeze: str, data: Path, pictures: int, classes: int) -> None:
    """Start the first run of a new comparison, and as many more as the visitor may have.

    Args:
        settings: of the tab.
        network: to begin with.
        freeze: its last frozen layer.
        data: path of the pictures.
        pictures: how many there are to learn from.
        classes: of the pictures.

    Raises:
        WorkError: when one of the runs would be too much work.
        RunError: when it cannot be started.
    """
    planned = transfer.recipes(network, freeze, str(data), pictures, settings["transfer_epochs"])
    for recipe in planned.values():
        choice = DataChoice("", "", recipe.data, seen_shape(recipe, network.shape), pictures, classes)
        check_work(recipe, choice, cost(recipe, choice))
    folder = launch.start(planned[KINDS[0]], visitor(), control.RUNS)
    settings["transfer_runs"] = (folder.name,)
    st.session_state[_BEGUN] = folder.name
    continue_plan(settings, followed(settings))


def continue_plan(settings: Settings, found: Sequence[Followed]) -> None:
    """Start the kinds that have not been, as long as the visitor's limit admits them.

    What is still to come follows from the first run's recipe, so that a reload loses nothing. Who only follows a link
    to somebody else's comparison starts nothing, and neither does an old address. Two tabs with one address start each
    run once.
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
            with _ONE_AT_A_TIME:
                name = _started(wanted, found[0].state) or launch.start(wanted, owner, control.RUNS).name
        except CnnvizError as error:
            st.session_state[REFUSED] = error
            return
        settings["transfer_runs"] = (*settings["transfer_runs"], name)


def _started(wanted: Recipe, first: State) -> str:
    """The run of this recipe that the first run's owner has started after it, perhaps in another tab; "" for none."""
    for each in control.all_states(control.RUNS):
        if each.owner == first.owner and each.asked >= first.asked and each.name != first.name:
            with contextlib.suppress(CnnvizError):  # damaged, or removed meanwhile
                if control.recipe(control.RUNS / each.name).to_json() == wanted.to_json():
                    return each.name
    return ""


def is_open(settings: Settings, found: Sequence[Followed]) -> bool:
    """Whether this visitor's comparison has runs that are still to be started: none after one was stopped or failed."""
    return (
        0 < len(settings["transfer_runs"]) < len(KINDS)
        and bool(found)
        and found[0].kind == KINDS[0]
        and found[0].state.owner == visitor()
        and all(each.state.live or each.state.state == "finished" for each in found)
        and REFUSED not in st.session_state
        and _is_due(found[0].state)
    )


def _is_due(first: State) -> bool:
    """Whether somebody waits for the rest: the visitor pressed the button here, or asked for the first run just now."""
    return st.session_state.get(_BEGUN) == first.name or time.time() - first.asked < _RECENT


def stop_all(found: Sequence[Followed]) -> None:
    """Ask the visitor's own runs to stop."""
    for each in found:
        if each.state.live and each.state.owner == visitor():
            control.wish(each.folder, "stop")
