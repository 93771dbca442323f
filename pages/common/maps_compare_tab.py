"""Compare: the same steps of two networks, two pictures, two layers, before and after a change."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.images import alterations, source
from cnnviz.networks.random_networks import twin_key
from pages.common.language import _
from pages.common.maps_compare_change import change_view, read_amount
from pages.common.maps_compare_epochs import epochs_view, read_run
from pages.common.maps_compare_passes import layers_view, networks_view, pictures_view, random_view
from pages.common.maps_looked import Looked
from pages.common.maps_order import order_settings
from pages.common.maps_settings import MAPS_SETTINGS, read_step
from pages.common.maps_steps import step_list
from pages.common.settings import Setting, Settings, choice, number

__all__ = ["COMPARE_SETTINGS", "MODES", "compare_maps_tab"]

MODES = ("random", "networks", "pictures", "layers", "change", "epochs")
_MODEL = next(each.decode for each in MAPS_SETTINGS if each.name == "model")


def _read_model(text: str) -> str:
    return _MODEL(text) if text else ""


def _read_picture(text: str) -> str:
    return source.write(source.read(text)) if text else ""


COMPARE_SETTINGS: tuple[Setting, ...] = (
    choice("compare_with", MODES[0], MODES),
    step_list("compare_steps"),
    Setting("compare_first", "", str, read_step),
    Setting("compare_second", "", str, read_step),
    Setting("compare_model", "", str, _read_model),
    Setting("compare_picture", "", str, _read_picture),
    choice("compare_change", "shift", alterations.names()),
    Setting("compare_amount", None, lambda value: f"{value:g}", read_amount),
    Setting("compare_run", "", str, read_run),
    number("compare_epoch", 0, 0, 1_000_000),
    *order_settings("compare"),
)
""""" and None: what the tab thinks fit for the network, the step and the picture above."""


def compare_maps_tab(settings: Settings, looked: Looked) -> None:
    """Draw the tab: what the page looks at is the first of the two."""
    modes = [mode for mode in MODES if mode != "random" or twin_key(looked.model)]
    if settings["compare_with"] not in modes:
        settings["compare_with"] = "pictures"
    settings.control(
        "compare_with",
        st.segmented_control,
        _("Compare with"),
        modes,
        format_func=_mode_title,
        required=True,
        label_visibility="collapsed",
    )
    views: dict[str, Callable[[Settings, Looked], None]] = {
        "random": random_view,
        "networks": networks_view,
        "pictures": pictures_view,
        "layers": layers_view,
        "change": change_view,
        "epochs": epochs_view,
    }
    views[settings["compare_with"]](settings, looked)


def _mode_title(mode: str) -> str:
    return {
        "random": _("Trained or random"),
        "networks": _("Two networks"),
        "pictures": _("Two pictures"),
        "layers": _("Two layers"),
        "change": _("Changed picture"),
        "epochs": _("Epochs of a run"),
    }[mode]
