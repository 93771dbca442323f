"""Data sets in memory: decoded pictures and their classes, with what has to be known about them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["DataSet", "Pictures", "statistics"]


@dataclass(frozen=True)
class Pictures:
    """Decoded pictures and what they show.

    Attributes:
        images: uint8, shape (N, C, H, W), 0 is black.
        labels: int64, shape (N,): the number of the class.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class DataSet:
    """A data set, decoded.

    Attributes:
        key: its name on the command line, or the path that it came from.
        title: its name as people write it.
        classes: names, in the order of their numbers.
        train: to learn from.
        test: to measure with.
        mean, std: of the levels of each channel over all training pictures, as shares of white; see `statistics`.
        split: how training and test pictures were told apart.
        licence: what the pictures may be used for, or who holds the rights.
        source: where they come from: paper, page or path.
        digest: SHA-256 of what was decoded, or of the pictures; tells one version of a data set from another.
    """

    key: str
    title: str
    classes: tuple[str, ...]
    train: Pictures
    test: Pictures
    mean: tuple[float, ...]
    std: tuple[float, ...]
    split: str
    licence: str
    source: str
    digest: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of every picture."""
        channels, rows, columns = self.train.images.shape[1:]
        return channels, rows, columns

    def facts(self) -> dict[str, object]:
        """What a run and a model card keep of it; everything but the pictures, ready for JSON."""
        return {
            "key": self.key,
            "title": self.title,
            "classes": list(self.classes),
            "shape": list(self.shape),
            "train_pictures": len(self.train),
            "test_pictures": len(self.test),
            "mean": list(self.mean),
            "std": list(self.std),
            "statistics": f"computed over the {len(self.train):,} training pictures",
            "split": self.split,
            "licence": self.licence,
            "source": self.source,
            "digest": self.digest,
        }


def statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of the levels of each channel, as shares of white (255).

    Levels are counted, so that the sums are exact whatever their order. A channel without contrast gets the
    deviation 1, because pictures are divided by it.

    Args:
        images: uint8, shape (N, C, H, W).
    """
    levels = torch.arange(256, dtype=torch.float64) / 255
    means, deviations = [], []
    for channel in range(images.shape[1]):
        counts = torch.bincount(images[:, channel].flatten(), minlength=256).double()
        mean = (counts @ levels / counts.sum()).item()
        variance = (counts @ (levels - mean).square() / counts.sum()).item()
        means.append(mean)
        deviations.append(variance**0.5 if variance > 0 else 1.0)
    return tuple(means), tuple(deviations)
