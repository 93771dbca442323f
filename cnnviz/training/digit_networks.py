"""Networks that know digits, ready for the drawing pad: those in models/, and those that runs have trained.

What counts: one channel in, the classes "0" to "9" out, and only layers that `cnnviz.networks.plain` can write.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError, RunError, WeightsError
from cnnviz.networks import plain, shipped, zoo
from cnnviz.networks.plain import Step
from cnnviz.text import N_
from cnnviz.training import control
from cnnviz.training.drawing import Frame, frame_of

if TYPE_CHECKING:
    from torch import nn

__all__ = ["DEFAULT", "RUN", "DigitNetwork", "load", "names"]

DEFAULT = "lenet5-mnist"
RUN = "run:"
"""Begins the name of a network that belongs to a run."""

_MOST_RUNS = 30  # that are offered
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
    """Networks that can be loaded: those in models/, then "run:NAME" for the newest runs in the folder `runs`."""
    ready = [name for name in shipped.names() if _is_shipped_reader(name)]
    return (*ready, *(f"{RUN}{folder.name}" for folder in _readers(runs)))


def load(name: str, runs: Path | None = None) -> DigitNetwork:
    """Load a network for the pad.

    Raises:
        WeightsError: when there is none of that name, or it has not been trained yet.
        ParameterError: when one of its layers cannot be written.
        RunError: when the run's files are damaged.
    """
    if name.startswith(RUN):
        for folder in _readers(runs):
            if folder.name == name.removeprefix(RUN):
                return _of_run(name, folder)
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


def _readers(runs: Path | None) -> list[Path]:
    """Folders of the newest runs whose network reads digits, the newest first."""
    if runs is None or not runs.exists():
        return []
    folders = [path.parent for path in runs.glob("*/recipe.json") if control.NAME.fullmatch(path.parent.name)]
    dated = sorted(((_changed(each), each) for each in folders), reverse=True)
    found = (each for _time, each in dated if _is_run_reader(each, *map(_changed, _told_by(each))))
    return list(itertools.islice(found, _MOST_RUNS))


def _told_by(folder: Path) -> tuple[Path, Path]:
    """The files of a run that tell whether it reads digits; another run of its name writes both anew."""
    return folder / "data.json", folder / "metrics.jsonl"


def _changed(path: Path) -> int:
    """When a file or folder was changed last, in nanoseconds; 0 when it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=512)
def _is_run_reader(folder: Path, _facts: int, _metrics: int) -> bool:
    """Whether a run's network reads digits; asked once as long as its files do not change.

    A network that began with trained weights is left out: it sees pictures of that one's size, mean and deviation,
    which the facts of its own data do not tell.
    """
    from cnnviz.training.runs import open_run

    try:
        run = open_run(folder)
        if run.recipe.start or not run.metrics or not _reads_digits(run.facts["shape"], run.facts["classes"]):
            return False
        return _is_plain(run.recipe.model, run.recipe.options)
    except (LookupError, TypeError, RunError):
        return False


def _is_plain(model: str, options: Mapping[str, Any]) -> bool:
    try:
        return plain.is_plain(zoo.blueprint(model, **{**options, "in_channels": 1, "num_classes": len(_CLASSES)}))
    except CnnvizError:
        return False


def _of_run(name: str, folder: Path) -> DigitNetwork:
    from cnnviz.training import checkpoints
    from cnnviz.training.runs import open_run

    run = open_run(folder)
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
