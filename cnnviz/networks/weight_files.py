"""Files of weights from elsewhere: .safetensors from anybody, .pth from who runs the server. Nothing but numbers.

A visitor's file is known by its header, which is checked against its length first. A .pth is a pickle in a zip:
even `torch.load(weights_only=True)` unpacks a bomb, so its members are looked at first, and a visitor's is refused.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import WeightsError
from cnnviz.networks.safetensors_header import Spec, header
from cnnviz.text import N_

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MOST_BYTES", "MOST_OWN_BYTES", "Weights", "conversion", "dtype_name", "from_bytes", "from_file"]

MOST_BYTES = 256 * 2**20
"""Of a visitor's file: ResNet-152 and Inception v3 fit, VGG does not."""

MOST_OWN_BYTES = 4 * 2**30
"""Of a file that the server's owner put there."""

_LARGE = N_("The file has {given:,} bytes, more than the {most:,} that are read here.")
_PTH = N_("A .pth file may hold programs and is not read here: make it a .safetensors file with the lines below.")
_OTHER = N_("{file} holds no weights that can be read: save the network's state_dict with torch.save.")
_PACKED = N_("{file} is packed in a way that torch.save does not use: save the state_dict anew.")
_DAMAGED = N_("The file's header is damaged: save the weights anew with safetensors.torch.save_file.")
_TWICE = N_("“{name}” is there twice, with and without a prefix: save the state_dict of one network.")
_UNREADABLE = N_("{file} cannot be read: {reason}.")
_UNKNOWN = N_("{file} ends in neither .safetensors nor .pth.")

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"  # how files of torch.save begin: today's, and those of before 1.6
_DAMAGE = (RuntimeError, ValueError, EOFError, LookupError, TypeError, AttributeError, pickle.UnpicklingError)
_WRAPPERS = ("state_dict", "model", "model_state_dict")  # under which training programs put the weights
_PREFIX = re.compile(r"^(?:module\.|_orig_mod\.)+")  # of DataParallel and torch.compile


@dataclass(frozen=True, eq=False)
class Weights:
    """Tensors that have been described, but not read yet.

    Attributes:
        specs: type and shape by name; names without the prefixes of DataParallel and torch.compile.
        metadata: texts that were saved beside them.
        read: returns the tensors by the same names.
    """

    specs: Mapping[str, Spec]
    read: Callable[[], dict[str, Tensor]]
    metadata: Mapping[str, str] = field(default_factory=dict)


def from_bytes(data: bytes, most: int = MOST_BYTES) -> Weights:
    """A visitor's .safetensors file.

    Raises:
        WeightsError: when it is too large, another kind of file, cut off or damaged.
    """
    if len(data) > most:
        raise WeightsError(_LARGE, given=len(data), most=most)
    if data.startswith((_ZIP, _PICKLE)) and data[8:9] != b"{":
        raise WeightsError(_PTH)
    head = header(data)

    def read() -> dict[str, Tensor]:
        import safetensors.torch

        try:
            return _renamed(safetensors.torch.load(data))
        except safetensors.SafetensorError as error:  # it reads JSON more strictly than Python does
            raise WeightsError(_DAMAGED) from error

    return Weights(_renamed(head.tensors), read, head.metadata)


def from_file(path: Path) -> Weights:
    """A .safetensors or .pth file that the server's owner put there.

    Raises:
        WeightsError: when it is too large, another kind of file, packed, cut off or damaged.
    """
    try:
        size = path.stat().st_size
        if size > MOST_OWN_BYTES:
            raise WeightsError(_LARGE, given=size, most=MOST_OWN_BYTES)
        if path.suffix == ".safetensors":
            return from_bytes(path.read_bytes(), MOST_OWN_BYTES)
        if path.suffix == ".pth":
            return _from_pth(path)
    except OSError as error:
        raise WeightsError(_UNREADABLE, file=path.name, reason=error.strerror or error) from error
    raise WeightsError(_UNKNOWN, file=path.name)


def conversion(source: str = "weights.pth") -> str:
    """The three lines of Python that make a .pth file a .safetensors file, on the machine of who trusts it."""
    target = f"{source.removesuffix('.pth')}.safetensors"
    return "\n".join(
        (
            "import torch; from safetensors.torch import save_file",
            f"state = torch.load({source!r}, map_location='cpu', weights_only=True)",
            f"save_file({{name: tensor.contiguous().clone() for name, tensor in state.items()}}, {target!r})",
        )
    )


def _from_pth(path: Path) -> Weights:
    import torch
    from torch import Tensor

    _check_zip(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise WeightsError(_OTHER, file=path.name) from error
    tensors = _unwrapped(found)
    if not tensors or not all(isinstance(each, Tensor) for each in tensors.values()):
        raise WeightsError(_OTHER, file=path.name)
    named = _renamed(tensors)
    return Weights({name: Spec(dtype_name(each), tuple(each.shape)) for name, each in named.items()}, lambda: named)


def _check_zip(path: Path) -> None:
    """Refuse what unpacks to more than it is: torch.save stores without compression. Only zips are read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WeightsError(_OTHER, file=path.name) from error
    stored = all(each.compress_type == zipfile.ZIP_STORED for each in members)
    if not stored or sum(each.file_size for each in members) > path.stat().st_size:
        raise WeightsError(_PACKED, file=path.name)


def _unwrapped(found: Any) -> dict[str, Any]:
    for name in _WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            return dict(found[name])
    return dict(found) if isinstance(found, dict) else {}


def _renamed(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """By names without prefixes.

    Raises:
        WeightsError: when two names become the same.
    """
    found: dict[str, Any] = {}
    for name, each in tensors.items():
        bare = _PREFIX.sub("", str(name))
        if bare in found:
            raise WeightsError(_TWICE, name=bare[:80])
        found[bare] = each
    return found


def dtype_name(tensor: Tensor) -> str:
    """A tensor's type, as safetensors calls it."""
    import torch

    names = {
        torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64", torch.int64: "I64",
        torch.int32: "I32",
    }  # fmt: skip
    return names.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
