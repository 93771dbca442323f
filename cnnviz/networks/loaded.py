"""A network with what belongs to it: classes, what is done to pictures, and where its weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.images import Image
from cnnviz.networks.preparation import Preparation
from cnnviz.text import N_, Sentence

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Entry", "Loaded", "at_rest", "classes_of", "polarity"]

_BRIGHT = N_(
    "It was trained on bright strokes on a dark ground (mean level {percent:.0f}%): invert a picture of dark ink on "
    "white paper first."
)


@dataclass(frozen=True)
class Entry:
    """A network that can be chosen; nothing of it has been loaded.

    Attributes:
        key: for `catalogue.load`.
        title: its name as people write it.
        architecture: a key of the zoo or torchvision's name; "" where only its weights will tell.
        source: "shipped", "torchvision", "random" or "own".
        shape: (channels, rows, columns) of its input; () where only its weights will tell.
        classes: how many; 0 where only its weights will tell.
        offline: whether it can be loaded without network.
        bytes: of its weights; 0 where nobody counted them.
        note: what has to be known about it; may be None.
        right: the share of test pictures whose class it names, 0–1; None where nobody counted.
    """

    key: str
    title: str
    architecture: str
    source: str
    shape: tuple[int, ...]
    classes: int
    offline: bool
    bytes: int = 0
    note: Sentence | None = None
    right: float | None = None


@dataclass(frozen=True, eq=False)
class Loaded:
    """A network, ready to answer.

    Attributes:
        key: in the catalogue.
        title: its name as people write it.
        architecture: a key of the zoo, torchvision's name, or "custom".
        source: as in `Entry`.
        network: in evaluation mode, on the CPU; takes (N, C, H, W) to (N, classes). Shared: not to be changed.
        classes: names, in the order of its outputs.
        preparation: what is done to a picture before.
        card: how it was built, trained and measured, as far as that is known.
        note: what has to be known about it; may be None.
    """

    key: str
    title: str
    architecture: str
    source: str
    network: nn.Module
    classes: tuple[str, ...]
    preparation: Preparation
    card: Mapping[str, object] = field(default_factory=dict)
    note: Sentence | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of its input."""
        return self.preparation.shape

    @property
    def mean(self) -> tuple[float, ...]:
        """Per channel, of values in 0-1."""
        return self.preparation.mean

    @property
    def std(self) -> tuple[float, ...]:
        """Per channel, of values in 0-1."""
        return self.preparation.std

    def prepare(self, image: Image) -> Tensor:
        """The network's input for a picture: float32, (C, H, W), normalised."""
        return self.preparation.prepare(image)

    def seen(self, image: Image) -> NDArray[np.float32]:
        """The part of a picture that the network gets: float32, (H, W, C), range 0-1, not normalised."""
        return self.preparation.seen(image)


def at_rest(network: nn.Module) -> nn.Module:
    """Put a network into evaluation mode, learning nothing, every layer leaving its input as it is; returns it."""
    for module in network.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]  # nn.Module types attributes as tensors or modules
    return network.eval().requires_grad_(False)


def classes_of(count: int) -> tuple[str, ...]:
    """Names for classes that nobody named."""
    return tuple(f"class {number}" for number in range(count))


def polarity(preparation: Preparation) -> Sentence | None:
    """What a reader has to know about a grey network that was trained on mostly dark pictures, as MNIST's are."""
    if preparation.shape[0] == 1 and preparation.mean[0] < 0.5:
        return Sentence(_BRIGHT, {"percent": 100 * preparation.mean[0]})
    return None
