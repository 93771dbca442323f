"""Noise that can be put on a picture, repeatable by its seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cnnviz.errors import ParameterError
from cnnviz.images.image import Image
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = ["KINDS", "SEED", "Kind", "add", "gaussian", "get", "names", "salt_and_pepper"]


def gaussian(pixels: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Add white Gaussian noise, independent in every pixel and channel, as of a sensor's electronics.

    out = clip(pixels + n, 0, 1) with n normally distributed, mean 0, standard deviation `sigma`.

    Args:
        pixels: values 0-1, shape (H, W) or (H, W, C).
        sigma: standard deviation, in units of the range from black to white.
        seed: the same seed gives the same noise.

    Returns:
        float32, of the shape of `pixels`.
    """
    generator = np.random.default_rng(seed)
    disturbed = pixels + generator.normal(0.0, sigma, pixels.shape)
    return np.clip(disturbed, 0.0, 1.0).astype(np.float32)


def salt_and_pepper(pixels: np.ndarray, amount: float, seed: int) -> np.ndarray:
    """Replace pixels by black or white, as dead cells of a sensor or errors in transmission do.

    Each pixel, all channels together, turns black with probability amount / 2 and white with the same.

    Args:
        pixels: values 0-1, shape (H, W) or (H, W, C).
        amount: share of pixels that are replaced, 0-1.
        seed: the same seed gives the same noise.

    Returns:
        float32, of the shape of `pixels`.
    """
    chance = np.random.default_rng(seed).random(pixels.shape[:2])
    disturbed = np.array(pixels, dtype=np.float32)
    disturbed[chance < amount / 2] = 0.0
    disturbed[chance >= 1 - amount / 2] = 1.0
    return disturbed


@dataclass(frozen=True)
class Kind:
    """One kind of noise.

    Attributes:
        key: how it is called in a link or a notebook.
        title: its name, marked with `N_`.
        good_for: what one can see with it, marked with `N_`.
        parameter: the strength; its name is the second argument of `apply`.
        apply: (pixels, strength, seed) -> pixels.
    """

    key: str
    title: str
    good_for: str
    parameter: Parameter
    apply: Callable[[np.ndarray, float, int], np.ndarray]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "gaussian": Kind(
            "gaussian",
            N_("Gaussian noise"),
            N_("Averaging reduces it: a Gaussian blur trades noise for sharpness."),
            Parameter("sigma", N_("Standard deviation"), 0.1, 0.0, 0.5, 0.01),
            gaussian,
        ),
        "salt_and_pepper": Kind(
            "salt_and_pepper",
            N_("Salt and pepper"),
            N_("A median removes it and keeps edges; averaging only smears it."),
            Parameter("amount", N_("Share of pixels"), 0.05, 0.0, 1.0, 0.01),
            salt_and_pepper,
        ),
    }
)
"""All kinds of noise by their keys."""

SEED = Parameter("seed", N_("Seed"), 0, 0, 2**31 - 1, 1, integer=True)


def names() -> tuple[str, ...]:
    """The keys of all kinds of noise."""
    return tuple(KINDS)


def get(key: str) -> Kind:
    """Look up a kind of noise.

    Raises:
        ParameterError: when there is none of this key.
    """
    if key not in KINDS:
        raise ParameterError("noise", key, ", ".join(KINDS))
    return KINDS[key]


def add(image: Image, kind: str, amount: float, seed: int = 0) -> Image:
    """Put noise on a picture: the result has the same depth, and is grey if the picture is.

    Args:
        image: the clean picture.
        kind: a key of `KINDS`.
        amount: the strength, within the range of the kind's parameter.
        seed: the same seed gives the same noise.

    Returns:
        A picture with the name, notes and original size of `image`, values clipped to 0-1.

    Raises:
        ParameterError: when the kind is unknown, or `amount` or `seed` is out of range.
    """
    noise = get(kind)
    strength, start = noise.parameter.check(amount), int(SEED.check(seed))
    # A grey picture gets one noise for all channels, or it would turn coloured.
    clean = image.pixels[..., 0] if image.is_grey else image.pixels
    return Image.from_array(
        noise.apply(clean, strength, start),
        image.name,
        depth=image.depth,
        original_size=image.original_size,
        notes=image.notes,
        is_photo=image.is_photo,
    )
