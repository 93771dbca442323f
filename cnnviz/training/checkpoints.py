"""Checkpoints: weights and the optimiser's state as tensors, whole or absent, checked before they are used.

A checkpoint is two files. `epoch-0007.safetensors` holds the tensors; `epoch-0007.json` is written after it and carries
the metrics of all epochs so far, and a SHA-256 over both. Without its JSON a checkpoint does not exist. No pickle
anywhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from cnnviz.errors import RunError
from cnnviz.text import N_
from cnnviz.training.files import write_atomically
from cnnviz.training.loop import Loop, Metrics

__all__ = ["Checkpoint", "epochs", "latest", "read", "restore", "write"]

_KEPT = 2
_NETWORK, _OPTIMISER = "network.", "optimiser."

_NOT_WRITTEN = N_("{folder} cannot be written ({reason}); the last good checkpoint is that of epoch {epoch}.")
_NONE_GOOD = N_("All checkpoints in {folder} are damaged: start the run anew.")
_NOT_KEPT = N_("{folder} has no whole checkpoint of epoch {epoch}. There are: {epochs}.")
_OTHERS = N_("The checkpoint in {folder} belongs to another network: start the run anew.")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was found whole.

    Attributes:
        epoch: epochs that were done.
        metrics: one record for each of them.
        tensors: `network.NAME` as in the network's `state_dict()`; `optimiser.INDEX.NAME` of its parameters' states.
    """

    epoch: int
    metrics: list[Metrics]
    tensors: dict[str, Tensor]

    def network(self) -> dict[str, Tensor]:
        """The network's `state_dict()`."""
        return {name.removeprefix(_NETWORK): each for name, each in self.tensors.items() if name.startswith(_NETWORK)}


def write(folder: Path, loop: Loop, metrics: list[Metrics]) -> None:
    """Write the state after `loop.epoch` epochs, and then delete all but the last two checkpoints.

    Raises:
        RunError: when it cannot be written, a full disk for instance; the checkpoints before it stay.
    """
    data = save({**_network(loop), **_optimiser(loop)})
    record = {"sha256": _seal(data, metrics), "metrics": metrics}
    try:
        write_atomically(_path(folder, loop.epoch, "safetensors"), data)
        write_atomically(_path(folder, loop.epoch, "json"), json.dumps(record).encode())
        _tidy(folder)
    except OSError as error:
        last = max((epoch for epoch in epochs(folder) if epoch < loop.epoch), default=0)
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error, epoch=last) from error


def _seal(data: bytes, metrics: list[Metrics]) -> str:
    return hashlib.sha256(data + json.dumps(metrics).encode()).hexdigest()


def _network(loop: Loop) -> dict[str, Tensor]:
    return {f"{_NETWORK}{name}": each.detach().contiguous() for name, each in loop.network.state_dict().items()}


def _optimiser(loop: Loop) -> dict[str, Tensor]:
    return {
        f"{_OPTIMISER}{index}.{name}": each.detach().contiguous()
        for index, state in loop.optimiser.state_dict()["state"].items()
        for name, each in state.items()
        if isinstance(each, Tensor)
    }


def _path(folder: Path, epoch: int, ending: str) -> Path:
    return folder / f"epoch-{epoch:04}.{ending}"


def epochs(folder: Path) -> list[int]:
    """Epochs with a checkpoint, in order."""
    names = (path.stem.removeprefix("epoch-") for path in folder.glob("epoch-*.json"))
    return sorted(int(name) for name in names if name.isdecimal())


def _tidy(folder: Path) -> None:
    for epoch in epochs(folder)[:-_KEPT]:
        _path(folder, epoch, "json").unlink(missing_ok=True)  # first: tensors without it do not count
        _path(folder, epoch, "safetensors").unlink(missing_ok=True)


def latest(folder: Path) -> Checkpoint | None:
    """Return the last checkpoint that is whole, or None when none was ever written. Damaged ones are logged.

    Raises:
        RunError: when there are checkpoints, but none is whole.
    """
    known = epochs(folder)
    for epoch in reversed(known):
        with suppress(OSError, ValueError, LookupError, TypeError, SafetensorError):
            return _read(folder, epoch)
        _log.warning("The checkpoint of epoch %d in %s is damaged and was left out.", epoch, folder)
    if known:
        raise RunError(_NONE_GOOD, folder=folder)
    return None


def read(folder: Path, epoch: int) -> Checkpoint:
    """Return the checkpoint of an epoch.

    Raises:
        RunError: when there is none, or it is not whole.
    """
    try:
        return _read(folder, epoch)
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        there = ", ".join(map(str, epochs(folder))) or "–"
        raise RunError(_NOT_KEPT, folder=folder.parent.name, epoch=epoch, epochs=there) from error


def _read(folder: Path, epoch: int) -> Checkpoint:
    record = json.loads(_path(folder, epoch, "json").read_bytes())
    data = _path(folder, epoch, "safetensors").read_bytes()
    if _seal(data, record["metrics"]) != record["sha256"] or len(record["metrics"]) != epoch:
        raise ValueError("not what was written")
    return Checkpoint(epoch, record["metrics"], load(data))


def restore(loop: Loop, checkpoint: Checkpoint, folder: Path) -> None:
    """Put network, optimiser and epoch of `loop` into the state of `checkpoint`.

    Raises:
        RunError: when the checkpoint belongs to another network.
    """
    try:
        loop.network.load_state_dict(checkpoint.network())
        state = loop.optimiser.state_dict()
        state["state"] = _states(checkpoint.tensors)
        loop.optimiser.load_state_dict(state)
    except (RuntimeError, ValueError, LookupError) as error:
        raise RunError(_OTHERS, folder=folder) from error
    loop.epoch = checkpoint.epoch


def _states(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    states: dict[int, dict[str, Tensor]] = {}
    for index, name, tensor in _optimiser_entries(tensors):
        states.setdefault(index, {})[name] = tensor
    return states


def _optimiser_entries(tensors: dict[str, Tensor]) -> Iterator[tuple[int, str, Tensor]]:
    for key, tensor in tensors.items():
        if key.startswith(_OPTIMISER):
            index, name = key.removeprefix(_OPTIMISER).split(".", 1)
            yield int(index), name, tensor
