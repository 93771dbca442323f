"""All runs of this machine, whoever started them: read from their folders, without torch."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks import zoo
from cnnviz.training import control
from cnnviz.training.control import State
from cnnviz.training.recipe import Recipe
from pages.common.language import _
from pages.common.settings import Settings
from pages.common.training_data import NAMED
from pages.common.training_networks import CUSTOM
from pages.common.zips import kept

__all__ = ["Entry", "data_title", "entries", "model_title", "run_table", "run_title", "short_name", "state_word"]

_LARGEST = 1e15  # of what a file says: more is damage
_MOST = 60  # runs that are listed; the newest
_DIGITS = re.compile(r"([0-9a-f]{6})[0-9a-f]{6,}")  # of a digest


@dataclass(frozen=True)
class Entry:
    """A run in the list.

    Attributes:
        state: how it is.
        recipe: what was asked for.
        done: epochs that are done.
        best: the highest share of test pictures named right; NaN before the first epoch.
        rate: pictures a second in the last epoch; 0 before the first.
    """

    state: State
    recipe: Recipe
    done: int
    best: float
    rate: float

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.state.name


def entries() -> list[Entry]:
    """The runs, the newest first; folders that cannot be read are left out."""
    found = []
    for state in control.all_states(control.RUNS)[:_MOST]:
        try:
            found.append(_entry(state))
        except (CnnvizError, OSError):
            continue
    return found


def _entry(state: State) -> Entry:
    folder = control.RUNS / state.name
    metrics = control.metrics(folder)
    accuracies = [_number(each.get("test_accuracy")) for each in metrics]
    rate = _number(metrics[-1].get("pictures_per_second")) if metrics else 0.0
    best = max((each for each in accuracies if not math.isnan(each)), default=math.nan)
    return Entry(state, control.recipe(folder), len(metrics), best, rate if rate > 0 else 0.0)


def _number(value: object) -> float:
    is_sound = isinstance(value, int | float) and abs(value) < _LARGEST
    return float(value) if is_sound else math.nan  # type: ignore[arg-type]  # a number


def model_title(recipe: Recipe) -> str:
    """The network as people write it, with what was changed about it."""
    if recipe.model == CUSTOM:
        return _("Your own")
    changed = [f"{name} {value}" for name, value in recipe.options.items() if name != "padding"]
    return ", ".join([zoo.get(recipe.model).title, *changed])


def data_title(recipe: Recipe) -> str:
    """The data as people write it."""
    if recipe.data in NAMED:
        return NAMED[recipe.data][0]
    found = kept(Path(recipe.data).stem)
    return found.title if found else Path(recipe.data).stem[:12]


def short_name(name: str) -> str:
    """The name of a run, in which the digest of its pictures is cut: "lenet5-3fa9c2…-1"."""
    return _DIGITS.sub(r"\1…", name)


def state_word(state: State) -> str:
    """How a run is, in a word."""
    return {
        "waiting": _("waiting"),
        "loading": _("loading"),
        "training": _("learning"),
        "paused": _("paused"),
        "finished": _("finished"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "interrupted": _("interrupted"),
    }[state.state]


def run_title(entry: Entry) -> str:
    """A run in one line; nothing in it changes while it learns, because Streamlit knows a choice by its title."""
    return " · ".join([model_title(entry.recipe), data_title(entry.recipe), short_name(entry.name)])


def run_table(settings: Settings, runs: Sequence[Entry], owner: str) -> None:
    """All runs as a table; a click on a row shows that run."""
    key = f"{settings.page}/run table"

    def choose() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        if rows and rows[0] < len(runs):
            settings["train_run"] = runs[rows[0]].name

    st.dataframe(
        pd.DataFrame([_row(each, owner) for each in runs], columns=["run", "state", "network", "data", "epochs",
                     "best", "asked", "mine"]),
        key=key,
        hide_index=True,
        height="content" if len(runs) < 9 else 320,
        on_select=choose,
        selection_mode="single-row",
        placeholder="",
        column_config={
            "run": st.column_config.TextColumn(_("Run")),
            "state": st.column_config.TextColumn(_("State"), width="small"),
            "network": st.column_config.TextColumn(_("Network")),
            "data": st.column_config.TextColumn(_("Data")),
            "epochs": st.column_config.TextColumn(_("Epochs"), width="small"),
            "best": st.column_config.NumberColumn(_("Best, %"), format="%.1f", width="small",
                                                  help=_("Share of the test pictures that it named right")),
            "asked": st.column_config.TextColumn(_("Started"), width="small"),
            "mine": st.column_config.CheckboxColumn(_("Yours"), width="small"),
        },
    )  # fmt: skip


def _row(entry: Entry, owner: str) -> tuple[object, ...]:
    state = entry.state
    best = None if math.isnan(entry.best) else 100 * entry.best
    epochs = f"{entry.done} / {entry.recipe.epochs}"
    mine = owner in (state.owner, state.worker)
    network, data = model_title(entry.recipe), data_title(entry.recipe)
    return short_name(entry.name), state_word(state), network, data, epochs, best, _when(state.asked), mine


def _when(seconds: float) -> str:
    """A time as the visitor's clock has it: hours today, else the date."""
    if seconds <= 0:
        return ""
    zone = timedelta(minutes=st.context.timezone_offset or 0)
    then, now = datetime.fromtimestamp(seconds, UTC) - zone, datetime.now(UTC) - zone
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d}"
