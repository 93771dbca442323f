"""All channels of a step as one picture in colour: where the network finds the same, and where something else."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.networks.channels import principal_colours
from pages.common.language import _
from pages.common.maps_looked import Looked
from pages.common.settings import Setting, Settings, flag
from pages.common.small_figures import figure

__all__ = ["COLOURS_SETTINGS", "colour_picture"]

COLOURS_SETTINGS: tuple[Setting, ...] = (flag("colours"),)

_WIDTH = 288  # pixels on the screen
_FEWEST = 3  # channels, as many as colours


def colour_picture(settings: Settings, looked: Looked) -> None:
    """Offer the picture below the grid of a step that has maps."""
    maps = looked.done.maps[settings["step"]]
    if maps.ndim != 3 or len(maps) < _FEWEST or maps[0].size < _FEWEST:
        return
    settings.control("colours", st.toggle, _("All channels as one colour picture"))
    if not settings["colours"]:
        return
    with st.container(horizontal=True, gap="medium"):
        alt = _("The three principal components of {count} channels as red, green and blue").format(count=len(maps))
        with st.container(width=_WIDTH):
            st.html(figure(_colours(looked.key, settings["step"], looked), _WIDTH, alt=alt))
        st.caption(
            _(
                "The three directions in which the {count} channels vary most (principal components) are red, green "
                "and blue, each stretched to its range. Places of one colour look alike to this layer; which colour it "
                "is says nothing."
            ).format(count=len(maps)),
            width=320,
        )


@st.cache_resource(max_entries=32, show_spinner=False)
def _colours(key: Hashable, step: str, _looked: Looked) -> NDArray[np.float32]:
    return principal_colours(_looked.done.maps[step])
