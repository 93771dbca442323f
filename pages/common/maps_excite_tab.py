"""What excites it? The picture that a channel looks for, and what it answers to in the visitor's own."""

from __future__ import annotations

import streamlit as st

from cnnviz.networks.attribution_methods import methods_for
from cnnviz.networks.what_if import NOTHING
from pages.common.language import _
from pages.common.maps_excite_places import effective, places
from pages.common.maps_excite_search import dream, memory
from pages.common.maps_excite_unit import EXCITE_SETTINGS, chosen_unit
from pages.common.maps_looked import Looked
from pages.common.settings import Settings

__all__ = ["EXCITE_SETTINGS", "excite_tab"]


def excite_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab."""
    if not methods_for(looked.done.summary):
        st.info(_("This network cannot be followed step by step, so that none of the methods can be trusted with it."))
        return
    unit = chosen_unit(settings, looked)
    if looked.off != NOTHING:
        st.caption(_("Searches and derivatives see the whole network: what is switched off above takes part there."))
    left, right = st.columns(2, gap="medium")
    with left:
        dream(settings, looked, unit)
        memory(settings, looked)
    with right:
        places(looked, unit)
        effective(looked, unit)
