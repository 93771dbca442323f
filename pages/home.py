"""Home: what cnnviz is, and its pages with small real pictures of what they do."""

from __future__ import annotations

import streamlit as st

from pages.common import site
from pages.common.filter_settings import filter_suggestions, query_of
from pages.common.frame import Suggestion, guarded, header
from pages.common.language import _
from pages.common.thumbnails import thumbnail

PAGES_ACROSS = 2
ACROSS = 3  # suggestions in a row


@guarded
def main() -> None:
    """Draw the page."""
    header(
        "cnnviz",
        _("See what convolutions do: on your own pictures, down to the arithmetic of a single pixel."),
    )
    for start in range(0, len(site.PAGES), PAGES_ACROSS):
        for column, place in zip(st.columns(PAGES_ACROSS), site.PAGES[start : start + PAGES_ACROSS], strict=False):
            with column:
                _page(place)
    st.markdown("**" + _("Start with") + "**")
    offered = filter_suggestions()
    for start in range(0, len(offered), ACROSS):
        for column, suggestion in zip(st.columns(ACROSS), offered[start : start + ACROSS], strict=False):
            with column:
                _card(site.FILTERS, suggestion)


def _page(place: site.Place) -> None:
    with st.container(border=True):
        st.image(thumbnail(place.picture), output_format="JPEG", alt=_(place.title), width="stretch")
        site.link(place, f"**{_(place.title)}**")
        st.markdown(_(place.question))
        st.caption(_(place.teaches))


def _card(place: site.Place, suggestion: Suggestion) -> None:
    query = query_of(suggestion)
    with st.container(border=True):
        st.image(thumbnail(query), output_format="JPEG", alt=suggestion.title, width="stretch")
        site.link(place, suggestion.title, query)
        st.caption(suggestion.look)


main()
