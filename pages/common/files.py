"""Files to take away: made when they are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

__all__ = ["File", "download_row", "npy_bytes"]

_TYPES = {
    "png": ("image/png", "image"),
    "npy": ("application/octet-stream", "data_array"),
    "npz": ("application/octet-stream", "data_array"),
    "html": ("text/html", "description"),
    "csv": ("text/csv", "table"),
    "zip": ("application/zip", "folder_zip"),
    "safetensors": ("application/octet-stream", "weight"),
}


@dataclass(frozen=True)
class File:
    """A file that can be downloaded.

    Attributes:
        title: of the button, translated.
        name: with its ending, which decides type and icon.
        make: called when the visitor asks for it.
    """

    title: str
    name: str
    make: Callable[[], bytes]


def download_row(files: Sequence[File]) -> None:
    """Draw a button for each file."""
    with st.container(horizontal=True):
        for file in files:
            mime, icon = _TYPES[file.name.rsplit(".", 1)[1]]
            st.download_button(file.title, file.make, file.name, mime, icon=f":material/{icon}:", on_click="ignore")


def npy_bytes(values: NDArray[Any]) -> bytes:
    """An array in NumPy's own format, without pickle."""
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=False)
    return stream.getvalue()
