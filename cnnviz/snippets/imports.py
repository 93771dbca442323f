"""The head of a program: the imports that its names ask for, and the packages to install."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from cnnviz.snippets.parts import Part

__all__ = ["names_in", "with_imports"]

# By the name that a program uses: the line, and the package that has it; "" for the standard library.
_IMPORTS = {
    "io": ("import io", ""),
    "files": ("from importlib.resources import files", "scikit-image"),
    "cv2": ("import cv2", "opencv-python"),
    "np": ("import numpy as np", "numpy"),
    "skimage": ("import skimage.data", "scikit-image"),
    "torch": ("import torch", "torch"),
    "F": ("import torch.nn.functional as F", "torch"),
    "register_heif_opener": ("from pillow_heif import register_heif_opener", "pillow-heif"),
}
_PILLOW = ("Image", "ImageCms", "ImageOps")


def with_imports(program: Part, lines: Sequence[str] = (), packages: Sequence[str] = ()) -> str:
    """Write a whole program.

    Args:
        program: statements and the functions that they need.
        lines: imports that its names do not tell.
        packages: that those need.
    """
    body = f"{program.code}\n"
    if program.functions:
        body = "\n\n\n".join([*program.functions, body])
    used = names_in(body)
    found = [_IMPORTS[each] for each in _IMPORTS if each in used]
    pillow = [each for each in _PILLOW if each in used]
    wanted = {package for _, package in found if package} | {"pillow", *packages}
    needed = _gathered([*lines, *(line for line, _ in found), f"from PIL import {', '.join(pillow)}"])
    standard = [each for each in needed if _module(each).partition(".")[0] in sys.stdlib_module_names]
    others = [each for each in needed if each not in standard]
    blocks = [[f"# pip install {' '.join(sorted(wanted))}"], sorted(standard, key=_place), sorted(others, key=_place)]
    head = "\n\n".join("\n".join(block) for block in blocks if block)
    return f"{head}\n\n{'' if not program.functions else chr(10)}{body}"


def names_in(code: str) -> set[str]:
    """The names that a program uses."""
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def _gathered(lines: Sequence[str]) -> list[str]:
    """Each line once, and what comes from one module on one line."""
    names: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from"):
            names.setdefault(_module(line), set()).update(line.partition(" import ")[2].split(", "))
    plain = {line for line in lines if not line.startswith("from")}
    return [*plain, *(f"from {module} import {', '.join(sorted(each))}" for module, each in names.items())]


def _module(line: str) -> str:
    return line.split()[1]


def _place(line: str) -> tuple[bool, str]:
    """Plain imports first, by the module's name."""
    return line.startswith("from"), _module(line).lower()
