"""What a run shows of itself after each epoch: filters, feature maps, norms, answers; one small file an epoch.

    observations.write(run.folder, loop, data)            # after an epoch; after epoch 0: before training
    observations.read(run.folder, 3).maps["c1"]           # as often as one likes, without torch

The files lie in `observations/` of the run's folder. Reading them imports no torch; `write` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cnnviz.errors import RunError
from cnnviz.text import N_
from cnnviz.training.files import write_atomically

if TYPE_CHECKING:
    from cnnviz.training.loop import Loop
    from cnnviz.training.pictures import DataSet

__all__ = ["MOST_BLOCKS", "MOST_CHANNELS", "Answers", "Observation", "epochs", "read", "write"]

MOST_BLOCKS, MOST_CHANNELS = 6, 16
"""Blocks of a network whose maps are kept, and channels of each."""

_NONE = N_("The run in {folder} kept nothing to look at after epoch {epoch}.")
_DAMAGED = N_("What the run in {folder} kept after epoch {epoch} is damaged: its other epochs are not concerned.")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")

_NAME = re.compile(r"epoch-([0-9]{4,})\.safetensors", re.ASCII)
_MAP = "maps/"
_LARGEST_HALF = float(np.finfo(np.float16).max)
_NORMS = ("gradient_norms", "weight_norms", "activation_norms")
_PARTS = ("indices", "labels", "answers", "probabilities", "pictures")  # of Answers
_GROUPS = ("strip", "mistakes")
_MOST_BYTES = 64 * 2**20  # of a file

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Levels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Answers:
    """Test pictures and what the network says about them.

    Attributes:
        indices: of the pictures among the test pictures, shape (n,).
        labels: their classes, shape (n,).
        answers: the classes with the highest score, shape (n,).
        probabilities: of the right class in the strip, of the (wrong) answer among the mistakes; shape (n,), 0 to 1.
        pictures: shape (n, C, H, W); larger ones than 64 pixels are made smaller.
    """

    indices: Integers
    labels: Integers
    answers: Integers
    probabilities: Floats
    pictures: Levels

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, eq=False)
class Observation:
    """A network after an epoch.

    Attributes:
        epoch: epochs that were done; 0 is before training.
        filters: weights of the first convolution, shape (K, C, kh, kw), the first 64 of them; K is 0 without one.
        maps: of one fixed test picture, by the name of the block that they leave: up to 6 blocks from the first to
            the last; (channels, h, w), the first 16 channels, sides above 64 averaged down to 64. Kept in 16 bits.
        picture: that picture, shape (C, H, W), see `Answers.pictures`.
        gradient_norms: by layer (convolutions and linear layers, in their order, at most 160 from all depths): the
            Euclidean norm of the loss's derivative by its weights, in the last step; 0 where the layer is frozen.
            After epoch 0, of a batch in which nothing was learned.
        weight_norms: by layer, the Euclidean norm of its weights; biases are left aside in both.
        activation_norms: by layer, the root mean square of its output for the pictures of the strip.
        confusion: test pictures of each class (rows) by the answer that they got (columns). After epoch 0, 1,000 from
            all over, and the strip; mistakes are looked for among these then, too.
        strip: 24 fixed test pictures of all classes, or all when there are fewer.
        mistakes: the up to 12 pictures of which the network is most certain and wrong, the worst first.
    """

    epoch: int
    filters: Floats
    maps: Mapping[str, Floats]
    picture: Levels
    gradient_norms: Mapping[str, float]
    weight_norms: Mapping[str, float]
    activation_norms: Mapping[str, float]
    confusion: Integers
    strip: Answers
    mistakes: Answers


def _path(folder: Path, epoch: int) -> Path:
    return folder / "observations" / f"epoch-{epoch:04}.safetensors"


def epochs(folder: Path) -> list[int]:
    """Epochs of a run that can be read, in order; empty when there are none."""
    found = (_NAME.fullmatch(path.name) for path in (folder / "observations").glob("epoch-*.safetensors"))
    return sorted(int(each[1]) for each in found if each)


def write(folder: Path, loop: Loop, data: DataSet) -> None:
    """Look at the network of a run as it is now, and keep what is seen, in one step, in the run's folder.

    The numbers of the run are the same with and without it: nothing in `loop` changes, except that `evaluation` is
    made where there is none (for few test pictures, or in a run that was resumed and has not gone on).

    Args:
        folder: of the run.
        loop: between two epochs.
        data: what it was made with.

    Raises:
        RunError: when it cannot be written.
    """
    from cnnviz.training.probes import observe

    try:
        write_atomically(_path(folder, loop.epoch), _packed(observe(loop, data)))
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error


def _packed(seen: Observation) -> bytes:
    tensors: dict[str, NDArray[Any]] = {
        "filters": seen.filters,
        "picture": seen.picture,
        "confusion": seen.confusion.astype(np.int32),
    }
    for name, values in seen.maps.items():
        tensors[_MAP + name] = np.clip(values, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16)
    for norms in _NORMS:
        tensors[norms] = np.array(list(getattr(seen, norms).values()), np.float32)
    for group in _GROUPS:
        for part in _PARTS:
            values = getattr(getattr(seen, group), part)
            tensors[f"{group}/{part}"] = values.astype(np.int32) if values.dtype == np.int64 else values
    names = {"maps": list(seen.maps), "layers": list(seen.weight_norms)}
    return save({key: np.ascontiguousarray(each) for key, each in tensors.items()}, {"names": json.dumps(names)})


def read(folder: Path, epoch: int) -> Observation:
    """What a run showed after an epoch.

    Raises:
        RunError: when there is nothing of that epoch, or it is damaged.
    """
    path = _path(folder, epoch)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("larger than anything that is written")
        with safe_open(path, framework="np") as file:
            names = json.loads((file.metadata() or {})["names"])
            return _unpacked(epoch, names, {key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 - no dict
    except FileNotFoundError as error:
        raise RunError(_NONE, folder=folder, epoch=epoch) from error
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise RunError(_DAMAGED, folder=folder, epoch=epoch) from error


def _unpacked(epoch: int, names: Mapping[str, list[str]], tensors: Mapping[str, NDArray[Any]]) -> Observation:
    def norms(key: str) -> dict[str, float]:
        return dict(zip(names["layers"], _of(tensors[key], np.float32, 1).tolist(), strict=True))

    confusion = _of(tensors["confusion"], np.int32, 2).astype(np.int64)
    if confusion.shape[0] != confusion.shape[1]:
        raise ValueError("a confusion matrix is square")
    return Observation(
        epoch=epoch,
        filters=_of(tensors["filters"], np.float32, 4),
        maps={name: _of(tensors[_MAP + name], np.float16, 3).astype(np.float32) for name in names["maps"]},
        picture=_of(tensors["picture"], np.uint8, 3),
        gradient_norms=norms("gradient_norms"),
        weight_norms=norms("weight_norms"),
        activation_norms=norms("activation_norms"),
        confusion=confusion,
        strip=_answers(*(tensors[f"strip/{part}"] for part in _PARTS)),
        mistakes=_answers(*(tensors[f"mistakes/{part}"] for part in _PARTS)),
    )


def _of(values: NDArray[Any], kind: Any, dimensions: int) -> NDArray[Any]:
    if values.dtype != kind or values.ndim != dimensions:
        raise ValueError("of another kind")
    return values


def _answers(*parts: NDArray[Any]) -> Answers:
    *whole, probabilities, pictures = parts
    if len({len(each) for each in parts}) != 1:
        raise ValueError("as many of each")
    indices, labels, answers = (_of(each, np.int32, 1).astype(np.int64) for each in whole)
    return Answers(indices, labels, answers, _of(probabilities, np.float32, 1), _of(pictures, np.uint8, 4))
