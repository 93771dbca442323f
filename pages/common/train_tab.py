"""Watch it learn: a network chosen in the sidebar learns in a process of its own, and the page shows its folder."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.networks import shipped
from cnnviz.training import control, launch, notes
from cnnviz.training.comparison import read_card
from cnnviz.training.recipe import Recipe
from pages.common.callbacks import to_the_end
from pages.common.charts import short
from pages.common.frame import guarded
from pages.common.lab_view import Progress, Seen, lab_view, seen
from pages.common.language import _, sentence
from pages.common.run_controls import REFUSED, Watched, duration, run_buttons, status, watched
from pages.common.run_list import Entry, entries, run_table, run_title
from pages.common.settings import Settings, bound
from pages.common.training_controls import command_line, data_controls, network_controls, recipe_controls
from pages.common.training_cost import check_work, cost, seconds
from pages.common.training_data import DataChoice, find
from pages.common.training_networks import CUSTOM
from pages.common.training_settings import TRAIN_SETTINGS, recipe_of
from pages.common.visitor import visitor

if TYPE_CHECKING:
    from cnnviz.training.observations import Observation

__all__ = ["TRAIN_SETTINGS", "train_tab"]

_START = "training/start asked"  # session: when Train was pressed
_STILL_WANTED = 10  # seconds; who opened another page in the same moment does not find a run there later
_SHIPPED = "shipped:lenet5-mnist"
_MOST_THREADS = 4


def train_tab(settings: Settings) -> None:
    """Draw the tab; the page has the settings `TRAIN_SETTINGS`."""
    data = _data(settings)
    with st.sidebar:
        data_controls(settings, data)
        network_controls(settings, data)
        recipe_controls(settings)
    _start_if_asked(settings)
    runs = entries()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        start = st.container(width="content")
        name = _run_control(settings, runs)
        shown = _look(settings, name)
        if shown is not None:
            run_buttons(settings, shown)
    told = st.empty()
    _refusal()
    if shown is None:
        _shipped()
    else:
        _watch(settings, shown)
    if runs:
        st.markdown("**" + _("All runs on this machine") + "**")
        run_table(settings, runs, visitor())
    with start:
        _start_control(settings, data, runs, told)


def _data(settings: Settings) -> DataChoice:
    try:
        return find(settings["train_data"], visitor())
    except CnnvizError as error:
        st.warning(sentence(error))
        settings["train_data"] = "digits"
        return find("digits", visitor())


# ---- start


def _start_control(settings: Settings, data: DataChoice, runs: Sequence[Entry], told: st.delta_generator.DeltaGenerator
                   ) -> None:  # fmt: skip
    """The button; below it what the run would cost, once torch is there to count it."""
    recipe, problem = _recipe(settings, data)
    st.button(
        _("Train"),
        key=f"{settings.page}/start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=recipe is None,
        on_click=_ask,
    )
    if recipe is not None:
        with st.sidebar:
            command_line(recipe)
        try:
            if recipe.model == CUSTOM or "torch" in sys.modules:  # else the server loads it now: nobody waits for it
                st.sidebar.caption(_cost(recipe, data, runs))
        except CnnvizError as error:
            problem = error
    if problem is not None:
        told.warning(sentence(problem))


def _recipe(settings: Settings, data: DataChoice) -> tuple[Recipe | None, CnnvizError | None]:
    """The recipe that is set, or why there is none."""
    try:
        recipe = recipe_of(settings, data, _threads())
        if recipe.model == CUSTOM:
            cost(recipe, data)
        return recipe, None
    except CnnvizError as error:
        return None, error


def _threads() -> int:
    """One core is for the page."""
    return max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1))


def _cost(recipe: Recipe, data: DataChoice, runs: Sequence[Entry]) -> str:
    counted = cost(recipe, data)
    check_work(recipe, data, counted)
    text = _("About {time} here for {epochs} epochs of {pictures:,} pictures · {parameters:,} parameters · "
             "{macs} multiply-accumulates for a picture")  # fmt: skip
    return text.format(
        time=duration(seconds(recipe, data, counted, runs)),
        epochs=recipe.epochs,
        pictures=data.pictures,
        parameters=counted.parameters,
        macs=short(counted.macs),
    )


@to_the_end
def _ask() -> None:
    """What the button does. No more than that: of two quick presses Streamlit may hand over the second one first."""
    st.session_state[_START] = time.monotonic()


def _start_if_asked(settings: Settings) -> None:
    """Start a run, when every control has handed over what was set before the button was pressed."""
    if _START not in st.session_state:
        return
    data, owner = _data(settings), visitor()
    asked = st.session_state.pop(_START)  # the last to ask the session: the next request may end this run there
    if time.monotonic() - asked > _STILL_WANTED:
        return
    try:
        recipe = recipe_of(settings, data, _threads())
        check_work(recipe, data, cost(recipe, data))
        folder = launch.start(recipe, owner, control.RUNS, download=not data.at_hand)
        settings["train_run"] = folder.name
    except CnnvizError as error:
        st.session_state[REFUSED] = error


def _refusal() -> None:
    """Say once what could not be done."""
    error = st.session_state.pop(REFUSED, None)
    if error is not None:
        st.error(sentence(error), icon=":material/error:")


# ---- the run that is shown


def _run_control(settings: Settings, runs: Sequence[Entry]) -> str:
    """The choice of the run to watch; without one, the newest. Returns its name."""
    titles = {each.name: run_title(each) for each in runs}
    titles[_SHIPPED] = _("LeNet-5 on MNIST, as shipped")
    chosen = settings["train_run"]
    if chosen and chosen not in titles:
        titles[chosen] = chosen  # an old one, or one of a link
    shown = chosen or _newest(runs)
    bound(
        f"{settings.page}/train_run", shown, lambda name: settings.__setitem__("train_run", name), st.selectbox,
        _("Watch"), list(titles), format_func=titles.__getitem__,
    )  # fmt: skip
    return str(shown)


def _newest(runs: Sequence[Entry]) -> str:
    """The run that a visitor sees who chose none: their own newest one, else the network that is shipped."""
    owner = visitor()
    return next((each.name for each in runs if each.state.owner == owner), _SHIPPED)


def _look(settings: Settings, name: str) -> Watched | None:
    if name == _SHIPPED:
        return None
    try:
        return watched(name)
    except CnnvizError as error:
        st.session_state[REFUSED] = error
        settings["train_run"] = ""
        return None


def _watch(settings: Settings, shown: Watched) -> None:
    """Show the run, anew each second as long as it moves, and every few while it rests."""
    st.fragment(_tick, run_every=shown.every)(settings, shown)


@guarded
def _tick(settings: Settings, drawn: Watched) -> None:
    """Read the run's folder and hand it on; when other buttons are due, the page is drawn anew."""
    now = watched(drawn.state.name)
    if now.key != drawn.key:
        st.rerun()
    status(now, entries() if now.state.state == "waiting" else ())  # others may have ended since the page was drawn
    _show(settings, now)


def _show(settings: Settings, now: Watched) -> None:
    folder = control.RUNS / now.state.name
    facts = notes.read_object(folder / "data.json")
    classes = [str(each) for each in facts.get("classes", [])]
    if not classes:
        return  # it has not read its pictures yet
    epochs = control.recipe(folder).epochs
    progress = Progress(now.state.name, control.metrics(folder), control.steps(folder), epochs, now.state.steps)
    lab_view(f"{settings.page}/lab", progress, seen(folder), classes)


def _shipped() -> None:
    """The curve of a network that was trained before, as long as there is no run."""
    name = _SHIPPED.partition(":")[2]
    path = shipped.MODELS / f"{name}.json"
    curve = read_card(path)
    if curve is None:
        return
    st.caption(_("So LeNet-5 learned 60,000 handwritten digits before it was shipped. Press “Train” to see one learn."))
    classes = [str(each) for each in json.loads(path.read_text("utf-8"))["classes"]]

    progress = Progress(_SHIPPED, curve.metrics, (), curve.recipe.epochs)
    lab_view("training/lab", progress, Seen(_SHIPPED, {}, _unseen), classes)


def _unseen(epoch: int) -> Observation:
    """Nothing was kept of what a shipped network looked like on its way."""
    raise KeyError(epoch)
