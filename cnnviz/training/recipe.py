"""A recipe: everything that decides what a run learns, and nothing else. Two runs of one recipe are one run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from cnnviz.errors import ParameterError
from cnnviz.networks import custom, shipped, zoo
from cnnviz.parameters import Parameter
from cnnviz.text import N_

__all__ = ["AUGMENTATIONS", "CUSTOM", "NUMBERS", "OPTIMISERS", "SCHEDULES", "TORCHVISION", "Recipe"]

CUSTOM = shipped.CUSTOM
"""The model whose layers are written in the recipe."""

TORCHVISION = "torchvision"
"""The start from weights that torchvision's makers published for the model."""

OPTIMISERS = ("sgd", "adam")
SCHEDULES = ("constant", "one-cycle", "cosine", "step")
AUGMENTATIONS = ("flip", "crop", "rotation", "colour", "erasing")

NUMBERS = (
    Parameter("epochs", N_("Epochs"), 10, 1, 1000, 1, integer=True),
    Parameter("batch_size", N_("Pictures in a batch"), 64, 1, 4096, 1, integer=True),
    Parameter("learning_rate", N_("Learning rate"), 0.05, 1e-6, 10, 0.001),
    Parameter("momentum", N_("Momentum"), 0.9, 0, 0.999, 0.01),
    Parameter("weight_decay", N_("Weight decay"), 5e-4, 0, 1, 1e-4),
    Parameter("label_smoothing", N_("Label smoothing"), 0, 0, 0.9, 0.05),
    Parameter("seed", N_("Seed of the random numbers"), 0, 0, 2**31 - 1, 1, integer=True),
    Parameter("threads", N_("Threads"), 1, 1, 256, 1, integer=True),
)
"""The numbers of a recipe with their ranges."""

_TEXTS = ("model", "data", "start", "freeze", "layers")
_START = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}", re.ASCII)  # as the names in models/
_MODULE = re.compile(r"\w{1,40}(\.\w{1,40}){0,9}", re.ASCII)
_FROM_DATA = ("in_channels", "num_classes")  # the data set decides them


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        model: a key of the zoo, or "custom".
        options: of its builder, as for `zoo.build`; channels and classes are the data set's. None of "custom".
        data: a key or path, as for `data.load`.
        epochs: times that every training picture is seen.
        batch_size: pictures in one step. Pictures that do not fill a last batch are left out of that epoch.
        optimiser: "sgd" (with `momentum`), or "adam" (Kingma & Ba 2015, whose β₁ is `momentum`).
        learning_rate: its highest value.
        momentum: share of the last step that is repeated.
        weight_decay: added to the gradient: this much of each weight.
        schedule: of the learning rate, step by step: see `schedule.share`.
        label_smoothing: share of the target that is spread evenly over all classes (Szegedy et al. 2015, section 7).
        augmentation: any of `AUGMENTATIONS`, in that order.
        seed: of first weights, order, augmentation and dropout. The same seed gives the same bits on the same CPU.
        threads: of PyTorch, on a CPU; sums of floats depend on it.
        mixed_precision: multiply in bfloat16.
        channels_last: keep the channels of a pixel side by side, which some processors prefer.
        start: the trained network whose weights it begins with: a name in models/, or "torchvision" for those that
            were published for the model; "" for weights that the seed draws. See `start`.
        freeze: a module's name; it and all that come before it are not changed. "" for none. See `freezing`.
        layers: of "custom", in the notation of `cnnviz.networks.custom`; kept as `custom.write` writes it.

    Raises:
        ParameterError: for a value outside its range, naming it.
        UnknownNetworkError: when the zoo has no such model.
        CnnvizError: when `layers` cannot be read; UnfitError when they do not fit each other.
    """

    model: str = "lenet5"
    options: Mapping[str, zoo.Value] = field(default_factory=dict, hash=False)
    data: str = "digits"
    epochs: int = 10
    batch_size: int = 64
    optimiser: str = "sgd"
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    schedule: str = "one-cycle"
    label_smoothing: float = 0.0
    augmentation: tuple[str, ...] = ()
    seed: int = 0
    threads: int = 1
    mixed_precision: bool = False
    channels_last: bool = False
    start: str = ""
    freeze: str = ""
    layers: str = ""

    def __post_init__(self) -> None:
        """Check every value, and give numbers their type."""
        for number in NUMBERS:
            object.__setattr__(self, number.name, number.check(getattr(self, number.name)))
        _one_of("optimiser", self.optimiser, OPTIMISERS)
        _one_of("schedule", self.schedule, SCHEDULES)
        for name in self.augmentation:
            _one_of("augmentation", name, AUGMENTATIONS)
        object.__setattr__(self, "augmentation", tuple(name for name in AUGMENTATIONS if name in self.augmentation))
        for name in ("mixed_precision", "channels_last"):
            if not isinstance(getattr(self, name), bool):
                raise ParameterError(name, getattr(self, name), "true, false")
        if not self.data:
            raise ParameterError("data", self.data, "a name or a path")
        self._check_model()
        self._check_beginning()

    def _check_model(self) -> None:
        if self.model == CUSTOM:
            if self.options:
                raise ParameterError("option", next(iter(self.options)), "–")
            object.__setattr__(self, "layers", custom.write(custom.read(self.layers)))
            return
        if self.layers:
            raise ParameterError("layers", self.layers[:40], "–", N_("only the model “custom” has layers of its own"))
        for name in _FROM_DATA:
            if name in self.options:
                raise ParameterError("option", name, ", ".join(each.name for each in zoo.get(self.model).options))
        zoo.get(self.model).checked(self.options)

    def _check_beginning(self) -> None:
        if self.start and not _START.fullmatch(self.start):
            raise ParameterError("start", self.start[:60], "a–z, 0–9, . _ -")
        if self.start == TORCHVISION and self.model == CUSTOM:
            raise ParameterError("start", self.start, "–", N_("torchvision does not have networks of one's own"))
        if self.freeze and not _MODULE.fullmatch(self.freeze):
            raise ParameterError("freeze", self.freeze[:60], "a–z, A–Z, 0–9, . _")

    def to_json(self) -> str:
        """Write it as JSON, readable, in the order of the attributes."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote; what is left out has its default.

        Raises:
            ParameterError: when it is not a JSON object, holds an unknown name or a value outside its range.
            UnknownNetworkError, CnnvizError: as the class.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ParameterError("recipe", text[:40], "JSON") from error
        if not isinstance(values, dict):
            raise ParameterError("recipe", text[:40], "{…}")
        return cls.from_values(values)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Recipe:
        """Build it from names and values as JSON has them.

        Raises:
            ParameterError, UnknownNetworkError, CnnvizError: as `from_json`.
        """
        known = [each.name for each in fields(cls)]
        for name in values:
            if name not in known:
                raise ParameterError("recipe", name, ", ".join(known))
        if not isinstance(values.get("options", {}), dict):
            raise ParameterError("options", values["options"], "{…}")
        for name in _TEXTS:
            if not isinstance(values.get(name, ""), str):
                raise ParameterError(name, values[name], "a text")
        names = values.get("augmentation", ())
        if not isinstance(names, list | tuple):
            raise ParameterError("augmentation", names, "[…]")
        return cls(**{**values, "augmentation": tuple(names)})


def _one_of(name: str, value: object, legal: tuple[str, ...]) -> None:
    if value not in legal:
        raise ParameterError(name, value, ", ".join(legal))
