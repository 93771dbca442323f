"""The maps of a run of the Training lab, epoch by epoch, against those of its last epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks.differences import relative_change
from cnnviz.training import control, observations, run_networks
from cnnviz.training.observations import Observation
from pages.common.charts import COLOURS, base, chart
from pages.common.language import _, current
from pages.common.map_strips import strips
from pages.common.maps_blocks import changed_block, kept_strips
from pages.common.maps_looked import Looked
from pages.common.maps_order import order_control
from pages.common.settings import Settings, bound
from pages.common.site import TRAINING, link
from pages.common.small_figures import figure

__all__ = ["epochs_view", "read_run"]

_MOST_RUNS = 30
_MOST_EPOCHS = 40  # points of the curve
_HEIGHT = 260


def read_run(text: str) -> str:
    """Read the name of a run.

    Raises:
        ParameterError: when no run can be called so.
    """
    if text and not control.NAME.fullmatch(text):
        raise ParameterError("compare_run", text[:40], "lenet5-mnist-1")
    return text


def epochs_view(settings: Settings, looked: Looked) -> None:
    """A slider through the epochs of a run."""
    names = _runs()
    if not names:
        st.info(_("There is no run yet whose maps were kept: train a network, then slide through its epochs here."))
        link(TRAINING, _("Training lab"))
        return
    name = settings["compare_run"] if settings["compare_run"] in names else names[0]
    folder = control.find(name)
    epochs = observations.epochs(folder)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choose(settings, "compare_run", name, names)
        epoch = _slider(settings, epochs)
    shown, last = _observation(name, epoch, folder), _observation(name, epochs[-1], folder)
    kept = [key for key in shown.maps if key in last.maps and shown.maps[key].shape == last.maps[key].shape]
    labels = _("epoch {number}").format(number=epoch), _("epoch {number}").format(number=epochs[-1])
    picture, curve = st.columns([1, 4], gap="medium")
    with picture:
        st.html(_picture(last))
    with curve:
        _curves(name, folder, epochs, kept)

    order = order_control(settings, "compare", max((len(shown.maps[key]) for key in kept), default=1))

    def build() -> str:
        blocks = [changed_block(key, labels, shown.maps[key], last.maps[key], order) for key in kept]
        return strips(blocks, order.scale)

    st.html(kept_strips(("epochs", current(), name, _age(folder), epoch, epochs[-1], order), build))
    _look_into(settings, name, folder)


def _runs() -> list[str]:
    """The newest runs with something to look at."""
    names = [state.name for state in control.all_states()[:_MOST_RUNS]]
    return [name for name in names if observations.epochs(control.find(name))]


def _choose(settings: Settings, setting: str, value: str, options: Sequence[str]) -> None:
    def store(chosen: str) -> None:
        settings[setting] = chosen

    bound(f"{settings.page}/{setting}", value, store, st.selectbox, _("Run"), list(options), width=280)


def _slider(settings: Settings, epochs: Sequence[int]) -> int:
    """The epoch: a kept one that is nearest to the setting."""
    nearest = min(epochs, key=lambda each: abs(each - settings["compare_epoch"]))
    if len(epochs) > 1:

        def store(chosen: int) -> None:
            settings["compare_epoch"] = chosen

        bound(f"{settings.page}/compare epoch", nearest, store, st.select_slider, _("Epoch"), list(epochs))
    return nearest


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(name: str, epoch: int, _changed: int, _folder: Path) -> Observation:
    return observations.read(_folder, epoch)


def _observation(name: str, epoch: int, folder: Path) -> Observation:
    """As kept on the disk; another run of the same name writes it anew."""
    return _kept(name, epoch, _age(folder), folder)


def _age(folder: Path) -> int:
    try:
        return (folder / "data.json").stat().st_mtime_ns
    except OSError:
        return 0


def _picture(seen: Observation) -> str:
    return figure(seen.picture.transpose(1, 2, 0), 128, _("The test picture that the run looks at after each epoch"))


@st.cache_data(max_entries=16, show_spinner=False)
def _changes(name: str, epochs: Sequence[int], age: int, _folder: Path) -> dict[str, list[float]]:
    """By block: relative change from each epoch to the last."""
    last = observations.read(_folder, epochs[-1])
    found: dict[str, list[float]] = {key: [] for key in last.maps}
    for epoch in epochs:
        maps: Mapping[str, np.ndarray] = {}
        with suppress(CnnvizError):  # a damaged one is a gap in the curve
            maps = observations.read(_folder, epoch).maps
        for key, values in found.items():
            same = key in maps and maps[key].shape == last.maps[key].shape
            values.append(relative_change(last.maps[key], maps[key]) if same else math.nan)
    return found


def _curves(name: str, folder: Path, epochs: Sequence[int], kept: Sequence[str]) -> None:
    """How far each block is from what it will be."""
    places = sorted({round(each) for each in np.linspace(0, len(epochs) - 1, _MOST_EPOCHS)})
    chosen = tuple(epochs[place] for place in places)
    changes = _changes(name, chosen, _age(folder), folder)
    figure = go.Figure()
    for number, key in enumerate(kept):
        values = [100 * each if math.isfinite(each) else None for each in changes[key]]
        figure.add_scatter(x=chosen, y=values, name=key, mode="lines", line={"color": COLOURS[number % len(COLOURS)]})
    base(figure, _HEIGHT)
    figure.update_xaxes(title=_("Epoch"))
    figure.update_yaxes(title=_("Distance to the last epoch, %"), rangemode="tozero")
    chart(figure, "maps/compare/epochs")


def _look_into(settings: Settings, name: str, folder: Path) -> None:
    """The picture of the page through the run's network, as far as its weights are kept."""
    from cnnviz.training import checkpoints

    weights = checkpoints.epochs(folder / "checkpoints")
    st.caption(
        _(
            "A run keeps the maps of one test picture after each epoch (at most {channels} channels of {blocks} "
            "blocks), but only the weights of its last epochs."
        ).format(channels=observations.MOST_CHANNELS, blocks=observations.MOST_BLOCKS)
    )
    if weights:
        run_networks.register()
        st.button(
            _("Look into epoch {number} with this page's picture").format(number=weights[-1]),
            key="maps/compare/into",
            icon=":material/visibility:",
            on_click=_open,
            args=(settings, run_networks.key_of(name, weights[-1])),
        )


def _open(settings: Settings, key: str) -> None:
    settings["model"], settings["off"] = key, ""
