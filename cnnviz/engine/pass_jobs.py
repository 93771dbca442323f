"""The jobs of one forward pass: what a network is, what its steps return, and how they compute it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.engine.job import Context, Job
from cnnviz.images import Image
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.what_if import NOTHING, WhatIf
from cnnviz.text import Sentence

if TYPE_CHECKING:
    from cnnviz.networks.explained import Explanation
    from cnnviz.networks.passes import Pass

__all__ = ["DescribeJob", "Description", "ExplainJob", "PassJob"]


@dataclass(frozen=True, eq=False)
class Description:
    """What belongs to a loaded network, without the network.

    Attributes:
        title: its name as people write it.
        architecture: a key of the zoo, torchvision's name, or "custom".
        source: where its weights come from, as in `catalogue.Entry`.
        classes: names, in the order of its outputs.
        preparation: what is done to a picture before; `preparation.seen(image)` is the part that the network gets.
        card: how it was built, trained and measured, as far as that is known.
        note: what has to be known about it; may be None.
    """

    title: str
    architecture: str
    source: str
    classes: tuple[str, ...]
    preparation: Preparation
    card: Mapping[str, object]
    note: Sentence | None


@dataclass(frozen=True)
class DescribeJob(Job[Description]):
    """Load a network and say what belongs to it."""

    def run(self, context: Context) -> Description:
        """As it was loaded."""
        it = context.loaded
        return Description(it.title, it.architecture, it.source, it.classes, it.preparation, it.card, it.note)


@dataclass(frozen=True)
class PassJob(Job["Pass"]):
    """Send a picture through a network and keep what every step returned, see `passes.run_pass`.

    Attributes:
        image: any picture; the network's preparation cuts and normalises it.
        what_if: what is switched off.
    """

    image: Image
    what_if: WhatIf = NOTHING

    def run(self, context: Context) -> Pass:
        """One forward pass."""
        from cnnviz.networks.passes import run_pass

        x = context.loaded.prepare(self.image)
        return run_pass(self.model, context.loaded.network, x, what_if=self.what_if, device=context.device.key)


@dataclass(frozen=True)
class ExplainJob(Job["Explanation"]):
    """Take one channel of a step of a forward pass apart, see `explanation.explain`.

    Attributes:
        image: of the pass.
        step: name of the step.
        channel: from 0.
        what_if: of the pass.
    """

    image: Image
    step: str
    channel: int
    what_if: WhatIf = NOTHING

    def run(self, context: Context) -> Explanation:
        """From the maps of the pass that the page shows."""
        from cnnviz.networks.explanation import explain

        pass_ = context.compute(PassJob(self.model, self.image, self.what_if))
        return explain(context.loaded.network, pass_, self.step, self.channel)
