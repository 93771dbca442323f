"""A loaded network as the beginning of a program that runs without this package, and its weights as a file."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from cnnviz.errors import WeightsError
from cnnviz.networks import torchvision_models, torchvision_networks, zoo
from cnnviz.networks.loaded import Loaded
from cnnviz.networks.network_source import NetworkSource
from cnnviz.networks.weights import torchvision_names
from cnnviz.networks.written import write

__all__ = ["network_source", "weights_file"]

_LOAD = 'model.load_state_dict(load_file("{file}"))'
_LOAD_IMPORT = "from safetensors.torch import load_file"
_FETCHED = """theirs = torchvision.models.{model}(weights="{weights}")  # downloaded once
# Both list their weights in the same order, under names of their own.
model.load_state_dict(dict(zip(model.state_dict(), theirs.state_dict().values())))"""


@dataclass(frozen=True)
class _Begun:
    """The part of `NetworkSource` that is about the network alone."""

    packages: tuple[str, ...]
    imports: tuple[str, ...]
    definitions: tuple[str, ...]
    code: str
    weights: str = ""


def network_source(loaded: Loaded) -> NetworkSource:
    """Write a network: PyTorch's layers, or torchvision's network where it is none of ours.

    Its modules bear the names that they have here, so that steps are called the same.

    Raises:
        DataError: when a module of it cannot be written as source.
    """
    begun = _ours(loaded) if loaded.architecture in {*zoo.names(), "custom"} else _torchvisions(loaded)
    how = loaded.preparation
    return NetworkSource(
        **vars(begun), shape=how.shape, mean=how.mean, std=how.std, resize=how.resize, interpolation=how.interpolation
    )


def weights_file(network: nn.Module) -> bytes:
    """The weights as a .safetensors file, which the program reads."""
    import safetensors.torch

    return safetensors.torch.save({name: each.cpu().contiguous() for name, each in network.state_dict().items()})


def _ours(loaded: Loaded) -> _Begun:
    written = write(loaded.network)
    made = f"model = {written.expression}"
    if loaded.source == torchvision_models.SOURCE and _in_order(loaded):
        fetched = _FETCHED.format(model=loaded.architecture, weights=loaded.card["weights"])
        return _Begun(
            ("torchvision",), (*written.imports, "import torchvision"), written.definitions, f"{made}\n{fetched}"
        )
    return _from_file(loaded, made, (), written.imports, written.definitions)


def _torchvisions(loaded: Loaded) -> _Begun:
    imports = ("import torchvision",)
    if loaded.source == torchvision_models.SOURCE:
        weights = loaded.card["weights"]
        code = f'model = torchvision.models.{loaded.architecture}(weights="{weights}")  # downloaded once'
        return _Begun(("torchvision",), imports, (), code)
    made = f"model = torchvision.models.{loaded.architecture}(num_classes={len(loaded.classes)})"
    return _from_file(loaded, made, ("torchvision",), imports, ())


def _from_file(
    loaded: Loaded, made: str, packages: tuple[str, ...], imports: tuple[str, ...], definitions: tuple[str, ...]
) -> _Begun:
    file = f"{loaded.key if loaded.source == 'shipped' else loaded.architecture}.safetensors"
    code = f"{made}\n{_LOAD.format(file=file)}"
    return _Begun((*packages, "safetensors"), (*imports, _LOAD_IMPORT), definitions, code, file)


def _in_order(loaded: Loaded) -> bool:
    """Whether torchvision lists the same weights in the same order."""
    try:
        ours = torchvision_names(loaded.architecture)
    except WeightsError:  # torchvision does not have it
        return False
    theirs = torchvision_networks.blueprint(loaded.architecture).state_dict()
    return [ours(name) for name in theirs] == list(loaded.network.state_dict())
