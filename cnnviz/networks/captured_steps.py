"""The steps of a pass by their index, for those who follow how numbers were computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks.facts import FIRST, INPUT, Layer
from cnnviz.networks.reading_windows import Pooling, pooling
from cnnviz.networks.tracing import trace
from cnnviz.text import N_

if TYPE_CHECKING:
    from cnnviz.networks.passes import Pass

__all__ = ["CapturedSteps"]

Map = NDArray[np.float32]


class CapturedSteps:
    """Maps, names and modules of a pass's steps; `facts.INPUT` is the picture as the network got it."""

    def __init__(self, network: nn.Module, pass_: Pass) -> None:
        self.network = network
        self.pass_ = pass_
        self.layers = pass_.summary.layers

    def maps(self, index: int) -> Map:
        """All channels, (C, H, W); a vector's are 1×1, a series' 1×L.

        Raises:
            ParameterError: when the pass has not kept the step.
        """
        if index == INPUT:
            return self.pass_.input
        name = self.name(index)
        if name not in self.pass_.maps:
            raise ParameterError("step", name, N_("a step that the pass has kept"))
        values = self.pass_.maps[name]
        return values if values.ndim == 3 else values.reshape(len(values), 1, -1)

    def name(self, index: int) -> str:
        """A step's name; "" for the picture."""
        return "" if index == INPUT else self.layers[index].name

    def module(self, layer: Layer) -> nn.Module | None:
        """What was called; None for a function."""
        try:
            module = self.network.get_submodule(layer.name.split("#")[0])
        except AttributeError:
            return None
        return module if type(module).__name__ == layer.kind else None

    def pooling(self, layer: Layer) -> Pooling | None:
        """A pooling's parameters; those of a function are in a trace of the network. None for other steps."""
        if (module := self.module(layer)) is not None:
            return pooling(layer.kind, module)
        if layer.family != "pooling":
            return None
        call = trace(self.network, self.pass_.summary.input_shape).calls[layer.index]
        return pooling(layer.kind, None, call.arguments, call.keywords)

    def unflattened(self, index: int) -> int:
        """The step whose maps a vector was made of, so that a linear layer's weights can be seen in their places."""
        vector = self.maps(index).ravel()
        while index != INPUT and self.layers[index].family in ("reshape", "regularisation"):
            before = self.layers[index].sources
            if len(before) != 1 or not self._alike(index, before[0]):
                break
            if not np.array_equal(self.maps(before[0]).ravel(), vector):
                break
            index = before[0]
        return index

    def _alike(self, index: int, before: int) -> bool:
        """Whether both have their channels along the same axis: else their numbers are in another order here."""
        axis = FIRST if before == INPUT else self.layers[before].channel_axis
        return axis == self.layers[index].channel_axis
