"""Where networks run: on a CUDA card, on Apple's graphics (MPS), or on the processor, whichever there is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

from cnnviz.errors import ParameterError
from cnnviz.text import N_, Sentence

__all__ = ["CPU", "Device", "choose", "complaint", "free"]

_VARIABLE = "CNNVIZ_DEVICE"
_KINDS = ("cuda", "mps", "cpu")  # the fastest first

_FULL_WORDS = ("out of memory", "can't allocate memory")

_FULL = N_("The memory of {device} was not enough for this, so the processor computed it.")
_UNABLE = N_("{device} cannot do this, so the processor computed it.")
_NO_MEMORY = N_("This needs more memory than the server has free: choose a smaller network or a smaller picture.")


@dataclass(frozen=True)
class Device:
    """A place to compute at.

    Attributes:
        key: as PyTorch spells it: "cuda", "mps", "cpu".
        name: as people call it: "NVIDIA H200", "Apple MPS", "CPU".
    """

    key: str
    name: str


CPU = Device("cpu", "CPU")


@cache
def choose() -> Device:
    """The fastest device of this machine that works, or the one that CNNVIZ_DEVICE names: cuda, mps or cpu.

    A CUDA card is told to multiply in full 32-bit floats: its shorter ones (TF32) keep three digits only, and a page
    shows more.

    Raises:
        ParameterError: when CNNVIZ_DEVICE names another one, or one that does not work here.
    """
    asked = os.environ.get(_VARIABLE, "")
    kinds = (asked,) if asked else _KINDS
    kind = next((each for each in kinds if each in _KINDS and _works(each)), None)
    if kind is None:
        raise ParameterError(_VARIABLE, asked[:40], ", ".join(each for each in _KINDS if _works(each)))
    return _prepared(kind)


def _works(kind: str) -> bool:
    """Whether there is such a device and it adds: a driver may be too old for this PyTorch."""
    import torch

    if kind == "cpu":
        return True
    if not (torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available()):
        return False
    try:
        return bool((torch.ones(1, device=kind) + 1).item() == 2)
    except RuntimeError:
        return False


def _prepared(kind: str) -> Device:
    import torch

    if kind == "cpu":
        return CPU
    if kind == "mps":
        return Device(kind, "Apple MPS")
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return Device(kind, torch.cuda.get_device_name())


def complaint(device: Device, error: BaseException) -> Sentence | None:
    """What `error` says about the device, if it is the device's fault: too little memory, or an operation it lacks.

    For another device than the processor the sentence says that the processor did it instead.
    """
    if _is_full(error):
        return Sentence(_NO_MEMORY) if device == CPU else Sentence(_FULL, {"device": device.name})
    if device != CPU and isinstance(error, NotImplementedError):
        return Sentence(_UNABLE, {"device": device.name})
    return None


def _is_full(error: BaseException) -> bool:
    """Whether memory was not enough; the processor and MPS say it with a plain RuntimeError."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(each in str(error).lower() for each in _FULL_WORDS)


def free(device: Device) -> None:
    """Give back to the device what PyTorch keeps for later."""
    import torch

    if device.key == "cuda":
        torch.cuda.empty_cache()
    elif device.key == "mps":
        torch.mps.empty_cache()
