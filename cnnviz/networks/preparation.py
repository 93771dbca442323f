"""How a picture becomes what a network gets: resized, its middle cut out, normalised. It travels with the weights.

The same steps as torchvision's `ImageClassification` preset, on the same library (Pillow), so that a network sees what
it was tested on. Only the middle is computed: a picture of 1 × 100,000 pixels costs no more than another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageOps

from cnnviz.images import Image

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "Preparation", "for_shape"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Of red, green and blue over the training pictures of ImageNet, range 0-1, as torchvision's weights state them."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Their standard deviations."""

_LONGEST = 8  # times the shorter side: what lies further out is no part of the middle that is cut out
_FILTERS = {"bilinear": PilImage.Resampling.BILINEAR, "bicubic": PilImage.Resampling.BICUBIC}


@dataclass(frozen=True)
class Preparation:
    """What is done to a picture before a network gets it.

    Attributes:
        shape: (channels, rows, columns) of the network's input; one channel is the luminance (Rec. 601).
        mean, std: per channel, of values in 0-1.
        resize: pixels of the shorter side before the middle of `shape` is cut out; 0 when the middle of the right
            proportions is taken whole.
        interpolation: "bilinear" or "bicubic"; both average where the picture is reduced.
    """

    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize: int = 0
    interpolation: str = "bilinear"

    def seen(self, image: Image) -> NDArray[np.float32]:
        """The part of a picture that the network gets, before it is normalised.

        Returns:
            float32, shape (H, W, C), range 0-1: level / 255, read-only.
        """
        levels = image.levels if image.depth == 8 else np.rint(image.pixels * np.float32(255)).astype(np.uint8)
        return self.seen_of(PilImage.fromarray(levels))

    def seen_of(self, picture: PilImage.Image) -> NDArray[np.float32]:
        """The same for a picture of Pillow's, of any mode, turned upright."""
        channels, rows, columns = self.shape
        upright = ImageOps.exif_transpose(picture).convert("L" if channels == 1 else "RGB")
        middle = self._resized(upright) if self.resize else self._fitted(upright)
        values = np.asarray(middle, np.float32).reshape(rows, columns, channels) / np.float32(255)
        values.setflags(write=False)
        return values

    def prepare(self, image: Image) -> Tensor:
        """Make a picture what the network was trained on.

        Returns:
            float32, shape (C, H, W): (level / 255 − mean) / std.
        """
        return self.normalised(self.seen(image))

    def normalised(self, seen: NDArray[np.float32]) -> Tensor:
        """(C, H, W) of what `seen` returned, (H, W, C), with mean 0 and deviation 1 over the training pictures."""
        import torch

        values = torch.from_numpy(seen.transpose(2, 0, 1).copy())
        mean, std = (torch.tensor(each, dtype=torch.float32).view(-1, 1, 1) for each in (self.mean, self.std))
        return (values - mean) / std

    def _fitted(self, picture: PilImage.Image) -> PilImage.Image:
        """The middle of the right proportions, resized."""
        _, rows, columns = self.shape
        return ImageOps.fit(picture, (columns, rows), _FILTERS[self.interpolation])

    def _resized(self, picture: PilImage.Image) -> PilImage.Image:
        """The middle of the resized picture, rounded as torchvision rounds."""
        _, rows, columns = self.shape
        part = _middle(picture)
        shorter = min(part.size)
        width, height = (int(self.resize * side / shorter) for side in part.size)
        resized = part.resize((width, height), _FILTERS[self.interpolation])
        left, top = round((width - columns) / 2), round((height - rows) / 2)
        return resized.crop((left, top, left + columns, top + rows))


def _middle(picture: PilImage.Image) -> PilImage.Image:
    """The picture itself, or the middle of one that would be resized to far more than is looked at."""
    width, height = picture.size
    left, top = (max(0, (side - _LONGEST * min(picture.size)) // 2) for side in picture.size)
    return picture.crop((left, top, width - left, height - top)) if left or top else picture


def for_shape(shape: tuple[int, int, int]) -> Preparation:
    """For a network whose training is not known: the middle of the picture, with the statistics of ImageNet."""
    if shape[0] == len(IMAGENET_MEAN):
        return Preparation(shape, IMAGENET_MEAN, IMAGENET_STD)
    mean, std = sum(IMAGENET_MEAN) / len(IMAGENET_MEAN), sum(IMAGENET_STD) / len(IMAGENET_STD)
    return Preparation(shape, (mean,) * shape[0], (std,) * shape[0])
