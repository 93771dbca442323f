"""Architectures: how are LeNet … EfficientNet built, and where do their parameters and operations go?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from cnnviz.errors import ShapeError
from cnnviz.networks import zoo
from pages.common.architecture_controls import about, option_controls, picker, size_controls, totals
from pages.common.architecture_settings import (
    OWN_SETTINGS,
    architecture_suggestions,
    as_published,
    legal,
    options_of,
    size_of,
)
from pages.common.block_cost_tab import BLOCK_COST_SETTINGS, block_cost_tab
from pages.common.build_tab import BUILD_SETTINGS, build_tab
from pages.common.compare_tab import compare_tab
from pages.common.diagram import Network
from pages.common.diagram_tab import diagram_tab
from pages.common.families_tab import FAMILIES_SETTINGS, families_tab
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _, sentence
from pages.common.layers_tab import layers_tab
from pages.common.network_facts import facts, side_that_works
from pages.common.scaling_tab import SCALING_SETTINGS, scaling_tab
from pages.common.settings import Settings
from pages.common.signal_depth_tab import SIGNAL_DEPTH_SETTINGS, signal_depth_tab
from pages.common.tabs import lazy_tabs

SETTINGS = (
    *OWN_SETTINGS,
    *FAMILIES_SETTINGS,
    *SCALING_SETTINGS,
    *BLOCK_COST_SETTINGS,
    *SIGNAL_DEPTH_SETTINGS,
    *BUILD_SETTINGS,
)


_ABOUT_ONE = ("diagram", "layers", "compare")  # tabs that show the network chosen beside them


@guarded
def main() -> None:
    """Draw the page."""
    settings = Settings("architectures", SETTINGS)
    header(
        _("Architectures"),
        _("Open a network block by block, and see where its parameters, operations and receptive field go."),
    )
    notices(settings)
    suggestions(settings, architecture_suggestions())
    _explorer(settings)


@st.fragment
@guarded
def _explorer(settings: Settings) -> None:
    refused = legal(settings)
    settings.publish()
    if refused:
        st.warning(sentence(refused))
    if settings["tab"] in _ABOUT_ONE:
        with st.sidebar:
            picker(settings)
            size_controls(settings)
            option_controls(settings)
    lazy_tabs(settings, _tabs(settings))


def _tabs(settings: Settings) -> Mapping[str, tuple[str, Callable[[], None]]]:
    return {
        "diagram": (_("Diagram"), lambda: _explained(settings, partial(diagram_tab, settings))),
        "layers": (_("Layers"), lambda: _explained(settings, partial(layers_tab, settings["net"]))),
        "compare": (_("Compare"), lambda: _compared(settings)),
        "families": (_("Over the years"), lambda: families_tab(settings)),
        "scaling": (_("Compound scaling"), lambda: scaling_tab(settings)),
        "blocks": (_("Cost of a block"), lambda: block_cost_tab(settings)),
        "signal": (_("Signal through depth"), lambda: signal_depth_tab(settings)),
        "build": (_("Build your own"), lambda: build_tab(settings)),
    }


def _explained(settings: Settings, draw: Callable[[Network], None]) -> None:
    """The chosen network, drawn by `draw` above what its record says.

    The record stands on the screen first: nobody waits with an empty page while the first network of a server makes
    it import torch.
    """
    record = zoo.get(settings["net"])
    above = st.container()
    about(record, as_published(settings))
    with above:
        network = _chosen(settings)
        if network.summary.failure:
            _failed(settings, network.summary.failure)
        else:
            totals(network, _(record.lesson) if as_published(settings) else "")
        draw(network)


def _compared(settings: Settings) -> None:
    network = _chosen(settings)
    if network.summary.failure:
        _failed(settings, network.summary.failure)
    compare_tab(settings, network)


def _failed(settings: Settings, failure: ShapeError) -> None:
    """Which layer stopped, and which input would do."""
    side = side_that_works(settings["net"], options_of(settings), size_of(settings))
    remedy = "" if side is None else " " + _("An input of {side} × {side} would do.").format(side=side)
    st.error(sentence(failure) + remedy, icon=":material/error:")


def _chosen(settings: Settings) -> Network:
    return facts(settings["net"], options_of(settings), size_of(settings))


main()
