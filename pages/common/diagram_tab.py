"""The chosen network as a diagram, with the facts, the code and the receptive field of what is selected."""

from __future__ import annotations

import streamlit as st

from cnnviz.images import samples
from pages.common.cropped import cropped
from pages.common.diagram import Network, Picture, View, diagram
from pages.common.language import _
from pages.common.settings import Settings

__all__ = ["diagram_tab"]


def diagram_tab(settings: Settings, network: Network) -> None:
    """Draw the tab."""
    shape = network.summary.input_shape
    picture = None
    if len(shape) == 4:
        size = (shape[2], shape[3])
        picture = Picture(cropped(settings["sample"], size, grey=shape[1] == 1), *size)

    def keep(view: View) -> None:
        settings["view"] = view

    diagram(f"{settings.page}/diagram", [network], picture, settings["view"], keep)
    if picture is not None:
        settings.control(
            "sample",
            st.selectbox,
            _("Picture for receptive fields"),
            samples.names(),
            format_func=lambda name: _(samples.get(name).title),
        )
