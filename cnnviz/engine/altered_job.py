"""The job of a forward pass of a picture that was changed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.engine.job import Context, Job
from cnnviz.images import Image
from cnnviz.images.alterations import Alteration

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["AlteredPassJob"]


@dataclass(frozen=True)
class AlteredPassJob(Job["Pass"]):
    """Change what a network sees of a picture, send it through, and keep what every step returned.

    The change comes after the picture was cut and resized, so that its pixels are the network's.

    Attributes:
        image: any picture.
        alteration: the change.
    """

    image: Image
    alteration: Alteration

    def run(self, context: Context) -> Pass:
        """One forward pass."""
        from cnnviz.networks.passes import run_pass

        preparation = context.loaded.preparation
        x = preparation.normalised(self.alteration.applied(preparation.seen(self.image)))
        return run_pass(self.model, context.loaded.network, x, device=context.device.key)
