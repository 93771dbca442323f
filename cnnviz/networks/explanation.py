"""How one channel of one step of a forward pass was computed, down to the numbers of every place.

    explain(network, pass_, "conv2_x.0.conv1", 3).head.channels  # input channels, the strongest first

Every map is the captured one. What the layers say that they compute is held against it (`agrees`), so that a map that
was changed on the way, as "what if" does, is not explained away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks.captured_steps import CapturedSteps
from cnnviz.networks.explained import Explanation
from cnnviz.networks.explained_heads import head
from cnnviz.networks.explained_rest import activated, normalised
from cnnviz.networks.step_chains import chain
from cnnviz.text import N_

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["explain"]


def explain(network: nn.Module, pass_: Pass, step: str, channel: int) -> Explanation:
    """Take one channel of a step apart.

    Args:
        network: the one that the pass is of, on any device; only read.
        pass_: with the maps of the step, of those of its chain and of their inputs.
        step: name of a layer of `pass_.summary`.
        channel: from 0; of a vector, the place in it.

    Raises:
        ParameterError: when there is no such step or channel, or the pass has not kept a step that is needed.
    """
    layer = next((each for each in pass_.summary.layers if each.name == step), None)
    if layer is None:
        raise ParameterError("step", step[:80], N_("a step of this network"))
    steps = CapturedSteps(network, pass_)
    maps = steps.maps(layer.index)
    if not 0 <= channel < len(maps):
        raise ParameterError("channel", channel, f"0 … {len(maps) - 1}")
    found = chain(steps.layers, layer.index)
    return Explanation(
        step=step,
        channel=channel,
        channels=len(maps),
        map=maps[channel],
        head=head(steps, found, channel),
        normalised=normalised(steps, found.norm, channel) if found.norm else None,
        activated=activated(steps, found.activation, channel) if found.activation else None,
        field=layer.field,
        whole=layer.whole,
    )
