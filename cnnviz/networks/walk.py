"""One forward pass as it is seen by the thread that runs it: every step kept, changed, and passed on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from weakref import ref

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd
from torch.overrides import TorchFunctionMode

from cnnviz.networks.copies import Copies, overwritten, storage
from cnnviz.networks.steps import Steps, function_name, is_leaf, tensors

__all__ = ["Change", "Walk"]

Change = Callable[[Tensor], Tensor]


class Walk(TorchFunctionMode):
    """Sees every call of one pass, keeps outputs and changes them.

    Args:
        names: of all modules of the network.
        keep: names of the steps to keep; None for all.
        changes: name of a step -> function of its output.
        copies: where outputs are kept.
    """

    def __init__(
        self,
        names: Mapping[nn.Module, str],
        keep: Collection[str] | None,
        changes: Mapping[str, Change],
        copies: Copies,
    ) -> None:
        super().__init__()
        self.copies = copies
        self.seen: set[str] = set()
        self._keep = None if keep is None else frozenset(keep)
        self._changes = changes
        self._names = names
        self._steps = Steps()
        self._known: dict[int, ref[Tensor]] = {}  # outputs and the input, which may be gone, and their ids reused
        self._overwritten: set[int] = set()  # ids of tensors, since the last module began
        self._blindfold: Any = None  # worn while a module runs into which nobody has to look

    def start(self, x: Tensor) -> Tensor:
        """The network's input, as a tensor that may be used in any mode."""
        x = x.clone() if x.is_inference() else x
        self._know(x)
        return x

    def before(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """A module begins."""
        name = self._names.get(module)
        if name is None:
            return
        self.look()
        self._steps.open.append((name, module))
        self._overwritten.clear()
        if type(module).__module__.startswith("torch.nn.modules.") and not module._modules:
            self.look_away()
            if getattr(module, "inplace", False) and not isinstance(module, _DropoutNd):  # idle in evaluation
                self._doom(list(tensors(args)))

    def after(self, module: nn.Module, output: Any) -> Any:
        """A module is done."""
        name = self._names.get(module)
        if name is None:
            return None
        while self._steps.open.pop()[1] is not module:
            pass  # it raised an error that the network caught
        if not is_leaf(module):
            return None
        if self._blindfold is None:
            self.look_away()
        try:
            return self._step(name, output, self._overwritten)
        finally:
            self.look()

    def look_away(self) -> None:
        """See no functions for a while: of our own, or of PyTorch's layers, which say whether they work in place."""
        self._blindfold = torch._C.DisableTorchFunction()
        self._blindfold.__enter__()

    def look(self) -> None:
        """See functions again."""
        if self._blindfold is not None:
            self._blindfold.__exit__(None, None, None)
            self._blindfold = None

    def _doom(self, doomed: list[Tensor]) -> None:
        if doomed:
            self.copies.save(doomed)
            self._overwritten.update(map(id, doomed))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run `func`; it is a step when no leaf is under way and it makes a tensor of known ones."""
        kwargs = kwargs or {}
        doomed = overwritten(func, args, kwargs)
        self._doom(doomed)
        step = self._steps.between and any(map(self._knows, tensors((args, kwargs))))
        output = func(*args, **kwargs)
        if not step or not any(True for _ in tensors(output)):
            return output
        return self._step(self._steps.child(function_name(func)), output, set(map(id, doomed)))

    def _step(self, name: str, output: Any, overwritten: set[int]) -> Any:
        """Keep and change the (first) output; return what the network goes on with."""
        name = self._steps.numbered(name)
        self.seen.add(name)
        made = output if isinstance(output, Tensor) else next(tensors(output), None)
        if made is not None:
            shown = self._changes[name](made) if name in self._changes else made
            if self._keep is None or name in self._keep:
                self.copies.add(name, shown)
            given = self._passed_on(made, shown, in_place=id(made) in overwritten)
            if given is not made:
                output = _replaced(output, made, given)
        for each in (output,) if isinstance(output, Tensor) else tensors(output):
            self._know(each)
        return output

    def _passed_on(self, made: Tensor, shown: Tensor, *, in_place: bool) -> Tensor:
        """The tensor that the network gets for the one that is shown.

        After an in-place operation the network may hold its argument instead of its output, so both are changed. And
        a tensor with a gradient is passed on as a copy: what is done to that in place leaves it in the graph.
        """
        if in_place and shown is not made and storage(shown) != storage(made):
            self.copies.save([made])
            return made.copy_(shown)
        return shown.clone() if torch.is_grad_enabled() and shown.requires_grad else shown

    def _know(self, tensor: Tensor) -> None:
        self._known[id(tensor)] = ref(tensor)

    def _knows(self, tensor: Tensor) -> bool:
        known = self._known.get(id(tensor))
        return known is not None and known() is tensor


def _replaced(values: Any, old: Tensor, new: Tensor) -> Any:
    """Nested tuples, lists and dictionaries with `new` instead of `old`."""
    if values is old:
        return new
    if isinstance(values, Mapping):
        return type(values)({key: _replaced(each, old, new) for key, each in values.items()})  # type: ignore[call-arg]  # a mapping of its own class
    if isinstance(values, list | tuple):
        made = [_replaced(each, old, new) for each in values]
        return type(values)(*made) if hasattr(values, "_fields") else type(values)(made)
    return values
