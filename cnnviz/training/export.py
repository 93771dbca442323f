"""From a run to `models/`: the weights, and a card that says everything about them."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from cnnviz.errors import RunError
from cnnviz.networks import zoo
from cnnviz.text import N_
from cnnviz.training import checkpoints, start
from cnnviz.training.files import write_atomically
from cnnviz.training.loop import Evaluation, build, evaluate, prepare
from cnnviz.training.pictures import DataSet
from cnnviz.training.recipe import CUSTOM, Recipe
from cnnviz.training.runs import Run
from cnnviz.training.start import Beginning

__all__ = ["command", "export"]

_NOTHING = N_("The run in {folder} has not finished an epoch yet: there is nothing to export.")
_NOT_WRITTEN = N_("{folder} cannot be written: {reason}.")

_ELSEWHERE = ("classes", "shape", "mean", "std")  # of the data set, told at another place of the card
_LICENCE = "MIT, as the project; the pictures are their owners', see data"


def export(run: Run, data: DataSet, name: str, folder: Path) -> dict[str, Any]:
    """Write `NAME.safetensors` and `NAME.json` from the last good checkpoint, measured anew on the test pictures.

    Returns:
        The card.

    Raises:
        RunError: when there is no whole checkpoint, or the folder cannot be written.
        WeightsError: when the network that the run began with is gone, or another one.
    """
    checkpoint = checkpoints.latest(run.checkpoints)
    if checkpoint is None:
        raise RunError(_NOTHING, folder=run.folder)
    beginning = start.find(run.recipe)
    if beginning:
        data = beginning.adapted(data)
    network = build(run.recipe, data)
    network.load_state_dict(checkpoint.network())
    found = evaluate(network, *prepare(data.test, data), len(data.classes))
    weights = save({key: each.contiguous() for key, each in network.state_dict().items()}, {"format": "pt"})
    card = _card(run, data, name, network, found, weights)
    card |= {**_transfer(run.recipe, data, beginning), "curve": checkpoint.metrics}
    try:
        write_atomically(folder / f"{name}.safetensors", weights)
        write_atomically(folder / f"{name}.json", (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise RunError(_NOT_WRITTEN, folder=folder, reason=error.strerror or error) from error
    return card


def _card(run: Run, data: DataSet, name: str, network: nn.Module, found: Evaluation, weights: bytes) -> dict[str, Any]:
    recipe = json.loads(run.recipe.to_json())
    facts = {key: each for key, each in data.facts().items() if key not in _ELSEWHERE}
    return {
        "name": name,
        "architecture": {
            **_architecture(run.recipe),
            "parameters": sum(each.numel() for each in network.parameters()),
        },
        "input": {
            "shape": list(data.shape),
            "range": "level / 255, minus mean, divided by std",
            "mean": list(data.mean),
            "std": list(data.std),
        },
        "classes": list(data.classes),
        "data": facts,
        "recipe": recipe,
        "command": command(run),
        "accuracy": {
            "test_pictures": len(data.test),
            "top1": found.top1,
            "top5": found.top5,
            "loss": found.loss,
            "confusion": found.confusion,
        },
        "licence": _LICENCE,
        "bytes": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
    }


def _architecture(recipe: Recipe) -> dict[str, Any]:
    if recipe.model == CUSTOM:
        return {"key": CUSTOM, "title": "A network of one's own", "options": {"layers": recipe.layers}}
    return {"key": recipe.model, "title": zoo.get(recipe.model).title, "options": dict(recipe.options)}


def _transfer(recipe: Recipe, data: DataSet, beginning: Beginning | None) -> dict[str, Any]:
    """What the run began with, and what of it was kept as it was; nothing for one that began anew."""
    if beginning is None and not recipe.freeze:
        return {}
    told: dict[str, Any] = {"start": {**(beginning.facts() if beginning else {}), "frozen_up_to": recipe.freeze}}
    if beginning:
        facts = {key: each for key, each in data.facts().items() if key not in _ELSEWHERE}
        told["data"] = facts | {"statistics": f"mean and deviation are those of {beginning.name}"}
    return told


def command(run: Run) -> str:
    """The command line that starts such a run."""
    given = [_flag(key, value) for key, value in _changed(run).items()]
    options = [f"--option {key}={shlex.quote(_spelled(value))}" for key, value in run.recipe.options.items()]
    return " ".join(["python -m cnnviz.training", *given, *options])


def _flag(key: str, value: object) -> str:
    flag = f"--{key.replace('_', '-')}"
    return flag if value is True else f"{flag} {shlex.quote(_spelled(value))}"


def _changed(run: Run) -> dict[str, Any]:
    """What the recipe has that the default recipe has not; model and data always."""
    recipe = json.loads(run.recipe.to_json())
    default = json.loads(type(run.recipe)().to_json())
    del recipe["options"]
    return {key: each for key, each in recipe.items() if each != default[key] or key in ("model", "data")}


def _spelled(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
