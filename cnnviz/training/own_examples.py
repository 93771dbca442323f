"""Ready collections of a few pictures, made of what is bundled: real handwritten digits, and textures from photos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from cnnviz.errors import ParameterError
from cnnviz.images import samples
from cnnviz.text import N_
from cnnviz.training.own_pictures import SIDE, Collection, Picture

__all__ = ["EXAMPLES", "Example", "load"]

_INK = 46  # MNIST's digits fill 20 of 28 pixels: this much of 64
_DIGITS = (3, 8)
_TEXTURES = ("brick", "grass", "gravel")
_LEARN = 5
_TEST = {"digits": 40, "textures": 30}


@dataclass(frozen=True)
class Example:
    """A collection that is ready.

    Attributes:
        key: its name in a link.
        title: what a visitor reads, marked with `N_`.
        source: where the pictures come from, and who made them.
        licence: of the pictures.
    """

    key: str
    title: str
    source: str
    licence: str


EXAMPLES = {
    each.key: each
    for each in (
        Example(
            "digits",
            N_("Example: 3 or 8"),
            "E. Alpaydin, C. Kaynak, https://doi.org/10.24432/C50P49, scikit-learn",
            "CC BY 4.0",
        ),
        Example(
            "textures", N_("Example: brick, grass, gravel"), "CC0Textures; DeviantArt, linolafett; scikit-image", "CC0"
        ),
    )
}


@cache
def load(key: str) -> Collection:
    """Make an example: five pictures of each class to learn from, and 40 digits or 30 textures of each for the test.

    Raises:
        ParameterError: when there is none of that key.
    """
    if key not in EXAMPLES:
        raise ParameterError("pictures", key, ", ".join(EXAMPLES))
    found = _digits() if key == "digits" else _textures()
    collection = Collection()
    for name, (learn, test) in found.items():
        marked = [Picture(each, "train") for each in learn] + [Picture(each, "test") for each in test]
        collection = collection.add(name, marked)
    return collection


Levels = NDArray[np.uint8]
Parts = tuple[list[Levels], list[Levels]]


def _digits() -> dict[str, Parts]:
    """8×8 with 17 levels, enlarged, white on black, with the margin that MNIST leaves around its digits."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    found = {}
    for digit in _DIGITS:
        pictures = [_with_margin(each) for each in bundle.images[bundle.target == digit][: _LEARN + _TEST["digits"]]]
        found[str(digit)] = (pictures[:_LEARN], pictures[_LEARN:])
    return found


def _with_margin(small: NDArray[np.float64]) -> Levels:
    levels = PilImage.fromarray(np.rint(small * (255 / 16)).astype(np.uint8))
    large = levels.resize((_INK, _INK), PilImage.Resampling.BICUBIC)
    canvas, start = np.zeros((SIDE, SIDE), np.uint8), (SIDE - _INK) // 2
    canvas[start : start + _INK, start : start + _INK] = np.asarray(large)
    return np.repeat(canvas[..., None], 3, axis=2)


def _textures() -> dict[str, Parts]:
    """Patches that do not overlap: the left half of each photo to learn from, its right half for the test."""
    found = {}
    for name in _TEXTURES:
        levels = np.rint(samples.load(name).pixels * 255).astype(np.uint8)
        half = levels.shape[1] // 2
        order = np.random.default_rng(0)
        left, right = (_patches(part, order) for part in (levels[:, :half], levels[:, half:]))
        found[name] = (left[:_LEARN], right[: _TEST["textures"]])
    return found


def _patches(levels: Levels, order: np.random.Generator) -> list[Levels]:
    rows, columns = levels.shape[0] // SIDE, levels.shape[1] // SIDE
    cut = levels[: rows * SIDE, : columns * SIDE].reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2)
    patches = cut.reshape(-1, SIDE, SIDE, 3)
    return [patches[number].copy() for number in order.permutation(len(patches))]
