"""Weights that torchvision's makers published, where they are on this machine; nothing is fetched."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from cnnviz.errors import WeightsError
from cnnviz.networks import torchvision_models, weights, zoo
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.torchvision_models import Record
from cnnviz.text import N_

__all__ = ["PublishedWeights", "facts", "published", "state_dict"]

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
    from cnnviz.networks.torchvision_networks import preparation

    known = torchvision_models.of(model)
    if not known:
        raise WeightsError(_NONE, model=model)
    record = next((each for each in known if each.is_here), known[0])
    tensors = weights.from_torchvision(model, state_dict(record), **options)
    views = preparation(model, facts(record))
    return PublishedWeights(tensors, views.shape, views.mean, views.std, record.file)


def facts(record: Record) -> Any:
    """What torchvision says about weights: `.url`, `.meta`, `.transforms()`."""
    return torchvision().models.get_model_weights(record.model)[record.weights]


def state_dict(record: Record) -> Mapping[str, Tensor]:
    """Read a file of torchvision's; nothing but tensors is read, by torchvision's names.

    Raises:
        WeightsError: when it is not on this machine, or damaged.
    """
    folder = torchvision_models.cache_folder()
    if not record.is_here:
        raise WeightsError(_NOT_HERE, model=record.model, file=record.file, folder=folder)
    try:
        tensors = torch.load(record.path, map_location="cpu", weights_only=True)
        if all(isinstance(each, Tensor) for each in tensors.values()):
            found: Mapping[str, Tensor] = tensors
            return found
    except (OSError, RuntimeError, ValueError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise WeightsError(_DAMAGED, file=record.file, folder=folder) from error
    raise WeightsError(_DAMAGED, file=record.file, folder=folder)
