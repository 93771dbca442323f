"""Sample photos: those that scikit-image's wheel carries with a licence that lets everybody use them."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass

from cnnviz.errors import ParameterError
from cnnviz.images.image import Image
from cnnviz.images.reading import read
from cnnviz.text import N_

__all__ = ["Sample", "get", "load", "names"]

_CC0 = "CC0 1.0"
_PUBLIC_DOMAIN = "Public domain"
_NO_RESTRICTIONS = "No known copyright restrictions"


@dataclass(frozen=True)
class Sample:
    """One sample photo.

    Attributes:
        key: how it is called in a link or a notebook.
        title: what it shows, marked with `N_`.
        file: its name in the folder `skimage/data`.
        licence: as the docstring of the function of that name in `skimage.data` gives it (scikit-image 0.26).
        credit: photographer or collection, from the same docstring.
        good_for: what one can see with it, marked with `N_`.
    """

    key: str
    title: str
    file: str
    licence: str
    credit: str
    good_for: str


_SAMPLES = (
    Sample(
        "coffee",
        N_("Coffee cup"),
        "coffee.png",
        _CC0,
        "Rachel Michetti; Pikolo Espresso Bar",
        N_("Clear edges in all directions, smooth china on coarse wood: the first picture for any filter."),
    ),
    Sample(
        "cat",
        N_("Chelsea the cat"),
        "chelsea.png",
        _CC0,
        "Stéfan van der Walt",
        N_("Fine whiskers and soft fur: what sharpening brings out and blurring takes away."),
    ),
    Sample(
        "astronaut",
        N_("Astronaut Eileen Collins"),
        "astronaut.png",
        _PUBLIC_DOMAIN,
        "NASA Great Images",
        N_("A face, cloth and a flag: colours, and a picture that networks have something to say about."),
    ),
    Sample(
        "camera",
        N_("Photographer with a camera"),
        "camera.png",
        _CC0,
        "Lav Varshney",
        N_("A dark figure against the sky: the classic grey picture for edges and noise."),
    ),
    Sample(
        "rocket",
        N_("Rocket launch"),
        "rocket.jpg",
        _PUBLIC_DOMAIN,
        "SpaceX",
        N_("A bright flame against a dark sky, upright lines of the towers."),
    ),
    Sample(
        "coins",
        N_("Greek coins from Pompeii"),
        "coins.png",
        _NO_RESTRICTIONS,
        "Brooklyn Museum Collection",
        N_("Many round objects: edges all around, template matching, uneven light."),
    ),
    Sample(
        "brick",
        N_("Brick wall"),
        "brick.png",
        _CC0,
        "CC0Textures",
        N_("A regular grid: horizontal and vertical edges apart, peaks in the spectrum."),
    ),
    Sample(
        "text",
        N_("Printed text"),
        "text.png",
        _PUBLIC_DOMAIN,
        "Wikipedia, Corner.png",
        N_("Thin strokes and corners: small kernels and corner detection."),
    ),
    Sample(
        "clock",
        N_("Clock in motion"),
        "clock_motion.png",
        _PUBLIC_DOMAIN,
        "Stéfan van der Walt",
        N_("Blurred by a moving camera: a blur kernel that somebody else applied."),
    ),
    Sample(
        "horse",
        N_("Silhouette of a horse"),
        "horse.png",
        _CC0,
        "Andreas Preuss (marauder)",
        N_("Pure black and white: edges without texture, erosion and dilation."),
    ),
    Sample(
        "grass",
        N_("Grass"),
        "grass.png",
        _CC0,
        "DeviantArt, linolafett",
        N_("Fine texture in all directions: what pooling and stride do to detail."),
    ),
    Sample(
        "gravel",
        N_("Gravel"),
        "gravel.png",
        _CC0,
        "CC0Textures",
        N_("Coarse texture: blobs of one size, band-pass filters."),
    ),
    Sample(
        "hubble_deep_field",
        N_("Hubble eXtreme Deep Field"),
        "hubble_deep_field.jpg",
        _PUBLIC_DOMAIN,
        "NASA, HubbleSite",
        N_("Galaxies of many sizes on black: spots at several scales, noise."),
    ),
    Sample(
        "cell",
        N_("Cell in saline"),
        "cell.png",
        _CC0,
        "Paul Müller et al., Optics Express 26(8), 2018",
        N_("One smooth object and faint bands: gradients that a threshold misses."),
    ),
    Sample(
        "immunohistochemistry",
        N_("Stained tissue"),
        "ihc.png",
        _NO_RESTRICTIONS,
        "Center for Microscopy and Molecular Imaging (CMMI)",
        N_("Two stains, brown and blue: what each colour channel sees."),
    ),
    Sample(
        "retina",
        N_("Human retina"),
        "retina.jpg",
        _CC0,
        "Mikael Häggström, WikiJournal of Medicine 1 (2), 2014",
        N_("Branching vessels of all widths: line filters, and a large picture."),
    ),
)
_BY_KEY = {sample.key: sample for sample in _SAMPLES}


def names() -> tuple[str, ...]:
    """The keys of all samples, those that teach most first."""
    return tuple(_BY_KEY)


def get(key: str) -> Sample:
    """Look up a sample.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in _BY_KEY:
        raise ParameterError("sample", key, ", ".join(_BY_KEY))
    return _BY_KEY[key]


def load(key: str) -> Image:
    """Read a sample photo: the picture is called by its key.

    Raises:
        ParameterError: when there is none of this key.
    """
    file = importlib.resources.files("skimage") / "data" / get(key).file
    return read(file.read_bytes(), key)
