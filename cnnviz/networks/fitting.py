"""Weights from elsewhere, put into the network that they belong to; or a list of what did not fit.

Names may be ours or torchvision's. How many classes and input channels there are, the shapes of the last and of the
first layer tell. Nothing is read from the file before names, shapes and types are right.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks import torchvision_models, weights, zoo
from cnnviz.networks.loaded import at_rest
from cnnviz.networks.misfits import COUNTER, FLOATS, differences, misfits
from cnnviz.networks.safetensors_header import Spec
from cnnviz.networks.weight_files import Weights, dtype_name
from cnnviz.networks.zoo.architecture import NUM_CLASSES
from cnnviz.text import N_, Sentence

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Fitted", "blueprint", "candidates", "fit", "no_network"]

_AUXILIARY = "auxiliary"
_MOST_SPARE = 40  # tensors of auxiliary heads, which our networks lack

_NOT_THEIRS = N_(
    "These weights are not those of {title}: {missing} tensors are missing, {superfluous} are superfluous, {unlike} "
    "have another shape or type."
)
_LIKELIEST = N_("The likeliest one is {title}:")
_NOT_FINITE = N_("“{parameter}” holds values that are not finite numbers: the network cannot answer with them.")
_NO_NETWORK = N_("These weights fit none of the networks here: choose the network that they belong to.")


@dataclass(frozen=True, eq=False)
class Fitted:
    """A network with its weights.

    Attributes:
        network: in evaluation mode, on the CPU, learning nothing.
        architecture: a key of the zoo, or torchvision's name.
        options: that it was built with.
        in_channels, classes: as its first and its last layer have them.
    """

    network: nn.Module
    architecture: str
    options: Mapping[str, zoo.Value]
    in_channels: int
    classes: int

    @property
    def all_options(self) -> Mapping[str, zoo.Value]:
        """The options, channels and classes included."""
        return {**self.options, "in_channels": self.in_channels, "num_classes": self.classes}


def fit(given: Weights, architecture: str, options: Mapping[str, zoo.Value] | None = None) -> Fitted:
    """Build a network for weights and give it to them.

    Args:
        given: names may be ours or torchvision's.
        architecture: a key of the zoo, or torchvision's name of a convolutional network.
        options: of the zoo's builder, where they are not the published ones.

    Raises:
        WeightsError: when names, shapes or types do not fit (`misfits` lists them), or a number is NaN or infinite.
        UnknownNetworkError: when there is no such network.
        ParameterError: for an option that the network does not have.
    """
    import torch

    chosen = dict(options or {})
    names = _translation(given, architecture)
    specs = {ours: given.specs[theirs] for theirs, ours in names.items()}
    sizes = _sizes(specs, architecture)
    network = blueprint(architecture, {**chosen, **sizes})
    expected = _specs(network)
    _check(specs, expected, architecture)
    read = given.read()
    state = {ours: _converted(read[theirs], expected[ours], ours) for theirs, ours in names.items()}
    state |= {name: torch.zeros(expected[name].shape, dtype=torch.int64) for name in expected.keys() - state.keys()}
    network.load_state_dict(state, assign=True)
    return Fitted(at_rest(network), architecture, chosen, sizes["in_channels"], sizes["num_classes"])


def candidates(given: Weights) -> Iterator[str]:
    """Keys of the zoo's networks that weights fit, found by names and shapes, in the order in which they are taught.

    Two networks may differ in what has no weights: ResNet-20 and Plain-20 do.
    """
    for key in zoo.names():
        if len(zoo.get(key).input_shape) == 3 and _may_be(given, key) and _fits(given, key):
            yield key


def no_network(given: Weights) -> WeightsError:
    """What to raise when there are no candidates; lists what kept the weights from the likeliest network."""
    keys = [key for key in zoo.names() if len(zoo.get(key).input_shape) == 3]
    named = {key: _named(given, key) for key in keys}
    alike = {key: sum(_usual(key).get(name) == spec for name, spec in named[key].items()) for key in keys}
    likeliest = max(keys, key=alike.__getitem__)
    if not alike[likeliest]:
        return WeightsError(_NO_NETWORK)
    head = Sentence(_LIKELIEST, {"title": torchvision_models.title(likeliest)})
    return WeightsError(_NO_NETWORK, (head, *misfits(named[likeliest], _usual(likeliest))))


def _check(given: Mapping[str, Spec], expected: Mapping[str, Spec], architecture: str) -> None:
    missing, superfluous, shapes, types = differences(given, expected)
    if missing or superfluous or shapes or types:
        raise WeightsError(
            _NOT_THEIRS, misfits(given, expected), title=torchvision_models.title(architecture), missing=len(missing),
            superfluous=len(superfluous), unlike=len({*shapes, *types}),
        )  # fmt: skip


def _converted(tensor: Tensor, like: Spec, name: str) -> Tensor:
    """A float32 of its own, or a whole number; only finite ones."""
    import torch

    if like.dtype not in FLOATS:
        return tensor.to(torch.int64)
    numbers = tensor.to(torch.float32, copy=True).contiguous()
    if not bool(torch.isfinite(numbers).all()):
        raise WeightsError(_NOT_FINITE, parameter=name)
    return numbers


def blueprint(architecture: str, options: Mapping[str, zoo.Value]) -> nn.Module:
    """A network of the zoo, or torchvision's own, without numbers."""
    if architecture in zoo.names() or not torchvision_models.of(architecture):
        return zoo.blueprint(architecture, **options)
    from cnnviz.networks import torchvision_networks

    return torchvision_networks.blueprint(architecture, int(options["num_classes"]))


@functools.lru_cache(maxsize=128)
def _usual(architecture: str) -> Mapping[str, Spec]:
    """Types and shapes of the published network."""
    sizes = {"num_classes": torchvision_models.CLASSES} if architecture not in zoo.names() else {}
    return _specs(blueprint(architecture, sizes))


def _specs(network: nn.Module) -> dict[str, Spec]:
    return {name: Spec(dtype_name(each), tuple(each.shape)) for name, each in network.state_dict().items()}


def _named(given: Weights, architecture: str) -> dict[str, Spec]:
    """Types and shapes of what is given, by our names."""
    return {ours: given.specs[theirs] for theirs, ours in _translation(given, architecture).items()}


def _translation(given: Weights, architecture: str) -> dict[str, str]:
    """Their names to ours: as they are, or translated from torchvision's, whichever knows more of them."""
    usual = _usual(architecture)
    same = {name: name for name in given.specs}
    if architecture not in zoo.names() or usual.keys() & same.keys() == usual.keys():
        return same
    return max(
        (same, _from_torchvision(given, architecture)), key=lambda names: len(usual.keys() & set(names.values()))
    )


def _from_torchvision(given: Weights, architecture: str) -> dict[str, str]:
    """Names that are not torchvision's stay as they are; auxiliary heads, which predict nothing, are left out."""
    try:
        translate = weights.torchvision_names(architecture)
    except WeightsError:  # torchvision does not have it
        return {}
    ours = {name: translate(name) or name for name in given.specs}
    return {name: own for name, own in ours.items() if not own.startswith(_AUXILIARY)}


def _sizes(specs: Mapping[str, Spec], architecture: str) -> dict[str, int]:
    """Classes and input channels by the shapes of the last and the first weights; the usual ones if they are odd."""
    usual = _usual(architecture)
    kernels = [name for name, spec in usual.items() if len(spec.shape) >= 2]
    first, last = specs.get(kernels[0], usual[kernels[0]]), specs.get(kernels[-1], usual[kernels[-1]])
    if len(first.shape) < 2 or not last.shape:
        first, last = usual[kernels[0]], usual[kernels[-1]]
    sizes = {"in_channels": first.shape[1], "num_classes": last.shape[0]}
    try:
        if architecture in zoo.names():
            zoo.get(architecture).checked(sizes)
        else:
            NUM_CLASSES.check(sizes["num_classes"])
    except CnnvizError:
        return {"in_channels": usual[kernels[0]].shape[1], "num_classes": usual[kernels[-1]].shape[0]}
    return sizes


def _may_be(given: Weights, key: str) -> bool:
    """Whether there are about as many tensors; spares translating thousands of names."""
    needed = sum(not name.endswith(COUNTER) for name in _usual(key))
    there = sum(not name.endswith(COUNTER) for name in given.specs)
    return needed <= there <= needed + _MOST_SPARE


def _fits(given: Weights, key: str) -> bool:
    specs = _named(given, key)
    return not any(differences(specs, _specs(blueprint(key, _sizes(specs, key)))))
