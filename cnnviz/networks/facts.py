"""Facts about a network, layer by layer: the records that `summary.summarize` returns. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.convolution.receptive_field import Field
from cnnviz.errors import ShapeError

__all__ = ["FAMILIES", "FIRST", "INPUT", "Layer", "Shape", "Summary", "upstream"]

Shape = tuple[int, ...]

INPUT = -1  # the index that stands for the network's input
FIRST = 1  # the axis of the channels in (N, C, H, W)

FAMILIES = (
    "convolution",
    "normalisation",
    "activation",
    "pooling",
    "linear",
    "merge",
    "reshape",
    "regularisation",
    "other",
)


@dataclass(frozen=True)
class Layer:
    """One call of a module without children, or of a function outside of one.

    Attributes:
        index: place in the order of the forward pass, from 0.
        name: dotted, as in `named_modules`: "conv2_x.0.conv1". A function bears its module's name and its own:
            "layer1.0.add"; the second use of a name ends in "#2".
        kind: class or function: "Conv2d", "Add", "flatten".
        family: one of `FAMILIES`.
        label: what it does, short, in symbols: "3×3 conv, 64, /2".
        sources: indices of the layers whose outputs it reads; `INPUT` for the network's input.
        input_shapes: with the batch, one for each source.
        output_shape: with the batch.
        parameters: weights, counted where they are used first.
        parameters_words: the product behind it, "3·3·64·64 + 64"; empty without any.
        macs: multiply-accumulates for one picture, of convolutions, linear layers and products of matrices; as
            is usual, normalisation, activations, pooling and biases are not counted. Nor is what torch's attention
            function does inside of one call: none of our networks calls it.
        macs_words: the product behind it, "3·3·64·64·56·56"; empty without any.
        memory: bytes of the output for one picture, in 32-bit floats.
        field: receptive field in pixels of the picture; None where units have none of their own (see `whole`), or
            where the windows are not all alike.
        whole: every output reads all of the picture: after a global average or a fully connected layer.
        channel_axis: of `output_shape`, see `layouts.channel_axes`: 1, or 3 where channels are last, (N, H, W, C).
    """

    index: int
    name: str
    kind: str
    family: str
    label: str
    sources: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: int
    parameters_words: str
    macs: int
    macs_words: str
    memory: int
    field: Field | None
    whole: bool
    channel_axis: int = FIRST

    @property
    def map_shape(self) -> Shape:
        """Of the output for one picture, channels first, as `Pass.maps` has it: (C, H, W), or (F,)."""
        shape = list(self.output_shape)
        if self.channel_axis != FIRST:
            shape.insert(FIRST, shape.pop(self.channel_axis))
        return tuple(shape[1:])


@dataclass(frozen=True)
class Summary:
    """What one run of a network showed.

    Attributes:
        input_shape: with the batch.
        layers: in the order of the forward pass; after a failure, those that did run.
        outputs: indices of the layers whose outputs the network returns.
        parameters: of the whole network, each counted once, used or not.
        macs: of all layers, for one picture.
        memory: bytes of all layers' outputs for one picture, in 32-bit floats.
        modules: (name, class) of every module, parents before children; the network itself has the name "".
        unused: names of modules with parameters that did not run.
        failure: the layer that could not be used on what reached it, if any.
        untraced: why the run could not be followed; then `layers` lists the modules alone, without shapes. Empty
            when all went well.
    """

    input_shape: Shape
    layers: tuple[Layer, ...]
    outputs: tuple[int, ...]
    parameters: int
    macs: int
    memory: int
    modules: tuple[tuple[str, str], ...]
    unused: tuple[str, ...] = ()
    failure: ShapeError | None = None
    untraced: str = ""


def upstream(layers: Sequence[Layer], end: int) -> set[int]:
    """Indices of all steps that one depends on, itself included; of the input, none.

    Args:
        layers: of a summary.
        end: index of the step, or `INPUT`.
    """
    found: set[int] = set()
    waiting = [end]
    while waiting:
        index = waiting.pop()
        if index != INPUT and index not in found:
            found.add(index)
            waiting.extend(layers[index].sources)
    return found
