"""Training lab: what does a network learn, and what changes it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.common.augmentation_tab import AUGMENTATION_SETTINGS, augmentation_tab
from pages.common.draw_tab import DRAW_SETTINGS, draw_tab
from pages.common.frame import guarded, header, notices, suggestions
from pages.common.language import _
from pages.common.learn_kernel_tab import LEARN_KERNEL_SETTINGS, learn_kernel_tab
from pages.common.learned_tab import LEARNED_SETTINGS, learned_tab
from pages.common.runs_tab import RUNS_SETTINGS, runs_tab
from pages.common.settings import Settings, choice
from pages.common.tabs import lazy_tabs
from pages.common.text_tab import TEXT_SETTINGS, text_tab
from pages.common.train_tab import TRAIN_SETTINGS, train_tab
from pages.common.training_settings import training_suggestions
from pages.common.transfer_tab import TRANSFER_SETTINGS, transfer_tab

TABS = ("train", "runs", "transfer", "augmentation", "draw", "learned", "kernel", "text")

SETTINGS = (
    choice("tab", "train", TABS),
    *TRAIN_SETTINGS,
    *RUNS_SETTINGS,
    *TRANSFER_SETTINGS,
    *AUGMENTATION_SETTINGS,
    *DRAW_SETTINGS,
    *LEARNED_SETTINGS,
    *LEARN_KERNEL_SETTINGS,
    *TEXT_SETTINGS,
)


@guarded
def main() -> None:
    """Draw the page."""
    settings = Settings("training", SETTINGS)
    header(_("Training lab"), _("Watch a network learn, and find out what its filters, its depth and its data change."))
    notices(settings)
    suggestions(settings, training_suggestions())
    _lab(settings)


@st.fragment
@guarded
def _lab(settings: Settings) -> None:
    try:
        lazy_tabs(settings, _tabs(settings))
    finally:  # after the controls: a browser that has the address has them, too
        settings.publish()


def _tabs(settings: Settings) -> Mapping[str, tuple[str, Callable[[], None]]]:
    return {
        "train": (_("Watch it learn"), lambda: train_tab(settings)),
        "runs": (_("Compare runs"), lambda: runs_tab(settings)),
        "transfer": (_("Transfer learning"), lambda: transfer_tab(settings)),
        "augmentation": (_("Augmentation"), lambda: augmentation_tab(settings)),
        "draw": (_("Draw a digit"), lambda: draw_tab(settings)),
        "learned": (_("Learned filters"), lambda: learned_tab(settings)),
        "kernel": (_("Learn a kernel"), lambda: learn_kernel_tab(settings)),
        "text": (_("Words"), lambda: text_tab(settings)),
    }


main()
