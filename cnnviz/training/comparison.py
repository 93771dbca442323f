"""Runs beside each other: what they recorded epoch by epoch, which settings differ, and which differ in one only.

Reads the folders of runs and the cards of `models/`; needs neither their weights nor torch.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cnnviz.errors import CnnvizError, RunError, UnknownNetworkError
from cnnviz.networks import zoo
from cnnviz.text import N_
from cnnviz.training import control
from cnnviz.training.recipe import Recipe

__all__ = [
    "DEGRADATION",
    "MEASURED",
    "Curve",
    "Pair",
    "degradation",
    "differing",
    "finished",
    "pairs",
    "read_card",
    "read_run",
    "runs",
    "shipped",
]

MEASURED = ("learning_rate", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "seconds")
"""What every epoch must have recorded to be shown: finite numbers, accuracies as shares from 0 to 1."""

DEGRADATION = ("plain20", "plain56", "resnet20", "resnet56")
"""The networks of He et al. 2015, figure 6: deeper without shortcuts, and with them."""

_IMMATERIAL = ("threads", "channels_last")  # they change the last bits of sums and the speed, not what is learned
_APART = ("data", *_IMMATERIAL)  # settings that no pair is about: other pictures are another task
_MOST_BYTES = 2**22  # of a file; 1,000 epochs take a tenth

_DAMAGED = N_("{name} cannot be compared, because its files are damaged ({reason}).")
_LARGE = "too large"
_NO_EPOCH = "an epoch is not made of numbers"

Flat = dict[str, Any]


@dataclass(frozen=True)
class Curve:
    """What a run or a shipped network recorded.

    Attributes:
        key: "NAME" of a shipped network, "run:NAME" of a run's folder.
        name: of the card or the folder.
        recipe: how it was trained.
        data: facts of the data set: title, digest, train_pictures among them.
        metrics: one record for each epoch, as `Loop.run_epoch` returns them; may be empty.
        parameters: as the card counts them; None for a run.
        changed: seconds since 1970 when its metrics were written last; 0 for a shipped network.
    """

    key: str
    name: str
    recipe: Recipe
    data: Mapping[str, Any]
    metrics: tuple[Mapping[str, float], ...]
    parameters: int | None = None
    changed: float = 0.0

    @property
    def is_shipped(self) -> bool:
        """Whether it lies in `models/`."""
        return not self.key.startswith("run:")

    @property
    def last(self) -> Mapping[str, float]:
        """The last epoch's record."""
        return self.metrics[-1]

    @property
    def best(self) -> Mapping[str, float]:
        """The first epoch of the highest test accuracy."""
        return max(self.metrics, key=lambda each: each["test_accuracy"])

    @property
    def gap(self) -> float:
        """Training accuracy minus test accuracy after the last epoch, as a share: large where it overfits."""
        return self.last["train_accuracy"] - self.last["test_accuracy"]

    @property
    def seconds_per_epoch(self) -> float:
        """Mean over its epochs, of learning alone."""
        return math.fsum(each["seconds"] for each in self.metrics) / len(self.metrics)

    @cached_property
    def settings(self) -> Flat:
        """Everything that was set, by name: the recipe, the network's options with their defaults, the data's title."""
        values = {name: value for name, value in asdict(self.recipe).items() if name != "options"}
        return {**values, "data": str(self.data.get("title", self.recipe.data)), **_options(self.recipe)}


def _options(recipe: Recipe) -> Flat:
    """The options of its network, those that were left out with their defaults."""
    try:
        known = zoo.get(recipe.model).options
    except UnknownNetworkError:  # one's own network, written as text
        return dict(recipe.options)
    return {each.name: recipe.options.get(each.name, each.default) for each in known}


# ---- reading


def read_card(path: Path) -> Curve | None:
    """Read the card of a shipped network; None when it records no epochs.

    Raises:
        RunError: when it is damaged.
    """
    with _damage_named(path.stem):
        card = json.loads(_text(path))
        if "curve" not in card:
            return None
        parameters = int(card["architecture"]["parameters"])
        return Curve(
            path.stem,
            path.stem,
            Recipe.from_values(card["recipe"]),
            dict(card["data"]),
            _epochs(card["curve"]),
            parameters,
        )


def read_run(folder: Path) -> Curve:
    """Read a run's folder; a line of metrics that is being written is left out.

    Raises:
        RunError: when it is damaged.
    """
    with _damage_named(folder.name):
        recipe = Recipe.from_json(_text(folder / "recipe.json"))
        data = dict(json.loads(_text(folder / "data.json")))
        path = folder / "metrics.jsonl"
        there = path.exists()
        epochs = _epochs(_whole(_text(path)) if there else [])
        changed = (path if there else folder).stat().st_mtime
        return Curve(f"run:{folder.name}", folder.name, recipe, data, epochs, changed=changed)


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turn whatever goes wrong in reading into one sentence."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError, CnnvizError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(_DAMAGED, name=name, reason=reason) from error


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(_LARGE)
    return path.read_text("utf-8")


def _whole(text: str) -> list[Any]:
    lines = text.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _epochs(records: Sequence[Any]) -> tuple[Mapping[str, float], ...]:
    for record in records:
        if not all(math.isfinite(float(record[name])) for name in MEASURED):
            raise ValueError(_NO_EPOCH)
    return tuple({**record, "epoch": number} for number, record in enumerate(records, 1))


def shipped(folder: Path) -> tuple[list[Curve], list[str]]:
    """The curves of all cards in `folder`, by name; and the names of those that are damaged."""
    return _all(sorted(folder.glob("*.json")), read_card)


def runs(folder: Path) -> tuple[list[Curve], list[str]]:
    """The curves of all runs in `folder`, the newest first; and the names of those that are damaged."""
    there = [path.parent for path in sorted(folder.glob("*/recipe.json")) if not path.parent.is_symlink()]
    folders = [each for each in there if control.NAME.fullmatch(each.name)]  # not one that is being deleted
    found, damaged = _all(folders, read_run)
    return sorted(found, key=lambda each: -each.changed), damaged


def _all(paths: Iterable[Path], read: Callable[[Path], Curve | None]) -> tuple[list[Curve], list[str]]:
    found, damaged = [], []
    for path in paths:
        try:
            curve = read(path)
        except RunError:
            damaged.append(path.stem if path.suffix == ".json" else path.name)
        else:
            found += [curve] if curve else []
    return found, damaged


# ---- comparing


def differing(curves: Sequence[Curve]) -> tuple[str, ...]:
    """Names of the settings that are not the same in all of them, in the order of the recipe."""
    settings = [each.settings for each in curves]
    names = dict.fromkeys(name for each in settings for name in each)
    return tuple(name for name in names if any(each.get(name) != settings[0].get(name) for each in settings))


def finished(curve: Curve) -> bool:
    """Whether all its epochs are there."""
    return len(curve.metrics) >= curve.recipe.epochs


@dataclass(frozen=True)
class Pair:
    """Curves that differ in one setting only, at most one for each of its values.

    Attributes:
        setting: its name.
        curves: two or more, in the order of its values.
    """

    setting: str
    curves: tuple[Curve, ...]


def pairs(curves: Sequence[Curve]) -> list[Pair]:
    """All that differ in one setting only, those of the newest runs first.

    Of several with the same settings the first one given is taken. Threads and the order of bytes do not count as
    settings, and other pictures are not compared.
    """
    done = [each for each in curves if finished(each)]
    names = dict.fromkeys(name for each in done for name in each.settings if name not in _APART)
    found = [pair for name in names for pair in _pairs_in(name, done)]
    return sorted(found, key=lambda pair: min(done.index(each) for each in pair.curves))


def _pairs_in(setting: str, curves: Sequence[Curve]) -> list[Pair]:
    alike: dict[str, dict[str, Curve]] = {}
    for each in curves:
        if setting in each.settings:
            alike.setdefault(_rest(each, setting), {}).setdefault(repr(each.settings[setting]), each)
    return [
        Pair(setting, tuple(sorted(values.values(), key=lambda each: _order(each.settings[setting]))))
        for values in alike.values()
        if len(values) > 1
    ]


def _order(value: Any) -> tuple[bool, Any]:
    return (False, float(value)) if isinstance(value, bool | int | float) else (True, str(value))


def _rest(curve: Curve, setting: str) -> str:
    """All other settings, as text. Beside another network, options count where they differ from that one's own."""
    rest = {name: value for name, value in curve.settings.items() if name not in (setting, *_IMMATERIAL)}
    if setting == "model":
        own = {each.name: each.default for each in zoo.get(curve.recipe.model).options} if _is_in_zoo(curve) else {}
        rest = {name: value for name, value in rest.items() if name not in own or value != own[name]}
    return json.dumps([rest, curve.data.get("digest")], sort_keys=True, default=str)


def _is_in_zoo(curve: Curve) -> bool:
    return curve.recipe.model in zoo.names()


def degradation(curves: Sequence[Curve]) -> tuple[Curve, ...]:
    """Plain and residual networks of 20 and 56 layers with one recipe, in the order of `DEGRADATION`; () if not all.

    Shipped ones come before runs, long recipes before short ones.
    """
    alike: dict[str, dict[str, Curve]] = {}
    for each in curves:
        if each.recipe.model in DEGRADATION and finished(each):
            alike.setdefault(_rest(each, "model"), {}).setdefault(each.recipe.model, each)
    whole = [[found[name] for name in DEGRADATION] for found in alike.values() if len(found) == len(DEGRADATION)]
    best = max(whole, key=lambda four: (all(each.is_shipped for each in four), four[0].recipe.epochs), default=[])
    return tuple(best)
