"""Networks that know digits, ready for the drawing pad: those in models/, and those that runs have trained.

What counts: one channel in, the classes "0" to "9" out, and only layers that `cnnviz.networks.plain` can write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks import plain, shipped, zoo
from cnnviz.networks.plain import Step
from cnnviz.text import N_
from cnnviz.training.drawing import Frame, frame_of

if TYPE_CHECKING:
    from torch import nn

    from cnnviz.training.runs import Run

__all__ = ["DEFAULT", "RUN", "DigitNetwork", "load", "names"]

DEFAULT = "lenet5-mnist"
RUN = "run:"
"""Begins the name of a network that belongs to a run."""

_CLASSES = [str(digit) for digit in range(10)]

_NO_SUCH = N_("There is no network “{name}” that can read digits here.")
_UNTRAINED = N_("The run {name} has not finished an epoch yet: try again in a moment.")


@dataclass(frozen=True, eq=False)
class DigitNetwork:
    """A network for the pad.

    Attributes:
        name: as in `names`.
        title: of its architecture.
        data: title of what it was trained on.
        steps: its layers.
        frame: how a drawing is brought to what it was trained on.
        side: rows and columns of its pictures.
        mean, std: of its training pictures; its input is (level − mean) / std, levels from 0 to 1.
        accuracy: share of right answers on the test pictures, 0-1; None when unknown.
    """

    name: str
    title: str
    data: str
    steps: tuple[Step, ...]
    frame: Frame
    side: int
    mean: float
    std: float
    accuracy: float | None


def names(runs: Path | None = None) -> tuple[str, ...]:
    """Networks that can be loaded: those in models/, then "run:NAME" for the runs in the folder `runs`."""
    ready = [name for name in shipped.names() if _is_shipped_reader(name)]
    return (*ready, *(f"{RUN}{run.folder.name}" for run in _runs(runs)))


def load(name: str, runs: Path | None = None) -> DigitNetwork:
    """Load a network for the pad.

    Raises:
        WeightsError: when there is none of that name, or it has not been trained yet.
        ParameterError: when one of its layers cannot be written.
        RunError: when the run's checkpoints are damaged.
    """
    if name.startswith(RUN):
        for run in _runs(runs):
            if run.folder.name == name.removeprefix(RUN):
                return _of_run(name, run)
    elif name in shipped.names() and _is_shipped_reader(name):
        return _of_shipped(name)
    raise WeightsError(_NO_SUCH, name=name[:60])


def _reads_digits(shape: list[int], classes: list[str]) -> bool:
    return shape[0] == 1 and shape[1] == shape[2] and list(classes) == _CLASSES


def _is_shipped_reader(name: str) -> bool:
    try:
        card = json.loads((shipped.MODELS / f"{name}.json").read_text("utf-8"))
        digits = _reads_digits(card["input"]["shape"], card["classes"])
        return digits and _is_plain(card["architecture"]["key"], card["architecture"]["options"])
    except (OSError, LookupError, TypeError, ValueError):
        return False


def _of_shipped(name: str) -> DigitNetwork:
    trained = shipped.load(name)
    card = trained.card
    data, accuracy = card.get("data", {}), card.get("accuracy", {}).get("top1")
    return _network(name, card["architecture"]["title"], trained.network, card["input"], data, accuracy)


def _runs(folder: Path | None) -> list[Run]:
    """Runs whose network reads digits, the newest first."""
    if folder is None or not folder.exists():
        return []
    from cnnviz.training import runs

    found = [run for run in runs.listed(folder) if _is_run_reader(run)]
    return sorted(found, key=lambda run: run.folder.stat().st_mtime, reverse=True)


def _is_run_reader(run: Run) -> bool:
    try:
        digits = _reads_digits(run.facts["shape"], run.facts["classes"])
        return digits and bool(run.metrics) and _is_plain(run.recipe.model, run.recipe.options)
    except (LookupError, TypeError):
        return False


def _is_plain(model: str, options: Mapping[str, Any]) -> bool:
    try:
        return plain.is_plain(zoo.blueprint(model, **{**options, "in_channels": 1, "num_classes": len(_CLASSES)}))
    except CnnvizError:
        return False


def _of_run(name: str, run: Run) -> DigitNetwork:
    from cnnviz.training import checkpoints

    checkpoint = checkpoints.latest(run.checkpoints)
    if checkpoint is None:
        raise WeightsError(_UNTRAINED, name=run.folder.name)
    sizes: dict[str, zoo.Value] = {"in_channels": 1, "num_classes": len(_CLASSES)}
    network = zoo.blueprint(run.recipe.model, **{**run.recipe.options, **sizes}).eval()
    network.load_state_dict(checkpoint.network(), assign=True)
    accuracy = checkpoint.metrics[-1]["test_accuracy"]
    return _network(name, zoo.get(run.recipe.model).title, network, run.facts, run.facts, accuracy)


def _network(
    name: str,
    title: str,
    network: nn.Module,
    inputs: Mapping[str, Any],
    data: Mapping[str, Any],
    accuracy: float | None,
) -> DigitNetwork:
    side = int(inputs["shape"][1])
    return DigitNetwork(
        name,
        title,
        str(data.get("title", "")),
        plain.steps(network),
        frame_of(str(data.get("key", "")), side),
        side,
        float(inputs["mean"][0]),
        float(inputs["std"][0]),
        accuracy,
    )
