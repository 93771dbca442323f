"""What somebody wrote beside weights: the classes, the network, how pictures are prepared. All of it optional, checked.

What cannot be used is left out: the weights may well be fine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cnnviz.networks.zoo import Value

__all__ = ["LONGEST", "MOST_CLASSES", "Facts", "of_file", "of_metadata"]

MOST_CLASSES = 22_000
LONGEST = 100  # characters of a class's name
_MOST_TEXT = 2**20  # bytes of a file
_LARGEST_SIDE = 1024  # pixels
_LARGEST = 1e6  # of a mean, a deviation or a side
_SMALLEST_STD = 1e-6


@dataclass(frozen=True)
class Facts:
    """What is known; empty where it is not.

    Attributes:
        classes: names, in the order of the outputs.
        architecture: a key of the zoo, or torchvision's name.
        options: of its builder.
        shape: (channels, rows, columns) of its input.
        mean, std: per channel, of values in 0-1.
        resize: pixels of the shorter side before the middle is cut out.
    """

    classes: tuple[str, ...] = ()
    architecture: str = ""
    options: Mapping[str, Value] = field(default_factory=dict, hash=False)
    shape: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    resize: int = 0

    def over(self, other: Facts) -> Facts:
        """What is known here, and from the other what is not."""
        known = {name: value for name, value in vars(self).items() if value}
        return replace(other, **known)

    def of(self, architecture: str) -> Facts:
        """The same for another network; for the same one when `architecture` is empty or no other."""
        if architecture in ("", self.architecture):
            return self
        return replace(self, architecture=architecture, options={})


def of_file(path: Path) -> Facts:
    """What NAME.json or NAME.txt says beside a file of weights."""
    found = _read(path.with_suffix(".json"))
    if found:
        return _facts(_parsed(found))
    return _facts({"classes": _read(path.with_suffix(".txt")).splitlines()})


def of_metadata(metadata: Mapping[str, str]) -> Facts:
    """What the metadata of a .safetensors file say: texts, or JSON in texts."""
    return _facts({name: text if name == "architecture" else _parsed(text) for name, text in metadata.items()})


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.stat().st_size <= _MOST_TEXT else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _facts(said: Any) -> Facts:
    """Take over what is of the right kind and within limits."""
    if isinstance(said, list):
        said = {"classes": said}
    if not isinstance(said, dict):
        return Facts()
    shape, mean, std = (_numbers(said.get(each)) for each in ("shape", "mean", "std"))
    options, resize = said.get("options"), said.get("resize")
    architecture = said.get("architecture")
    return Facts(
        _classes(said.get("classes")),
        _text(architecture) if isinstance(architecture, str) else "",
        {name: each for name, each in options.items() if isinstance(each, Value)} if isinstance(options, dict) else {},
        _shape(shape),
        mean,
        std if all(each >= _SMALLEST_STD for each in std) else (),
        resize if type(resize) is int and 0 < resize <= 2 * _LARGEST_SIDE else 0,
    )


def _classes(names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or len(names) > MOST_CLASSES or not all(isinstance(each, str) for each in names):
        return ()
    return tuple(_text(each.strip()) for each in names)


def _text(said: str) -> str:
    """The beginning, with "?" for half of a character, which JSON may hold and nobody can show."""
    return said[:LONGEST].encode(errors="replace").decode()


def _numbers(values: Any) -> tuple[float, ...]:
    """Up to 3 numbers, none of them huge; () for anything else."""
    if not isinstance(values, list) or len(values) > 3:
        return ()
    fine = all(type(each) in (int, float) and abs(each) <= _LARGEST for each in values)  # not so for NaN
    return tuple(values) if fine else ()


def _shape(numbers: tuple[float, ...]) -> tuple[int, ...]:
    whole = tuple(int(each) for each in numbers if each == int(each) and 1 <= each <= _LARGEST_SIDE)
    return whole if len(whole) == 3 else ()
