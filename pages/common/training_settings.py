"""The settings of the tab where a network learns: what learns from what, how, and which run is watched."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from cnnviz.errors import ParameterError
from cnnviz.networks import custom, zoo
from cnnviz.networks.custom.examples import EXAMPLES
from cnnviz.networks.zoo import Value
from cnnviz.parameters import Parameter
from cnnviz.training import control
from cnnviz.training.recipe import AUGMENTATIONS, NUMBERS, OPTIMISERS, SCHEDULES, Recipe
from pages.common.frame import Suggestion
from pages.common.language import _
from pages.common.settings import Setting, Settings, choice, flag
from pages.common.training_cost import MOST_EPOCHS
from pages.common.training_data import NAMED, OWN, DataChoice
from pages.common.training_networks import CUSTOM, adapted, network_names

__all__ = ["SHOWN_NUMBERS", "TRAIN_SETTINGS", "options_of", "recipe_of", "training_suggestions"]

_OWN_DATA = re.compile(OWN + r"[0-9a-f]{64}")
_PAIR = re.compile(r"([a-z0-9_]{1,30})-([A-Za-z0-9_.]{1,20})")
_MOST_OPTIONS = 8

_DEFAULTS: dict[str, float] = {"epochs": 20, "batch_size": 32}  # a few seconds for the digits, long enough to watch
SHOWN_NUMBERS = {
    each.name: replace(each, maximum=MOST_EPOCHS) if each.name == "epochs" else each
    for each in NUMBERS
    if each.name != "threads"
}
"""The numbers of a recipe that are chosen here, by name, in the ranges of the page; the threads are the machine's."""


def _read_data(text: str) -> str:
    if text not in NAMED and not _OWN_DATA.fullmatch(text):
        raise ParameterError("train_data", text[:40], ", ".join(NAMED))
    return text


def _read_run(text: str) -> str:
    if not control.NAME.fullmatch(text.removeprefix("shipped:")):
        raise ParameterError("train_run", text[:40], "a–z, 0–9, . _ -")
    return text


def _write_options(options: tuple[tuple[str, Value], ...]) -> str:
    return "~".join(f"{name}-{value}" for name, value in options)


def _read_options(text: str) -> tuple[tuple[str, Value], ...]:
    pairs = [_PAIR.fullmatch(part) for part in text.split("~")]
    if not all(pairs) or len(pairs) > _MOST_OPTIONS:
        raise ParameterError("train_options", text[:40], "norm-none~width-0.5")
    return tuple((pair[1], _value(pair[2])) for pair in pairs if pair)


def _value(text: str) -> Value:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"True": True, "False": False}.get(text, text)


def _numbers() -> list[Setting]:
    return [_number(each) for each in SHOWN_NUMBERS.values()]


def _number(record: Parameter) -> Setting:
    kind = int if record.integer else float
    default = kind(_DEFAULTS.get(record.name, record.default))
    return Setting(
        f"train_{record.name}", default, lambda value: f"{value:.10g}", lambda text: record.check(kind(text))
    )


def _write_names(names: tuple[str, ...]) -> str:
    return "-".join(names)


def _read_names(text: str) -> tuple[str, ...]:
    names = text.split("-") if text else []
    if strange := set(names) - set(AUGMENTATIONS):
        raise ParameterError("train_augmentation", min(strange)[:20], ", ".join(AUGMENTATIONS))
    return tuple(name for name in AUGMENTATIONS if name in names)


TRAIN_SETTINGS: tuple[Setting, ...] = (
    Setting("train_data", "digits", str, _read_data),
    choice("train_model", "lenet5", (*network_names(), CUSTOM)),
    flag("train_all"),  # whether networks for large pictures are offered, too
    Setting("train_options", (), _write_options, _read_options),
    Setting("train_layers", custom.write(EXAMPLES[0].custom), str, lambda text: custom.write(custom.read(text))),
    *_numbers(),
    choice("train_optimiser", "sgd", OPTIMISERS),
    choice("train_schedule", "one-cycle", SCHEDULES),
    Setting("train_augmentation", (), _write_names, _read_names),
    Setting("train_run", "", str, _read_run),
)


def options_of(settings: Settings, data: DataChoice) -> dict[str, Value]:
    """The options of the builder: what the pictures' size asks for, and what was chosen.

    Raises:
        ParameterError: for one that the network does not have, or a value outside its range.
    """
    if settings["train_model"] == CUSTOM:
        return {}
    record = zoo.get(settings["train_model"])
    known = {each.name: each for each in record.options}
    for name, _given in settings["train_options"]:
        if name not in known:
            raise ParameterError("option", name, ", ".join(known))
    chosen = {name: known[name].check(value) for name, value in settings["train_options"]}
    changed = {name: value for name, value in chosen.items() if value != known[name].default}
    return {**adapted(record.key, data.shape[1]), **changed}


def recipe_of(settings: Settings, data: DataChoice, threads: int) -> Recipe:
    """The recipe that is set.

    Raises:
        ParameterError: when parts of it do not go together.
    """
    values: dict[str, Any] = {name: settings[f"train_{name}"] for name in SHOWN_NUMBERS}
    if settings["train_model"] == CUSTOM:
        fitting = replace(custom.read(settings["train_layers"]), input_shape=data.shape)
        values["layers"] = custom.write(fitting)
    return Recipe(
        model=settings["train_model"],
        options=options_of(settings, data),
        data=data.data,
        optimiser=settings["train_optimiser"],
        schedule=settings["train_schedule"],
        augmentation=settings["train_augmentation"],
        threads=threads,
        **values,
    )


def training_suggestions() -> list[Suggestion]:
    """Things to try on the page, whatever tab they are in."""
    return [
        Suggestion(
            _("LeNet on digits"),
            _("Press Train: within seconds, 97 of 100 digits that it has never seen are read right."),
            {"tab": "train", "train_data": "digits", "train_model": "lenet5"},
        ),
        Suggestion(
            _("Without batch norm"),
            _("A plain network of 20 layers without batch norm: press Train, and see how long its loss stays flat."),
            {"tab": "train", "train_model": "plain20", "train_options": (("norm", "none"), ("width", 0.5)),
             "train_epochs": 5},
        ),
        Suggestion(
            _("Plain or residual"),
            _("Without shortcuts, 56 layers learn worse than 20, on the training pictures, too. With them, not."),
            {"tab": "runs"},
        ),
        Suggestion(
            _("Draw a digit"),
            _("Draw with the mouse or a finger; the network answers at once."),
            {"tab": "draw"},
        ),
        Suggestion(
            _("Too high a learning rate"),
            _("Press Train: each step leads further away than it came from, until the loss is no longer a number."),
            {"tab": "train", "train_learning_rate": 5.0, "train_schedule": "constant"},
        ),
        Suggestion(
            _("Learn Sobel"),
            _("A kernel of random numbers becomes the one that made the picture beside it."),
            {"tab": "kernel"},
        ),
    ]  # fmt: skip
