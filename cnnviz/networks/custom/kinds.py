"""The kinds of layers that a network of one's own can have: the registry behind the text form and the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cnnviz.errors import CnnvizError
from cnnviz.networks.custom import blocks, layers, pooling
from cnnviz.networks.custom.record import Record
from cnnviz.networks.custom.slots import Slot
from cnnviz.text import N_

__all__ = ["KINDS", "Kind", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """One kind of layer.

    Attributes:
        word: that it begins with in the text form.
        name: of its modules, which a number follows: conv1, conv2.
        title: on the page, marked with `N_`.
        make: builds the record from values by name.
        slots: its values, in the order of the text form.
        example: how one is written.
    """

    word: str
    name: str
    title: str
    make: Callable[..., Record]
    slots: tuple[Slot, ...]
    example: str

    def read(self, texts: Mapping[str, str]) -> Record:
        """Build a layer from texts by name; those that are missing or empty are as usual.

        Raises:
            CnnvizError: when a value is not legal, or one without a usual value is missing.
        """
        for slot in self.slots:
            if slot.name in _NEEDED and not texts.get(slot.name):
                raise CnnvizError(N_("{name} is missing; it must be {legal}."), name=slot.name, legal=slot.legal)
        return self.make(**{slot.name: slot.read(texts[slot.name]) for slot in self.slots if texts.get(slot.name)})

    def write(self, layer: Record) -> dict[str, str]:
        """All values of a layer as texts, by name."""
        return {slot.name: slot.write(getattr(layer, slot.name)) for slot in self.slots}


_NEEDED = ("out_channels", "out_features")


def _of(record: type[Record], word: str, name: str, title: str, example: str = "") -> Kind:
    return Kind(word, name, title, record, record.slots, example or word)


def _activation(function: str, title: str) -> Kind:
    return Kind(function, function, title, lambda: layers.Activation(function), (), function)


_ALL = (
    _of(layers.Conv, "conv", "conv", N_("Convolution"), "conv32k3p1"),
    _of(layers.DepthwiseConv, "dw", "depthwise", N_("Depthwise convolution"), "dwk3p1"),
    _of(layers.BatchNorm, "bn", "bn", N_("Batch normalisation")),
    *(_activation(function, title) for function, title in layers.FUNCTIONS.items()),
    _of(pooling.MaxPool, "max", "maxpool", N_("Max pooling"), "max2"),
    _of(pooling.AvgPool, "avg", "avgpool", N_("Average pooling"), "avg2"),
    _of(pooling.GlobalAvgPool, "gap", "gap", N_("Global average pooling")),
    _of(layers.Dropout, "drop", "dropout", N_("Dropout"), "drop50"),
    _of(layers.Flatten, "flat", "flatten", N_("Flatten")),
    _of(layers.Linear, "fc", "fc", N_("Linear (fully connected)"), "fc10"),
    _of(blocks.ResidualBlock, "res", "residual", N_("Residual block"), "res64s2"),
    _of(blocks.BottleneckBlock, "bot", "bottleneck", N_("Bottleneck block"), "bot256"),
    _of(blocks.SeparableBlock, "sep", "separable", N_("Depthwise separable"), "sep64s2"),
    _of(blocks.InvertedBlock, "inv", "inverted", N_("Inverted residual"), "inv32e6"),
    _of(blocks.SqueezeBlock, "se", "se", N_("Squeeze-and-excitation"), "se16"),
)
KINDS: dict[str, Kind] = {kind.word: kind for kind in _ALL}
_BY_RECORD = {kind.make: kind for kind in _ALL}


def kind_of(layer: Record) -> Kind:
    """The kind of a layer."""
    return KINDS[layer.function] if isinstance(layer, layers.Activation) else _BY_RECORD[type(layer)]
