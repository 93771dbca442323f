"""Runs in words: short names for curves, names of settings and of their values, and what a comparison shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.networks import zoo
from cnnviz.training.comparison import DEGRADATION, Curve, differing
from cnnviz.training.recipe import NUMBERS
from pages.common.language import _, ngettext
from pages.common.training_controls import schedule_names

__all__ = ["augmentation_names", "degradation_sentence", "finding", "labels", "setting_title", "value_text"]

_LONGEST = 60  # letters of a value
_MOST_IN_LABEL = 2  # settings that tell curves of one network apart
_EXACT = 1e-9  # shares that are equal but for their last bits


def setting_title(name: str) -> str:
    """A setting's name."""
    number = next((each for each in NUMBERS if each.name == name), None)
    if number:
        return _(number.title)
    option = next((each for key in zoo.names() for each in zoo.get(key).options if each.name == name), None)
    if option:
        return _(option.title)
    return _others().get(name, name)


def _others() -> Mapping[str, str]:
    return {
        "model": _("Network"),
        "data": _("Pictures"),
        "optimiser": _("Optimiser"),
        "schedule": _("Schedule"),
        "augmentation": _("Augmentation"),
        "mixed_precision": _("Mixed precision"),
        "channels_last": _("Channels last"),
        "start": _("Begins with"),
        "freeze": _("Frozen up to"),
        "layers": _("Layers"),
    }


def augmentation_names() -> dict[str, str]:
    """The augmentations, by key."""
    return {
        "flip": _("flip"),
        "crop": _("crop"),
        "rotation": _("rotation"),
        "colour": _("colour"),
        "erasing": _("erasing"),
    }


def value_text(name: str, value: Any) -> str:
    """A setting's value."""
    if name == "model":
        return _network(str(value))
    if name == "augmentation":
        names = augmentation_names()
        return " + ".join(names.get(each, each) for each in value) or _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:g}"
    words = {"none": _("none"), "batch": _("batch"), "group": _("group"), "": "–", "None": "–", **_choices(name)}
    return words.get(str(value), str(value))[:_LONGEST]


def _choices(name: str) -> Mapping[str, str]:
    """Words for what a recipe calls the choices of a setting, as where they are made."""
    words: dict[str, dict[str, str]] = {
        "optimiser": {"sgd": "SGD", "adam": "Adam"},
        "schedule": schedule_names(),
        "activation": {"relu": "ReLU", "gelu": "GELU"},
    }
    return words.get(name, {})


def _network(key: str) -> str:
    """Its title without the pictures that it was made for."""
    title = zoo.get(key).title if key in zoo.names() else _("own network")
    return title.removesuffix(", CIFAR-10")


def labels(curves: Sequence[Curve]) -> dict[str, str]:
    """A short name for each curve, by its key: no two are the same.

    The network, where that tells them apart; else also what differs, or the run's name.
    """
    names = {each.key: _network(each.recipe.model) for each in curves}
    if len(set(names.values())) == len(names):
        return names
    apart = [name for name in differing(curves) if name != "model"][:_MOST_IN_LABEL]
    names = {each.key: " · ".join([names[each.key], *_told(each, apart)]) for each in curves}
    shared = [name for name in names.values() if list(names.values()).count(name) > 1]
    return {each.key: each.name if names[each.key] in shared else names[each.key] for each in curves}


def _told(curve: Curve, names: Sequence[str]) -> list[str]:
    return [f"{setting_title(name)}: {value_text(name, curve.settings.get(name))}" for name in names]


# ---- what a comparison shows


def finding(curves: Sequence[Curve], names: Mapping[str, str]) -> str:
    """What differs, which network is the best on test pictures, and which overfits most."""
    there = [each for each in curves if each.metrics]
    if not there:
        return _("No epoch is done yet.")
    best = max(there, key=lambda each: each.best["test_accuracy"])
    text = _("Lowest test error: **{name}**, {error:.2f}% in epoch {epoch}.").format(
        name=names[best.key], error=100 * (1 - best.best["test_accuracy"]), epoch=best.best["epoch"]
    )
    wide = max(there, key=lambda each: each.gap)
    if wide.gap > _EXACT:
        gap = _("Largest gap between training and test accuracy at the end: **{name}**, {gap:.1f} points.")
        text += " " + gap.format(name=names[wide.key], gap=100 * wide.gap)
    return " ".join([_difference(curves, names), text]).strip()


def _difference(curves: Sequence[Curve], names: Mapping[str, str]) -> str:
    if len(curves) == 1:
        return ""
    apart = [name for name in differing(curves) if name != "threads"]
    if not apart:
        return _("The settings are the same.")
    if len(apart) > 1:
        text = ngettext("{count} setting differs.", "{count} settings differ.", len(apart))
        return text.format(count=len(apart))
    values = ", ".join(value_text(apart[0], each.settings.get(apart[0])) for each in curves)
    return _("They differ only in **{setting}**: {values}.").format(setting=setting_title(apart[0]), values=values)


def degradation_sentence(four: Sequence[Curve]) -> str:
    """What the four networks show about depth, whether or not He et al. found the same.

    Args:
        four: as `comparison.degradation` returns them.
    """
    errors = {each.recipe.model: 100 * (1 - each.last["train_accuracy"]) for each in four}
    plain20, plain56, resnet20, resnet56 = (errors[model] for model in DEGRADATION)
    return " ".join(
        [
            _(
                "**Training error** after {epochs} epochs: plain-20 {plain20:.1f}%, plain-56 {plain56:.1f}%; "
                "ResNet-20 {resnet20:.1f}%, ResNet-56 {resnet56:.1f}%."
            ).format(
                epochs=len(four[0].metrics), plain20=plain20, plain56=plain56, resnet20=resnet20, resnet56=resnet56
            ),
            _about_plain(plain56 - plain20),
            _about_residual(resnet20 - resnet56),
        ]
    )


def _about_plain(worse: float) -> str:
    if worse > _EXACT:
        return _(
            "Without shortcuts the deeper network is **worse by {points:.1f} points**, and that on the pictures it "
            "learns from: so it is not overfitting. He et al. (2015) found the same."
        ).format(points=worse)
    return _(
        "Without shortcuts the deeper network is not worse here ({points:.1f} points better): this **disagrees** with "
        "He et al. (2015), whose plain-56 was worse than their plain-20."
    ).format(points=abs(worse))


def _about_residual(better: float) -> str:
    if better > _EXACT:
        return _("With shortcuts it is **better by {points:.1f} points**, as they found.").format(points=better)
    if better >= -_EXACT:
        return _("With shortcuts it is as good, and no worse: as they found.")
    return _(
        "With shortcuts it is **worse by {points:.1f} points** here: this **disagrees** with them; their ResNet-56 was "
        "better than their ResNet-20."
    ).format(points=-better)
