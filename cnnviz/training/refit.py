"""Pictures in other channels and another size."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.errors import DataError
from cnnviz.networks.facts import Shape
from cnnviz.text import N_

__all__ = ["refit"]

_CHANNELS = N_("Pictures of {given} channels cannot become pictures of {needed}.")
_LUMINANCE = (19595, 38470, 7471)  # of 65536: ITU-R BT.601 as Pillow counts it
_TOGETHER = 1000  # pictures that are worked on at once


def refit(images: Tensor, shape: Shape) -> Tensor:
    """Make pictures what a trained network knows, as its `Trained.preprocess` does.

    Grey is repeated in every channel, colour becomes luminance; the middle is cropped to the proportions of `shape`
    and resized by linear interpolation, averaging where it shrinks.

    Args:
        images: uint8, shape (N, C, H, W).
        shape: (channels, rows, columns) to come out.

    Returns:
        uint8, shape (N, *shape); `images` itself when it has the shape already.

    Raises:
        DataError: for other changes of channels.
    """
    if tuple(images.shape[1:]) == tuple(shape):
        return images
    parts = [_resized(_recoloured(part, shape[0]), shape[1], shape[2]) for part in torch.split(images, _TOGETHER)]
    return torch.cat(parts)


def _recoloured(images: Tensor, channels: int) -> Tensor:
    given = images.shape[1]
    if given == channels:
        return images
    if given == 1:
        return images.expand(-1, channels, -1, -1)
    if (given, channels) != (3, 1):
        raise DataError(_CHANNELS, given=given, needed=channels)
    levels = images.to(torch.int32)
    red, green, blue = (levels[:, [index]] * share for index, share in enumerate(_LUMINANCE))
    return ((red + green + blue + 2**15) >> 16).to(torch.uint8)


def _resized(images: Tensor, rows: int, columns: int) -> Tensor:
    height, width = images.shape[2:]
    scale = min(height / rows, width / columns)
    inner = (round(rows * scale), round(columns * scale))
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    middle = images[:, :, top : top + inner[0], left : left + inner[1]]
    if inner == (rows, columns):
        return middle
    resized = functional.interpolate(middle.float(), (rows, columns), mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)
