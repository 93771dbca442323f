"""Facts about any network by one traced run: shapes, parameters, operations, memory and receptive fields.

    summary.summarize(zoo.build("resnet50"), (1, 3, 224, 224)).macs  # 4089184256

The run needs no picture and no time for arithmetic (see `tracing`); the network stays untouched.
"""

from __future__ import annotations

import math

from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks import costs
from cnnviz.networks.expectations import check_initialised
from cnnviz.networks.facts import FIRST, Layer, Shape, Summary
from cnnviz.networks.fields import Sight, sights
from cnnviz.networks.layouts import channel_axes
from cnnviz.networks.tracing import Call, Trace, trace

__all__ = ["summarize"]

_BYTES = 4  # of a 32-bit float


def summarize(model: nn.Module, input_shape: Shape, *, words: bool = False) -> Summary:
    """Run `model` once, without numbers, in evaluation mode, and say what every layer does.

    Args:
        model: any network, on any device; it is not changed. Modules without children and functions between them
            become layers.
        input_shape: with the batch, (N, C, H, W), or (N, words) for texts.
        words: the input is made of indices of words.

    Returns:
        A summary. When a layer cannot be used on what reaches it, `failure` says which, and `layers` holds those
        before it. When the run cannot be followed (it asks for the value of a number), `untraced` says why.

    Raises:
        ParameterError: for an input without a batch or with an empty side, and for a network with lazy layers, whose
            weights have no shape before the first real run.
    """
    if len(input_shape) < 2 or min(input_shape) < 1:
        raise ParameterError("input_shape", input_shape, "(N, C, H, W)")
    check_initialised(model, model.parameters())
    found = trace(model, input_shape, words=words)
    layers = _listed(model) if found.untraced else _layers(found, input_shape)
    return Summary(
        input_shape=tuple(input_shape),
        layers=layers,
        outputs=found.outputs,
        parameters=sum(each.numel() for each in model.parameters()),
        macs=sum(each.macs for each in layers),
        memory=sum(each.memory for each in layers),
        modules=tuple((name, type(module).__name__) for name, module in model.named_modules()),
        unused=() if found.untraced else _unused(model, found),
        failure=found.failure,
        untraced=found.untraced,
    )


def _layers(found: Trace, input_shape: Shape) -> tuple[Layer, ...]:
    calls = found.calls
    seen = zip(calls, sights(calls, input_shape), channel_axes(calls, input_shape), strict=True)
    return tuple(_layer(index, call, sight, input_shape[0], axis) for index, (call, sight, axis) in enumerate(seen))


def _layer(index: int, call: Call, sight: Sight, batch: int, channel_axis: int) -> Layer:
    parameters, parameters_words = costs.parameters(call)
    macs, macs_words = costs.macs(call, batch)
    return Layer(
        index=index,
        name=call.name,
        kind=costs.kind(call),
        family=costs.family(call),
        label=costs.label(call),
        sources=call.sources,
        input_shapes=call.inputs,
        output_shape=call.output,
        parameters=parameters,
        parameters_words=parameters_words,
        macs=macs,
        macs_words=macs_words,
        memory=math.prod(call.output) // batch * _BYTES if call.output else 0,
        field=sight.field,
        whole=sight.whole,
        channel_axis=channel_axis,
    )


def _listed(model: nn.Module) -> tuple[Layer, ...]:
    """The modules without children, as they stand, for a run that could not be followed."""
    leaves = [(name, module) for name, module in model.named_modules() if not module._modules]
    calls = [
        Call(name, module, "", (), (), (), tuple((key, tuple(each.shape)) for key, each in module.named_parameters()))
        for name, module in leaves
    ]
    return tuple(_layer(index, call, Sight(), 1, FIRST) for index, call in enumerate(calls))


def _unused(model: nn.Module, found: Trace) -> tuple[str, ...]:
    """Modules with parameters of their own that did not run; the outermost ones of each kind."""
    run = {call.name.split("#")[0] for call in found.calls}
    idle = [
        name
        for name, module in model.named_modules()
        if any(True for _ in module.parameters())
        and not any(each == name or each.startswith(f"{name}.") or not name for each in run)
    ]
    return tuple(name for name in idle if not any(name.startswith(f"{other}.") for other in idle))
