"""Starting a pair: the settings of a run, one of them changed, go to the tab where networks learn."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cnnviz.networks import zoo
from cnnviz.training.comparison import Curve
from cnnviz.training.recipe import AUGMENTATIONS, OPTIMISERS, SCHEDULES, Recipe
from pages.common.language import _
from pages.common.runs_words import setting_title, value_text
from pages.common.settings import Settings
from pages.common.training_data import NAMED, OWN
from pages.common.training_networks import CUSTOM, network_names
from pages.common.training_settings import SHOWN_NUMBERS

__all__ = ["pair_controls", "train_settings", "twins"]

_FACTORS = (0.1, 0.3, 3, 10)  # of a learning rate
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OFFERED = ("norm", "dropout", "shortcut", "width", "activation")
_SHARES = {"dropout": (0.0, 0.25, 0.5), "width": (0.5, 1.0, 2.0)}  # of options that are numbers


def pair_controls(settings: Settings, curves: Sequence[Curve], names: Mapping[str, str]) -> None:
    """Choose a run and what shall be another way, and take that to the tab where networks learn."""
    possible = {each.key: each for each in curves if train_settings(each.recipe) is not None}
    if not possible:
        st.caption(_("None of these runs can be set up here: their pictures or first weights are not offered there."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        key = st.selectbox(_("Like"), list(possible), format_func=names.__getitem__, key="training/pair like")
        changes = twins(possible[key].recipe)
        setting = st.selectbox(
            _("but with another"), list(changes), format_func=setting_title, key=f"training/pair setting {key}"
        )
        place = st.selectbox(
            _("namely"),
            range(len(changes[setting])),
            format_func=lambda number: value_text(setting, changes[setting][number][0]),
            key=f"training/pair value {key} {setting}",
        )
        st.button(
            _("Set it up"),
            key="training/pair go",
            icon=":material/model_training:",
            on_click=_go,
            args=(settings, train_settings(changes[setting][place][1])),
        )
    st.caption(_("Opens “Watch it learn” with these settings. Press Train there; the run then appears in this list."))


def _go(settings: Settings, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        settings[name] = value
    settings["tab"] = "train"


def train_settings(recipe: Recipe) -> dict[str, Any] | None:
    """The settings `train_…` that make this recipe; None when that tab does not offer its like."""
    data = recipe.data if recipe.data in NAMED else _own(recipe.data)
    if data is None or recipe.model not in (*network_names(), CUSTOM) or recipe.start:
        return None
    if any(getattr(recipe, name) > each.maximum for name, each in SHOWN_NUMBERS.items()):
        return None
    values: dict[str, Any] = {f"train_{name}": getattr(recipe, name) for name in SHOWN_NUMBERS}
    values |= {f"train_{name}": getattr(recipe, name) for name in ("optimiser", "schedule", "augmentation")}
    values |= {"train_data": data, "train_model": recipe.model, "train_options": tuple(recipe.options.items())}
    if recipe.model == CUSTOM:
        values["train_layers"] = recipe.layers
    return {**values, "train_run": ""}


def _own(path: str) -> str | None:
    """The setting of a visitor's own zip, whose file is named by its digest."""
    stem = path.rsplit("/", 1)[-1].removesuffix(".zip")
    return OWN + stem if _DIGEST.fullmatch(stem) else None


def twins(recipe: Recipe) -> dict[str, list[tuple[Any, Recipe]]]:
    """Recipes that differ from this one in one setting: by its name, the value and the recipe."""
    found: dict[str, list[tuple[Any, Recipe]]] = {}
    partner = _partner(recipe.model)
    if partner:
        options = {name: value for name, value in recipe.options.items() if _has(partner, name)}
        found["model"] = [(partner, _with(recipe, model=partner, options=options))]
    for name, values in _options(recipe.model).items():
        now = recipe.options.get(
            name, next(each.default for each in zoo.get(recipe.model).options if each.name == name)
        )
        found[name] = [(each, _with(recipe, options={**recipe.options, name: each})) for each in values if each != now]
    found["augmentation"] = [
        (each, _with(recipe, augmentation=each))
        for each in _augmentations(recipe.augmentation)
        if each != recipe.augmentation
    ]
    rates = [float(f"{recipe.learning_rate * factor:.3g}") for factor in _FACTORS]
    found["learning_rate"] = [(each, _with(recipe, learning_rate=each)) for each in rates if 1e-6 <= each <= 10]
    found["optimiser"] = [(each, _with(recipe, optimiser=each)) for each in OPTIMISERS if each != recipe.optimiser]
    found["schedule"] = [(each, _with(recipe, schedule=each)) for each in SCHEDULES if each != recipe.schedule]
    found["seed"] = [(recipe.seed + 1, _with(recipe, seed=recipe.seed + 1))]
    return {name: each for name, each in found.items() if each}


def _with(recipe: Recipe, **changes: Any) -> Recipe:
    return dataclasses.replace(recipe, **changes)


def _partner(model: str) -> str:
    """The same depth with shortcuts, or without them."""
    for one, other in (("plain", "resnet"), ("resnet", "plain")):
        twin = other + model.removeprefix(one)
        if model.startswith(one) and twin in zoo.names():
            return twin
    return ""


def _has(model: str, option: str) -> bool:
    return any(each.name == option for each in zoo.get(model).options)


def _options(model: str) -> dict[str, Sequence[Any]]:
    """Values to choose for the options of a network."""
    known = zoo.get(model).options if model in zoo.names() else ()
    values = {
        each.name: each.choices
        or [value for value in _SHARES.get(each.name, ()) if each.minimum <= value <= each.maximum]
        for each in known
    }
    return {name: values[name] for name in _OFFERED if values.get(name)}


def _augmentations(now: tuple[str, ...]) -> list[tuple[str, ...]]:
    """None, those of today without one of them or with one more."""
    more = [tuple(name for name in AUGMENTATIONS if name in (*now, each)) for each in AUGMENTATIONS if each not in now]
    fewer = [tuple(name for name in now if name != each) for each in now]
    return list(dict.fromkeys([(), *fewer, *more]))
