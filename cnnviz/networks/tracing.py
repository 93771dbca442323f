"""One run of a network on the "meta" device, written down call by call.

A meta tensor has a shape and no numbers, so the run costs what Python costs. It happens on a private shadow of
the network: hooks on the network itself would see the runs of other visitors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnviz.errors import ShapeError
from cnnviz.networks.expectations import check_input, expected_input
from cnnviz.networks.facts import INPUT, Shape
from cnnviz.networks.shadow import shadow
from cnnviz.networks.steps import Steps, function_name, tensors

__all__ = ["Call", "Trace", "trace"]


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a leaf module, or of a function outside of one.

    Attributes:
        name: dotted name; of the module around it and the function's, for a function.
        module: what was called; None for a function.
        function: the function's name; empty for a module.
        sources: indices of the calls whose outputs it reads, `INPUT` for the network's input.
        inputs: shapes that it read.
        output: shape of its (first) output.
        given: shapes of all tensors that a function got, weights included; of a module: its inputs.
        parameters: used here for the first time, as (name, shape).
        arguments: of a function: those by place that are no tensors.
        keywords: of a function: those by name that are no tensors.
    """

    name: str
    module: nn.Module | None
    function: str
    sources: tuple[int, ...]
    inputs: tuple[Shape, ...]
    output: Shape
    parameters: tuple[tuple[str, Shape], ...]
    given: tuple[Shape, ...] = ()
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Trace:
    """What was written down: the calls, what the network returned, and what stopped it."""

    calls: list[Call] = field(default_factory=list)
    outputs: tuple[int, ...] = ()
    failure: ShapeError | None = None
    untraced: str = ""


def trace(model: nn.Module, input_shape: Shape, *, words: bool = False) -> Trace:
    """Run a shadow of `model` in evaluation mode; `model` stays as it is.

    Args:
        model: any network; on any device.
        input_shape: with the batch.
        words: the input is made of indices of words, not of numbers.
    """
    recorder = _Recorder()
    x = torch.empty(input_shape, dtype=torch.long if words else torch.float32, device="meta")
    recorder.know(x, INPUT)
    try:
        copy = shadow(model, _meta)
        for name, module in copy.named_modules():
            recorder.watch(name, module)
        with torch.no_grad(), torch.device("meta"), recorder:
            result = copy(x)
    except ShapeError as error:
        recorder.trace.failure = error
    except Exception as error:  # a network may raise anything; which layer did it is known
        recorder.stopped(error)
    else:
        recorder.trace.outputs = tuple(recorder.sources(result))
    return recorder.trace


def _meta(value: Tensor) -> Tensor:
    if value.is_meta:
        return value
    empty = torch.empty_like(value, device="meta")
    return nn.Parameter(empty, requires_grad=False) if isinstance(value, nn.Parameter) else empty


class _Recorder(TorchFunctionMode):
    """Sees every module by hooks, and every function that is called outside of a leaf."""

    def __init__(self) -> None:
        super().__init__()
        self.trace = Trace()
        self._producer: dict[int, int] = {}  # id of a tensor -> index of its call
        self._alive: list[Tensor] = []  # an id is free again once its tensor is gone
        self._steps = Steps()
        self._read: list[tuple[tuple[Shape, ...], list[int]]] = []  # shapes and sources, of every module under way
        self._counted: set[int] = set()  # parameters

    def watch(self, name: str, module: nn.Module) -> None:
        """Write down the calls of `module`, which is called `name`."""
        leaf = not module._modules
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            # On the meta device it is written in Python, and takes most of a whole run to find that nothing changes.
            module.__dict__["forward"] = torch.empty_like

        def before(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            given = list(tensors((args, kwargs))) if leaf else []
            shapes = tuple(tuple(each.shape) for each in given)
            self._steps.open.append((name, module))
            self._read.append((shapes, [self._producer.get(id(each), INPUT) for each in given]))
            if leaf:
                check_input(name, module, shapes)

        def after(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:  # noqa: ARG001 - torch passes them
            self._steps.open.pop()
            shapes, sources = self._read.pop()
            if leaf:
                self._write(name, module, "", sources, shapes, output, self._new(module.named_parameters()), shapes)

        module.register_forward_pre_hook(before, with_kwargs=True)
        module.register_forward_hook(after)

    def know(self, tensor: Tensor, index: int) -> None:
        """Remember which call made `tensor`."""
        self._producer[id(tensor)] = index
        self._alive.append(tensor)

    def sources(self, values: Any) -> list[int]:
        """Calls that made the tensors among `values`."""
        return [self._producer[id(each)] for each in tensors(values) if id(each) in self._producer]

    def stopped(self, error: Exception) -> None:
        """Say which layer raised `error`; one that is no layer's fault means that the run cannot be followed."""
        if (leaf := self._steps.leaf) and (shapes := self._read[-1][0]):
            name, module = leaf
            self.trace.failure = ShapeError(name, shapes[0][1:], expected_input(module) or _first_line(error))
        else:
            self.trace.untraced = _first_line(error)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run `func`, and write it down when no leaf is under way and it makes a tensor of known ones."""
        kwargs = kwargs or {}
        if not self._steps.between:
            return func(*args, **kwargs)
        sources = self.sources((args, kwargs))
        shapes = tuple(tuple(each.shape) for each in tensors((args, kwargs)) if id(each) in self._producer)
        name = function_name(func)
        try:
            output = func(*args, **kwargs)
        except RuntimeError as error:
            if len(shapes) < 2:
                raise
            raise ShapeError(self._steps.child(name), shapes[1][1:], " × ".join(map(str, shapes[0][1:]))) from error
        if sources and any(True for _ in tensors(output)):
            used = self._new(_given_parameters(args, kwargs))
            plain = tuple(each for each in args if not isinstance(each, Tensor))
            named = {name: each for name, each in kwargs.items() if not isinstance(each, Tensor)}
            given = tuple(tuple(each.shape) for each in tensors((args, kwargs)))
            self._write(self._steps.child(name), None, name, sources, shapes, output, used, given, plain, named)
        return output

    def _new(self, parameters: Any) -> tuple[tuple[str, Shape], ...]:
        """Parameters that no earlier call has used."""
        fresh = [(str(name), each) for name, each in parameters if id(each) not in self._counted]
        self._counted.update(id(each) for _, each in fresh)
        return tuple((name, tuple(each.shape)) for name, each in fresh)

    def _write(
        self,
        name: str,
        module: nn.Module | None,
        function: str,
        sources: list[int],
        shapes: tuple[Shape, ...],
        output: Any,
        parameters: tuple[tuple[str, Shape], ...],
        *rest: Any,
    ) -> None:
        outputs = list(tensors(output))
        name = self._steps.numbered(name)
        for each in outputs:
            self.know(each, len(self.trace.calls))
        made = tuple(outputs[0].shape) if outputs else ()
        self.trace.calls.append(Call(name, module, function, tuple(sources), shapes, made, parameters, *rest))


def _given_parameters(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Parameters that a function got directly, by their place."""
    for place, each in enumerate(tensors((args, kwargs))):
        if isinstance(each, nn.Parameter):
            yield str(place), each


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
