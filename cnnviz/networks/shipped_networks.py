"""The networks in models/ that have a card, as the catalogue lists and loads them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cnnviz.errors import UnknownNetworkError
from cnnviz.networks import shipped, zoo
from cnnviz.networks.loaded import Entry, Loaded, polarity

__all__ = ["SOURCE", "entries", "load"]

SOURCE = "shipped"


def entries(folder: Path = shipped.MODELS) -> tuple[Entry, ...]:
    """Those whose cards can be read, in alphabetical order.

    Where several have one title and are right as often, each title ends in its file's name.
    """
    found = [each for name in shipped.names(folder) if (each := _entry(name, folder))]
    count = Counter((each.title, each.right) for each in found)
    return tuple(
        replace(each, title=f"{each.title}: {each.key}") if count[each.title, each.right] > 1 else each
        for each in found
    )


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
    return Entry(name, title, architecture, SOURCE, (channels, rows, columns), classes, True, size, right=_right(card))


def _right(card: Mapping[str, Any]) -> float | None:
    """The share of test pictures whose class it names, 0–1; None where the card does not say."""
    try:
        share = float(card["accuracy"]["top1"])
    except (LookupError, TypeError, ValueError, OverflowError):
        return None
    return share if 0 <= share <= 1 else None


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
