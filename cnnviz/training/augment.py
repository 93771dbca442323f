"""Augmentation: other views of the same pictures, drawn anew for each picture of a batch, a few tensor steps for all.

torchvision's transforms draw once for a whole batch, or are called once per picture, which costs more than a small
network's step. These work on normalised pictures, (N, C, H, W), and draw from the generator that they are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi

import torch
from torch import Generator, Tensor
from torch.nn import functional

__all__ = ["Augmentation", "colour", "crop", "erasing", "flip", "rotation"]

DEGREES = 15.0
"""Largest turn to either side."""

JITTER = 0.3
"""Brightness, contrast and saturation are multiplied by 1 ± this."""

_BORDER = 8  # one of so many rows (and columns) is the most that a crop moves: 4 of 32, He et al. 2015, section 4.2
_ERASED = 1 / 2  # of a side, at most
_GREY = (0.299, 0.587, 0.114)  # luminance, ITU-R BT.601


class Augmentation:
    """Some of the changes, one after the other.

    Args:
        names: keys of `recipe.AUGMENTATIONS`.
        mean, std: what the pictures were normalised with; colours are changed in shares of white.
    """

    def __init__(self, names: Sequence[str], mean: Sequence[float], std: Sequence[float]) -> None:
        self.names = tuple(names)
        self.mean, self.std = (torch.tensor(each).view(1, -1, 1, 1) for each in (mean, std))

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        """Change normalised pictures, shape (N, C, H, W); they themselves stay as they are."""
        for name in self.names:
            if name == "colour":
                mean, std = self.mean.to(images.device), self.std.to(images.device)
                images = (colour(images * std + mean, generator) - mean) / std
            else:
                images = _CHANGES[name](images, generator)
        return images


def _uniform(images: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    """One number for each picture, shape (N, 1, 1, 1), drawn on the CPU so that every device draws the same."""
    return (torch.rand(len(images), 1, 1, 1, generator=generator) * (high - low) + low).to(images.device)


def flip(images: Tensor, generator: Generator) -> Tensor:
    """Mirror every second picture, on average, from left to right."""
    return torch.where(_uniform(images, 0, 1, generator) < 0.5, images.flip(-1), images)


def crop(images: Tensor, generator: Generator) -> Tensor:
    """Move each picture by up to an eighth of its sides, in whole pixels; what comes in is mirrored at the edge."""
    rows, columns = images.shape[-2:]
    border = (rows // _BORDER, columns // _BORDER)
    padded = functional.pad(images, (border[1], border[1], border[0], border[0]), mode="reflect")
    windows = padded.unfold(2, rows, 1).unfold(3, columns, 1)  # a view: (N, C, 2·border + 1, 2·border + 1, H, W)
    row, column = (torch.randint(2 * each + 1, (len(images),), generator=generator) for each in border)
    return windows[torch.arange(len(images)), :, row, column]


def rotation(images: Tensor, generator: Generator) -> Tensor:
    """Turn each picture about its centre by up to 15°, by linear interpolation; edges are mirrored."""
    rows, columns = images.shape[-2:]
    angle = _uniform(images, -DEGREES, DEGREES, generator).view(-1) * (pi / 180)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # grid_sample counts both sides from −1 to 1, so a turn of an oblong picture mixes the two scales
    turn = torch.stack([cos, -sin * rows / columns, zero, sin * columns / rows, cos, zero], dim=1).view(-1, 2, 3)
    grid = functional.affine_grid(turn, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def colour(images: Tensor, generator: Generator) -> Tensor:
    """Change brightness, contrast and, of colour pictures, saturation, each by up to 30%. Shares of white, 0 to 1."""
    images = (images * _uniform(images, 1 - JITTER, 1 + JITTER, generator)).clamp(0, 1)
    middle = _grey(images).mean(dim=(1, 2, 3), keepdim=True)
    images = torch.lerp(middle, images, _uniform(images, 1 - JITTER, 1 + JITTER, generator)).clamp(0, 1)
    if images.shape[1] != 3:
        return images
    return torch.lerp(_grey(images), images, _uniform(images, 1 - JITTER, 1 + JITTER, generator)).clamp(0, 1)


def _grey(images: Tensor) -> Tensor:
    """Luminance, shape (N, 1, H, W); pictures of other than three channels count as grey."""
    if images.shape[1] != 3:
        return images.mean(dim=1, keepdim=True)
    return (images * images.new_tensor(_GREY).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)


def erasing(images: Tensor, generator: Generator) -> Tensor:
    """Cut a rectangle of up to half of each side out of every second picture, on average (Zhong et al. 2017).

    It is filled with 0, the mean of the normalised pictures.
    """
    rows, columns = images.shape[-2:]
    inside = _within(rows, images, generator).unsqueeze(3) & _within(columns, images, generator).unsqueeze(2)
    chosen = _uniform(images, 0, 1, generator) < 0.5
    return images.masked_fill(inside & chosen, 0.0)


def _within(size: int, images: Tensor, generator: Generator) -> Tensor:
    """A stretch of each picture's side: bool, shape (N, 1, size)."""
    length = _uniform(images, 0, _ERASED * size, generator).view(-1, 1, 1)
    start = _uniform(images, 0, 1, generator).view(-1, 1, 1) * (size - length)
    place = torch.arange(size, device=images.device) + 0.5
    return (place >= start) & (place < start + length)


_CHANGES = {"flip": flip, "crop": crop, "rotation": rotation, "erasing": erasing}
