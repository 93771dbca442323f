"""What a .safetensors file says that it holds, checked against its length before anything is allocated.

The format: 8 bytes, little-endian, the length of the header; the header, JSON: name -> dtype, shape, data_offsets, and
`__metadata__`, name -> text; the numbers, without gaps (the README of the safetensors library, "Format").
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cnnviz.errors import WeightsError
from cnnviz.text import N_

__all__ = ["HEAD", "Header", "Spec", "header"]

HEAD = 8
"""Bytes before the header."""

_ITEM = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4,
    "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
_MOST_HEADER = 4 * 2**20  # bytes; DenseNet-201 needs 0.1 MB
_MOST_TENSORS = 5_000  # EfficientNet-B7 has 1,538
_LONGEST_NAME = 300
_MOST_AXES = 8
_LARGEST = 2**62

_EMPTY = N_("The file is empty: choose a .safetensors file.")
_OTHER = N_("This is not a .safetensors file: save the weights with safetensors.torch.save_file.")
_CUT = N_("The file is cut off: it holds {given:,} bytes, but its header announces {announced:,}. Copy it anew.")
_MANY = N_("The file announces {count:,} tensors, more than the {most:,} that are read here.")
_UNDESCRIBED = N_("“{name}” has no type, shape or place that is known here: save the weights anew.")
_SIZE = N_("Shape, type and place of “{name}” do not agree: save the weights anew.")
_PLACE = N_("“{name}” overlaps another tensor, or leaves a gap: save the weights anew.")


@dataclass(frozen=True)
class Spec:
    """Of one tensor: `dtype` as safetensors writes it ("F32"), and its shape."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Header:
    """Tensors by name, in the order of the file, and what its maker wrote beside them."""

    tensors: Mapping[str, Spec]
    metadata: Mapping[str, str]


def header(data: bytes, length: int | None = None) -> Header:
    """Read and check the header of a .safetensors file.

    Args:
        data: the file, or its beginning up to the end of the header.
        length: bytes of the whole file; those of `data` when None.

    Raises:
        WeightsError: when it is no such file, cut off or damaged.
    """
    total = len(data) if length is None else length
    if not total:
        raise WeightsError(_EMPTY)
    size = int.from_bytes(data[:HEAD], "little")
    if total < HEAD or data[HEAD : HEAD + 1] != b"{":
        raise WeightsError(_OTHER)
    if HEAD + size > total:
        raise WeightsError(_CUT, given=total, announced=HEAD + size)
    if size > _MOST_HEADER or HEAD + size > len(data):
        raise WeightsError(_OTHER)
    entries = _parsed(data[HEAD : HEAD + size])
    metadata = entries.pop("__metadata__", {})
    if len(entries) > _MOST_TENSORS:
        raise WeightsError(_MANY, count=len(entries), most=_MOST_TENSORS)
    return Header(_tensors(entries, total - HEAD - size), _texts(metadata))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text.decode("utf-8"))
        json.dumps(entries, ensure_ascii=False).encode()  # halves of letters (surrogates) cannot be shown or written
    except (ValueError, RecursionError) as error:
        raise WeightsError(_OTHER) from error
    if not isinstance(entries, dict) or not all(isinstance(each, dict) for each in entries.values()):
        raise WeightsError(_OTHER)
    return entries


def _texts(metadata: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): text for name, text in metadata.items() if isinstance(text, str)}


def _tensors(entries: Mapping[str, Mapping[str, Any]], room: int) -> dict[str, Spec]:
    """Check that the tensors fill `room` bytes, one after the other."""
    places = sorted((*_place(name, entry), name) for name, entry in entries.items())
    reached = 0
    for begin, end, name in places:
        if begin != reached:
            raise WeightsError(_PLACE, name=name[:80])
        reached = end
    if reached > room:
        raise WeightsError(_CUT, given=room, announced=reached)
    if reached < room:
        raise WeightsError(_PLACE, name=places[-1][2][:80] if places else "")
    return {name: Spec(entries[name]["dtype"], tuple(entries[name]["shape"])) for _, _, name in places}


def _place(name: str, entry: Mapping[str, Any]) -> tuple[int, int]:
    """Begin and end of a tensor among the numbers, if they agree with its shape and type."""
    shape: Any = entry.get("shape")
    offsets: Any = entry.get("data_offsets")
    dtype: Any = entry.get("dtype")
    described = _are_counts(shape) and _are_counts(offsets) and isinstance(dtype, str) and dtype in _ITEM
    if not described or len(offsets) != 2 or len(name) > _LONGEST_NAME:
        raise WeightsError(_UNDESCRIBED, name=name[:80])
    begin, end = offsets
    if begin + math.prod(shape) * _ITEM[dtype] != end:
        raise WeightsError(_SIZE, name=name[:80])
    return begin, end


def _are_counts(numbers: object) -> bool:
    """Whether this is a short list of whole numbers from 0 on."""
    if not isinstance(numbers, list) or len(numbers) > _MOST_AXES:
        return False
    return all(type(each) is int and 0 <= each < _LARGEST for each in numbers)
