"""The one door to torchvision: `torchvision_door.torchvision()` instead of `import torchvision`.

torchvision's wheel on PyPI is compiled against PyTorch's CUDA build. Beside a CPU build its extension cannot
be loaded, and the import stops at "operator torchvision::nms does not exist", although the classification
networks and the transforms need nothing from the extension. The door declares the two operators that the
import asks for; calling one of them still fails, and says so.

It can go once torchvision imports without its extension.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from pathlib import Path
from types import ModuleType

__all__ = ["torchvision"]

# Kept boxes from boxes, scores and a threshold; qnms does the same for quantised boxes.
_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_OPERATORS = ("torchvision::nms", "torchvision::qnms")
_importing = threading.Lock()


def torchvision() -> ModuleType:
    """Import torchvision and return it: `torchvision().models.resnet18()`.

    The first call takes seconds, because it imports torch too; later calls cost nothing.

    Raises:
        ImportError: when torch or torchvision is not installed.
    """
    with _importing:  # two pages may ask at once, and an operator can be declared only once
        _declare_missing_operators()
        return importlib.import_module("torchvision")


def _declare_missing_operators() -> None:
    import torch

    for operator in () if _extension_loads() else _OPERATORS:
        if not hasattr(torch.ops.torchvision, operator.split("::")[1]):
            torch.library.define(operator, _SCHEMA)


def _extension_loads() -> bool:
    """Whether torchvision's compiled operators can be used with this torch."""
    import torch

    spec = importlib.util.find_spec("torchvision")
    folders = spec.submodule_search_locations if spec else None
    extensions = [file for folder in folders or () for file in Path(folder).glob("_C*.[sp][oy]*")]  # .so, .pyd
    try:
        for extension in extensions:
            torch.ops.load_library(extension)  # type: ignore[no-untyped-call]  # torch has no type for it
    except OSError:  # made for another torch
        return False
    return bool(extensions)
