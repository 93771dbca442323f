"""The blocks of a network: what it does one after the other, seen from outside."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

__all__ = ["blocks"]


def blocks(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The outermost modules that are not mere sequences, by their names, in the order in which they were registered.

    The stages of a network are sequences of blocks and are opened; a sequence that holds a convolution itself, as
    `ConvNormActivation` does, is a block, and so is every module that does not just call its children in a row.
    """
    return _below("", network)


def _below(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for key, child in module.named_children():
        place = f"{name}.{key}" if name else key
        mere = isinstance(child, nn.Sequential) and not any(isinstance(each, nn.Conv2d) for each in child)
        if mere:
            yield from _below(place, child)
        else:
            yield place, child
