"""Taking results away: a program that makes the same picture, the picture and its numbers as files, the address."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz import snippets
from cnnviz.figures import encode
from cnnviz.figures.display import display_signed
from cnnviz.images import Image
from cnnviz.images.source import UPLOAD, Noise
from pages.common.files import File, download_row, npy_bytes
from pages.common.language import _, current
from pages.common.pictures import Pictures
from pages.common.settings import Settings
from pages.common.viewer import Recipe, Shown, displayed

__all__ = ["downloads", "match_downloads", "page_address", "page_link", "program"]

_LIBRARIES: dict[snippets.Library, str] = {"opencv": "NumPy + OpenCV", "torch": "PyTorch"}


def program(chosen: Pictures, noise: Noise | None, recipe: Recipe, mode: str) -> None:
    """A Python program that reproduces the picture as pasted."""
    library: snippets.Library = st.segmented_control(
        _("Library"),
        list(_LIBRARIES),
        format_func=_LIBRARIES.__getitem__,
        default="opencv",
        required=True,
        key="filters/library",
    )
    if not snippets.supports(recipe.steps, library):
        st.info(_("PyTorch has no bilateral filter and no Canny; choose NumPy + OpenCV."))
        return
    if chosen.source.key == UPLOAD:
        st.caption(_("Put the file {name} into the folder where you run it.").format(name=chosen.shown.name))
    text = snippets.filter_program(
        chosen.source,
        noise,
        recipe.steps,
        border=recipe.border,
        flip=recipe.flip,
        luminance=recipe.luminance,
        mode=mode,
        library=library,
        name=chosen.shown.name,
        image=chosen.shown,
    )
    st.code(text, language="python")


def downloads(settings: Settings, chosen: Pictures, recipe: Recipe, shown: Shown) -> None:
    """Files of the whole result, made when they are asked for, and the address of this page."""
    image = chosen.shown
    _files(
        image,
        lambda: encode.png(displayed(recipe.run(image), shown.mode).rgb, level=6),
        lambda: recipe.run(image).values,
    )
    page_link(settings, chosen)


def match_downloads(settings: Settings, chosen: Pictures, response: NDArray[np.float32]) -> None:
    """The response of template matching, and the address of this page."""
    _files(chosen.shown, lambda: encode.png(display_signed(response, 1.0).rgb, level=6), lambda: response)
    page_link(settings, chosen)


def _files(image: Image, picture: Callable[[], bytes], values: Callable[[], NDArray[np.float32]]) -> None:
    stem = f"{image.name.rsplit('.', 1)[0]}-cnnviz"
    download_row(
        [
            File(_("Picture (PNG)"), f"{stem}.png", picture),
            File(_("Numbers (NPY, float32)"), f"{stem}.npy", lambda: npy_bytes(values())),
        ]
    )


def page_address(settings: Settings) -> str:
    """The address that reproduces the page, in this visitor's language."""
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{urlencode({**settings.query(), 'lang': current()})}"


def page_link(settings: Settings, chosen: Pictures) -> None:
    """Show the address that reproduces the page."""
    st.markdown(_("**Link to this page**, settings included:"))
    st.code(page_address(settings), language=None, wrap_lines=True)
    if not settings.fits_a_link():
        st.caption(_("The filters hold too many numbers for a link; they are not in it."))
    if chosen.source.key == UPLOAD:
        st.caption(_("A picture of your own does not travel with the link: whoever opens it sees the sample instead."))
