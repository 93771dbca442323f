"""The jobs that follow gradients: where an answer comes from, and which picture a network looks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.convolution.checks import Pair
from cnnviz.engine.job import Context, Job
from cnnviz.errors import ParameterError
from cnnviz.images import Image
from cnnviz.networks.attribution_cost import forward_passes
from cnnviz.text import N_

if TYPE_CHECKING:
    from torch import Tensor

    from cnnviz.networks.attribution import Attribution
    from cnnviz.networks.effective_field import EffectiveField
    from cnnviz.networks.facts import Layer
    from cnnviz.networks.faithfulness import Faithfulness
    from cnnviz.networks.inversion import Inverted
    from cnnviz.networks.maximise import Maximised

__all__ = ["AttributionJob", "FaithfulnessJob", "FieldJob", "InversionJob", "MaximiseJob"]

_NO_STEP = N_("the name of a step that the network runs")
_ATTRIBUTING = N_("Asking the network which pixels its answer comes from")


@dataclass(frozen=True)
class AttributionJob(Job["Attribution"]):
    """Say where the score of a class comes from, see `attribution.attribute`.

    Attributes:
        image: that the network answers to.
        method: a key of `attribution.METHODS`.
        target: class, from 0.
        step: for methods that need a layer.
    """

    image: Image
    method: str
    target: int
    step: str | None = None

    @property
    def is_long(self) -> bool:
        """For methods that ask for more than one pass."""
        return forward_passes(self.method, (1, 1)) > 1

    def run(self, context: Context) -> Attribution:
        """From one to a hundred passes."""
        from cnnviz.networks.attribution import attribute

        def report(fraction: float) -> None:
            context.report(fraction, _ATTRIBUTING)

        x = _prepared(context, self.image)
        network = context.loaded.network
        return attribute(network, x, self.method, self.target, self.step, report, context.cancelled)


@dataclass(frozen=True)
class FaithfulnessJob(Job["Faithfulness"]):
    """Cover what an attribution calls important, see `faithfulness.faithfulness`.

    Attributes:
        image, method, target, step: of the attribution, see `AttributionJob`.
    """

    image: Image
    method: str
    target: int
    step: str | None = None

    def run(self, context: Context) -> Faithfulness:
        """One batch of passes; and the attribution, where it is not kept."""
        from cnnviz.networks.faithfulness import faithfulness

        found = context.compute(AttributionJob(self.model, self.image, self.method, self.target, self.step))
        field = None if found.step is None else _layer(context, found.step).field
        return faithfulness(context.loaded.network, _prepared(context, self.image), found.values, self.target, field)


@dataclass(frozen=True)
class FieldJob(Job["EffectiveField"]):
    """Say which pixels one activation depends on, see `effective_field.effective_field`.

    Attributes:
        image: that the network looks at.
        step: name of the step.
        channel: from 0.
        unit: (row, column) in the map, from 0; None for a step without maps.
    """

    image: Image
    step: str
    channel: int
    unit: Pair | None = None

    def run(self, context: Context) -> EffectiveField:
        """One pass forward and one backward."""
        from cnnviz.networks.effective_field import effective_field

        x = _prepared(context, self.image)
        return effective_field(context.loaded.network, x, _layer(context, self.step), self.channel, self.unit)


@dataclass(frozen=True)
class MaximiseJob(Job["Maximised"]):
    """Search the picture that excites a channel most, see `maximise.maximise`.

    Attributes:
        step: name of the step.
        channel: from 0.
        seed: of the noise to begin with.
    """

    step: str
    channel: int
    seed: int = 0

    @property
    def is_long(self) -> bool:
        """Always."""
        return True

    def run(self, context: Context) -> Maximised:
        """Some hundred passes up to the step."""
        from cnnviz.networks.maximise import maximise

        def report(fraction: float) -> None:
            context.report(fraction, "")

        return maximise(
            context.loaded.network,
            context.loaded.preparation,
            self.step,
            self.channel,
            seed=self.seed,
            report=report,
            cancelled=context.cancelled,
            show=context.show,
        )


@dataclass(frozen=True)
class InversionJob(Job["Inverted"]):
    """Search the picture that a step's activations remember, see `inversion.invert`.

    Attributes:
        image: whose activations are wanted.
        step: name of the step.
        seed: of the noise to begin with.
    """

    image: Image
    step: str
    seed: int = 0

    @property
    def is_long(self) -> bool:
        """Always."""
        return True

    def run(self, context: Context) -> Inverted:
        """Some hundred passes up to the step."""
        from cnnviz.networks.inversion import invert

        def report(fraction: float) -> None:
            context.report(fraction, "")

        return invert(
            context.loaded.network,
            _prepared(context, self.image),
            context.loaded.preparation,
            self.step,
            seed=self.seed,
            report=report,
            cancelled=context.cancelled,
            show=context.show,
        )


def _prepared(context: Context, image: Image) -> Tensor:
    """The network's input, on its device."""
    return context.loaded.prepare(image).to(context.device.key)


def _layer(context: Context, step: str) -> Layer:
    from cnnviz.networks.passes import summary_of

    layers = summary_of(context.loaded.network, (1, *context.loaded.shape)).layers
    for layer in layers:
        if layer.name == step:
            return layer
    raise ParameterError("step", step[:80], _NO_STEP)
