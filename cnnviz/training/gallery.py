"""What augmentation does to one picture: several draws of each change, and of all together as training sees them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from cnnviz.training import augment
from cnnviz.training.augment import Augmentation
from cnnviz.training.pictures import statistics

__all__ = ["digit", "draws", "small", "strengths"]

_SIDE = 32  # pixels: what CIFAR-10 and the digits have


def draws(
    levels: NDArray[np.uint8],
    names: Sequence[str],
    count: int,
    seed: int,
    normalised: tuple[Sequence[float], Sequence[float]] | None = None,
) -> NDArray[np.uint8]:
    """Change one picture several times, each time by numbers drawn anew.

    Args:
        levels: uint8, shape (H, W, C).
        names: keys of `recipe.AUGMENTATIONS`.
        count: how many.
        seed: of what is drawn; the same seed gives the same pictures.
        normalised: mean and standard deviation of the data set's channels, as shares of white; those of the picture
            itself when they are not given.

    Returns:
        uint8, shape (count, H, W, C).
    """
    picture = torch.from_numpy(np.ascontiguousarray(levels)).permute(2, 0, 1)[None]
    each_mean, each_std = normalised or statistics(picture)
    mean, std = (torch.tensor(each, dtype=torch.float32).view(1, -1, 1, 1) for each in (each_mean, each_std))
    batch = ((picture.float() / 255 - mean) / std).repeat(count, 1, 1, 1)
    changed = Augmentation(names, list(each_mean), list(each_std))(batch, torch.Generator().manual_seed(seed))
    found = ((changed * std + mean).clamp(0, 1) * 255).round().to(torch.uint8)
    return found.permute(0, 2, 3, 1).contiguous().numpy()


def small(levels: NDArray[np.uint8], side: int = _SIDE) -> NDArray[np.uint8]:
    """The middle square of a picture, reduced to `side` × `side` by averaging: uint8, shape (side, side, C)."""
    rows, columns, channels = levels.shape
    length = min(rows, columns)
    top, left = (rows - length) // 2, (columns - length) // 2
    square = np.ascontiguousarray(levels[top : top + length, left : left + length])
    resized = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
    return resized.reshape(side, side, channels).astype(np.uint8)


def digit(value: int, number: int = 0) -> tuple[NDArray[np.uint8], tuple[tuple[float, ...], tuple[float, ...]]]:
    """A handwritten digit to learn from, and mean and standard deviation of its data set.

    Args:
        value: 0 to 9.
        number: which of the training pictures of that digit; counts on from the first after the last one.

    Returns:
        uint8, shape (32, 32, 1), and two tuples of one number.
    """
    from cnnviz.training import data

    digits = data.load("digits")
    of_value = digits.train.images[digits.train.labels == value]
    return of_value[number % len(of_value)].permute(1, 2, 0).contiguous().numpy(), (digits.mean, digits.std)


def strengths(rows: int, columns: int) -> dict[str, float]:
    """How strong the changes are, for pictures of this size.

    Returns:
        degrees: largest turn to either side; percent: largest change of brightness, contrast and saturation;
        down, right: pixels that a crop moves at most; erased: percent of each side that is cut out at most.
    """
    return {
        "degrees": augment.DEGREES,
        "percent": 100 * augment.JITTER,
        "down": rows // augment._BORDER,
        "right": columns // augment._BORDER,
        "erased": 100 * augment._ERASED,
    }
