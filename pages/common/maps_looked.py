"""What the network made of the picture: the forward pass behind everything on the page, computed once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz import engine
from cnnviz.engine import DescribeJob, Description, PassJob
from cnnviz.images import Image, source
from cnnviz.networks import catalogue, what_if
from cnnviz.networks.facts import Layer
from cnnviz.networks.what_if import NOTHING, WhatIf
from pages.common.class_words import class_word
from pages.common.language import _
from pages.common.maps_settings import NETWORK, PICTURE
from pages.common.shelf import Shelf
from pages.common.work import awaited

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["Looked", "answers", "look", "prepare_maps", "read_off"]

TOP = 5

_SEEN: Shelf[NDArray[np.float32]] = Shelf(64 * 2**20, lambda seen: seen.nbytes)  # what networks saw of pictures


@dataclass(frozen=True, eq=False)
class Looked:
    """A picture, the network, and every step of its pass.

    Attributes:
        model: key of the network in the catalogue.
        image: the whole picture.
        off: what is switched off.
        about: what belongs to the network.
        done: the pass.
    """

    model: str
    image: Image
    off: WhatIf
    about: Description
    done: Pass

    @cached_property
    def key(self) -> Hashable:
        """Equal where the pass is equal; another one when the network's files were replaced."""
        return self.model, catalogue.stamp(self.model), self.image.digest, what_if.write(self.off)

    @cached_property
    def seen(self) -> NDArray[np.float32]:
        """The part of the picture that the network got, (H, W, C), 0–1; not to be written to."""
        return _SEEN.get((self.about.preparation, self.image.digest), self._seen)

    def _seen(self) -> NDArray[np.float32]:
        seen = self.about.preparation.seen(self.image)
        seen.setflags(write=False)
        return seen

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps that were kept, in the order of the pass."""
        return tuple(self.done.maps)

    def layer(self, step: str) -> Layer:
        """Facts about a step."""
        return next(each for each in self.done.summary.layers if each.name == step)

    @property
    def answer(self) -> int:
        """The likeliest class."""
        return int(self.done.probabilities.argmax())


def look(slot: str, model: str, image: Image, off: WhatIf = NOTHING) -> Looked | None:
    """Send the picture through the network, or take what was kept; None when the visitor has stopped it.

    Args:
        slot: the place on the page that waits.
        model: key of the network in the catalogue.
        image: the picture.
        off: what is switched off.

    Raises:
        CnnvizError: when the network or the what-if is not possible.
    """
    about = awaited(f"{slot}/network", DescribeJob(model), _("Loading the network"))
    if about is None:
        return None
    done = awaited(f"{slot}/pass", PassJob(model, image, off), _("The network looks at the picture"))
    return None if done is None else Looked(model, image, off, about, done)


def prepare_maps() -> None:
    """Compute what the page's first visitor sees; what PyTorch imports for that takes seconds."""
    engine.run(PassJob(NETWORK, source.read(PICTURE).load()))


def answers(looked: Looked, count: int = TOP) -> list[tuple[str, float]]:
    """Names and probabilities of the likeliest classes, the likeliest first."""
    order = np.argsort(-looked.done.probabilities, kind="stable")[:count]
    return [(class_word(looked.about.classes[i]), float(looked.done.probabilities[i])) for i in order]


def read_off(text: str) -> str:
    """Check a what-if from an address.

    Raises:
        ParameterError: when it is none.
    """
    return what_if.write(what_if.read(text))
