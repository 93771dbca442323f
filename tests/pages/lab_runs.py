"""Runs that look like real ones, for the tests of the lab."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnviz.training.observations import Answers, Observation
from pages.common.lab_view import Progress, Seen

STRIP = 24


def progress(epochs: int, planned: int = 20, per_epoch: int = 25, name: str = "run") -> Progress:
    """Metrics of some epochs, and twenty lines of steps in each of them and in the one under way."""
    rows = [
        {
            "epoch": epoch,
            "learning_rate": 0.1 / epoch,
            "train_loss": 2.0 / epoch,
            "train_accuracy": 1 - 0.7 / epoch,
            "test_loss": 2.2 / epoch,
            "test_accuracy": 1 - 0.75 / epoch,
            "test_top5": 1 - 0.1 / epoch,
            "seconds": 1.5,
            "pictures_per_second": 812.3456789,
        }
        for epoch in range(1, epochs + 1)
    ]
    steps = [
        {"step": 5 * i, "loss": 2.3 / (1 + i / 5) + 0.1 * (i % 3), "learning_rate": 0.1 / (1 + i / 5)}
        for i in range(1, 5 * epochs + 3)
    ]
    return Progress(name, rows, steps, planned, per_epoch)


def observation(
    epoch: int,
    *,
    filters: tuple[int, ...] = (6, 1, 5, 5),
    classes: int = 10,
    layers: int = 5,
    maps: tuple[int, int, int] = (6, 14, 14),
) -> Observation:
    """A network after an epoch; the same numbers for the same epoch."""
    random = np.random.default_rng(epoch)
    size = (filters[1] if filters[1] == 3 else 1, 16, 16)
    names = [f"layer{i + 1}" for i in range(layers)]
    share = min(0.95, 0.2 + epoch / 12)
    confusion = random.multinomial(40, np.eye(classes) * share + (1 - share) / classes * np.ones((classes, classes)))
    values = random.normal(size=maps).astype(np.float32)
    return Observation(
        epoch,
        (random.normal(size=filters) * (0.1 + 0.02 * epoch)).astype(np.float32),
        {"conv1": np.maximum(values, 0), "linear": values * 2},
        np.random.default_rng(99).integers(0, 256, size, np.uint8),
        {name: float(10.0 ** (i / 3 - layers / 3)) / (epoch + 1) for i, name in enumerate(names)},
        {name: 2.0 + i for i, name in enumerate(names)},
        {name: 0.5 + 0.1 * i for i, name in enumerate(names)},
        confusion.astype(np.int64),
        _answers(random, STRIP, classes, size, share),
        _answers(random, 12, classes, size, 0.0),
    )


def _answers(random: np.random.Generator, count: int, classes: int, size: tuple[int, ...], share: float) -> Answers:
    labels = np.arange(count) % classes
    right = random.random(count) < share
    answers = np.where(right, labels, (labels + 1 + random.integers(0, classes - 1, count)) % classes)
    probabilities = np.where(right, 0.5 + random.random(count) / 2, random.random(count) / 2).astype(np.float32)
    return Answers(np.arange(count), labels, answers, probabilities, random.integers(0, 256, (count, *size), np.uint8))


def seen(last: int, name: str = "run", **options: Any) -> Seen:
    """Observations of the epochs 0 … last."""
    return Seen(name, {epoch: 1000 + epoch for epoch in range(last + 1)}, lambda epoch: observation(epoch, **options))
