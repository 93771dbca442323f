"""A class for programs: keeps what every layer returns, and every function between layers, by our names."""

from __future__ import annotations

__all__ = ["IMPORTS", "recorder"]

IMPORTS = (
    "from collections import Counter",
    "from functools import partial",
    "from torch.overrides import TorchFunctionMode",
)
"""Lines that the class needs."""

_RECORDER = '''class Steps(TorchFunctionMode):
    """Keeps a copy of what every layer returns, and every function between layers."""

    def __init__(self, model, x):
        super().__init__()
        self.maps, self.open, self.uses = {{}}, [], Counter()
        self.known = {{id(x): x}}  # the picture, and what it has become
        for name, module in model.named_modules():
            is_layer = next(module.children(), None) is None
            module.register_forward_pre_hook(partial(self.begin, name, is_layer))
            module.register_forward_hook(self.end)

    def begin(self, name, is_layer, module, given):
        self.open.append((name, is_layer)){begin}

    def end(self, module, given, output):
        name, is_layer = self.open[-1]
        if is_layer:
            output = self.keep(name, output)
        self.open.pop()
        return output

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name, within_layer = self.open[-1] if self.open else ("", True)
        if within_layer or not any(id(each) in self.known for each in tensors(args)):
            return function(*args, **(kwargs or {{}}))
        name = f"{{name}}.{{function.__name__.strip('_')}}".lstrip("."){function}
        return self.keep(name, function(*args, **(kwargs or {{}})))

    def numbered(self, name):
        """The second use of a name ends in "#2"."""
        use = self.uses[name] + 1
        return name if use == 1 else f"{{name}}#{{use}}"

    def keep(self, name, output):
        if made := tensors(output):
            step = self.numbered(name)
            self.uses[name] += 1{keep}
            self.maps[step] = made[0].clone()
            self.known.update({{id(each): each for each in made}})
        return output{left}


def tensors(values):
    if isinstance(values, (list, tuple)):
        return [tensor for each in values for tensor in tensors(each)]
    return [values] if isinstance(values, torch.Tensor) else []'''

_BEGIN = """
        if is_layer:
            return self.without_summand(self.numbered(name), given)"""
_FUNCTION = """
        args = self.without_summand(self.numbered(name), args)"""
_KEEP = """
            for _, channels, summand in (each for each in OFF if each[0] == step):
                if summand is None:
                    output = output.clone()
                    output{moved}[:, channels or slice(None)] = 0
            made = tensors(output)"""
_MOVED = ".movedim(AXES.get(step, 1), 1)"
_LEFT = '''

    def without_summand(self, step, given):
        """The arguments of an addition, with zeros for a summand that is switched off."""
        left_out = [summand for name, _, summand in OFF if name == step]
        return tuple(torch.zeros_like(each) if i in left_out else each for i, each in enumerate(given))'''


def recorder(*, changing: bool, moving: bool = False) -> str:
    """Source of the class `Steps`; `changing`: it sets to zero what a list `OFF` names.

    `OFF` has (step, channels, summand): all of the step's output when there are no channels; with a summand, that one
    of an addition's arguments instead. `moving`: a dictionary `AXES` has the axis of some of these steps' channels.
    """
    keep = _KEEP.format(moved=_MOVED if moving else "")
    parts = {"begin": _BEGIN, "function": _FUNCTION, "keep": keep, "left": _LEFT}
    return _RECORDER.format(**{name: text if changing else "" for name, text in parts.items()})
