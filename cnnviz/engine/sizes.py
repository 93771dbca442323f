"""How many bytes a result keeps alive, and how it is protected from those who share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["bytes_of", "freeze"]

_SMALL = 64  # a number, a word, or the frame around others


def bytes_of(value: object) -> int:
    """Bytes of a result: of its arrays, each counted once and with the whole of what it is a view of, and the rest.

    Args:
        value: arrays, text, bytes and numbers in dataclasses, mappings and sequences. A result that has counted
            itself says so in `bytes`.
    """
    counted = getattr(value, "bytes", None)
    if isinstance(counted, int):
        return counted
    arrays: dict[int, int] = {}
    return _rest(value, arrays) + sum(arrays.values())


def freeze(value: object) -> None:
    """Make all arrays of a result read-only; one that counts itself, see `bytes_of`, has done so."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif not isinstance(getattr(value, "bytes", None), int):
        for each in _parts(value):
            freeze(each)


def _rest(value: object, arrays: dict[int, int]) -> int:
    """Bytes beside the arrays, which are written down by identity."""
    if isinstance(value, np.ndarray):
        owner = _owner(value)
        arrays[id(owner)] = owner.nbytes
        return _SMALL
    if isinstance(value, str | bytes):
        return _SMALL + len(value)
    return _SMALL + sum(_rest(each, arrays) for each in _parts(value))


def _owner(array: NDArray[Any]) -> NDArray[Any]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _parts(value: object) -> Iterable[object]:
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, tuple | list | set | frozenset) else ()
