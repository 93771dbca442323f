"""Frequency response: which frequencies does this kernel pass, and what does stride do to the rest?"""

from __future__ import annotations

import streamlit as st

from pages.common.frame import guarded, header, notices, suggestions
from pages.common.frequency_edit import edit_mode
from pages.common.frequency_kernel import kernel_mode
from pages.common.frequency_sampling import sampling_mode
from pages.common.frequency_settings import SETTINGS, frequency_suggestions
from pages.common.language import _
from pages.common.pictures import picture_controls, pictures
from pages.common.settings import Settings


@guarded
def main() -> None:
    """Draw the page."""
    settings = Settings("frequency", SETTINGS)
    header(
        _("Frequency response"),
        _("See which waves a kernel passes, and a picture as a sum of waves."),
    )
    notices(settings)
    suggestions(settings, frequency_suggestions())
    with st.sidebar, st.expander(_("Picture, upload, noise"), key="frequency/picture", icon=":material/image:"):
        picture_controls(settings)
    with st.sidebar:
        _mode_control(settings)
    chosen = pictures(settings)
    modes = {"kernel": kernel_mode, "edit": edit_mode, "sampling": sampling_mode}
    modes[settings["mode"]](settings, chosen)


def _mode_control(settings: Settings) -> None:
    names = {"kernel": _("Filter"), "edit": _("Edit"), "sampling": _("Stride")}
    settings.control(
        "mode", st.segmented_control, _("Look at"), list(names), format_func=names.__getitem__, required=True
    )


main()
