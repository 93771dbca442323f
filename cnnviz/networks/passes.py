"""One picture through one network, every step kept: what the page of feature maps draws from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnviz.errors import ParameterError
from cnnviz.networks.capture import follow
from cnnviz.networks.facts import FIRST, Shape, Summary
from cnnviz.networks.layouts import channels_first
from cnnviz.networks.summary import summarize
from cnnviz.networks.what_if import NOTHING, changes
from cnnviz.text import N_

if TYPE_CHECKING:
    from cnnviz.networks.what_if import WhatIf

__all__ = ["Pass", "run_pass", "summary_of"]

_summaries: WeakKeyDictionary[nn.Module, dict[Shape, Summary]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Pass:
    """A forward pass of one picture, in evaluation mode. All arrays are read-only and without the batch.

    Attributes:
        model: key of the network in the catalogue.
        summary: facts about its steps, which are `summary.layers`.
        input: (C, H, W), normalised, as the network got it.
        maps: name of a step -> its output, in the order of the pass: (C, H, W), or (F,) after a flattening. What the
            network has as (H, W, C), as ConvNeXt between two permutations, is (C, H, W) here, too; see
            `layouts.channel_axes`. A few networks also have others, as they stand there: (words, C).
        logits: (classes,), what the network returned.
        probabilities: (classes,), their softmax.
        milliseconds: the forward pass took, capture included.
        device: where it ran, "cpu", "cuda:0" or "mps:0".
    """

    model: str
    summary: Summary
    input: NDArray[np.float32]
    maps: Mapping[str, NDArray[np.float32]]
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    milliseconds: float
    device: str

    @property
    def bytes(self) -> int:
        """Memory of all arrays."""
        arrays = (self.input, self.logits, self.probabilities, *self.maps.values())
        return sum(each.nbytes for each in arrays)


def run_pass(
    key: str,
    network: nn.Module,
    x: Tensor,
    *,
    what_if: WhatIf = NOTHING,
    device: str | torch.device = "cpu",
    keep: Collection[str] | None = None,
) -> Pass:
    """Run `network` on one picture and keep what every step returned.

    Args:
        key: of the network in the catalogue; only written into the result.
        network: on `device`; stays as it is, and may be in use by others.
        x: (C, H, W), normalised, on any device.
        what_if: what is switched off.
        device: where `network` is.
        keep: names of the steps to keep; None for all of the summary, or all that were seen where it could not be
            followed.

    Raises:
        ParameterError: when `x` has no three axes, when the network returns no numbers per class, or when `what_if`
            names a step or channel that is not there.
        ShapeError: when a layer cannot be used on what reaches it.
    """
    if x.ndim != 3:
        raise ParameterError("x", tuple(x.shape), "(C, H, W)")
    summary = summary_of(network, (1, *x.shape))
    if keep is None and not summary.untraced:
        keep = [layer.name for layer in summary.layers if layer.output_shape]
    place = torch.device(device)
    batch = x.detach().to(place)[None]
    start = perf_counter()
    with torch.no_grad():
        output, captured = follow(network, batch, keep=keep, changes=changes(what_if, summary))
    if place.type != "cpu":
        torch.accelerator.synchronize(place)
    milliseconds = (perf_counter() - start) * 1000
    logits = _logits(output)
    return Pass(
        model=key,
        summary=summary,
        input=_array(x.clone()),
        maps=_maps(captured, summary),
        logits=_array(logits),
        probabilities=_array(logits.double().softmax(dim=0)),
        milliseconds=milliseconds,
        device=str(logits.device),
    )


def summary_of(network: nn.Module, input_shape: Shape) -> Summary:
    """`summarize(network, input_shape)`, remembered as long as `network` lives: its modules do not change."""
    known = _summaries.setdefault(network, {})
    if input_shape not in known:
        known[input_shape] = summarize(network, input_shape)
    return known[input_shape]


def _maps(captured: Mapping[str, Tensor], summary: Summary) -> dict[str, NDArray[np.float32]]:
    """Those of one picture: a few networks have windows of a picture, or words, along the first axis.

    They are put in order at once: that takes as long as one look at numbers that are not, and there are many looks.
    """
    axes = {layer.name: layer.channel_axis for layer in summary.layers}
    return {
        name: _array(channels_first(each, axes.get(name, FIRST))[0].contiguous())
        for name, each in captured.items()
        if each.ndim > 1 and len(each) == 1
    }


def _logits(output: Any) -> Tensor:
    if isinstance(output, Tensor) and output.ndim == 2 and len(output) == 1:
        return output[0].detach()
    raise ParameterError("network", type(output).__name__, "(1, classes)", N_("it returns no numbers per class"))


def _array(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.detach().to("cpu", torch.float32).numpy()
    array.flags.writeable = False
    return array
