"""Taking results away: a program that makes the same picture, the picture and its numbers as files, the address."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz import snippets
from cnnviz.convolution import chain
from cnnviz.figures import encode
from cnnviz.figures.display import display, display_directions, display_signed
from cnnviz.images import Image
from cnnviz.images.source import UPLOAD, Noise, Source
from pages.common.language import _
from pages.common.viewer import Recipe, Shown

__all__ = ["downloads", "match_downloads", "program"]

_LIBRARIES: dict[snippets.Library, str] = {"opencv": "NumPy + OpenCV", "torch": "PyTorch"}


def program(picture: Source, noise: Noise | None, image: Image, recipe: Recipe, mode: str) -> None:
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
    if picture.key == UPLOAD:
        st.caption(_("Put the file {name} into the folder where you run it.").format(name=image.name))
    st.code(
        snippets.filter_program(
            picture,
            noise,
            recipe.steps,
            border=recipe.border,
            flip=recipe.flip,
            luminance=recipe.luminance,
            mode=mode,
            library=library,
            name=image.name,
            image=image,
        ),
        language="python",
    )


def downloads(image: Image, recipe: Recipe, shown: Shown) -> None:
    """Files of the whole result, made when they are asked for, and the address of this page."""
    _files(image, lambda: _png(recipe.run(image), shown.mode), lambda: recipe.run(image).values)
    _link()


def match_downloads(image: Image, response: NDArray[np.float32]) -> None:
    """The response of template matching, and the address of this page."""
    _files(image, lambda: encode.png(display_signed(response, 1.0).rgb, level=6), lambda: response)
    _link()


def _files(image: Image, picture: Callable[[], bytes], values: Callable[[], NDArray[np.float32]]) -> None:
    stem = f"{image.name.rsplit('.', 1)[0]}-cnnviz"
    with st.container(horizontal=True):
        st.download_button(
            _("Picture (PNG)"),
            picture,
            f"{stem}.png",
            "image/png",
            icon=":material/image:",
            on_click="ignore",
        )
        st.download_button(
            _("Numbers (NPY, float32)"),
            lambda: _npy(values()),
            f"{stem}.npy",
            "application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
        )


def _link() -> None:
    st.markdown(_("**Link to this page**, settings included:"))
    st.code(_address(), language=None, wrap_lines=True)
    st.caption(_("A picture of your own does not travel with the link: whoever opens it sees the sample instead."))


def _png(filtered: chain.Filtered, mode: str) -> bytes:
    if mode == "hue" and filtered.direction is not None:
        longest = max(filtered.values.shape)
        return encode.png(display_directions(filtered.direction, filtered.values, longest).rgb, level=6)
    whole = display(filtered.values, mode, low=filtered.minimum, high=filtered.maximum)  # type: ignore[arg-type]
    return encode.png(whole.rgb, level=6)


def _npy(values: NDArray[np.float32]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()


def _address() -> str:
    query = "&".join(f"{name}={value}" for name, value in st.query_params.items())
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{query}" if query else base
