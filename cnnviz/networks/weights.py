"""Weights of the zoo's networks: those that lie in `models/`, and those from elsewhere."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cnnviz.errors import WeightsError
from cnnviz.networks import zoo
from cnnviz.networks.shipped import Trained, load, names
from cnnviz.text import N_

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Trained", "from_torchvision", "load", "names", "torchvision_names"]

_REFERENCES = "cnnviz.networks.zoo.references"
_AUXILIARY = "auxiliary"  # heads for training: a network without them predicts the same
_COUNTER = "num_batches_tracked"  # older files lack it; prediction does not use it


def from_torchvision(name: str, state_dict: Mapping[str, Tensor], **options: zoo.Value) -> dict[str, Tensor]:
    """Rename torchvision's weights for our network of the same name.

        network.load_state_dict(weights.from_torchvision("resnet18", torchvision_network.state_dict()))

    Args:
        name: a key of the zoo that torchvision has, too.
        state_dict: names and tensors as `state_dict()` of torchvision's network has them. Auxiliary heads are left
            out when our network has none.
        options: those that our network was built with, as for `zoo.build`; `num_classes`, for instance.

    Returns:
        A dictionary for `load_state_dict`; the tensors are those of `state_dict`.

    Raises:
        UnknownNetworkError: when the zoo has no network of that name.
        ParameterError: for an unknown option or one outside its range.
        WeightsError: when torchvision has no such network, or a tensor is missing, superfluous or of another shape.
    """
    translate = torchvision_names(name)
    expected = zoo.blueprint(name, **options).state_dict()
    renamed = {}
    for theirs, tensor in state_dict.items():
        ours = translate(theirs)
        if ours in expected:
            renamed[ours] = tensor
        elif not ours.startswith(_AUXILIARY):
            template = N_("These weights hold “{parameter}”, which {name} does not have: they are another network's.")
            raise WeightsError(template, parameter=theirs[:80], name=name)
    return _complete(name, renamed, expected)


def torchvision_names(name: str) -> Callable[[str], str]:
    """What takes torchvision's names of a network's weights to ours; to "" where it does not know a name.

    Raises:
        UnknownNetworkError: when the zoo has no network of that name.
        WeightsError: when torchvision has none.
    """
    module = f"{_REFERENCES}.{zoo.get(name).family}"
    if importlib.util.find_spec(module) is None:
        raise WeightsError(N_("torchvision has no network “{name}”."), name=name)
    rename = importlib.import_module(module).from_torchvision
    key = (name,) if len(inspect.signature(rename).parameters) > 1 else ()

    def translate(parameter: str) -> str:
        try:
            ours: str = rename(parameter, *key)
        except (LookupError, ValueError):  # no layer of that name or number, or too few parts in the name
            return ""
        return ours

    return translate


def _complete(name: str, renamed: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check names and shapes, and count the batches of batch normalisation from 0 where nobody has."""
    import torch

    for ours, like in expected.items():
        if ours not in renamed and ours.endswith(_COUNTER):
            renamed[ours] = torch.zeros(like.shape, dtype=like.dtype)
        if ours not in renamed:
            raise WeightsError(N_("These weights lack “{parameter}” of {name}."), parameter=ours, name=name)
        if renamed[ours].shape != like.shape:
            template = N_("“{parameter}” is {given}, but {name} needs {expected}.")
            given, needed = (" × ".join(map(str, each.shape)) or "1" for each in (renamed[ours], like))
            raise WeightsError(template, parameter=ours, given=given, name=name, expected=needed)
    return renamed
