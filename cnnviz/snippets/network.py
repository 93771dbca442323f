"""A network of one's own as a program: PyTorch only, to be run as pasted."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from cnnviz.networks.custom import Custom, Step, steps
from cnnviz.networks.custom.kinds import kind_of
from cnnviz.networks.facts import Shape
from cnnviz.snippets.literals import call

__all__ = ["network_program"]

_LINE = 88
_INDENT = "    "
_SOURCES = ("custom/modules.py", "zoo/parts.py")  # below cnnviz.networks: where blocks and their parts are written
_FOLLOWING = ("bn", "relu", "tanh", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "drop")  # on the line before


def network_program(custom: Custom) -> str:
    """Write a program that builds the network as the class `Net`, and shows it two random pictures.

    It runs as pasted, without this package; the blocks are written out as classes. Modules are named as in
    `cnnviz.networks.custom.building.build`, so weights can be exchanged. Its variables: `model`, `x`, `y`.

    Raises:
        UnfitError: when a layer does not fit.
    """
    done = steps(custom)
    blocks = _definitions(step.layer.call(step.input_shape).function for step in done)
    head = "# pip install torch\n\nimport torch\nfrom torch import Tensor, nn"
    return "\n\n\n".join([head, *blocks, _net(custom, done), _use(custom)]) + "\n"


# ---- the network


def _net(custom: Custom, done: Sequence[Step]) -> str:
    made = [_assigned(step) for step in done]
    run = [f"{_INDENT * 2}{line}" for line in _forward(done)]
    return "\n".join(
        [
            "class Net(nn.Module):",
            f'{_INDENT}"""{_times(custom.input_shape)} -> {_times(done[-1].cost.output)}."""',
            "",
            f"{_INDENT}def __init__(self) -> None:",
            f"{_INDENT * 2}super().__init__()",
            *made,
            "",
            f"{_INDENT}def forward(self, x: Tensor) -> Tensor:",
            *run,
            f"{_INDENT * 2}return x",
        ]
    )


def _assigned(step: Step) -> str:
    made = step.layer.call(step.input_shape)
    return call(made.function, *made.values, target=f"self.{step.name}", indent=2)


def _forward(done: Sequence[Step]) -> list[str]:
    """A line for each layer and what follows it, with the shape that comes out."""
    groups: list[list[Step]] = []
    for step in done:
        joined = [*groups[-1], step] if groups and kind_of(step.layer).word in _FOLLOWING else []
        if joined and len(_INDENT * 2 + _nested(joined)) <= _LINE:
            groups[-1] = joined
        else:
            groups.append([step])
    return [_commented(_nested(group), group[-1].cost.output) for group in groups]


def _nested(group: Sequence[Step]) -> str:
    inner = "x"
    for step in group:
        inner = f"self.{step.name}({inner})"
    return f"x = {inner}"


def _commented(line: str, shape: Shape) -> str:
    text = f"{line}  # {_times(shape)}"
    return text if len(_INDENT * 2 + text) <= _LINE else line


def _times(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _use(custom: Custom) -> str:
    shape = ", ".join(map(str, (2, *custom.input_shape)))
    return f"""model = Net()
x = torch.randn({shape})  # two random pictures
y = model(x)
print("output:", tuple(y.shape))
print("parameters:", sum(weights.numel() for weights in model.parameters()))"""


# ---- the blocks


@dataclass(frozen=True)
class _Definition:
    """A class or function of our own: its source, and the names that it uses."""

    source: str
    uses: frozenset[str]


def _definitions(names: Iterable[str]) -> list[str]:
    """Sources of the classes of these names, each after what it needs, each once."""
    known = _known()
    found: dict[str, str] = {}

    def add(name: str) -> None:
        if name in known and name not in found:
            for used in sorted(known[name].uses - {name}):
                add(used)
            found[name] = known[name].source

    for name in names:
        add(name)
    return list(found.values())


@cache
def _known() -> dict[str, _Definition]:
    """Everything that the files of blocks define: read, not imported, because that would import torch."""
    found = {}
    for path in _SOURCES:
        text = resources.files("cnnviz.networks").joinpath(path).read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                uses = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
                found[node.name] = _Definition(_source(text, node), uses)
    return found


def _source(text: str, node: ast.ClassDef | ast.FunctionDef) -> str:
    """The definition as it stands in its file, without what a class says about itself to our diagrams."""
    said = [each for each in node.body if isinstance(each, ast.Assign)] if isinstance(node, ast.ClassDef) else []
    hidden = {number for each in said for number in range(each.lineno, (each.end_lineno or each.lineno) + 2)}
    lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
    return "\n".join(line for number, line in enumerate(lines, node.lineno) if number not in hidden)
