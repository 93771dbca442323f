"""Folders of runs and cards of shipped networks, written by hand: no network is trained."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from cnnviz.networks import zoo
from cnnviz.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Training and test error after the last epoch, as in He et al. 2015, figure 6.
ERRORS = {"plain20": (0.07, 0.095), "plain56": (0.12, 0.14), "resnet20": (0.05, 0.0875), "resnet56": (0.01, 0.07)}

_TITLES = {"digits": "Digits", "mnist": "MNIST", "cifar10": "CIFAR-10"}


def epochs_of(tests: Sequence[float], trains: Sequence[float]) -> list[dict[str, float]]:
    """Records of epochs with these accuracies; epoch n takes n + 0.5 seconds."""
    return [
        {
            "epoch": number,
            "learning_rate": 0.1 / number,
            "train_loss": 1 / number,
            "train_accuracy": train,
            "test_loss": 1.5 / number,
            "test_accuracy": test,
            "test_top5": 1.0,
            "seconds": number + 0.5,
            "pictures_per_second": 1000.0,
        }
        for number, (test, train) in enumerate(zip(tests, trains, strict=True), 1)
    ]


def _rising(end: float, count: int) -> list[float]:
    return [end - (count - number) * 0.01 for number in range(1, count + 1)]


def facts(data: str, digest: str) -> dict[str, Any]:
    """What is known of a data set."""
    title = _TITLES.get(data, data)
    digest = digest or f"{data:0>64}"
    return {"key": data, "title": title, "digest": digest, "train_pictures": 50_000, "shape": [3, 32, 32],
            "classes": list("0123456789")}  # fmt: skip


def run(
    root: Path,
    name: str,
    *,
    epochs: int = 3,
    done: int | None = None,
    tests: Sequence[float] = (),
    trains: Sequence[float] = (),
    digest: str = "",
    age: float = 0,
    **recipe: Any,
) -> Path:
    """Write a run's folder; `done` of its epochs are there, and it was written `age` seconds ago."""
    folder = root / name
    folder.mkdir(parents=True)
    asked = Recipe.from_values({"epochs": epochs, **recipe})
    (folder / "recipe.json").write_text(asked.to_json())
    (folder / "data.json").write_text(json.dumps(facts(asked.data, digest)))
    records = epochs_of(tests or _rising(0.9, epochs), trains or _rising(0.92, epochs))[
        : epochs if done is None else done
    ]
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in records))
    written = 1_700_000_000 - age
    os.utime(folder / "metrics.jsonl", (written, written))
    return folder


def card(
    folder: Path, name: str, *, model: str = "lenet5", epochs: int = 3, data: str = "cifar10", train: float = 0.9,
    test: float = 0.88, **recipe: Any,
) -> Path:  # fmt: skip
    """Write the card of a shipped network that ends at these accuracies."""
    asked = Recipe.from_values({"model": model, "epochs": epochs, "data": data, **recipe})
    sizes = {"in_channels": 3, "num_classes": 10}
    count = sum(each.numel() for each in zoo.blueprint(model, **asked.options, **sizes).parameters())
    records = epochs_of(_rising(test, epochs), _rising(train, epochs))
    content = {
        "name": name,
        "architecture": {"key": model, "parameters": count},
        "data": facts(data, ""),
        "recipe": json.loads(asked.to_json()),
        "accuracy": {"top1": test},
        "curve": records,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return path


def degradation_cards(folder: Path, errors: dict[str, tuple[float, float]] | None = None, epochs: int = 5) -> None:
    """The four networks of the degradation experiment, with errors (training, test) after the last epoch."""
    for model, (train, test) in (errors or ERRORS).items():
        card(folder, f"{model}-cifar10", model=model, epochs=epochs, train=1 - train, test=1 - test)
