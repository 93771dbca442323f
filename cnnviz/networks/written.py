"""A network as source: PyTorch's layers where it has them, the blocks of the zoo as classes, names of weights kept."""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from cnnviz.errors import DataError
from cnnviz.text import N_

__all__ = ["Written", "write"]

_LINE = 88
_INDENT = "    "
_CANNOT = N_("{layer} cannot be written as a program of its own.")

_BLOCK = '''class Block(nn.Module):
    """Layers by name; None where there is none."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)'''


@dataclass(frozen=True)
class Written:
    """A network's source.

    Attributes:
        imports: lines that it needs, sorted.
        definitions: functions and classes, each after what it needs.
        expression: that builds the network with random weights.
    """

    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    expression: str


def write(network: nn.Module) -> Written:
    """Write a network, so that its source builds one with the same names of weights that computes the same.

    Args:
        network: of PyTorch's layers, in sequences or in modules of the zoo that hold nothing but layers, numbers and
            texts. Only its structure matters; it may be on PyTorch's "meta" device.

    Raises:
        DataError: when a module has weights of its own, or something else that no source tells.
    """
    writer = _Writer()
    expression = writer.expression(network, 0)
    return Written(tuple(sorted(writer.imports)), tuple(writer.definitions.values()), expression)


@dataclass
class _Writer:
    imports: set[str] = field(default_factory=lambda: {"from torch import nn"})
    definitions: dict[str, str] = field(default_factory=dict)

    def expression(self, module: nn.Module, depth: int) -> str:
        """What builds the module; lines after the first one are indented by `depth`."""
        kind = type(module)
        if kind.__module__.startswith("torch."):
            return self._sequence(module, depth) if kind is nn.Sequential else _call(module)
        if kind.forward is nn.Sequential.forward:
            return self._sequence(module, depth)
        return self._block(module, depth)

    def _sequence(self, module: nn.Module, depth: int) -> str:
        names = [name for name, _ in module.named_children()]
        if names == [str(place) for place in range(len(names))]:
            inside = [self.expression(each, depth + 1) for each in module.children()]
            return _laid_out("nn.Sequential(", inside, ")", depth)
        self.imports.add("from collections import OrderedDict")
        inside = [f'"{name}": {self.expression(each, depth + 1)}' for name, each in module.named_children()]
        return _laid_out("nn.Sequential(OrderedDict({", inside, "}))", depth)

    def _block(self, module: nn.Module, depth: int) -> str:
        """A module of the zoo: its class without `__init__`, which is called with its layers and its numbers."""
        kind = type(module)
        if module._parameters or module._buffers:
            raise DataError(_CANNOT, layer=kind.__name__)
        used = self.define_class(kind)
        inside = [f"{name}={self.expression(each, depth + 1)}" for name, each in module.named_children()]
        for name in sorted(used - dict(module.named_children()).keys()):
            value = vars(module).get(name, getattr(module, name, None))
            if value is None or isinstance(value, bool | int | float | str):
                inside.append(f"{name}={value!r}")
            elif not callable(value):
                raise DataError(_CANNOT, layer=kind.__name__)
        return _laid_out(f"{kind.__name__}(", inside, ")", depth)

    def define_class(self, kind: type[nn.Module]) -> set[str]:
        """Add a class and what its methods need. Returns the names that they look up in `self`."""
        methods = list(_methods(kind))
        if kind.__name__ not in self.definitions:
            bodies = "\n\n".join(self._source(each, _module_of(kind)) for each in methods)
            self.definitions.setdefault("Block", _BLOCK)
            self.definitions[kind.__name__] = f"class {kind.__name__}(Block):\n{bodies}"
        own = {each.name for each in methods} | {"training"}
        return {
            each.attr
            for method in methods
            for each in ast.walk(method)
            if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "self"
        } - own

    def _source(self, function: ast.FunctionDef, around: types.ModuleType) -> str:
        """A method or function without types, its names resolved in the module that it stands in."""
        resolved = ast.fix_missing_locations(_Resolved(self, vars(around)).visit(function))
        margin = _INDENT if "self" in {each.arg for each in function.args.args} else ""
        return "\n".join(f"{margin}{line}".rstrip() for line in ast.unparse(resolved).splitlines())

    def add_function(self, function: types.FunctionType) -> None:
        """Add a function of the zoo, after what it needs."""
        if function.__name__ not in self.definitions:
            (tree,) = ast.parse(inspect.getsource(function)).body
            assert isinstance(tree, ast.FunctionDef)  # noqa: S101 - it is a function's source
            self.definitions[function.__name__] = self._source(tree, _module_of(function))


class _Resolved(ast.NodeTransformer):
    """Takes types and the names of the zoo's modules out of a function, and adds what it uses to the writer."""

    def __init__(self, writer: _Writer, known: dict[str, Any]) -> None:
        self.writer, self.known = writer, known

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.Assign([node.target], self.visit(node.value))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner = self.known.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(owner, types.ModuleType) and owner.__name__.startswith("cnnviz."):
            self._add(node.attr, vars(owner)[node.attr])
            return ast.Name(node.attr, node.ctx)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.known:
            self._add(node.id, self.known[node.id])
        return node

    def _add(self, name: str, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            package, _, last = value.__name__.rpartition(".")
            self.writer.imports.add(f"from {package} import {last}" if package else f"import {last}")
        elif isinstance(value, types.FunctionType) and value.__module__.startswith("cnnviz."):
            self.writer.add_function(value)
        elif isinstance(value, type) and value.__module__.startswith("cnnviz.") and issubclass(value, nn.Module):
            self.writer.define_class(value)
        elif isinstance(value, bool | int | float | str):
            self.writer.definitions.setdefault(name, f"{name} = {value!r}")
        else:
            raise DataError(_CANNOT, layer=name)


def _methods(kind: type[nn.Module]) -> Iterator[ast.FunctionDef]:
    """Methods of a class of the zoo and its parents there, the constructor excepted."""
    found: dict[str, ast.FunctionDef] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.startswith("cnnviz."):
            (tree,) = ast.parse(inspect.getsource(each)).body
            assert isinstance(tree, ast.ClassDef)  # noqa: S101 - it is a class's source
            found.update((part.name, part) for part in tree.body if isinstance(part, ast.FunctionDef))
    found.pop("__init__", None)
    yield from found.values()


def _module_of(thing: Any) -> types.ModuleType:
    return sys.modules[thing.__module__]


# ---- layout


def _call(module: nn.Module) -> str:
    """A layer of PyTorch, without what is as it would be anyway."""
    try:
        call = ast.parse(repr(module), mode="eval").body
        assert isinstance(call, ast.Call)  # noqa: S101 - handled below
    except (SyntaxError, AssertionError) as error:
        raise DataError(_CANNOT, layer=type(module).__name__) from error
    defaults = inspect.signature(type(module)).parameters
    call.keywords = [
        ast.keyword(each.arg, _short(each.value))
        for each in call.keywords
        if each.arg and each.arg in defaults and ast.unparse(_short(each.value)) != repr(defaults[each.arg].default)
    ]
    return f"nn.{ast.unparse(call)}"


def _short(value: ast.expr) -> ast.expr:
    """3 for (3, 3)."""
    if isinstance(value, ast.Tuple) and len({ast.unparse(each) for each in value.elts}) == 1:
        return value.elts[0]
    return value


def _laid_out(head: str, inside: list[str], tail: str, depth: int) -> str:
    line = f"{head}{', '.join(inside)}{tail}"
    margin = _INDENT * depth
    if "\n" not in line and len(margin) + len(line) + 24 <= _LINE:  # a name goes before it
        return line
    return "\n".join([head, *(f"{margin}{_INDENT}{each}," for each in inside), f"{margin}{tail}"])
