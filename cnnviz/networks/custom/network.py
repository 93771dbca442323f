"""A network of one's own: an input and a list of layers, checked without torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cnnviz.convolution.arithmetic import Layer
from cnnviz.convolution.receptive_field import Along, Field, widened
from cnnviz.errors import CnnvizError, ParameterError, ShapeError
from cnnviz.networks.custom.kinds import kind_of
from cnnviz.networks.custom.layers import Flatten
from cnnviz.networks.custom.record import Cost, Record
from cnnviz.networks.facts import Shape
from cnnviz.text import N_

__all__ = [
    "LARGEST_SIDE",
    "MOST_INPUTS",
    "MOST_LAYERS",
    "MOST_MACS",
    "MOST_MEMORY",
    "MOST_PARAMETERS",
    "Custom",
    "Step",
    "UnfitError",
    "layer_names",
    "steps",
]

MOST_LAYERS = 60
MOST_INPUTS = 64  # channels of the input
LARGEST_SIDE = 512  # rows and columns of the input
MOST_PARAMETERS = 200_000_000
MOST_MACS = 50_000_000_000  # for one picture: ResNet-152 takes 11.5
MOST_MEMORY = 2_000_000_000  # bytes of all outputs for one picture


@dataclass(frozen=True)
class Custom:
    """A network as a list.

    Attributes:
        input_shape: (channels, rows, columns).
        layers: 1 to 60, from the input on.

    Raises:
        ParameterError: when the input or the number of layers is not legal; whether the layers fit, `steps` tells.
    """

    input_shape: tuple[int, int, int]
    layers: tuple[Record, ...]

    def __post_init__(self) -> None:
        """Check both."""
        most = (MOST_INPUTS, LARGEST_SIDE, LARGEST_SIDE)
        if not all(1 <= n <= m for n, m in zip(self.input_shape, most, strict=True)):
            shape = "x".join(map(str, self.input_shape))[:20]
            raise ParameterError("input", shape, f"1 … {MOST_INPUTS} x 1 … {LARGEST_SIDE} x 1 … {LARGEST_SIDE}")
        if not 1 <= len(self.layers) <= MOST_LAYERS:
            raise ParameterError("layers", len(self.layers), f"1 … {MOST_LAYERS}")


@dataclass(frozen=True)
class Step:
    """What one layer of the list does; shapes are without the batch.

    Attributes:
        name: of its module: "conv2".
        layer: the record.
        input_shape: what reaches it.
        cost: what it makes of that, and what that takes.
        field: receptive field of its units in pixels of the input; None where they have none of their own.
        whole: they see all of the input.
    """

    name: str
    layer: Record
    input_shape: Shape
    cost: Cost
    field: Field | None
    whole: bool


class UnfitError(ShapeError):
    """Raised when a layer of the list cannot be used on what reaches it, or makes the network too large.

    Attributes:
        number: of the layer, from 1.
        why: the reason, itself translatable.
        steps: the layers before it, which do fit.
    """

    def __init__(self, number: int, name: str, given: Shape, why: CnnvizError, fitting: tuple[Step, ...]) -> None:
        super().__init__(name, given, str(why))
        template = N_("Layer {number}, {layer}, does not fit its input of {given}: {why}")
        shape = " × ".join(map(str, given))
        CnnvizError.__init__(self, template, number=number, layer=name, given=shape, why=why)
        self.layer, self.given = name, given
        self.number = number
        self.why = why
        self.steps = fitting


def layer_names(layers: Iterable[Record]) -> tuple[str, ...]:
    """Names of the modules: the layer's own and its number among its like: conv1, bn1, relu1, conv2."""
    seen: Counter[str] = Counter()
    names = []
    for layer in layers:
        name = kind_of(layer).name
        seen[name] += 1
        names.append(f"{name}{seen[name]}")
    return tuple(names)


def steps(custom: Custom) -> tuple[Step, ...]:
    """Follow the shape through all layers.

    Raises:
        UnfitError: at the first layer that does not fit, or that brings the network above the bounds.
    """
    done: list[Step] = []
    for number, (step, why) in enumerate(_walk(custom), 1):
        why = why or _too_large([*done, step])
        if why is not None:
            raise UnfitError(number, step.name, step.input_shape, why, tuple(done))
        done.append(step)
    return tuple(done)


def _walk(custom: Custom) -> Iterator[tuple[Step, CnnvizError | None]]:
    """Every layer with its cost, up to one that does not fit, which comes with the reason."""
    rows, columns = custom.input_shape[1:]
    field: Field | None = Field(Along(1, 1, 0, rows), Along(1, 1, 0, columns))
    shape: Shape = custom.input_shape
    whole = False
    for name, layer in zip(layer_names(custom.layers), custom.layers, strict=True):
        try:
            cost = layer.cost(shape)
        except CnnvizError as why:
            yield Step(name, layer, shape, Cost(shape, 0, 0, 0), None, False), why
            return
        whole = whole or cost.whole
        field = None if field is None or whole or isinstance(layer, Flatten) else _seen(field, cost.windows, shape)
        yield Step(name, layer, shape, cost, field, whole), None
        shape = cost.output


def _seen(field: Field, windows: Iterable[Layer], shape: Shape) -> Field:
    """The receptive field after windows, one after the other."""
    size = (shape[1], shape[2])
    for layer in windows:
        axes = layer.axes(size)
        rows, columns = (
            widened(along, layer.extent[i], layer.stride[i], axes[i].before, axes[i].output)
            for i, along in enumerate((field.rows, field.columns))
        )
        field, size = Field(rows, columns), (axes[0].output, axes[1].output)
    return field


def _too_large(done: list[Step]) -> CnnvizError | None:
    """Why so many layers are too many, if they are."""
    bounds = (
        (sum(each.cost.parameters for each in done), MOST_PARAMETERS, _PARAMETERS),
        (sum(each.cost.macs for each in done), MOST_MACS, _MACS),
        (sum(each.cost.memory for each in done), MOST_MEMORY, _MEMORY),
    )
    for count, most, template in bounds:
        if count > most:
            return CnnvizError(template, count=count, most=most)
    return None


_PARAMETERS = N_("it brings the network to {count:,} parameters; {most:,} are the most here.")
_MACS = N_("it brings the network to {count:,} multiply-accumulates per picture; {most:,} are the most here.")
_MEMORY = N_("it brings the network to {count:,} bytes of outputs per picture; {most:,} are the most here.")
