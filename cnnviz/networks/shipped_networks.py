"""The networks in models/ that have a card, as the catalogue lists and loads them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cnnviz.errors import UnknownNetworkError, WeightsError
from cnnviz.networks import shipped, zoo
from cnnviz.networks.loaded import Entry, Loaded, polarity

__all__ = ["SOURCE", "entries", "load"]

SOURCE = "shipped"


def entries(folder: Path = shipped.MODELS) -> tuple[Entry, ...]:
    """Those whose cards can be read, in alphabetical order.

    Of one title, each bears its share of right answers to the test pictures too, else its file's name.
    """
    found = [each for name in shipped.names(folder) if (each := _entry(name, folder))]
    return _told_apart(_told_apart(found, lambda each: _right(each, folder)), lambda each: f": {each.key}")


def _told_apart(found: Sequence[Entry], end: Callable[[Entry], str]) -> tuple[Entry, ...]:
    """Titles that several have get an end."""
    count = Counter(each.title for each in found)
    return tuple(replace(each, title=each.title + end(each)) if count[each.title] > 1 else each for each in found)


def _right(entry: Entry, folder: Path) -> str:
    """The share of the test pictures that it calls right: " (88.1%)"."""
    try:
        return f" ({float(shipped.read_card(entry.key, folder)['accuracy']['top1']):.1%})"
    except (WeightsError, LookupError, TypeError, ValueError):  # a damaged card
        return ""


def load(name: str, folder: Path = shipped.MODELS) -> Loaded:
    """Load one.

    Raises:
        WeightsError: as `shipped.load`.
    """
    trained = shipped.load(name, folder)
    preparation = trained.preparation
    return Loaded(
        name, _title(trained.card), trained.card["architecture"]["key"], SOURCE, trained.network, trained.classes,
        preparation, trained.card, polarity(preparation),
    )  # fmt: skip


def _entry(name: str, folder: Path) -> Entry | None:
    """None for a damaged card: `load` says what is wrong with it."""
    try:
        card = json.loads((folder / f"{name}.json").read_text("utf-8"))
        channels, rows, columns = map(int, card["input"]["shape"])
        architecture, classes = str(card["architecture"]["key"]), len(card["classes"])
        title = _title(card)
        size = (folder / f"{name}.safetensors").stat().st_size
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return Entry(name, title, architecture, SOURCE, (channels, rows, columns), classes, True, size)


def _title(card: Mapping[str, Any]) -> str:
    """The network as people write it, and its data: "ResNet-20, CIFAR-10"."""
    architecture = card["architecture"]
    network = str(architecture.get("title") or _zoo_title(str(architecture["key"])))
    data = str(card.get("data", {}).get("title", ""))
    return network if not data or data in network else f"{network}, {data}"


def _zoo_title(key: str) -> str:
    try:
        return zoo.get(key).title
    except UnknownNetworkError:
        return key
