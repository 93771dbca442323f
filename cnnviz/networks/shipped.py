"""Networks that were trained for this project and lie in `models/`: NAME.safetensors, and NAME.json, the card.

The card says how a network was built, trained and measured, and the SHA-256 of its weights. Nothing is loaded unless
it fits, and nothing but numbers is ever loaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import CnnvizError, WeightsError
from cnnviz.networks import custom, zoo
from cnnviz.networks.preparation import Preparation
from cnnviz.text import N_

if TYPE_CHECKING:
    from PIL import Image as PilImage
    from torch import Tensor, nn

__all__ = ["CUSTOM", "MODELS", "Trained", "files", "is_card", "load", "names", "read_card"]

CUSTOM = "custom"
"""The architecture on the card of a network whose layers are its option `layers`, see `cnnviz.networks.custom`."""

MODELS = Path(__file__).parents[2] / "models"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_MOST_BYTES = 400 * 2**20

_NO_SUCH = N_("There is no trained network “{name}”. There are: {names}.")
_NO_CARD = N_("The card of {name} is damaged: copy it anew.")
_CHANGED = N_("The weights of {name} are not those of its card: copy both files anew.")
_OTHERS = N_("The weights of {name} do not fit the network on its card.")


@dataclass(frozen=True)
class Trained:
    """A trained network and what belongs to it.

    Attributes:
        network: in evaluation mode, on the CPU; takes (N, C, H, W) to (N, classes). Shared: not to be changed.
        classes: names, in the order of its outputs.
        card: how it was built, trained and measured, as in NAME.json.
    """

    network: nn.Module
    classes: tuple[str, ...]
    card: Mapping[str, Any]

    def preprocess(self, picture: PilImage.Image) -> Tensor:
        """Make a picture what the network was trained on: its size, its channels, normalised.

        The middle of the picture is cropped to the network's proportions and resized by linear interpolation.

        Returns:
            float32, shape (C, H, W): (level / 255 − mean) / std.
        """
        return self.preparation.normalised(self.preparation.seen_of(picture))

    @property
    def preparation(self) -> Preparation:
        """What is done to a picture before the network gets it."""
        channels, rows, columns = self.card["input"]["shape"]
        mean, std = (tuple(self.card["input"][each]) for each in ("mean", "std"))
        return Preparation((channels, rows, columns), mean, std)


def names(folder: Path = MODELS) -> tuple[str, ...]:
    """Names of the trained networks, in alphabetical order."""
    pairs = (path for path in folder.glob("*.json") if path.with_suffix(".safetensors").exists())
    return tuple(sorted(path.stem for path in pairs if is_card(path)))


def files(name: str, folder: Path = MODELS) -> tuple[Path, ...]:
    """Where a trained network of that name would lie; () for what can be no name."""
    if not _NAME.fullmatch(name):
        return ()
    return folder / f"{name}.json", folder / f"{name}.safetensors"


def is_card(path: Path) -> bool:
    """Whether a .json file is a card, damaged or not, and no list of classes beside weights from elsewhere."""
    try:
        return b'"sha256"' in path.read_bytes()
    except OSError:
        return False


def load(name: str, folder: Path = MODELS) -> Trained:
    """Load a trained network: `load("lenet5-mnist").network`.

    Raises:
        WeightsError: when there is none of that name, or card, checksum, names and shapes of its weights do not agree.
    """
    card = read_card(name, folder)
    network = _network(name, card, _checked_bytes(name, card, folder))
    return Trained(network.eval().requires_grad_(False), tuple(card["classes"]), card)


def read_card(name: str, folder: Path = MODELS) -> dict[str, Any]:
    """How a network was built, trained and measured; its weights are not read.

    Raises:
        WeightsError: when there is none of that name, or its card is damaged.
    """
    if not _NAME.fullmatch(name) or name not in names(folder):
        raise WeightsError(_NO_SUCH, name=name[:60], names=", ".join(names(folder)) or "–")
    try:
        card: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
        channels, rows, columns = card["input"]["shape"]
        right = (
            len(card["input"]["mean"]) == len(card["input"]["std"]) == channels
            and min(channels, rows, columns) >= 1
            and isinstance(card["sha256"], str)
            and bool(card["classes"])
            and isinstance(card["architecture"]["options"], dict)
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise WeightsError(_NO_CARD, name=name) from error
    if not right:
        raise WeightsError(_NO_CARD, name=name)
    return card


def _checked_bytes(name: str, card: Mapping[str, Any], folder: Path) -> bytes:
    path = folder / f"{name}.safetensors"
    data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
    if hashlib.sha256(data).hexdigest() != card["sha256"]:
        raise WeightsError(_CHANGED, name=name)
    return data


def _network(name: str, card: Mapping[str, Any], data: bytes) -> nn.Module:
    """Build the card's network without drawing weights, and give it these, if names, shapes and types are right."""
    import safetensors
    import safetensors.torch

    try:
        network = _blueprint(card)
        tensors = safetensors.torch.load(data)
        expected = network.state_dict()
        if {key: (each.shape, each.dtype) for key, each in tensors.items()} != {
            key: (each.shape, each.dtype) for key, each in expected.items()
        }:
            raise WeightsError(_OTHERS, name=name)
        network.load_state_dict(tensors, assign=True)
    except (safetensors.SafetensorError, RuntimeError, LookupError, TypeError, ValueError, CnnvizError) as error:
        raise WeightsError(_OTHERS, name=name) from error
    return network


def _blueprint(card: Mapping[str, Any]) -> nn.Module:
    """The card's network without numbers; one of one's own is its layers as text, among the options."""
    key, options = card["architecture"]["key"], card["architecture"]["options"]
    if key != CUSTOM:
        sizes = {"in_channels": card["input"]["shape"][0], "num_classes": len(card["classes"])}
        return zoo.blueprint(key, **{**options, **sizes})
    from cnnviz.networks.custom import building

    network = custom.read(options["layers"])
    output = custom.steps(network)[-1].cost.output
    if list(network.input_shape) != list(card["input"]["shape"]) or output != (len(card["classes"]),):
        raise WeightsError(_OTHERS, name=card.get("name", key))
    return building.blueprint(network)
