"""Networks with the weights that torchvision publishes, where those are on this machine.

A network of the zoo is ours, with torchvision's weights renamed; any other is torchvision's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnnviz.errors import WeightsError
from cnnviz.networks import published_weights, torchvision_models, weights, zoo
from cnnviz.networks.loaded import Loaded, at_rest
from cnnviz.networks.preparation import Preparation
from cnnviz.networks.torchvision_door import torchvision
from cnnviz.networks.torchvision_models import Record
from cnnviz.text import N_

__all__ = ["blueprint", "load_torchvision", "preparation"]

_OTHERS = N_("{file} in {folder} holds another network's weights: delete it.")

_HALF = (0.5, 0.5, 0.5)
_NORMALISED_WITHIN = ("googlenet", "inception_v3")
"""Networks in which torchvision maps the normalised picture to (x − 0.5) / 0.5 first; ours leave that out."""


def load_torchvision(name: str) -> Loaded:
    """Load "resnet18", or "resnet50@IMAGENET1K_V1" for weights that are not torchvision's own choice.

    Raises:
        WeightsError: when torchvision has no such weights, or they are not on this machine, damaged, or others.
    """
    record = torchvision_models.record_of(name)
    facts = published_weights.facts(record)
    state = published_weights.state_dict(record)
    key = f"{torchvision_models.SOURCE}:{name}"
    return Loaded(
        key, torchvision_models.title(record.model), record.model, torchvision_models.SOURCE,
        at_rest(_network(record, state)), tuple(facts.meta["categories"]), preparation(record.model, facts),
        {"weights": record.weights, "file": record.file, "recipe": facts.meta.get("recipe", "")},
    )  # fmt: skip


def preparation(model: str, facts: Any) -> Preparation:
    """What is done to a picture before: torchvision's preset for these weights."""
    views = facts.transforms()
    side = views.crop_size[0]
    mean, std = (_HALF, _HALF) if model in _NORMALISED_WITHIN else (tuple(views.mean), tuple(views.std))
    return Preparation((3, side, side), mean, std, views.resize_size[0], views.interpolation.value)


def blueprint(model: str, classes: int = torchvision_models.CLASSES) -> nn.Module:
    """A network of torchvision's own, without numbers, on PyTorch's "meta" device."""
    with _WithoutNumbers():
        network: nn.Module = torchvision().models.get_model(model, weights=None, num_classes=classes)
    return network.to("meta")


class _WithoutNumbers(TorchFunctionMode):
    """Layers ask torch.empty for their weights: they get shapes. What RegNet computes its widths with stays."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call `func`; for torch.empty on the device without numbers."""
        chosen = {**(kwargs or {}), "device": "meta"} if func is torch.empty else kwargs or {}
        return func(*args, **chosen)


def _network(record: Record, state: Mapping[str, Tensor]) -> nn.Module:
    if record.model in zoo.names():
        network = zoo.blueprint(record.model)
        network.load_state_dict(weights.from_torchvision(record.model, state), assign=True)
        return network
    network = blueprint(record.model)
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        folder = torchvision_models.cache_folder()
        raise WeightsError(_OTHERS, file=record.file, folder=folder) from error
    return network
