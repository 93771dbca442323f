"""The pages of the site, in the order of the menu: one record each, from which menu, home page and tests are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from cnnviz.text import N_
from pages.common.language import _

if TYPE_CHECKING:
    from streamlit.navigation.page import Page as StreamlitPage

__all__ = [
    "ARCHITECTURES",
    "ARITHMETIC",
    "FILTERS",
    "FREQUENCY",
    "HOME",
    "MAPS",
    "PAGES",
    "TRAINING",
    "Place",
    "link",
    "navigation",
]


@dataclass(frozen=True)
class Place:
    """One page.

    Attributes:
        file: below the repository's root.
        address: its path in the URL.
        title: its name, marked with `N_`.
        menu: its name in the menu, one word, so that all of them stand side by side on a projector; marked with `N_`.
        icon: a Material symbol.
        question: the question it answers, marked with `N_`.
        teaches: what one learns there, marked with `N_`; the README says the same.
        picture: settings (as in the URL) of the small picture that stands for it on the home page.
    """

    file: str
    address: str
    title: str
    menu: str
    icon: str
    question: str
    teaches: str
    picture: Mapping[str, str] = field(default_factory=dict, hash=False)


HOME = Place("pages/home.py", "", N_("Home"), N_("Home"), ":material/home:", "", "")

FILTERS = Place(
    "pages/filter_playground.py",
    "filters",
    N_("Filter playground"),
    N_("Filters"),
    ":material/filter_b_and_w:",
    N_("What does this kernel do to my picture, and how is one pixel computed?"),
    N_(
        "Kernels from Sobel to Gabor and your own, borders, stride and dilation, signed results, chains of "
        "filters, noise and what a blur buys, and template matching: down to the products and the sum of one "
        "pixel."
    ),
    {"picture": "coffee", "chain": "sobel_x"},
)

ARITHMETIC = Place(
    "pages/convolution_arithmetic.py",
    "arithmetic",
    N_("Convolution arithmetic"),
    N_("Arithmetic"),
    ":material/grid_on:",
    N_("How do size, stride, padding, dilation and groups decide the output, step by step?"),
    N_(
        "Convolution, transposed convolution and pooling played cell by cell, with several channels and groups; the "
        "size formula with your numbers, parameters and operations, receptive fields, im2col, and signals in 1-D."
    ),
    {"layer": "Conv2d(1, 1, 3, stride=2, padding=1, bias=False)", "size": "5x5"},
)

FREQUENCY = Place(
    "pages/frequency_response.py",
    "frequency",
    N_("Frequency response"),
    N_("Frequency"),
    ":material/graphic_eq:",
    N_("Which frequencies does this kernel pass, and what does stride do to the rest?"),
    N_(
        "A picture as a sum of waves, a kernel as a gain for each of them: the convolution theorem on your own "
        "picture, filters drawn in frequency, spectra edited by hand, and aliasing under stride and pooling."
    ),
    {"picture": "camera", "response": "gaussian~size-9~sigma-2"},
)

ARCHITECTURES = Place(
    "pages/architectures.py",
    "architectures",
    N_("Architectures"),
    N_("Architectures"),
    ":material/account_tree:",
    N_("How are LeNet … EfficientNet built, and where do their parameters, operations and receptive field go?"),
    N_(
        "Networks from LeNet-5 to EfficientNet opened block by block, each layer with its arithmetic, its code and "
        "what it sees; two compared, families over the years, compound scaling, the cost of blocks, the signal "
        "through depth, and a network of your own."
    ),
    {"cost": "macs"},
)

TRAINING = Place(
    "pages/training_lab.py",
    "training",
    N_("Training lab"),
    N_("Training"),
    ":material/model_training:",
    N_("What does a network learn, and what do skip connections, batch norm, dropout and augmentation change?"),
    N_(
        "A network learns while you watch its filters, maps, mistakes and curves; runs compared, plain against "
        "residual; trained networks that learn your own pictures; a pad to draw digits on; learned filters beside "
        "hand-made ones; and a convolution that reads sentences."
    ),
    {"curves": "degradation"},
)

MAPS = Place(
    "pages/feature_maps.py",
    "maps",
    N_("Feature maps"),
    N_("Maps"),
    ":material/layers:",
    N_("What does each layer of this network see in my picture, and why this answer?"),
    N_(
        "Every layer of a trained network on your own picture, from the strips of all layers down to the sum behind "
        "one number; where it looks, what a channel answers to, what happens without it, and two networks or two "
        "pictures side by side."
    ),
    {"model": "resnet20-cifar10", "picture": "cat"},
)

PAGES = (FILTERS, ARITHMETIC, FREQUENCY, ARCHITECTURES, TRAINING, MAPS)


def _page(place: Place) -> StreamlitPage:
    return st.Page(
        place.file, title=_(place.menu), icon=place.icon, url_path=place.address or None, default=not place.address
    )


def navigation() -> StreamlitPage:
    """Draw the menu at the top and return the page to run."""
    return st.navigation([_page(place) for place in (HOME, *PAGES)], position="top")


def link(place: Place, label: str, query: Mapping[str, str] | None = None) -> None:
    """Draw a link to a page, with settings for it."""
    st.page_link(place.file, label=label, icon=place.icon, query_params=dict(query or {}))
