"""A recipe is checked once, and goes through JSON unchanged."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
import torch

from cnnviz.errors import ParameterError, UnknownNetworkError
from cnnviz.training.recipe import NUMBERS, Recipe
from cnnviz.training.schedule import share

RECIPE = Recipe(
    model="resnet20", options={"width": 0.5, "norm": "batch"}, data="cifar10", epochs=7, learning_rate=0.1,
    optimiser="adam", schedule="cosine", augmentation=("crop", "flip"), seed=5, channels_last=True,
)  # fmt: skip


def test_json_and_back_changes_nothing() -> None:
    """What is written to a run's folder is what was asked for."""
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE
    assert Recipe.from_json("{}") == Recipe()
    assert list(json.loads(RECIPE.to_json())) == [each.name for each in fields(Recipe)]


def test_augmentation_has_one_order() -> None:
    """Naming the same changes in another order is the same recipe."""
    assert RECIPE.augmentation == ("flip", "crop")


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_numbers_have_ranges(number: object) -> None:
    """The default is the record's; beyond the range, and NaN, is refused by name."""
    assert getattr(Recipe(), number.name) == number.default
    for value in (number.maximum * 2 + 1, number.minimum - 1, float("nan"), "3", None, True):
        with pytest.raises(ParameterError, match=number.name):
            Recipe(**{number.name: value})


@pytest.mark.parametrize(
    "values",
    [
        {"optimiser": "lion"},
        {"schedule": "spiral"},
        {"augmentation": ["flip", "mirror"]},
        {"augmentation": "flip"},
        {"options": {"colour": 3}},
        {"options": {"width": 1e9}},
        {"options": {"num_classes": 3}},
        {"options": []},
        {"data": ""},
        {"data": 3},
        {"model": ["lenet5"]},
        {"mixed_precision": "yes"},
        {"speed": 3},
    ],
)
def test_everything_else_is_refused_too(values: dict[str, object]) -> None:
    """An unknown name, or a value that it cannot have, is named in a sentence."""
    with pytest.raises(ParameterError):
        Recipe.from_values(values)


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"epochs": 1e999}'])
def test_what_is_no_recipe_is_refused(text: str) -> None:
    """Damaged and foreign files give the same error as wrong values."""
    with pytest.raises(ParameterError):
        Recipe.from_json(text)


def test_an_unknown_network_is_refused() -> None:
    """Before any data is loaded."""
    with pytest.raises(UnknownNetworkError):
        Recipe(model="resnet19")


def _torchs(name: str, optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """PyTorch's scheduler of that name."""
    schedulers = torch.optim.lr_scheduler
    if name == "one-cycle":
        return schedulers.OneCycleLR(optimiser, max_lr=0.4, total_steps=steps, cycle_momentum=False)
    if name == "cosine":
        return schedulers.CosineAnnealingLR(optimiser, steps)
    return schedulers.MultiStepLR(optimiser, [steps // 2, steps * 3 // 4])


@pytest.mark.parametrize("steps", [4, 40, 148])
@pytest.mark.parametrize("name", ["one-cycle", "cosine", "step"])
def test_schedules_are_those_of_pytorch(name: str, steps: int) -> None:
    """Step by step the same learning rate as torch.optim.lr_scheduler."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = _torchs(name, optimiser, steps)
    for step in range(steps):
        assert 0.4 * share(name, step, steps) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-6)
        optimiser.step()
        scheduler.step()


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("name", ["constant", "one-cycle", "cosine", "step"])
def test_the_shortest_runs_have_a_rate(name: str, steps: int) -> None:
    """Runs of one to three steps divide by nothing that is zero."""
    assert all(0 < share(name, step, steps) <= 1 for step in range(steps))
