"""Small real pictures for the home page: the page's own computation on a sample, before and after."""

from __future__ import annotations

import streamlit as st

from cnnviz.convolution import notation
from cnnviz.figures import encode
from cnnviz.figures.display import display, fit
from cnnviz.images import source
from pages.common.site import Place
from pages.common.viewer import Recipe, automatic_mode

__all__ = ["thumbnail"]

LONGEST = 320  # pixels


def thumbnail(place: Place) -> tuple[bytes, bytes]:
    """The sample and what the page makes of it, as JPEG bytes."""
    return _pair(place.picture["picture"], place.picture["chain"])


@st.cache_resource(max_entries=16, show_spinner=False)
def _pair(picture: str, chain: str) -> tuple[bytes, bytes]:
    image = source.read(picture).load()
    filtered = Recipe(chain).run(image)
    values = fit(filtered.values, LONGEST)
    after = display(values, automatic_mode(notation.read(chain)), low=filtered.minimum, high=filtered.maximum)
    before = display(fit(image.pixels, LONGEST), "clip")
    return encode.jpeg(before.rgb), encode.jpeg(after.rgb, 92, full_colour=True)
