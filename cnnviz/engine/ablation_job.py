"""The job that asks which channels an answer depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.engine.job import Context, Job
from cnnviz.images import Image
from cnnviz.text import N_

if TYPE_CHECKING:
    from cnnviz.networks.ablation import Ablation

__all__ = ["AblationJob"]

_SWITCHING = N_("Switching off one channel after the other")


@dataclass(frozen=True)
class AblationJob(Job["Ablation"]):
    """Switch off each channel of a step in turn, see `ablation.ablate`.

    Attributes:
        image: that the network looks at.
        step: name of the step.
        target: class whose probability is followed, from 0.
    """

    image: Image
    step: str
    target: int

    @property
    def is_long(self) -> bool:
        """Always."""
        return True

    def run(self, context: Context) -> Ablation:
        """As many passes as the step has channels."""
        from cnnviz.networks.ablation import ablate

        def report(fraction: float) -> None:
            context.report(fraction, _SWITCHING)

        x = context.loaded.prepare(self.image).to(context.device.key)
        network = context.loaded.network
        return ablate(network, x, self.step, self.target, report=report, cancelled=context.cancelled)
