"""Facts about the networks of the zoo for the pages: computed once, kept by value, torch loaded when first needed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.networks import zoo
from cnnviz.networks.structure import tree
from cnnviz.networks.zoo import Architecture, Value
from pages.common.diagram import Network

__all__ = ["Options", "facts", "facts_of", "is_text", "prepare", "shown_shape", "side_that_works"]

Options = tuple[tuple[str, Value], ...]

_TRIED = 40  # sides; a refused network stops early, so each takes milliseconds


def facts(name: str, options: Options, size: tuple[int, ...]) -> Network:
    """Facts of a network of the zoo.

    Args:
        name: in the zoo.
        options: what differs from the record, as pairs.
        size: (rows, columns), or (words,) for a text.

    Raises:
        ParameterError: when an option is not legal.
    """
    return _cached(name, options, size)


@st.cache_resource(max_entries=48, show_spinner=False)  # about 1 MB for a deep network
def _cached(name: str, options: Options, size: tuple[int, ...]) -> Network:
    return _computed(name, options, size)


def _computed(name: str, options: Options, size: tuple[int, ...]) -> Network:
    record = zoo.get(name)
    values = dict(options)
    network = zoo.blueprint(name, **values)
    channels = int(values.get("in_channels", record.in_channels))
    shape = (1, *size) if is_text(record) else (1, channels, *size)
    return facts_of(record.title, network, shape, words=is_text(record))


@st.cache_data(max_entries=256, show_spinner=False)
def side_that_works(name: str, options: Options, size: tuple[int, ...]) -> int | None:
    """The smallest square input, at least as large as the smaller side of `size`, that a network takes.

    Networks that end in a fixed linear layer take few sizes, so they are tried one by one, and then the published one;
    None when none will do, and for texts.
    """
    record = zoo.get(name)
    if is_text(record):
        return None
    sides = [*range(min(size), min(size) + _TRIED), *record.input_shape[1:2]]
    return next((side for side in sides if _computed(name, options, (side, side)).summary.failure is None), None)


def facts_of(title: str, network: Any, shape: tuple[int, ...], *, words: bool = False) -> Network:
    """Facts of any network, a `torch.nn.Module`; `shape` is its input's, with the batch."""
    from cnnviz.networks import sources, summary

    found = summary.summarize(network, shape, words=words)
    return Network(title, found, tree(found), sources.sources(network))


def prepare() -> None:
    """Follow one small network, so that PyTorch and what a first run of it imports are there."""
    _computed("lenet5", (), (32, 32))


def is_text(record: Architecture) -> bool:
    """Whether the network reads words, not pixels."""
    return len(record.input_shape) == 1


def shown_shape(shape: tuple[int, ...]) -> str:
    """A shape without its batch: "3 × 224 × 224"."""
    return " × ".join(f"{side:,}" for side in shape[1:])
