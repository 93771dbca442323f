"""Home: what cnnviz is, and its pages with a small real picture of each."""

from __future__ import annotations

import streamlit as st

from pages.common import site
from pages.common.frame import guarded, header
from pages.common.language import _
from pages.common.thumbnails import thumbnail


@guarded
def main() -> None:
    """Draw the page."""
    header(
        "cnnviz",
        _("See what convolutions do: on your own pictures, down to the arithmetic of a single pixel."),
    )
    for place in site.PAGES:
        with st.container(border=True):
            picture, text = st.columns([2, 3], vertical_alignment="center")
            with picture:
                before, after = thumbnail(place)
                st.image([before, after], width=210)
            with text:
                st.subheader(_(place.title), anchor=False)
                st.markdown(f"**{_(place.question)}**")
                st.markdown(_(place.teaches))
                site.link(place, _("Open"))


main()
