"""The Python code of a network's classes, to be read beside its diagram."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

__all__ = ["LONGEST", "sources"]

LONGEST = 20_000  # characters of a class; longer ones are left out

_LIBRARY = "torch"  # its layers are documented elsewhere, and their code is about other things


def sources(model: nn.Module) -> dict[str, str]:
    """The code of every class of modules in a network, by the class's name; PyTorch's own layers are left out.

    Args:
        model: any network; its classes may be ours, torchvision's or a visitor's.

    Returns:
        Code as it stands in its file, the network's own class first. Classes without a file (made in a notebook)
        and those longer than `LONGEST` are missing. Of two classes with one name the outer one is kept.
    """
    found: dict[str, str] = {}
    for kind in dict.fromkeys(type(module) for module in model.modules()):
        if kind.__module__.partition(".")[0] == _LIBRARY or kind.__name__ in found:
            continue
        code = _code(kind)
        if 0 < len(code) <= LONGEST:
            found[kind.__name__] = code
    return found


def _code(kind: type) -> str:
    try:
        return textwrap.dedent(inspect.getsource(kind))
    except (OSError, TypeError):  # no file
        return ""
