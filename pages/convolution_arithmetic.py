"""Convolution arithmetic: how do size, stride, padding, dilation and groups decide the output, step by step?"""

from __future__ import annotations

import streamlit as st

from cnnviz.convolution import contents, layer_text
from cnnviz.convolution.arithmetic import Layer
from cnnviz.images import samples
from pages.common.arithmetic_settings import PHOTO, SETTINGS, arithmetic_suggestions
from pages.common.arithmetic_tabs import facts_line, formula, tabs
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _
from pages.common.layer_controls import layer_controls, preset_control
from pages.common.layer_typing import legal_or_default, refusals
from pages.common.player import Scene, fits_the_player, play_bytes, scene_message
from pages.common.settings import Settings
from pages.common.signal_tab import signal_controls, signal_facts, signal_message

PHOTO_SAMPLE = "astronaut"


@guarded
def main() -> None:
    """Draw the page."""
    settings = Settings("arithmetic", SETTINGS)
    header(
        _("Convolution arithmetic"),
        _("Set a layer, watch its window walk, and see why the output has the size and the numbers it has."),
    )
    notices(settings)
    suggestions(settings, arithmetic_suggestions())
    with st.sidebar:
        _mode_control(settings)
    _arithmetic(settings)


def _mode_control(settings: Settings) -> None:
    names = {"layer": _("A layer (2-D)"), "signal": _("A signal (1-D)")}
    label = _("What is convolved")
    settings.control("mode", st.segmented_control, label, list(names), format_func=names.__getitem__, required=True)


@st.fragment
@guarded
def _arithmetic(settings: Settings) -> None:
    """Everything that a change of the layer changes, what is looked at first."""
    if settings["mode"] == "signal":
        settings.publish()
        play_bytes("arithmetic/signal player", signal_message(settings))
        signal_facts(settings)
        with st.sidebar:
            signal_controls(settings)
        return
    layer, size = legal_or_default(settings)
    settings.publish()
    refusals(settings)
    scene = _scene(settings, layer, size) if fits_the_player(layer, size) else None
    try:
        _play(scene)
        if _asks_for_the_size(scene):
            st.caption(_("The formula with your numbers, and the rest, appear here when you have answered."))
        else:
            formula(layer, size)
            facts_line(layer, size)
    finally:
        # Whatever went wrong: the controls that mend it stay.
        with st.sidebar:
            preset_control(settings, told=not _asks_for_the_size(scene))
            _view_controls(settings, layer)
            layer_controls(settings)
    if not _asks_for_the_size(scene):
        tabs(settings, scene, layer, size)


def _play(scene: Scene | None) -> None:
    if scene is None:
        st.info(_("This layer is too large to be played; its formula and its counts stand below."))
    else:
        play_bytes("arithmetic/player", scene_message(scene), _remember)


def _asks_for_the_size(scene: Scene | None) -> bool:
    """True until the visitor has answered: until then nothing on the page may tell."""
    return scene is not None and scene.predict == "size" and not scene.revealed


def _remember(signature: str) -> None:
    st.session_state["arithmetic/revealed"] = signature


def _scene(settings: Settings, layer: Layer, size: tuple[int, int]) -> Scene:
    photo = settings["cells"] == PHOTO
    signature = _signature(settings, layer, size)
    return Scene(
        layer,
        _photo_cells(layer.in_channels, size) if photo else _cells(settings["cells"], layer, size, settings["seed"]),
        contents.weights(settings["weights"], layer, settings["seed"]) if layer.weight_shape else None,
        contents.bias(settings["weights"], layer, settings["seed"]),
        # Values are asked for where a step makes one; a spreading convolution adds to many.
        settings["view"] if layer.kind == "transposed" and settings["predict"] != "values" else "windows",
        "" if settings["predict"] == "off" else settings["predict"],
        photo,
        signature,
        settings["step"] - 1,
        st.session_state.get("arithmetic/revealed") == signature,
    )


def _signature(settings: Settings, layer: Layer, size: tuple[int, int]) -> str:
    """Changes with a new question or another walk; the language is neither."""
    names = ("cells", "weights", "seed", "view", "predict")
    return " ".join([layer_text.write(layer), *map(str, size), *(str(settings[name]) for name in names)])


def _cells(kind: str, layer: Layer, size: tuple[int, int], seed: int) -> contents.Cells:
    return contents.cells(kind, layer.in_channels, size, seed)


@st.cache_data(max_entries=16, show_spinner=False)
def _photo_cells(channels: int, size: tuple[int, int]) -> contents.Cells:
    return contents.from_picture(samples.load(PHOTO_SAMPLE).pixels, channels, size)


def _view_controls(settings: Settings, layer: Layer) -> None:
    if layer.kind == "transposed":
        views = {"spread": _("Spread each cell"), "windows": _("Insert zeros, then convolve")}
        label = _("How to look at it")
        settings.control("view", st.selectbox, label, list(views), format_func=views.__getitem__)
    predictions = {"off": _("off"), "size": _("the size"), "values": _("the values")}
    label = _("Predict first")
    settings.control(
        "predict", st.segmented_control, label, list(predictions), format_func=predictions.__getitem__, required=True
    )


main()
