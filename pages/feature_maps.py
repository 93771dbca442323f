"""Feature maps: what does each layer of a network see in a picture, and why does it give this answer?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from cnnviz.training import run_networks
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _
from pages.common.maps_colours import COLOURS_SETTINGS
from pages.common.maps_compare_tab import COMPARE_SETTINGS, compare_maps_tab
from pages.common.maps_excite_tab import EXCITE_SETTINGS, excite_tab
from pages.common.maps_inputs import INPUT_SETTINGS, drawing_controls, drawing_input
from pages.common.maps_kernel_links import kernel_links
from pages.common.maps_looked import Looked, look, read_off
from pages.common.maps_model import network_controls, others_offered, stays_with
from pages.common.maps_own_tab import OWN_SETTINGS, own_tab
from pages.common.maps_settings import MAPS_SETTINGS, maps_suggestions
from pages.common.maps_take_tab import TAKE_SETTINGS, take_tab
from pages.common.maps_whatif_tab import WHATIF_SETTINGS, whatif_tab
from pages.common.maps_why_tab import WHY_SETTINGS, why_tab
from pages.common.maps_zoom import zoom
from pages.common.pictures import picture_controls, pictures
from pages.common.settings import Setting, Settings, choice
from pages.common.tabs import lazy_tabs
from pages.common.work import tended

TABS = ("why", "whatif", "compare", "excite", "own", "take")

SETTINGS = (
    *MAPS_SETTINGS,
    Setting("off", "", str, read_off),
    choice("tab", "why", TABS),
    *COLOURS_SETTINGS,
    *INPUT_SETTINGS,
    *WHY_SETTINGS,
    *WHATIF_SETTINGS,
    *COMPARE_SETTINGS,
    *EXCITE_SETTINGS,
    *OWN_SETTINGS,
    *TAKE_SETTINGS,
)


@guarded
def main() -> None:
    """Draw the page."""
    run_networks.register()
    settings = Settings("maps", SETTINGS)
    header(_("Feature maps"), _("Send a picture through a network and see what every layer makes of it."))
    notices(settings)
    suggestions(settings, maps_suggestions())
    _maps(settings)


@guarded
def _maps(settings: Settings) -> None:
    """Everything that a change of picture, network or level changes, what is looked at first.

    No fragment: what is pressed in one does not end its run, so that Stop would wait until the job is done.
    """
    with tended():
        looked = None
        try:
            if not others_offered(settings):
                looked = look("maps", settings["model"], drawing_input(settings) or pictures(settings).shown)
            if looked is not None:
                stays_with(settings, looked.done.maps)
                settings.publish()
                with st.container(key="maps-level"):  # one place for any level: what follows is not built anew
                    zoom(settings, looked)
        except Exception:
            _controls(settings, looked)()  # that mend it
            raise
        follow = _controls(settings, looked)  # before the tabs, which may take long: another choice ends them
        if looked is not None:
            with st.container(key="maps-kernels"):
                kernel_links(settings, looked)
            lazy_tabs(settings, _tabs(settings, looked))
    settings.publish()
    follow()


def _controls(settings: Settings, looked: Looked | None) -> Callable[[], None]:
    """Draw the side bar; returns what is to be called when everything else is drawn."""
    with st.sidebar:
        follow = network_controls(settings)
        drawing_controls(settings, looked)
        if not settings["draw"]:
            picture_controls(settings)
    settings.publish()
    return follow


def _tabs(settings: Settings, looked: Looked) -> Mapping[str, tuple[str, Callable[[], None]]]:
    return {
        "why": (_("Why this answer?"), lambda: why_tab(settings, looked)),
        "whatif": (_("What if?"), lambda: whatif_tab(settings, looked)),
        "compare": (_("Compare"), lambda: compare_maps_tab(settings, looked)),
        "excite": (_("What excites it?"), lambda: excite_tab(settings, looked)),
        "own": (_("Own weights"), lambda: own_tab(settings, looked)),
        "take": (_("Take away"), lambda: take_tab(settings, looked)),
    }


main()
