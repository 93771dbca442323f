"""Layers that are not changed: all up to one, in the order in which a picture meets them."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from cnnviz.errors import ParameterError
from cnnviz.networks import custom, zoo
from cnnviz.networks.custom import building
from cnnviz.networks.facts import Shape
from cnnviz.networks.tracing import trace
from cnnviz.text import N_
from cnnviz.training.blocks import blocks
from cnnviz.training.recipe import CUSTOM, Recipe

__all__ = ["freeze", "head", "layers"]

_AFTER = N_("the layers that follow must be left to learn")


def layers(model: str, options: Mapping[str, zoo.Value] | None = None, text: str = "") -> tuple[str, ...]:
    """Names that `freeze` may have, from the input on: the blocks that have weights, without the head.

    Names of modules within them, and of sequences of them, are legal, too. Takes some 10 ms, and imports torch.

    Args:
        model: a key of the zoo, or "custom".
        options: of its builder, as in a recipe.
        text: of "custom", its layers.

    Raises:
        UnknownNetworkError, ParameterError, CnnvizError: as `Recipe`.
    """
    heads = head(model, options, text)
    return tuple(
        name
        for name, module in blocks(_blueprint(model, options or {}, text, 2))
        if any(True for _ in module.parameters()) and not any(_within(each, name) for each in heads)
    )


def _within(name: str, around: str) -> bool:
    return name == around or name.startswith(f"{around}.")


def _blueprint(model: str, options: Mapping[str, zoo.Value], text: str, classes: int) -> nn.Module:
    if model == CUSTOM:
        return building.blueprint(custom.read(text))
    return zoo.blueprint(model, **{**options, "num_classes": classes})


def head(model: str, options: Mapping[str, zoo.Value] | None = None, text: str = "") -> tuple[str, ...]:
    """Names of the modules whose weights belong to the classes: the last layer, and those of auxiliary heads.

    They are those whose shape depends on the number of classes; in a network of one's own, the last layer with weights.

    Args:
        model: as for `layers`.
        options: likewise.
        text: likewise.
    """
    if model == CUSTOM:
        with_weights = [step.name for step in custom.steps(custom.read(text)) if step.cost.parameters]
        return tuple(with_weights[-1:])
    two, three = (_blueprint(model, options or {}, text, count).state_dict() for count in (2, 3))
    changed = (name for name, each in two.items() if each.shape != three[name].shape)
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in changed))


def freeze(network: nn.Module, recipe: Recipe, shape: Shape) -> tuple[nn.Module, ...]:
    """Keep the weights of the recipe's frozen layers from learning.

    Args:
        network: of the recipe; its parameters are changed.
        recipe: whose `freeze` names the last frozen layer; "" freezes nothing.
        shape: (channels, rows, columns) of the pictures.

    Returns:
        The frozen layers, to be kept in evaluation mode: their batch normalisation does not follow the pictures, their
        dropout rests.

    Raises:
        ParameterError: when there is no such layer, or it is the head, or behind it.
    """
    if not recipe.freeze:
        return ()
    order = _in_order(network, shape)
    places = [place for place, name in enumerate(order) if _within(name, recipe.freeze)]
    names = order[: places[-1] + 1] if places else []
    heads = head(recipe.model, recipe.options, recipe.layers)
    if not names or any(_within(name, each) for name in names for each in heads):
        legal = ", ".join(layers(recipe.model, recipe.options, recipe.layers)) or "–"
        raise ParameterError("freeze", recipe.freeze, legal, _AFTER)
    frozen = tuple(network.get_submodule(name) for name in dict.fromkeys(names))
    for module in frozen:
        module.requires_grad_(False)
    return frozen


def _in_order(network: nn.Module, shape: Shape) -> list[str]:
    """Modules without children in the order of their calls; in that of their registration, if calls cannot be seen."""
    found = trace(network, (1, *shape))
    if found.untraced:
        return [name for name, module in network.named_modules() if not module._modules]
    return [call.name.split("#")[0] for call in found.calls if call.module is not None]
