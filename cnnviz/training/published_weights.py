"""Weights that torchvision's makers published, where they are on this machine; nothing is fetched."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import torch
from torch import Tensor

from cnnviz.errors import WeightsError
from cnnviz.networks import weights, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.text import N_

__all__ = ["PublishedWeights", "found_for", "published"]

_NONE = N_("torchvision has no weights for “{model}”.")
_NOT_HERE = N_("The weights that torchvision has for “{model}” are not on this machine: copy {file} to {folder}.")
_DAMAGED = N_("{file} in {folder} is damaged: copy it anew.")


@dataclass(frozen=True, eq=False)
class PublishedWeights:
    """Weights from torchvision, renamed for the network of the zoo.

    Attributes:
        tensors: for its `load_state_dict`; the network has 3 channels and the 1000 classes of ImageNet.
        shape: (channels, rows, columns) of the pictures.
        mean, std: that they were normalised with.
        file: in torch's folder.
    """

    tensors: Mapping[str, Tensor]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    file: str


def _folder() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _known(model: str) -> list[Any]:
    """The records of torchvision's weights for a model, the best first; empty when it has none."""
    try:
        records = torchvision().models.get_model_weights(model)
    except ValueError:
        return []
    return list(dict.fromkeys([records.DEFAULT, *records])) if len(records) else []


def _file(record: Any) -> str:
    return Path(urlparse(record.url).path).name


def found_for(model: str) -> bool:
    """Whether weights for a model of the zoo are on this machine. Imports torch and torchvision."""
    return any((_folder() / _file(record)).is_file() for record in _known(model))


def published(model: str, options: Mapping[str, zoo.Value]) -> PublishedWeights:
    """Load the weights of a model of the zoo, the best ones that are on this machine.

    Args:
        model: a key of the zoo.
        options: that the network is built with; channels and classes are torchvision's.

    Raises:
        WeightsError: when torchvision has none, none is on this machine, the file is damaged, or they are another
            network's.
        UnknownNetworkError, ParameterError: as `zoo.build`.
    """
    known = _known(model)
    if not known:
        raise WeightsError(_NONE, model=model)
    record = next((each for each in known if (_folder() / _file(each)).is_file()), None)
    if record is None:
        raise WeightsError(_NOT_HERE, model=model, file=_file(known[0]), folder=_folder())
    tensors = weights.from_torchvision(model, _loaded(_file(record)), **options)
    views = record.transforms()
    size = views.crop_size[0]
    return PublishedWeights(tensors, (3, size, size), tuple(views.mean), tuple(views.std), _file(record))


def _loaded(file: str) -> Mapping[str, Tensor]:
    try:
        tensors = torch.load(_folder() / file, map_location="cpu", weights_only=True)
        if all(isinstance(each, Tensor) for each in tensors.values()):
            found: Mapping[str, Tensor] = tensors
            return found
    except (OSError, RuntimeError, ValueError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise WeightsError(_DAMAGED, file=file, folder=_folder()) from error
    raise WeightsError(_DAMAGED, file=file, folder=_folder())
