"""What every step of a forward pass returned: modules and the functions between them, as copies.

    capture.capture(zoo.build("resnet18").eval(), x)["layer1.0.add"]  # (1, 64, 56, 56)

The steps are those of `summary.summarize`, by the same names. Nothing is put on the model: the functions are seen
by a mode of this thread, the modules by hooks that heed one thread (see `global_hooks`), so that any number of
threads can use one model, each with changes of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.errors import CnnvizError, ParameterError
from cnnviz.networks.copies import Copies
from cnnviz.networks.expectations import check_initialised
from cnnviz.networks.global_hooks import following
from cnnviz.networks.shadow import named, shadow
from cnnviz.networks.tracing import trace
from cnnviz.networks.walk import Change, Walk
from cnnviz.text import N_

__all__ = ["Change", "capture", "follow"]


def capture(
    model: nn.Module,
    x: Tensor,
    *,
    keep: Collection[str] | None = None,
    changes: Mapping[str, Change] | None = None,
) -> dict[str, Tensor]:
    """Run `model` on `x` in evaluation mode and return what its steps returned.

    Args:
        model: any network; it stays as it is, and may be in use by other threads. Of one made by `torch.jit` only
            the output is seen.
        x: (N, C, H, W), or (N, words) of indices; on the model's device.
        keep: names of the steps to return, as in `Summary.layers`; None for all.
        changes: name of a step -> function of its output; the network goes on with what that returns, which has
            the same shape. The step's entry in the result is what the function returned, the very same tensor if it
            requires a gradient.

    Returns:
        Name -> (first) output, in the order of the pass. Each is a tensor of its own: later in-place operations of
        the network or of the caller change no other. With gradients enabled they are part of the graph that leads
        to the later ones; under inference mode, or without gradients, they are ordinary tensors all the same.

    Raises:
        ParameterError: when a name in `keep` or `changes` is no step, and for a network with lazy layers.
        ShapeError: when a layer cannot be used on what reaches it.
    """
    return follow(model, x, keep=keep, changes=changes)[1]


def follow(
    model: nn.Module,
    x: Tensor,
    *,
    keep: Collection[str] | None = None,
    changes: Mapping[str, Change] | None = None,
) -> tuple[Any, dict[str, Tensor]]:
    """What the model returned, and what `capture` returns; see there."""
    network = _evaluating(model)
    names = named(network)
    weights = [each for module in names for each in (*module._parameters.values(), *module._buffers.values())]
    check_initialised(network, weights)
    walk = Walk(names, keep, changes or {}, Copies())
    output = _run(walk, network, x)
    if not walk.copies.intact:
        walk = Walk(names, keep, changes or {}, Copies(at_once=True))
        output = _run(walk, network, x)
    for name in {*(keep or ()), *(changes or ())} - walk.seen:
        raise ParameterError("step", name[:60], N_("one of the network's steps"))
    walk.copies.separate([x, *(each for each in weights if each is not None)])
    return output, walk.copies.kept


def _run(walk: Walk, network: nn.Module, x: Tensor) -> Any:
    try:
        with _ordinary(), following(walk), walk:
            try:
                return network(walk.start(x))
            finally:
                walk.look()
    except CnnvizError:
        raise
    except Exception as error:  # a network may raise anything; a run without numbers tells whether a layer is at fault
        failure = trace(network, tuple(x.shape), words=not x.is_floating_point()).failure
        if failure is None:
            raise
        raise failure from error


@contextmanager
def _ordinary() -> Iterator[None]:
    """Leave inference mode, whose tensors remember no overwriting and cannot be used outside; stay as fast."""
    if not torch.is_inference_mode_enabled():
        yield
    else:
        with torch.inference_mode(False), torch.no_grad():
            yield


def _evaluating(model: nn.Module) -> nn.Module:
    """`model`, or while it is being trained a private one with the same weights that is not."""
    modules = named(model)
    if not any(each.training for each in modules):
        return model
    if any(isinstance(each, torch.jit.ScriptModule) for each in modules):
        return copy.deepcopy(model).eval()
    return shadow(model, lambda tensor: tensor)
